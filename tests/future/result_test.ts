import {
  assertEquals,
  assertNotStrictEquals,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { Future, InvalidStateError, sleep } from "../../mod.ts";
import {
  cancelled,
  doneAndCancelled,
  markRetrieved,
  withException,
  withResult,
} from "../helpers/futures.ts";
import { microtasks } from "../helpers/turns.ts";

// Result
// ------

Deno.test("Future.setResult() finishes the future with a result", () => {
  const future = withResult(42);
  assertEquals(doneAndCancelled(future), [true, false]);
  assertEquals(future.result(), 42);
  assertEquals(future.exception(), null);
});

Deno.test("Future.setResult() needs no argument on a Future<void>", () => {
  const future = new Future<void>();
  future.setResult();
  assertEquals(future.result(), undefined);
});

Deno.test("Future gives its result to everybody who awaits it, before or after it is set", async () => {
  const future = new Future<number>();
  const first = (async () => await future)();
  future.setResult(1);
  const second = (async () => await future)();
  await sleep(0);
  const third = (async () => await future)();
  assertEquals(await Promise.all([first, second, third, future]), [1, 1, 1, 1]);
  assertNotStrictEquals(future.then(), future.then());
});

// Promises and futures as results
// -------------------------------

Deno.test("Future.setResult() stores a promise as it is, and await unwraps it", async () => {
  const promise = Promise.resolve("inner");
  const future = withResult(promise);
  assertStrictEquals(future.result(), promise);
  assertEquals(await future, "inner");
});

Deno.test("Future.setResult() stores a future as it is, and await unwraps it", async () => {
  const inner = new Future<string>();
  const outer = withResult(inner);
  assertStrictEquals(outer.result(), inner);
  const waiting = (async () => await outer)();
  await microtasks();
  inner.setResult("inner");
  assertEquals(await waiting, "inner");
});

Deno.test("Future.setResult() with the future itself makes await throw instead of hang", async () => {
  const future = new Future<unknown>();
  future.setResult(future);
  await assertRejects(async () => await future, TypeError, "its own result");
});

Deno.test("Future that is its own result through other futures makes await throw", async () => {
  const futures = Array.from({ length: 3 }, () => new Future<unknown>());
  futures.forEach((future, i) => future.setResult(futures[(i + 1) % 3]));
  const outside = new Future<unknown>();
  outside.setResult(futures[0]);
  for (const future of [...futures, outside]) {
    await assertRejects(async () => await future, TypeError, "it is its own result");
  }
  const chain = new Future<unknown>();
  chain.setResult(sleep(0, { result: 1 }));
  assertEquals(await chain, 1);
});

// Misuse
// ------

Deno.test("Future.result() and exception() throw on a pending future", () => {
  const future = new Future();
  assertThrows(
    () => future.result(),
    InvalidStateError,
    "Cannot get the result as the future is pending: <Future pending>",
  );
  assertThrows(
    () => future.exception(),
    InvalidStateError,
    "Cannot get the exception as the future is pending: <Future pending>",
  );
});

Deno.test("Future.setResult() and setException() throw on a done future", () => {
  const shown = [
    [withResult(42), "<Future finished result=42>"],
    [withException(new TypeError("bad")), "<Future finished exception=TypeError: bad>"],
    [cancelled(), "<Future cancelled>"],
  ] as const;
  for (const [future, representation] of shown) {
    assertThrows(
      () => (future as Future<number>).setResult(1),
      InvalidStateError,
      `Cannot set the result as the future is done: ${representation}`,
    );
    assertThrows(
      () => future.setException(new Error("late")),
      InvalidStateError,
      `Cannot set the exception as the future is done: ${representation}`,
    );
    assertEquals(String(future), representation);
  }
  markRetrieved(shown[1][0]);
});
