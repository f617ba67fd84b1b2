import {
  assert,
  assertEquals,
  assertFalse,
  assertInstanceOf,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { CancelledError, ensureFuture, Future, Task } from "../../mod.ts";
import { foreignAborts, untilAborted } from "../helpers/foreign_aborts.ts";
import { makeManualLoop } from "../helpers/manual_loop.ts";
import { collectReports } from "../helpers/reports.ts";
import { hostTurn, microtasks } from "../helpers/turns.ts";

// Result and failure
// ------------------

Deno.test("ensureFuture() returns a future as it is", () => {
  const future = new Future<number>();
  const same: Future<number> = ensureFuture(future);
  assertStrictEquals(same, future);
  const task: Task<number> = new Task(() => 1);
  const sameTask: Task<number> = ensureFuture(task);
  assertStrictEquals(sameTask, task);
});

Deno.test("ensureFuture() makes a task of a generator coroutine", async () => {
  const task: Task<number> = ensureFuture((function* () {
    yield;
    return 1;
  })());
  assertInstanceOf(task, Task);
  assertEquals(await task, 1);
});

Deno.test("ensureFuture() makes a future of a promise, with its result, error or cancellation", async () => {
  const future: Future<number> = ensureFuture(Promise.resolve(1));
  assertFalse(future.done());
  assertEquals(await future, 1);
  const error = new RangeError("x");
  assertStrictEquals(await assertRejects(() => ensureFuture(Promise.reject(error))), error);
  const rejected = ensureFuture(Promise.reject(new CancelledError("theirs")));
  await assertRejects(() => rejected, CancelledError, "theirs");
  assert(rejected.cancelled());
});

Deno.test("ensureFuture() makes a future of any thenable, and keeps its first outcome", async () => {
  const thenable = {
    then(resolve: (value: number) => void, reject: (reason: unknown) => void) {
      resolve(1);
      resolve(2);
      reject(3);
    },
  } as PromiseLike<number>;
  assertEquals(await ensureFuture(thenable), 1);
  const broken = {
    then() {
      throw new RangeError("x");
    },
  } as PromiseLike<number>;
  await assertRejects(() => ensureFuture(broken), RangeError);
});

Deno.test("ensureFuture() takes a function with a then method, and no object with another then", async () => {
  const callable = Object.assign(() => {}, {
    then: (resolve: (value: number) => void) => resolve(1),
  });
  assertEquals(await ensureFuture(callable as unknown as PromiseLike<number>), 1);
  assertThrows(
    () => ensureFuture({ then: 1 } as never),
    TypeError,
    "it is no future, generator or promise",
  );
});

// Cancellation
// ------------

Deno.test("ensureFuture() leaves a cancelled future as it is, and reports a later rejection", async () => {
  using reports = collectReports();
  for (const promise of [Promise.resolve(1), Promise.reject(new Error("x"))]) {
    const future = ensureFuture(promise);
    future.cancel("ours");
    await microtasks();
    assertThrows(() => future.result(), CancelledError, "ours");
  }
  assertEquals(
    reports.map(({ message }) => message),
    ["Promise was rejected after its future was done"],
  );
});

Deno.test("ensureFuture() reports no later rejection with the error of a library that was aborted", async () => {
  using reports = collectReports();
  for (const [, make] of foreignAborts) {
    const controller = new AbortController();
    const future = ensureFuture(untilAborted(controller.signal, make));
    future.signal.addEventListener("abort", () => controller.abort(future.signal.reason));
    future.cancel();
  }
  await hostTurn();
  assertEquals(reports.length, 0);
});

Deno.test("ensureFuture() reports the abort error of a promise whose future was settled otherwise", async () => {
  using reports = collectReports();
  const error = new DOMException("stopped", "AbortError");
  const future = ensureFuture(Promise.reject(error));
  future.setResult(undefined as never);
  await hostTurn();
  assertEquals(reports.map(({ exception }) => exception), [error]);
});

// Loop
// ----

Deno.test("ensureFuture() uses the loop it is given", () => {
  const loop = makeManualLoop();
  assertStrictEquals(ensureFuture(Promise.resolve(), { loop }).getLoop(), loop);
  const task = ensureFuture(
    (function* () {
      yield;
      return 1;
    })(),
    { loop },
  );
  loop.drain();
  assertEquals(task.result(), 1);
});

// Misuse
// ------

Deno.test("ensureFuture() refuses values that cannot be waited for, and bad options", () => {
  const ensure = ensureFuture as (value: unknown, options?: unknown) => unknown;
  assertThrows(
    () => ensure(async function load() {}),
    TypeError,
    "Cannot ensure a future as it is no future, generator or promise (use createTask): " +
      "received [Function load]",
  );
  for (const value of [3, null, undefined, {}, (async function* () {})()]) {
    assertThrows(
      () => ensure(value),
      TypeError,
      "as it is no future, generator or promise: received ",
    );
  }
  assertThrows(() => ensure(new Future(), 3), TypeError, "options are no object");
  assertThrows(() => ensure(new Future(), { loop: 3 }), TypeError, "no event loop");
});
