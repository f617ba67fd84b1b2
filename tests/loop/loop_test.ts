import {
  assert,
  assertEquals,
  assertFalse,
  assertGreaterOrEqual,
  assertLess,
  assertMatch,
  assertRejects,
  assertStrictEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import FakeTimers from "@sinonjs/fake-timers";
import { stub } from "@std/testing/mock";
import {
  asCompleted,
  AsyncContext,
  CancelledError,
  type Context,
  createTask,
  currentTask,
  type EventLoop,
  type ExceptionContext,
  Future,
  gather,
  getEventLoop,
  getRunningLoop,
  type Handle,
  run,
  shield,
  sleep,
  Task,
  type TaskFactory,
  wait,
} from "../../mod.ts";
import { has } from "../helpers/capabilities.ts";
import { importCopy } from "../helpers/copy.ts";
import { makeManualLoop } from "../helpers/manual_loop.ts";
import { revokedProxy } from "../helpers/objects.ts";
import { collectReports } from "../helpers/reports.ts";
import { hostTimerMs, hostTurn, leastOf, microtasks, withResolvers } from "../helpers/turns.ts";

const loop = getEventLoop();

Deno.test("EventLoop.callSoon() calls in order, never synchronously, one microtask each", async () => {
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

Deno.test("Handle.cancel() before the callback ran means that it never runs", async () => {
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

Deno.test("EventLoop callbacks that throw are reported, and the loop goes on", async () => {
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

Deno.test("EventLoop schedulers reject bad arguments, with nothing scheduled", () => {
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

Deno.test("EventLoop.setExceptionHandler() takes a function or null", () => {
  assertEquals(loop.getExceptionHandler(), null);
  const handler = () => {};
  loop.setExceptionHandler(handler);
  assertStrictEquals(loop.getExceptionHandler(), handler);
  assertThrows(
    () => loop.setExceptionHandler("print" as never),
    TypeError,
    'Cannot set the exception handler as the handler is no function: received "print"',
  );
  assertStrictEquals(loop.getExceptionHandler(), handler);
  loop.setExceptionHandler(null);
  assertEquals(loop.getExceptionHandler(), null);
});

Deno.test("EventLoop.callExceptionHandler() calls the handler with the loop and the context", () => {
  const calls: unknown[][] = [];
  const context = { message: "It broke" };
  loop.setExceptionHandler((...args) => calls.push(args));
  try {
    loop.callExceptionHandler(context);
  } finally {
    loop.setExceptionHandler(null);
  }
  assertEquals(calls.length, 1);
  assertStrictEquals(calls[0]![0], loop);
  assertStrictEquals(calls[0]![1], context);
});

/** What is printed with `console.error` while `fn` runs. */
function printed(fn: () => void): string[] {
  using error = stub(console, "error", () => {});
  fn();
  return error.calls.map(({ args }) => args.join(" "));
}

Deno.test("EventLoop.callExceptionHandler() prints, without a handler", () => {
  const future = new Future<number>();
  future.setResult(1);
  const [text] = printed(() =>
    loop.callExceptionHandler({
      message: "It broke",
      exception: new RangeError("out"),
      future,
      detail: undefined,
      size: 3,
      sourceTraceback: "made\n  here",
    })
  );
  const lines = text!.split("\n");
  assertEquals(lines.slice(0, 5), [
    "It broke",
    "future: <Future finished result=1>",
    "size: 3",
    "sourceTraceback: made",
    "  here",
  ]);
  assertEquals(lines[5], "RangeError: out");
  assertStringIncludes(text!, "loop_test.ts");
  assertEquals(printed(() => loop.callExceptionHandler({ message: "bare" })), ["bare"]);
  assertEquals(
    printed(() => loop.callExceptionHandler({ message: "nothing", exception: undefined })),
    ["nothing\nundefined"],
  );
});

Deno.test("EventLoop.callExceptionHandler() falls back to the default one if the handler throws", () => {
  loop.setExceptionHandler(() => {
    throw new RangeError("in the handler");
  });
  try {
    const lines = printed(() => loop.callExceptionHandler({ message: "It broke" }));
    assertEquals(lines.length, 2);
    assertEquals(lines[0], "It broke");
    assertStringIncludes(lines[1]!, "Unhandled error in exception handler\nRangeError: in the");
  } finally {
    loop.setExceptionHandler(null);
  }
});

Deno.test("EventLoop.defaultExceptionHandler() never throws", () => {
  using _ = stub(console, "error", () => {
    throw new Error("no console");
  });
  const hostile = {
    toString() {
      throw new Error("no");
    },
  };
  loop.defaultExceptionHandler({ message: "It broke", exception: hostile, hostile });
  loop.defaultExceptionHandler({ message: hostile as unknown as string });
});

Deno.test("EventLoop.defaultExceptionHandler() shows the fields of a report, and one that cannot be read", () => {
  assertEquals(
    printed(() => loop.defaultExceptionHandler({ message: "It broke", server: "main", port: 80 })),
    ['It broke\nserver: "main"\nport: 80'],
  );
  assertEquals(
    printed(() => loop.defaultExceptionHandler(revokedProxy() as ExceptionContext)),
    ["Unhandled error: <unshowable object>"],
  );
});

Deno.test("EventLoop whose callExceptionHandler() throws is survived", () => {
  const manual = makeManualLoop();
  manual.callExceptionHandler = () => {
    throw new RangeError("in the loop");
  };
  const future = manual.createFuture<void>();
  let called = false;
  future.addDoneCallback(() => {
    throw new Error("x");
  });
  future.addDoneCallback(() => called = true);
  future.setResult();
  const lines = printed(() => manual.drain());
  assert(called);
  assertStringIncludes(lines[0]!, "Exception in callback");
  assertStringIncludes(lines[1]!, "RangeError: in the loop");
});

Deno.test("getRunningLoop() throws outside of tasks and loop callbacks", async () => {
  assertThrows(
    () => getRunningLoop(),
    Error,
    "Cannot get the running loop as no task and no loop callback is running",
  );
  const seen: EventLoop[] = [];
  loop.callSoon(() => seen.push(getRunningLoop()));
  loop.callLater(1, () => seen.push(getRunningLoop()));
  const future = new Future<void>();
  future.addDoneCallback(() => seen.push(getRunningLoop()));
  future.setResult();
  await createTask(async () => {
    seen.push(getRunningLoop());
    await sleep(5);
    seen.push(getRunningLoop());
  });
  assertEquals(seen.length, 5);
  assert(seen.every((each) => each === loop));
  assertThrows(() => getRunningLoop());
});

Deno.test("getRunningLoop() is the innermost loop", async () => {
  const manual = makeManualLoop();
  const seen: boolean[] = [];
  manual.createTask(function* () {
    seen.push(getRunningLoop() === manual);
    yield* sleep(0);
    seen.push(getEventLoop() === manual);
  });
  await createTask(async () => {
    await sleep(0);
    manual.drain();
    seen.push(getRunningLoop() === loop);
  });
  assertEquals(seen, [true, true, true]);
});

Deno.test("getRunningLoop() throws in code that a finished task left behind", async () => {
  const later = new Future<boolean>();
  await createTask(async () => {
    (async () => {
      await hostTurn();
      try {
        getRunningLoop();
        later.setResult(false);
      } catch {
        later.setResult(getEventLoop() === loop);
      }
    })();
  });
  assertEquals(await later, true);
});

Deno.test("getEventLoop() falls back to the default loop, which is always running", () => {
  assertStrictEquals(getEventLoop(), loop);
  assert(loop.isRunning());
  assertFalse(loop.isClosed());
  assertThrows(() => loop.close(), Error, "Cannot close the event loop as it is running");
  assertFalse(loop.isClosed());
});

Deno.test("EventLoop.createFuture() and createTask() make those of the loop", async () => {
  const future = loop.createFuture<number>();
  assertStrictEquals(future.getLoop(), loop);
  assert(loop.createFuture({ signal: AbortSignal.abort() }).cancelled());
  const task = loop.createTask(async () => 1, { name: "made" });
  assertStrictEquals(task.getLoop(), loop);
  assertEquals(task.getName(), "made");
  assertEquals(await task, 1);
  assertThrows(() => loop.createTask(3 as never), TypeError, "received 3");
});

Deno.test("EventLoop.createTask() on a closed loop does not ask the task factory", async () => {
  let loop!: EventLoop;
  let asked = 0;
  await run(() => {
    loop = getRunningLoop();
  });
  loop.setTaskFactory((_loop, coro) => {
    asked++;
    return new Task(coro);
  });
  assertThrows(() => loop.createTask(() => {}), Error, "Event loop is closed");
  assertEquals(asked, 0);
});

Deno.test("EventLoop takes no generator function where it would never run", () => {
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

Deno.test("EventLoop.setTaskFactory() makes the tasks", async () => {
  class MyTask<T> extends Task<T> {}
  const factory: TaskFactory = (loop, coro, options) => new MyTask(coro, { ...options, loop });
  assertEquals(loop.getTaskFactory(), null);
  loop.setTaskFactory(factory);
  try {
    assertStrictEquals(loop.getTaskFactory(), factory);
    const task = createTask(async () => 1, { name: "mine" });
    assert(task instanceof MyTask);
    assertEquals(task.getName(), "mine");
    assertEquals(await task, 1);
    assertThrows(() => createTask(3 as never), TypeError, "received 3");
    assertThrows(() => loop.setTaskFactory(3 as never), TypeError, "no function: received 3");
    assertStrictEquals(loop.getTaskFactory(), factory);
  } finally {
    loop.setTaskFactory(null);
  }
  assertFalse(createTask(async () => {}) instanceof MyTask);
});

Deno.test("EventLoop that is closed schedules nothing more, and forgets what was scheduled", async () => {
  let closed!: EventLoop;
  const log: string[] = [];
  const handles: Handle[] = [];
  await run(async () => {
    closed = getRunningLoop();
    assert(closed.isRunning());
    assertThrows(() => closed.close(), Error, "as it is running");
    handles.push(closed.callLater(1, () => log.push("timer")));
    closed.callSoon(() => log.push("soon"));
  });
  assert(closed.isClosed());
  assertFalse(closed.isRunning());
  assertThrows(() => closed.callSoon(() => {}), Error, "Event loop is closed");
  assertThrows(() => closed.callLater(1, () => {}), Error, "Event loop is closed");
  assertThrows(() => closed.callAt(1, () => {}), Error, "Event loop is closed");
  assertThrows(() => closed.createTask(async () => {}), Error, "Event loop is closed");
  await new Promise((resolve) => setTimeout(resolve, 5));
  assertEquals(log, ["soon"]);
  closed.close();
  handles[0]!.cancel();
});

Deno.test("EventLoop that is closed reports done callbacks that cannot be called", async () => {
  let future!: Future<void>;
  const log: string[] = [];
  let closed!: EventLoop;
  await run(async () => {
    closed = getRunningLoop();
    future = closed.createFuture<void>();
    future.addDoneCallback(function late() {
      log.push("late");
    });
  });
  using reports = collectReports(closed);
  const waiting = (async () => await future)();
  await microtasks();
  future.setResult();
  await waiting;
  await microtasks();
  assertEquals(log, []);
  assertEquals(reports.map(({ message }) => message), ["Cannot call the done callback late"]);
  assertThrows(() => future.addDoneCallback(() => {}), Error, "Event loop is closed");
});

Deno.test("EventLoop in debug mode says where a callback was scheduled, and warns of slow ones", async () => {
  using reports = collectReports();
  using warn = stub(console, "warn", () => {});
  let now = 0;
  using _ = stub(performance, "now", () => now);
  assertFalse(loop.getDebug());
  loop.setDebug(true);
  assert(loop.getDebug());
  try {
    loop.callSoon(function slow() {
      now += 101;
      throw new Error("x");
    });
    loop.callSoon(function fast() {
      now += 100;
    });
    loop.createTask(function* () {
      now += 250;
      yield;
    }, { name: "sluggish" });
    loop.createTask(async () => {
      now += 150;
      await undefined;
    }, { name: "starting" });
    await microtasks();
  } finally {
    loop.setDebug(false);
  }
  assertStringIncludes(reports[0]!.sourceTraceback!, "loop_test.ts");
  assertEquals(warn.calls.map(({ args }) => args[0]), [
    "Executing callback slow took 101 ms",
    'Executing <Task pending name="sluggish" coro=<anonymous>> took 250 ms',
    'Executing <Task pending name="starting" coro=<anonymous>> took 150 ms',
  ]);
});

Deno.test("EventLoop callbacks that keep scheduling let a timer fire", async () => {
  const fired = await leastOf(50, async () => {
    let handle: Handle;
    // Not for ever, so that the test can fail.
    let left = 1_000_000;
    const again = () => {
      if (left-- > 0) handle = loop.callSoon(again);
    };
    again();
    const ms = await hostTimerMs();
    handle!.cancel();
    return ms;
  });
  assertLess(fired, 50);
});

for (
  const [name, body] of [
    ["yield* sleep(0)", function* () {
      while (true) yield* sleep(0);
    }],
    ["await sleep(0)", async () => {
      while (true) await sleep(0);
    }],
    ["a bare yield", function* () {
      while (true) yield;
    }],
    ["done callbacks", async () => {
      const done = new Future<void>();
      done.setResult();
      const again = () => !currentlyStopped && done.addDoneCallback(again);
      let currentlyStopped = false;
      again();
      try {
        await new Future<void>();
      } finally {
        currentlyStopped = true;
      }
    }],
    ["tasks that wake each other", function* () {
      let ball = new Future<void>();
      const other = createTask(function* () {
        while (true) {
          const mine = ball;
          yield* mine;
        }
      });
      try {
        while (true) {
          const next = new Future<void>();
          const previous = ball;
          ball = next;
          previous.setResult();
          yield;
        }
      } finally {
        other.cancel();
      }
    }],
  ] as const
) {
  Deno.test(`EventLoop does not starve the host while a task loops over ${name}`, async () => {
    const server = has.servers
      ? Deno.serve({ port: 0, onListen() {} }, () => new Response("alive"))
      : undefined;
    const task = createTask<void>(body);
    try {
      assertLess(await leastOf(50, hostTimerMs), 50);
      if (server) {
        const response = await fetch(`http://localhost:${server.addr.port}/`);
        assertEquals(await response.text(), "alive");
      }
      assertFalse(task.done());
    } finally {
      task.cancel();
      await assertRejects(() => task);
      await server?.shutdown();
    }
  });
}

Deno.test("EventLoop keeps the order of callbacks that wait for a turn of the host", async () => {
  const order: number[] = [];
  const expected: number[] = [];
  let next = 0;
  const spawn = (depth: number) => {
    const id = next++;
    expected.push(id);
    loop.callSoon(() => {
      order.push(id);
      if (depth > 0) {
        spawn(depth - 1);
        const future = new Future<void>();
        const waiter = next++;
        future.addDoneCallback(() => order.push(waiter));
        expected.push(waiter);
        future.setResult();
      }
    });
  };
  for (let i = 0; i < 10; i++) spawn(100);
  while (order.length < 10 + 2_000) await hostTurn();
  assertEquals(order, expected);
});

Deno.test("EventLoop does not break the order of host microtasks before it starves the host", async () => {
  await hostTurn();
  await hostTurn();
  for (let i = 0; i < 1_000; i++) {
    const order: string[] = [];
    loop.callSoon(() => order.push("a"));
    queueMicrotask(() => order.push("b"));
    loop.callSoon(() => order.push("c"));
    await microtasks(1);
    if (i % 50 === 0) await hostTurn();
    await microtasks(3);
    assertEquals(order, ["a", "b", "c"]);
  }
});

Deno.test("EventLoop callbacks that wait for a turn of the host can be cancelled", async () => {
  await hostTurn();
  let count = 0;
  let handle!: Handle;
  const again = () => {
    count++;
    handle = loop.callSoon(again);
  };
  again();
  await microtasks(10_000);
  const reached = count;
  assertLess(reached, 10_000);
  handle.cancel();
  await hostTurn();
  await hostTurn();
  assertEquals(count, reached);
});

Deno.test("EventLoop callbacks wait for no turn of the host when it is other code that starves it", async () => {
  await hostTurn();
  const start = performance.now();
  for (let i = 0; i < 10_000 || performance.now() - start < 20; i++) {
    let called = false;
    loop.callSoon(() => called = true);
    await microtasks(1);
    assert(called, `after ${i} callbacks`);
  }
});

/** Keeps the thread busy. */
function compute(ms: number): void {
  const start = performance.now();
  while (performance.now() - start < ms);
}

Deno.test("EventLoop does not starve the host while tasks compute in small steps", async () => {
  const task = createTask(function* () {
    while (true) {
      compute(5);
      yield* sleep(0);
    }
  });
  assertLess(await leastOf(50, hostTimerMs), 50);
  task.cancel();
  await assertRejects(() => task);
});

Deno.test("EventLoop does not starve the host for long when short steps become long ones", async () => {
  const mostLongSteps = 50;
  const count = await leastOf(mostLongSteps, async () => {
    await hostTurn();
    let fired = false;
    let longSteps = 0;
    await createTask(function* () {
      for (let i = 0; i < 500; i++) yield* sleep(0);
      setTimeout(() => fired = true, 0);
      // Not for ever, so that the test can fail.
      for (; !fired && longSteps < 1_000; longSteps++) {
        compute(1);
        yield* sleep(0);
      }
    });
    return longSteps;
  });
  assertLess(count, mostLongSteps);
});

Deno.test("EventLoop.time() never goes back, and counts milliseconds", async () => {
  const first = performance.now();
  const before = loop.time();
  const second = performance.now();
  await sleep(20);
  const third = performance.now();
  const elapsed = loop.time() - before;
  const fourth = performance.now();
  assertGreaterOrEqual(elapsed, 19.999);
  // A host timer that fires early moves the loop's time on.
  assertGreaterOrEqual(elapsed, third - second - 1);
  assertLess(elapsed, fourth - first + 2);
});

Deno.test("getRunningLoop() in a callback is its loop again after another loop ran", async () => {
  const manual = makeManualLoop();
  const seen: EventLoop[] = [];
  const future = manual.createFuture<void>();
  future.addDoneCallback(() => seen.push(getRunningLoop()));
  future.setResult();
  loop.callSoon(() => {
    manual.drain();
    seen.push(getRunningLoop());
  });
  await microtasks();
  assertEquals(seen.map((each) => each === manual), [true, false]);
});

Deno.test("EventLoop warns of no slow callback unless in debug mode", async () => {
  using warn = stub(console, "warn", () => {});
  let now = 0;
  using _ = stub(performance, "now", () => now);
  loop.callSoon(() => now += 1_000);
  await microtasks();
  assertEquals(warn.calls.length, 0);
});

Deno.test("EventLoop in debug mode warns in whole milliseconds", async () => {
  using warn = stub(console, "warn", () => {});
  let now = 0;
  using _ = stub(performance, "now", () => now);
  loop.setDebug(true);
  try {
    loop.callSoon(function slow() {
      now += 123.456;
    });
    await microtasks();
  } finally {
    loop.setDebug(false);
  }
  assertEquals(warn.calls.map(({ args }) => args[0]), ["Executing callback slow took 123 ms"]);
});

Deno.test("EventLoop in debug mode shows a task only when a step of it was slow", async () => {
  using _ = stub(performance, "now", () => 0);
  let shown = 0;
  class Shown extends Task<void> {
    override toString(): string {
      shown++;
      return super.toString();
    }
  }
  loop.setDebug(true);
  try {
    await new Shown(function* () {
      yield;
    });
  } finally {
    loop.setDebug(false);
  }
  assertEquals(shown, 0);
});

Deno.test("EventLoop reports where something was made in debug mode only", async () => {
  using reports = collectReports();
  loop.callSoon(() => {
    throw new Error("x");
  });
  await microtasks();
  assertEquals(reports.map((context) => "sourceTraceback" in context), [false]);
});

Deno.test("EventLoop in debug mode shows enough of the stack to find who made something", async () => {
  using reports = collectReports();
  const { stackTraceLimit } = Error as { stackTraceLimit?: number };
  const make = (depth: number): Task<void> => depth === 0 ? createTask(() => {}) : make(depth - 1);
  loop.setDebug(true);
  try {
    (function outermost() {
      make(5).addDoneCallback(() => {
        throw new Error("x");
      });
    })();
    await hostTurn();
  } finally {
    loop.setDebug(false);
  }
  assertEquals(reports.length, 1);
  assertStringIncludes(reports[0]!.sourceTraceback!, "outermost");
  assertEquals((Error as { stackTraceLimit?: number }).stackTraceLimit, stackTraceLimit);
});

Deno.test("EventLoop.callExceptionHandler() comes to a defaultExceptionHandler() of the loop's own", () => {
  const kept: ExceptionContext[] = [];
  const { defaultExceptionHandler } = loop;
  using printed = stub(console, "error", () => {});
  try {
    loop.defaultExceptionHandler = (context) => kept.push(context);
    loop.setExceptionHandler(() => {
      throw new RangeError("broken handler");
    });
    const context = { message: "first" };
    loop.callExceptionHandler(context);
    assertEquals(kept.map(({ message }) => message), [
      "first",
      "Unhandled error in exception handler",
    ]);
    assertStrictEquals(kept[0], context);
    assertEquals(String(kept[1]!.exception), "RangeError: broken handler");
    assertEquals(printed.calls.length, 0);
    loop.setExceptionHandler(null);
    loop.defaultExceptionHandler = () => {
      throw new RangeError("broken as well");
    };
    loop.callExceptionHandler({ message: "second" });
    const texts = printed.calls.map(({ args }) => String(args[0]));
    assertEquals(texts.length, 2);
    assertEquals(texts[0], "second");
    assertStringIncludes(texts[1]!, "RangeError: broken as well");
  } finally {
    loop.setExceptionHandler(null);
    loop.defaultExceptionHandler = defaultExceptionHandler;
  }
});

Deno.test("EventLoop.defaultExceptionHandler() has a message for reports that have none", () => {
  using error = stub(console, "error", () => {});
  for (const message of ["", undefined]) {
    loop.defaultExceptionHandler({ message } as ExceptionContext);
  }
  assertEquals(
    error.calls.map(({ args }) => args[0]),
    Array(2).fill("Unhandled exception in event loop"),
  );
});

Deno.test("EventLoop.defaultExceptionHandler() prints a message that is no string", () => {
  using error = stub(console, "error", () => {});
  loop.defaultExceptionHandler({ message: Symbol("odd") as unknown as string });
  assertEquals(error.calls.map(({ args }) => args[0]), ["Symbol(odd)"]);
});

Deno.test("EventLoop.createFuture() and createTask() take no other loop", async () => {
  const options = { loop: makeManualLoop() } as object;
  assertStrictEquals(loop.createFuture(options).getLoop(), loop);
  const task = loop.createTask(() => 1, options);
  assertStrictEquals(task.getLoop(), loop);
  await task;
});

Deno.test("EventLoop.setDebug() takes anything as a truth value", () => {
  loop.setDebug(1 as unknown as boolean);
  assertStrictEquals(loop.getDebug(), true);
  loop.setDebug(0 as unknown as boolean);
  assertStrictEquals(loop.getDebug(), false);
});

Deno.test("EventLoop that is closed takes done callbacks of a pending future, and reports them", async () => {
  let future!: Future<void>;
  await run(async () => {
    future = new Future<void>();
  });
  using reports = collectReports(future.getLoop());
  future.addDoneCallback(function late() {});
  future.setResult();
  await microtasks();
  assertEquals(reports.map(({ message }) => message), ["Cannot call the done callback late"]);
});

Deno.test("EventLoop that is closed calls no callback that was scheduled meanwhile", async () => {
  let late = false;
  await run(() => {
    const loop = getRunningLoop();
    const again = () => {
      if (loop.isClosed()) late = true;
      else loop.callSoon(again);
    };
    again();
  });
  await microtasks();
  assertFalse(late);
});

Deno.test("EventLoop in debug mode says where the future was made whose callback it cannot call", async () => {
  let future!: Future<void>;
  await run(() => {
    future = new Future<void>();
    future.addDoneCallback(() => {});
  }, { debug: true });
  using reports = collectReports(future.getLoop());
  future.setResult();
  await microtasks();
  assertEquals(reports.length, 1);
  assertStringIncludes(reports[0]!.sourceTraceback!, "_test.ts");
});

Deno.test("EventLoop takes a context that passes no arguments on", async () => {
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
  await sleep(1);
  assertEquals(seen.toSorted(), [1, "in", "in", "in", "later", "soon"]);
});

for (
  const [name, wrap] of Object.entries({
    asCompleted: (future: Future<void>) => [...asCompleted([future])][0]!,
    gather: (future: Future<void>) => gather(future),
    shield: (future: Future<void>) => shield(future),
    wait: (future: Future<void>) => wait([future]),
  })
) {
  Deno.test(`EventLoop does not starve the host while one ${name}() follows on another`, async () => {
    let steps = 0;
    const step = () => {
      if (++steps === 100_000) return;
      const future = new Future<void>();
      (wrap(future) as Future<unknown>).addDoneCallback(step);
      future.setResult();
    };
    step();
    await hostTurn();
    assertLess(steps, 100_000);
    steps = 99_999;
    await hostTurn();
  });
}

Deno.test("EventLoop reports what a future throws that shield() settles", async () => {
  class Bad extends Future<unknown> {
    override setResult(): void {
      throw new RangeError("bad");
    }
  }
  await run(async () => {
    const loop = getRunningLoop();
    using reports = collectReports(loop);
    loop.createFuture = <T>() => new Bad() as Future<T>;
    const inner = new Future<void>();
    shield(inner);
    inner.setResult();
    await microtasks();
    assertEquals(reports.map(({ exception }) => String(exception)), ["RangeError: bad"]);
  });
});

Deno.test("EventLoop.callExceptionHandler() calls the handler in the context of the task it is about", async () => {
  const user = new AsyncContext.Variable<string>();
  const seen: [string, string | undefined][] = [];
  const kept: unknown[] = [];
  await user.run("main", () =>
    run(async () => {
      const loop = getRunningLoop();
      loop.setExceptionHandler((_loop, { message }) => seen.push([message, user.get()]));
      const task = user.run("task", () => createTask(() => sleep(1)));
      loop.callExceptionHandler({ message: "task", task });
      loop.callExceptionHandler({ message: "future", future: task });
      loop.callExceptionHandler({ message: "none", future: new Future<void>() });
      // As in asyncio, a callback has a context of its own.
      user.run("callback", () =>
        task.addDoneCallback(() => {
          throw new RangeError("x");
        }));
      user.run("soon", () =>
        loop.callSoon(() => {
          throw new RangeError("x");
        }));
      await task;
      await sleep(0);
      kept.push(user.run("lost", () =>
        createTask(() => {
          throw new RangeError("x");
        })));
      await sleep(0);
    }));
  assertEquals(seen.map(([message, value]) => [message.split(" ").slice(0, 3).join(" "), value]), [
    ["task", "task"],
    ["future", "task"],
    ["none", "main"],
    ["Exception in callback", "soon"],
    ["Exception in callback", "callback"],
    ["Task exception was", "lost"],
  ]);
});

Deno.test("EventLoop.callExceptionHandler() calls the handler once, whatever the task's context does", () => {
  const contexts: Record<string, Context> = {
    "does not call": { run: () => undefined as never },
    "calls once": { run: (fn, ...args) => fn(...args) },
    "calls twice": { run: (fn, ...args) => (fn(...args), fn(...args)) },
    "calls and throws": {
      run(fn, ...args) {
        fn(...args);
        throw new RangeError("no way out");
      },
    },
    "throws": {
      run() {
        throw new RangeError("no way in");
      },
    },
  };
  for (const [name, context] of Object.entries(contexts)) {
    using reports = collectReports();
    const task = { getContext: () => context } as Task<unknown>;
    getEventLoop().callExceptionHandler({ message: name, task });
    assertEquals(reports.map(({ message }) => message), [name]);
  }
});

Deno.test("EventLoop.defaultExceptionHandler() prints what cannot be looked at, and never throws", () => {
  const proxy = revokedProxy();
  const hostile = [
    undefined,
    null,
    proxy,
    { message: "x", sourceTraceback: Symbol("x") },
    {
      get message() {
        throw new RangeError("do not look");
      },
    },
  ];
  for (const context of hostile) {
    using printed = stub(console, "error", () => {});
    getEventLoop().callExceptionHandler(context as never);
    assertEquals(printed.calls.length, 1);
  }
});

Deno.test("EventLoop reports a callback that its context does not call", async () => {
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

Deno.test("EventLoop that was imported under fake timers lets the host turn all the same", async () => {
  const clock = FakeTimers.install({ toNotFake: ["nextTick", "queueMicrotask"] });
  const copy = await importCopy();
  clock.uninstall();
  let steps = 0;
  const task = copy.createTask(function* () {
    for (; steps < 5_000; steps++) yield;
  });
  let timer;
  await Promise.race([task, new Promise((resolve) => timer = setTimeout(resolve, 2_000))]);
  clearTimeout(timer);
  assertEquals(steps, 5_000);
});

Deno.test("EventLoop.callExceptionHandler() has the handler take no part in the task it is about", async () => {
  const seen: unknown[] = [];
  const { promise: sent, resolve } = withResolvers<void>();
  let child!: Task<void>;
  const parent = createTask(async () => {
    child = createTask(() => sleep(500));
    await hostTurn(20);
    await sleep(1);
  });
  await sleep(1);
  loop.setExceptionHandler(async () => {
    seen.push(currentTask());
    await sleep(1);
    seen.push("sent");
    resolve();
  });
  parent.cancel("stop");
  loop.callExceptionHandler({ message: "x", task: child });
  loop.setExceptionHandler(null);
  await sent;
  await assertRejects(() => parent, CancelledError, "stop");
  assertEquals(seen, [null, "sent"]);
  child.cancel();
});
