import {
  assert,
  assertEquals,
  assertFalse,
  assertInstanceOf,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { FakeTime } from "@std/testing/time";
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
  sleep,
  Task,
  TimeoutError,
} from "../../mod.ts";
import { needs } from "../helpers/capabilities.ts";
import { importCopy } from "../helpers/copy.ts";
import { leftOver, makeCountingSignal } from "../helpers/counting.ts";
import { collectGarbage } from "../helpers/garbage.ts";
import { kinds } from "../helpers/kinds.ts";
import { makeManualLoop } from "../helpers/manual_loop.ts";
import { collectReports } from "../helpers/reports.ts";
import { hostTurn } from "../helpers/turns.ts";
import { assertSameType } from "../helpers/same_type.ts";

/** Three futures. */
function three(): [Future<string>, Future<string>, Future<string>] {
  return [new Future(), new Future(), new Future()];
}

/** The result of what `for await` has. */
function resultOf(future: unknown): unknown {
  assertInstanceOf(future, Future);
  return future.result();
}

function showAll(futures: Future<unknown>[]): string[] {
  return futures.map(String);
}

Deno.test("asCompleted() with for await has the very objects, in the order in which they are done", async () => {
  const [one, two] = three();
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

Deno.test("asCompleted() with for has futures of the outcomes, in the order in which they arrive", async () => {
  const [one, two, last] = three();
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

Deno.test("asCompleted() is typed alike on every loop over the same type", async () => {
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

Deno.test("asCompleted() gives what is done already first, in the order of the arguments", async () => {
  const [one, two, pending] = three();
  two.setResult("two");
  one.setResult("one");
  const order: unknown[] = [];
  for await (const future of asCompleted([pending, one, two])) {
    order.push(resultOf(future));
    if (order.length === 2) pending.setResult("at last");
  }
  assertEquals(order, ["one", "two", "at last"]);
});

Deno.test("asCompleted() gives once what is given twice", async () => {
  const [one, two] = three();
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

Deno.test("asCompleted() of nothing ends at once, and arms no timer", async () => {
  const left = await leftOver(async () => {
    for (const _ of asCompleted([], { timeout: 60_000 })) throw new Error("not to be reached");
    for await (const _ of asCompleted([], { timeout: 0 })) throw new Error("not to be reached");
    const iterator = asCompleted(new Set<Future<void>>())[Symbol.asyncIterator]();
    assertEquals(await iterator.next(), { done: true, value: undefined });
  });
  assertEquals(left, 0);
});

for (const [kind, coroutine] of kinds) {
  Deno.test(`asCompleted() is gone through in a coroutine (${kind})`, async () => {
    const task = createTask(coroutine(function* (wait) {
      const order: unknown[] = [];
      const sleeps = [sleep(50, { result: "slow" }), sleep(1, { result: "fast" })];
      for (const step of asCompleted(sleeps)) order.push(yield* wait(step));
      return order;
    }));
    assertEquals(await task, ["fast", "slow"]);
  });

  Deno.test(`asCompleted() lets go of everything when the coroutine (${kind}) is cancelled`, async () => {
    const futures = three();
    const { signal, listeners } = makeCountingSignal();
    const left = await leftOver(async () => {
      const task = createTask(coroutine(function* (wait) {
        for (const step of asCompleted(futures, { timeout: 60_000, signal })) yield* wait(step);
      }));
      await hostTurn();
      assertEquals(listeners.size, 1);
      task.cancel("stop");
      await assertRejects(() => task, CancelledError, "stop");
    });
    assertEquals(left, 0);
    assertEquals(listeners.size, 0);
    assertEquals(showAll(futures), Array(3).fill("<Future pending>"), "nothing is cancelled");
  });
}

Deno.test("asCompleted() with for await lets go of everything when the task is cancelled", async () => {
  const futures = three();
  const { signal, listeners } = makeCountingSignal();
  const left = await leftOver(async () => {
    const task = createTask(async () => {
      for await (const _ of asCompleted(futures, { timeout: 60_000, signal })) { /* waits */ }
    });
    await hostTurn();
    assertEquals(showAll(futures), Array(3).fill("<Future pending cb=[asCompleted]>"));
    task.cancel("stop");
    await assertRejects(() => task, CancelledError, "stop");
  });
  assertEquals(left, 0);
  assertEquals(listeners.size, 0);
  assertEquals(showAll(futures), Array(3).fill("<Future pending>"), "nothing is cancelled");
});

Deno.test("asCompleted() lets go of everything at a break, a return and a throw", async () => {
  const futures = three();
  const { signal, listeners } = makeCountingSignal();
  const [one, two, last] = futures;
  one.setResult("one");
  const left = await leftOver(async () => {
    const options = { timeout: 60_000, signal };
    for (const step of asCompleted(futures, options)) {
      assertEquals(await step, "one");
      break;
    }
    for await (const future of asCompleted(futures, options)) {
      assertStrictEquals(future, one);
      break;
    }
    await assertRejects(async () => {
      for await (const _ of asCompleted(futures, options)) throw new RangeError("thrown");
    }, RangeError);
    const iterator = asCompleted(futures, options)[Symbol.asyncIterator]();
    assertEquals(await iterator.return!(), { done: true, value: undefined });
    assertEquals(await iterator.next(), { done: true, value: undefined });
  });
  assertEquals(left, 0);
  assertEquals(listeners.size, 0);
  assertEquals(showAll([two, last]), Array(2).fill("<Future pending>"));
});

Deno.test("asCompleted() that is destructured serves the steps taken, then lets go", async () => {
  const [one, two, last] = three();
  const left = await leftOver(async () => {
    const [first, second] = asCompleted([one, two, last], { timeout: 60_000 });
    last.setResult("last");
    assertEquals(await first, "last");
    assertFalse(second!.done());
    two.setResult("two");
    assertEquals(await second, "two");
  });
  assertEquals(left, 0);
  assertEquals(String(one), "<Future pending>");
});

Deno.test("asCompleted() that is destructured lets go when the step is cancelled", async () => {
  const futures = three();
  const left = await leftOver(() => {
    const [first] = asCompleted(futures, { timeout: 60_000 });
    first!.cancel();
  });
  assertEquals(left, 0);
  assertEquals(showAll(futures), Array(3).fill("<Future pending>"));
});

Deno.test("asCompleted() releases its timer when all is done, gone through or not", async () => {
  const [one, two] = three();
  const left = await leftOver(async () => {
    const completions = asCompleted([one, two], { timeout: 60_000 });
    one.setResult("one");
    two.setResult("two");
    await hostTurn();
    assert(Symbol.iterator in completions);
  });
  assertEquals(left, 0);
});

Deno.test("asCompleted() that was gone through lets go of everything", async () => {
  const { signal, listeners } = makeCountingSignal();
  const left = await leftOver(async () => {
    const futures = [sleep(1), sleep(0), Promise.resolve(), (function* () {})()];
    for await (const _ of asCompleted(futures, { timeout: 60_000, signal })) { /* goes on */ }
  });
  assertEquals(left, 0);
  assertEquals(listeners.size, 0);
});

Deno.test("asCompleted() goes through one sequence, however often it is asked for", async () => {
  const [one, two, last] = three();
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

Deno.test("asCompleted() steps may be asked for ahead, and wait each for its own", async () => {
  const [one, two, last] = three();
  const iterator = asCompleted([one, two, last])[Symbol.asyncIterator]();
  const steps = [iterator.next(), iterator.next(), iterator.next(), iterator.next()];
  last.setResult("last");
  two.setResult("two");
  one.setResult("one");
  const results = await Promise.all(steps);
  assertEquals(results.map(({ done }) => done), [false, false, false, true]);
  [last, two, one].forEach((future, i) => assertStrictEquals(results[i]!.value, future));
});

Deno.test("asCompleted() goes on with the next when a single step is cancelled", async () => {
  const [one, two, last] = three();
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

Deno.test("asCompleted() step that is cancelled as an outcome arrives leaves it to the next", async () => {
  const [one, two] = three();
  const iterator = asCompleted([one, two])[Symbol.iterator]();
  const step = iterator.next().value!;
  one.setResult("one");
  assert(step.cancel());
  await hostTurn();
  assertEquals(await iterator.next().value!, "one");
  await assertRejects(() => step, CancelledError);
});

Deno.test("asCompleted() option timeout fails at the step that waits, with a TimeoutError", async () => {
  using time = new FakeTime();
  const [one, two, last] = three();
  const order: unknown[] = [];
  const loop = (async () => {
    for await (const future of asCompleted([one, two, last], { timeout: 100 })) {
      order.push(resultOf(future));
    }
  })();
  one.setResult("one");
  time.tick(99);
  await hostTurn();
  two.setResult("two");
  await hostTurn();
  assertEquals(order, ["one", "two"]);
  time.tick(1);
  await assertRejects(() => loop, TimeoutError);
  assertEquals(String(last), "<Future pending>", "nothing is cancelled");
});

Deno.test("asCompleted() option timeout fails the steps of a for, those that come after it too", async () => {
  using time = new FakeTime();
  const [one, two, last] = three();
  const iterator = asCompleted([one, two, last], { timeout: 100 })[Symbol.iterator]();
  const steps = [iterator.next().value!, iterator.next().value!];
  one.setResult("one");
  await hostTurn();
  time.tick(100);
  assertEquals(await steps[0], "one");
  await assertRejects(() => steps[1]!, TimeoutError);
  two.setResult("too late");
  await assertRejects(() => iterator.next().value!, TimeoutError);
  assertEquals(iterator.next().done, true);
  assertEquals(String(last), "<Future pending>");
});

Deno.test("asCompleted() still gives what was done before the TimeoutError", async () => {
  using time = new FakeTime();
  for (const isAsync of [true, false]) {
    const [one, two, last] = three();
    const completions = asCompleted([last, one, two], { timeout: 100 });
    one.setResult("one");
    two.setResult("two");
    await hostTurn();
    time.tick(200);
    await hostTurn();
    const order: unknown[] = [];
    await assertRejects(async () => {
      if (isAsync) { for await (const future of completions) order.push(resultOf(future)); }
      else for (const step of completions) order.push(await step);
    }, TimeoutError);
    assertEquals(order, ["one", "two"]);
    assertFalse(last.done());
  }
});

Deno.test("asCompleted() does not time out when all is done in time, nor in its very turn", () => {
  const loop = makeManualLoop();
  const [one, two] = [loop.createFuture<string>(), loop.createFuture<string>()];
  loop.callLater(10, () => two.setResult("two"));
  const steps = [...asCompleted([one, two], { timeout: 10 })];
  one.setResult("one");
  loop.advance(10);
  loop.drain();
  assertEquals(steps[0]!.result(), "one");
  // It was done before the time was over, though nobody was told yet.
  assertEquals(steps[1]!.result(), "two");

  const futures = [1, 2, 3].map(() => loop.createFuture<string>());
  const completions = asCompleted(futures, { timeout: 10 });
  loop.advance(10);
  futures[1]!.setResult("once");
  loop.drain();
  const [first, ...others] = completions;
  assertEquals(first!.result(), "once");
  for (const step of others) assertInstanceOf(step.exception(), TimeoutError);

  const inTime = [...asCompleted([one, two], { timeout: 10 })];
  loop.drain();
  loop.advance(10);
  loop.drain();
  assertEquals(inTime.map((step) => step.result()), ["one", "two"]);
});

Deno.test("asCompleted() option timeout of zero or less gives what is done already", async () => {
  using time = new FakeTime();
  for (const timeout of [0, -1, -Infinity]) {
    const [one, two] = three();
    one.setResult("one");
    const completions = asCompleted([two, one], { timeout });
    await hostTurn();
    time.tick(0);
    const order: unknown[] = [];
    await assertRejects(async () => {
      for await (const future of completions) order.push(resultOf(future));
    }, TimeoutError);
    assertEquals(order, ["one"]);
  }
});

Deno.test("asCompleted() option timeout null or Infinity is no limit", async () => {
  using time = new FakeTime();
  for (const timeout of [null, undefined, Infinity]) {
    const [one] = three();
    const [step] = asCompleted([one], { timeout });
    time.tick(2 ** 40);
    await hostTurn();
    assertFalse(step!.done());
    one.setResult("one");
    assertEquals(await step, "one");
  }
});

Deno.test("asCompleted() option signal cancels the steps that wait, nothing else", async () => {
  const { controller, signal, listeners } = makeCountingSignal();
  const futures = three();
  const left = await leftOver(async () => {
    const options = { timeout: 60_000, signal };
    const loop = (async () => {
      for await (const _ of asCompleted(futures, options)) { /* waits */ }
    })();
    const steps = [...asCompleted(futures, options)];
    await hostTurn();
    assertEquals(listeners.size, 1);
    controller.abort("enough");
    await assertRejects(() => loop, CancelledError, "enough");
    for (const step of steps) await assertRejects(() => step, CancelledError, "enough");

    // Aborted already.
    for (const step of asCompleted(futures, options)) {
      assert(step.cancelled());
      await assertRejects(() => step, CancelledError, "enough");
    }
    await assertRejects(
      async () => {
        for await (const _ of asCompleted(futures, options)) throw new Error("not to be reached");
      },
      CancelledError,
      "enough",
    );
  });
  assertEquals(left, 0);
  assertEquals(listeners.size, 0);
  assertEquals(showAll(futures), Array(3).fill("<Future pending>"));
});

Deno.test("asCompleted() looks only at what a step of a for has: the rest is reported", async () => {
  needs("finalization");
  using reports = collectReports();
  await (async () => {
    const [one, two, last] = three();
    const completions = asCompleted([one, two, last]);
    one.setException(new Error("looked at"));
    two.setException(new Error("not asked for"));
    for (const step of completions) {
      await assertRejects(() => step, Error, "looked at");
      break;
    }
  })();
  await (async () => {
    const [one] = three();
    one.setException(new Error("given as it is"));
    for await (const future of asCompleted([one])) assertInstanceOf(future, Future);
  })();
  await (async () => {
    const [one] = three();
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

Deno.test("asCompleted() runs in the context of the caller", async () => {
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

Deno.test("asCompleted() takes futures of another copy of the module", async () => {
  const copy = await importCopy();
  const make = () => new copy.Future<string>() as unknown as Future<string>;
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

Deno.test("asCompleted() on another loop belongs to it and uses its timers alone", async () => {
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

    // Steps of the loop's own class.
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
  });
  assertEquals(left, 0);
});

Deno.test("asCompleted() rejects bad arguments at the call, with nothing started or changed", async () => {
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

Deno.test("asCompleted() on a closed loop throws, with nothing changed", () => {
  const loop = makeManualLoop();
  const [pending, done] = [loop.createFuture<void>(), loop.createFuture<void>()];
  done.setResult();
  loop.close();
  assertThrows(() => asCompleted([pending, done]), Error, "Event loop is closed");
  assertEquals(String(pending), "<Future pending>");
});

Deno.test("asCompleted() of a hundred thousand keeps the order", async () => {
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

Deno.test("asCompleted() takes a branded future that calls back at once", async () => {
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
