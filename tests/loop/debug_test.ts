import {
  assert,
  assertEquals,
  assertFalse,
  assertStrictEquals,
  assertStringIncludes,
} from "@std/assert";
import { stub } from "@std/testing/mock";
import { createTask, Future, getEventLoop, run, Task } from "../../mod.ts";
import { collectReports } from "../helpers/reports.ts";
import { hostTurn, microtasks } from "../helpers/turns.ts";

const loop = getEventLoop();

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
  assertEquals(warn.calls.map(({ args }) => args[0]), [
    "Executing callback slow took 101 ms",
    'Executing <Task pending name="sluggish" coro=<anonymous>> took 250 ms',
    'Executing <Task pending name="starting" coro=<anonymous>> took 150 ms',
  ]);
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
