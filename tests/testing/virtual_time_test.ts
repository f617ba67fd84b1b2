/**
 * `runVirtual()`: virtual time, the end of a run, `real()`.
 *
 * @module
 */

import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertLess,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import {
  allTasks,
  asCompleted,
  CancelledError,
  createTask,
  type EventLoop,
  Future,
  gather,
  getRunningLoop,
  run,
  sleep,
  timeout,
  TimeoutError,
  wait,
  waitFor,
} from "../../mod.ts";
import { real, runVirtual, type RunVirtualOptions } from "../../testing.ts";
import { needs } from "../helpers/capabilities.ts";
import { countHostTimers, makeCountingSignal } from "../helpers/counting.ts";
import { heapUsed } from "../helpers/garbage.ts";
import { collectReports } from "../helpers/reports.ts";
import { hostTurn, leastOf, withResolvers } from "../helpers/turns.ts";

const HOUR = 3_600_000;

/** Without a seed and with one: time is the same. */
const ORDERS: RunVirtualOptions[] = [{}, { seed: 1 }];

/** Returns a function that tells the time of the running loop, wherever it is called later. */
function clock(): () => number {
  const loop = getRunningLoop();
  return () => loop.time();
}

// Time
// ----

Deno.test("runVirtual() lets an hour of backoff pass in milliseconds", async () => {
  for (const order of ORDERS) {
    let tries = 0;
    const load = async () => {
      if (++tries < 12) throw new Error("busy");
      return await sleep(1, { result: "loaded" });
    };
    const main = async () => {
      const time = clock();
      for (let delay = 1_000;; delay *= 2) {
        try {
          return [await load(), time()];
        } catch {
          await sleep(delay);
        }
      }
    };
    const start = performance.now();
    assertEquals(await runVirtual(main, order), ["loaded", 2_047_001]);
    assertLess(performance.now() - start, 2_000);
  }
});

Deno.test("runVirtual() lets sleep(), callLater() and callAt() follow the virtual clock", async () => {
  for (const order of ORDERS) {
    const seen: [string, number][] = [];
    await runVirtual(async () => {
      const time = clock();
      const loop = getRunningLoop();
      loop.callLater(HOUR, () => seen.push(["callLater", time()]));
      loop.callAt(1_500, () => seen.push(["callAt", time()]));
      loop.callAt(1, () => seen.push(["callAt in the past", time()]));
      loop.callLater(10, () => seen.push(["cancelled", time()])).cancel();
      const endless = sleep(Infinity);
      await sleep(2 * HOUR, { persistent: false });
      assertEquals([time(), endless.done()], [1_000 + 2 * HOUR, false]);
    }, { ...order, start: 1_000 });
    assertEquals(seen, [
      ["callAt in the past", 1_000],
      ["callAt", 1_500],
      ["callLater", 1_000 + HOUR],
    ]);
  }
});

Deno.test("runVirtual() lets waitFor(), timeout(), wait() and asCompleted() follow the clock", async () => {
  for (const order of ORDERS) {
    await runVirtual(async () => {
      const time = clock();
      const error = await waitFor(sleep(HOUR), 1_000).then(undefined, (error) => error);
      assertInstanceOf(error, TimeoutError);
      assertStringIncludes(error.message, "Timed out after 1000 ms");
      assertEquals(time(), 1_000);

      const scope = timeout(500, async () => await sleep(HOUR));
      await assertRejects(async () => await scope, TimeoutError);
      assertEquals(time(), 1_500);

      const both = [createTask(() => sleep(100)), createTask(() => sleep(HOUR))];
      const { done, pending } = await wait(both, { timeout: 200 });
      assertEquals([done.size, pending.size, time()], [1, 1, 1_700]);

      const got: unknown[] = [];
      const parts = [sleep(300, { result: "late" }), sleep(30, { result: "early" })];
      await assertRejects(async () => {
        for await (const part of asCompleted([...parts, sleep(HOUR)], { timeout: 1_000 })) {
          got.push(await part, time());
        }
      }, TimeoutError);
      assertEquals(got, ["early", 1_730, "late", 2_000]);
      assertEquals(time(), 2_700);
    }, order);
  }
});

Deno.test("runVirtual() runs timers by their time, and those of one instant in their order", async () => {
  const seen: number[] = [];
  await runVirtual(async () => {
    const loop = getRunningLoop();
    [3, 1, 2, 1, 3].forEach((ms, i) => loop.callLater(ms, () => seen.push(10 * ms + i)));
    await sleep(5);
  });
  assertEquals(seen, [11, 13, 22, 30, 34]);
});

Deno.test("runVirtual() lets native promises end, however many, before time jumps", async () => {
  needs("contextOfPromises");
  for (const order of ORDERS) {
    await runVirtual(async () => {
      const time = clock();
      let links = 0;
      const timer = sleep(1);
      const chain = async (length: number) => {
        while (links < length) {
          await Promise.resolve();
          links++;
        }
        return time();
      };
      assertEquals(await chain(5_000), 0);
      assertEquals(timer.done(), false);
      await timer;
      assertEquals([links, time()], [5_000, 1]);
    }, order);
  }
});

Deno.test("runVirtual() lets generators and async functions wait alike", async () => {
  for (const order of ORDERS) {
    const main = function* () {
      const time = clock();
      const [a, b] = yield* gather(sleep(20, { result: "a" }), sleep(HOUR, { result: "b" }));
      return [a, b, time()];
    };
    assertEquals(await runVirtual(main, order), ["a", "b", HOUR]);
    assertEquals(await runVirtual(main(), order), ["a", "b", HOUR]);
  }
});

// Outcome and end
// ---------------

Deno.test("runVirtual() returns what main returns, and rejects with what main throws", async () => {
  for (const order of ORDERS) {
    assertEquals(await runVirtual(() => 42, order), 42);
    const error = new Error("from main");
    const fails = runVirtual(async () => {
      await sleep(1);
      throw error;
    }, order);
    assertEquals(await fails.then(undefined, (thrown) => thrown === error), true);
    const cancelled = runVirtual(async () => {
      throw new CancelledError("enough");
    }, order);
    await assertRejects(() => cancelled, CancelledError, "enough");
  }
});

Deno.test("runVirtual() cancels what main leaves, waits for that, and closes the loop", async () => {
  for (const order of ORDERS) {
    const seen: unknown[] = [];
    let loop!: EventLoop;
    await runVirtual(async () => {
      const time = clock();
      loop = getRunningLoop();
      createTask(async () => {
        try {
          await sleep(HOUR);
        } finally {
          await sleep(60_000);
          seen.push(time());
        }
      });
      await sleep(5);
    }, order);
    assertEquals(seen, [60_005]);
    assert(loop.isClosed());
    assertEquals(loop.isRunning(), false);
    assertEquals(allTasks(loop).size, 0);
  }
});

Deno.test("runVirtual() reports the exceptions of callbacks and of tasks that main leaves", async () => {
  for (const order of ORDERS) {
    let reports!: ReturnType<typeof collectReports>;
    await runVirtual(async () => {
      const loop = getRunningLoop();
      reports = collectReports(loop);
      loop.callSoon(() => {
        throw new Error("of a callback");
      });
      createTask(async () => {
        try {
          await sleep(HOUR);
        } finally {
          // deno-lint-ignore no-unsafe-finally
          throw new Error("of a task");
        }
      });
      await sleep(1);
    }, order);
    const errors = reports.map(({ exception }) => (exception as Error).message);
    assertEquals(errors, ["of a callback", "of a task"]);
  }
});

Deno.test("runVirtual() leaves a task behind that does not end, as run() does", async () => {
  for (const order of ORDERS) {
    let reports!: ReturnType<typeof collectReports>;
    await runVirtual(async () => {
      reports = collectReports(getRunningLoop());
      createTask(async () => {
        for (;;) {
          try {
            await sleep(1_000);
          } catch {
            // Refuses to end.
          }
        }
      }, { name: "stubborn" });
      await sleep(1);
    }, { ...order, shutdownTimeout: 10_000 });
    assertEquals(reports.map(({ message }) => message), [
      'Task "stubborn" did not end within 10000 ms of its cancellation by run()',
    ]);
  }
});

Deno.test("runVirtual() cancels main when its signal aborts, and lets go of the signal", async () => {
  for (const order of ORDERS) {
    const { controller, signal, listeners } = makeCountingSignal();
    const seen: number[] = [];
    const running = runVirtual(async () => {
      const time = clock();
      getRunningLoop().callLater(10, () => controller.abort("no more"));
      try {
        await sleep(HOUR);
      } finally {
        await sleep(5);
        seen.push(time());
      }
    }, { ...order, signal });
    await assertRejects(() => running, CancelledError, "no more");
    assertEquals([seen, listeners.size], [[15], 0]);
  }
});

Deno.test("runVirtual() switches debug mode on", async () => {
  assertEquals(await runVirtual(() => getRunningLoop().getDebug(), { debug: true }), true);
  assertEquals(await runVirtual(() => getRunningLoop().getDebug()), false);
});

// Surroundings
// ------------

Deno.test("runVirtual() arms no timer of the host for the program", async () => {
  needs("sharedTimers");
  using host = countHostTimers();
  await runVirtual(async () => {
    createTask(() => sleep(2 * HOUR));
    await sleep(HOUR);
  });
  assertEquals([host.set, host.armed.size], [0, 0]);
});

Deno.test("runVirtual() runs several programs at a time, each in its own time", async () => {
  const program = (step: number) => async () => {
    const time = clock();
    for (let i = 0; i < 20; i++) await sleep(step);
    return time();
  };
  const seeds = [undefined, 1, 2, undefined, 3];
  const times = await Promise.all(
    seeds.map((seed, i) => runVirtual(program(i + 1), { seed, start: i })),
  );
  assertEquals(times, [20, 41, 62, 83, 104]);
});

Deno.test("runVirtual() leaves loops in real time alone", async () => {
  const virtual = runVirtual(async () => {
    for (let i = 0; i < 200; i++) await sleep(HOUR);
  }, { seed: 1 });
  const seen = await run(async () => {
    const seen: number[] = [];
    const loop = getRunningLoop();
    for (let i = 0; i < 5; i++) loop.callSoon(() => seen.push(i));
    const start = loop.time();
    await sleep(5);
    assertLess(loop.time() - start, HOUR);
    return seen;
  });
  await virtual;
  assertEquals(seen, [0, 1, 2, 3, 4]);
});

Deno.test("runVirtual() throws inside a task, and for bad arguments", async () => {
  await runVirtual(async () => {
    assertThrows(() => runVirtual(async () => {}), Error, "use createTask");
    await sleep(0);
  });
  const bad = (options: unknown) => () => runVirtual(async () => {}, options as RunVirtualOptions);
  assertThrows(bad(1), TypeError, "Cannot run main in virtual time");
  assertThrows(bad({ seed: 0.5 }), TypeError, "the seed is no integer: received 0.5");
  assertThrows(bad({ seed: "1" }), TypeError, 'the seed is no integer: received "1"');
  assertThrows(bad({ start: NaN }), TypeError, "the start is no number of milliseconds");
  assertThrows(bad({ maxTime: "1" }), TypeError, "the maxTime is no number of milliseconds");
  assertThrows(bad({ maxSteps: 0 }), TypeError, "maxSteps is no positive number: received 0");
  assertThrows(() => runVirtual(Promise.resolve() as never), TypeError, "a promise already runs");
});

Deno.test("runVirtual() keeps nothing of its runs in memory", async () => {
  needs("heapSize");
  const rounds = async (count: number) => {
    for (let seed = 0; seed < count; seed++) {
      await runVirtual(async () => {
        await gather(...Array.from({ length: 5 }, (_, i) => createTask(() => sleep(i))));
      }, { seed });
    }
  };
  await rounds(500);
  const bytes = await leastOf(100, async () => {
    const before = await heapUsed();
    await rounds(2_000);
    return (await heapUsed() - before) / 2_000;
  });
  assertLess(bytes, 100);
});

Deno.test("runVirtual() keeps nothing of the runs that fail in memory", async () => {
  needs("heapSize");
  const rounds = async (count: number) => {
    for (let seed = 0; seed < count; seed++) {
      await runVirtual(() => Promise.reject(new Error("fails")), { seed }).catch(() => {});
    }
  };
  await rounds(600);
  const bytes = await leastOf(500, async () => {
    const before = await heapUsed();
    await rounds(500);
    return (await heapUsed() - before) / 500;
  });
  assertLess(bytes, 500);
});

// The outside world
// -----------------

Deno.test("real() holds the clock until a promise of the outside world is settled", async () => {
  for (const order of ORDERS) {
    const { promise, resolve } = withResolvers<string>();
    const seen: number[] = [];
    const running = runVirtual(async () => {
      const time = clock();
      createTask(async () => {
        await sleep(1_000);
        seen.push(time());
      });
      const text = await real(promise);
      assertEquals([time(), seen.length], [0, 0]);
      await sleep(2_000);
      return text;
    }, order);
    for (let i = 0; i < 5; i++) await hostTurn(1);
    resolve("from outside");
    assertEquals([await running, seen], ["from outside", [1_000]]);
  }
});

Deno.test("real() passes a rejection on, and lets time go on when cancelled", async () => {
  for (const order of ORDERS) {
    const main = async () => {
      const time = clock();
      const failed = real(Promise.reject(new Error("no file")));
      await assertRejects(async () => await failed, Error, "no file");
      const never = real(new Promise(() => {}));
      const task = createTask(async () => await never);
      await sleep(0);
      task.cancel();
      await sleep(10);
      assert(never.cancelled());
      return time();
    };
    assertEquals(await runVirtual(main, order), 10);
  }
});

Deno.test("real() waits for several promises, while others of the program go on", async () => {
  for (const order of ORDERS) {
    const main = async () => {
      const time = clock();
      const later = (ms: number) => new Promise<number>((resolve) => setTimeout(resolve, ms, ms));
      const all = gather(real(later(4)), real(later(1)), real(later(2)));
      const future = new Future<string>();
      createTask(() => future.setResult("at once"));
      assertEquals(await future, "at once");
      return [await all, time()];
    };
    assertEquals(await runVirtual(main, order), [[4, 1, 2], 0]);
  }
});

Deno.test("real() outside of virtual time is a future of the promise", async () => {
  assertEquals(await real(Promise.resolve("text")), "text");
  assertEquals(await run(async () => await real(Promise.resolve("text"))), "text");
  assertThrows(() => real(1 as never), TypeError, "it is no promise: received 1");
});
