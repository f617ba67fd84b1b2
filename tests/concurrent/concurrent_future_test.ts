import {
  assert,
  assertEquals,
  assertFalse,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import {
  asCompleted as asCompletedOfLoop,
  CancelledError,
  createTask,
  Future,
  InvalidStateError,
  TimeoutError,
  wait as waitOfLoop,
  wrapFuture,
} from "../../mod.ts";
import { asCompleted, ConcurrentFuture, wait } from "../../concurrent.ts";
import { needs } from "../helpers/capabilities.ts";
import { collectGarbage } from "../helpers/garbage.ts";
import { collectReports } from "../helpers/reports.ts";
import { running } from "../helpers/running_call.ts";
import { microtasks } from "../helpers/turns.ts";

// State
// -----

Deno.test("ConcurrentFuture is pending, runs and has finished", () => {
  const future = new ConcurrentFuture<number>();
  const look = () => [future.running(), future.done(), future.cancelled()];
  assertEquals(look(), [false, false, false]);
  assert(future.setRunningOrNotifyCancel());
  assertEquals(look(), [true, false, false]);
  future.setResult(42);
  assertEquals(look(), [false, true, false]);
  assertEquals(future.result(), 42);
  assertEquals(future.exception(), null);
});

Deno.test("ConcurrentFuture throws what the call has thrown, whatever that is", () => {
  for (const thrown of [new RangeError("x"), "text", 0, undefined, null]) {
    const future = running<never>();
    future.setException(thrown);
    let caught: unknown = "nothing";
    try {
      future.result();
    } catch (error) {
      caught = error;
    }
    assertStrictEquals(caught, thrown);
    assertStrictEquals(future.exception(), thrown);
  }
});

Deno.test("ConcurrentFuture.setException() makes an error of an error class", () => {
  const future = running<never>();
  future.setException(RangeError);
  assertThrows(() => future.result(), RangeError);
});

Deno.test("ConcurrentFuture takes one outcome only", () => {
  const future = running<number>();
  future.setResult(1);
  const text = "received <ConcurrentFuture finished result=1>";
  assertThrows(() => future.setResult(2), InvalidStateError, text);
  assertThrows(() => future.setException(new Error("x")), InvalidStateError, text);
  assertEquals(future.result(), 1);
});

Deno.test("ConcurrentFuture.setRunningOrNotifyCancel() is called once, before the outcome", () => {
  const future = running<number>();
  assertThrows(() => future.setRunningOrNotifyCancel(), InvalidStateError, "running");
  future.setResult(1);
  assertThrows(() => future.setRunningOrNotifyCancel(), InvalidStateError, "finished");
});

// Cancellation
// ------------

Deno.test("ConcurrentFuture.cancel() cancels a call that has not begun", () => {
  const future = new ConcurrentFuture<number>();
  assert(future.cancel());
  assert(future.cancel());
  assertEquals([future.cancelled(), future.done(), future.running()], [true, true, false]);
  assertFalse(future.setRunningOrNotifyCancel());
  assertThrows(() => future.result(), CancelledError);
  assertThrows(() => future.exception(), CancelledError);
  assertThrows(() => future.setResult(1), InvalidStateError, "cancelled");
});

Deno.test("ConcurrentFuture.cancel() leaves a call alone that runs, or has ended", () => {
  const future = running<number>();
  assertFalse(future.cancel());
  assert(future.running());
  future.setResult(1);
  assertFalse(future.cancel());
  assertEquals(future.result(), 1);
});

Deno.test("ConcurrentFuture.cancel() asks a running call to end if its executor can do that", () => {
  let asked = 0;
  const future = running<number>(() => asked++);
  assertFalse(future.cancel());
  assertEquals(asked, 1);
  future.setResult(1);
  assertFalse(future.cancel());
  assertEquals(asked, 1);
});

// Callbacks
// ---------

Deno.test("ConcurrentFuture.addDoneCallback() calls back at once, in the order of the calls", () => {
  const future = running<number>();
  const seen: unknown[] = [];
  future.addDoneCallback((done) => seen.push("a", done));
  future.addDoneCallback(() => seen.push("b"));
  assertEquals(seen, []);
  future.setResult(1);
  assertEquals(seen, ["a", future, "b"]);
  future.addDoneCallback(() => seen.push("c"));
  assertEquals(seen.at(-1), "c");
});

Deno.test("ConcurrentFuture.addDoneCallback() calls back when the future is cancelled", () => {
  const future = new ConcurrentFuture<number>();
  let seen: unknown;
  future.addDoneCallback((done) => seen = done);
  future.cancel();
  assertStrictEquals(seen, future);
});

Deno.test("ConcurrentFuture reports what a done callback throws, and goes on", () => {
  using reports = collectReports();
  const future = running<number>();
  const seen: string[] = [];
  future.addDoneCallback(() => {
    throw new RangeError("x");
  });
  future.addDoneCallback(() => seen.push("next"));
  future.setResult(1);
  assertEquals(seen, ["next"]);
  assertEquals(reports.map(({ exception }) => String(exception)), ["RangeError: x"]);
});

Deno.test("ConcurrentFuture may be asked from within its callback", () => {
  const future = running<number>();
  const seen: unknown[] = [];
  future.addDoneCallback(() => {
    seen.push(future.result(), future.cancel());
    future.addDoneCallback(() => seen.push("inner"));
  });
  future.setResult(1);
  assertEquals(seen, [1, false, "inner"]);
});

// Blocking
// --------

Deno.test("ConcurrentFuture.result() throws if nothing could end the wait", () => {
  const future = new ConcurrentFuture<number>();
  const text = "received <ConcurrentFuture pending>";
  assertThrows(() => future.result(), Error, text);
  assertThrows(() => future.exception(), Error, text);
});

Deno.test("ConcurrentFuture.result(0) and less looks, and does not block", () => {
  for (const timeout of [0, -1]) {
    const future = new ConcurrentFuture<number>();
    assertThrows(() => future.result(timeout), TimeoutError, "as the time is over");
    assertThrows(() => future.exception(timeout), TimeoutError, "as the time is over");
    future.setResult(1);
    assertEquals(future.result(timeout), 1);
  }
});

Deno.test("ConcurrentFuture.result() takes a time in milliseconds, or null", () => {
  const future = running<number>();
  future.setResult(1);
  for (const timeout of ["1", {}, NaN]) {
    assertThrows(() => future.result(timeout as number), TypeError, "timeout is no number");
  }
  assertEquals(future.result(null), 1);
});

// Waiting
// -------

Deno.test("ConcurrentFuture can be awaited, in async functions and in generators", async () => {
  const future = running<number>();
  const task = createTask(function* () {
    return yield* future;
  });
  setTimeout(() => future.setResult(1), 1);
  assertEquals([await future, await task, await wrapFuture(future)], [1, 1, 1]);
});

Deno.test("ConcurrentFuture passes the cancellation of a task on that waits for it", async () => {
  needs("contextOfPromises");
  const future = new ConcurrentFuture<number>();
  const task = createTask(async () => await future);
  await microtasks();
  task.cancel();
  await assertRejects(() => task, CancelledError);
  assert(future.cancelled());
});

Deno.test("wait() blocks for none that is done already, and tells them apart", () => {
  const [a, b, c] = [1, 2, 3].map(() => running<number>());
  a!.setResult(1);
  b!.setException(new Error("x"));
  const look = (returnWhen: "FIRST_COMPLETED" | "FIRST_EXCEPTION" | "ALL_COMPLETED") => {
    const { done, notDone } = wait([a!, b!, c!, a!], { returnWhen, timeout: 0 });
    return [[...done], [...notDone]];
  };
  for (const when of ["FIRST_COMPLETED", "FIRST_EXCEPTION", "ALL_COMPLETED"] as const) {
    assertEquals(look(when), [[a, b], [c]]);
  }
});

Deno.test("asCompleted() gives the futures in the order in which they are done", () => {
  const [a, b, c] = [1, 2, 3].map(() => running<number>());
  b!.setResult(2);
  const iterator = asCompleted([a!, b!, c!, b!]);
  assertStrictEquals(iterator.next().value, b);
  c!.setResult(3);
  a!.setResult(1);
  assertEquals([...iterator], [c, a]);
});

Deno.test("asCompleted() throws a TimeoutError when the time is over", () => {
  const futures = [running<number>(), running<number>()];
  futures[0]!.setResult(1);
  const iterator = asCompleted(futures, { timeout: 0 });
  assertStrictEquals(iterator.next().value, futures[0]);
  assertThrows(() => iterator.next(), TimeoutError, "1 (of 2) futures unfinished");
});

// The differences that asyncio's page lists
// -----------------------------------------

Deno.test("Future.result() takes no timeout, and throws when the future is not done", () => {
  const future = new Future<number>();
  assertEquals(future.result.length, 0);
  assertThrows(() => future.result(), InvalidStateError);
  assertThrows(() => future.exception(), InvalidStateError);
});

Deno.test("Future calls its done callbacks through the loop, a ConcurrentFuture at once", async () => {
  const [future, concurrent] = [new Future<number>(), running<number>()];
  const seen: string[] = [];
  future.addDoneCallback(() => seen.push("future"));
  concurrent.addDoneCallback(() => seen.push("concurrent"));
  future.setResult(1);
  concurrent.setResult(1);
  assertEquals(seen, ["concurrent"]);
  await microtasks();
  assertEquals(seen, ["concurrent", "future"]);
});

Deno.test("wait() and asCompleted() of both kinds of future take no other", () => {
  const [future, concurrent] = [new Future<number>(), running<number>()];
  assertThrows(() => wait([future as never]), TypeError, "not a ConcurrentFuture");
  assertThrows(() => asCompleted([future as never]), TypeError, "not a ConcurrentFuture");
  assertThrows(() => waitOfLoop([concurrent as never]), TypeError);
  assert(asCompletedOfLoop([concurrent])); // a promise-like, as any other
  future.cancel();
  concurrent.setResult(1);
});

// Reports
// -------

Deno.test("ConcurrentFuture reports a failure that nobody looks at", async () => {
  needs("finalization");
  using reports = collectReports();
  (() => running<never>().setException(new RangeError("lost")))();
  const seen = running<never>();
  seen.setException(new RangeError("seen"));
  seen.exception();
  const called = running<never>();
  called.addDoneCallback(() => {});
  called.setException(new RangeError("called"));
  await collectGarbage(() => reports.length > 0);
  assertEquals(reports.map(({ exception }) => String(exception)), ["RangeError: lost"]);
});

// Representation
// --------------

Deno.test("ConcurrentFuture shows its state and its outcome", () => {
  const show = (change?: (future: ConcurrentFuture<unknown>) => void) => {
    const future = new ConcurrentFuture<unknown>();
    change?.(future);
    return String(future);
  };
  assertEquals(show(), "<ConcurrentFuture pending>");
  assertEquals(show((f) => f.setRunningOrNotifyCancel()), "<ConcurrentFuture running>");
  assertEquals(show((f) => f.cancel()), "<ConcurrentFuture cancelled>");
  assertEquals(show((f) => f.setResult("a")), '<ConcurrentFuture finished result="a">');
  const failed = show((f) => (f.setException(new Error("x")), f.exception()));
  assertEquals(failed, "<ConcurrentFuture finished exception=Error: x>");
});

// Misuse
// ------

Deno.test("ConcurrentFuture checks what it is given", () => {
  const future = new ConcurrentFuture<number>();
  assertThrows(() => future.addDoneCallback(1 as never), TypeError, "the callback is no function");
  assertThrows(() => new ConcurrentFuture({ cancelRunning: 1 as never }), TypeError, "no function");
  assertThrows(() => new ConcurrentFuture(1 as never), TypeError, "its options are no object");
  assertThrows(() => wait(1 as never), TypeError, "not in an iterable");
  assertThrows(() => wait([future], { timeout: "1" as never }), TypeError, "no number");
  assertThrows(() => wait([future], { returnWhen: "ALL" as never }), TypeError, "FIRST_COMPLETED");
  assertThrows(() => asCompleted([future], { timeout: NaN }), TypeError, "no number");
  assertEquals(String(future), "<ConcurrentFuture pending>");
});
