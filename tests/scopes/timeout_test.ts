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
  allTasks,
  CancelledError,
  createTask,
  Future,
  getEventLoop,
  sleep,
  Task,
  type Timeout,
  timeout,
  timeoutAt,
  TimeoutError,
} from "../../mod.ts";
import { needs } from "../helpers/capabilities.ts";
import { importCopy } from "../helpers/copy.ts";
import { leftOver, makeCountingSignal } from "../helpers/counting.ts";
import { passTime } from "../helpers/fake_time.ts";
import { foreignAborts, untilAborted } from "../helpers/foreign_aborts.ts";
import { kinds } from "../helpers/kinds.ts";
import { makeManualLoop } from "../helpers/manual_loop.ts";
import { CANCELLED, outcome, TIMED_OUT } from "../helpers/outcome.ts";
import { hostTurn, microtasks, withResolvers } from "../helpers/turns.ts";

// Result
// ------

for (const [kind, coroutine] of kinds) {
  Deno.test(`timeout() has the result of the body (${kind})`, async () => {
    using time = new FakeTime();
    const reply = new Future<number>();
    const future: Future<number> = timeout(
      10,
      coroutine(function* (wait) {
        return (yield* wait(reply)) + 1;
      }),
    );
    assert(future instanceof Future);
    assertStrictEquals(future.getLoop(), getEventLoop());
    await passTime(time, 9);
    assertEquals(outcome(future), "pending");
    reply.setResult(1);
    await hostTurn();
    assertEquals(outcome(future), "result 2");
  });

  Deno.test(`timeout() has the result of a body that swallows the cancellation, however late (${kind})`, async () => {
    using time = new FakeTime();
    let scope!: Timeout;
    const future = timeout(
      10,
      coroutine(function* (wait, timeout: Timeout) {
        scope = timeout;
        try {
          yield* wait(new Future<void>());
        } catch {
          yield* wait(sleep(100));
        }
        return "late";
      }),
    );
    await passTime(time, 10);
    await passTime(time, 99);
    assertEquals(outcome(future), "pending");
    await passTime(time, 1);
    assertEquals(outcome(future), "result late");
    assert(scope.expired());
  });
}

Deno.test("timeout() that expires waits for a body that waits for a foreign promise", async () => {
  using time = new FakeTime();
  const foreign = withResolvers<string>();
  let scope!: Timeout;
  const future = timeout(10, async (timeout) => {
    scope = timeout;
    return await foreign.promise;
  });
  await passTime(time, 1_000);
  assertEquals(outcome(future), "pending");
  assert(scope.expired());
  foreign.resolve("at last");
  await hostTurn();
  assertEquals(outcome(future), "result at last");
});

// Failure
// -------

for (const [kind, coroutine] of kinds) {
  Deno.test(`timeout() cancels the body at the deadline and fails with a TimeoutError (${kind})`, async () => {
    using time = new FakeTime();
    const reply = new Future<void>();
    let caught: unknown;
    const future = timeout(
      10,
      coroutine(function* (wait) {
        try {
          yield* wait(reply);
        } catch (error) {
          caught = error;
          throw error;
        }
      }),
    );
    await passTime(time, 9);
    assertFalse(reply.done());
    await passTime(time, 1);
    assert(reply.cancelled());
    assertEquals(outcome(future), TIMED_OUT);
    assertInstanceOf(future.exception(), TimeoutError);
    assertInstanceOf(caught, CancelledError);
    assertStrictEquals((future.exception() as Error).cause, caught);
  });

  Deno.test(`timeout() that expires waits for the clean-up of the body, and its deadline is fixed (${kind})`, async () => {
    using time = new FakeTime();
    let scope!: Timeout;
    const future = timeout(
      10,
      coroutine(function* (wait, timeout: Timeout) {
        scope = timeout;
        try {
          yield* wait(new Future<void>());
        } finally {
          yield* wait(sleep(5));
        }
      }),
    );
    assertFalse(scope.expired());
    await passTime(time, 10);
    assertEquals(outcome(future), "pending");
    assert(scope.expired(), "expiring counts as expired");
    assertThrows(
      () => scope.reschedule(5),
      Error,
      "Cannot move the deadline as the timeout is expiring: received 5",
    );
    await passTime(time, 5);
    assertEquals(outcome(future), TIMED_OUT);
    assert(scope.expired());
    assertThrows(
      () => scope.reschedule(null),
      Error,
      "Cannot move the deadline as the timeout is expired: received null",
    );
  });

  Deno.test(`timeout() fails with the error that the body throws, before and after the deadline (${kind})`, async () => {
    using time = new FakeTime();
    const early = timeout(
      10,
      coroutine(function* (wait, _scope: Timeout) {
        yield* wait(sleep(5));
        throw new RangeError("mine");
      }),
    );
    const late = timeout(
      10,
      coroutine(function* (wait, _scope: Timeout) {
        try {
          yield* wait(new Future<void>());
        } catch {
          throw new RangeError("instead");
        }
      }),
    );
    await passTime(time, 5);
    assertEquals(outcome(early), "failed RangeError: mine");
    assertEquals(outcome(late), "pending");
    await passTime(time, 5);
    assertEquals(outcome(late), "failed RangeError: instead");
  });
}

Deno.test("timeout() that expires while the body waits for a foreign promise cancels its next wait", async () => {
  needs("contextOfPromises");
  using time = new FakeTime();
  const foreign = withResolvers<void>();
  const log: string[] = [];
  const future = timeout(10, async () => {
    await foreign.promise;
    log.push("foreign");
    await sleep(60_000);
    log.push("not reached");
  });
  await passTime(time, 10);
  foreign.resolve();
  await hostTurn();
  assertEquals(outcome(future), TIMED_OUT);
  assertEquals(log, ["foreign"]);
});

Deno.test("timeout() that expires fails with a TimeoutError if the body throws the AbortError of its signal", async () => {
  using time = new FakeTime();
  const abortError = () => new DOMException("aborted", "AbortError");
  const body = ({ signal }: Timeout) =>
    new Promise<void>((_, reject) => {
      signal.addEventListener("abort", () => reject(abortError()));
    });
  const expiring = timeout(10, body);
  const cancelled = timeout(10, body);
  const failing = timeout(10, () => Promise.reject(abortError()));
  cancelled.cancel("outside");
  await passTime(time, 10);
  assertEquals(outcome(expiring), TIMED_OUT);
  assertEquals(outcome(cancelled), "cancelled CancelledError: outside");
  assertEquals(outcome(failing), "failed AbortError: aborted");
});

Deno.test("timeout() that expires fails with a TimeoutError if the body throws the error of a library", async () => {
  using time = new FakeTime();
  const start = () =>
    foreignAborts.map(([, make]) => timeout(10, ({ signal }) => untilAborted(signal, make)));
  const scopes = start();
  createTask(async () => {
    const ofTask = start();
    scopes.push(...ofTask);
    await Promise.allSettled(ofTask);
  });
  await passTime(time, 10);
  assertEquals(scopes.length, foreignAborts.length * 2);
  assertEquals(scopes.map(outcome), scopes.map(() => TIMED_OUT));
});

// Deadline
// --------

for (const [kind, coroutine] of kinds) {
  Deno.test(`timeoutAt() expires at a time of the loop's clock (${kind})`, async () => {
    using time = new FakeTime();
    const when = getEventLoop().time() + 10;
    const future: Future<void> = timeoutAt(
      when,
      coroutine(function* (wait, scope: Timeout) {
        assertEquals(scope.when(), when);
        yield* wait(new Future<void>());
      }),
    );
    const free = timeoutAt(
      null,
      coroutine(function* (wait, scope: Timeout) {
        assertEquals(scope.when(), null);
        yield* wait(sleep(20));
        return 1;
      }),
    );
    const past = timeoutAt(when - 11, coroutine((wait) => wait(new Future<void>())));
    await hostTurn();
    assertEquals(outcome(past), TIMED_OUT);
    await passTime(time, 9);
    assertEquals(outcome(future), "pending");
    await passTime(time, 1);
    assertEquals(outcome(future), TIMED_OUT);
    await passTime(time, 10);
    assertEquals(outcome(free), "result 1");
  });

  Deno.test(`timeout() of zero or less lets the body run until it first waits (${kind})`, async () => {
    using _ = new FakeTime();
    for (const delay of [0, -0, -1, -Infinity]) {
      let started = false;
      const waits = timeout(
        delay,
        coroutine(function* (wait) {
          started = true;
          yield* wait(new Future<void>());
        }),
      );
      assert(started);
      const ends = timeout(
        delay,
        coroutine(function* () {
          return "without a wait";
        }),
      );
      await hostTurn();
      assertEquals(outcome(waits), TIMED_OUT);
      assertEquals(outcome(ends), "result without a wait");
    }
  });

  Deno.test(`timeout() of zero cancels a body that only waits for the next turn (${kind})`, async () => {
    await assertRejects(
      () =>
        timeout(
          0,
          coroutine(function* (wait) {
            yield* wait(sleep(0));
          }),
        ),
      TimeoutError,
    );
  });

  Deno.test(`timeout() of Infinity or null never expires (${kind})`, async () => {
    using time = new FakeTime();
    const reply = new Future<number>();
    const futures = [Infinity, null].map((delay) =>
      timeout(delay, coroutine((wait) => wait(reply)))
    );
    assertEquals(await leftOver(() => void timeout(Infinity, () => reply)), 0);
    await passTime(time, 2 ** 32);
    assertEquals(futures.map(outcome), ["pending", "pending"]);
    reply.setResult(1);
    await hostTurn();
    assertEquals(futures.map(outcome), ["result 1", "result 1"]);
  });

  Deno.test(`timeout() beyond what the host's timers take does not expire early (${kind})`, async () => {
    using time = new FakeTime();
    const future = timeout(2 ** 31 + 10, coroutine((wait) => wait(new Future<void>())));
    await passTime(time, 2 ** 31);
    assertEquals(outcome(future), "pending");
    await passTime(time, 11);
    await hostTurn();
    assertEquals(outcome(future), TIMED_OUT);
  });
}

Deno.test("timeout() fails with a TimeoutError that says what timed out after how long", async () => {
  using time = new FakeTime();
  const never = new Future<void>();
  async function load() {
    await never;
  }
  const named = timeout(10, load);
  const moved = timeout(10, (scope) => {
    scope.reschedule(scope.when()! + 5);
    return never;
  });
  await passTime(time, 20);
  assertEquals(
    [named, moved].map((future) => (future.exception() as Error).message),
    [
      "Timed out after 10 ms: load, which waits for <Future pending cb=[await, await]>",
      "Timed out after 15 ms: the body of timeout(), which waits for <Future cancelled>",
    ],
  );
});

Deno.test("timeout() fails with a TimeoutError whose stack leads to the async function that waits", async () => {
  needs("asyncStacks", "contextOfPromises");
  using time = new FakeTime();
  async function callsTimeout() {
    await timeout(1, async () => await new Future());
  }
  const caught = assertRejects(() => callsTimeout(), TimeoutError);
  await microtasks();
  await passTime(time, 1);
  assertMatch((await caught).stack!, /callsTimeout/);
});

// Deadline and body in the same turn
// ----------------------------------

for (const [kind, coroutine] of kinds) {
  Deno.test(`timeout() expires though the sleep of its body ends in the turn of the deadline, before it (${kind})`, async () => {
    using time = new FakeTime();
    // The nap is made first, so that its timer fires first.
    const nap = sleep(10, { result: "rested" });
    const future = timeout(10, coroutine((wait) => wait(nap)));
    await passTime(time, 10);
    assertEquals(outcome(future), TIMED_OUT);
    assertEquals(nap.result(), "rested");
  });

  Deno.test(`timeout() expires before a sleep that ends after the deadline in the same turn (${kind})`, async () => {
    using time = new FakeTime();
    const future = timeout(10, coroutine((wait) => wait(sleep(10, { result: "rested" }))));
    await passTime(time, 10);
    assertEquals(outcome(future), TIMED_OUT);
  });

  Deno.test(`timeout() has the result that the body waits for if it arrives in the turn of the deadline (${kind})`, async () => {
    using time = new FakeTime();
    const reply = new Future<string>();
    let scope!: Timeout;
    const future = timeout(
      10,
      coroutine(function* (wait, timeout: Timeout) {
        scope = timeout;
        return yield* wait(reply);
      }),
    );
    await hostTurn();
    // The reply and the deadline arrive in one turn, that of the host's timer.
    setTimeout(() => reply.setResult("just in time"), 10 - 1e-6);
    await passTime(time, 10);
    assertEquals(outcome(future), "result just in time");
    assertEquals(typeof scope.expired(), "boolean");
  });

  Deno.test(`timeout() that expires when a result has arrived interrupts that wait, and not the clean-up (${kind})`, async () => {
    using time = new FakeTime();
    const nap = sleep(10, { result: "rested" });
    const log: string[] = [];
    const future = timeout(
      10,
      coroutine(function* (wait) {
        try {
          log.push(yield* wait(nap));
        } finally {
          yield* wait(sleep(5));
          log.push("cleaned up");
        }
      }),
    );
    await passTime(time, 10);
    await passTime(time, 5);
    assertEquals(log, ["cleaned up"]);
    assertEquals(outcome(future), TIMED_OUT);
  });

  Deno.test(`timeout() that expires when a result has arrived fails with the error of the clean-up (${kind})`, async () => {
    using time = new FakeTime();
    const nap = sleep(10);
    const task = createTask(coroutine(function* (wait) {
      try {
        yield* wait(timeout(
          10,
          coroutine(function* (wait) {
            try {
              yield* wait(nap);
            } catch {
              throw new RangeError("mine");
            }
          }),
        ));
        throw new Error("not reached");
      } catch (error) {
        assertEquals(String(error), "RangeError: mine");
      }
      yield* wait(sleep(1));
      return "goes on";
    }));
    await passTime(time, 10);
    await passTime(time, 1);
    assertEquals(outcome(task), "result goes on");
  });
}

Deno.test("timeout() has the result of an async body whose promise resolves just before the deadline", async () => {
  using time = new FakeTime();
  const reply = withResolvers<number>();
  // The promise resolves before the deadline, and the body goes on after the deadline.
  getEventLoop().callLater(10, () => reply.resolve(1));
  const future = timeout(10, () => reply.promise);
  await passTime(time, 10);
  assertEquals(outcome(future), "result 1");
});

Deno.test("timeout() does not expire when the deadline comes between the end of the body and its callback", async () => {
  const copy = await importCopy();
  const loop = makeManualLoop();
  loop.setTaskFactory((loop, coro, options) =>
    new copy.Task(coro as never, { ...options, loop } as never) as never
  );
  let scope!: Timeout;
  let finish!: () => void;
  const main = new Task(function* () {
    return yield* timeout(10, function* (timeout) {
      scope = timeout;
      const reply = loop.createFuture<string>();
      finish = () => reply.setResult("done");
      return yield* reply;
    });
  }, { loop });
  loop.drain();
  finish();
  // The body ends, and the deadline comes before the done callback of its task.
  loop.advance(0);
  loop.ready.shift()!();
  loop.advance(10);
  loop.drain();
  assertEquals(outcome(main), "result done");
  assertFalse(scope.expired());
  await hostTurn();
});

Deno.test("Timeout.expired() stays false when the deadline comes after the end of the body", async () => {
  using time = new FakeTime();
  let scope!: Timeout;
  const future = timeout(10, async (timeout) => {
    scope = timeout;
    await Promise.resolve();
  });
  await hostTurn();
  assertEquals(outcome(future), "result undefined");
  await passTime(time, 10);
  assertFalse(scope.expired(), "the deadline came after the end");
});

// Signal
// ------

for (const [kind, coroutine] of kinds) {
  Deno.test(`Timeout.signal aborts when the body is cancelled, by the deadline or from outside (${kind})`, async () => {
    using time = new FakeTime();
    const scopes: Timeout[] = [];
    const log: string[] = [];
    const body = coroutine(function* (wait, scope: Timeout) {
      scopes.push(scope);
      const { signal } = scope;
      assertStrictEquals(signal, scope.signal);
      assertFalse(signal.aborted);
      signal.addEventListener("abort", () => log.push(`${signal.reason} ${scope.expired()}`));
      yield* wait(new Future<void>());
    });
    const expiring = timeout(10, body);
    const cancelled = timeout(10, body);
    cancelled.cancel("outside");
    assertEquals(log, ["CancelledError: outside false"]);
    await passTime(time, 10);
    assertEquals(log, [
      "CancelledError: outside false",
      "CancelledError: The operation has been cancelled true",
    ]);
    assertEquals(scopes.map((scope) => scope.signal.aborted), [true, true]);
    assertEquals(outcome(expiring), TIMED_OUT);
    const error = assertThrows(() => cancelled.result());
    assertStrictEquals(scopes[1]!.signal.reason, error);
    const { signal } = await timeout(10, async (scope) => scope);
    assertFalse(signal.aborted);
  });
}

// Leaks
// -----

for (const [kind, coroutine] of kinds) {
  Deno.test(`timeout() and timeoutAt() leave no timer, task or listener behind (${kind})`, async () => {
    const { controller, listeners } = makeCountingSignal();
    const { signal } = controller;
    const tasks = allTasks().size;
    const left = await leftOver(async () => {
      const futures = [
        timeout(60_000, coroutine((wait) => wait(sleep(0))), { signal }),
        timeout(60_000, coroutine((wait) => wait(new Future<void>())), { signal }),
        timeout(0, coroutine((wait) => wait(new Future<void>())), { signal }),
        timeoutAt(getEventLoop().time() + 60_000, coroutine((wait) => wait(sleep(0))), { signal }),
        timeout(
          60_000,
          coroutine(function* (wait, scope: Timeout) {
            scope.reschedule(getEventLoop().time() + 120_000);
            yield* wait(sleep(0));
            throw new RangeError("x");
          }),
          { signal },
        ),
      ];
      assertEquals(listeners.size, 1);
      futures[1]!.cancel();
      for (let i = 0; i < 3; i++) await hostTurn();
      assertEquals(futures.map(outcome), [
        "result undefined",
        CANCELLED,
        TIMED_OUT,
        "result undefined",
        "failed RangeError: x",
      ]);
    });
    assertEquals(left, 0);
    assertEquals(listeners.size, 0);
    assertEquals(allTasks().size, tasks);
  });
}
