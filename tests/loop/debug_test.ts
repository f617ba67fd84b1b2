import {
  assert,
  assertEquals,
  assertFalse,
  assertLess,
  assertMatch,
  assertStrictEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { stub } from "@std/testing/mock";
import { createTask, Future, getEventLoop, newEventLoop, run, Task } from "../../mod.ts";
import { has, needs } from "../helpers/capabilities.ts";
import { collectReports } from "../helpers/reports.ts";
import { hostTurn, microtasks } from "../helpers/turns.ts";

const loop = getEventLoop();

const SCHEDULED = /^Executing callback slow took 101 ms, scheduled at .*debug_test\.ts:\d+:\d+\)?$/;

/** So many that the heap would show what is kept of each. */
const WAITS = 5_000;

/** Calls `fn` while the default loop is in debug mode; returns what is warned of. */
async function warnings(
  fn: (hold: (ms: number) => void) => unknown,
  limit = 100,
): Promise<string[]> {
  using warn = stub(console, "warn", () => {});
  let now = 0;
  using _ = stub(performance, "now", () => now);
  loop.setDebug(true);
  loop.slowCallbackDuration = limit;
  try {
    await fn((ms) => now += ms);
    await microtasks(50);
  } finally {
    loop.slowCallbackDuration = 100;
    loop.setDebug(false);
  }
  return warn.calls.map(({ args }) => args[0]);
}

/** Holds the thread by the real clock; `false` if that stands still while code runs. */
function holdThread(ms: number): boolean {
  const end = performance.now() + ms;
  for (let i = 0; performance.now() < end; i++) {
    if (i > 10_000_000) return false;
  }
  return true;
}

// Debug mode
// ----------

Deno.test("EventLoop in debug mode reports where a callback was scheduled, and warns of steps over 100 ms", async () => {
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
  assertStringIncludes(reports[0]!.sourceTraceback!, "debug_test.ts");
  const place = has.sources ? "@debug_test.ts:\\d+" : "";
  const [callback, step, start, ...more] = warn.calls.map(({ args }) => args[0]);
  assertEquals(more, []);
  assertMatch(callback, has.sources ? SCHEDULED : /^Executing callback slow took 101 ms$/);
  const task = (name: string) => `^Executing <Task pending name="${name}" coro=<anonymous>${place}`;
  assertMatch(step, new RegExp(`${task("sluggish")}> took 250 ms`));
  assertMatch(start, new RegExp(`${task("starting")}> took 150 ms`));
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
  assertEquals(warn.calls.length, 1);
  assertMatch(warn.calls[0]!.args[0], /^Executing callback slow took 123 ms(?!\.)/);
});

Deno.test("EventLoop in debug mode reports where a future was made whose done callback cannot be called", async () => {
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

Deno.test("EventLoop in debug mode reports a stack that reaches back to the outermost function", async () => {
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

Deno.test("EventLoop in debug mode does not call toString() of a task whose steps are fast", async () => {
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

Deno.test("EventLoop.setDebug() takes any value as true or false", () => {
  loop.setDebug(1 as unknown as boolean);
  assertStrictEquals(loop.getDebug(), true);
  loop.setDebug(0 as unknown as boolean);
  assertStrictEquals(loop.getDebug(), false);
});

// Slow callbacks and tasks
// ------------------------

Deno.test("EventLoop.slowCallbackDuration is the limit in milliseconds, 100 by default", async () => {
  assertEquals(loop.slowCallbackDuration, 100);
  const calls = (hold: (ms: number) => void) => {
    loop.callSoon(() => hold(20));
    loop.callSoon(function slow() {
      hold(21);
    });
  };
  const [first, ...more] = await warnings(calls, 20);
  assertMatch(first!, /^Executing callback slow took 21 ms/);
  assertEquals(more, []);
  assertEquals(await warnings(calls, Infinity), []);
  assertEquals(await warnings(calls), []);
});

Deno.test("EventLoop.slowCallbackDuration takes numbers only", () => {
  for (const bad of ["100", NaN, undefined, null]) {
    assertThrows(
      () => loop.slowCallbackDuration = bad as number,
      TypeError,
      "Cannot set the limit as the slowCallbackDuration is no number of milliseconds",
    );
  }
  assertEquals(loop.slowCallbackDuration, 100);
  const other = newEventLoop();
  other.slowCallbackDuration = 5;
  assertEquals([other.slowCallbackDuration, loop.slowCallbackDuration], [5, 100]);
});

Deno.test("EventLoop in debug mode warns of done callbacks", async () => {
  const [first, ...more] = await warnings((hold) => {
    const future = new Future<void>();
    future.addDoneCallback(function slow() {
      hold(200);
    });
    future.setResult();
  });
  assertMatch(first!, /^Executing callback slow took 200 ms/);
  if (has.sources) assertMatch(first!, /, of a future made at .*debug_test\.ts:\d+/);
  assertEquals(more, []);
});

Deno.test("EventLoop in debug mode warns of an async function that holds the thread after an await", async () => {
  const gate = new Future<void>();
  const [first, ...more] = await warnings(async (hold) => {
    const task = createTask(async function main() {
      await gate;
      hold(250);
      await gate;
      hold(90);
    }, { name: "after" });
    await microtasks();
    gate.setResult();
    await task;
  });
  assertMatch(first!, /^Executing <Task pending name="after" coro=main.*> took 250 ms/);
  if (has.sources) assertMatch(first!, /> took 250 ms, last waited at main \(.*debug_test\.ts:\d+/);
  assertEquals(more, []);
});

Deno.test("EventLoop in debug mode says where a generator last waited", async () => {
  const gate = new Future<void>();
  const [first, ...more] = await warnings(async (hold) => {
    function* inner() {
      yield* gate;
      hold(250);
    }
    const task = createTask(
      function* outer() {
        yield* inner();
      },
      { name: "steps" },
    );
    await microtasks();
    gate.setResult();
    await task;
  });
  assertMatch(first!, /^Executing <Task finished name="steps" coro=outer.*> took 250 ms/);
  if (has.sources) assertMatch(first!, /, last waited at inner \(.*debug_test\.ts:\d+/);
  assertEquals(more, []);
});

Deno.test("EventLoop in debug mode warns of an async function that holds the thread after an await of another", async () => {
  using warn = stub(console, "warn", () => {});
  const gate = new Future<void>();
  async function inner() {
    await gate;
  }
  loop.setDebug(true);
  loop.slowCallbackDuration = 10;
  try {
    const task = createTask(async function main() {
      await inner();
      return holdThread(30);
    }, { name: "outer" });
    await microtasks();
    gate.setResult();
    // A clock that stands still while code runs notices nothing.
    if (!await task) return;
    await microtasks(50);
  } finally {
    loop.slowCallbackDuration = 100;
    loop.setDebug(false);
  }
  const texts = warn.calls.map(({ args }) => args[0]);
  assertEquals(texts.length, 1, texts.join("\n"));
  assertMatch(
    texts[0],
    /^Executing <Task .* name="outer" coro=main.*>, or what awaits its promises, took \d+ ms/,
  );
});

Deno.test("EventLoop in debug mode does not take fake time for code that holds the thread", async () => {
  const gate = new Future<void>();
  const texts = await warnings(async (hold) => {
    const task = createTask(async () => void await gate);
    await microtasks();
    gate.setResult();
    await task;
    for (let i = 0; i < 30; i++) {
      hold(10_000);
      await undefined;
    }
  });
  assertEquals(texts, []);
});

Deno.test("EventLoop in debug mode does not warn of a callback that switched it on", async () => {
  using warn = stub(console, "warn", () => {});
  let now = 0;
  using _ = stub(performance, "now", () => now);
  loop.callSoon(() => {
    loop.setDebug(true);
    now += 1_000;
  });
  await microtasks();
  loop.setDebug(false);
  loop.callSoon(() => {
    now += 1_000;
    loop.setDebug(true);
    now += 1_000;
    loop.setDebug(false);
    loop.setDebug(true);
  });
  await microtasks();
  loop.setDebug(false);
  assertEquals(warn.calls.length, 0);
});

// Generators that nobody runs
// ---------------------------

Deno.test("EventLoop in debug mode reports a generator that a callback returns", async () => {
  using reports = collectReports();
  function* load() {}
  loop.setDebug(true);
  try {
    loop.callSoon(() => load() as never);
    const future = new Future<void>();
    future.addDoneCallback(() => load());
    future.addDoneCallback(() => createTask(load()));
    const claimed = load();
    future.addDoneCallback(() => (createTask(claimed), claimed));
    future.addDoneCallback(() => [1][Symbol.iterator]());
    future.setResult();
    await hostTurn();
  } finally {
    loop.setDebug(false);
  }
  const message = "Callback load has returned a generator, which nobody runs " +
    "(start a task in the callback)";
  assertEquals(reports.map((report) => report.message), [message, message]);
  if (has.sources) assertStringIncludes(reports[0]!.sourceTraceback!, "debug_test.ts");
});

// Futures
// -------

Deno.test("EventLoop.setDebug() leaves no trace on the class Future once it is off", async () => {
  const before = Reflect.ownKeys(Future.prototype)
    .map((key) => [key, Object.getOwnPropertyDescriptor(Future.prototype, key)]);
  const other = newEventLoop();
  loop.setDebug(true);
  other.setDebug(true);
  loop.setDebug(false);
  assertEquals(await new Future<number>({ signal: AbortSignal.abort() }).then(() => 1, () => 2), 2);
  other.close();
  const after = Reflect.ownKeys(Future.prototype)
    .map((key) => [key, Object.getOwnPropertyDescriptor(Future.prototype, key)]);
  assertEquals(after, before);
});

Deno.test("EventLoop in debug mode changes nothing that a program sees of a future", async () => {
  loop.setDebug(true);
  try {
    const future = new Future<number>();
    assertEquals(typeof future.then, "function");
    assertEquals(typeof Future.prototype.then, "function");
    const mine = () => Promise.resolve(5);
    const assigned = new Future<number>();
    (assigned as unknown as { then: unknown }).then = mine;
    assertStrictEquals(assigned.then as unknown, mine);
    const task = createTask(function* () {
      return yield* future;
    });
    const [first] = future as unknown as Iterable<unknown>;
    assertEquals(typeof first, "symbol");
    const all = Promise.all([future, future.then((value) => value + 1), task]);
    future.setResult(1);
    assertEquals(await all, [1, 2, 1]);
    assertEquals(await future, 1);
  } finally {
    loop.setDebug(false);
  }
});

Deno.test("EventLoop.setDebug() leaves a then() that a program put there meanwhile", () => {
  const original = Object.getOwnPropertyDescriptor(Future.prototype, "then")!;
  loop.setDebug(true);
  const mine = () => Promise.resolve();
  try {
    Object.defineProperty(Future.prototype, "then", { value: mine, configurable: true });
    loop.setDebug(false);
    assertStrictEquals(Future.prototype.then as unknown, mine);
  } finally {
    loop.setDebug(false);
    Object.defineProperty(Future.prototype, "then", original);
  }
});

Deno.test("EventLoop in debug mode keeps nothing of waits that are over", async () => {
  needs("heapSize");
  const gates = async (count: number) => {
    for (let i = 0; i < count; i++) {
      const gate = new Future<void>();
      queueMicrotask(() => gate.setResult());
      await gate;
    }
  };
  const { gc } = globalThis as unknown as { gc(): void };
  const size = () => (gc(), Deno.memoryUsage().heapUsed);
  loop.setDebug(true);
  try {
    const task = createTask(async () => {
      await gates(1_000);
      const before = size();
      await gates(WAITS);
      return size() - before;
    });
    assertLess(await task, WAITS * 100);
  } finally {
    loop.setDebug(false);
  }
});

// Outside of debug mode
// ---------------------

Deno.test("EventLoop does not warn of slow callbacks outside of debug mode", async () => {
  using warn = stub(console, "warn", () => {});
  let now = 0;
  using _ = stub(performance, "now", () => now);
  loop.callSoon(() => now += 1_000);
  await microtasks();
  assertEquals(warn.calls.length, 0);
});

Deno.test("EventLoop does not report where a callback was scheduled outside of debug mode", async () => {
  using reports = collectReports();
  loop.callSoon(() => {
    throw new Error("x");
  });
  await microtasks();
  assertEquals(reports.map((context) => "sourceTraceback" in context), [false]);
});
