/**
 * `waitFor()`: cancellation, from outside and by a signal.
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
  Future,
  sleep,
  TimeoutError,
  wait as waitAll,
  waitFor,
} from "../../mod.ts";
import { replay } from "../../testing.ts";
import { startCancellable } from "../helpers/cancelled_task.ts";
import { makeCountingSignal } from "../helpers/counting.ts";
import { kinds } from "../helpers/kinds.ts";
import { hostTurn, microtasks, withResolvers } from "../helpers/turns.ts";

// Cancellation
// ------------

Deno.test("waitFor() that is cancelled cancels the future, and cannot be cancelled again", async () => {
  const future = new Future<void>();
  const waiting = waitFor(future, 60_000);
  assert(waiting.cancel("why"));
  assertFalse(waiting.cancel("again"));
  assertThrows(() => future.result(), CancelledError, "why");
  await assertRejects(() => waiting, CancelledError, "why");
});

Deno.test("waitFor() whose time is over reports nothing if the task is cancelled in that turn", async () => {
  for (const [, coroutine] of kinds) {
    const main = async () => {
      const worker = coroutine((wait) => wait(waitFor(new Future<void>(), 1)));
      const task = createTask(worker, { name: "worker" });
      await waitAll([task]);
      return task.cancelled();
    };
    // Fails with what is reported to the loop.
    assertEquals(await replay(main, "0 cancelBefore4"), true);
  }
});

Deno.test("waitFor() is cancelled at the end of a using block", () => {
  const future = new Future<void>();
  {
    using _ = waitFor(future, 60_000);
  }
  assert(future.cancelled());
});

Deno.test("waitFor() option onLate gets the result of a promise that comes after the cancellation", async () => {
  const late: string[] = [];
  const onLate = (result: string) => late.push(result);
  const { promise, resolve } = withResolvers<string>();
  const waiting = waitFor(promise, null, { onLate });
  waiting.cancel("why");
  await assertRejects(() => waiting, CancelledError, "why");
  resolve("connection");
  await microtasks();
  assertEquals(late, ["connection"]);
});

for (const [kind, coroutine] of kinds) {
  Deno.test(`waitFor() that is cancelled has the value of a coroutine (${kind}) that swallows it`, async () => {
    const { inner } = startCancellable(coroutine, function* () {
      return "stays";
    });
    const waiting = waitFor(inner, 60_000);
    await hostTurn();
    assert(waiting.cancel());
    assertEquals(await waiting, "stays");
    assert(waiting.signal.aborted, "it was asked to end all the same");
  });
}

// Cancellation of the task that waits
// -----------------------------------

for (const [kind, coroutine] of kinds) {
  Deno.test(`waitFor() cancels its task with the coroutine (${kind}) that waits, which ends after it`, async () => {
    const cleanedUp = new Future<void>();
    const { inner, log } = startCancellable(coroutine, function* (log) {
      yield cleanedUp;
      log.push("clean");
      return "";
    });
    const caller = createTask(coroutine(function* (wait) {
      return yield* wait(waitFor(inner, 60_000));
    }));
    await hostTurn();
    assert(caller.cancel("stop"));
    await hostTurn();
    assertFalse(caller.done(), "the cancellation has not finished");
    cleanedUp.setResult();
    await assertRejects(() => caller, CancelledError, "stop");
    assertEquals(log, ["CancelledError", "clean"]);
  });

  Deno.test(`waitFor() does not swallow a cancellation of the coroutine (${kind}) as the result arrives`, async () => {
    for (const first of ["result", "cancellation"]) {
      const future = new Future<string>();
      const log: string[] = [];
      const caller = createTask(coroutine(function* (wait) {
        yield* wait(waitFor(future, 60_000));
        log.push("result");
        yield* wait(new Future<void>());
        log.push("not to be reached");
      }));
      await hostTurn();
      if (first === "result") future.setResult("just now");
      assert(caller.cancel("just now"));
      if (first === "cancellation") assertFalse(future.cancel());
      await assertRejects(() => caller, CancelledError, "just now");
      assertFalse(log.includes("not to be reached"), first);
    }
  });

  Deno.test(`waitFor() does not swallow a cancellation of a coroutine (${kind}) that returns the result`, async () => {
    const future = new Future<string>();
    const caller = createTask(coroutine(function* (wait) {
      return yield* wait(waitFor(future, 60_000));
    }));
    await hostTurn();
    future.setResult("just now");
    caller.cancel("just now");
    await assertRejects(() => caller, CancelledError, "just now");
  });

  Deno.test(`waitFor() does not swallow a cancellation of the coroutine (${kind}) some turns after its task returns`, async () => {
    for (let turns = 0; turns < 10; turns++) {
      const future = new Future<string>();
      const inner = createTask(coroutine(function* (wait) {
        return yield* wait(future);
      }));
      const log: string[] = [];
      const caller = createTask(coroutine(function* (wait) {
        log.push(yield* wait(waitFor(inner, 60_000)));
        yield* wait(new Future<void>());
        log.push("not to be reached");
      }));
      await hostTurn();
      future.setResult("arrived");
      // The caller is cancelled in each of the turns that the result takes to arrive.
      await microtasks(turns);
      assert(caller.cancel("just now"));
      await assertRejects(() => caller, CancelledError, "just now");
      assert(inner.done());
      assertFalse(log.includes("not to be reached"), `after ${turns} turns`);
    }
  });
}

// Signal
// ------

Deno.test("waitFor() option signal cancels the future, with its reason", async () => {
  const { controller, signal, listeners } = makeCountingSignal();
  const future = new Future<void>();
  const waiting = waitFor(future, 60_000, { signal });
  assertEquals(listeners.size, 1);
  controller.abort("enough");
  assertThrows(() => future.result(), CancelledError, "enough");
  await assertRejects(() => waiting, CancelledError, "enough");
  assertEquals(listeners.size, 0);

  const { signal: other, listeners: others } = makeCountingSignal();
  assertEquals(await waitFor(sleep(0, { result: 1 }), 60_000, { signal: other }), 1);
  await assertRejects(() => waitFor(new Future(), 0, { signal: other }), TimeoutError);
  assertEquals(others.size, 0);
});

Deno.test("waitFor() option signal that is aborted already cancels at once, unless there is a result", async () => {
  const signal = AbortSignal.abort("too late");
  const future = new Future<void>();
  const waiting = waitFor(future, 60_000, { signal });
  assert(future.cancelled());
  await assertRejects(() => waiting, CancelledError, "too late");
  let started = false;
  const never = waitFor(
    (function* () {
      started = true;
      yield;
    })(),
    null,
    { signal },
  );
  await assertRejects(() => never, CancelledError, "too late");
  assertFalse(started);
  const done = new Future<number>();
  done.setResult(1);
  assertEquals(await waitFor(done, 60_000, { signal }), 1);
});

Deno.test("waitFor() option signal that is aborted already precedes a timeout of zero", async () => {
  const signal = AbortSignal.abort("the user left");
  for (const timeout of [0, 1, null]) {
    const future = new Future<void>();
    await assertRejects(
      () => waitFor(future, timeout, { signal }),
      CancelledError,
      "the user left",
    );
    assert(future.cancelled());
  }
});

Deno.test("waitFor() has a signal that aborts at cancel(), with the CancelledError", async () => {
  const waiting = waitFor(new Future(), 60_000);
  const { signal } = waiting;
  waiting.cancel("why");
  assert(signal.aborted, "synchronously");
  assertStrictEquals(signal.reason, await assertRejects(() => waiting, CancelledError, "why"));
});
