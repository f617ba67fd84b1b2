import {
  assert,
  assertEquals,
  assertFalse,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { CancelledError, createTask, Future } from "../../mod.ts";
import {
  cancelled,
  doneAndCancelled,
  markRetrieved,
  withException,
  withResult,
} from "../helpers/futures.ts";
import { hostTurn, microtasks } from "../helpers/turns.ts";

// Cancellation
// ------------

Deno.test("Future.cancel() cancels a pending future", () => {
  const future = new Future();
  assertEquals(future.cancel(), true);
  assertEquals(doneAndCancelled(future), [true, true]);
});

Deno.test("Future.cancel() returns false on a done future and changes nothing", () => {
  const failed = withException(new Error("x"));
  for (const future of [withResult(1), failed, cancelled("first")]) {
    const before = String(future);
    assertEquals(future.cancel("second"), false);
    assertEquals(String(future), before);
  }
  markRetrieved(failed);
  assertThrows(
    () => {
      const future = cancelled("first");
      future.cancel("second");
      future.result();
    },
    CancelledError,
    "first",
  );
});

Deno.test("Future.result() and exception() throw a CancelledError on a cancelled future", () => {
  const future = cancelled("enough");
  const error = assertThrows(() => future.result(), CancelledError, "enough");
  assertStrictEquals(assertThrows(() => future.exception()), error);
});

Deno.test("Future.cancel() makes a single error, which is thrown to everybody", async () => {
  const future = new Future();
  const { signal } = future;
  const waiting = [future.then(() => {}, (error) => error), future.catch((error) => error)];
  future.cancel("once");
  const errors = new Set(await Promise.all(waiting));
  errors.add(assertThrows(() => future.result()));
  errors.add(assertThrows(() => future.exception()));
  errors.add(signal.reason);
  assertEquals(errors.size, 1);
});

Deno.test("Future[Symbol.dispose]() cancels unless done", () => {
  let pending: Future<number>, finished: Future<number>;
  {
    using a = new Future<number>();
    using b = new Future<number>();
    b.setResult(1);
    pending = a;
    finished = b;
  }
  assert(pending.cancelled());
  assertEquals(finished.result(), 1);
});

Deno.test("Future is not cancelled with a task that only called its then()", async () => {
  const left = new Future<number>();
  const task = createTask(async () => {
    left.then((value) => value, () => 0).then();
    await new Future<void>();
  });
  await hostTurn();
  task.cancel();
  await assertRejects(() => task, CancelledError);
  assertFalse(left.done());
});

// Reason
// ------

Deno.test("Future.cancel() makes a string the message of the error", () => {
  assertEquals(assertThrows(() => cancelled("why").result(), CancelledError).message, "why");
  assertEquals(assertThrows(() => cancelled("").result(), CancelledError).message, "");
});

Deno.test("Future.cancel() uses a CancelledError as it is", () => {
  const error = new CancelledError("mine");
  assertStrictEquals(assertThrows(() => cancelled(error).result()), error);
});

Deno.test("Future.cancel() makes any other reason the cause of the error", () => {
  for (const reason of [new Error("deeper"), 42, null, { code: 1 }]) {
    const error = assertThrows(() => cancelled(reason).result(), CancelledError);
    assertStrictEquals(error.cause, reason);
  }
  const error = assertThrows(() => cancelled().result(), CancelledError);
  assertFalse(Object.hasOwn(error, "cause"));
});

Deno.test("Future.cancel() takes a reason whose name throws when it is read", async () => {
  const reason = Object.defineProperty(new Error("x"), "name", {
    get() {
      throw new Error("not now");
    },
  });
  const future = new Future<void>();
  let called = false;
  future.addDoneCallback(() => called = true);
  future.cancel(reason);
  await microtasks();
  assert(called);
  const error = await assertRejects(async () => await future, CancelledError);
  assertStrictEquals(error.cause, reason);
});
