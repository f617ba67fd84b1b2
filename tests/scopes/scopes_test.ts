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
  AsyncContext,
  CancelledError,
  type Coroutine,
  createTask,
  currentTask,
  type EventLoop,
  Future,
  gather,
  getEventLoop,
  getRunningLoop,
  InvalidStateError,
  run,
  sleep,
  Task,
  type TaskGroup,
  taskGroup,
  type Timeout,
  timeout,
  timeoutAt,
  TimeoutError,
  waitFor,
} from "../../mod.ts";
import { assertSame } from "../helpers/assert_same.ts";
import { needs } from "../helpers/capabilities.ts";
import { importCopy } from "../helpers/copy.ts";
import { leftOver, makeCountingSignal } from "../helpers/counting.ts";
import { kinds, type Wait } from "../helpers/kinds.ts";
import { drainInTurns, makeManualLoop } from "../helpers/manual_loop.ts";
import { revokedProxy } from "../helpers/objects.ts";
import { collectReports } from "../helpers/reports.ts";
import { hostTurn, microtasks, withResolvers } from "../helpers/turns.ts";

/** Lets fake time pass, and all that is due run. */
async function pass(time: FakeTime, ms: number): Promise<void> {
  await hostTurn();
  time.tick(ms);
  await hostTurn();
}

/** How a future stands, in one line. */
function outcome(future: Future<unknown>): string {
  if (!future.done()) return "pending";
  try {
    return `result ${future.result()}`;
  } catch (error) {
    const errors = error instanceof AggregateError ? ` [${error.errors.join(", ")}]` : "";
    return `${future.cancelled() ? "cancelled" : "failed"} ${error}${errors}`;
  }
}

const TIMED_OUT = "failed TimeoutError: The operation has exceeded the given deadline";
const CANCELLED = "cancelled CancelledError: The operation has been cancelled";
const FAILED = "failed AggregateError: Unhandled errors in a task group";

/** A task that never ends by itself, and notes when it is asked to. */
function* endless(log: string[], name: string): Generator<unknown, never> {
  try {
    yield* new Future<never>();
    throw new Error("not reached");
  } finally {
    log.push(`${name} ended`);
  }
}

/** A task that fails in the next turn. */
function* failing(error: Error): Generator<unknown, never> {
  yield* sleep(0);
  throw error;
}

// ---------------------------------------------------------------- timeout()

for (const [kind, make] of kinds) {
  Deno.test(`timeout() has the result of the body (${kind})`, async () => {
    using time = new FakeTime();
    const reply = new Future<number>();
    const future: Future<number> = timeout(
      10,
      make(function* (wait) {
        return (yield* wait(reply)) + 1;
      }),
    );
    assert(future instanceof Future);
    assertStrictEquals(future.getLoop(), getEventLoop());
    await pass(time, 9);
    assertEquals(outcome(future), "pending");
    reply.setResult(1);
    await hostTurn();
    assertEquals(outcome(future), "result 2");
  });

  Deno.test(`timeout() cancels the body (${kind}) at its deadline and fails with a TimeoutError`, async () => {
    using time = new FakeTime();
    const reply = new Future<void>();
    let caught: unknown;
    const future = timeout(
      10,
      make(function* (wait) {
        try {
          yield* wait(reply);
        } catch (error) {
          caught = error;
          throw error;
        }
      }),
    );
    await pass(time, 9);
    assertFalse(reply.done());
    await pass(time, 1);
    assert(reply.cancelled());
    assertEquals(outcome(future), TIMED_OUT);
    assertInstanceOf(future.exception(), TimeoutError);
    assertInstanceOf(caught, CancelledError);
    assertStrictEquals((future.exception() as Error).cause, caught);
  });

  Deno.test(`timeout() can be waited for with await and yield* (${kind})`, async () => {
    const body = make(function* (wait) {
      yield* wait(sleep(0));
      return "both";
    });
    assertEquals(await timeout(60_000, body), "both");
    const task = createTask(function* () {
      const result: string = yield* timeout(60_000, body);
      try {
        yield* timeout(0, make((wait) => wait(new Future<void>())));
      } catch (error) {
        return `${result}, ${(error as Error).name}`;
      }
    });
    assertEquals(await task, "both, TimeoutError");
  });

  Deno.test(`timeout() waits for a body (${kind}) that cleans up`, async () => {
    using time = new FakeTime();
    let scope!: Timeout;
    const future = timeout(
      10,
      make(function* (wait, timeout: Timeout) {
        scope = timeout;
        try {
          yield* wait(new Future<void>());
        } finally {
          yield* wait(sleep(5));
        }
      }),
    );
    assertFalse(scope.expired());
    await pass(time, 10);
    assertEquals(outcome(future), "pending");
    assert(scope.expired(), "expiring counts as expired");
    assertThrows(
      () => scope.reschedule(5),
      Error,
      "Cannot move the deadline as the timeout is expiring: received 5",
    );
    await pass(time, 5);
    assertEquals(outcome(future), TIMED_OUT);
    assert(scope.expired());
    assertThrows(
      () => scope.reschedule(null),
      Error,
      "Cannot move the deadline as the timeout is expired: received null",
    );
  });

  Deno.test(`timeout() has the result of a body (${kind}) that swallows the cancellation`, async () => {
    using time = new FakeTime();
    let scope!: Timeout;
    const future = timeout(
      10,
      make(function* (wait, timeout: Timeout) {
        scope = timeout;
        try {
          yield* wait(new Future<void>());
        } catch {
          yield* wait(sleep(100));
        }
        return "late";
      }),
    );
    await pass(time, 10);
    await pass(time, 99);
    assertEquals(outcome(future), "pending");
    await pass(time, 1);
    assertEquals(outcome(future), "result late");
    assert(scope.expired());
  });

  Deno.test(`timeout() fails with what the body (${kind}) throws, before and after the deadline`, async () => {
    using time = new FakeTime();
    const early = timeout(
      10,
      make(function* (wait, _scope: Timeout) {
        yield* wait(sleep(5));
        throw new RangeError("mine");
      }),
    );
    const late = timeout(
      10,
      make(function* (wait, _scope: Timeout) {
        try {
          yield* wait(new Future<void>());
        } catch {
          throw new RangeError("instead");
        }
      }),
    );
    await pass(time, 5);
    assertEquals(outcome(early), "failed RangeError: mine");
    assertEquals(outcome(late), "pending");
    await pass(time, 5);
    assertEquals(outcome(late), "failed RangeError: instead");
  });

  Deno.test(`timeout() passes a cancellation from outside through (${kind})`, async () => {
    using time = new FakeTime();
    let scope!: Timeout;
    let caught: unknown;
    const future = timeout(
      10,
      make(function* (wait, timeout: Timeout) {
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
    await pass(time, 1);
    assertEquals(outcome(future), "cancelled CancelledError: the very one");
    assertStrictEquals(assertThrows(() => future.result()), reason);
    assertStrictEquals(caught, reason);
    assertFalse(scope.expired());
    assertFalse(future.cancel());
    await pass(time, 100);
    assertFalse(scope.expired());
    assertThrows(
      () => scope.reschedule(Infinity),
      Error,
      "Cannot move the deadline as the timeout is finished: received Infinity",
    );
  });

  Deno.test(`timeout() passes the cancellation of the task on that waits for it (${kind})`, async () => {
    using _ = new FakeTime();
    const log: string[] = [];
    const task = createTask(make(function* (wait) {
      try {
        yield* wait(timeout(10, () => endless(log, "body")));
      } finally {
        log.push("task ended");
      }
    }));
    await hostTurn();
    task.cancel("all of it");
    assertEquals(outcome(task), "pending");
    await hostTurn();
    assertEquals(outcome(task), "cancelled CancelledError: all of it");
    assertEquals(log, ["body ended", "task ended"]);
    assertEquals(task.cancelling(), 1);
  });

  Deno.test(`timeout() leaves the task that waits for it as it was when it expires (${kind})`, async () => {
    using time = new FakeTime();
    const task = createTask(make(function* (wait) {
      const inner = timeout(10, make((wait) => wait(new Future<void>())));
      try {
        yield* wait(inner);
      } catch (error) {
        assertInstanceOf(error, TimeoutError);
      }
      assertFalse(currentTask()!.signal.aborted);
      yield* wait(sleep(1));
      return currentTask()!.cancelling();
    }));
    await hostTurn();
    await pass(time, 10);
    await pass(time, 1);
    assertEquals(outcome(task), "result 0");
  });

  for (const order of ["before", "after"]) {
    Deno.test(`timeout() cancelled ${order} it expires in one turn ends as cancelled (${kind})`, async () => {
      using time = new FakeTime();
      let scope!: Timeout;
      const cancelAt = (ms: number) => getEventLoop().callLater(ms, () => future.cancel("outside"));
      if (order === "before") cancelAt(10);
      const future: Future<void> = timeout(
        10,
        make(function* (wait, timeout: Timeout) {
          scope = timeout;
          yield* wait(new Future<void>());
        }),
      );
      if (order === "after") cancelAt(10);
      await pass(time, 10);
      assert(future.cancelled());
      assert(scope.expired());
      // One CancelledError is thrown for both requests, the first one's.
      assertEquals(
        outcome(future),
        order === "before" ? "cancelled CancelledError: outside" : CANCELLED,
      );
    });
  }

  Deno.test(`timeout() cancelled while the expired body (${kind}) cleans up ends as cancelled`, async () => {
    using time = new FakeTime();
    const log: string[] = [];
    const future = timeout(
      10,
      make(function* (wait) {
        try {
          yield* wait(new Future<void>());
        } finally {
          log.push("cleaning");
          yield* wait(sleep(60_000));
          log.push("not reached");
        }
      }),
    );
    await pass(time, 10);
    assertEquals(outcome(future), "pending");
    assert(future.cancel("enough"));
    await hostTurn();
    assertEquals(outcome(future), "cancelled CancelledError: enough");
    assertEquals(log, ["cleaning"]);
  });

  Deno.test(`timeout() of a body (${kind}) that finishes in the turn of the deadline keeps its result`, async () => {
    using time = new FakeTime();
    const reply = new Future<string>();
    let scope!: Timeout;
    const future = timeout(
      10,
      make(function* (wait, timeout: Timeout) {
        scope = timeout;
        return yield* wait(reply);
      }),
    );
    await hostTurn();
    // The host's timer comes, and with it, in one turn, reply and deadline.
    setTimeout(() => reply.setResult("just in time"), 10 - 1e-6);
    await pass(time, 10);
    assertEquals(outcome(future), "result just in time");
    assertEquals(typeof scope.expired(), "boolean");
  });

  Deno.test(`timeout() whose body's (${kind}) timer comes before the deadline's in one turn`, async () => {
    using time = new FakeTime();
    // Made first, so that it fires first.
    const nap = sleep(10, { result: "rested" });
    const future = timeout(10, make((wait) => wait(nap)));
    await pass(time, 10);
    assertEquals(outcome(future), "result rested");
  });

  Deno.test(`timeout() whose body's (${kind}) timer comes after the deadline's in one turn`, async () => {
    using time = new FakeTime();
    const future = timeout(10, make((wait) => wait(sleep(10, { result: "rested" }))));
    await pass(time, 10);
    assertEquals(outcome(future), TIMED_OUT);
  });

  Deno.test(`timeout() cancelled after the body's (${kind}) last wait but before it went on ends as cancelled`, async () => {
    const reply = new Future<number>();
    const future = timeout(null, make((wait) => wait(reply)));
    await hostTurn();
    reply.setResult(1);
    assert(future.cancel("in the same turn"));
    await hostTurn();
    assertEquals(outcome(future), "cancelled CancelledError: in the same turn");
  });

  Deno.test(`timeout() runs the body (${kind}) at once until it first waits`, async () => {
    const log: string[] = [];
    const future = timeout(
      null,
      make(function* (wait) {
        log.push("started");
        assertStrictEquals(getRunningLoop(), getEventLoop());
        assertInstanceOf(currentTask(), Task);
        yield* wait(sleep(0));
        log.push("went on");
      }),
    );
    log.push("returned");
    await future;
    assertEquals(log, ["started", "returned", "went on"]);
  });

  Deno.test(`timeout() within timeout(): the inner expires (${kind})`, async () => {
    using time = new FakeTime();
    const log: string[] = [];
    const future = timeout(
      20,
      make(function* (wait, outer: Timeout) {
        try {
          yield* wait(timeout(10, make((wait) => wait(new Future<void>()))));
        } catch (error) {
          log.push((error as Error).name);
        }
        yield* wait(sleep(5));
        return outer.expired();
      }),
    );
    await pass(time, 10);
    assertEquals(log, ["TimeoutError"]);
    await pass(time, 5);
    assertEquals(outcome(future), "result false");
  });

  Deno.test(`timeout() within timeout(): the outer expires (${kind})`, async () => {
    using time = new FakeTime();
    const log: string[] = [];
    const scopes: Timeout[] = [];
    const future = timeout(
      10,
      make(function* (wait, outer: Timeout) {
        scopes.push(outer);
        try {
          yield* wait(timeout(
            20,
            make(function* (wait, inner: Timeout) {
              scopes.push(inner);
              yield* wait(new Future<void>());
            }),
          ));
        } catch (error) {
          log.push((error as Error).name);
          throw error;
        }
      }),
    );
    await pass(time, 10);
    assertEquals(log, ["CancelledError"]);
    assertEquals(outcome(future), TIMED_OUT);
    await pass(time, 10);
    assertEquals(scopes.map((scope) => scope.expired()), [true, false]);
  });

  for (const [outerMs, innerMs, first] of [[10, 10, "outer"], [10, 9.9999, "inner"]] as const) {
    Deno.test(`timeout() within timeout(): both expire in one turn, the ${first} first (${kind})`, async () => {
      using time = new FakeTime();
      const log: string[] = [];
      const scopes: Timeout[] = [];
      const future = timeout(
        outerMs,
        make(function* (wait, outer: Timeout) {
          scopes.push(outer);
          try {
            yield* wait(timeout(
              innerMs,
              make(function* (wait, inner: Timeout) {
                scopes.push(inner);
                yield* wait(new Future<void>());
              }),
            ));
          } catch (error) {
            log.push((error as Error).name);
          }
          yield* wait(sleep(60_000));
        }),
      );
      await pass(time, 10);
      await pass(time, 1);
      // The outer's cancellation must not end as the inner's TimeoutError, or else
      // the body would run on until it waits the next time.
      assertEquals(log, ["CancelledError"]);
      assertEquals(scopes.map((scope) => scope.expired()), [true, true]);
      assertEquals(outcome(future), "pending", "the body swallowed the cancellation");
      future.cancel();
      await hostTurn();
      assertEquals(outcome(future), CANCELLED);
    });
  }

  Deno.test(`timeout() within timeout(): both expire in one turn and the outer has it (${kind})`, async () => {
    using time = new FakeTime();
    const inner: string[] = [];
    const future = timeout(
      10,
      make(function* (wait) {
        const nested = timeout(10, make((wait) => wait(new Future<void>())));
        nested.addDoneCallback(() => inner.push(outcome(nested)));
        yield* wait(nested);
      }),
    );
    await pass(time, 10);
    assertEquals(inner, [CANCELLED]);
    assertEquals(outcome(future), TIMED_OUT);
  });

  Deno.test(`Timeout.reschedule() from inside the body (${kind})`, async () => {
    using time = new FakeTime();
    const start = getEventLoop().time();
    const future = timeout(
      10,
      make(function* (wait, scope: Timeout) {
        assertEquals(scope.when(), start + 10);
        scope.reschedule(start + 20);
        assertEquals(scope.when(), start + 20);
        yield* wait(sleep(15));
        scope.reschedule(start + 30);
        yield* wait(new Future<void>());
      }),
    );
    await pass(time, 15);
    await pass(time, 14);
    assertEquals(outcome(future), "pending");
    await pass(time, 1);
    assertEquals(outcome(future), TIMED_OUT);
  });

  Deno.test(`Timeout.reschedule() from outside the body (${kind})`, async () => {
    using time = new FakeTime();
    const start = getEventLoop().time();
    let scope!: Timeout;
    const future = timeout(
      null,
      make(function* (wait, timeout: Timeout) {
        scope = timeout;
        yield* wait(new Future<void>());
      }),
    );
    assertEquals(scope.when(), null);
    await pass(time, 1_000);
    assertEquals(outcome(future), "pending");
    scope.reschedule(start + 1_010);
    assertEquals(scope.when(), start + 1_010);
    await pass(time, 9);
    assertEquals(outcome(future), "pending");
    assertFalse(scope.expired());
    await pass(time, 1);
    assertEquals(outcome(future), TIMED_OUT);
    assertEquals(scope.when(), start + 1_010);
  });

  for (const past of ["now", "one millisecond ago", "-Infinity"]) {
    Deno.test(`Timeout.reschedule() to ${past} expires in the next turn (${kind})`, async () => {
      using _ = new FakeTime();
      const now = getEventLoop().time();
      const when = past === "now" ? now : past === "-Infinity" ? -Infinity : now - 1;
      let scope!: Timeout;
      const future = timeout(
        60_000,
        make(function* (wait, timeout: Timeout) {
          scope = timeout;
          yield* wait(new Future<void>());
        }),
      );
      await hostTurn();
      scope.reschedule(when);
      assertEquals(scope.when(), when);
      assertFalse(scope.expired(), "not within the call");
      assertEquals(outcome(future), "pending");
      await hostTurn();
      assertEquals(outcome(future), TIMED_OUT);
    });
  }

  Deno.test(`Timeout.reschedule() to the past and back keeps the body (${kind}) running`, async () => {
    using time = new FakeTime();
    const future = timeout(
      60_000,
      make(function* (wait, scope: Timeout) {
        scope.reschedule(0);
        scope.reschedule(null);
        yield* wait(sleep(100));
        scope.reschedule(getEventLoop().time() + 1);
        scope.reschedule(Infinity);
        assertEquals(scope.when(), Infinity);
        yield* wait(sleep(100));
        return "no limit";
      }),
    );
    await pass(time, 100);
    await pass(time, 100);
    assertEquals(outcome(future), "result no limit");
  });

  Deno.test(`Timeout.signal aborts when the body (${kind}) is asked to end`, async () => {
    using time = new FakeTime();
    const scopes: Timeout[] = [];
    const log: string[] = [];
    const body = make(function* (wait, scope: Timeout) {
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
    await pass(time, 10);
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

  Deno.test(`timeout() option signal cancels the body (${kind})`, async () => {
    const { controller, listeners } = makeCountingSignal();
    const { signal } = controller;
    const future = timeout(60_000, make((wait) => wait(new Future<void>())), { signal });
    const finished = timeout(60_000, make((wait) => wait(sleep(0, { result: 1 }))), { signal });
    assertEquals(listeners.size, 1);
    await hostTurn();
    assertEquals(outcome(finished), "result 1");
    controller.abort("gone");
    assertFalse(future.done(), "it is a request");
    await hostTurn();
    assertEquals(outcome(future), "cancelled CancelledError: gone");
    assertEquals(listeners.size, 0);
  });

  Deno.test(`timeout() option signal aborted by the body (${kind}) before its first wait cancels it there`, async () => {
    const controller = new AbortController();
    const future = timeout(
      null,
      make(function* (wait) {
        controller.abort("by itself");
        yield* wait(new Future<void>());
      }),
      { signal: controller.signal },
    );
    await hostTurn();
    assertEquals(outcome(future), "cancelled CancelledError: by itself");
  });

  Deno.test(`timeout() of a body (${kind}) that cancels itself ends as cancelled`, async () => {
    using time = new FakeTime();
    const own = timeout(
      10,
      make(function* (wait) {
        currentTask()!.cancel("myself");
        yield* wait(new Future<void>());
      }),
    );
    const thrown = timeout(
      10,
      make(function* (wait) {
        yield* wait(sleep(1));
        throw new CancelledError("thrown");
      }),
    );
    await pass(time, 1);
    assertEquals(outcome(own), "cancelled CancelledError: myself");
    assertEquals(outcome(thrown), "cancelled CancelledError: thrown");
  });

  Deno.test(`timeout() leaves no timer, task or listener behind (${kind})`, async () => {
    const { controller, listeners } = makeCountingSignal();
    const { signal } = controller;
    const tasks = allTasks().size;
    const left = await leftOver(async () => {
      const futures = [
        timeout(60_000, make((wait) => wait(sleep(0))), { signal }),
        timeout(60_000, make((wait) => wait(new Future<void>())), { signal }),
        timeout(0, make((wait) => wait(new Future<void>())), { signal }),
        timeoutAt(getEventLoop().time() + 60_000, make((wait) => wait(sleep(0))), { signal }),
        timeout(
          60_000,
          make(function* (wait, scope: Timeout) {
            scope.reschedule(getEventLoop().time() + 120_000);
            yield* wait(sleep(0));
            throw new RangeError("x");
          }),
          { signal },
        ),
      ];
      assertEquals(listeners.size, 1);
      futures[1]!.cancel();
      await hostTurn();
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

  Deno.test(`timeoutAt() has a deadline of the loop's clock (${kind})`, async () => {
    using time = new FakeTime();
    const when = getEventLoop().time() + 10;
    const future: Future<void> = timeoutAt(
      when,
      make(function* (wait, scope: Timeout) {
        assertEquals(scope.when(), when);
        yield* wait(new Future<void>());
      }),
    );
    const free = timeoutAt(
      null,
      make(function* (wait, scope: Timeout) {
        assertEquals(scope.when(), null);
        yield* wait(sleep(20));
        return 1;
      }),
    );
    const past = timeoutAt(when - 11, make((wait) => wait(new Future<void>())));
    await hostTurn();
    assertEquals(outcome(past), TIMED_OUT);
    await pass(time, 9);
    assertEquals(outcome(future), "pending");
    await pass(time, 1);
    assertEquals(outcome(future), TIMED_OUT);
    await pass(time, 10);
    assertEquals(outcome(free), "result 1");
  });

  Deno.test(`timeout() of zero or less lets the body (${kind}) run until it first waits`, async () => {
    using _ = new FakeTime();
    for (const delay of [0, -0, -1, -Infinity]) {
      let started = false;
      const waits = timeout(
        delay,
        make(function* (wait) {
          started = true;
          yield* wait(new Future<void>());
        }),
      );
      assert(started);
      const ends = timeout(
        delay,
        make(function* () {
          return "without a wait";
        }),
      );
      await hostTurn();
      assertEquals(outcome(waits), TIMED_OUT);
      assertEquals(outcome(ends), "result without a wait");
    }
  });

  Deno.test(`timeout() of Infinity or null never expires (${kind})`, async () => {
    using time = new FakeTime();
    const reply = new Future<number>();
    const futures = [Infinity, null].map((delay) => timeout(delay, make((wait) => wait(reply))));
    assertEquals(await leftOver(() => void timeout(Infinity, () => reply)), 0);
    await pass(time, 2 ** 32);
    assertEquals(futures.map(outcome), ["pending", "pending"]);
    reply.setResult(1);
    await hostTurn();
    assertEquals(futures.map(outcome), ["result 1", "result 1"]);
  });

  Deno.test(`timeout() beyond what the host's timers take does not expire early (${kind})`, async () => {
    using time = new FakeTime();
    const future = timeout(2 ** 31 + 10, make((wait) => wait(new Future<void>())));
    await pass(time, 2 ** 31);
    assertEquals(outcome(future), "pending");
    await pass(time, 11);
    await hostTurn();
    assertEquals(outcome(future), TIMED_OUT);
  });

  Deno.test(`timeout() runs the body (${kind}) in the caller's context`, async () => {
    const user = new AsyncContext.Variable<string>();
    const future = user.run("ada", () =>
      timeout(
        60_000,
        make(function* (wait) {
          const before = user.get();
          yield* wait(sleep(0));
          return [before, user.get()];
        }),
      ));
    assertEquals(await future, ["ada", "ada"]);
  });

  Deno.test(`timeout() on a manual loop goes by that loop's clock (${kind})`, async () => {
    const loop = makeManualLoop();
    const seen: unknown[] = [];
    const task = loop.createTask(() =>
      timeout(
        10,
        make(function* (wait, scope: Timeout) {
          seen.push(scope.when(), getRunningLoop() === loop, currentTask()?.getLoop() === loop);
          yield* wait(new Future<void>());
        }),
      )
    );
    loop.drain();
    await hostTurn();
    loop.advance(9);
    loop.drain();
    await hostTurn();
    assertEquals(outcome(task), "pending");
    loop.advance(1);
    loop.drain();
    await hostTurn();
    loop.drain();
    assertEquals(outcome(task), TIMED_OUT);
    assertEquals(seen, [10, true, true]);
  });
}

Deno.test("timeout() of a body that is waiting for something foreign waits for it", async () => {
  using time = new FakeTime();
  const foreign = withResolvers<string>();
  let scope!: Timeout;
  const future = timeout(10, async (timeout) => {
    scope = timeout;
    return await foreign.promise;
  });
  await pass(time, 1_000);
  assertEquals(outcome(future), "pending");
  assert(scope.expired());
  foreign.resolve("at last");
  await hostTurn();
  assertEquals(outcome(future), "result at last");
});

Deno.test("timeout() expires at the next wait after something foreign", async () => {
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
  await pass(time, 10);
  foreign.resolve();
  await hostTurn();
  assertEquals(outcome(future), TIMED_OUT);
  assertEquals(log, ["foreign"]);
});

Deno.test("timeout() of a body that throws the AbortError of its signal times out", async () => {
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
  await pass(time, 10);
  assertEquals(outcome(expiring), TIMED_OUT);
  assertEquals(outcome(cancelled), "cancelled CancelledError: outside");
  assertEquals(outcome(failing), "failed AbortError: aborted");
});

Deno.test("timeout() of an async body ends with its result however late the request of the turn comes", async () => {
  using time = new FakeTime();
  const reply = withResolvers<number>();
  // The promise is resolved before the deadline, the body goes on after it.
  getEventLoop().callLater(10, () => reply.resolve(1));
  const future = timeout(10, () => reply.promise);
  await pass(time, 10);
  assertEquals(outcome(future), "result 1");
});

Deno.test("timeout() of a body that is no coroutine has its value or error at once", () => {
  const future: Future<number> = timeout(10, () => 1);
  assertEquals(outcome(future), "result 1");
  assertEquals(outcome(timeout(0, () => 2)), "result 2");
  const error = new RangeError("at once");
  const failed = timeout(10, () => {
    throw error;
  });
  assertStrictEquals(failed.exception(), error);
  const cancelled = timeout(10, () => {
    throw new CancelledError("at once");
  });
  assertEquals(outcome(cancelled), "cancelled CancelledError: at once");
  let scope!: Timeout;
  timeout(0, (timeout) => void (scope = timeout));
  assertFalse(scope.expired());
  assertThrows(() => scope.reschedule(1), Error, "as the timeout is finished: received 1");
});

Deno.test("timeout() has the result of a future, promise or thenable that the body returns", async () => {
  using time = new FakeTime();
  const future = new Future<number>();
  const cancelled = new Future<number>();
  const scopes = [
    timeout(10, () => future),
    timeout(10, () => Promise.resolve(2)),
    timeout(10, () => ({ then: (resolve: (value: number) => void) => resolve(3) }) as never),
    timeout(10, () => cancelled),
  ];
  future.setResult(1);
  await pass(time, 10);
  assertEquals(scopes.map(outcome), ["result 1", "result 2", "result 3", TIMED_OUT]);
  assert(cancelled.cancelled());
});

Deno.test("timeout() with an aborted signal does not run the body", async () => {
  const { controller, listeners } = makeCountingSignal();
  const reason = new Error("before");
  controller.abort(reason);
  let ran = false;
  const body = () => void (ran = true);
  const tasks = allTasks().size;
  assertEquals(
    await leftOver(() => {
      for (const scope of [timeout<unknown>, timeoutAt<unknown>]) {
        const future = scope(60_000, body, { signal: controller.signal });
        const error = assertThrows(() => future.result(), CancelledError);
        assertStrictEquals(error.cause, reason);
        assert(future.cancelled());
        assert(future.signal.aborted);
      }
    }),
    0,
  );
  assertFalse(ran);
  assertEquals(listeners.size, 0);
  assertEquals(allTasks().size, tasks);
});

Deno.test("timeout() and timeoutAt() reject bad input with nothing changed", async () => {
  let ran = false;
  const body = () => void (ran = true);
  const tasks = allTasks().size;
  const left = await leftOver(() => {
    for (const bad of [NaN, "1", undefined, 1n, {}, new Date(0)]) {
      assertThrows(
        () => timeout(bad as number, body),
        TypeError,
        "Cannot run with a time limit as the delay is no number of milliseconds: received ",
      );
      assertThrows(
        () => timeoutAt(bad as number, body),
        TypeError,
        "Cannot run with a deadline as the time is no number of milliseconds: received ",
      );
    }
    for (const bad of [undefined, null, 5, "x", {}]) {
      assertThrows(
        () => timeout(60_000, bad as never),
        TypeError,
        "Cannot run with a time limit as the body is no function: received ",
      );
      assertThrows(
        () => timeoutAt(60_000, bad as never),
        TypeError,
        "Cannot run with a deadline as the body is no function: received ",
      );
    }
    for (const scope of [timeout<unknown>, timeoutAt<unknown>]) {
      assertThrows(() => scope(60_000, body, 5 as never), TypeError, "no object: received 5");
      assertThrows(
        () => scope(60_000, body, AbortSignal.abort() as never),
        TypeError,
        "write `{ signal }`",
      );
      assertThrows(
        () => scope(60_000, body, { signal: 5 as never }),
        TypeError,
        "Cannot use the signal as it is no AbortSignal: received 5",
      );
    }
  });
  assertEquals(left, 0);
  assertFalse(ran);
  assertEquals(allTasks().size, tasks);
});

Deno.test("Timeout.reschedule() rejects what is no time with nothing changed", async () => {
  using time = new FakeTime();
  const when = getEventLoop().time() + 10;
  let scope!: Timeout;
  const future = timeoutAt(when, (timeout) => {
    scope = timeout;
    return new Future<void>();
  });
  for (const bad of [NaN, "1", undefined, 1n, {}]) {
    assertThrows(
      () => scope.reschedule(bad as number),
      TypeError,
      "Cannot move the deadline as the time is no number of milliseconds: received ",
    );
  }
  assertEquals(scope.when(), when);
  await pass(time, 10);
  assertEquals(outcome(future), TIMED_OUT);
  assertThrows(() => scope.reschedule(NaN), TypeError, "received NaN");
});

Deno.test("timeout() that expired before the body ended counts, though the body never saw it", async () => {
  using time = new FakeTime();
  let scope!: Timeout;
  const future = timeout(10, async (timeout) => {
    scope = timeout;
    await Promise.resolve();
  });
  await hostTurn();
  assertEquals(outcome(future), "result undefined");
  await pass(time, 10);
  assertFalse(scope.expired(), "the deadline came after the end");
});

Deno.test("timeout() on a closed loop throws and leaves nothing behind", async () => {
  const loop = makeManualLoop();
  let ran = 0;
  const task = loop.createTask(() => {
    loop.close();
    for (const delay of [null, 10, 0]) {
      assertThrows(() => timeout(delay, () => ran++), Error, "Event loop is closed");
    }
    assertThrows(() => taskGroup(() => ran++), Error, "Event loop is closed");
  });
  loop.drain();
  assertEquals(outcome(task), "result undefined");
  assertEquals(ran, 0);
  await hostTurn();
});

Deno.test("timeout() whose task cannot be made throws and leaves no timer behind", async () => {
  using reports = collectReports();
  using time = new FakeTime();
  const { controller, listeners } = makeCountingSignal();
  const loop = getEventLoop();
  loop.setTaskFactory(() => {
    throw new RangeError("no more tasks");
  });
  try {
    const options = { signal: controller.signal };
    assertThrows(() => timeout(10, () => 1, options), RangeError, "no more tasks");
    assertThrows(() => timeout(0, () => 1, options), RangeError, "no more tasks");
    assertThrows(() => taskGroup(() => 1, options), RangeError, "no more tasks");
  } finally {
    loop.setTaskFactory(null);
  }
  await pass(time, 10);
  assertEquals(reports.length, 0);
  assertEquals(listeners.size, 0);
});

Deno.test("timeout() and taskGroup() on a manual loop leave the host's queue alone", () => {
  const loop = makeManualLoop();
  const log: string[] = [];
  const task = loop.createTask(function* () {
    const seen: unknown[] = [];
    seen.push(
      yield* timeout(10, function* () {
        return yield* sleep(5, { result: "in time" });
      }),
    );
    try {
      yield* timeout(10, () => endless(log, "body"));
    } catch (error) {
      seen.push((error as Error).name);
    }
    seen.push(
      yield* taskGroup(function* (group) {
        const task = group.createTask(function* () {
          return yield* sleep(5, { result: "from a task" });
        });
        return yield* task;
      }),
    );
    try {
      yield* taskGroup(function* (group) {
        group.createTask(() => endless(log, "sibling"));
        group.createTask(() => failing(new RangeError("a")));
        yield* new Future<void>();
      });
    } catch (error) {
      seen.push(...(error as AggregateError).errors.map(String));
    }
    return seen.join(", ");
  });
  // Not one turn of the host, nor one of its microtasks, from here to the end.
  loop.drain();
  for (let i = 0; i < 4; i++) {
    loop.advance(5);
    loop.drain();
  }
  assertEquals(outcome(task), "result in time, TimeoutError, from a task, RangeError: a");
  assertEquals(log, ["body ended", "sibling ended"]);
  assertEquals(loop.ready.length, 0);
  assertEquals(allTasks(loop).size, 0);
});

Deno.test("timeout() makes its body with the task factory of the loop", async () => {
  const loop = makeManualLoop();
  const made: Task<unknown>[] = [];
  loop.setTaskFactory((loop, coro, options) => {
    const task = new Task(coro, { ...options, loop });
    made.push(task as Task<unknown>);
    return task;
  });
  const main = loop.createTask(function* () {
    const limited = yield* timeout(null, () => [currentTask()]);
    const grouped = yield* taskGroup((group) => [group.createTask(() => {}), currentTask()]);
    return [...limited, ...grouped];
  });
  loop.drain();
  // A body that starts at once is made last.
  assertSame(made, [main, ...main.result()]);
  await hostTurn();
});

Deno.test("timeout() and taskGroup() work with tasks of another copy of the module", async () => {
  const copy = await importCopy();
  const loop = makeManualLoop();
  loop.setTaskFactory((loop, coro, options) =>
    new copy.Task(coro as never, { ...options, loop } as never) as never
  );
  const main = new Task(function* () {
    const log: string[] = [];
    let scope!: Timeout;
    const kept = timeout(10, function* (timeout) {
      scope = timeout;
      yield* loop.createFuture<void>();
    });
    log.push(String(scope.when()));
    kept.cancel();
    try {
      yield* kept;
    } catch (error) {
      log.push((error as Error).name);
    }
    log.push(
      String(
        yield* taskGroup((group) => {
          group.createTask(function* () {
            yield;
          });
          return 1;
        }),
      ),
    );
    try {
      yield* taskGroup(function* (group) {
        group.createTask(function* () {
          yield;
          throw new RangeError("a");
        });
        while (true) yield;
      });
    } catch (error) {
      log.push(`${error} ${(error as AggregateError).errors}`);
    }
    return log;
  }, { loop });
  for (let i = 0; i < 20 && !main.done(); i++) {
    loop.drain();
    await hostTurn();
  }
  assertEquals(main.result(), [
    "10",
    "CancelledError",
    "1",
    "AggregateError: Unhandled errors in a task group RangeError: a",
  ]);
});

Deno.test("timeout() that expires when its task is done already does nothing", async () => {
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
  // The body ends, and the deadline comes before the done callback.
  loop.advance(0);
  loop.ready.shift()!();
  loop.advance(10);
  loop.drain();
  assertEquals(outcome(main), "result done");
  assertFalse(scope.expired());
  await hostTurn();
});

Deno.test("timeout() nested very deep is cancelled to the bottom", async () => {
  let depth = 0;
  let ended = 0;
  function* nest(): Generator<unknown, void> {
    yield;
    try {
      if (++depth < 2_000) yield* timeout(60_000, nest);
      else yield* new Future<void>();
    } finally {
      ended++;
    }
  }
  const left = await leftOver(async () => {
    const future = timeout(60_000, nest);
    while (depth < 2_000) await hostTurn();
    future.cancel("from the top");
    while (!future.done()) await hostTurn();
    assertEquals(outcome(future), "cancelled CancelledError: from the top");
  });
  assertEquals(ended, 2_000);
  assertEquals(left, 0);
});

Deno.test("timeout() whose failure nobody looks at is reported once", async () => {
  const reports = await run(async () => {
    const reports: unknown[] = [];
    getRunningLoop().setExceptionHandler((_loop, { exception }) => reports.push(exception));
    timeout(10, () => {
      throw new RangeError("unseen");
    });
    taskGroup((group) => void group.createTask(() => failing(new RangeError("in a task"))));
    await sleep(1);
    return reports;
  });
  assertEquals(reports.map(String), [
    "RangeError: unseen",
    "AggregateError: Unhandled errors in a task group",
  ]);
});

// -------------------------------------------------------------- taskGroup()

for (const [kind, make] of kinds) {
  const coroutine = make as <T>(
    body: (wait: Wait, signal: AbortSignal) => Generator<unknown, T>,
  ) => Coroutine<T>;

  Deno.test(`taskGroup() waits for all tasks and has the result of the body (${kind})`, async () => {
    using time = new FakeTime();
    const tasks: Task<number>[] = [];
    const future: Future<string> = taskGroup(make(function* (wait, group: TaskGroup) {
      for (const ms of [30, 10, 20]) {
        tasks.push(group.createTask(coroutine((wait) => wait(sleep(ms, { result: ms })))));
      }
      yield* wait(sleep(5));
      return "body";
    }));
    assert(future instanceof Future);
    assertStrictEquals(future.getLoop(), getEventLoop());
    await hostTurn();
    for (const ms of [5, 5, 10, 9]) await pass(time, ms);
    assertEquals(tasks.map((task) => task.done()), [false, true, true]);
    assertEquals(outcome(future), "pending");
    await pass(time, 1);
    assertEquals(outcome(future), "result body");
    assertEquals(tasks.map((task) => task.result()), [30, 10, 20]);
  });

  Deno.test(`taskGroup() can be waited for with await and yield* (${kind})`, async () => {
    const body = make(function* (wait, group: TaskGroup) {
      return yield* wait(group.createTask(() => 1));
    });
    assertEquals(await taskGroup(body), 1);
    const task = createTask(function* () {
      const result: number = yield* taskGroup(body);
      return result;
    });
    assertEquals(await task, 1);
  });

  Deno.test(`taskGroup() runs the body (${kind}) at once until it first waits`, async () => {
    const log: string[] = [];
    const future = taskGroup(make(function* (wait, group: TaskGroup) {
      log.push("started");
      group.createTask(() => log.push("task"));
      yield* wait(sleep(0));
      log.push("went on");
    }));
    log.push("returned");
    await future;
    assertEquals(log, ["started", "returned", "task", "went on"]);
  });

  Deno.test(`TaskGroup.createTask() from tasks, the last one after the body (${kind}) ended`, async () => {
    using time = new FakeTime();
    const log: string[] = [];
    let scope!: TaskGroup;
    const future = taskGroup(make(function* (_wait, group: TaskGroup) {
      scope = group;
      group.createTask(coroutine(function* (wait) {
        yield* wait(sleep(10));
        log.push("first");
        group.createTask(coroutine(function* (wait) {
          yield* wait(sleep(10));
          log.push("second");
          group.createTask(() => void log.push("third"));
        }));
      }));
      return "body";
    }));
    await pass(time, 10);
    assertEquals(outcome(future), "pending");
    await pass(time, 10);
    assertEquals(outcome(future), "result body");
    assertEquals(log, ["first", "second", "third"]);
    assertThrows(
      () => scope.createTask(() => void log.push("not started")),
      Error,
      "Cannot create a task as the task group is finished",
    );
    await hostTurn();
    assertEquals(log.length, 3);
  });

  Deno.test(`taskGroup() cancels the siblings and the body (${kind}) when a task fails`, async () => {
    const log: string[] = [];
    const error = new RangeError("a");
    const tasks: Task<unknown>[] = [];
    const future = taskGroup(make(function* (wait, group: TaskGroup) {
      tasks.push(
        group.createTask(() => endless(log, "one")),
        group.createTask(() => failing(error)),
        group.createTask(() => endless(log, "two")),
      );
      try {
        yield* wait(new Future<void>());
        log.push("not reached");
      } finally {
        log.push("body ended");
      }
    }));
    const thrown = await assertRejects(() => future, AggregateError);
    assertEquals(thrown.message, "Unhandled errors in a task group");
    assertEquals(thrown.errors.length, 1);
    assertStrictEquals(thrown.errors[0], error);
    assertEquals(log.toSorted(), ["body ended", "one ended", "two ended"]);
    assertEquals(tasks.map((task) => task.cancelled()), [true, false, true]);
  });

  Deno.test(`taskGroup() gathers all errors in the order of failure, cancellations left out (${kind})`, async () => {
    using time = new FakeTime();
    const fail = (ms: number, name: string) =>
      coroutine(function* (wait) {
        try {
          yield* wait(new Future<void>());
        } catch {
          yield* wait(sleep(ms));
          throw new RangeError(name);
        }
      });
    const future = taskGroup(make(function* (wait, group: TaskGroup) {
      group.createTask(fail(30, "a"));
      group.createTask(fail(10, "b"));
      group.createTask(() => endless([], "cancelled"));
      group.createTask(() => failing(new RangeError("c")));
      try {
        yield* wait(new Future<void>());
      } catch {
        yield* wait(sleep(20));
        throw new TypeError("body");
      }
    }));
    await hostTurn();
    for (let i = 0; i < 3; i++) await pass(time, 10);
    assertEquals(
      outcome(future),
      `${FAILED} [RangeError: c, RangeError: b, TypeError: body, RangeError: a]`,
    );
  });

  Deno.test(`taskGroup() whose body (${kind}) throws cancels the tasks, its error among the others`, async () => {
    const log: string[] = [];
    const future = taskGroup(make(function* (wait, group: TaskGroup) {
      group.createTask(() => endless(log, "task"));
      yield* wait(sleep(0));
      throw new TypeError("body");
    }));
    await hostTurn();
    assertEquals(outcome(future), `${FAILED} [TypeError: body]`);
    assertEquals(log, ["task ended"]);
  });

  Deno.test(`taskGroup() with a body (${kind}) that swallows the group's cancellation fails with the errors`, async () => {
    const future = taskGroup(make(function* (wait, group: TaskGroup) {
      group.createTask(() => failing(new RangeError("a")));
      try {
        yield* wait(new Future<void>());
      } catch (error) {
        assertInstanceOf(error, CancelledError);
      }
      yield* wait(sleep(1));
      return "still here";
    }));
    await assertRejects(() => future, AggregateError);
    assertEquals(outcome(future), `${FAILED} [RangeError: a]`);
  });

  Deno.test(`taskGroup() is not touched by a task that is cancelled on its own (${kind})`, async () => {
    const future = taskGroup(make(function* (wait, group: TaskGroup) {
      const task = group.createTask(() => endless([], "task"));
      const thrower = group.createTask(() => {
        throw new CancelledError("thrown");
      });
      yield* wait(sleep(0));
      task.cancel();
      yield* wait(sleep(1));
      assertEquals([task.cancelled(), thrower.cancelled()], [true, true]);
      assertFalse(group.signal.aborted);
      return yield* wait(group.createTask(() => "goes on"));
    }));
    assertEquals(await future, "goes on");
  });

  Deno.test(`taskGroup() whose body (${kind}) awaits a task that is cancelled ends as cancelled`, async () => {
    const log: string[] = [];
    const future = taskGroup(make(function* (wait, group: TaskGroup) {
      group.createTask(() => endless(log, "sibling"));
      const task = group.createTask(() => endless(log, "task"));
      getEventLoop().callLater(1, () => task.cancel("only this one"));
      yield* wait(task);
    }));
    await assertRejects(() => future, CancelledError, "only this one");
    assertEquals(log, ["task ended", "sibling ended"]);
  });

  Deno.test(`taskGroup() leaves the task that waits for it as it was when it fails (${kind})`, async () => {
    const task = createTask(coroutine(function* (wait) {
      try {
        yield* wait(taskGroup(make(function* (wait, group: TaskGroup) {
          group.createTask(() => failing(new RangeError("a")));
          yield* wait(new Future<void>());
        })));
      } catch (error) {
        assertInstanceOf(error, AggregateError);
      }
      yield* wait(sleep(1));
      return currentTask()!.cancelling();
    }));
    assertEquals(await task, 0);
  });

  Deno.test(`taskGroup() in a group: the inner one's failure comes out as one error (${kind})`, async () => {
    const log: string[] = [];
    const future = taskGroup(make(function* (wait, outer: TaskGroup) {
      outer.createTask(() => endless(log, "outer"));
      yield* wait(taskGroup(make(function* (wait, inner: TaskGroup) {
        inner.createTask(() => endless(log, "inner"));
        inner.createTask(() => failing(new RangeError("a")));
        yield* wait(new Future<void>());
      })));
    }));
    const { errors } = await assertRejects(() => future, AggregateError);
    assertEquals(errors.length, 1);
    assertInstanceOf(errors[0], AggregateError);
    assertEquals(errors[0].errors.map(String), ["RangeError: a"]);
    assertEquals(log, ["inner ended", "outer ended"]);
  });

  Deno.test(`taskGroup() in a group: the outer one's failure cancels the inner one (${kind})`, async () => {
    const log: string[] = [];
    const future = taskGroup(make(function* (wait, outer: TaskGroup) {
      outer.createTask(() => failing(new RangeError("a")));
      const inner = taskGroup(make(function* (wait, inner: TaskGroup) {
        inner.createTask(() => endless(log, "inner"));
        yield* wait(new Future<void>());
      }));
      inner.addDoneCallback(() => log.push(outcome(inner)));
      yield* wait(inner);
    }));
    await assertRejects(() => future, AggregateError);
    assertEquals(outcome(future), `${FAILED} [RangeError: a]`);
    assertEquals(log, ["inner ended", CANCELLED]);
  });

  Deno.test(`TaskGroup.cancel() from the body (${kind}) ends the group without an error`, async () => {
    const log: string[] = [];
    const tasks: Task<unknown>[] = [];
    const future = taskGroup(make(function* (wait, group: TaskGroup) {
      tasks.push(group.createTask(() => endless(log, "task")));
      yield* wait(sleep(0));
      group.cancel();
      group.cancel();
      log.push("goes on");
      yield* wait(new Future<void>());
      log.push("not reached");
    }));
    assertEquals(await future, undefined);
    assertEquals(log, ["goes on", "task ended"]);
    assert(tasks[0]!.cancelled());
    assertEquals(tasks[0]!.cancelling(), 1);
  });

  Deno.test(`TaskGroup.cancel() from the body (${kind}) before its first wait`, async () => {
    let started = false;
    const future = taskGroup(make(function* (wait, group: TaskGroup) {
      group.createTask(() => void (started = true));
      group.cancel();
      yield* wait(new Future<void>());
      return "not reached";
    }));
    assertEquals(await future, undefined);
    assertFalse(started, "a task that is cancelled before its start never starts");
  });

  for (const when of ["before", "after"]) {
    Deno.test(`TaskGroup.cancel() ${when} the first wait of a body (${kind}) that waits no more keeps its result`, async () => {
      const future = taskGroup(make(function* (wait, group: TaskGroup) {
        if (when === "after") yield* wait(sleep(0));
        group.cancel();
        return "the result";
      }));
      assertEquals(await future, "the result");
    });
  }

  Deno.test(`TaskGroup.cancel() from a task and from outside (${kind})`, async () => {
    for (const from of ["task", "outside"]) {
      const log: string[] = [];
      const future = taskGroup(make(function* (wait, group: TaskGroup) {
        group.createTask(() => endless(log, "sibling"));
        if (from === "task") {
          group.createTask(coroutine(function* (wait) {
            yield* wait(sleep(0));
            group.cancel();
            log.push("task goes on");
            yield* wait(new Future<void>());
          }));
        } else {
          getEventLoop().callLater(1, () => group.cancel());
        }
        try {
          yield* wait(new Future<void>());
        } finally {
          log.push("body ended");
        }
      }));
      assertEquals(await future, undefined);
      if (from === "task") assertEquals(log.shift(), "task goes on");
      assertEquals(log.toSorted(), ["body ended", "sibling ended"]);
    }
  });

  Deno.test(`TaskGroup.cancel() after the body (${kind}) ended keeps its result`, async () => {
    const log: string[] = [];
    let scope!: TaskGroup;
    const future = taskGroup(make(function* (_wait, group: TaskGroup) {
      scope = group;
      group.createTask(() => endless(log, "task"));
      return "the result";
    }));
    await hostTurn();
    assertEquals(outcome(future), "pending");
    scope.cancel();
    assertEquals(await future, "the result");
    assertEquals(log, ["task ended"]);
    scope.cancel();
    assertEquals(outcome(future), "result the result");
    assertFalse(
      await taskGroup(make(function* (_wait, group: TaskGroup) {
        return group;
      })).then((group) => {
        group.cancel();
        return group.signal.aborted;
      }),
      "a group that has ended is not asked to end",
    );
  });

  Deno.test(`TaskGroup.cancel() does not hide what fails meanwhile (${kind})`, async () => {
    const future = taskGroup(make(function* (wait, group: TaskGroup) {
      group.createTask(coroutine(function* (wait) {
        try {
          yield* wait(new Future<void>());
        } catch {
          throw new RangeError("clean-up");
        }
      }));
      yield* wait(sleep(0));
      group.cancel();
    }));
    await hostTurn();
    assertEquals(outcome(future), `${FAILED} [RangeError: clean-up]`);
  });

  Deno.test(`TaskGroup.createTask() while the group shuts down throws and starts nothing (${kind})`, async () => {
    let started = false;
    const errors: unknown[] = [];
    const tryToCreate = (group: TaskGroup) => {
      errors.push(assertThrows(() => group.createTask(() => void (started = true))));
      errors.push(
        assertThrows(() => group.createTask(() => void (started = true), { eagerStart: true })),
      );
    };
    const future = taskGroup(make(function* (wait, group: TaskGroup) {
      group.createTask(coroutine(function* (wait) {
        try {
          yield* wait(new Future<void>());
        } finally {
          tryToCreate(group);
        }
      }));
      yield* wait(sleep(0));
      group.cancel();
      tryToCreate(group);
    }));
    assertEquals(await future, undefined);
    assertEquals(errors.length, 4);
    for (const error of errors) {
      assertEquals(
        String(error),
        "Error: Cannot create a task as the task group is shutting down: received [Function <anonymous>]",
      );
    }
    await hostTurn();
    assertFalse(started);
  });

  Deno.test(`taskGroup() cancelled from outside cancels the body (${kind}), then the tasks`, async () => {
    using time = new FakeTime();
    const log: string[] = [];
    let scope!: TaskGroup;
    const future = taskGroup(make(function* (wait, group: TaskGroup) {
      scope = group;
      group.createTask(() => endless(log, "task"));
      try {
        yield* wait(new Future<void>());
      } catch (error) {
        // The group is still open.
        group.createTask(() => void log.push("new task"));
        yield* wait(sleep(5));
        log.push("body ended");
        throw error;
      }
    }));
    await hostTurn();
    const reason = new CancelledError("outside");
    assert(future.cancel(reason));
    assertFalse(future.done());
    assert(scope.signal.aborted);
    await hostTurn();
    assertEquals(log, ["new task"]);
    await pass(time, 5);
    assertEquals(log, ["new task", "body ended", "task ended"]);
    assertStrictEquals(assertThrows(() => future.result()), reason);
    assert(future.cancelled());
    assertFalse(future.cancel());
  });

  Deno.test(`taskGroup() cancelled from outside when the body (${kind}) is done cancels the tasks`, async () => {
    using time = new FakeTime();
    const log: string[] = [];
    const future = taskGroup(make(function* (_wait, group: TaskGroup) {
      group.createTask(coroutine(function* (wait) {
        try {
          yield* wait(new Future<void>());
        } finally {
          yield* wait(sleep(5));
          log.push("task ended");
        }
      }));
    }));
    await hostTurn();
    const reason = new CancelledError("outside");
    assert(future.cancel(reason));
    assertFalse(future.done());
    await hostTurn();
    assert(future.cancel("again"), "it is still not done");
    await hostTurn();
    assertEquals(outcome(future), "pending");
    await pass(time, 5);
    assertStrictEquals(assertThrows(() => future.result()), reason);
    assertEquals(log, ["task ended"]);
  });

  Deno.test(`taskGroup() cancelled from outside goes on if the body (${kind}) swallows it`, async () => {
    const log: string[] = [];
    const future = taskGroup(make(function* (wait, group: TaskGroup) {
      const task = group.createTask(coroutine(function* (wait) {
        yield* wait(sleep(2));
        log.push("task");
      }));
      try {
        yield* wait(new Future<void>());
      } catch {
        // stays
      }
      yield* wait(group.createTask(() => void log.push("new task")));
      yield* wait(task);
      return "still here";
    }));
    await hostTurn();
    future.cancel();
    assertEquals(await future, "still here");
    assertEquals(log, ["new task", "task"]);
  });

  Deno.test(`taskGroup() cancelled from outside while it is shut down by cancel() ends as cancelled (${kind})`, async () => {
    using time = new FakeTime();
    for (const bodyWaits of [true, false]) {
      let scope!: TaskGroup;
      const future = taskGroup(make(function* (wait, group: TaskGroup) {
        scope = group;
        group.createTask(coroutine(function* (wait) {
          try {
            yield* wait(new Future<void>());
          } finally {
            yield* wait(sleep(5));
          }
        }));
        try {
          if (bodyWaits) yield* wait(new Future<void>());
        } finally {
          if (bodyWaits) yield* wait(sleep(5));
        }
      }));
      await hostTurn();
      scope.cancel();
      await hostTurn();
      assert(future.cancel("outside"));
      await pass(time, 5);
      assertEquals(outcome(future), "cancelled CancelledError: outside");
    }
  });

  Deno.test(`taskGroup() option signal cancels the group (${kind})`, async () => {
    const { controller, listeners } = makeCountingSignal();
    const log: string[] = [];
    const future = taskGroup(
      make(function* (wait, group: TaskGroup) {
        group.createTask(() => endless(log, "task"));
        yield* wait(new Future<void>());
      }),
      { signal: controller.signal },
    );
    assertEquals(listeners.size, 1);
    await hostTurn();
    controller.abort("gone");
    assertFalse(future.done());
    await hostTurn();
    assertEquals(outcome(future), "cancelled CancelledError: gone");
    assertEquals(log, ["task ended"]);
    assertEquals(listeners.size, 0);
  });

  for (
    const [name, wrap] of [
      ["taskGroup()", (group: Future<void>) => group],
      [
        "taskGroup() in timeout()",
        (_: Future<void>, start: () => Future<void>) =>
          timeout(60_000, make((wait) => wait(start()))),
      ],
      ["taskGroup() in timeout(), in helper functions", (
        _: Future<void>,
        start: () => Future<void>,
      ) =>
        timeout(60_000, async () => {
          const helper = async (depth: number): Promise<void> =>
            depth > 0 ? await helper(depth - 1) : await start();
          await helper(10);
        })],
      ["taskGroup() in timeout() in taskGroup()", (
        _: Future<void>,
        start: () => Future<void>,
      ) => taskGroup(make((wait) => wait(timeout(60_000, make((wait) => wait(start()))))))],
    ] as [string, (group: Future<void>, start: () => Future<void>) => Future<void>][]
  ) {
    Deno.test(`${name} cancelled from outside together with failures throws these, then a CancelledError (${kind})`, async () => {
      const log: string[] = [];
      const start = () =>
        taskGroup(make(function* (wait, group: TaskGroup) {
          group.createTask(coroutine(function* (wait) {
            try {
              yield* wait(new Future<void>());
            } catch {
              throw new RangeError("clean-up");
            }
          }));
          yield* wait(new Future<void>());
        }));
      const task = createTask(coroutine(function* (wait) {
        try {
          yield* wait(name === "taskGroup()" ? start() : wrap(undefined as never, start));
        } catch (error) {
          log.push((error as Error).name);
        }
        log.push("goes on");
        yield* wait(sleep(60_000));
        log.push("not reached");
      }));
      await hostTurn();
      task.cancel("outside");
      for (let i = 0; i < 3; i++) await hostTurn();
      const ended = outcome(task);
      const requests = task.cancelling();
      task.cancel();
      await hostTurn();
      assertEquals(log, ["AggregateError", "goes on"]);
      assertEquals(ended.split(":")[0], "cancelled CancelledError");
      assertEquals(requests, 1, "the count is stable");
    });
  }

  Deno.test(`taskGroup() cancelled from outside together with failures cancels a task that waits no more (${kind})`, async () => {
    const log: string[] = [];
    const task = createTask(coroutine(function* (wait) {
      try {
        yield* wait(taskGroup(make(function* (wait, group: TaskGroup) {
          group.createTask(coroutine(function* (wait) {
            try {
              yield* wait(new Future<void>());
            } catch {
              throw new RangeError("clean-up");
            }
          }));
          yield* wait(new Future<void>());
        })));
      } catch (error) {
        log.push((error as Error).name);
      }
      return "too late";
    }));
    await hostTurn();
    task.cancel("outside");
    await hostTurn();
    assertEquals(log, ["AggregateError"]);
    // As any request that comes too late to be thrown.
    assert(task.cancelled(), outcome(task));
  });

  Deno.test(`taskGroup() that fails before a cancellation of the waiting task has both (${kind})`, async () => {
    using time = new FakeTime();
    const log: string[] = [];
    const task = createTask(coroutine(function* (wait) {
      try {
        yield* wait(taskGroup(make(function* (wait, group: TaskGroup) {
          group.createTask(() => failing(new RangeError("a")));
          try {
            yield* wait(new Future<void>());
          } finally {
            yield* wait(sleep(10));
          }
        })));
      } catch (error) {
        log.push(`${(error as Error).name} ${(error as AggregateError).errors}`);
      }
      try {
        yield* wait(sleep(60_000));
      } catch (error) {
        log.push((error as Error).name);
        throw error;
      }
    }));
    await hostTurn();
    task.cancel("while it shuts down");
    for (let i = 0; i < 3; i++) await hostTurn();
    await pass(time, 10);
    assertEquals(log, ["AggregateError RangeError: a", "CancelledError"]);
    assert(task.cancelled());
  });

  Deno.test(`taskGroup() cancelled by its own signal together with failures leaves the waiting task alone (${kind})`, async () => {
    const controller = new AbortController();
    const task = createTask(coroutine(function* (wait) {
      try {
        yield* wait(taskGroup(
          make(function* (wait, group: TaskGroup) {
            group.createTask(coroutine(function* (wait) {
              try {
                yield* wait(new Future<void>());
              } catch {
                throw new RangeError("clean-up");
              }
            }));
            yield* wait(new Future<void>());
          }),
          { signal: controller.signal },
        ));
      } catch (error) {
        assertInstanceOf(error, AggregateError);
      }
      yield* wait(sleep(1));
      return currentTask()!.cancelling();
    }));
    await hostTurn();
    controller.abort();
    assertEquals(await task, 0);
  });

  Deno.test(`TaskGroup.createTask() of eager tasks that fail or cancel the group (${kind})`, async () => {
    const log: string[] = [];
    const failed = taskGroup(make(function* (wait, group: TaskGroup) {
      const task = group.createTask(() => {
        throw new RangeError("at once");
      }, { eagerStart: true });
      assert(task.done());
      group.createTask(() => endless(log, "sibling"), { eagerStart: true });
      yield* wait(new Future<void>());
    }));
    await hostTurn();
    assertEquals(outcome(failed), `${FAILED} [RangeError: at once]`);
    for (const waits of [true, false]) {
      const cancelled = taskGroup(make(function* (wait, group: TaskGroup) {
        if (waits) yield* wait(sleep(0));
        const task = group.createTask(
          coroutine(function* (wait) {
            group.cancel();
            yield* wait(new Future<void>());
          }),
          { eagerStart: true },
        );
        task.addDoneCallback(() => log.push(outcome(task)));
        yield* wait(new Future<void>());
      }));
      await hostTurn();
      assertEquals(outcome(cancelled), "result undefined");
    }
    assertEquals(log, ["sibling ended", CANCELLED, CANCELLED]);
  });

  Deno.test(`TaskGroup.signal aborts when the tasks are asked to end (${kind})`, async () => {
    const scopes: TaskGroup[] = [];
    const log: string[] = [];
    const start = (name: string, rest: (group: TaskGroup) => void) =>
      taskGroup(make(function* (wait, group: TaskGroup) {
        scopes.push(group);
        const { signal } = group;
        assertStrictEquals(group.signal, signal);
        signal.addEventListener("abort", () => log.push(`${name}: ${signal.reason}`));
        rest(group);
        yield* wait(sleep(1));
        if (name === "body") throw new RangeError("x");
        if (name === "cancel") group.cancel();
        if (name !== "done") yield* wait(new Future<void>());
      }));
    const outside = start("outside", () => {});
    const futures = [
      start("task", (group) => group.createTask(() => failing(new RangeError("x")))),
      start("body", () => {}),
      start("cancel", () => {}),
      start("done", () => {}),
      outside,
    ];
    outside.cancel("why");
    assertEquals(log, ["outside: CancelledError: why"]);
    await Promise.allSettled(futures);
    const reason = "CancelledError: The operation has been cancelled";
    assertEquals(log.slice(1).toSorted(), [
      `body: ${reason}`,
      `cancel: ${reason}`,
      `task: ${reason}`,
    ]);
    assertEquals(scopes.map((scope) => scope.signal.aborted), [true, true, true, true, false]);
  });

  Deno.test(`TaskGroup.signal asked for late is aborted with the same reason (${kind})`, async () => {
    const reasons: unknown[] = [];
    const future = taskGroup(make(function* (wait, group: TaskGroup) {
      try {
        yield* wait(new Future<void>());
      } finally {
        assert(group.signal.aborted);
        reasons.push(group.signal.reason);
      }
    }));
    await hostTurn();
    future.cancel("why");
    await assertRejects(() => future, CancelledError, "why");
    assertEquals(reasons.map(String), ["CancelledError: why"]);
    let scope!: TaskGroup;
    await taskGroup(make(function* (_wait, group: TaskGroup) {
      scope = group;
      group.cancel();
    }));
    assertEquals(
      String(scope.signal.reason),
      "CancelledError: The operation has been cancelled",
    );
  });

  Deno.test(`taskGroup() leaves no task, timer or listener behind (${kind})`, async () => {
    const { controller, listeners } = makeCountingSignal();
    const { signal } = controller;
    const tasks = allTasks().size;
    const left = await leftOver(async () => {
      const scopes: TaskGroup[] = [];
      const body = make(function* (wait, group: TaskGroup) {
        scopes.push(group);
        group.createTask(() => sleep(60_000), { signal });
        group.createTask(() => sleep(60_000));
        yield* wait(sleep(60_000));
      });
      const futures = Array.from({ length: 4 }, () => taskGroup(body, { signal }));
      await hostTurn();
      assertEquals(listeners.size, 1);
      assertEquals(allTasks().size, tasks + 4 * 3);
      scopes[0]!.cancel();
      scopes[1]!.createTask(() => failing(new RangeError("x")));
      futures[2]!.cancel();
      for (let i = 0; i < 3; i++) await hostTurn();
      assertEquals(futures.map(outcome), [
        "result undefined",
        `${FAILED} [RangeError: x]`,
        CANCELLED,
        "pending",
      ]);
      controller.abort();
      await hostTurn();
      assertEquals(outcome(futures[3]!).split(":")[0], "cancelled CancelledError");
    });
    assertEquals(left, 0);
    assertEquals(listeners.size, 0);
    assertEquals(allTasks().size, tasks);
  });

  Deno.test(`taskGroup() runs body (${kind}) and tasks in the context of the code that starts them`, async () => {
    const user = new AsyncContext.Variable<string>({ defaultValue: "nobody" });
    const seen: string[] = [];
    const look = coroutine(function* (wait) {
      yield* wait(sleep(0));
      seen.push(user.get()!);
    });
    const grace = user.run("grace", () => new AsyncContext.Snapshot());
    await user.run("ada", () =>
      taskGroup(make(function* (wait, group: TaskGroup) {
        seen.push(user.get()!);
        group.createTask(look);
        user.run("bob", () => group.createTask(look));
        group.createTask(look, { context: grace });
        yield* wait(sleep(0));
        seen.push(user.get()!);
      })));
    assertEquals(seen[0], "ada");
    assertEquals(seen.slice(1).toSorted(), ["ada", "ada", "bob", "grace"]);
  });
}

Deno.test("taskGroup() of a body that is no coroutine has its value or error", async () => {
  const empty: Future<number> = taskGroup(() => 1);
  assertEquals(outcome(empty), "result 1", "there is nothing to wait for");
  const log: string[] = [];
  const withTasks = taskGroup((group) => group.createTask(() => 2).getName());
  const failed = taskGroup((group) => {
    group.createTask(() => void log.push("not started"));
    throw new RangeError("at once");
  });
  const cancelled = taskGroup((group) => {
    group.createTask(() => void log.push("not started"));
    throw new CancelledError("at once");
  });
  const ended = taskGroup((group) => {
    group.cancel();
    return 3;
  });
  assertEquals(outcome(withTasks), "pending");
  await hostTurn();
  assertEquals(outcome(withTasks).slice(0, 12), "result Task-");
  assertEquals(outcome(failed), `${FAILED} [RangeError: at once]`);
  assertEquals(outcome(cancelled), "cancelled CancelledError: at once");
  assertEquals(outcome(ended), "result 3");
  assertEquals(log, []);
});

Deno.test("taskGroup() does not end before a body that ignores its cancellation", async () => {
  const foreign = withResolvers<string>();
  const future = taskGroup(async (group) => {
    group.createTask(() => failing(new RangeError("a")));
    return await foreign.promise;
  });
  const cancelled = taskGroup(async (group) => {
    await sleep(0);
    group.cancel();
    return await foreign.promise;
  });
  for (let i = 0; i < 3; i++) await hostTurn();
  assertEquals([future, cancelled].map(outcome), ["pending", "pending"]);
  foreign.resolve("at last");
  await hostTurn();
  assertEquals([future, cancelled].map(outcome), [`${FAILED} [RangeError: a]`, "result at last"]);
});

Deno.test("taskGroup() does not end before a task that ignores its cancellation", async () => {
  const foreign = withResolvers<void>();
  const future = taskGroup((group) => {
    group.createTask(() => foreign.promise);
    group.createTask(() => failing(new RangeError("a")));
  });
  for (let i = 0; i < 3; i++) await hostTurn();
  assertEquals(outcome(future), "pending");
  foreign.resolve();
  await hostTurn();
  assertEquals(outcome(future), `${FAILED} [RangeError: a]`);
});

Deno.test("taskGroup() with an aborted signal does not run the body", async () => {
  const { controller, listeners } = makeCountingSignal();
  controller.abort("before");
  let ran = false;
  const future = taskGroup(() => void (ran = true), { signal: controller.signal });
  assertEquals(outcome(future), "cancelled CancelledError: before");
  assertFalse(future.cancel());
  await hostTurn();
  assertFalse(ran);
  assertEquals(listeners.size, 0);
});

Deno.test("taskGroup() rejects bad input with nothing changed", () => {
  let ran = false;
  const body = () => void (ran = true);
  const tasks = allTasks().size;
  for (const bad of [undefined, null, 5, "x", {}]) {
    assertThrows(
      () => taskGroup(bad as never),
      TypeError,
      "Cannot run a task group as the body is no function: received ",
    );
  }
  assertThrows(() => taskGroup(body, 5 as never), TypeError, "its options are no object: received");
  assertThrows(
    () => taskGroup(body, { signal: {} as never }),
    TypeError,
    "Cannot use the signal as it is no AbortSignal: received ",
  );
  assertFalse(ran);
  assertEquals(allTasks().size, tasks);
});

Deno.test("TaskGroup.createTask() rejects what is no coroutine and goes on", async () => {
  const result = await taskGroup((group) => {
    for (const bad of [Promise.resolve(), 5, undefined]) {
      assertThrows(
        () => group.createTask(bad as never),
        TypeError,
        "Cannot create a task as the coroutine is neither a generator nor a function",
      );
    }
    assertThrows(() => group.createTask(() => {}, 5 as never), TypeError, "received 5");
    return group.createTask((function* () {
      yield;
      return "fine";
    })());
  }).then((task) => task);
  assertEquals(result, "fine");
});

Deno.test("TaskGroup.createTask() takes a name and a signal", async () => {
  const controller = new AbortController();
  const [named, cancelled] = await taskGroup((group) => {
    const tasks = [
      group.createTask(() => currentTask()!.getName(), { name: "greeter" }),
      group.createTask(() => sleep(60_000), { signal: controller.signal }),
    ];
    getEventLoop().callLater(1, () => controller.abort("no longer needed"));
    return tasks;
  });
  assertEquals(outcome(named!), "result greeter");
  assertEquals(outcome(cancelled!), "cancelled CancelledError: no longer needed");
});

Deno.test("TaskGroup.createTask() makes tasks of the group's loop, wherever it is called", async () => {
  const loop = makeManualLoop();
  let scope!: TaskGroup;
  const main = loop.createTask(function* () {
    return yield* taskGroup(function* (group) {
      scope = group;
      yield* sleep(10);
    });
  });
  loop.drain();
  const task = scope.createTask(() => 1);
  assertStrictEquals<EventLoop>(task.getLoop(), loop);
  loop.advance(10);
  loop.drain();
  assertEquals([main, task].map(outcome), ["result undefined", "result 1"]);
  await hostTurn();
});

Deno.test("taskGroup() and timeout() end when run() shuts down", async () => {
  const log: string[] = [];
  await run(async () => {
    taskGroup(async (group) => {
      group.createTask(() => endless(log, "task"));
      try {
        await timeout(60_000, () => endless(log, "timeout"));
      } finally {
        log.push("group");
      }
    });
    await sleep(1);
  });
  assertEquals(log.toSorted(), ["group", "task ended", "timeout ended"]);
});

for (const [kind, make] of kinds) {
  const coroutine = make as <T>(
    body: (wait: Wait, signal: AbortSignal) => Generator<unknown, T>,
  ) => Coroutine<T>;
  /** A group that fails when it is cancelled. */
  const failWhenCancelled = () =>
    taskGroup(make(function* (wait, group: TaskGroup) {
      group.createTask(coroutine(function* (wait) {
        try {
          yield* wait(new Future<void>());
        } catch {
          throw new RangeError("clean-up");
        }
      }));
      yield* wait(new Future<void>());
    }));

  Deno.test(`timeout() that expires with the result of a wait hands it over and expires at the next wait (${kind})`, async () => {
    using time = new FakeTime();
    const nap = sleep(10, { result: "rested" });
    const log: string[] = [];
    const future = timeout(
      10,
      make(function* (wait) {
        log.push(yield* wait(nap));
        yield* wait(sleep(60_000));
        log.push("not reached");
      }),
    );
    await pass(time, 10);
    assertEquals(log, ["rested"]);
    assertEquals(outcome(future), TIMED_OUT);
  });

  Deno.test(`timeout() that expires with the result of a wait fails with what the body (${kind}) throws then`, async () => {
    using time = new FakeTime();
    const nap = sleep(10);
    const task = createTask(coroutine(function* (wait) {
      try {
        yield* wait(timeout(
          10,
          make(function* (wait) {
            yield* wait(nap);
            throw new RangeError("mine");
          }),
        ));
      } catch (error) {
        assertEquals(String(error), "RangeError: mine");
      }
      yield* wait(sleep(1));
      return "goes on";
    }));
    await pass(time, 10);
    await pass(time, 1);
    assertEquals(outcome(task), "result goes on");
  });

  Deno.test(`timeout() whose body (${kind}) throws with a cancellation on its way throws, then a CancelledError`, async () => {
    const log: string[] = [];
    const task = createTask(coroutine(function* (wait) {
      try {
        yield* wait(timeout(
          null,
          make(function* (wait) {
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

  Deno.test(`taskGroup() whose errors replace a cancellation, which uncancel() takes back (${kind})`, async () => {
    const task = createTask(coroutine(function* (wait) {
      try {
        yield* wait(timeout(null, make((wait) => wait(failWhenCancelled()))));
      } catch (error) {
        assertInstanceOf(error, AggregateError);
        assertEquals(currentTask()!.uncancel(), 0);
      }
      yield* wait(sleep(1));
      return "goes on";
    }));
    await hostTurn();
    task.cancel();
    assertEquals(await task, "goes on");
  });

  Deno.test(`taskGroup() whose errors replace a cancellation leaves what the task waits on alone (${kind})`, async () => {
    using time = new FakeTime();
    const log: string[] = [];
    const task = createTask(coroutine(function* (wait) {
      const slow = createTask(coroutine(function* (wait) {
        try {
          yield* wait(new Future<void>());
        } finally {
          yield* wait(sleep(10));
          log.push("clean-up went to its end");
        }
      }));
      try {
        yield* wait(gather(failWhenCancelled(), slow));
      } catch (error) {
        log.push((error as Error).name);
      }
      yield* wait(sleep(60_000));
    }));
    await hostTurn();
    task.cancel("outside");
    for (let i = 0; i < 3; i++) await pass(time, 10);
    assertEquals(log, ["clean-up went to its end", "AggregateError"]);
    assertEquals(outcome(task), "cancelled CancelledError: outside");
  });

  Deno.test(`taskGroup() that fails in a timeout() which expires lets the body (${kind}) end as it likes`, async () => {
    using time = new FakeTime();
    const waits = timeout(
      10,
      make(function* (wait) {
        try {
          yield* wait(failWhenCancelled());
        } catch (error) {
          assertInstanceOf(error, AggregateError);
        }
        yield* wait(sleep(60_000));
      }),
    );
    const throws = timeout(10, make((wait) => wait(failWhenCancelled())));
    await pass(time, 10);
    await hostTurn();
    assertEquals(outcome(waits), TIMED_OUT);
    assertEquals(outcome(throws), `${FAILED} [RangeError: clean-up]`);
  });
}

Deno.test("TaskGroup.cancel() from a generator body is thrown at a bare yield", async () => {
  const log: string[] = [];
  const future = taskGroup(function* (group) {
    yield* sleep(0);
    group.cancel();
    log.push("goes on");
    yield;
    log.push("not reached");
  });
  assertEquals(await future, undefined);
  assertEquals(log, ["goes on"]);
});

Deno.test("taskGroup() cancelled in one turn by itself and from outside ends as cancelled", async () => {
  for (const first of ["itself", "outside"]) {
    const reply = new Future<void>();
    const log: string[] = [];
    let scope!: TaskGroup;
    const future = taskGroup(function* (group) {
      scope = group;
      yield* reply;
      log.push("not reached");
    });
    await hostTurn();
    // The body's wait is over, and it has not gone on yet.
    reply.setResult();
    const requests = [() => scope.cancel(), () => future.cancel("outside")];
    if (first === "outside") requests.reverse();
    for (const request of requests) request();
    await hostTurn();
    assertEquals(outcome(future).split(":")[0], "cancelled CancelledError");
    assertEquals(log, []);
  }
});

Deno.test("taskGroup() whose errors replace a cancellation leaves code alone that its parent left behind", async () => {
  const goOn = withResolvers<void>();
  const log: string[] = [];
  let group!: Future<void>;
  const task = createTask(async () => {
    group = taskGroup(async (group) => {
      group.createTask(function* () {
        try {
          yield* new Future<void>();
        } catch {
          throw new RangeError("clean-up");
        }
      });
      await new Future<void>();
    });
    void (async () => {
      await goOn.promise;
      await sleep(0);
      log.push("left behind");
    })();
    try {
      await new Future<void>();
    } catch {
      // ends
    }
  });
  await hostTurn();
  task.cancel();
  await hostTurn();
  assert(task.done());
  group.cancel();
  await assertRejects(() => group, AggregateError);
  goOn.resolve();
  await hostTurn();
  assertEquals(log, ["left behind"]);
});

Deno.test("timeout() and taskGroup() give scopes that show their state", async () => {
  needs("inspect");
  const shown: string[] = [];
  const show = (scope: object) => shown.push(String(scope), Deno.inspect(scope));
  const loop = makeManualLoop();
  const task = loop.createTask(function* () {
    let timeoutScope!: object;
    yield* timeout(20, function* (scope) {
      show(timeoutScope = scope);
      scope.reschedule(null);
      show(scope);
      yield;
    });
    show(timeoutScope);
    let group!: object;
    const error = yield* gather(
      taskGroup(function* (scope) {
        show(group = scope);
        scope.createTask(() => {
          throw new Error("x");
        });
        scope.createTask(function* () {
          try {
            yield* loop.createFuture<void>();
          } finally {
            show(scope);
          }
        });
        show(scope);
        yield* loop.createFuture<void>();
      }),
      { returnExceptions: true },
    );
    show(group);
    return error;
  });
  loop.drain();
  assertEquals(task.result().map(String), ["AggregateError: Unhandled errors in a task group"]);
  const expected = [
    "<Timeout active when=20>",
    "<Timeout active>",
    "<Timeout finished>",
    "<TaskGroup active>",
    "<TaskGroup active tasks=2>",
    "<TaskGroup cancelling tasks=1 errors=1>",
    "<TaskGroup finished errors=1>",
  ];
  assertEquals(shown, expected.flatMap((text) => [text, text]));
  await hostTurn();
});

Deno.test("Future of what waits for others cannot be settled by hand", async () => {
  const child = new Future<number>();
  const futures: Future<unknown>[] = [
    gather(child),
    waitFor(child, null),
    timeout(null, () => child),
    taskGroup(() => child),
  ];
  for (const future of futures) {
    assertThrows(
      () => future.setResult(1),
      InvalidStateError,
      "from what it waits for: <Future pending",
    );
    assertThrows(() => future.setException(new Error("x")), InvalidStateError, "the exception");
    assertFalse(future.done());
  }
  child.setResult(5);
  assertEquals(await Promise.all(futures), [[5], 5, 5, 5]);
});

Deno.test("Future of what waits for others may wait in a long chain, and be cancelled", async () => {
  const length = 20_000;
  const chain = (inner: Future<unknown>) => {
    let outer = inner;
    for (let i = 0; i < length; i++) outer = i % 2 ? waitFor(outer, null) : gather(outer);
    return outer;
  };
  const settled = new Future<number>();
  const last = chain(settled);
  settled.setResult(1);
  let value: unknown = await last;
  for (let depth = 0; depth < length / 2; depth++) value = (value as unknown[])[0];
  assertEquals(value, 1);

  const cancelled = new Future<number>();
  const outermost = chain(cancelled);
  outermost.cancel("all of it");
  await assertRejects(async () => await outermost, CancelledError, "all of it");
  assert(cancelled.cancelled());
});

for (const [kind, body] of kinds) {
  Deno.test(`taskGroup() that is cancelled otherwise than by its parent leaves the parent alone (${kind})`, async () => {
    const scopes: [string, () => Future<unknown>][] = [
      ["a group", () =>
        taskGroup(function* (group) {
          group.createTask(function* () {
            try {
              yield* sleep(60_000);
            } catch {
              throw new RangeError("x");
            }
          });
          yield* sleep(60_000);
        })],
      ["a timeout", () =>
        timeout(null, function* () {
          try {
            yield* sleep(60_000);
          } catch {
            currentTask()!.cancel();
            throw new RangeError("x");
          }
        })],
    ];
    for (const [name, start] of scopes) {
      const log: string[] = [];
      const parent = createTask(() =>
        body(function* (wait: Wait, _: undefined) {
          // It was asked to end before, and refused.
          try {
            yield* wait(sleep(60_000));
          } catch {
            log.push("refused");
          }
          const scope = start();
          yield* wait(sleep(0));
          scope.cancel();
          try {
            yield* wait(scope);
          } catch (error) {
            log.push((error as Error).name);
          }
          yield* wait(sleep(0));
          log.push("goes on");
        })(undefined)
      );
      await hostTurn();
      parent.cancel();
      await parent;
      const error = name === "a group" ? "AggregateError" : "RangeError";
      assertEquals(log, ["refused", error, "goes on"], name);
    }
  });
}

Deno.test("timeout() and taskGroup() refuse an async generator as their body", () => {
  const body = async function* () {} as never;
  for (const start of [() => timeout(1, body), () => timeoutAt(1, body), () => taskGroup(body)]) {
    assertThrows(
      start,
      TypeError,
      "as the body is an async generator, which yields values: received ",
    );
  }
});

Deno.test("taskGroup() keeps what its body throws if it is as a task's, but no error", async () => {
  const error = await assertRejects(() =>
    taskGroup(async (group) => {
      group.createTask(() => {
        throw "x";
      });
      try {
        await sleep(60_000);
      } catch {
        throw "x";
      }
    }), AggregateError);
  assertEquals(error.errors, ["x", "x"]);
});

Deno.test("timeout() and taskGroup() refuse a promise as their body", () => {
  const promise = Promise.resolve(1) as never;
  for (const start of [() => timeout(1, promise), () => taskGroup(promise)]) {
    assertThrows(
      start,
      TypeError,
      "which already runs: pass the function itself: received [Promise]",
    );
  }
});

for (const [kind, body] of kinds) {
  Deno.test(`taskGroup() that fails late throws no second CancelledError in its parent (${kind})`, async () => {
    const log: string[] = [];
    const failsLate = () =>
      taskGroup(function* (group) {
        group.createTask(function* () {
          try {
            yield* sleep(60_000);
          } catch {
            yield* sleep(2);
            throw new RangeError("x");
          }
        });
        yield* sleep(60_000);
      });
    const parent = createTask(() =>
      body(function* (wait: Wait, _: undefined) {
        const group = failsLate();
        try {
          yield* wait(gather(group, sleep(60_000)));
        } catch (error) {
          log.push((error as Error).name);
        }
        const other = failsLate();
        try {
          yield* wait(sleep(60_000));
        } catch (error) {
          log.push((error as Error).name);
        }
        other.cancel();
        try {
          yield* wait(other);
        } catch (error) {
          log.push((error as Error).name);
        }
        for (let i = 0; i < 5; i++) yield* wait(sleep(1));
        log.push("cleaned up");
      })(undefined)
    );
    await hostTurn();
    parent.cancel();
    await parent;
    assertEquals(log, ["AggregateError", "CancelledError", "AggregateError", "cleaned up"]);
  });
}

Deno.test("Timeout that has expired shows no deadline", async () => {
  const shown: string[] = [];
  let scope!: Timeout;
  const future = timeout(0, function* (it) {
    scope = it;
    try {
      yield* new Future<void>();
    } finally {
      shown.push(String(scope));
    }
  });
  await assertRejects(() => future, TimeoutError);
  assertEquals([...shown, String(scope)], ["<Timeout expiring>", "<Timeout expired>"]);
});

Deno.test("TaskGroup.cancel() has its signal abort, then asks the tasks to end, then the body", async () => {
  const log: string[] = [];
  const listen = (name: string, signal: AbortSignal) =>
    signal.addEventListener("abort", () => log.push(name));
  let scope!: TaskGroup;
  const future = taskGroup(function* (group) {
    scope = group;
    listen("body", currentTask()!.signal);
    listen("group", group.signal);
    listen("task", group.createTask(() => sleep(60_000)).signal);
    yield* new Future<void>();
  });
  await hostTurn();
  scope.cancel();
  await future;
  assertEquals(log, ["group", "task", "body"]);
});

Deno.test("TaskGroup in which a task failed no longer counts it when its signal aborts", async () => {
  const shown: string[] = [];
  const future = taskGroup(function* (group) {
    group.signal.addEventListener("abort", () => shown.push(String(group)));
    group.createTask(() => failing(new Error("x")));
    group.createTask(() => sleep(60_000));
    yield* new Future<void>();
  });
  await assertRejects(() => future, AggregateError);
  assertEquals(shown, ["<TaskGroup cancelling tasks=1 errors=1>"]);
});

Deno.test("TaskGroup.signal asked for late has the reason of the first request", async () => {
  const reasons: string[] = [];
  const refusing = (group: TaskGroup, request: () => void) =>
    function* (): Generator<unknown, void> {
      try {
        yield* new Future<void>();
      } catch {
        request();
      }
      reasons.push(String(group.signal.reason));
    };
  const twice = taskGroup((group) => refusing(group, () => twice.cancel("second"))());
  const itself: Future<void> = taskGroup((group) => {
    void getEventLoop().callSoon(() => group.cancel());
    return refusing(group, () => itself.cancel("second"))();
  });
  await hostTurn();
  twice.cancel("first");
  await Promise.allSettled([twice, itself]);
  assertEquals(reasons, [
    "CancelledError: The operation has been cancelled",
    "CancelledError: first",
  ]);
});

for (const [kind, make] of kinds) {
  Deno.test(`taskGroup() with failures leaves a task alone that was cancelled before (${kind})`, async () => {
    const log: string[] = [];
    const coroutine = make(function* (wait) {
      try {
        yield* wait(new Future<void>());
      } catch (error) {
        log.push(String(error));
      }
      try {
        yield* wait(taskGroup((group) => void group.createTask(() => failing(new Error("x")))));
      } catch (error) {
        log.push((error as Error).name);
      }
      return yield* wait(sleep(1, { result: "goes on" }));
    });
    const task = createTask(() => coroutine(undefined));
    await hostTurn();
    task.cancel("before");
    assertEquals(await task, "goes on");
    assertEquals(log, ["CancelledError: before", "AggregateError"]);
  });
}

Deno.test("taskGroup() whose errors replace a cancellation leaves a task to the one on its way", async () => {
  const log: string[] = [];
  const task: Task<void> = createTask(function* () {
    const group = taskGroup(function* () {
      try {
        yield* new Future<void>();
      } catch {
        task.cancel("on its way");
        throw new Error("x");
      }
    });
    getEventLoop().callSoon(() => group.cancel("group"));
    try {
      yield* new Future<void>();
    } catch (error) {
      log.push(String(error));
    }
    yield* sleep(1);
    log.push(String(group.exception()));
  });
  await task;
  assertEquals(log, [
    "CancelledError: on its way",
    "AggregateError: Unhandled errors in a task group",
  ]);
});

Deno.test("timeout() that expires with a request that could not be delivered throws that at once", async () => {
  const log: string[] = [];
  const ready = new Future<string>();
  let scope!: Timeout;
  const future = timeout(null, function* (it) {
    scope = it;
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
  await Promise.allSettled([future]);
  assert(scope.expired());
  assertEquals(log, ["CancelledError", "goes on"]);
});

Deno.test("Future of what waits for others may wait in a long chain that ends in one turn", async () => {
  const first = new Future<number>();
  let last: Future<number> = first;
  for (let i = 0; i < 20_000; i++) last = waitFor(last, null);
  first.setResult(1);
  assertEquals(await last, 1);
});

for (const [kind, make] of kinds) {
  Deno.test(`timeout() whose body (${kind}) fails in answer to a cancellation has taken that`, async () => {
    const coroutine = make(function* (wait) {
      try {
        yield* wait(timeout(
          null,
          make(function* (wait) {
            try {
              yield* wait(new Future<void>());
            } catch {
              throw new RangeError("mine");
            }
          }),
        ));
      } catch (error) {
        assertEquals(String(error), "RangeError: mine");
      }
      return yield* wait(sleep(1, { result: "goes on" }));
    });
    const task = createTask(() => coroutine(undefined));
    await hostTurn();
    task.cancel();
    assertEquals(await task, "goes on");
  });
}

Deno.test("timeout() whose body cancels itself leaves a task alone that was cancelled before", async () => {
  const task = createTask(function* () {
    try {
      yield* new Future<void>();
    } catch {
      // It goes on.
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
  await hostTurn();
  task.cancel();
  assertEquals(await task, "<Future cancelled>");
});

Deno.test("taskGroup() whose body ends as cancelled ends so whatever is asked before it hears of that", async () => {
  const copy = await importCopy();
  for (const request of ["TaskGroup.cancel()", "Future.cancel()"]) {
    const loop = makeManualLoop();
    let body!: Task<unknown>;
    loop.setTaskFactory((loop, coro, options) =>
      body = new copy.Task(coro as never, { ...options, loop } as never) as never
    );
    let scope!: TaskGroup;
    const main = new Task(() => [
      taskGroup(function* (group) {
        scope = group;
        yield* loop.createFuture<void>();
      }),
    ], { loop });
    loop.drain();
    const [future] = main.result();
    future!.cancel("first");
    while (!body.done()) loop.ready.shift()!();
    assertEquals(outcome(future!), "pending");
    if (request === "TaskGroup.cancel()") scope.cancel();
    else future!.cancel("second");
    loop.drain();
    assertEquals(outcome(future!), "cancelled CancelledError: first", request);
  }
});

Deno.test("timeout() and taskGroup() end a body that left a handler on a future of their signal", async () => {
  await assertRejects(
    () =>
      timeout(1, async (scope) => {
        new Future<void>({ signal: scope.signal }).catch(() => {});
        await sleep(500);
      }),
    TimeoutError,
  );
  await assertRejects(
    () =>
      taskGroup(async (group) => {
        new Future<void>({ signal: group.signal }).catch(() => {});
        group.createTask(async () => {
          await sleep(1);
          throw new RangeError("x");
        });
        await sleep(500);
      }),
    AggregateError,
  );
});

Deno.test("taskGroup() fails with the error of a task that the body returns", async () => {
  const error = new RangeError("x");
  const group = taskGroup((group) => {
    group.createTask(async () => {
      await sleep(1);
      throw error;
    });
    return error;
  });
  const { errors } = await assertRejects(() => group, AggregateError);
  assertEquals(errors, [error]);
});

for (
  const [name, body] of Object.entries<(evil: unknown, group: TaskGroup) => Promise<void>>({
    "its body": async (evil) => {
      await sleep(1);
      throw evil;
    },
    "a task, while the body waits": async (evil, group) => {
      group.createTask(async () => {
        throw evil;
      });
      await sleep(500);
    },
    "a task, which the body waits for": async (evil, group) => {
      await group.createTask(function* () {
        throw evil;
      });
    },
  })
) {
  Deno.test(`taskGroup() fails if ${name} throws what cannot be looked at`, async () => {
    const proxy = revokedProxy();
    const { errors } = await assertRejects(
      () => taskGroup((group) => body(proxy, group)),
      AggregateError,
    );
    assertEquals(errors.length, 1);
    assertStrictEquals(errors[0], proxy);
  });
}

for (const isTakenBack of [true, false]) {
  Deno.test(`taskGroup() that fails ${isTakenBack ? "forgets" : "keeps"} a request that its body ${isTakenBack ? "took back" : "swallowed"}`, async () => {
    const parent = createTask(async () => {
      await assertRejects(() =>
        taskGroup(async (group) => {
          try {
            await sleep(500);
          } catch {
            if (isTakenBack) currentTask()!.uncancel();
          }
          await sleep(1);
          group.createTask(async () => {
            throw new RangeError("later");
          });
          await sleep(500);
        }), AggregateError);
      await sleep(1);
      return "went on";
    });
    await sleep(2);
    parent.cancel("stop");
    if (isTakenBack) assertEquals(await parent, "went on");
    else await assertRejects(() => parent, CancelledError, "stop");
  });
}

for (const [kind, coroutine] of kinds) {
  Deno.test(`timeout() without time ends a body that gives way (${kind})`, async () => {
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
}

Deno.test("taskGroup() that fails keeps a request that came with another cancellation", async () => {
  needs("contextOfPromises");
  const log: string[] = [];
  const connection = new Future<void>();
  const part = async (name: string, wait: () => PromiseLike<unknown>) => {
    try {
      await wait();
    } catch (error) {
      log.push(`${name}: ${error}`);
    }
  };
  const task = createTask(async () => {
    await Promise.all([
      part("reader", () => connection),
      part("group", () =>
        taskGroup(async (group) => {
          group.createTask(async () => {
            await sleep(500).catch(() => {});
            throw new RangeError("x");
          });
          await sleep(500);
        })),
    ]);
    await part("work", () => sleep(1));
  });
  await sleep(2);
  connection.cancel("closed");
  task.cancel("stop");
  await task;
  assertEquals(log, [
    "reader: CancelledError: closed",
    "group: AggregateError: Unhandled errors in a task group",
    "work: CancelledError: stop",
  ]);
});

const failedAlready = () => {
  const future = new Future<void>();
  future.setException(new RangeError("boom"));
  return future;
};
const endsAtOnce: [string, () => Future<unknown>, string][] = [
  ["throws", () =>
    taskGroup(() => {
      throw new RangeError("boom");
    }), `${FAILED} [RangeError: boom]`],
  ["throws as a generator", () =>
    taskGroup(function* () {
      throw new RangeError("boom");
    }), `${FAILED} [RangeError: boom]`],
  ["throws as an async function", () =>
    taskGroup(async () => {
      throw new RangeError("boom");
    }), `${FAILED} [RangeError: boom]`],
  ["waits for a future that has failed", () =>
    taskGroup(function* () {
      yield* failedAlready();
    }), `${FAILED} [RangeError: boom]`],
  ["throws after it cancelled the group", () =>
    taskGroup((group) => {
      group.cancel();
      throw new RangeError("boom");
    }), `${FAILED} [RangeError: boom]`],
  ["throws with a task", () =>
    taskGroup((group) => {
      group.createTask(() => sleep(60_000));
      throw new RangeError("boom");
    }), `${FAILED} [RangeError: boom]`],
  ["throws within another group", () =>
    taskGroup(() =>
      taskGroup(() => {
        throw new RangeError("boom");
      })
    ), `${FAILED} [AggregateError: Unhandled errors in a task group]`],
  ["throws within a timeout", () =>
    timeout(60_000, () =>
      taskGroup(() => {
        throw new RangeError("boom");
      })), `${FAILED} [RangeError: boom]`],
  ["throws an AbortError", () =>
    taskGroup(() => {
      throw new DOMException("boom", "AbortError");
    }), `${FAILED} [AbortError: boom]`],
  ["throws a CancelledError", () =>
    taskGroup(() => {
      throw new CancelledError("stop");
    }), "cancelled CancelledError: stop"],
  ["returns", () => taskGroup(() => 1), "result 1"],
  ["returns after it cancelled the group", () =>
    taskGroup((group) => {
      group.cancel();
      return 1;
    }), "result 1"],
];
for (const [how, start, expected] of endsAtOnce) {
  Deno.test(`taskGroup() whose body ${how} before it waits ends, wherever it is`, async () => {
    using reports = collectReports();
    const alone = start();
    const inTask = createTask(function* () {
      const group = start();
      try {
        yield* group;
      } catch {
        // It is looked at below.
      }
      return group;
    });
    // Not to wait for ever for one that never ends.
    for (let turn = 0; turn < 10; turn++) await hostTurn();
    assertEquals(outcome(alone), expected);
    assertEquals(outcome(inTask.result()), expected);
    assertEquals(reports.map(({ message }) => message), []);
  });
}

for (const [kind, coroutine] of kinds) {
  for (const first of ["inner", "outer"]) {
    Deno.test(`taskGroup() within another hands over its errors though the other one ends in that turn, the ${first} first (${kind})`, async () => {
      const log: string[] = [];
      const fail = (message: string) =>
        function* () {
          yield;
          throw new RangeError(message);
        };
      const group = taskGroup(coroutine(function* (wait, outer: TaskGroup) {
        try {
          yield* wait(taskGroup((inner) => {
            const starts = [
              () => inner.createTask(fail("inner")),
              () => outer.createTask(fail("outer")),
            ];
            if (first === "outer") starts.reverse();
            for (const start of starts) start();
          }));
        } catch (error) {
          log.push(`${error} [${(error as AggregateError).errors}]`);
          log.push(`cancelling: ${currentTask()!.cancelling()}`);
          try {
            yield* wait(sleep(1));
          } catch (error) {
            log.push(String(error));
            throw error;
          }
        }
      }));
      await assertRejects(() => group, AggregateError);
      assertEquals(outcome(group), `${FAILED} [RangeError: outer]`);
      assertEquals(log, [
        "AggregateError: Unhandled errors in a task group [RangeError: inner]",
        "cancelling: 1",
        "CancelledError: The operation has been cancelled",
      ]);
    });
  }
}

Deno.test("timeout() that ends hands that over once: a later cancel() is thrown at the very wait", async () => {
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
  await microtasks();
  task.cancel("now");
  await assertRejects(() => task, CancelledError, "stop");
  assertEquals(log, [1, "CancelledError: now"]);
});

Deno.test("taskGroup() has an error once that the body is thrown before the group hears of it", async () => {
  const boom = new RangeError("boom");
  const loop = makeManualLoop();
  const gate = loop.createFuture<void>();
  const main = loop.createTask(() =>
    taskGroup(async (group) => {
      await group.createTask(async () => {
        await gate;
        throw boom;
      });
    })
  );
  await drainInTurns(loop);
  gate.setResult();
  // The body ends in this turn, before the loop calls the group.
  await microtasks();
  await drainInTurns(loop);
  const error = await assertRejects(() => main, AggregateError);
  assertEquals(error.errors.length, 1);
  assertStrictEquals(error.errors[0], boom);
});

Deno.test("taskGroup() outside of tasks that is cancelled ends with the errors of the clean-up", async () => {
  const boom = new RangeError("boom");
  const failing = async () => {
    try {
      await new Future<void>();
    } catch {
      throw boom;
    }
  };
  const bodies: ((group: TaskGroup) => Promise<void>)[] = [
    failing,
    async (group) => {
      group.createTask(failing);
      await new Future<void>();
    },
  ];
  for (const body of bodies) {
    const group = taskGroup(body);
    await microtasks();
    group.cancel();
    const error = await assertRejects(() => group, AggregateError);
    assertEquals(error.errors, [boom]);
  }
});
