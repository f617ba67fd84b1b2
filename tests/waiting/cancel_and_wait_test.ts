import {
  assert,
  assertEquals,
  assertFalse,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import {
  cancelAndWait,
  CancelledError,
  createTask,
  currentTask,
  Future,
  getRunningLoop,
  run,
  sleep,
  TimeoutError,
  waitFor,
} from "../../mod.ts";
import { runVirtual } from "../../testing.ts";
import { needs } from "../helpers/capabilities.ts";
import { makerOfForeignFutures } from "../helpers/foreign_futures.ts";
import { cancelled, withException, withResult } from "../helpers/futures.ts";
import { collectGarbage } from "../helpers/garbage.ts";
import { kinds } from "../helpers/kinds.ts";
import { makeManualLoop } from "../helpers/manual_loop.ts";
import { CANCELLED, outcome } from "../helpers/outcome.ts";
import { collectReports } from "../helpers/reports.ts";
import { hostTurn } from "../helpers/turns.ts";
import { virtual } from "../helpers/virtual_time.ts";

// Result
// ------

for (const [kind, coroutine] of kinds) {
  Deno.test(`cancelAndWait() waits for the clean-up of a task (${kind}), and throws no CancelledError`, async () => {
    const cleanedUp = new Future<void>();
    const task = createTask(coroutine(function* (wait) {
      try {
        yield* wait(new Future<void>());
      } finally {
        yield* wait(cleanedUp);
      }
    }));
    await hostTurn();
    const waiting = cancelAndWait(task, "enough");
    await hostTurn();
    assertEquals([outcome(waiting), task.cancelling()], ["pending", 1]);
    cleanedUp.setResult();
    assertEquals(await waiting, undefined);
    assertEquals(outcome(task), "cancelled CancelledError: enough");
  });
}

Deno.test("cancelAndWait() takes an iterable of futures and tasks, in any state, or none", async () => {
  const pending = new Future<void>();
  const task = createTask(() => new Future<void>());
  await cancelAndWait(new Set<Future<unknown>>([pending, task, withResult(1), cancelled()]));
  assertEquals([outcome(pending), outcome(task)], [CANCELLED, CANCELLED]);
  await cancelAndWait([]);
  await cancelAndWait([pending, pending]);
});

Deno.test("cancelAndWait() leaves a result in a task that returns in spite of the request", async () => {
  const task = createTask(async () => {
    try {
      await new Future<void>();
    } catch {
      return "stays";
    }
  });
  await hostTurn();
  assertEquals(await cancelAndWait(task), undefined);
  assertEquals(task.result(), "stays");
});

Deno.test("cancelAndWait() of a task that has not started never starts it", async () => {
  let started = false;
  await cancelAndWait(createTask(() => {
    started = true;
  }));
  assertFalse(started);
});

// Failure
// -------

Deno.test("cancelAndWait() throws the first exception, and leaves the others to be reported", async () => {
  const reports: unknown[] = [];
  await runVirtual(async () => {
    const loop = getRunningLoop();
    loop.setExceptionHandler((_loop, { exception }) => reports.push(exception));
    const errors = [new RangeError("one"), new RangeError("two")];
    const tasks = errors.map((error, i) =>
      createTask(async () => {
        await new Future<void>().catch(() => {});
        await sleep(2 - i);
        throw error;
      })
    );
    await sleep(0);
    const last = new Future<void>();
    const waiting = cancelAndWait([...tasks, last]);
    await assertRejects(() => waiting, RangeError, "one");
    assertEquals(loop.time(), 2);
    assert(tasks.every((task) => task.failed()), "only when all have ended");
    assert(last.cancelled());
  });
  assertEquals(reports.map(String), ["RangeError: two"]);
});

Deno.test("cancelAndWait() throws the exception of a future that had failed before", async () => {
  const failed = withException(new RangeError("before"));
  const error = await assertRejects(() => cancelAndWait(failed), RangeError);
  assertStrictEquals(error, failed.exception());
});

Deno.test("cancelAndWait() takes a CancelledError that was set as an exception for a cancellation", async () => {
  const error = new CancelledError("mine");
  await cancelAndWait(withException(error));
});

// Cancellation
// ------------

for (const [kind, coroutine] of kinds) {
  virtual.test(`cancelAndWait() whose caller (${kind}) is cancelled ends with that request when all have ended`, async () => {
    const cleanedUp = new Future<void>();
    const log: unknown[] = [];
    const task = createTask(async () => {
      try {
        await new Future<void>();
      } finally {
        await cleanedUp.catch((error) => log.push((error as Error).message));
        await sleep(0);
        log.push("ended");
      }
    });
    const caller = createTask(coroutine(function* (wait) {
      yield* wait(sleep(0));
      yield* wait(cancelAndWait(task, "stop it"));
      log.push("not reached");
    }));
    await sleep(1);
    caller.cancel("the caller");
    await assertRejects(() => caller, CancelledError, "the caller");
    assertEquals(log, ["the caller", "ended"]);
    assert(task.done());
  });

  Deno.test(`cancelAndWait() throws the request that its caller (${kind}) gets as all have ended`, async () => {
    const target = new Future<void>();
    class Late extends Future<void> {
      override cancel(): boolean {
        return false;
      }
    }
    const late = new Late();
    const caller = createTask(coroutine(function* (wait) {
      yield* wait(cancelAndWait([target, late]));
    }));
    await hostTurn();
    late.setResult();
    caller.cancel("just now");
    await assertRejects(() => caller, CancelledError, "just now");
  });
}

Deno.test("cancelAndWait() whose caller is cancelled leaves the exception of a clean-up to be reported", async () => {
  needs("contextOfPromises");
  const reports: unknown[] = [];
  await run(async () => {
    getRunningLoop().setExceptionHandler((_loop, { exception }) => reports.push(exception));
    const task = createTask(async () => {
      await new Future<void>().catch(() => {});
      await new Future<void>().catch(() => {});
      throw new RangeError("clean-up");
    });
    await sleep(0);
    const waiting = cancelAndWait(task);
    await sleep(0);
    waiting.cancel("enough");
    await assertRejects(() => waiting, CancelledError, "enough");
  });
  assertEquals(reports.map(String), ["RangeError: clean-up"]);
});

virtual.test("cancelAndWait() inside waitFor() interrupts a clean-up that takes too long", async () => {
  const loop = getRunningLoop();
  const task = createTask(async () => {
    try {
      await new Future<void>();
    } finally {
      await new Future<void>();
    }
  });
  await sleep(1);
  await assertRejects(() => waitFor(cancelAndWait(task), 60_000), TimeoutError);
  assertEquals(loop.time(), 60_001);
  assert(task.cancelled());
});

// Loop
// ----

Deno.test("cancelAndWait() on another loop belongs to that loop, which may be closed", async () => {
  const loop = makeManualLoop();
  const future = loop.createFuture<void>();
  const waiting = cancelAndWait([future]);
  assertStrictEquals<unknown>(waiting.getLoop(), loop);
  loop.drain();
  assertEquals(outcome(waiting), "result undefined");
  loop.close();
  assertEquals(outcome(cancelAndWait(future)), "result undefined");
  await hostTurn();
});

// Copies of the module
// --------------------

Deno.test("cancelAndWait() takes futures of another copy of the module", async () => {
  const make = await makerOfForeignFutures<number>();
  const [pending, failed] = [make(), make()];
  failed.setException(new RangeError("there"));
  await cancelAndWait(pending);
  assert(pending.cancelled());
  await assertRejects(() => cancelAndWait(failed), RangeError, "there");
});

// Misuse
// ------

Deno.test("cancelAndWait() refuses bad arguments, and cancels nothing", async () => {
  const future = new Future<void>();
  const wrong: [unknown, string][] = [
    [5, "Cannot cancel and wait as the futures come in no iterable, such as an array: received 5"],
    [Promise.resolve(), "such as an array (write `[…]` around them): received [Promise]"],
    [[future, 5], "as there is something else among the futures: received 5"],
    [
      [future, Promise.resolve()],
      "Cannot cancel and wait as there is something else among the futures (start it with " +
      "createTask): received [Promise]",
    ],
  ];
  for (const [futures, message] of wrong) {
    assertThrows(() => cancelAndWait(futures as never), TypeError, message);
  }
  assertFalse(future.done());
  const task = createTask(async () => {
    await sleep(0);
    await cancelAndWait([future, currentTask()!]);
  });
  await assertRejects(() => task, TypeError, "as the task would wait for itself: received <Task");
  assertFalse(future.done());
});

// Leaks
// -----

Deno.test("cancelAndWait() reports an exception that nobody retrieves, once", async () => {
  needs("finalization");
  using reports = collectReports();
  await (async () => {
    const future = new Future<void>();
    future.setException(new RangeError("lost"));
    cancelAndWait(future);
    await hostTurn();
  })();
  await hostTurn();
  await collectGarbage(() => reports.length > 0);
  await collectGarbage(() => reports.length > 1, 3);
  assertEquals(reports.map(({ exception }) => (exception as Error).message), ["lost"]);
});
