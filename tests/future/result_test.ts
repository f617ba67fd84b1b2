import {
  assertEquals,
  assertInstanceOf,
  assertLess,
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
import { endOf, growthOf, hostTurn, leastOf, microtasks } from "../helpers/turns.ts";

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

Deno.test("Future that is its own result through other futures makes each await throw, however many", async () => {
  const makeChain = (length: number, last: unknown) => {
    const futures = Array.from({ length }, () => new Future<unknown>());
    futures.forEach((future, i) => {
      if (i < length - 1) future.setResult(futures[i + 1]);
      else if (last !== undefined) future.setResult(last);
    });
    return futures;
  };
  // A circle of 50, and 30 futures that lead to its middle.
  const circle = makeChain(50, undefined);
  const tail = makeChain(30, circle[20]);
  // The waits that begin before the circle is closed look at a way that has an end.
  const early = [...tail, ...circle].map((future) => endOf(future));
  await microtasks(200);
  circle.at(-1)!.setResult(circle[0]);
  for (const end of [...early, ...[...circle, ...tail].map((future) => endOf(future))]) {
    assertInstanceOf(await end, TypeError);
  }
});

Deno.test("await on a chain of results takes time in proportion to its length", async () => {
  const endings = ["value", "pending", "circle"] as const;
  for (const ending of endings) {
    const measure = async (length: number) => {
      const futures = Array.from({ length }, () => new Future<unknown>());
      for (let i = 1; i < length; i++) futures[i - 1]!.setResult(futures[i]);
      const last = futures.at(-1)!;
      if (ending === "value") last.setResult(1);
      if (ending === "circle") last.setResult(futures[length >> 1]);
      const start = performance.now();
      const end = endOf(futures[0]!);
      if (ending === "pending") {
        await hostTurn();
        last.setResult(1);
      }
      const outcome = await end;
      if (ending === "circle") assertInstanceOf(outcome, TypeError);
      else assertEquals(outcome, 1);
      return performance.now() - start;
    };
    // Twenty times the length takes about twenty times as long, or 400 times if each future on the
    // way leads to a look at the rest of the way.
    const ratio = await leastOf(100, () => growthOf(measure, 500, 10_000));
    assertLess(ratio, 100, ending);
  }
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
