/**
 * `run()`: the tasks, callbacks and timers that main leaves.
 *
 * @module
 */

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
import { FakeTime } from "@std/testing/time";
import {
  allTasks,
  CancelledError,
  createTask,
  currentTask,
  type EventLoop,
  type ExceptionContext,
  Future,
  getRunningLoop,
  run,
  sleep,
  Task,
  type TimerHandle,
} from "../../mod.ts";
import { leftOver } from "../helpers/counting.ts";
import { drive } from "../helpers/driven_run.ts";
import { drainInTurns, makeManualLoop } from "../helpers/manual_loop.ts";
import { collectReports } from "../helpers/reports.ts";
import { hostTurn, leastOf } from "../helpers/turns.ts";

// Tasks that are left
// -------------------

Deno.test("run() cancels the tasks that main leaves, and waits until they have ended", async () => {
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

Deno.test("run() also cancels the tasks that main leaves when it fails or is cancelled", async () => {
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

Deno.test("run() waits for each of several tasks, however many turns it takes to end", async () => {
  const log: number[] = [];
  let reports!: ExceptionContext[];
  await run(async () => {
    reports = collectReports(getRunningLoop());
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
  assertEquals([...reports], []);
});

Deno.test("run() also cancels the tasks that other tasks start while they end", async () => {
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

Deno.test("run() leaves no task running that its last callbacks start", async () => {
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
    assert(tasks.every((task) => task.cancelled()), `after ${turns} turns`);
  }
});

Deno.test("run() leaves no task running that an exception handler starts at the end", async () => {
  let loop!: EventLoop;
  let task: Task<void> | undefined;
  await run(() => {
    loop = getRunningLoop();
    loop.setExceptionHandler(() => {
      task = loop.createTask(() => sleep(60_000));
    });
    new Future<void>().setException("nobody looks");
  });
  assert(task!.cancelled());
  assert(loop.isClosed());
});

// Callbacks and timers that are left
// ----------------------------------

Deno.test("run() calls the callbacks that are due, and drops the timers", async () => {
  using time = new FakeTime();
  const log: string[] = [];
  const main = async () => {
    const loop = getRunningLoop();
    loop.callSoon(() => log.push("soon"));
    const future = new Future<void>();
    future.addDoneCallback(() => log.push("done callback"));
    future.setResult();
    loop.callLater(5, () => log.push("timer"));
  };
  assertEquals(await leftOver(() => run(main)), 0);
  assertEquals(log, ["soon", "done callback"]);
  time.tick(10);
  await hostTurn();
  assertEquals(log, ["soon", "done callback"]);
});

Deno.test("run() cancels its own timers on the loop that it closes", async () => {
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

// Failure
// -------

Deno.test("run() reports the exceptions of the tasks that it cancels", async () => {
  let reports!: ExceptionContext[];
  let task!: Task<void>;
  await run(async () => {
    reports = collectReports(getRunningLoop());
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

Deno.test("run() reports whatever value a task throws that it cancels", async () => {
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

Deno.test("run() reports an exception that nobody retrieves only after the callbacks that are due", async () => {
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

Deno.test("run() ends as fast as ever when other loops have many exceptions that nobody retrieved", async () => {
  const runsMs = async () => {
    const start = performance.now();
    for (let i = 0; i < 50; i++) await run(async () => {});
    return performance.now() - start;
  };
  await runsMs();
  const other = makeManualLoop();
  const failing = Array.from({ length: 100_000 }, () => other.createFuture<void>());
  const before = await runsMs();
  for (const future of failing) future.setException("x");
  const limit = 3 * before + 50;
  const after = await leastOf(limit, runsMs);
  for (const future of failing) future.exception();
  assertLess(after, limit);
});

Deno.test("run() reports a task whose cancel() throws, cancels the others and closes the loop", async () => {
  class Uncancellable extends Task<void> {
    override cancel(): boolean {
      throw new RangeError("no way");
    }
  }
  using time = new FakeTime();
  let loop!: EventLoop;
  let other!: Task<void>;
  let reports!: ExceptionContext[];
  const running = run(async () => {
    loop = getRunningLoop();
    reports = collectReports(loop);
    new Uncancellable(() => sleep(10), { name: "stubborn" });
    other = createTask(() => sleep(60_000));
    await sleep(0);
    return "result";
  });
  await hostTurn();
  time.tick(10);
  assertEquals(await running, "result");
  assert(loop.isClosed());
  assert(other.cancelled());
  assertEquals(reports.map(({ message, exception }) => [message, String(exception)]), [
    ['Task "stubborn" cannot be cancelled by run()', "RangeError: no way"],
  ]);
});

Deno.test("run() rejects and closes the loop when the clock of the loop throws", async () => {
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

// Deadline
// --------

/** Waits for a future by a promise, so that no cancellation reaches the future. */
async function shieldFromCancel(future: Future<void>): Promise<void> {
  try {
    await new Promise<void>((resolve) => future.addDoneCallback(() => resolve()));
  } catch {
    // The caller waits again.
  }
}

/** Swallows its cancellation, and never ends. */
async function stubborn(): Promise<void> {
  await new Future<void>().catch(() => {});
  await new Promise(() => {});
}

Deno.test("run() option shutdownTimeout: a task that does not end in time is reported and left behind", async () => {
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

Deno.test("run() option shutdownTimeout is five minutes by default", async () => {
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

Deno.test("run() option shutdownTimeout of Infinity is no limit", async () => {
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

Deno.test("run() option shutdownTimeout: tasks that start after the deadline are given no more time", async () => {
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

Deno.test("run() gives up on tasks of which each starts another when it is cancelled", async () => {
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

// Misuse
// ------

Deno.test("run() refuses a shutdownTimeout that is no number of milliseconds", () => {
  for (const shutdownTimeout of ["soon", NaN, null] as unknown as number[]) {
    assertThrows(() => run(() => {}, { shutdownTimeout }), TypeError, "shutdownTimeout");
  }
});
