/**
 * `wait()`: the futures that are done, and those that are not. Deadlines, cancellation and leaks are
 * in `wait_cancellation_test.ts`.
 *
 * @module
 */

import {
  assert,
  assertEquals,
  assertFalse,
  assertInstanceOf,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import {
  AsyncContext,
  createTask,
  Future,
  run,
  sleep,
  Task,
  wait,
  type WaitOptions,
  type WaitResult,
} from "../../mod.ts";
import { assertSame } from "../helpers/assert_same.ts";
import { needs } from "../helpers/capabilities.ts";
import { importCopy } from "../helpers/copy.ts";
import { leftOver } from "../helpers/counting.ts";
import { makerOfForeignFutures } from "../helpers/foreign_futures.ts";
import { makeFutures, threeFutures, twoFutures } from "../helpers/futures.ts";
import { collectGarbage } from "../helpers/garbage.ts";
import { kinds } from "../helpers/kinds.ts";
import { drainInTurns, makeManualLoop } from "../helpers/manual_loop.ts";
import { collectReports } from "../helpers/reports.ts";
import { assertSameType } from "../helpers/same_type.ts";
import { hostTurn } from "../helpers/turns.ts";
import { virtual } from "../helpers/virtual_time.ts";

// Result
// ------

Deno.test("wait() sorts the very futures given into those done and those pending", async () => {
  const [one, two, three] = threeFutures();
  const task = createTask(async () => await three);
  const waiting = wait([one, two, task, one], { returnWhen: "FIRST_COMPLETED" });
  assertInstanceOf(waiting, Future);
  await hostTurn();
  assertFalse(waiting.done());
  two.setResult(2);
  const { done, pending } = await waiting;
  assertInstanceOf(done, Set);
  assertInstanceOf(pending, Set);
  assertEquals([done.size, pending.size], [1, 2]);
  assert(done.has(two));
  assert(pending.has(one));
  assert(pending.has(task));
  three.setResult(3);
  await task;
});

Deno.test("wait() waits for all by default, whatever their outcomes", async () => {
  for (const options of [undefined, {}, { returnWhen: undefined }] as WaitOptions[]) {
    const [one, two, three] = threeFutures();
    const waiting = wait(new Set([one, two, three]), options);
    one.setException(new RangeError("x"));
    two.cancel();
    await hostTurn();
    assertFalse(waiting.done());
    three.setResult(3);
    const { done, pending } = await waiting;
    assertEquals([done.size, pending.size], [3, 0]);
    assertInstanceOf(one.exception(), RangeError);
  }
});

for (const [kind, coroutine] of kinds) {
  virtual.test(`wait() has its result in a coroutine (${kind}) that waits for it`, async () => {
    const future = sleep(1, { result: "slept" });
    const task = createTask(coroutine(function* (waitIn) {
      const { done } = yield* waitIn(wait([future]));
      return [...done].map((future) => future.result());
    }));
    assertEquals(await task, ["slept"]);
  });
}

Deno.test("wait() of futures that are done already ends in the next turn", async () => {
  for (const returnWhen of ["FIRST_COMPLETED", "FIRST_EXCEPTION", "ALL_COMPLETED"] as const) {
    const futures = makeFutures(2);
    futures.forEach((future, i) => future.setResult(i));
    const waiting = wait(futures, { returnWhen });
    assertFalse(waiting.done());
    assertSame((await waiting).done, futures);
  }
});

Deno.test("wait() takes any iterable of futures", async () => {
  const future = new Future<number>();
  future.setResult(1);
  const once: Iterable<Future<number>> = { [Symbol.iterator]: () => [future].values() };
  const iterables = [[future], new Set([future]), new Map([[1, future]]).values(), once];
  for (const futures of iterables) {
    assertSame((await wait(futures)).done, [future]);
  }
});

// First outcome, first exception
// ------------------------------

Deno.test("wait() option returnWhen FIRST_COMPLETED ends with any outcome", async () => {
  const ends: ((future: Future<number>) => void)[] = [
    (future) => future.setResult(1),
    (future) => future.setException(new Error("x")),
    (future) => future.cancel(),
  ];
  for (const end of ends) {
    const [one, two] = twoFutures();
    const waiting = wait([one, two], { returnWhen: "FIRST_COMPLETED" });
    end(one);
    const { done, pending } = await waiting;
    assertEquals([done.has(one), pending.has(two)], [true, true]);
    assertEquals([done.size, pending.size], [1, 1]);
    assertFalse(two.done(), "nothing is cancelled");
    if (!one.cancelled()) one.exception();
  }
});

Deno.test("wait() option returnWhen FIRST_EXCEPTION ends with an exception, else with all", async () => {
  const [one, two, three] = threeFutures();
  const four = new Future<number>();
  const waiting = wait([one, two, three, four], { returnWhen: "FIRST_EXCEPTION" });
  one.setResult(1);
  two.cancel();
  await hostTurn();
  assertFalse(waiting.done(), "neither a result nor a cancellation counts");
  three.setException(undefined);
  const { done, pending } = await waiting;
  assertSame(done, [one, two, three]);
  assertSame(pending, [four]);
  assertEquals(three.exception(), undefined);

  const all = makeFutures(2);
  const waitingForAll = wait(all, { returnWhen: "FIRST_EXCEPTION" });
  all[0]!.cancel();
  all[1]!.setResult(1);
  assertEquals((await waitingForAll).done.size, 2);
});

Deno.test("wait() option returnWhen FIRST_COMPLETED counts all as done that are done in the same turn", async () => {
  const [one, two, three] = threeFutures();
  const waiting = wait([one, two, three], { returnWhen: "FIRST_COMPLETED" });
  two.setResult(2);
  three.setResult(3);
  const { done, pending } = await waiting;
  assertSame(done, [two, three]);
  assertSame(pending, [one]);
});

Deno.test("wait() option returnWhen FIRST_COMPLETED ends once although several are done in a turn", async () => {
  using reports = collectReports();
  const [one, two, three] = threeFutures();
  const waiting = wait([one, two, three], { returnWhen: "FIRST_COMPLETED" });
  one.setResult(1);
  two.setResult(2);
  const { done, pending } = await waiting;
  await hostTurn();
  assertSame(done, [one, two]);
  assertSame(pending, [three]);
  assertEquals(reports.map(({ message }) => message), []);
});

// Failure
// -------

Deno.test("wait() retrieves no exception, so that it is still reported", async () => {
  needs("finalization");
  using reports = collectReports();
  for (const returnWhen of ["FIRST_COMPLETED", "FIRST_EXCEPTION", "ALL_COMPLETED"] as const) {
    await (async () => {
      const future = new Future<void>();
      const waiting = wait([future], { returnWhen });
      future.setException(new Error(returnWhen));
      await waiting;
    })();
  }
  await hostTurn();
  await collectGarbage(() => reports.length > 2);
  assertEquals(
    reports.map(({ exception }) => (exception as Error).message).toSorted(),
    ["ALL_COMPLETED", "FIRST_COMPLETED", "FIRST_EXCEPTION"],
  );
});

Deno.test("wait() option returnWhen FIRST_EXCEPTION leaves the exception to be reported", async () => {
  const loop = makeManualLoop();
  const messages: unknown[] = [];
  loop.setExceptionHandler((_loop, { message }) => messages.push(message));
  const main = run(async () => {
    const failing = new Future<void>();
    const waiting = wait([failing, new Future<void>()], { returnWhen: "FIRST_EXCEPTION" });
    failing.setException(new RangeError("x"));
    await waiting;
  }, { loop });
  await drainInTurns(loop);
  await main;
  assertEquals(messages, ["Future exception was never retrieved"]);
});

// Loop
// ----

Deno.test("wait() on another loop belongs to that loop and uses its timers alone", async () => {
  const copy = await importCopy();
  const left = await leftOver(() => {
    const loop = makeManualLoop();
    const [one, two] = [loop.createFuture<number>(), loop.createFuture<number>()];
    const waiting = wait([one, two], { returnWhen: "FIRST_COMPLETED", timeout: 10 });
    assertStrictEquals<unknown>(waiting.getLoop(), loop);
    one.setResult(1);
    assertFalse(waiting.done(), "not before a turn of the loop");
    loop.drain();
    assertSame(waiting.result().done, [one]);

    const timed = wait([two], { timeout: 10 });
    loop.advance(10);
    loop.drain();
    assertSame(timed.result().pending, [two]);
    assertEquals(String(two), "<Future pending>");

    // The result is a future of the class that the loop makes.
    const made: unknown[] = [];
    loop.createFuture = <T>() => {
      const future = new copy.Future<T>({ loop: loop as never }) as unknown as Future<T>;
      made.push(future);
      return future;
    };
    const own = wait([two]);
    assertStrictEquals(made[0], own);
    two.setResult(2);
    loop.drain();
    assertSame(own.result().done, [two]);
  });
  assertEquals(left, 0);
});

Deno.test("wait() on a closed loop throws, and changes nothing", () => {
  const loop = makeManualLoop();
  const [pending, done] = [loop.createFuture<void>(), loop.createFuture<void>()];
  done.setResult();
  loop.close();
  assertThrows(() => wait([pending], { timeout: 1 }), Error, "Event loop is closed");
  assertThrows(() => wait([pending, done]), Error, "Event loop is closed");
  assertEquals(String(pending), "<Future pending>");
});

// Context
// -------

Deno.test("wait() runs callbacks in the context of the caller", async () => {
  const variable = new AsyncContext.Variable<string>();
  const future = new Future<void>();
  let seen: unknown;
  const waiting = variable.run("caller", () => {
    const waiting = wait([future]);
    waiting.addDoneCallback(() => seen = variable.get());
    return waiting;
  });
  variable.run("settler", () => future.setResult());
  await waiting;
  await hostTurn();
  assertEquals(seen, "caller");
});

// Copies of the module
// --------------------

Deno.test("wait() takes futures of another copy of the module", async () => {
  const make = await makerOfForeignFutures<number>();
  const [one, two, three] = [make(), make(), make()];
  const waiting = wait([one, two, three], { returnWhen: "FIRST_EXCEPTION" });
  one.setResult(1);
  two.cancel();
  await hostTurn();
  assertFalse(waiting.done());
  const own = new Future<number>();
  const any = wait([own, three], { returnWhen: "FIRST_COMPLETED" });
  three.setException(new RangeError("there"));
  const { done, pending } = await waiting;
  assertEquals([done.size, pending.size], [3, 0]);
  assert((await any).pending.has(own));
  assertEquals(String(own), "<Future pending>");
  assertInstanceOf(three.exception(), RangeError);
});

// Types
// -----

Deno.test("wait() is typed by what is given", async () => {
  const tasks = [createTask(async () => 1), createTask(async () => 2)];
  const waiting = wait(tasks);
  assertSameType<typeof waiting, Future<WaitResult<Task<number>>>>();
  const { done } = await waiting;
  assertSameType<typeof done, Set<Task<number>>>();
  assertEquals([...done].map((task) => task.result()), [1, 2]);
  const mixed = wait([new Future<string>(), new Future<number>()], { timeout: 0 });
  assertSameType<typeof mixed, Future<WaitResult<Future<string> | Future<number>>>>();
  assertEquals((await mixed).pending.size, 2);
  // @ts-expect-error: a promise is no future
  assertThrows(() => wait([Promise.resolve()]), TypeError);
  // @ts-expect-error: there must be an iterable of futures
  assertThrows(() => wait(tasks[0]!.getName), TypeError);
  // @ts-expect-error: no such condition
  assertThrows(() => wait(tasks, { returnWhen: "ALL" }), TypeError);
});

// Misuse
// ------

Deno.test("wait() refuses bad arguments, and changes nothing", () => {
  const future = new Future<void>();
  let started = false;
  const generator = (function* () {
    started = true;
    yield future;
  })();
  const inputs: [unknown, string][] = [
    [[], "Cannot wait as there are no futures: received []"],
    [new Set(), "Cannot wait as there are no futures: received []"],
    [
      future,
      "futures come in no iterable, such as an array (write `[…]` around them): received <Future pending>",
    ],
    [new Task(() => 1), "Cannot wait as the futures come in no iterable, such as an array"],
    [
      generator,
      "Cannot wait as the futures come in no iterable, such as an array (write `[…]` around them): received ",
    ],
    [undefined, "as the futures come in no iterable, such as an array: received undefined"],
    [null, "as the futures come in no iterable, such as an array: received null"],
    ["text", 'as the futures come in no iterable, such as an array: received "text"'],
    [{ 0: future }, "as the futures come in no iterable, such as an array: received { 0: "],
    [[future, generator], "else among the futures (make it a task with createTask): received "],
    [
      [future, Promise.resolve()],
      "Cannot wait as there is something else among the futures (make it a future with ensureFuture): received [Promise]",
    ],
    [[future, 5], "Cannot wait as there is something else among the futures: received 5"],
    [
      [future, async function main() {}],
      "Cannot wait as there is something else among the futures (make it a task with createTask): received [Function main]",
    ],
    [
      [future, Future],
      "among the futures (make it a task with createTask): received [Function Future]",
    ],
  ];
  for (const [wrong, message] of inputs) {
    assertThrows(() => wait(wrong as never), TypeError, message);
  }
  const options: [unknown, string][] = [
    [5, "Cannot wait as its options are no object: received 5"],
    [null, "Cannot wait as its options are no object: received null"],
    [new AbortController().signal, "as its options are a signal: write `{ signal }`: received "],
    [{ signal: 5 }, "Cannot use the signal as it is no AbortSignal: received 5"],
    [{ timeout: "5" }, 'as the timeout is no number of milliseconds: received "5"'],
    [{ timeout: NaN }, "as the timeout is no number of milliseconds: received NaN"],
    [
      { returnWhen: "first_completed" },
      "Cannot wait as returnWhen is none of FIRST_COMPLETED, FIRST_EXCEPTION, ALL_COMPLETED: " +
      'received "first_completed"',
    ],
    [{ returnWhen: null }, "ALL_COMPLETED: received null"],
  ];
  for (const [wrong, message] of options) {
    assertThrows(() => wait([future], wrong as never), TypeError, message);
  }
  assertEquals(String(future), "<Future pending>");
  assertFalse(started);
});
