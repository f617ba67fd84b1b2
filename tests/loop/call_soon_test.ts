import {
  assert,
  assertEquals,
  assertFalse,
  assertMatch,
  assertStrictEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { FakeTime } from "@std/testing/time";
import { type Context, Future, getEventLoop } from "../../mod.ts";
import { passTime } from "../helpers/fake_time.ts";
import { collectReports } from "../helpers/reports.ts";
import { hostTurn, microtasks } from "../helpers/turns.ts";

const loop = getEventLoop();

// Order
// -----

Deno.test("EventLoop.callSoon() calls in order, never synchronously, each in a microtask of its own", async () => {
  const order: string[] = [];
  loop.callSoon(() => order.push("a"));
  queueMicrotask(() => order.push("b"));
  loop.callSoon(() => order.push("c"));
  assertEquals(order, []);
  await microtasks();
  assertEquals(order, ["a", "b", "c"]);
});

Deno.test("EventLoop.callSoon() calls without arguments", async () => {
  const seen: unknown[][] = [];
  loop.callSoon((...args: unknown[]) => void seen.push(args));
  await microtasks();
  assertEquals(seen, [[]]);
});

// Failure
// -------

Deno.test("EventLoop.callSoon() reports a callback that throws, and calls the next one", async () => {
  using reports = collectReports();
  const error = new Error("broken");
  let called = false;
  const handle = loop.callSoon(function explode() {
    throw error;
  });
  loop.callSoon(() => called = true);
  await microtasks();
  assert(called);
  assertEquals(reports.length, 1);
  assertEquals(reports[0]!.message, "Exception in callback explode");
  assertStrictEquals(reports[0]!.exception, error);
  assertStrictEquals<unknown>(reports[0]!.handle, handle);
});

// Cancellation
// ------------

Deno.test("Handle.cancel() keeps a callback from being called, unless it was called before", async () => {
  const order: string[] = [];
  const handle = loop.callSoon(() => order.push("cancelled"));
  loop.callSoon(() => order.push("kept"));
  assertFalse(handle.cancelled());
  handle.cancel();
  handle.cancel();
  assert(handle.cancelled());
  await microtasks();
  assertEquals(order, ["kept"]);
  const late = loop.callSoon(() => order.push("late"));
  await microtasks();
  assertFalse(late.cancelled());
  late.cancel();
  assertEquals(order, ["kept", "late"]);
});

// Context
// -------

Deno.test("EventLoop.callSoon(), callLater() and addDoneCallback() take a context that passes no arguments on", async () => {
  using time = new FakeTime();
  const seen: unknown[] = [];
  const context: Context = {
    run: ((fn: () => unknown) => {
      seen.push("in");
      return fn();
    }) as Context["run"],
  };
  loop.callSoon(() => seen.push("soon"), { context });
  loop.callLater(0, () => seen.push("later"), { context });
  const future = new Future<number>();
  future.addDoneCallback((future) => seen.push(future.result()), { context });
  future.setResult(1);
  await passTime(time, 1);
  assertEquals(seen.toSorted(), [1, "in", "in", "in", "later", "soon"]);
});

Deno.test("EventLoop.callSoon() and addDoneCallback() report a callback that its context does not call", async () => {
  using reports = collectReports();
  const context = { run: () => undefined as never };
  const future = new Future<void>();
  future.addDoneCallback(() => {}, { context });
  future.setResult();
  loop.callSoon(() => {}, { context });
  await hostTurn();
  const [message] = new Set(reports.map(({ message }) => message));
  assertEquals([reports.length, message], [2, "Cannot run a callback in its context"]);
  assertStringIncludes(String(reports[0]!.exception), "its context did not call the function");
});

// Misuse
// ------

Deno.test("EventLoop.callSoon(), callLater() and callAt() reject arguments of a wrong type", () => {
  const untyped = loop as unknown as Record<string, (...args: unknown[]) => unknown>;
  const callback = () => {};
  for (const value of [null, undefined, 3, "soon"]) {
    for (const args of [["callSoon", value], ["callLater", 1, value], ["callAt", 1, value]]) {
      const [name, ...rest] = args as [string, ...unknown[]];
      assertThrows(() => untyped[name]!(...rest), TypeError, "as the callback is no function");
    }
  }
  for (const value of ["soon", NaN, null, undefined, 1n]) {
    assertThrows(
      () => untyped.callLater!(value, callback),
      TypeError,
      "Cannot call a callback later as the delay is no number of milliseconds: received ",
    );
    assertThrows(
      () => untyped.callAt!(value, callback),
      TypeError,
      "Cannot call a callback at a time as the time is no number of milliseconds: received ",
    );
  }
  assertThrows(
    () => untyped.callSoon!(callback, "arg"),
    TypeError,
    "(a closure passes parameters)",
  );
  for (const context of [null, {}, 3]) {
    const options = { context } as unknown as { context: Context };
    assertThrows(() => loop.callSoon(callback, options), TypeError, "no run method");
    assertThrows(() => loop.callLater(1, callback, options), TypeError, "no run method");
    assertThrows(() => loop.callAt(1, callback, options), TypeError, "no run method");
  }
});

Deno.test("EventLoop rejects a generator function as a callback, as its body would not run", () => {
  const future = new Future<void>();
  const wrong = [function* wrong() {}, async function* wrong() {}] as unknown as (() => void)[];
  const calls: [string, (callback: () => void) => unknown][] = [
    ["schedule a callback", (callback) => loop.callSoon(callback)],
    ["schedule a callback", (callback) => loop.callLater(1, callback)],
    ["schedule a callback", (callback) => loop.callAt(loop.time(), callback)],
    ["add a done callback", (callback) => future.addDoneCallback(callback)],
    ["set the exception handler", (callback) => loop.setExceptionHandler(callback)],
  ];
  for (const [what, call] of calls) {
    for (const callback of wrong) {
      const error = assertThrows(() => call(callback), TypeError);
      assertMatch(
        error.message,
        new RegExp(
          `^Cannot ${what} as the (callback|handler) is a generator function, which would not run ` +
            "\\(start a task in it\\): received \\[Function wrong\\]$",
        ),
      );
    }
  }
  assertEquals(String(future), "<Future pending>");
  assertEquals(loop.getExceptionHandler(), null);
});
