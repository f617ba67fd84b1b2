/**
 * `run()`: its result, its loop and its options. How it ends what main leaves is in
 * `shutdown_test.ts`, interrupts are in `interrupt_test.ts`.
 *
 * @module
 */

import {
  assert,
  assertEquals,
  assertFalse,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { FakeTime } from "@std/testing/time";
import {
  allTasks,
  AsyncContext,
  CancelledError,
  type Coroutine,
  createTask,
  currentTask,
  type EventLoop,
  Future,
  getEventLoop,
  getRunningLoop,
  run,
  type RunOptions,
  sleep,
} from "../../mod.ts";
import { assertSame } from "../helpers/assert_same.ts";
import { drive } from "../helpers/driven_run.ts";
import { drainInTurns, makeManualLoop } from "../helpers/manual_loop.ts";
import { hostTurn, microtasks, withResolvers } from "../helpers/turns.ts";

// Result
// ------

Deno.test("run() returns a promise for the result of main", async () => {
  const promise: Promise<number> = run(async () => {
    await sleep(1);
    return 1;
  });
  assert(promise instanceof Promise);
  assertEquals(await promise, 1);
  assertEquals(
    await run(function* () {
      yield* sleep(1);
      return 2;
    }),
    2,
  );
  assertEquals(
    await run((function* () {
      yield;
      return 3;
    })()),
    3,
  );
  assertEquals(await run(() => 4), 4);
});

Deno.test("run() runs main as a task on a new loop, which is the running loop in it", async () => {
  const loops = new Set<EventLoop>();
  for (let i = 0; i < 2; i++) {
    await run(async () => {
      const loop = getRunningLoop();
      loops.add(loop);
      assertStrictEquals(currentTask()!.getLoop(), loop);
      assertStrictEquals(new Future().getLoop(), loop);
      assertStrictEquals(sleep(0).getLoop(), loop);
      assertSame(allTasks(), [currentTask()]);
      await sleep(0);
      assertStrictEquals(getEventLoop(), loop);
      assert(loop.isRunning());
    });
  }
  assertEquals(loops.size, 2);
  assertFalse(loops.has(getEventLoop()));
});

Deno.test("run() keeps the loops of two programs apart that run at the same time", async () => {
  using time = new FakeTime();
  const log: string[] = [];
  const main = (name: string, ms: number): Coroutine<EventLoop> => async () => {
    await sleep(ms);
    log.push(name);
    assertEquals(allTasks().size, 1);
    return getRunningLoop();
  };
  const running = Promise.all([run(main("slow", 10)), run(main("quick", 1))]);
  await hostTurn();
  time.tick(1);
  await hostTurn();
  time.tick(9);
  const loops = await running;
  assertEquals(log, ["quick", "slow"]);
  assertEquals(new Set(loops).size, 2);
});

// Failure
// -------

Deno.test("run() rejects with what main throws", async () => {
  const error = new RangeError("x");
  const rejected = await assertRejects(() =>
    run(async () => {
      await sleep(0);
      throw error;
    })
  );
  assertStrictEquals(rejected, error);
});

// Signal
// ------

Deno.test("run() option signal cancels main, which cleans up, or never starts it", async () => {
  const controller = new AbortController();
  const log: string[] = [];
  const running = run(async () => {
    try {
      await new Future<void>();
    } finally {
      await sleep(1);
      log.push("clean");
    }
  }, { signal: controller.signal });
  await hostTurn();
  controller.abort("enough");
  await assertRejects(() => running, CancelledError, "enough");
  assertEquals(log, ["clean"]);
  await assertRejects(
    () => run(async () => log.push("never"), { signal: AbortSignal.abort("before") }),
    CancelledError,
    "before",
  );
  assertEquals(log, ["clean"]);
});

// Loop
// ----

Deno.test("run() option loop runs main on that loop, ends its tasks and closes it", async () => {
  const loop = makeManualLoop();
  const seen: unknown[] = [];
  const running = run(function* () {
    seen.push(getRunningLoop() === loop);
    createTask(function* () {
      try {
        yield* new Future<void>();
      } finally {
        seen.push("clean");
      }
    });
    yield* sleep(2);
    return "on a manual loop";
  }, { loop });
  assertEquals(await drive(loop, running), "on a manual loop");
  assertEquals(seen, [true, "clean"]);
  assert(loop.isClosed());
});

Deno.test("run() can be called by code that a finished run() left behind", async () => {
  const again = new Future<number>();
  await run(async () => {
    (async () => {
      await hostTurn();
      again.setResult(await run(() => 1));
    })();
  });
  assertEquals(await again, 1);
  await microtasks();
});

Deno.test("run() can be called in a task whose loop is closed", async () => {
  const manual = makeManualLoop();
  const gate = withResolvers<void>();
  const task = manual.createTask(async () => {
    await gate.promise;
    return await run(() => 1);
  });
  manual.drain();
  manual.close();
  gate.resolve();
  assertEquals(await task, 1);
});

// Debug mode
// ----------

Deno.test("run() option debug sets the debug mode of a new loop, which is off by default", async () => {
  const debug = (options?: RunOptions) => run(() => getRunningLoop().getDebug(), options);
  assertEquals(await debug(), false);
  assertEquals(await debug({ debug: true }), true);
  assertEquals(await debug({ debug: false }), false);
});

Deno.test("run() option debug is set before main starts, or leaves the loop as it is", async () => {
  for (
    const [before, debug, expected] of [[true, undefined, true], [true, false, false], [
      false,
      true,
      true,
    ]] as const
  ) {
    const manual = makeManualLoop();
    manual.setDebug(before);
    const { createTask } = manual;
    const seen: boolean[] = [];
    manual.createTask = (coro, options) => {
      seen.push(manual.getDebug());
      return createTask(coro, options);
    };
    await drive(manual, run(() => {}, { loop: manual, debug }));
    assertEquals(seen, [expected]);
  }
});

// Context
// -------

Deno.test("run() runs main in the context of the caller", async () => {
  const user = new AsyncContext.Variable<string>();
  assertEquals(await user.run("ada", () => run(() => user.get())), "ada");
});

// Misuse
// ------

Deno.test("run() refuses what is no coroutine, and bad options, at the call", () => {
  const untyped = run as (main: unknown, options?: unknown) => unknown;
  const main = async () => {};
  for (const value of [undefined, null, 3, {}, "main"]) {
    assertThrows(
      () => untyped(value),
      TypeError,
      "Cannot run main as the coroutine is neither a generator nor a function: received ",
    );
  }
  assertThrows(
    () => untyped(main()),
    TypeError,
    "(a promise already runs: pass the async function",
  );
  for (const options of [3, null, { signal: 3 }, { loop: 3 }]) {
    assertThrows(() => untyped(main, options), TypeError, "received ");
  }
});

Deno.test("run() throws inside a task and inside a callback of a loop", async () => {
  const main = async () => {};
  const message = "Cannot run main as a loop is running here already: use createTask";
  await createTask(async () => {
    assertThrows(() => run(main), Error, message);
    await sleep(0);
    assertThrows(() => run(main), Error, message);
  });
  const called = new Future<void>();
  getEventLoop().callSoon(() => {
    assertThrows(() => run(main), Error, message);
    called.setResult();
  });
  await called;
  await run(main);
});

Deno.test("run() option signal that is no signal throws, and leaves the loop as it was", () => {
  const manual = makeManualLoop();
  const options = { loop: manual, debug: true, signal: 3 as unknown as AbortSignal };
  assertThrows(() => run(() => {}, options), TypeError, "no AbortSignal");
  assertFalse(manual.getDebug());
  assertEquals(manual.ready.length, 0);
});

Deno.test("run() option loop must be open and not running", async () => {
  const closed = makeManualLoop();
  closed.close();
  assertThrows(() => run(async () => {}, { loop: closed }), Error, "Event loop is closed");
  assertThrows(
    () => run(async () => {}, { loop: getEventLoop() }),
    Error,
    "Cannot run main as the loop is running already",
  );
  let used!: EventLoop;
  await run(async () => {
    used = getRunningLoop();
  });
  assertThrows(() => run(async () => {}, { loop: used }), Error, "Event loop is closed");
});

Deno.test("run() option loop that is closed throws, and leaves the loop as it was", async () => {
  let used!: EventLoop;
  await run(() => {
    used = getRunningLoop();
  });
  assertThrows(() => run(() => {}, { loop: used, debug: true }), Error, "Event loop is closed");
  assertFalse(used.isRunning());
  assertFalse(used.getDebug());
});

Deno.test("run() option loop must have all methods, and run no other main", async () => {
  const loop = makeManualLoop();
  const partial = { ...loop, callAt: undefined } as unknown as EventLoop;
  assertThrows(() => run(() => {}, { loop: partial }), TypeError, "as it is no event loop");
  const first = run(() => sleep(5), { loop });
  assertThrows(() => run(() => {}, { loop }), Error, "as the loop is running already");
  await drive(loop, first);
  assertThrows(() => run(() => {}, { loop }), Error, "Event loop is closed");
});

Deno.test("run() refuses a generator that a task runs, and leaves the loop as it was", async () => {
  const loop = makeManualLoop();
  const generator = function* () {
    yield* sleep(0);
  }();
  const task = createTask(generator);
  assertThrows(
    () => run(generator, { loop, debug: true }),
    TypeError,
    "Cannot run main as another task runs the generator already: received [Generator]",
  );
  await task;
  assertFalse(loop.getDebug());
  const main = run(() => "ok", { loop });
  await drainInTurns(loop);
  assertEquals(await main, "ok");
});

Deno.test("run() whose task factory throws leaves the loop as it was", async () => {
  const loop = makeManualLoop();
  loop.setTaskFactory(() => {
    throw new RangeError("no task");
  });
  assertThrows(() => run(() => 1, { loop, debug: true }), RangeError, "no task");
  loop.setTaskFactory(null);
  assertFalse(loop.isClosed());
  assertFalse(loop.getDebug());
  assertEquals(await drive(loop, run(() => 1, { loop })), 1);
});

Deno.test("run() whose task factory makes no task throws, and leaves the loop as it was", async () => {
  const loop = makeManualLoop();
  for (const made of [undefined, Promise.resolve(), { cancel() {} }]) {
    loop.setTaskFactory(() => made as never);
    assertThrows(
      () => run(() => 1, { loop }),
      TypeError,
      "Cannot run main as the loop has made no task of it: received ",
    );
  }
  loop.setTaskFactory(null);
  assertEquals(await drive(loop, run(() => 1, { loop })), 1);
});
