/**
 * `gather()`: cancellation, from outside and by a signal.
 *
 * @module
 */

import {
  assert,
  assertEquals,
  assertFalse,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import {
  CancelledError,
  createTask,
  type ExceptionContext,
  Future,
  gather,
  getRunningLoop,
  run,
  sleep,
  type Task,
  taskGroup,
} from "../../mod.ts";
import { makeCountingSignal } from "../helpers/counting.ts";
import { kinds } from "../helpers/kinds.ts";
import { CANCELLED, outcome } from "../helpers/outcome.ts";
import { collectReports } from "../helpers/reports.ts";
import { hostTurn } from "../helpers/turns.ts";

// Cancellation
// ------------

Deno.test("gather() that is cancelled cancels all, and ends when all have ended, with the first reason", async () => {
  const cleanedUp = new Future<void>();
  const child = createTask(async () => {
    try {
      await new Future<void>();
    } finally {
      await cleanedUp;
    }
  });
  const future = new Future<void>();
  const gathered = gather(child, future);
  await hostTurn();
  assert(gathered.cancel("first"));
  assertThrows(() => future.result(), CancelledError, "first");
  await hostTurn();
  assertFalse(gathered.done());
  assertEquals(child.cancelling(), 1);
  cleanedUp.setResult();
  await hostTurn();
  assert(gathered.cancelled());
  assertThrows(() => gathered.result(), CancelledError, "first");
  assertFalse(gathered.cancel("again"));
});

Deno.test("gather() is cancelled at the end of a using block", async () => {
  const future = new Future<void>();
  {
    using _ = gather(future);
  }
  assert(future.cancelled());
  await hostTurn();
});

Deno.test("gather() passes a second cancel() on to the tasks that still run", async () => {
  const child = createTask(async () => {
    try {
      await new Future<void>();
    } finally {
      await new Future<void>();
    }
  });
  const gathered = gather(child, new Future());
  await hostTurn();
  assert(gathered.cancel("first"));
  await hostTurn();
  assert(gathered.cancel("second"));
  await assertRejects(() => gathered, CancelledError, "first");
  assertEquals(child.cancelling(), 2);
  assertThrows(() => child.result(), CancelledError, "second");
});

Deno.test("gather() that is cancelled before its generators start never starts them", async () => {
  let started = false;
  const gathered = gather((function* () {
    started = true;
    yield;
  })());
  assert(gathered.cancel("never mind"));
  await assertRejects(() => gathered, CancelledError, "never mind");
  assertFalse(started);
});

Deno.test("gather() that is cancelled ends as cancelled although its tasks return values", async () => {
  const child = createTask(async () => {
    try {
      await new Future<void>();
    } catch {
      return "stays";
    }
  });
  const gathered = gather(child);
  await hostTurn();
  gathered.cancel("stop");
  await assertRejects(() => gathered, CancelledError, "stop");
  assertEquals(child.result(), "stays");
});

Deno.test("gather() option returnExceptions: gather() that is cancelled still ends as cancelled", async () => {
  const stubborn = createTask(async () => {
    try {
      await new Future<void>();
    } catch {
      return "stays";
    }
  });
  const gathered = gather(stubborn, new Future(), { returnExceptions: true });
  await hostTurn();
  assert(gathered.cancel("stop"));
  await assertRejects(() => gathered, CancelledError, "stop");
  assert(gathered.cancelled());
  assertEquals(await stubborn, "stays");
});

Deno.test("gather() ends as cancelled if it is cancelled in the turn in which a future of its is", async () => {
  const [one, two] = [new Future<void>(), new Future<void>()];
  const gathered = gather(one, two);
  one.cancel("own");
  gathered.cancel("request");
  await assertRejects(() => gathered, CancelledError, "request");
  assert(gathered.cancelled());
});

Deno.test("gather() cannot be cancelled when all have ended, even before it is done itself", async () => {
  const future = new Future<number>();
  const gathered = gather(future);
  future.setResult(1);
  assertFalse(gathered.done());
  assertFalse(gathered.cancel());
  assertEquals(await gathered, [1]);
});

Deno.test("gather() that is cancelled cancels the others if the cancel() of one throws", async () => {
  class Stubborn extends Future<number> {
    override cancel(): boolean {
      throw new Error("never");
    }
  }
  using reports = collectReports();
  const [stubborn, future] = [new Stubborn(), new Future<number>()];
  const gathered = gather(stubborn, future);
  assert(gathered.cancel("why"));
  assert(future.cancelled());
  assertEquals(
    reports.map(({ message, exception, future }) => [message, String(exception), future]),
    [["Cannot cancel the future", "Error: never", stubborn]],
  );
  assert(stubborn.cancelled());
  await assertRejects(() => gathered, CancelledError, "why");
});

Deno.test("gather() that is cancelled makes two requests to a task that is given twice", async () => {
  const task = createTask(() => new Future<void>());
  await hostTurn();
  const gathered = gather(task, task);
  gathered.cancel();
  assertEquals(task.cancelling(), 2);
  await assertRejects(() => gathered, CancelledError);
});

// Failure while it is cancelled
// -----------------------------

Deno.test("gather() that is cancelled fails if a task fails meanwhile, when all have ended", async () => {
  const cleanedUp = new Future<void>();
  const failing = createTask(async () => {
    try {
      await new Future<void>();
    } finally {
      // deno-lint-ignore no-unsafe-finally
      throw new RangeError("while cleaning up");
    }
  });
  const slow = createTask(async () => {
    try {
      await new Future<void>();
    } finally {
      await cleanedUp;
    }
  });
  const gathered = gather(failing, slow);
  await hostTurn();
  gathered.cancel();
  await hostTurn();
  assert(failing.done());
  assertFalse(gathered.done());
  cleanedUp.setResult();
  await assertRejects(() => gathered, RangeError, "while cleaning up");
});

Deno.test("gather() that is cancelled fails with the first of several exceptions", async () => {
  const failing = (message: string) =>
    createTask(function* () {
      try {
        yield* new Future<void>();
      } catch {
        throw new RangeError(message);
      }
    });
  const gathered = gather(failing("first"), failing("second"));
  await hostTurn();
  gathered.cancel();
  await assertRejects(() => gathered, RangeError, "first");
});

Deno.test("gather() option returnExceptions: the errors of a cancelled gather() are reported", async () => {
  const reports: ExceptionContext[] = [];
  await run(async () => {
    getRunningLoop().setExceptionHandler((_loop, context) => reports.push(context));
    const failed = new Future<void>();
    const failing = createTask(async () => {
      try {
        await new Future<void>();
      } finally {
        // deno-lint-ignore no-unsafe-finally
        throw new RangeError("while cleaning up");
      }
    });
    const gathered = gather(failed, failing, { returnExceptions: true });
    failed.setException(new RangeError("before"));
    await hostTurn();
    gathered.cancel("stop");
    await assertRejects(() => gathered, CancelledError, "stop");
  });
  assertEquals(reports.map(({ message, exception }) => [message, String(exception)]), [
    ["Future exception was never retrieved", "RangeError: before"],
    ["Task exception was never retrieved", "RangeError: while cleaning up"],
  ]);
});

// Cancellation of the task that waits
// -----------------------------------

for (const [kind, coroutine] of kinds) {
  Deno.test(`gather() cancels all with the coroutine (${kind}) that waits, which ends after them`, async () => {
    const log: string[] = [];
    const cleanedUp = new Future<void>();
    const child = createTask(coroutine(function* (wait) {
      try {
        yield* wait(new Future<void>());
      } finally {
        log.push("cleaning");
        yield* wait(cleanedUp);
        log.push("clean");
      }
    }));
    const future = new Future<void>();
    const task = createTask(coroutine(function* (wait) {
      try {
        yield* wait(gather(child, future));
      } finally {
        log.push("caller");
      }
    }));
    await hostTurn();
    task.cancel("stop");
    assert(future.cancelled());
    await hostTurn();
    assertEquals(log, ["cleaning"], "it waits until all have ended");
    cleanedUp.setResult();
    await assertRejects(() => task, CancelledError, "stop");
    assertEquals(log, ["cleaning", "clean", "caller"]);
    assert(task.cancelled());
  });

  Deno.test(`gather() does not swallow a cancellation of the coroutine (${kind}) as the results arrive`, async () => {
    const future = new Future<void>();
    const log: string[] = [];
    const task = createTask(coroutine(function* (wait) {
      yield* wait(gather(future));
      log.push("the results");
      yield* wait(new Future<void>());
      log.push("not to be reached");
    }));
    await hostTurn();
    future.setResult();
    assert(task.cancel("just now"));
    await assertRejects(() => task, CancelledError, "just now");
    assertFalse(log.includes("not to be reached"));
  });
}

for (const [kind, coroutine] of kinds) {
  Deno.test(`gather() that refuses a request leaves it to each coroutine (${kind}) that waits`, async () => {
    /** Takes one request, and does nothing about it. */
    class Once extends Future<void> {
      #isAsked = false;

      override cancel(): boolean {
        return this.#isAsked ? false : this.#isAsked = true;
      }
    }
    const child = new Once();
    const gathered = gather(child);
    let tasks!: Task<unknown>[];
    const group = taskGroup(async (group) => {
      tasks = [1, 2].map(() => group.createTask(coroutine((wait) => wait(gathered))));
      await sleep(0);
      assert(gathered.cancel("first"));
      group.cancel();
      child.setException(new RangeError("closed"));
    });
    await Promise.allSettled([group, gathered, child]);
    assertEquals(tasks.map(outcome), [CANCELLED, CANCELLED]);
    assertEquals(outcome(group), "result undefined");
  });
}

// Signal
// ------

Deno.test("gather() option signal cancels all, with its reason", async () => {
  const { controller, signal, listeners } = makeCountingSignal();
  const future = new Future<void>();
  const gathered = gather(future, sleep(60_000), { signal });
  assertEquals(listeners.size, 1);
  const reason = new Error("enough");
  controller.abort(reason);
  const error = await assertRejects(() => gathered, CancelledError);
  assertStrictEquals(error.cause, reason);
  assert(future.cancelled());
  assert(gathered.cancelled());
  assertEquals(listeners.size, 0);
});

Deno.test("gather() option signal that is aborted already cancels at once, and starts no generator", async () => {
  let started = false;
  const future = new Future<void>();
  const gathered = gather(
    future,
    (function* () {
      started = true;
      yield;
    })(),
    { signal: AbortSignal.abort("too late") },
  );
  assert(future.cancelled());
  await assertRejects(() => gathered, CancelledError, "too late");
  assertFalse(started);
});

Deno.test("gather() option signal loses its listener when gather() is done", async () => {
  const { controller, signal, listeners } = makeCountingSignal();
  const [future, other] = [new Future<number>(), new Future<number>()];
  const succeeding = gather(future, { signal });
  const failing = gather(future, other, { signal });
  assertEquals(listeners.size, 1);
  future.setException(new Error("x"));
  await assertRejects(() => succeeding, Error, "x");
  await assertRejects(() => failing, Error, "x");
  assertEquals(listeners.size, 0);
  controller.abort();
  assertFalse(other.done(), "what runs on is left alone");
});

Deno.test("gather() has a signal that aborts at cancel(), with the CancelledError", async () => {
  const future = new Future<void>();
  const gathered = gather(future, new Future());
  const { signal } = gathered;
  assertFalse(signal.aborted);
  gathered.cancel("why");
  assert(signal.aborted, "synchronously");
  const error = await assertRejects(() => gathered, CancelledError, "why");
  assertStrictEquals(signal.reason, error);

  const late = gather(new Future());
  late.cancel("why");
  assert(late.signal.aborted, "asked for after the request");
  assertStrictEquals(late.signal.reason, await assertRejects(() => late, CancelledError, "why"));
  const task = createTask(async () => {
    try {
      await new Future<void>();
    } finally {
      await new Future<void>();
    }
  });
  const twice = gather(task);
  await hostTurn();
  twice.cancel("first");
  await hostTurn();
  twice.cancel("second");
  assertStrictEquals(
    twice.signal.reason,
    await assertRejects(() => twice, CancelledError, "first"),
  );
  const finished = gather();
  assertFalse(finished.signal.aborted);
});
