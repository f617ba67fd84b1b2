import {
  assert,
  assertEquals,
  assertFalse,
  assertLess,
  assertStrictEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { FakeTime } from "@std/testing/time";
import {
  AsyncContext,
  type Context,
  createTask,
  type ExceptionContext,
  Future,
  getEventLoop,
} from "../../mod.ts";
import { needs } from "../helpers/capabilities.ts";
import { markRetrieved, withResult } from "../helpers/futures.ts";
import { heapUsed } from "../helpers/garbage.ts";
import { makeManualLoop } from "../helpers/manual_loop.ts";
import { collectReports, collectUnhandled } from "../helpers/reports.ts";
import { growthOf, hostTurn, leastOf, microtasks } from "../helpers/turns.ts";

// Calls
// -----

Deno.test("Future.addDoneCallback() calls later, with the future, in the order of addition", async () => {
  const future = new Future<number>();
  const calls: unknown[][] = [];
  future.addDoneCallback((...args) => calls.push(["a", ...args]));
  future.addDoneCallback((...args) => calls.push(["b", ...args]));
  future.setResult(1);
  assertEquals(calls, []);
  await microtasks();
  assertEquals(calls.map(([name, ...args]) => [name, args.length]), [["a", 1], ["b", 1]]);
  assertStrictEquals(calls[0]![1], future);
});

Deno.test("Future.addDoneCallback() calls after a result, an exception and a cancellation", async () => {
  for (
    const settle of [
      (future: Future<number>) => future.setResult(1),
      (future: Future<number>) => future.setException(new Error("x")),
      (future: Future<number>) => future.cancel(),
    ]
  ) {
    const future = new Future<number>();
    let seen = "";
    future.addDoneCallback((future) => {
      seen = String(future);
      if (!future.cancelled()) markRetrieved(future);
    });
    settle(future);
    await microtasks();
    assertEquals(seen, String(future));
  }
});

Deno.test("Future.addDoneCallback() on a done future calls in the next microtask", async () => {
  const future = withResult(1);
  let called = false;
  future.addDoneCallback(() => called = true);
  assertFalse(called);
  await microtasks(1);
  assert(called);
});

Deno.test("Future.addDoneCallback() calls a function twice that was added twice", async () => {
  const future = new Future<void>();
  let calls = 0;
  const callback = () => calls++;
  future.addDoneCallback(callback);
  future.addDoneCallback(callback);
  future.setResult();
  await microtasks();
  assertEquals(calls, 2);
});

Deno.test("Future.addDoneCallback() inside a callback calls after the other callbacks", async () => {
  const future = new Future<void>();
  const order: string[] = [];
  future.addDoneCallback((future) => {
    order.push("outer");
    future.addDoneCallback(() => order.push("inner"));
  });
  future.addDoneCallback(() => order.push("second"));
  future.setResult();
  await microtasks();
  assertEquals(order, ["outer", "second", "inner"]);
});

Deno.test("Future.addDoneCallback() takes callbacks that settle and cancel futures", async () => {
  const [a, b] = [new Future<number>(), new Future<number>()];
  const order: string[] = [];
  a.addDoneCallback(() => b.setResult(2));
  a.addDoneCallback(() => order.push("a"));
  b.addDoneCallback(() => order.push("b"));
  b.addDoneCallback(() => order.push(String(a.cancel())));
  a.setResult(1);
  await microtasks();
  assertEquals(order, ["a", "b", "false"]);
});

Deno.test("Future may be settled by a callback of the loop", async () => {
  const future = new Future<string>();
  const waiting = (async () => await future)();
  getEventLoop().callSoon(() => future.setResult("from a callback"));
  assertEquals(await waiting, "from a callback");
});

Deno.test("Future calls callbacks and resumes tasks without reading Object.prototype.then", async () => {
  const called: string[] = [];
  const future = new Future<void>();
  future.addDoneCallback(() => called.push("done callback"));
  createTask(function* () {
    yield* future;
    called.push("step");
  });
  await hostTurn();
  let reads = 0;
  Object.defineProperty(Object.prototype, "then", {
    configurable: true,
    get() {
      reads++;
      return () => {};
    },
  });
  try {
    future.setResult();
    future.addDoneCallback(() => called.push("added late"));
    getEventLoop().callSoon(() => called.push("handle"));
  } finally {
    delete (Object.prototype as { then?: unknown }).then;
  }
  assertEquals(reads, 0);
  await hostTurn();
  assertEquals(called, ["done callback", "step", "added late", "handle"]);
});

// Removal
// -------

Deno.test("Future.removeDoneCallback() removes a function each time it was added, and counts", async () => {
  const future = new Future<void>();
  const calls: string[] = [];
  const a = () => calls.push("a");
  const b = () => calls.push("b");
  for (const callback of [a, b, a, a]) future.addDoneCallback(callback);
  assertEquals(future.removeDoneCallback(a), 3);
  assertEquals(future.removeDoneCallback(a), 0);
  future.setResult();
  await microtasks();
  assertEquals(calls, ["b"]);
});

Deno.test("Future.removeDoneCallback() may remove the only callback, and leaves then() alone", async () => {
  const future = new Future<number>();
  const callback = () => {
    throw new Error("must not be called");
  };
  future.addDoneCallback(callback);
  assertEquals(future.removeDoneCallback(callback), 1);
  assertEquals(String(future), "<Future pending>");
  const waiting = future.then((value) => value);
  future.addDoneCallback(callback);
  assertEquals(future.removeDoneCallback(callback), 1);
  future.setResult(1);
  assertEquals(await waiting, 1);
});

Deno.test("Future.removeDoneCallback() leaves another function of the same name alone", async () => {
  const log: string[] = [];
  const make = (text: string) =>
    function callback() {
      log.push(text);
    };
  const [one, two] = [make("one"), make("two")];
  const future = new Future<void>();
  future.addDoneCallback(one);
  future.addDoneCallback(two);
  assertEquals(future.removeDoneCallback(one), 1);
  future.setResult();
  await microtasks();
  assertEquals(log, ["two"]);
});

Deno.test("Future.removeDoneCallback() among many counts, keeps the order, and others may follow", async () => {
  for (const count of [30, 300]) {
    const future = new Future<void>();
    const calls: number[] = [];
    const callbacks = Array.from({ length: count }, (_, i) => () => calls.push(i));
    for (const callback of callbacks) future.addDoneCallback(callback);
    future.then(() => calls.push(-1));
    future.addDoneCallback(callbacks[0]!);
    assertEquals(future.removeDoneCallback(callbacks[0]!), 2);
    assertEquals(future.removeDoneCallback(callbacks[0]!), 0);
    assertEquals(future.removeDoneCallback(() => {}), 0);
    for (let i = 3; i < count; i++) assertEquals(future.removeDoneCallback(callbacks[i]!), 1);
    for (const i of [0, 2, 0]) future.addDoneCallback(callbacks[i]!);
    assertEquals(future.removeDoneCallback(callbacks[2]!), 2);
    future.setResult();
    await microtasks();
    assertEquals(calls, [1, -1, 0, 0]);
  }
});

Deno.test("Future.removeDoneCallback() of each of many takes time in proportion to their number", async () => {
  const measure = (count: number) => {
    const future = new Future<void>();
    const callbacks = Array.from({ length: count }, () => () => {});
    const start = performance.now();
    for (const callback of callbacks) future.addDoneCallback(callback);
    for (const callback of callbacks) future.removeDoneCallback(callback);
    return performance.now() - start;
  };
  // Twenty times as many take about twenty times as long, or 400 times if each removal looks at all.
  const ratio = await leastOf(100, () => growthOf(measure, 500, 10_000));
  assertLess(ratio, 100);
});

Deno.test("Future.removeDoneCallback() on a done future returns 0, and the callback is called", async () => {
  const future = new Future<void>();
  let calls = 0;
  const callback = () => calls++;
  future.addDoneCallback(callback);
  future.setResult();
  assertEquals(future.removeDoneCallback(callback), 0);
  await microtasks();
  assertEquals(calls, 1);
});

// Failure
// -------

Deno.test("Future.addDoneCallback() reports a callback that throws, and calls the others", async () => {
  using reports = collectReports();
  const future = new Future<void>();
  const error = new Error("broken");
  let called = false;
  future.addDoneCallback(function explode() {
    throw error;
  });
  future.addDoneCallback(() => called = true);
  future.setResult();
  await microtasks();
  assert(called);
  assertEquals(reports.length, 1);
  assertEquals(reports[0]!.message, "Exception in callback explode");
  assertStrictEquals(reports[0]!.exception, error);
  assertStrictEquals(reports[0]!.future, future);
});

Deno.test("Future in debug mode has the report of a callback say where the future was made", async () => {
  const loop = getEventLoop();
  using reports = collectReports();
  loop.setDebug(true);
  try {
    const future = new Future<void>();
    future.addDoneCallback(() => {
      throw new Error("x");
    });
    future.setResult();
    await microtasks();
    assertStringIncludes(reports[0]!.sourceTraceback!, "done_callback_test.ts");
  } finally {
    loop.setDebug(false);
  }
  const future = new Future<void>();
  future.addDoneCallback(() => {
    throw new Error("x");
  });
  future.setResult();
  await microtasks();
  assertEquals("sourceTraceback" in reports[1]!, false);
});

Deno.test("Future calls callbacks and resumes tasks without causing unhandled rejections", async () => {
  needs("unhandled");
  using unhandled = collectUnhandled("unhandledrejection");
  const called: string[] = [];
  const future = new Future<void>();
  future.addDoneCallback(() => called.push("done callback"));
  const context = new AsyncContext.Snapshot();
  future.addDoneCallback(() => called.push("in a context"), { context });
  createTask(function* () {
    yield* future;
    called.push("step");
  });
  await hostTurn();
  future.setResult();
  using time = new FakeTime();
  getEventLoop().callLater(1, () => called.push("timer"));
  await time.tickAsync(1);
  await hostTurn();
  assertEquals(called, ["done callback", "in a context", "step", "timer"]);
  assertEquals(unhandled.all(), []);
});

// Loop
// ----

Deno.test("Future has its callbacks called by its own loop alone", async () => {
  for (const heedsContext of [true, false]) {
    const loop = makeManualLoop({ heedsContext });
    const future = loop.createFuture<number>();
    const order: string[] = [];
    future.addDoneCallback(() => order.push("a"));
    future.addDoneCallback(() => order.push("b"));
    future.setResult(1);
    await hostTurn();
    assertEquals(order, []);
    assertEquals(loop.ready.length, 2);
    loop.drain();
    assertEquals(order, ["a", "b"]);
    future.addDoneCallback(() => order.push("c"));
    assertEquals(order, ["a", "b"]);
    loop.drain();
    assertEquals(order, ["a", "b", "c"]);
  }
});

Deno.test("Future reports a callback that throws to its own loop", () => {
  const loop = makeManualLoop();
  using reports = collectReports(loop);
  const future = loop.createFuture<void>();
  future.addDoneCallback(function explode() {
    throw new Error("x");
  });
  future.setResult();
  loop.drain();
  assertEquals(reports.map(({ message }) => message), ["Exception in callback explode"]);
});

Deno.test("Future reports the error of a loop that cannot schedule a done callback", () => {
  const manual = makeManualLoop();
  const future = manual.createFuture<void>();
  future.addDoneCallback(function late() {});
  const reports: ExceptionContext[] = [];
  manual.setExceptionHandler((_loop, context) => reports.push(context));
  const error = new RangeError("no more room");
  manual.callSoon = () => {
    throw error;
  };
  future.setResult();
  assertEquals(reports.length, 1);
  assertStrictEquals(reports[0]!.exception, error);
  assertStrictEquals<unknown>(reports[0]!.future, future);
});

Deno.test("Future on a closed loop reports that its callbacks cannot be called", () => {
  const loop = makeManualLoop();
  using reports = collectReports(loop);
  const future = loop.createFuture<void>();
  future.addDoneCallback(function late() {});
  loop.close();
  future.setResult();
  assertEquals(reports.map(({ message }) => message), ["Cannot call the done callback late"]);
  assertStringIncludes(String(reports[0]!.exception), "Event loop is closed");
  assertThrows(() => future.addDoneCallback(() => {}), Error, "Event loop is closed");
});

Deno.test("Future on a closed loop reports its callbacks when a callback settles it, too", async () => {
  const loop = makeManualLoop();
  using reports = collectReports(loop);
  const future = loop.createFuture<void>();
  future.addDoneCallback(function late() {});
  future.addDoneCallback(function later() {});
  loop.close();
  const first = new Future<void>();
  first.addDoneCallback(() => future.setResult());
  first.setResult();
  await microtasks();
  assertEquals(
    reports.map(({ message }) => message),
    ["Cannot call the done callback late", "Cannot call the done callback later"],
  );
});

// Misuse
// ------

Deno.test("Future.addDoneCallback() refuses bad arguments, and adds nothing", () => {
  const future = new Future();
  for (const callback of [3, null, undefined, {}]) {
    assertThrows(
      () => future.addDoneCallback(callback as unknown as () => void),
      TypeError,
      "Cannot add a done callback as the callback is no function: received ",
    );
  }
  assertThrows(
    () => future.addDoneCallback(() => {}, "context" as unknown as { context: Context }),
    TypeError,
    'Cannot add a done callback as its options are no object: received "context"',
  );
  for (const context of [null, {}, { run: 1 }, new Map()]) {
    assertThrows(
      () => future.addDoneCallback(() => {}, { context } as unknown as { context: Context }),
      TypeError,
      "Cannot use the context as it has no run method: received ",
    );
  }
  assertEquals(String(future), "<Future pending>");
});

// Leaks
// -----

Deno.test("Future.removeDoneCallback() leaves nothing of the callback behind", async () => {
  const future = new Future<void>();
  const callback = () => {};
  for (let i = 0; i < 100_000; i++) {
    future.addDoneCallback(callback);
    future.removeDoneCallback(callback);
  }
  assertEquals(String(future), "<Future pending>");
  future.setResult();
  await future;
});

Deno.test("Future.removeDoneCallback() of the last callback leaves the future as it was", async () => {
  needs("heapSize");
  const callbacks = [() => {}, () => {}];
  const use = async (callbacks: (() => void)[]) => {
    const before = await heapUsed();
    const futures = Array.from({ length: 10_000 }, () => {
      const future = new Future<void>();
      for (const callback of callbacks) future.addDoneCallback(callback);
      for (const callback of callbacks) future.removeDoneCallback(callback);
      return future;
    });
    return (await heapUsed() - before) / futures.length;
  };
  await use(callbacks);
  const extra = await leastOf(8, async () => await use(callbacks) - await use([]));
  assertLess(extra, 8, "bytes of each future");
});
