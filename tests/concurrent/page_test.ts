/**
 * Each statement of Python's page about `concurrent.futures`, in the order of that page. The tests of
 * each class hold what this module does beyond the page.
 *
 * @module
 */

import { assert, assertEquals, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import { CancelledError, InvalidStateError, TimeoutError } from "../../mod.ts";
import {
  asCompleted,
  BrokenExecutor,
  ConcurrentFuture,
  executorOf,
  wait,
  WorkerPoolExecutor,
} from "../../concurrent.ts";
import { needs } from "../helpers/capabilities.ts";
import { runProgram } from "../helpers/programs.ts";
import { collectReports } from "../helpers/reports.ts";
import { running } from "../helpers/running_call.ts";
import { microtasks, withResolvers } from "../helpers/turns.ts";
import { WORK } from "../helpers/work_module.ts";

type Work = typeof import("./work.ts");

/** An executor whose calls end when they are told to, and the names of the calls that have begun. */
function makeExecutor() {
  const began: unknown[] = [];
  const gates = new Map<unknown, ReturnType<typeof withResolvers<unknown>>>();
  const gateOf = (key: unknown) => {
    if (!gates.has(key)) gates.set(key, withResolvers<unknown>());
    return gates.get(key)!;
  };
  const executor = executorOf<{ work(key: unknown): unknown }>((_name, [key]) => {
    began.push(key);
    return gateOf(key).promise;
  });
  return { executor, began, gateOf };
}

// Executor objects
// ----------------

Deno.test("Executor.submit() schedules a call, and returns a future that represents it", async () => {
  const { executor, began, gateOf } = makeExecutor();
  const future = executor.submit("work", "a");
  assert(future instanceof ConcurrentFuture);
  assertEquals(began, []);
  await microtasks();
  assertEquals(began, ["a"]);
  gateOf("a").resolve(1);
  assertEquals(await future, 1);
});

Deno.test("Executor.map() collects its arguments at once, and its calls run at the same time", async () => {
  const { executor, began, gateOf } = makeExecutor();
  const taken: number[] = [];
  function* take() {
    for (const n of [1, 2, 3]) {
      taken.push(n);
      yield n;
    }
  }
  const results = executor.map("work", take())[Symbol.asyncIterator]();
  assertEquals(taken, [1, 2, 3]);
  await microtasks();
  assertEquals(began, [1, 2, 3]);
  for (const n of [3, 2, 1]) gateOf(n).resolve(10 * n);
  for (const n of [1, 2, 3]) assertEquals((await results.next()).value, 10 * n);
  assert((await results.next()).done);
});

Deno.test("Executor.map() with a full buffer takes no argument until a result is yielded", async () => {
  const { executor, began, gateOf } = makeExecutor();
  const results = executor.map("work", [1, 2, 3], { bufferSize: 2 })[Symbol.asyncIterator]();
  const first = results.next();
  await microtasks();
  gateOf(2).resolve("two");
  await microtasks();
  assertEquals(began, [1, 2]);
  gateOf(1).resolve("one");
  assertEquals((await first).value, "one");
  const second = results.next();
  await microtasks();
  assertEquals(began, [1, 2, 3]);
  assertEquals((await second).value, "two");
  gateOf(3).resolve("three");
  assertEquals((await results.next()).value, "three");
});

Deno.test("Executor.map() throws what a call throws when its result is due", async () => {
  const { executor, gateOf } = makeExecutor();
  const results = executor.map("work", [1, 2])[Symbol.asyncIterator]();
  gateOf(2).reject(new RangeError("two"));
  gateOf(1).resolve("one");
  assertEquals((await results.next()).value, "one");
  await assertRejects(() => results.next(), RangeError, "two");
});

Deno.test("Executor.map() option timeout counts from the call of map()", async () => {
  const { executor, gateOf } = makeExecutor();
  const results = executor.map("work", [1], { timeout: 0 })[Symbol.asyncIterator]();
  await assertRejects(() => results.next(), TimeoutError);
  gateOf(1).resolve(1);
  await executor.shutdown();
});

Deno.test("Executor.shutdown() lets pending calls end, and refuses submit() and map() from then on", async () => {
  const { executor, gateOf } = makeExecutor();
  const future = executor.submit("work", 1);
  const log: string[] = [];
  const isShutDown = executor.shutdown().then(() => log.push("shut down"));
  assertThrows(() => executor.submit("work", 2), Error, "shut down");
  assertThrows(() => executor.map("work", [2]), Error, "shut down");
  await microtasks();
  assertEquals(log, []);
  gateOf(1).resolve("one");
  assertEquals(await future, "one");
  await isShutDown;
});

Deno.test("Executor.shutdown({ wait: false }) returns at once, though a call is pending", async () => {
  const { executor, gateOf } = makeExecutor();
  const future = executor.submit("work", 1);
  await executor.shutdown({ wait: false });
  assert(!future.done());
  gateOf(1).resolve("one");
  assertEquals(await future, "one");
});

Deno.test("Executor.shutdown({ wait: false }) does not let the program end before its calls", async () => {
  needs("programs");
  const address = new URL("../../concurrent.ts", import.meta.url).href;
  const { code, lines } = await runProgram(`
    import { WorkerPoolExecutor } from "${address}";
    const pool = new WorkerPoolExecutor("${WORK.href}", { maxWorkers: 1 });
    for (const n of [1, 2]) pool.submit("add", n, n).addDoneCallback((f) => console.log(f.result()));
    pool.shutdown({ wait: false });
  `);
  assertEquals([code, lines], [0, ["2", "4"]]);
});

Deno.test("Executor.shutdown({ cancelFutures: true }) cancels what has not started, and nothing else", async () => {
  const { executor, gateOf } = makeExecutor();
  const begun = executor.submit("work", 1);
  await microtasks();
  const waiting = executor.submit("work", 2);
  const isShutDown = executor.shutdown({ cancelFutures: true });
  assert(waiting.cancelled());
  assert(begun.running());
  gateOf(1).resolve("one");
  await isShutDown;
  assertEquals(begun.result(), "one");
});

// ThreadPoolExecutor
// ------------------

Deno.test("WorkerPoolExecutor reuses an idle worker before it starts another", async () => {
  needs("workers");
  await using pool = new WorkerPoolExecutor<Work>(WORK, { maxWorkers: 4 });
  for (const n of [1, 2, 3]) assertEquals(await pool.submit("countCalls"), n);
});

Deno.test("WorkerPoolExecutor fails all calls, and refuses others, after its initializer failed", async () => {
  needs("workers");
  await using pool = new WorkerPoolExecutor<Work>(WORK, { initializer: ["fail", "no database"] });
  const futures = [pool.submit("add", 1, 2), pool.submit("add", 3, 4)];
  for (const future of futures) await assertRejects(async () => await future, BrokenExecutor);
  assertThrows(() => pool.submit("add", 5, 6), BrokenExecutor, "no database");
});

// Future objects
// --------------

Deno.test("ConcurrentFuture.cancel() returns false for a call that runs or has ended, and else true", () => {
  const future = running<number>();
  assertEquals([future.cancel(), future.cancelled()], [false, false]);
  future.setResult(1);
  assertEquals([future.cancel(), future.cancelled()], [false, false]);
  const pending = new ConcurrentFuture<number>();
  assertEquals([pending.cancel(), pending.cancelled()], [true, true]);
});

Deno.test("ConcurrentFuture.running() and done() tell whether a call runs, or has ended or was cancelled", () => {
  const future = running<number>();
  assertEquals([future.running(), future.done()], [true, false]);
  future.setResult(1);
  assertEquals([future.running(), future.done()], [false, true]);
  const cancelled = new ConcurrentFuture<number>();
  cancelled.cancel();
  assertEquals([cancelled.running(), cancelled.done()], [false, true]);
});

for (const method of ["result", "exception"] as const) {
  Deno.test(`ConcurrentFuture.${method}() throws a TimeoutError, or a CancelledError`, () => {
    const future = running<number>();
    assertThrows(() => future[method](0), TimeoutError);
    const cancelled = new ConcurrentFuture<number>();
    cancelled.cancel();
    assertThrows(() => cancelled[method](), CancelledError);
  });
}

Deno.test("ConcurrentFuture.result() throws what the call threw, and exception() returns it, or null", () => {
  const [failed, finished] = [running<number>(), running<number>()];
  const error = new RangeError("x");
  failed.setException(error);
  assertStrictEquals(assertThrows(() => failed.result()), error);
  assertStrictEquals(failed.exception(), error);
  finished.setResult(1);
  assertEquals([finished.result(), finished.exception()], [1, null]);
});

Deno.test("ConcurrentFuture.addDoneCallback() calls back in order, with the future as the only argument", () => {
  const future = running<number>();
  const seen: unknown[][] = [];
  for (const n of [1, 2]) future.addDoneCallback((...args) => seen.push([n, ...args]));
  future.setResult(1);
  assertEquals(seen, [[1, future], [2, future]]);
  future.addDoneCallback((...args) => seen.push([3, ...args]));
  assertEquals(seen.at(-1), [3, future]);
});

Deno.test("ConcurrentFuture logs and ignores what a callback throws", () => {
  using reports = collectReports();
  const future = running<number>();
  let isCalled = false;
  future.addDoneCallback(() => {
    throw new RangeError("x");
  });
  future.addDoneCallback(() => void (isCalled = true));
  future.setResult(1);
  assert(isCalled);
  assertEquals(reports.map(({ exception }) => String(exception)), ["RangeError: x"]);
});

Deno.test("ConcurrentFuture.setRunningOrNotifyCancel() is false for a cancelled call, and else for once", () => {
  const cancelled = new ConcurrentFuture<number>();
  cancelled.cancel();
  assertEquals(cancelled.setRunningOrNotifyCancel(), false);
  const future = new ConcurrentFuture<number>();
  assertEquals([future.setRunningOrNotifyCancel(), future.running()], [true, true]);
  assertThrows(() => future.setRunningOrNotifyCancel(), InvalidStateError);
  future.setResult(1);
  assertThrows(() => future.setRunningOrNotifyCancel(), InvalidStateError);
});

Deno.test("ConcurrentFuture.setResult() and setException() throw if the future is done", () => {
  const future = running<number>();
  future.setResult(1);
  assertThrows(() => future.setResult(2), InvalidStateError);
  assertThrows(() => future.setException(new Error("x")), InvalidStateError);
  assertEquals(future.result(), 1);
});

// Module functions
// ----------------

Deno.test("wait() gives each future once: done, or not done", () => {
  const [a, b] = [running<number>(), running<number>()];
  a.setResult(1);
  const { done, notDone } = wait([a, b, a, b], { timeout: 0 });
  assertEquals([[...done], [...notDone]], [[a], [b]]);
});

Deno.test("wait() option returnWhen: FIRST_COMPLETED ends with a result or a cancellation", () => {
  const [a, b] = [running<number>(), new ConcurrentFuture<number>()];
  b.cancel();
  const { done } = wait([a, b], { returnWhen: "FIRST_COMPLETED" });
  assertEquals([...done], [b]);
});

Deno.test("wait() option returnWhen: FIRST_EXCEPTION ends with a failure, or when all are done", () => {
  const [a, b, c] = [running<number>(), running<number>(), running<number>()];
  a.setResult(1);
  const returnWhen = "FIRST_EXCEPTION";
  assertEquals([...wait([a, b], { returnWhen, timeout: 0 }).notDone], [b]);
  b.setException(new RangeError("x"));
  b.exception();
  assertEquals([...wait([a, b, c], { returnWhen }).notDone], [c]);
  c.setResult(3);
  assertEquals(wait([a, c], { returnWhen }).done.size, 2);
});

Deno.test("asCompleted() yields each future once, those first that were done before", () => {
  const [a, b] = [running<number>(), running<number>()];
  b.setResult(2);
  const iterator = asCompleted([a, b, b, a]);
  assertStrictEquals(iterator.next().value, b);
  a.setResult(1);
  assertStrictEquals(iterator.next().value, a);
  assert(iterator.next().done);
});

Deno.test("asCompleted() throws a TimeoutError once the time is over that began with the call", () => {
  const iterator = asCompleted([running<number>()], { timeout: 0 });
  assertThrows(() => iterator.next(), TimeoutError);
});
