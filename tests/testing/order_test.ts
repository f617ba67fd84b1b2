/**
 * The order in which `runVirtual()` runs what is ready at the same time.
 *
 * @module
 */

import { assert, assertEquals, assertGreaterOrEqual, assertRejects } from "@std/assert";
import {
  AsyncContext,
  CancelledError,
  ContextVar,
  createTask,
  currentTask,
  Future,
  gather,
  getRunningLoop,
  Lock,
  Queue,
  run,
  Semaphore,
  sleep,
  taskGroup,
  timeout,
  wait,
} from "../../mod.ts";
import { runVirtual } from "../../testing.ts";
import { has } from "../helpers/capabilities.ts";
import { collectReports } from "../helpers/reports.ts";
import { makeTraced } from "../helpers/traced_programs.ts";
import { hostTurn } from "../helpers/turns.ts";

/** The orders that a program shows with many seeds. */
async function ordersOf(
  program: (note: (text: string) => void) => Promise<unknown>,
  seeds = 200,
): Promise<Set<string>> {
  const orders = new Set<string>();
  for (let seed = 0; seed < seeds; seed++) {
    const seen: string[] = [];
    await runVirtual(() => program((text) => void seen.push(text)), { seed });
    orders.add(seen.join(""));
  }
  return orders;
}

// Without a seed
// --------------

Deno.test("runVirtual() without a seed runs random programs in the order of run()", async () => {
  for (let seed = 0; seed < 150; seed++) {
    const actual = makeTraced(seed);
    await runVirtual(actual.main);
    let expected: string[] = [];
    // On a machine with much else to do, run() may hold tasks back for the host, in another order.
    for (let i = 0; i < 5 && expected.join() !== actual.trace.join(); i++) {
      await hostTurn();
      const real = makeTraced(seed);
      await run(real.main);
      expected = real.trace;
    }
    assertEquals(actual.trace, expected, `program ${seed}`);
  }
});

Deno.test("runVirtual() without a seed keeps the order beyond a thousand steps", async () => {
  const seen = await runVirtual(async () => {
    const seen: number[] = [];
    const loop = getRunningLoop();
    const future = new Future<void>();
    for (let i = 0; i < 3_000; i++) loop.callSoon(() => seen.push(i));
    loop.callSoon(() => future.setResult());
    await future;
    return seen;
  });
  assertEquals(seen, Array.from({ length: 3_000 }, (_, i) => i));
});

// With a seed
// -----------

Deno.test("runVirtual() gives the same trace for the same seed, and others for others", async () => {
  let differing = 0;
  for (let program = 0; program < 100; program++) {
    const traces = [];
    for (const seed of [1, 1, 2, 3]) {
      const { main, trace } = makeTraced(program, 3);
      await runVirtual(main, { seed });
      traces.push(trace.join("\n"));
    }
    assertEquals(traces[1], traces[0], `program ${program}`);
    if (new Set(traces).size > 1) differing++;
  }
  assertGreaterOrEqual(differing, 80);
});

Deno.test("runVirtual() gives the same trace for the same seed if programs run at a time", async () => {
  const traced = [1, 2, 3, 4].map((program) => makeTraced(program, 3));
  await Promise.all(traced.map(({ main }, seed) => runVirtual(main, { seed })));
  for (const [seed, { trace }] of traced.entries()) {
    const alone = makeTraced(seed + 1, 3);
    await runVirtual(alone.main, { seed });
    assertEquals(alone.trace, trace);
  }
});

Deno.test("runVirtual() reaches all orders of tasks, callbacks, timers and wake-ups", async () => {
  const names = ["a", "b", "c", "d"];
  const programs: Record<string, (note: (text: string) => void) => Promise<unknown>> = {
    starts: (note) => wait(names.map((name) => createTask(() => note(name)))).then(),
    callbacks: async (note) => {
      for (const name of names) getRunningLoop().callSoon(() => note(name));
      await sleep(1);
    },
    timers: async (note) => {
      for (const name of names) getRunningLoop().callLater(5, () => note(name));
      await sleep(10);
    },
    sleeps: (note) =>
      wait(names.map((name) => createTask(() => sleep(5).then(() => note(name))))).then(),
    "wake-ups": async (note) => {
      const futures = names.map(() => new Future<void>());
      const tasks = names.map((name, i) =>
        createTask(async () => {
          await futures[i];
          note(name);
        })
      );
      await sleep(1);
      for (const future of futures) future.setResult();
      await wait(tasks);
    },
    generators: async (note) => {
      const futures = names.map(() => new Future<void>());
      const tasks = names.map((name, i) =>
        createTask(function* () {
          yield* futures[i]!;
          note(name);
        })
      );
      await sleep(1);
      for (const future of futures) future.setResult();
      await wait(tasks);
    },
    "done callbacks": async (note) => {
      const futures = names.map((name) => {
        const future = new Future<void>();
        future.addDoneCallback(() => note(name));
        return future;
      });
      for (const future of futures) future.setResult();
      await sleep(1);
    },
    "awaits of futures that are done": async (note) => {
      const done = new Future<void>();
      done.setResult();
      const go = new Future<void>();
      const tasks = names.map((name) =>
        createTask(async () => {
          await go;
          await done;
          note(name);
        })
      );
      await sleep(1);
      go.setResult();
      await wait(tasks);
    },
  };
  for (const [name, program] of Object.entries(programs)) {
    assertEquals((await ordersOf(program, 400)).size, 24, name);
  }
});

Deno.test("runVirtual() with a seed finds a lost update that first-come order hides", async () => {
  const balances = new Set<number>();
  for (let seed = 0; seed < 50; seed++) {
    let balance = 0;
    const deposit = async (pause: number) => {
      const read = balance;
      for (let i = 0; i < pause; i++) await sleep(0);
      balance = read + 1;
    };
    await runVirtual(async () => {
      await gather(
        createTask(async () => {
          await sleep(0);
          await deposit(0);
        }),
        createTask(async () => {
          await sleep(0);
          await sleep(0);
          await sleep(0);
          await deposit(1);
        }),
        createTask(async () => await deposit(1)),
      );
    }, { seed });
    balances.add(balance);
  }
  assert(balances.has(3) && balances.has(2), `balances were ${[...balances]}`);
});

// What asyncio guarantees
// -----------------------

Deno.test("runVirtual() with a seed keeps the order of the waiters of one future", async () => {
  const orders = await ordersOf(async (note) => {
    const future = new Future<void>();
    const tasks = ["a", "b"].map((name) =>
      createTask(async () => {
        await future;
        note(name);
      }, { eagerStart: true })
    );
    await sleep(1);
    future.addDoneCallback(() => note("c"));
    tasks.push(createTask(
      function* () {
        yield* future;
        note("d");
      },
      { eagerStart: true },
    ));
    createTask(() => note("-"));
    future.setResult();
    await wait(tasks);
    await sleep(1);
  });
  assertEquals(new Set([...orders].map((order) => order.replace("-", ""))), new Set(["abcd"]));
  assert(orders.size > 2, "the other task always runs at the same place");
});

Deno.test("runVirtual() with a seed serves the waiters of a lock and of a queue in line", async () => {
  const lines: Record<string, (note: (text: string) => void) => Promise<unknown>> = {
    Lock: async (note) => {
      const lock = new Lock();
      const guard = await lock.acquire();
      const tasks = ["a", "b", "c"].map((name) =>
        createTask(async () => {
          using _ = await lock.acquire();
          note(name);
          await sleep(0);
        }, { eagerStart: true })
      );
      guard[Symbol.dispose]();
      await wait(tasks);
    },
    Semaphore: async (note) => {
      const semaphore = new Semaphore(3);
      const guards = [];
      for (let i = 0; i < 3; i++) guards.push(await semaphore.acquire());
      const tasks = ["a", "b", "c"].map((name) =>
        createTask(async () => {
          await semaphore.acquire();
          note(name);
        }, { eagerStart: true })
      );
      for (const guard of guards) guard[Symbol.dispose]();
      await wait(tasks);
    },
    Queue: async (note) => {
      const queue = new Queue<string>();
      const tasks = ["a", "b", "c"].map(() =>
        createTask(async () => note(await queue.get()), { eagerStart: true })
      );
      for (const item of ["a", "b", "c"]) queue.putNowait(item);
      await wait(tasks);
    },
  };
  for (const [name, program] of Object.entries(lines)) {
    assertEquals(await ordersOf(program, 50), new Set(["abc"]), name);
  }
});

Deno.test("runVirtual() with a seed keeps what one task does in its order", async () => {
  const orders = await ordersOf(async (note) => {
    await wait(["a", "b"].map((name) =>
      createTask(async () => {
        for (let i = 0; i < 3; i++) {
          note(`${name}${i}`);
          await sleep(0);
        }
      })
    ));
  });
  for (const order of orders) {
    for (const name of ["a", "b"]) {
      assertEquals(order.match(new RegExp(`${name}\\d`, "g")), [0, 1, 2].map((i) => name + i));
    }
  }
  assertGreaterOrEqual(orders.size, 15);
});

// Cancellation, errors, contexts
// ------------------------------

Deno.test("runVirtual() with a seed answers each request to cancel once", async () => {
  for (let seed = 0; seed < 100; seed++) {
    let thrown = 0;
    await runVirtual(async () => {
      const future = new Future<void>();
      const task = createTask(async () => {
        for (let i = 0; i < 3; i++) {
          try {
            await (i === 0 ? future : sleep(0));
          } catch (error) {
            assert(error instanceof CancelledError);
            thrown++;
          }
        }
      });
      createTask(() => future.setResultUnlessDone());
      await sleep(0);
      const isTaken = task.cancel();
      await wait([task]);
      // A task that is cancelled before it starts, or after its last wait, gets no error.
      assertEquals(thrown, isTaken && !task.cancelled() ? 1 : 0, `seed ${seed}`);
    }, { seed });
  }
});

Deno.test("runVirtual() with a seed keeps the promises of task groups and scopes", async () => {
  for (let seed = 0; seed < 100; seed++) {
    await runVirtual(async () => {
      const main = currentTask()!;
      const ended: string[] = [];
      const group = taskGroup(async (group) => {
        group.createTask(async () => {
          try {
            await sleep(1_000);
          } finally {
            await sleep(0);
            ended.push("child");
          }
        });
        group.createTask(async () => {
          await sleep(0);
          throw new Error("of a child");
        });
        await sleep(1_000);
      });
      await assertRejects(async () => await group, AggregateError);
      assert(ended.length <= 1);
      assertEquals(main.cancelling(), 0);
      const text = await timeout(10, async () => {
        await sleep(5);
        return "in time";
      });
      assertEquals(text, "in time");
    }, { seed });
  }
});

Deno.test("runVirtual() with a seed reports what callbacks throw, and goes on", async () => {
  for (let seed = 0; seed < 20; seed++) {
    const messages = await runVirtual(async () => {
      const loop = getRunningLoop();
      using reports = collectReports(loop);
      for (const name of ["a", "b"]) {
        loop.callSoon(() => {
          // Schedules more while it runs, and settles a future.
          loop.callSoon(() => {
            throw new Error(`${name} later`);
          });
          throw new Error(name);
        });
      }
      await sleep(1);
      return reports.map(({ exception }) => (exception as Error).message).sort();
    }, { seed });
    assertEquals(messages, ["a", "a later", "b", "b later"]);
  }
});

Deno.test("runVirtual() with a seed lets contexts follow", async () => {
  const variable = new AsyncContext.Variable<string>();
  const contextVar = new ContextVar<string>("name");
  for (let seed = 0; seed < 20; seed++) {
    const seen = await runVirtual(async () => {
      const seen: string[] = [];
      const note = () => seen.push(`${variable.get()}${contextVar.get()}`);
      const tasks = ["a", "b"].map((name) =>
        variable.run(name, () =>
          createTask(function* () {
            contextVar.set(name);
            getRunningLoop().callSoon(note);
            getRunningLoop().callLater(1, note);
            yield* sleep(0);
            note();
            const future = new Future<void>();
            future.addDoneCallback(note);
            future.setResult();
            yield* sleep(2);
            note();
          }))
      );
      await wait(tasks);
      return seen.sort();
    }, { seed });
    assertEquals(seen, [...Array(5).fill("aa"), ...Array(5).fill("bb")]);
  }
  if (!has.contextOfPromises) return;
  await runVirtual(async () => {
    await variable.run("async", async () => {
      await sleep(1);
      await Promise.resolve();
      assertEquals(variable.get(), "async");
    });
  }, { seed: 1 });
});
