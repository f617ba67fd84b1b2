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
  CancelledError,
  createTask,
  currentTask,
  Future,
  gather,
  getEventLoop,
  getRunningLoop,
  sleep,
  type Timeout,
  timeout,
  TimeoutError,
} from "../../mod.ts";
import { endless } from "../helpers/coroutines.ts";
import { passTime, passUntilDone } from "../helpers/fake_time.ts";
import { kinds } from "../helpers/kinds.ts";
import { outcome } from "../helpers/outcome.ts";
import { hostTurn } from "../helpers/turns.ts";
import { virtual } from "../helpers/virtual_time.ts";

// Cancellation from outside
// -------------------------

for (const [kind, coroutine] of kinds) {
  Deno.test(`timeout() that is cancelled cancels the body and ends with its CancelledError (${kind})`, async () => {
    using time = new FakeTime();
    let scope!: Timeout;
    let caught: unknown;
    const future = timeout(
      10,
      coroutine(function* (wait, timeout: Timeout) {
        scope = timeout;
        try {
          yield* wait(new Future<void>());
        } catch (error) {
          caught = error;
          yield* wait(sleep(1));
          throw error;
        }
      }),
    );
    await hostTurn();
    const reason = new CancelledError("the very one");
    assert(future.cancel(reason));
    assertFalse(future.done(), "it is a request");
    await hostTurn();
    assertEquals(outcome(future), "pending");
    await passTime(time, 1);
    assertEquals(outcome(future), "cancelled CancelledError: the very one");
    assertStrictEquals(assertThrows(() => future.result()), reason);
    assertStrictEquals(caught, reason);
    assertFalse(scope.expired());
    assertFalse(future.cancel());
    await passTime(time, 100);
    assertFalse(scope.expired());
    assertThrows(
      () => scope.reschedule(Infinity),
      Error,
      "Cannot move the deadline as the timeout is finished: received Infinity",
    );
  });

  virtual.test(`timeout() is cancelled with the task that waits for it (${kind})`, async () => {
    const log: string[] = [];
    const task = createTask(coroutine(function* (wait) {
      try {
        yield* wait(timeout(10, () => endless(log, "body")));
      } finally {
        log.push("task ended");
      }
    }));
    await sleep(1);
    task.cancel("all of it");
    assertEquals(outcome(task), "pending");
    await sleep(1);
    assertEquals(outcome(task), "cancelled CancelledError: all of it");
    assertEquals(log, ["body ended", "task ended"]);
    assertEquals(task.cancelling(), 1);
  });

  Deno.test(`timeout() cancelled after the body's last wait, before the body goes on, ends as cancelled (${kind})`, async () => {
    const reply = new Future<number>();
    const future = timeout(null, coroutine((wait) => wait(reply)));
    await hostTurn();
    reply.setResult(1);
    assert(future.cancel("in the same turn"));
    await hostTurn();
    assertEquals(outcome(future), "cancelled CancelledError: in the same turn");
  });

  virtual.test(`timeout() whose body answers a cancellation with an error throws only that error (${kind})`, async () => {
    const work = coroutine(function* (wait) {
      try {
        yield* wait(timeout(
          null,
          coroutine(function* (wait) {
            try {
              yield* wait(new Future<void>());
            } catch {
              throw new RangeError("mine");
            }
          }),
        ));
        throw new Error("not reached");
      } catch (error) {
        assertEquals(String(error), "RangeError: mine");
      }
      return yield* wait(sleep(1, { result: "goes on" }));
    });
    const task = createTask(() => work(undefined));
    await sleep(1);
    task.cancel();
    assertEquals(await task, "goes on");
  });

  Deno.test(`timeout() whose body fails before a cancellation reaches it throws the error, then a CancelledError (${kind})`, async () => {
    const log: string[] = [];
    const task = createTask(coroutine(function* (wait) {
      try {
        yield* wait(timeout(
          null,
          coroutine(function* (wait) {
            yield* wait(sleep(0));
            task.cancel("too late for the body");
            throw new RangeError("mine");
          }),
        ));
      } catch (error) {
        log.push(String(error));
      }
      yield* wait(sleep(60_000));
    }));
    for (let i = 0; i < 3; i++) await hostTurn();
    const ended = outcome(task);
    task.cancel();
    await hostTurn();
    assertEquals(log, ["RangeError: mine"]);
    assertEquals(ended, "cancelled CancelledError: too late for the body");
  });
}

virtual.test("timeout() that has ended does not delay a later cancellation of its task", async () => {
  const log: unknown[] = [];
  const task = createTask(function* () {
    const scope = timeout(60_000, function* () {
      yield;
      return 1;
    });
    log.push(yield* scope);
    try {
      yield* sleep(60_000);
    } catch (error) {
      log.push(String(error));
    }
    const gate = new Future<string>();
    getEventLoop().callSoon(() => {
      gate.setResult("arrives with the request");
      task.cancel("stop");
    });
    log.push(yield* gate);
  });
  await sleep(1);
  task.cancel("now");
  await assertRejects(() => task, CancelledError, "stop");
  assertEquals(log, [1, "CancelledError: now"]);
});

// Cancellation from inside
// ------------------------

for (const [kind, coroutine] of kinds) {
  Deno.test(`timeout() whose body cancels itself or throws a CancelledError ends as cancelled (${kind})`, async () => {
    using time = new FakeTime();
    const own = timeout(
      10,
      coroutine(function* (wait) {
        currentTask()!.cancel("myself");
        yield* wait(new Future<void>());
      }),
    );
    const thrown = timeout(
      10,
      coroutine(function* (wait) {
        yield* wait(sleep(1));
        throw new CancelledError("thrown");
      }),
    );
    await passTime(time, 1);
    assertEquals(outcome(own), "cancelled CancelledError: myself");
    assertEquals(outcome(thrown), "cancelled CancelledError: thrown");
  });
}

virtual.test("timeout() whose body cancels its scope and throws leaves alone a task that was cancelled before", async () => {
  const task = createTask(function* () {
    try {
      yield* new Future<void>();
    } catch {
      // The task goes on.
    }
    const scope: Future<void> = timeout(null, function* () {
      yield;
      scope.cancel("too late for the body");
      throw new CancelledError("mine");
    });
    yield* sleep(1);
    yield* sleep(1);
    return String(scope);
  });
  await sleep(1);
  task.cancel();
  assertEquals(await task, "<Future cancelled>");
});

// Cancellation and deadline
// -------------------------

for (const [kind, coroutine] of kinds) {
  virtual.test(`timeout() that expires leaves the task that waits for it uncancelled (${kind})`, async () => {
    const loop = getRunningLoop();
    const task = createTask(coroutine(function* (wait) {
      const inner = timeout(10, coroutine((wait) => wait(new Future<void>())));
      try {
        yield* wait(inner);
        throw new Error("not reached");
      } catch (error) {
        assertInstanceOf(error, TimeoutError);
      }
      assertFalse(currentTask()!.signal.aborted);
      yield* wait(sleep(1));
      return currentTask()!.cancelling();
    }));
    assertEquals(await task, 0);
    assertEquals(loop.time(), 11);
  });

  for (const order of ["before", "after"]) {
    Deno.test(`timeout() cancelled in the turn of its deadline, ${order} it expires, ends as cancelled (${kind})`, async () => {
      using time = new FakeTime();
      let scope!: Timeout;
      const cancelAt = (ms: number) => getEventLoop().callLater(ms, () => future.cancel("outside"));
      if (order === "before") cancelAt(10);
      const future: Future<void> = timeout(
        10,
        coroutine(function* (wait, timeout: Timeout) {
          scope = timeout;
          yield* wait(new Future<void>());
        }),
      );
      if (order === "after") cancelAt(10);
      await passTime(time, 10);
      assert(future.cancelled());
      assert(scope.expired());
      // The body is thrown a single CancelledError for both requests, that of the one from outside.
      assertEquals(outcome(future), "cancelled CancelledError: outside");
    });
  }

  Deno.test(`timeout() cancelled while the expired body cleans up ends as cancelled (${kind})`, async () => {
    using time = new FakeTime();
    const log: string[] = [];
    const future = timeout(
      10,
      coroutine(function* (wait) {
        try {
          yield* wait(new Future<void>());
        } finally {
          log.push("cleaning");
          yield* wait(sleep(60_000));
          log.push("not reached");
        }
      }),
    );
    await passTime(time, 10);
    assertEquals(outcome(future), "pending");
    assert(future.cancel("enough"));
    await hostTurn();
    assertEquals(outcome(future), "cancelled CancelledError: enough");
    assertEquals(log, ["cleaning"]);
  });
}

Deno.test("timeout() cancelled and expired when a result arrives throws a CancelledError in place of the result", async () => {
  using time = new FakeTime();
  const log: string[] = [];
  const ready = new Future<string>();
  let scope!: Timeout;
  const future = timeout(null, function* (timeout) {
    scope = timeout;
    try {
      log.push(...yield* gather(ready));
    } catch (error) {
      log.push((error as Error).name);
    }
    yield* sleep(1);
    log.push("goes on");
  });
  await hostTurn();
  scope.reschedule(-1);
  ready.setResult("ready");
  future.cancel("outside");
  await passUntilDone(time, future);
  await Promise.allSettled([future]);
  assert(scope.expired());
  assertEquals(log, ["CancelledError", "goes on"]);
});
