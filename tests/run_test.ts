import {
  assert,
  assertEquals,
  assertFalse,
  assertLess,
  assertRejects,
  assertStrictEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import process from "node:process";
import { FakeTime } from "@std/testing/time";
import {
  allTasks,
  AsyncContext,
  CancelledError,
  type Coroutine,
  createTask,
  currentTask,
  type EventLoop,
  type ExceptionContext,
  Future,
  getEventLoop,
  getRunningLoop,
  run,
  type RunOptions,
  sleep,
  Task,
  type TimerHandle,
} from "../mod.ts";
import { assertSame } from "./helpers/assert_same.ts";
import { needs } from "./helpers/capabilities.ts";
import { drainInTurns, makeManualLoop } from "./helpers/manual_loop.ts";
import { interrupt } from "./helpers/programs.ts";
import { hostTurn, microtasks, withResolvers } from "./helpers/turns.ts";

/** Has the running loop keep what it is told. */
function keepReports(): ExceptionContext[] {
  const reports: ExceptionContext[] = [];
  getRunningLoop().setExceptionHandler((_loop, context) => reports.push(context));
  return reports;
}

Deno.test("run() returns a promise for what main returns", async () => {
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

Deno.test("run() runs main as a task on a new loop", async () => {
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

Deno.test("run() rejects what is no coroutine, at the call", () => {
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

Deno.test("run() throws inside a task and inside a loop callback", async () => {
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

Deno.test("run() cancels the tasks that are still alive, and waits until they ended", async () => {
  const log: string[] = [];
  let task!: Task<void>;
  const result = await run(async () => {
    task = createTask(async () => {
      try {
        await new Future<void>();
      } finally {
        await sleep(5);
        log.push("clean");
      }
    });
    createTask(() => log.push("never starts"));
    await Promise.resolve();
    return "main is done";
  });
  assertEquals(result, "main is done");
  assert(task.cancelled());
  assertEquals(log, ["never starts", "clean"]);
  assertEquals(allTasks(task.getLoop()).size, 0);
});

Deno.test("run() cancels what is alive when main fails or is cancelled, too", async () => {
  for (
    const [end, ErrorClass] of [
      [() => Promise.reject(new RangeError("x")), RangeError],
      [() => currentTask()!.cancel(), CancelledError],
    ] as const
  ) {
    let task!: Task<void>;
    await assertRejects(() =>
      run(async () => {
        task = createTask(async () => await new Future<void>());
        await sleep(0);
        await end();
      }), ErrorClass);
    assert(task.cancelled());
  }
});

Deno.test("run() ends the tasks that tasks start while they end", async () => {
  const log: string[] = [];
  await run(async () => {
    createTask(async () => {
      try {
        await new Future<void>();
      } finally {
        createTask(async () => {
          try {
            await sleep(60_000);
          } finally {
            log.push("second");
          }
        });
        await sleep(1);
        log.push("first");
      }
    });
    await sleep(0);
  });
  assertEquals(log, ["first", "second"]);
});

Deno.test("run() waits for a task that swallows the cancellation", async () => {
  const log: string[] = [];
  await run(async () => {
    createTask(async () => {
      try {
        await new Future<void>();
      } catch {
        await sleep(5);
        log.push("ended by itself");
      }
    });
    await sleep(0);
  });
  assertEquals(log, ["ended by itself"]);
});

Deno.test("run() reports the exceptions of the tasks that it ends", async () => {
  let reports!: ExceptionContext[];
  let task!: Task<void>;
  await run(async () => {
    reports = keepReports();
    task = createTask(async () => {
      await new Future<void>().catch(() => {
        throw new RangeError("in the clean-up");
      });
    });
    await sleep(0);
  });
  assertEquals(reports.length, 1);
  assertEquals(reports[0]!.message, "Unhandled exception during run() shutdown");
  assertStringIncludes(String(reports[0]!.exception), "in the clean-up");
  assertStrictEquals<unknown>(reports[0]!.task, task);
});

Deno.test("run() calls the callbacks that are due, and drops the timers", async () => {
  const log: string[] = [];
  await run(async () => {
    const loop = getRunningLoop();
    loop.callSoon(() => log.push("soon"));
    const future = new Future<void>();
    future.addDoneCallback(() => log.push("done callback"));
    future.setResult();
    loop.callLater(5, () => log.push("timer"));
  });
  assertEquals(log, ["soon", "done callback"]);
  await new Promise((resolve) => setTimeout(resolve, 10));
  assertEquals(log, ["soon", "done callback"]);
});

Deno.test("run() option signal cancels main", async () => {
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

Deno.test("run() option debug sets the debug mode of the loop", async () => {
  const debug = (options?: RunOptions) => run(() => getRunningLoop().getDebug(), options);
  assertEquals(await debug(), false);
  assertEquals(await debug({ debug: true }), true);
  assertEquals(await debug({ debug: false }), false);
});

Deno.test("run() option loop runs on that loop and closes it", async () => {
  const loop = makeManualLoop();
  const driver = setInterval(() => {
    loop.advance(1);
    loop.drain();
  }, 1);
  try {
    const seen: unknown[] = [];
    const result = await run(function* () {
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
    assertEquals(result, "on a manual loop");
    assertEquals(seen, [true, "clean"]);
    assert(loop.isClosed());
  } finally {
    clearInterval(driver);
  }
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

Deno.test("run() inherits the context of the caller", async () => {
  const user = new AsyncContext.Variable<string>();
  assertEquals(await user.run("ada", () => run(() => user.get())), "ada");
});

Deno.test("run() twice at the same time keeps the loops apart", async () => {
  const log: string[] = [];
  const main = (name: string, ms: number): Coroutine<EventLoop> => async () => {
    await sleep(ms);
    log.push(name);
    assertEquals(allTasks().size, 1);
    return getRunningLoop();
  };
  const loops = await Promise.all([run(main("slow", 10)), run(main("quick", 1))]);
  assertEquals(log, ["quick", "slow"]);
  assertEquals(new Set(loops).size, 2);
});

Deno.test("run() can be called by code that a finished run left behind", async () => {
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

/** Drives a manual loop until `running` is settled. */
async function drive<T>(loop: ReturnType<typeof makeManualLoop>, running: Promise<T>): Promise<T> {
  let done = false;
  const end = () => void (done = true);
  running.then(end, end);
  while (!done) {
    loop.advance(1);
    loop.drain();
    await microtasks();
  }
  return await running;
}

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

Deno.test("run() option loop that is closed is left as it is", async () => {
  let used!: EventLoop;
  await run(() => {
    used = getRunningLoop();
  });
  assertThrows(() => run(() => {}, { loop: used, debug: true }), Error, "Event loop is closed");
  assertFalse(used.isRunning());
  assertFalse(used.getDebug());
});

Deno.test("run() option debug leaves the loop as it is when not given, or sets it first", async () => {
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

Deno.test("run() with a signal that is none changes nothing", () => {
  const manual = makeManualLoop();
  const options = { loop: manual, debug: true, signal: 3 as unknown as AbortSignal };
  assertThrows(() => run(() => {}, options), TypeError, "no AbortSignal");
  assertFalse(manual.getDebug());
  assertEquals(manual.ready.length, 0);
});

Deno.test("run() waits for each of several tasks, however long it takes to end", async () => {
  const log: number[] = [];
  let reports!: ExceptionContext[];
  await run(async () => {
    reports = keepReports();
    for (const turns of [1, 30, 5]) {
      createTask(async () => {
        try {
          await new Future<void>();
        } finally {
          for (let i = 0; i < turns; i++) await sleep(0);
          log.push(turns);
        }
      });
    }
    await sleep(0);
  });
  assertEquals(log, [1, 5, 30]);
  assertEquals(reports, []);
});

Deno.test("run() reports what nobody looked at only after the callbacks that are due", async () => {
  const manual = makeManualLoop();
  const reports: ExceptionContext[] = [];
  manual.setExceptionHandler((_loop, context) => reports.push(context));
  const log: unknown[] = [];
  await drive(
    manual,
    run(async () => {
      await sleep(1);
      const future = new Future<void>();
      future.addDoneCallback(() => log.push(future.exception()));
      future.setException("looked at in time");
    }, { loop: manual }),
  );
  assertEquals(log, ["looked at in time"]);
  assertEquals(reports, []);
});

Deno.test("run() ends the tasks that its last callbacks start", async () => {
  for (let turns = 0; turns < 8; turns++) {
    const tasks: Task<void>[] = [];
    await run(() => {
      const loop = getRunningLoop();
      const again = (left: number) => {
        if (left > 0) loop.callSoon(() => again(left - 1));
        else tasks.push(loop.createTask(() => sleep(60_000)));
      };
      again(turns);
    });
    assert(tasks.every((task) => task.done()), `after ${turns} turns`);
  }
});

Deno.test("run() reports whatever a task throws while it is shut down", async () => {
  for (const thrown of [null, undefined, 0]) {
    const reports: ExceptionContext[] = [];
    await run(() => {
      getRunningLoop().setExceptionHandler((_loop, context) => reports.push(context));
      createTask(async () => {
        try {
          await sleep(60_000);
        } catch {
          throw thrown;
        }
      });
      return sleep(0);
    });
    assertEquals(reports.map(({ exception }) => exception), [thrown]);
  }
});

Deno.test("run() reports by name a task that refuses to end, and leaves it behind", async () => {
  using clock = new FakeTime();
  const reports: ExceptionContext[] = [];
  const left = new Future<void>();
  const result = run(async () => {
    getRunningLoop().setExceptionHandler((_loop, context) => reports.push(context));
    createTask(async () => {
      while (!left.done()) await shieldFromCancel(left);
    }, { name: "stubborn" });
    createTask(async () => {
      try {
        await new Future<void>();
      } finally {
        await sleep(50);
      }
    }, { name: "slow" });
    await sleep(0);
    return "done";
  }, { shutdownTimeout: 100 });
  await clock.tickAsync(99);
  assertEquals(reports, []);
  await clock.tickAsync(1);
  assertEquals(await result, "done");
  assertEquals(reports.map(({ message }) => message), [
    'Task "stubborn" did not end within 100 ms of its cancellation by run()',
  ]);
  assertEquals(reports[0]!.task!.getName(), "stubborn");
  assertFalse(reports[0]!.task!.done());
  left.setResult();
});

/** Waits for a future of another loop by a promise, so that nobody can cancel it. */
async function shieldFromCancel(future: Future<void>): Promise<void> {
  try {
    await new Promise<void>((resolve) => future.addDoneCallback(() => resolve()));
  } catch {
    // Goes on.
  }
}

Deno.test("run() gives tasks no more time that are started when it is over", async () => {
  using clock = new FakeTime();
  const names: string[] = [];
  const result = run(async () => {
    const loop = getRunningLoop();
    loop.setExceptionHandler((_loop, { task }) => {
      names.push(task!.getName());
      if (names.length < 3) loop.createTask(refuse, { name: `late ${names.length}` });
    });
    createTask(refuse, { name: "first" });
    await sleep(0);
  }, { shutdownTimeout: 10 });
  await clock.tickAsync(10);
  for (let i = 0; i < 5; i++) await clock.tickAsync(0);
  await result;
  assertEquals(names, ["first", "late 1", "late 2"]);

  function refuse(): Promise<void> {
    return new Promise(() => {});
  }
});

Deno.test("run() waits without limit for a shutdownTimeout of Infinity", async () => {
  using clock = new FakeTime();
  let ended = false;
  const result = run(async () => {
    createTask(async () => {
      try {
        await new Future<void>();
      } finally {
        await sleep(1_000_000);
        ended = true;
      }
    });
    await sleep(0);
  }, { shutdownTimeout: Infinity });
  await clock.tickAsync(1_000_001);
  await result;
  assert(ended);
});

Deno.test("run() refuses a shutdownTimeout that is no number of milliseconds", () => {
  for (const shutdownTimeout of ["soon", NaN, null] as unknown as number[]) {
    assertThrows(() => run(() => {}, { shutdownTimeout }), TypeError, "shutdownTimeout");
  }
});

/** A program that cleans up when it is interrupted, or refuses to end. */
const interruptible = (options: string) => `
import { run, sleep } from ${JSON.stringify(new URL("../mod.ts", import.meta.url).href)};
try {
  await run(async () => {
    try {
      console.log("ready");
      await sleep(60_000);
    } finally {
      console.log("cleaning up");
      await sleep(1);
      console.log("clean");
      if (Deno.args.includes("stubborn")) await sleep(60_000);
    }
  }, ${options});
} catch (error) {
  console.log(String(error));
}
`;

Deno.test("run() cancels main on an interrupt, and ends when it has cleaned up", async () => {
  needs("programs");
  const { lines, signal } = await interrupt(["ready"], "eval", interruptible("{}"));
  assertEquals(lines, ["ready", "cleaning up", "clean", "CancelledError: Interrupted"]);
  assertEquals(signal, null);
});

Deno.test("run() lets the second interrupt end the process", async () => {
  needs("programs");
  const { lines, signal } = await interrupt(
    ["ready", "clean"],
    "eval",
    interruptible("{}"),
    "stubborn",
  );
  assertEquals(lines, ["ready", "cleaning up", "clean"]);
  assertEquals(signal, "SIGINT");
});

Deno.test("run() option handleInterrupt leaves interrupts alone if it is false", async () => {
  needs("programs");
  const { lines, signal } = await interrupt(
    ["ready"],
    "eval",
    interruptible("{ handleInterrupt: false }"),
  );
  assertEquals(lines, ["ready"]);
  assertEquals(signal, "SIGINT");
});

Deno.test("run() listens for interrupts while main runs, once for all", async () => {
  needs("signals");
  const before = process.listenerCount("SIGINT");
  const gate = new Future<void>();
  const counts: number[] = [];
  const runs = [1, 2].map(() =>
    run(async () => {
      counts.push(process.listenerCount("SIGINT") - before);
      await new Promise<void>((resolve) => gate.addDoneCallback(() => resolve()));
      getRunningLoop().createTask(async () => {
        try {
          await sleep(60_000);
        } finally {
          counts.push(process.listenerCount("SIGINT") - before);
        }
      });
      await sleep(0);
    })
  );
  await microtasks();
  gate.setResult();
  await Promise.all(runs);
  assertEquals(counts.slice(0, 2), [1, 1]);
  assertEquals(process.listenerCount("SIGINT"), before);
  await run(() => {}, { handleInterrupt: false });
});

Deno.test("run() goes on where nothing can listen for interrupts", async () => {
  needs("signals");
  const { on } = process;
  let loop!: EventLoop;
  process.on = () => {
    throw new Error("no signals here");
  };
  try {
    const result = await run(async () => {
      loop = getRunningLoop();
      await sleep(1);
      return 7;
    });
    assertEquals(result, 7);
  } finally {
    process.on = on;
  }
  assert(loop.isClosed());
  const before = process.listenerCount("SIGINT");
  assertEquals(await run(() => process.listenerCount("SIGINT")), before + 1);
});

Deno.test("run() in a worker leaves interrupts to the process", async () => {
  needs("programs");
  needs("webWorkers");
  const mod = JSON.stringify(new URL("../mod.ts", import.meta.url).href);
  const inWorker = `
    import { run, sleep } from ${mod};
    run(async () => {
      postMessage("ready");
      await sleep(60_000);
    });
  `;
  const program = `
    const blob = new Blob([${JSON.stringify(inWorker)}], { type: "text/javascript" });
    const worker = new Worker(URL.createObjectURL(blob), { type: "module" });
    worker.onmessage = ({ data }) => {
      setTimeout(() => {
        console.log("survived");
        worker.terminate();
      }, 3_000);
      console.log(data);
    };
  `;
  const { lines, signal } = await interrupt(["ready"], "eval", program);
  assertEquals([lines, signal], [["ready"], "SIGINT"]);
});

Deno.test("run() cancels every main that runs, when it is interrupted", async () => {
  needs("signals");
  const mains = [1, 2].map(() => run(() => sleep(60_000)));
  await microtasks();
  process.emit("SIGINT", "SIGINT");
  for (const main of mains) await assertRejects(() => main, CancelledError, "Interrupted");
  assertEquals(process.listenerCount("SIGINT"), 0);
});

Deno.test("run() gives up on tasks of which each that is cancelled starts another", async () => {
  const reports: string[] = [];
  let started = 0;
  await run(async () => {
    const loop = getRunningLoop();
    loop.setExceptionHandler((_loop, { message }) => reports.push(message));
    const respawn = async () => {
      started++;
      try {
        await sleep(60_000);
      } finally {
        loop.createTask(respawn, { name: "hydra" });
      }
    };
    loop.createTask(respawn);
    await sleep(0);
  });
  assertEquals(reports, ['Task "hydra" is left behind, as each that ends starts another']);
  assertLess(started, 1_000);
});

Deno.test("run() that starts while another one is interrupted leaves the next interrupt alone", async () => {
  needs("signals");
  const gate = new Future<void>();
  const first = run(async () => {
    try {
      await sleep(60_000);
    } finally {
      await new Promise<void>((resolve) => gate.addDoneCallback(() => resolve()));
    }
  });
  await microtasks();
  process.emit("SIGINT", "SIGINT");
  const second = run(() => sleep(60_000));
  await microtasks();
  assertEquals(process.listenerCount("SIGINT"), 0);
  gate.setResult();
  await assertRejects(() => first, CancelledError);
  assertEquals(process.listenerCount("SIGINT"), 1);
  process.emit("SIGINT", "SIGINT");
  await assertRejects(() => second, CancelledError, "Interrupted");
  assertEquals(process.listenerCount("SIGINT"), 0);
});

Deno.test("run() refuses a loop that lacks a method, and one that runs another main", async () => {
  const loop = makeManualLoop();
  const partial = { ...loop, callAt: undefined } as unknown as EventLoop;
  assertThrows(() => run(() => {}, { loop: partial }), TypeError, "as it is no event loop");
  const first = run(() => sleep(5), { loop });
  assertThrows(() => run(() => {}, { loop }), Error, "as the loop is running already");
  for (let i = 0; i < 10; i++) {
    loop.drain();
    loop.advance(1);
    await microtasks();
  }
  await first;
  assertThrows(() => run(() => {}, { loop }), Error, "Event loop is closed");
});

/** Does not end when it is cancelled. */
async function stubborn(): Promise<void> {
  await new Future<void>().catch(() => {});
  await new Promise(() => {});
}

Deno.test("run() waits for five minutes by default for tasks that do not end", async () => {
  const loop = makeManualLoop();
  const messages: unknown[] = [];
  loop.setExceptionHandler((_loop, { message }) => messages.push(message));
  const result = run(() => void createTask(stubborn, { name: "stubborn" }), { loop });
  await drainInTurns(loop);
  await drainInTurns(loop, 299_999);
  assertFalse(loop.isClosed());
  await drainInTurns(loop, 1);
  await result;
  assertEquals(messages, [
    'Task "stubborn" did not end within 300000 ms of its cancellation by run()',
  ]);
});

Deno.test("run() leaves no timer on a loop that it closes", async () => {
  for (const [shutdownTimeout, count] of [[1_000, 1], [Infinity, 0]] as const) {
    const loop = makeManualLoop();
    const handles: TimerHandle[] = [];
    const { callAt } = loop;
    loop.callAt = (...args) => {
      const handle = callAt(...args);
      handles.push(handle);
      return handle;
    };
    const result = run(() => void createTask(() => new Future<void>()), { loop, shutdownTimeout });
    await drainInTurns(loop);
    await result;
    assertEquals(handles.map((handle) => handle.cancelled()), Array(count).fill(true));
  }
});

Deno.test("run() that refuses a generator which a task runs leaves the loop as it was", async () => {
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

Deno.test("run() whose task factory makes no task says so, and leaves the loop as it was", async () => {
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

Deno.test("run() ends the others when the cancel() of a task throws, and closes the loop", async () => {
  class Uncancellable extends Task<void> {
    override cancel(): boolean {
      throw new RangeError("no way");
    }
  }
  let loop!: EventLoop;
  let other!: Task<void>;
  let reports!: ExceptionContext[];
  const result = await run(async () => {
    loop = getRunningLoop();
    reports = keepReports();
    new Uncancellable(() => sleep(10), { name: "stubborn" });
    other = createTask(() => sleep(60_000));
    await sleep(0);
    return "result";
  });
  assertEquals(result, "result");
  assert(loop.isClosed());
  assert(other.cancelled());
  assertEquals(reports.map(({ message, exception }) => [message, String(exception)]), [
    ['Task "stubborn" cannot be cancelled by run()', "RangeError: no way"],
  ]);
});

Deno.test("run() closes the loop even if it cannot end what is left there", async () => {
  const loop = makeManualLoop();
  const { time } = loop;
  const main = run(() => {
    loop.time = () => {
      throw new RangeError("no clock");
    };
  }, { loop });
  await assertRejects(() => drive(loop, main), RangeError, "no clock");
  loop.time = time;
  assert(loop.isClosed());
});
