/**
 * `asCompleted()`: outcomes, in the order in which they arrive. Deadlines and cancellation are in
 * `as_completed_cancellation_test.ts`.
 *
 * @module
 */

import {
  assert,
  assertEquals,
  assertFalse,
  assertInstanceOf,
  assertMatch,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import {
  allTasks,
  asCompleted,
  AsyncContext,
  CancelledError,
  type CompletionIterator,
  type Completions,
  createTask,
  Future,
  getEventLoop,
  getRunningLoop,
  sleep,
  Task,
  TimeoutError,
} from "../../mod.ts";
import { needs } from "../helpers/capabilities.ts";
import { importCopy } from "../helpers/copy.ts";
import { leftOver } from "../helpers/counting.ts";
import { makerOfForeignFutures } from "../helpers/foreign_futures.ts";
import { resultOf, threeFutures } from "../helpers/futures.ts";
import { collectGarbage } from "../helpers/garbage.ts";
import { kinds } from "../helpers/kinds.ts";
import { makeManualLoop } from "../helpers/manual_loop.ts";
import { collectReports } from "../helpers/reports.ts";
import { assertSameType } from "../helpers/same_type.ts";
import { hostTurn } from "../helpers/turns.ts";
import { virtual } from "../helpers/virtual_time.ts";

// Result
// ------

Deno.test("asCompleted() with for await gives the very futures, in the order in which they are done", async () => {
  const [one, two] = threeFutures<string>();
  const task = createTask(async () => `task after ${await one}`);
  const order: unknown[] = [];
  const loop = (async () => {
    for await (const future of asCompleted([one, two, task])) {
      order.push(future);
    }
  })();
  await hostTurn();
  two.setResult("two");
  await hostTurn();
  assertEquals(order.length, 1);
  one.setException(new Error("x"));
  await loop;
  assertEquals(order.length, 3);
  [two, one, task].forEach((future, i) => assertStrictEquals(order[i], future));
  await assertRejects(() => task, Error, "x");
});

Deno.test("asCompleted() with for gives futures of the outcomes, in the order in which they arrive", async () => {
  const [one, two, last] = threeFutures<string>();
  const steps = [...asCompleted([one, two, last])];
  assertEquals(steps.length, 3);
  assert(steps.every((step) => step instanceof Future && !step.done()));
  last.setResult("last");
  one.cancel("one");
  two.setException(new RangeError("two"));
  assertEquals(await steps[0], "last");
  await assertRejects(() => steps[1]!, CancelledError, "one");
  assert(steps[1]!.cancelled());
  await assertRejects(() => steps[2]!, RangeError, "two");
});

for (const [kind, coroutine] of kinds) {
  virtual.test(`asCompleted() with for gives the outcomes in order in a coroutine (${kind})`, async () => {
    const loop = getRunningLoop();
    const task = createTask(coroutine(function* (wait) {
      const order: unknown[] = [];
      const sleeps = [sleep(50, { result: "slow" }), sleep(1, { result: "fast" })];
      for (const step of asCompleted(sleeps)) order.push(yield* wait(step));
      return order;
    }));
    assertEquals(await task, ["fast", "slow"]);
    assertEquals(loop.time(), 50);
  });
}

Deno.test("asCompleted() gives futures that are done already first, in the order of the arguments", async () => {
  const [one, two, pending] = threeFutures<string>();
  two.setResult("two");
  one.setResult("one");
  const order: unknown[] = [];
  for await (const future of asCompleted([pending, one, two])) {
    order.push(resultOf(future));
    if (order.length === 2) pending.setResult("at last");
  }
  assertEquals(order, ["one", "two", "at last"]);
});

Deno.test("asCompleted() gives an awaitable once that is given twice", async () => {
  const [one, two] = threeFutures<string>();
  const generator = (function* () {
    yield;
    return "generator";
  })();
  one.setResult("one");
  two.setResult("two");
  const order: unknown[] = [];
  for await (const future of asCompleted([one, generator, two, one, generator])) {
    order.push(resultOf(future));
  }
  assertEquals(order, ["one", "two", "generator"]);
});

Deno.test("asCompleted() of nothing ends at once, and starts no timer", async () => {
  const left = await leftOver(async () => {
    for (const _ of asCompleted([], { timeout: 60_000 })) throw new Error("not to be reached");
    for await (const _ of asCompleted([], { timeout: 0 })) throw new Error("not to be reached");
    const iterator = asCompleted(new Set<Future<void>>())[Symbol.asyncIterator]();
    assertEquals(await iterator.next(), { done: true, value: undefined });
  });
  assertEquals(left, 0);
});

virtual.test("asCompleted() takes a branded future that calls back at once", async () => {
  const duck: object = {
    [Symbol.for("asyncio.Future")]: true,
    addDoneCallback: (callback: (future: unknown) => void) => callback(duck),
    removeDoneCallback: () => 0,
    getLoop: getEventLoop,
    done: () => true,
    cancelled: () => false,
    result: () => "quack",
  };
  const future = sleep(1, { result: "sleep" });
  const order: string[] = [];
  for await (const done of asCompleted([future, duck as Future<string>])) order.push(done.result());
  assertEquals(order, ["quack", "sleep"]);
});

Deno.test("asCompleted() keeps the order of a hundred thousand futures", async () => {
  const count = 100_000;
  const futures = Array.from({ length: count }, () => new Future<number>());
  const completions = asCompleted(futures, { timeout: 60_000 });
  for (let i = count - 1; i >= 0; i--) futures[i]!.setResult(i);
  let next = count;
  for await (const future of completions) {
    if (resultOf(future) !== --next) break;
  }
  assertEquals(next, 0);

  const pending = Array.from({ length: count }, () => new Future<number>());
  const steps = [...asCompleted(pending)];
  for (let i = count - 1; i >= 0; i--) pending[i]!.setResult(i);
  assertEquals(await steps.at(-1), 0);
  assert(steps.every((step, i) => step.result() === count - 1 - i));
});

// Steps
// -----

Deno.test("asCompleted() has one sequence of steps, which all its iterators share", async () => {
  const [one, two, last] = threeFutures<string>();
  const completions = asCompleted([one, two, last]);
  const [iterator, other] = [completions[Symbol.iterator](), completions[Symbol.iterator]()];
  const async = completions[Symbol.asyncIterator]();
  assertStrictEquals(iterator[Symbol.iterator](), iterator);
  assertStrictEquals(async[Symbol.asyncIterator](), async);
  const steps = [iterator.next().value, async.next(), other.next().value];
  assertEquals(iterator.next().done, true);
  assertEquals(await async.next(), { done: true, value: undefined });
  two.setResult("two");
  last.setResult("last");
  one.setResult("one");
  assertEquals(await steps[0], "two");
  assertStrictEquals((await steps[1] as IteratorResult<unknown>).value, last);
  assertEquals(await steps[2], "one");
  assertEquals([...completions], []);
  for await (const _ of completions) throw new Error("not to be reached");
});

Deno.test("asCompleted() steps can be taken ahead, and each has an outcome of its own", async () => {
  const [one, two, last] = threeFutures<string>();
  const iterator = asCompleted([one, two, last])[Symbol.asyncIterator]();
  const steps = [iterator.next(), iterator.next(), iterator.next(), iterator.next()];
  last.setResult("last");
  two.setResult("two");
  one.setResult("one");
  const results = await Promise.all(steps);
  assertEquals(results.map(({ done }) => done), [false, false, false, true]);
  [last, two, one].forEach((future, i) => assertStrictEquals(results[i]!.value, future));
});

Deno.test("asCompleted() loses no outcome when a step is cancelled: the next step has it", async () => {
  const [one, two, last] = threeFutures<string>();
  const iterator = asCompleted([one, two, last])[Symbol.iterator]();
  const step = iterator.next().value!;
  const next = iterator.next().value!;
  assert(step.cancel("not this one"));
  one.setResult("one");
  assertEquals(await next, "one", "no outcome is lost with a step");
  await assertRejects(() => step, CancelledError, "not this one");
  two.setResult("two");
  assertEquals(await iterator.next().value!, "two");
  assertEquals(iterator.next().done, true);
  assertFalse(last.done());
  assertEquals(String(last), "<Future pending>");
});

Deno.test("asCompleted() loses no outcome when a step is cancelled in the turn in which it arrives", async () => {
  const [one, two] = threeFutures<string>();
  const iterator = asCompleted([one, two])[Symbol.iterator]();
  const step = iterator.next().value!;
  one.setResult("one");
  assert(step.cancel());
  await hostTurn();
  assertEquals(await iterator.next().value!, "one");
  await assertRejects(() => step, CancelledError);
});

// Failure
// -------

Deno.test("asCompleted() retrieves the exceptions that its steps have; all others are reported", async () => {
  needs("finalization");
  using reports = collectReports();
  await (async () => {
    const [one, two, last] = threeFutures<string>();
    const completions = asCompleted([one, two, last]);
    one.setException(new Error("looked at"));
    two.setException(new Error("not asked for"));
    for (const step of completions) {
      await assertRejects(() => step, Error, "looked at");
      break;
    }
  })();
  await (async () => {
    const [one] = threeFutures<string>();
    one.setException(new Error("given as it is"));
    for await (const future of asCompleted([one])) assertInstanceOf(future, Future);
  })();
  await (async () => {
    const [one] = threeFutures<string>();
    one.setException(new Error("step not looked at"));
    const [step] = asCompleted([one]);
    await hostTurn();
    assert(step!.done());
  })();
  await hostTurn();
  await collectGarbage(() => reports.length > 2);
  await collectGarbage(() => reports.length > 3, 5);
  assertEquals(
    reports.map(({ exception }) => (exception as Error).message).toSorted(),
    ["given as it is", "not asked for", "step not looked at"],
  );
});

// Loop
// ----

Deno.test("asCompleted() on another loop belongs to that loop and uses its timers alone", async () => {
  const copy = await importCopy();
  const left = await leftOver(() => {
    const loop = makeManualLoop();
    const task = loop.createTask(function* () {
      const order: unknown[] = [];
      const sleeps = [sleep(20, { result: "slow" }), sleep(10, { result: "fast" })];
      try {
        for (
          const step of asCompleted([...sleeps, sleep(60, { result: "late" })], { timeout: 50 })
        ) {
          assertStrictEquals<unknown>(step.getLoop(), loop);
          order.push(yield* step);
        }
      } catch (error) {
        assertInstanceOf(error, TimeoutError);
        order.push("over");
      }
      return order;
    });
    loop.drain();
    for (let i = 0; i < 5; i++) {
      loop.advance(10);
      loop.drain();
    }
    assertEquals(task.result(), ["fast", "slow", "over"]);

    // The steps are futures of the class that the loop makes.
    const [one, two] = [loop.createFuture<string>(), loop.createFuture<string>()];
    loop.createFuture = <T>() =>
      new copy.Future<T>({ loop: loop as never }) as unknown as Future<T>;
    const steps = [...asCompleted([one, two, loop.createFuture<string>()], { timeout: 10 })];
    assert(steps.every((step) => step instanceof copy.Future));
    one.setResult("one");
    two.cancel("two");
    loop.drain();
    loop.advance(10);
    loop.drain();
    assertEquals(steps[0]!.result(), "one");
    assertThrows(() => steps[1]!.result(), CancelledError, "two");
    assertInstanceOf(steps[2]!.exception(), TimeoutError);
    assertMatch(
      (steps[2]!.exception() as Error).message,
      /^Timed out after \d+ ms: \d of \d awaitables are pending$/,
    );
  });
  assertEquals(left, 0);
});

Deno.test("asCompleted() on a closed loop throws, and changes nothing", () => {
  const loop = makeManualLoop();
  const [pending, done] = [loop.createFuture<void>(), loop.createFuture<void>()];
  done.setResult();
  loop.close();
  assertThrows(() => asCompleted([pending, done]), Error, "Event loop is closed");
  assertEquals(String(pending), "<Future pending>");
});

// Context
// -------

Deno.test("asCompleted() runs generators and the loop body in the context of the caller", async () => {
  const variable = new AsyncContext.Variable<string>();
  const seen: unknown[] = [];
  const future = new Future<void>();
  const loop = variable.run("caller", async () => {
    const generator = (function* () {
      seen.push(variable.get());
      yield;
    })();
    for await (const _ of asCompleted([generator, future])) seen.push(variable.get());
  });
  await hostTurn();
  variable.run("settler", () => future.setResult());
  await loop;
  assertEquals(seen, ["caller", "caller", "caller"]);
});

// Copies of the module
// --------------------

Deno.test("asCompleted() takes futures of another copy of the module", async () => {
  const make = await makerOfForeignFutures<string>();
  const [one, two, last] = [make(), make(), make()];
  const order: unknown[] = [];
  const loop = (async () => {
    for await (const future of asCompleted([one, two])) order.push(future);
  })();
  two.setResult("two");
  one.cancel();
  await loop;
  assertEquals(order.length, 2);
  assertStrictEquals(order[0], two);
  assertStrictEquals(order[1], one);
  const [step] = asCompleted([last]);
  last.setException(new RangeError("there"));
  await assertRejects(() => step!, RangeError, "there");
});

// Types
// -----

Deno.test("asCompleted() is typed by what is given", async () => {
  const tasks = asCompleted([createTask(async () => 1)]);
  assertSameType<typeof tasks, Completions<Task<number>>>();
  const iterator = tasks[Symbol.asyncIterator]();
  assertSameType<typeof iterator, CompletionIterator<Task<number>>>();
  assertEquals(resultOf((await iterator.next()).value), 1);
  const generator = (function* () {
    yield;
    return "x";
  })();
  const others = asCompleted([generator])[Symbol.asyncIterator]();
  assertSameType<typeof others, CompletionIterator<Future<string>>>();
  const { value } = await others.next();
  assertInstanceOf(value, Task);
  assertEquals(value.result(), "x");
  for (const step of asCompleted([Promise.resolve(true)])) {
    assertSameType<typeof step, Future<boolean>>();
    assertEquals(await step, true);
  }
  // @ts-expect-error: a function is to be called
  assertThrows(() => asCompleted([async () => 1]), TypeError);
});

Deno.test("asCompleted() has futures of the same type in each for await over the same type", async () => {
  const done = new Future<string>();
  done.setResult("done");
  const results: string[] = [];
  for await (const future of asCompleted([done])) {
    assertSameType<typeof future, Future<string>>();
    results.push(future.result());
  }
  // TypeScript takes what `for await` has for awaited where it knows the type.
  for await (const future of asCompleted([done])) {
    assertSameType<typeof future, Future<string>>();
    results.push(future.result(), await future);
  }
  assertEquals(results, ["done", "done", "done"]);
});

// Misuse
// ------

Deno.test("asCompleted() refuses bad arguments at the call, and starts and changes nothing", async () => {
  const future = new Future<void>();
  let started = false;
  const generator = (function* () {
    started = true;
    yield;
  })();
  const before = allTasks().size;
  const what = "Cannot iterate over the awaitables as";
  const inputs: [unknown, string][] = [
    [
      future,
      `${what} the awaitables come in no iterable, such as an array (write \`[…]\` around them): received <Future pend`,
    ],
    [
      generator,
      `${what} the awaitables come in no iterable, such as an array (write \`[…]\` around them): received `,
    ],
    [undefined, `${what} the awaitables come in no iterable, such as an array: received undef`],
    [null, `${what} the awaitables come in no iterable, such as an array: received null`],
    ["text", `${what} the awaitables come in no iterable, such as an array: received "text"`],
    [{}, `${what} the awaitables come in no iterable, such as an array: received {}`],
    [
      [generator, future, 5],
      `Cannot wait for the awaitable as it is no future, generator or promise: received 5`,
    ],
    [
      [generator, future, undefined],
      `Cannot wait for the awaitable as it is no future, generator or promise: received undefined`,
    ],
    [
      [generator, async function main() {}],
      `Cannot wait for the awaitable as it is no future, generator or promise (use createTask): received [Function main]`,
    ],
  ];
  for (const [wrong, message] of inputs) {
    assertThrows(() => asCompleted(wrong as never), TypeError, message);
  }
  const options: [unknown, string][] = [
    [5, `${what} its options are no object: received 5`],
    [null, `${what} its options are no object: received null`],
    [new AbortController().signal, "its options are a signal: write `{ signal }`: received "],
    [{ signal: 5 }, "Cannot use the signal as it is no AbortSignal: received 5"],
    [{ timeout: "5" }, `${what} the timeout is no number of milliseconds: received "5"`],
    [{ timeout: NaN }, `${what} the timeout is no number of milliseconds: received NaN`],
  ];
  for (const [wrong, message] of options) {
    assertThrows(() => asCompleted([generator, future], wrong as never), TypeError, message);
  }
  assertEquals(String(future), "<Future pending>");
  assertEquals(allTasks().size, before);
  await hostTurn();
  assertFalse(started);
  for await (const task of asCompleted([generator])) assertEquals(resultOf(task), undefined);
});
