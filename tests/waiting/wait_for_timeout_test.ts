/**
 * `waitFor()`: the time is over.
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
import { FakeTime } from "@std/testing/time";
import {
  CancelledError,
  createTask,
  currentTask,
  Future,
  getEventLoop,
  getRunningLoop,
  sleep,
  type Task,
  timeout,
  TimeoutError,
  waitFor,
} from "../../mod.ts";
import { startCancellable } from "../helpers/cancelled_task.ts";
import { needs } from "../helpers/capabilities.ts";
import { importCopy } from "../helpers/copy.ts";
import { leftOver } from "../helpers/counting.ts";
import { kinds } from "../helpers/kinds.ts";
import { makeManualLoop } from "../helpers/manual_loop.ts";
import { outcome } from "../helpers/outcome.ts";
import { collectReports } from "../helpers/reports.ts";
import { hostTurn, microtasks, withResolvers } from "../helpers/turns.ts";
import { virtual } from "../helpers/virtual_time.ts";

// Deadline
// --------

Deno.test("waitFor() cancels the future when the time is over, and fails with a TimeoutError", async () => {
  using time = new FakeTime();
  const future = new Future<number>();
  const waiting = waitFor(future, 100);
  time.tick(99);
  await hostTurn();
  assertFalse(future.done());
  time.tick(1);
  await hostTurn();
  assert(future.cancelled());
  assertFalse(waiting.cancelled());
  const error = await assertRejects(() => waiting, TimeoutError);
  assertEquals(error.message, "Timed out after 100 ms: <Future pending cb=[waitFor]>");
  assertStrictEquals(error.cause, assertThrows(() => future.result(), CancelledError));
});

Deno.test("waitFor() fails with a TimeoutError whose stack leads to the async function that waits", async () => {
  needs("asyncStacks", "contextOfPromises");
  using time = new FakeTime();
  async function callsWaitFor() {
    await waitFor(new Future(), 1);
  }
  for (const waiting of [callsWaitFor(), createTask(callsWaitFor)]) {
    const caught = assertRejects(async () => await waiting, TimeoutError);
    await microtasks();
    await time.tickAsync(1);
    assertMatch((await caught).stack!, /callsWaitFor/);
  }
});

Deno.test("waitFor() fails with a TimeoutError whose stack leads to the generator that waits", async () => {
  needs("asyncStacks", "contextOfPromises");
  using time = new FakeTime();
  function* callsWaitFor() {
    yield* waitFor(new Future(), 1);
  }
  const task = createTask(function* () {
    yield* callsWaitFor();
  });
  const caught = assertRejects(async () => await task, TimeoutError);
  await microtasks();
  await time.tickAsync(1);
  assertMatch((await caught).stack!, /callsWaitFor/);
});

Deno.test("waitFor() keeps the result of a promise that settles microtasks after the deadline", async () => {
  for (const microtasksLater of [0, 1, 2, 3]) {
    using time = new FakeTime();
    const { promise, resolve } = withResolvers<string>();
    getEventLoop().callLater(5, () => resolve("in time"));
    const load = async () => {
      const text = await promise;
      for (let i = 0; i < microtasksLater; i++) await undefined;
      return text;
    };
    const waiting = waitFor(load(), 5);
    await time.tickAsync(5);
    await microtasks();
    assertEquals(outcome(waiting), "result in time");
  }
});

for (const [kind, coroutine] of kinds) {
  Deno.test(`waitFor() waits after the deadline until its coroutine (${kind}) has cleaned up`, async () => {
    using time = new FakeTime();
    const cleanedUp = new Future<void>();
    const { inner, log } = startCancellable(coroutine, function* (log) {
      yield cleanedUp;
      log.push("clean");
      return "";
    });
    const waiting = waitFor(inner, 10);
    await hostTurn();
    time.tick(10);
    await hostTurn();
    assertEquals(log, ["CancelledError"]);
    time.tick(60_000);
    await hostTurn();
    assertFalse(waiting.done(), "the cancellation has not finished");
    cleanedUp.setResult();
    await assertRejects(() => waiting, TimeoutError);
    assertEquals(log, ["CancelledError", "clean"]);
    assert(inner.cancelled());
  });

  Deno.test(`waitFor() has the value of a coroutine (${kind}) that swallows its cancellation at the deadline`, async () => {
    using time = new FakeTime();
    const { inner } = startCancellable(coroutine, function* () {
      return "stays";
    });
    const waiting = waitFor(inner, 10);
    await hostTurn();
    time.tick(10);
    assertEquals(await waiting, "stays");
  });

  Deno.test(`waitFor() has the exception of a coroutine (${kind}) that fails at the deadline`, async () => {
    using time = new FakeTime();
    const { inner } = startCancellable(coroutine, function* () {
      throw new RangeError("while cleaning up");
    });
    const waiting = waitFor(inner, 10);
    await hostTurn();
    time.tick(10);
    await assertRejects(() => waiting, RangeError, "while cleaning up");
  });
}

Deno.test("waitFor() leaves a promise running after the deadline, and reports no late rejection", async () => {
  using time = new FakeTime();
  using reports = collectReports();
  const { promise, reject } = withResolvers<void>();
  const waiting = waitFor(promise, 10);
  time.tick(10);
  await assertRejects(() => waiting, TimeoutError);
  reject(new Error("too late, and handled by its maker"));
  await assertRejects(() => promise, Error, "too late");
  await hostTurn();
  assertEquals(reports.length, 0);
});

Deno.test("waitFor() option onLate gets the result of a promise that comes after the deadline", async () => {
  using time = new FakeTime();
  const late: string[] = [];
  const onLate = (result: string) => late.push(result);
  for (const timeout of [10, 0]) {
    const { promise, resolve } = withResolvers<string>();
    const waiting = waitFor(promise, timeout, { onLate });
    await hostTurn();
    time.tick(10);
    await assertRejects(() => waiting, TimeoutError);
    assertEquals(late, []);
    resolve(`after ${timeout} ms`);
    await hostTurn();
    assertEquals(late.splice(0), [`after ${timeout} ms`]);
  }

  const { promise, resolve } = withResolvers<string>();
  const inTime = waitFor(promise, 10, { onLate });
  await hostTurn();
  time.tick(10);
  resolve("in the turn of the deadline");
  assertEquals(await inTime, "in the turn of the deadline");
  await hostTurn();
  assertEquals(late, []);
});

Deno.test("waitFor() option onLate is not called for a task, whose outcome counts after the deadline", async () => {
  using time = new FakeTime();
  const late: string[] = [];
  const task = createTask(async () => {
    await new Future<void>().catch(() => {});
    return "stays";
  });
  const waiting = waitFor(task, 10, { onLate: (result) => late.push(result) });
  await hostTurn();
  time.tick(10);
  assertEquals(await waiting, "stays");
  await hostTurn();
  assertEquals(late, []);
});

Deno.test("waitFor() inside waitFor(): the deadline of each has its own TimeoutError", async () => {
  using time = new FakeTime();
  const slow = new Future<void>();
  const outerFirst = waitFor(waitFor(slow, 20), 10);
  time.tick(10);
  await assertRejects(() => outerFirst, TimeoutError);
  assert(slow.cancelled());
  const inner = waitFor(new Future<void>(), 10);
  const innerFirst = waitFor(inner, 20);
  time.tick(10);
  const error = await assertRejects(() => innerFirst, TimeoutError);
  assertStrictEquals(error, inner.exception() as Error);
});

// No time, and time without end
// -----------------------------

Deno.test("waitFor() has no deadline if the timeout is null or Infinity", async () => {
  using time = new FakeTime();
  for (const timeout of [null, Infinity]) {
    const future = new Future<string>();
    assertEquals(
      await leftOver(async () => {
        const waiting = waitFor(future, timeout);
        time.tick(2 ** 40);
        await hostTurn();
        assertFalse(waiting.done());
        time.tick(1);
        future.setResult("at last");
        assertEquals(await waiting, "at last");
      }),
      0,
    );
  }
});

Deno.test("waitFor() of zero or less only looks whether the awaitable is done", async () => {
  using time = new FakeTime();
  for (const timeout of [0, -0, -1, -Infinity]) {
    const done = new Future<string>();
    done.setResult("done");
    assertEquals(await waitFor(done, timeout), "done");
    const failed = new Future<string>();
    failed.setException(new RangeError("failed"));
    await assertRejects(() => waitFor(failed, timeout), RangeError, "failed");
    const cancelled = new Future<string>();
    cancelled.cancel("cancelled");
    const waiting = waitFor(cancelled, timeout);
    await assertRejects(() => waiting, CancelledError, "cancelled");
    assert(waiting.cancelled());

    const pending = new Future<string>();
    const expired = waitFor(pending, timeout);
    assert(pending.cancelled(), "at once");
    await assertRejects(() => expired, TimeoutError);

    let started = false;
    const never = waitFor(
      (function* () {
        started = true;
        yield;
      })(),
      timeout,
    );
    await assertRejects(() => never, TimeoutError);
    assertFalse(started);

    const promise = waitFor(Promise.resolve("a promise cannot be looked at"), timeout);
    await assertRejects(() => promise, TimeoutError);
  }
  time.tick(0);
});

Deno.test("waitFor() of zero waits until the task has cleaned up", async () => {
  const cleanedUp = new Future<void>();
  const task = createTask(async () => {
    try {
      await new Future<void>();
    } finally {
      await cleanedUp;
    }
  });
  await hostTurn();
  const waiting = waitFor(task, 0);
  await hostTurn();
  assertEquals([task.cancelling(), waiting.done()], [1, false]);
  cleanedUp.setResult();
  await assertRejects(() => waiting, TimeoutError);
});

// Outcomes in the turn of the deadline
// ------------------------------------

Deno.test("waitFor() loses no result in the turn of the deadline: the timer that comes first decides", async () => {
  using time = new FakeTime();
  const loop = getEventLoop();
  // The timer of the first result precedes the deadline, that of the second follows it.
  const early = new Future<string>();
  loop.callLater(10, () => early.setResult("in time"));
  const hasResult = waitFor(early, 10);
  const late = new Future<string>();
  const isLate = waitFor(late, 10);
  let wasSet: boolean | undefined;
  loop.callLater(10, () => {
    wasSet = !late.done();
    if (wasSet) late.setResult("too late");
  });
  time.tick(10);
  assertEquals(await hasResult, "in time");
  await assertRejects(() => isLate, TimeoutError);
  assertEquals(wasSet, false, "whoever sets it sees that it is cancelled");
});

Deno.test("waitFor() loses no exception in the turn of the deadline", async () => {
  using time = new FakeTime();
  const future = new Future<string>();
  getEventLoop().callLater(10, () => future.setException(new RangeError("in time")));
  const waiting = waitFor(future, 10);
  time.tick(10);
  await assertRejects(() => waiting, RangeError, "in time");
});

Deno.test("waitFor() loses no result of a task that returns a few turns before or after the deadline", () => {
  // The deadline comes before the result, and in each turn that the result takes to arrive.
  const outcomes = new Set<string>();
  for (let turns = -1; turns < 10; turns++) {
    const loop = makeManualLoop();
    const future = loop.createFuture<string>();
    let returned = false;
    const task = loop.createTask(function* () {
      const value = yield* future;
      returned = true;
      return value;
    });
    const waiting = waitFor(task, 10);
    loop.drain();
    if (turns < 0) loop.advance(10);
    future.setResult("value");
    for (let i = 0; i < turns && loop.ready.length > 0; i++) loop.ready.shift()!();
    loop.advance(10);
    loop.drain();
    const error = waiting.exception();
    outcomes.add(error === null ? waiting.result() : (error as Error).name);
    assertEquals(error === null, returned, `after ${turns} turns`);
  }
  assertEquals([...outcomes].toSorted(), ["TimeoutError", "value"]);
});

Deno.test("waitFor() and timeout() return what an async function took in the turn of the deadline", async () => {
  using time = new FakeTime();
  for (const limit of [(task: Task<string>) => waitFor(task, 10), undefined]) {
    const gate = new Future<void>();
    let isTaken = false;
    const take = async () => {
      await gate;
      isTaken = true;
      return "taken";
    };
    getEventLoop().callLater(10, () => gate.setResult());
    const waiting = limit ? limit(createTask(take)) : timeout(10, take);
    await hostTurn();
    await hostTurn();
    // The code may take the value, or be thrown the error; but not the one and then the other.
    time.tick(10);
    await hostTurn();
    await hostTurn();
    assertEquals(waiting.exception() === null, isTaken);
  }
});

virtual.test("waitFor() of two tasks with the same limit on one future throws two TimeoutErrors", async () => {
  const loop = getRunningLoop();
  for (const [, coroutine] of kinds) {
    const future = new Future<void>();
    const start = () => createTask(coroutine((wait) => wait(waitFor(future, 10))));
    const before = loop.time();
    const tasks = [start(), start()];
    for (const task of tasks) await assertRejects(() => task, TimeoutError);
    assertEquals(loop.time() - before, 10);
  }
});

Deno.test("waitFor() of zero ends after the done callbacks of the future", async () => {
  const future = new Future<void>();
  const ended: boolean[] = [];
  future.addDoneCallback(() => ended.push(waiting.done()));
  const waiting = waitFor(future, 0);
  await assertRejects(() => waiting, TimeoutError);
  assertEquals(ended, [false]);
});

for (const [kind, coroutine] of kinds) {
  Deno.test(`waitFor() of zero in a coroutine (${kind}) that has cancelled its task is a CancelledError`, async () => {
    let waiting!: Future<void>;
    const task = createTask(() =>
      coroutine(function* (wait) {
        currentTask()!.cancel("myself");
        yield* wait(waiting = waitFor(new Future<void>(), 0));
      })(undefined)
    );
    await assertRejects(() => task, CancelledError, "myself");
    await Promise.allSettled([waiting]);
  });
}

// Cancellation at the deadline
// ----------------------------

for (const [kind, coroutine] of kinds) {
  virtual.test(`waitFor() has no TimeoutError if the coroutine (${kind}) is cancelled while the task cleans up`, async () => {
    const { inner, log } = startCancellable(coroutine, function* (log) {
      log.push("cleaning");
      yield new Future<void>();
      log.push("not to be reached");
      return "";
    });
    const caller = createTask(coroutine(function* (wait) {
      return yield* wait(waitFor(inner, 10));
    }));
    await sleep(11);
    assertEquals(log, ["CancelledError", "cleaning"]);
    assert(caller.cancel("from outside"));
    const error = await assertRejects(() => caller, CancelledError, "from outside");
    assertInstanceOf(error, CancelledError);
    assert(caller.cancelled());
    assertEquals(inner.cancelling(), 2);
    assertEquals(log, ["CancelledError", "cleaning"]);
  });

  Deno.test(`waitFor() has no TimeoutError if the coroutine (${kind}) is cancelled in the turn of the deadline`, async () => {
    for (const first of ["timeout", "cancellation"]) {
      using time = new FakeTime();
      const { inner } = startCancellable(coroutine, function* () {
        yield sleep(0);
        return "";
      });
      const caller = createTask(coroutine(function* (wait) {
        return yield* wait(waitFor(inner, 10));
      }));
      await hostTurn();
      if (first === "timeout") time.tick(10);
      assert(caller.cancel("from outside"));
      if (first === "cancellation") time.tick(10);
      await hostTurn();
      assert(caller.cancelled(), first);
      assert(inner.cancelled(), first);
    }
  });
}

Deno.test("waitFor() has no TimeoutError if a future of another copy is cancelled in the turn of the deadline", async () => {
  const copy = await importCopy();
  const loop = makeManualLoop();
  const future = new copy.Future<number>({ loop: loop as never }) as unknown as Future<number>;
  const waiting = waitFor(future, 10);
  loop.advance(10);
  future.cancel("by somebody");
  loop.drain();
  assert(waiting.cancelled());
  assertThrows(() => waiting.result(), Error, "by somebody");
});
