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
  type ConcurrentFuture,
  createTask,
  Future,
  newEventLoop,
  wrapFuture,
} from "../../mod.ts";
import { makeManualLoop } from "../helpers/manual_loop.ts";
import { microtasks } from "../helpers/turns.ts";

/** Makes a future like those of `concurrent.futures`, which the test settles. */
function makeConcurrentFuture<T>() {
  const callbacks: ((future: ConcurrentFuture<T>) => unknown)[] = [];
  let state: { result: T } | { exception: unknown } | "pending" | "cancelled" = "pending";
  let cancels = 0;
  const future: ConcurrentFuture<T> = {
    addDoneCallback(callback) {
      if (state === "pending") callbacks.push(callback);
      else callback(future);
    },
    cancel: () => cancels++ === 0,
    cancelled: () => state === "cancelled",
    exception: () => typeof state === "object" && "exception" in state ? state.exception : null,
    result: () => (state as { result: T }).result,
  };
  return {
    future,
    cancels: () => cancels,
    settle(value: typeof state) {
      state = value;
      for (const callback of callbacks) callback(future);
    },
  };
}

// Result and failure
// ------------------

Deno.test("wrapFuture() copies the result, the exception or the cancellation", async () => {
  const [a, b, c] = [1, 2, 3].map(() => makeConcurrentFuture<number>());
  const wrapped: Future<number>[] = [a, b, c].map((each) => wrapFuture(each!.future));
  assert(wrapped.every((future) => !future.done()));
  a!.settle({ result: 1 });
  b!.settle({ exception: new RangeError("x") });
  c!.settle("cancelled");
  assertEquals(await wrapped[0], 1);
  await assertRejects(() => wrapped[1]!, RangeError);
  await assertRejects(() => wrapped[2]!, CancelledError);
  assert(wrapped[2]!.cancelled());
  await microtasks();
  assertEquals(a!.cancels() + b!.cancels(), 0);
});

Deno.test("wrapFuture() takes an object that is done already", async () => {
  const source = makeConcurrentFuture<number>();
  source.settle({ result: 1 });
  assertEquals(await wrapFuture(source.future), 1);
});

Deno.test("wrapFuture() takes undefined for no exception", async () => {
  const source = makeConcurrentFuture<number>();
  source.future.exception = () => undefined;
  source.settle({ result: 1 });
  assertEquals(await wrapFuture(source.future), 1);
});

Deno.test("wrapFuture() fails with the error that a method of the object throws", async () => {
  const source = makeConcurrentFuture<number>();
  const future = wrapFuture(source.future);
  source.future.result = () => {
    throw new RangeError("no result after all");
  };
  source.settle({ result: 1 });
  await assertRejects(() => future, RangeError);
});

// Cancellation
// ------------

Deno.test("wrapFuture() cancels the object with the future, and ignores its later outcome", async () => {
  const source = makeConcurrentFuture<number>();
  const future = wrapFuture(source.future);
  future.cancel();
  await microtasks();
  assertEquals(source.cancels(), 1);
  source.settle({ result: 1 });
  assert(future.cancelled());
});

Deno.test("wrapFuture() does not ask a cancelled object for its exception", async () => {
  const source = makeConcurrentFuture<number>();
  source.future.exception = () => {
    throw new RangeError("was cancelled");
  };
  source.settle("cancelled");
  const future = wrapFuture(source.future);
  await assertRejects(() => future, CancelledError);
  assert(future.cancelled());
});

Deno.test("wrapFuture() option onLate gets the result of an object that ran on, also when the loop is closed", async () => {
  for (const closes of [false, true]) {
    const late: number[] = [];
    const onLate = (result: number) => late.push(result);
    const loop = newEventLoop();
    const sources = [1, 2, 3, 4].map(() => makeConcurrentFuture<number>());
    const futures = sources.map(({ future }) => wrapFuture(future, { loop, onLate }));
    for (const future of futures.slice(1)) future.cancel();
    await microtasks();
    if (closes) loop.close();
    sources[0]!.settle({ result: 1 });
    sources[1]!.settle({ result: 2 });
    sources[2]!.settle({ exception: new RangeError("x") });
    sources[3]!.settle("cancelled");
    await microtasks();
    assertEquals(late, [2]);
    assertEquals(futures.map((future) => future.done()), [!closes, true, true, true]);
  }
});

Deno.test("wrapFuture() option onLate gets a result that its task is not given", async () => {
  for (let turns = 0; turns < 8; turns++) {
    let open = 0;
    const source = makeConcurrentFuture<number>();
    const task = createTask(async () => {
      await wrapFuture(source.future, { onLate: () => open-- });
      open--;
      await new Future<void>();
    });
    await microtasks();
    open++;
    source.settle({ result: 1 });
    await microtasks(turns);
    task.cancel();
    await assertRejects(() => task, CancelledError);
    await microtasks();
    assertEquals(open, 0, `after ${turns} turns`);
  }
});

// Loop
// ----

Deno.test("wrapFuture() copies the outcome in a callback of the loop, not at once", async () => {
  const source = makeConcurrentFuture<number>();
  const late = wrapFuture(source.future);
  const early = wrapFuture(source.future);
  source.settle({ result: 42 });
  assertFalse(late.done());
  assert(early.cancel());
  assertEquals(await late, 42);
  assert(early.cancelled() && source.cancels() === 1);

  const loop = makeManualLoop();
  const other = makeConcurrentFuture<number>();
  const onManual = wrapFuture(other.future, { loop });
  other.settle({ result: 42 });
  assertFalse(onManual.done());
  loop.drain();
  assertEquals(onManual.result(), 42);
});

Deno.test("wrapFuture() ignores an object that is done after the loop was closed", () => {
  const loop = makeManualLoop();
  const source = makeConcurrentFuture<number>();
  const future = wrapFuture(source.future, { loop });
  loop.close();
  source.settle({ result: 42 });
  assertFalse(future.done());
});

// Misuse
// ------

Deno.test("wrapFuture() returns a future as it is, uses the loop, and refuses other values", () => {
  const future = new Future<number>();
  assertStrictEquals(wrapFuture(future), future);
  const wrap = wrapFuture as (value: unknown, options?: unknown) => unknown;
  for (const value of [3, null, undefined, {}]) {
    assertThrows(
      () => wrap(value),
      TypeError,
      "Cannot wrap a future as it has no addDoneCallback method: received ",
    );
  }
  assertThrows(
    () => wrap(Promise.resolve()),
    TypeError,
    "as it has no addDoneCallback method (use ensureFuture for a promise): received [Promise]",
  );
  const { result: _, ...incomplete } = makeConcurrentFuture().future;
  assertThrows(() => wrap(incomplete), TypeError, "as it has no result method");
  assertThrows(() => wrap(future, { loop: 3 }), TypeError, "no event loop");
  const loop = makeManualLoop();
  assertStrictEquals(wrapFuture(makeConcurrentFuture().future, { loop }).getLoop(), loop);
});

Deno.test("wrapFuture() refuses an object that lacks any method", () => {
  const wrap = wrapFuture as (value: unknown) => unknown;
  const source = makeConcurrentFuture<number>().future;
  for (const name of Object.keys(source)) {
    assertThrows(() => wrap({ ...source, [name]: undefined }), TypeError, `has no ${name} method`);
  }
});
