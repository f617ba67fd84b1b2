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
  AsyncContext,
  CancelledError,
  createTask,
  currentTask,
  Future,
  getEventLoop,
  getRunningLoop,
  moveOnAfter,
  moveOnAt,
  sleep,
  type Timeout,
  timeout,
} from "../../mod.ts";
import { leftOver, makeCountingSignal } from "../helpers/counting.ts";
import { passTime } from "../helpers/fake_time.ts";
import { kinds } from "../helpers/kinds.ts";
import { makeManualLoop } from "../helpers/manual_loop.ts";
import { CANCELLED, outcome, TIMED_OUT } from "../helpers/outcome.ts";
import { assertSameType } from "../helpers/same_type.ts";
import { hostTurn } from "../helpers/turns.ts";
import { virtual } from "../helpers/virtual_time.ts";

// Result
// ------

for (const [kind, coroutine] of kinds) {
  Deno.test(`moveOnAfter() has the result of the body (${kind})`, async () => {
    using time = new FakeTime();
    const future = moveOnAfter(
      10,
      coroutine(function* (wait) {
        yield* wait(sleep(9));
        return "in time";
      }),
    );
    assertSameType<typeof future, Future<string | undefined>>();
    await passTime(time, 8);
    assertEquals(outcome(future), "pending");
    await passTime(time, 1);
    assertEquals(outcome(future), "result in time");
  });

  Deno.test(`moveOnAfter() cancels the body (${kind}) at the deadline, and has no result when that has ended`, async () => {
    using time = new FakeTime();
    let scope!: Timeout;
    let caught: unknown;
    const future = moveOnAfter(
      10,
      coroutine(function* (wait, timeout: Timeout) {
        scope = timeout;
        try {
          yield* wait(new Future<void>());
        } catch (error) {
          caught = error;
          yield* wait(sleep(5));
          throw error;
        }
        return "not reached";
      }),
    );
    await passTime(time, 9);
    assertFalse(scope.expired());
    await passTime(time, 1);
    assertInstanceOf(caught, CancelledError);
    assertEquals([scope.expired(), outcome(future)], [true, "pending"]);
    await passTime(time, 5);
    assertEquals(outcome(future), "result undefined");
  });

  Deno.test(`moveOnAfter() has the result of a body (${kind}) that returns in spite of the deadline`, async () => {
    using time = new FakeTime();
    const future = moveOnAfter(
      10,
      coroutine(function* (wait) {
        try {
          yield* wait(new Future<void>());
        } catch {
          return "late";
        }
      }),
    );
    await passTime(time, 10);
    assertEquals(outcome(future), "result late");
  });

  Deno.test(`moveOnAt() takes a time of the loop's clock (${kind})`, async () => {
    using time = new FakeTime();
    const now = getEventLoop().time();
    const endless = coroutine((wait) => wait(new Future<void>()));
    const [past, future] = [moveOnAt(now - 1, endless), moveOnAt(now + 10, endless)];
    await hostTurn();
    assertEquals([past, future].map(outcome), ["result undefined", "pending"]);
    await passTime(time, 10);
    assertEquals(outcome(future), "result undefined");
  });
}

Deno.test("moveOnAfter() has a deadline that can be moved, or none", async () => {
  using time = new FakeTime();
  const moved = moveOnAfter(10, async (scope) => {
    scope.reschedule(scope.when()! + 10);
    await new Future<void>();
  });
  const free = [null, Infinity].map((delay) => moveOnAfter(delay, () => new Future<void>()));
  await passTime(time, 19);
  assertEquals(outcome(moved), "pending");
  await passTime(time, 1);
  assertEquals([moved, ...free].map(outcome), ["result undefined", "pending", "pending"]);
});

// Failure
// -------

Deno.test("moveOnAfter() fails with the error of the body, before and after the deadline", async () => {
  using time = new FakeTime();
  const early = moveOnAfter(10, () => Promise.reject(new RangeError("mine")));
  const late = moveOnAfter(10, async () => {
    await new Future<void>().catch(() => {});
    throw new RangeError("instead");
  });
  await passTime(time, 10);
  assertEquals([early, late].map(outcome), [
    "failed RangeError: mine",
    "failed RangeError: instead",
  ]);
});

// Cancellation
// ------------

for (const [kind, coroutine] of kinds) {
  Deno.test(`moveOnAfter() whose task (${kind}) is cancelled passes that on, even as the time is over`, async () => {
    using time = new FakeTime();
    const [before, at] = [0, 10].map((delay) => {
      const task = createTask(coroutine(function* (wait) {
        yield* wait(moveOnAfter(
          10,
          coroutine(function* (wait) {
            yield* wait(new Future<void>());
          }),
        ));
        return "moved on";
      }));
      getEventLoop().callLater(delay, () => task.cancel("outside"));
      return task;
    });
    await passTime(time, 10);
    assertEquals([before!, at!].map(outcome), [
      "cancelled CancelledError: outside",
      "cancelled CancelledError: outside",
    ]);
  });

  virtual.test(`moveOnAfter() that is over lets its task (${kind}) go on`, async () => {
    const loop = getRunningLoop();
    const task = createTask(coroutine(function* (wait) {
      const result = yield* wait(moveOnAfter(
        5,
        coroutine((wait) => wait(new Future<string>())),
      ));
      yield* wait(sleep(5));
      return [result, currentTask()!.cancelling()];
    }));
    assertEquals(await task, [undefined, 0]);
    assertEquals(loop.time(), 10);
  });
}

Deno.test("moveOnAfter() and timeout() around each other end each for its own limit", async () => {
  using time = new FakeTime();
  const inner = timeout(20, async () => {
    const result = await moveOnAfter(10, () => new Future<string>());
    await sleep(5);
    return result ?? "moved on";
  });
  const outer = timeout(5, () => moveOnAfter(10, () => new Future<string>()));
  for (const _ of [1, 2, 3]) await passTime(time, 5);
  assertEquals([inner, outer].map(outcome), ["result moved on", TIMED_OUT]);
});

// Signal
// ------

Deno.test("moveOnAfter() option signal cancels the body with its reason, at once if it is aborted", async () => {
  using _ = new FakeTime();
  const { controller, signal, listeners } = makeCountingSignal();
  const future = moveOnAfter(10, () => new Future<void>(), { signal });
  controller.abort("enough");
  await assertRejects(() => future, CancelledError, "enough");
  let called = false;
  const late = moveOnAfter(10, () => void (called = true), { signal });
  await assertRejects(() => late, CancelledError, "enough");
  assertEquals([called, listeners.size], [false, 0]);
});

Deno.test("moveOnAfter() aborts the signal of its scope at the deadline", async () => {
  using time = new FakeTime();
  const future = moveOnAfter(10, ({ signal }) =>
    new Promise<void>((_, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason));
    }));
  await passTime(time, 10);
  assertEquals(outcome(future), "result undefined");
});

// Loop
// ----

Deno.test("moveOnAfter() on another loop goes by its clock", () => {
  const loop = makeManualLoop();
  let scope!: Future<unknown>;
  loop.createTask(() => {
    scope = moveOnAfter(10, function* () {
      yield* new Future<void>();
    });
  });
  loop.drain();
  assertStrictEquals<unknown>(scope.getLoop(), loop);
  loop.advance(10);
  loop.drain();
  assertEquals(outcome(scope), "result undefined");
});

// Context
// -------

Deno.test("moveOnAfter() runs the body in the context and the task of the caller", async () => {
  const variable = new AsyncContext.Variable<string>();
  const task: Future<unknown> = variable.run(
    "caller",
    () =>
      createTask(() =>
        moveOnAfter(1_000, async () => {
          await sleep(0);
          return [variable.get(), currentTask() === task];
        })
      ),
  );
  assertEquals(await task, ["caller", true]);
});

// Misuse
// ------

Deno.test("moveOnAfter() and moveOnAt() refuse bad arguments, and call nothing", () => {
  let called = false;
  const body = () => void (called = true);
  for (const run of [moveOnAfter, moveOnAt]) {
    assertThrows(() => run("5" as never, body), TypeError, "no number of milliseconds");
    assertThrows(() => run(NaN, body), TypeError, "no number of milliseconds: received NaN");
    assertThrows(() => run(5, Promise.resolve() as never), TypeError, "the body is a promise");
    assertThrows(() => run(5, body, 5 as never), TypeError, "its options are no object");
  }
  assertFalse(called);
});

// Leaks
// -----

Deno.test("moveOnAfter() releases its timer when the body ends", async () => {
  const left = await leftOver(async () => {
    assertEquals(await moveOnAfter(60_000, () => 1), 1);
    const cancelled = moveOnAfter(60_000, () => new Future<void>());
    assert(cancelled.cancel());
    assertEquals(outcome(cancelled), "pending");
    await assertRejects(() => cancelled, CancelledError);
    assertEquals(outcome(cancelled), CANCELLED);
  });
  assertEquals(left, 0);
});
