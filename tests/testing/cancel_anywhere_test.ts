/**
 * `explore()` with `cancelAnywhere`: tasks are cancelled at each of their waits in turn.
 *
 * @module
 */

import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import {
  BoundedSemaphore,
  CancelledError,
  createTask,
  currentTask,
  Future,
  gather,
  getRunningLoop,
  Lock,
  Queue,
  Semaphore,
  shielded,
  sleep,
  type Task,
  taskGroup,
  timeout,
  wait,
} from "../../mod.ts";
import {
  DeadlockError,
  ExplorationError,
  explore,
  type ExploreOptions,
  LeftoverError,
  replay,
  type TestMain,
} from "../../testing.ts";

/** Explores with cancellations, and returns the error. */
function findIn(
  main: TestMain<unknown>,
  cancelAnywhere: ExploreOptions["cancelAnywhere"] = true,
): Promise<ExplorationError> {
  return assertRejects(() => explore(main, { cancelAnywhere, runs: 100 }), ExplorationError);
}

/** Explores, and returns what a task that was cancelled has left. */
async function leftIn(main: TestMain<unknown>): Promise<string> {
  const { cause } = await findIn(main, "worker");
  assertInstanceOf(cause, LeftoverError);
  assertEquals(cause.message.endsWith(`received ${cause.leftovers.join("; ")}`), true);
  return cause.leftovers.join("; ");
}

/** Runs a coroutine as a task, and waits for its end, however it ends. */
async function end(coro: () => PromiseLike<unknown>, name = "worker"): Promise<void> {
  await wait([createTask(coro, { name })]);
}

// Where tasks are cancelled
// -------------------------

Deno.test("explore({ cancelAnywhere }) cancels a task while it waits, and as it goes on", async () => {
  const seen: string[] = [];
  const report = await explore(async () => {
    const order: string[] = [];
    const worker = async () => {
      try {
        order.push("starts");
        await sleep(1);
        order.push("slept");
        await sleep(1);
        order.push("ends");
      } catch {
        order.push(`cancelled at ${getRunningLoop().time()}`);
      }
    };
    await end(worker);
    seen.push(order.join(", "));
  }, { cancelAnywhere: "worker", runs: 6 });
  // The first run is made twice; in those after it, the task is cancelled once in each.
  assertEquals(seen, [
    "starts, slept, ends",
    "starts, slept, ends",
    "",
    "starts, cancelled at 0",
    "starts, cancelled at 1",
    "starts, slept, cancelled at 1",
    "starts, slept, cancelled at 2",
  ]);
  assertEquals(report.runs, 6);
});

Deno.test("explore({ cancelAnywhere }) cancels generators alike", async () => {
  const seen: string[] = [];
  await explore(async () => {
    const order: string[] = [];
    const worker = createTask(function* () {
      try {
        yield* sleep(1);
        order.push("slept");
        yield* sleep(1);
        order.push("ends");
      } finally {
        order.push("finally");
      }
    }, { name: "worker" });
    await wait([worker]);
    seen.push(order.join(", "));
  }, { cancelAnywhere: "worker", runs: 6 });
  assertEquals(seen.slice(2), [
    "",
    "finally",
    "finally",
    "slept, finally",
    "slept, finally",
  ]);
});

Deno.test("explore({ cancelAnywhere }) cancels the task around a scope, never its body alone", async () => {
  let begun = 0;
  let ended = 0;
  await explore(() =>
    end(async () => {
      await shielded(function* () {
        begun++;
        yield* sleep(0);
        yield;
        yield* sleep(1);
        ended++;
      });
      await sleep(1);
    }), { cancelAnywhere: "worker", runs: 30 });
  assert(begun > 10);
  assertEquals(ended, begun);
});

Deno.test("explore({ cancelAnywhere }) chooses tasks by name, coroutine or function, or all", async () => {
  const main = (cancelled: Set<string>) => async () => {
    const work = (name: string) => async () => {
      try {
        await sleep(1);
      } catch (error) {
        cancelled.add(name);
        throw error;
      }
    };
    async function second() {
      await work("second")();
    }
    const tasks = [createTask(work("first"), { name: "first" }), createTask(second)];
    try {
      await wait(tasks);
    } catch (error) {
      cancelled.add("main");
      await wait(tasks);
      throw error;
    }
  };
  const chosenBy = async (cancelAnywhere: ExploreOptions["cancelAnywhere"]) => {
    const cancelled = new Set<string>();
    await explore(main(cancelled), { cancelAnywhere, runs: 30 });
    return [...cancelled].sort();
  };
  assertEquals(await chosenBy("first"), ["first"]);
  assertEquals(await chosenBy("second"), ["second"]);
  assertEquals(await chosenBy((task) => task.getName() === "first"), ["first"]);
  assertEquals(await chosenBy(true), ["first", "main", "second"]);
});

Deno.test("explore({ cancelAnywhere }) goes on in other orders, up to the number of runs", async () => {
  const orders = new Set<string>();
  const { runs } = await explore(async () => {
    const order: string[] = [];
    const tasks = ["a", "b"].map((name) =>
      createTask(async () => {
        await sleep(1);
        order.push(name);
      }, { name })
    );
    await wait(tasks);
    orders.add(order.join(""));
  }, { cancelAnywhere: "a", runs: 60 });
  assertEquals(runs, 60);
  assertEquals([...orders].sort(), ["ab", "b", "ba"]);
});

Deno.test("explore({ cancelAnywhere }) refuses to go on without a task to cancel", async () => {
  await assertRejects(
    () => explore(() => sleep(1), { cancelAnywhere: "wroker" }),
    Error,
    "Cannot explore main as cancelAnywhere has chosen no task",
  );
});

Deno.test("explore({ cancelAnywhere }) throws what the function that chooses throws", async () => {
  // At once, and after the first orders.
  for (const after of [0, 20]) {
    let calls = 0;
    const cancelAnywhere = () => {
      if (calls++ === after) throw new RangeError("no choice");
      return true;
    };
    await assertRejects(() => explore(() => sleep(1), { cancelAnywhere }), RangeError, "no choice");
  }
});

// What may come of it
// -------------------

Deno.test("explore({ cancelAnywhere }) allows main to end with the cancellation", async () => {
  await explore(() => sleep(1), { cancelAnywhere: "main", runs: 10 });
  await explore(() =>
    taskGroup(async (group) => {
      group.createTask(() => sleep(1));
      await sleep(2);
    }), { cancelAnywhere: true, runs: 40 });
});

Deno.test("explore({ cancelAnywhere }) fails if main is cancelled otherwise", async () => {
  const { cause } = await findIn(() => {
    currentTask()!.cancel();
    return sleep(1);
  });
  assertInstanceOf(cause, CancelledError);
});

Deno.test("explore({ cancelAnywhere }) passes what cleans up", async () => {
  await explore(async ({ signal }) => {
    const lock = new Lock();
    const permits = new BoundedSemaphore(1);
    const queue = new Queue<number>({ maxsize: 1 });
    const worker = async () => {
      using _ = await lock.acquire();
      using __ = await permits.acquire({ signal });
      await queue.put(1);
      await timeout(100, () => sleep(10, { signal }));
    };
    const reader = async () => {
      await queue.get();
      queue.taskDone();
    };
    const first = createTask(worker);
    const second = createTask(reader);
    try {
      await gather(first, second);
    } finally {
      first.cancel();
      second.cancel();
      await wait([first, second]);
    }
  }, { cancelAnywhere: true, runs: 200 });
});

Deno.test("explore({ cancelAnywhere }) allows what is left if nothing is cancelled as well", async () => {
  await explore(async () => {
    createTask(() => sleep(1_000));
    getRunningLoop().callLater(1_000, () => {});
    await new Lock().acquire();
    await sleep(1);
  }, { cancelAnywhere: "main", runs: 20 });
});

// What is found
// -------------

Deno.test("explore({ cancelAnywhere }) finds a lock and a permit that are never released", async () => {
  assertEquals(
    await leftIn(async () => {
      const lock = new Lock();
      await end(async () => {
        await lock.acquire();
        await sleep(1);
        lock.release();
      });
    }),
    "<Lock locked>, which is held",
  );
  for (
    const [Class, text] of [[Semaphore, "Semaphore"], [
      BoundedSemaphore,
      "BoundedSemaphore",
    ]] as const
  ) {
    assertEquals(
      await leftIn(async () => {
        const permits = new Class(2);
        await end(async () => {
          await permits.acquire();
          await sleep(1);
          permits.release();
        });
      }),
      `<${text} unlocked value=1>, which is held`,
    );
  }
});

Deno.test("explore({ cancelAnywhere }) finds a task that outlives the one that was cancelled", async () => {
  const left = await leftIn(() =>
    end(async () => {
      const inner = createTask(() => sleep(5), { name: "inner" });
      await sleep(1);
      await inner;
    })
  );
  assertMatch(left, /^task inner, pending: /);
});

Deno.test("explore({ cancelAnywhere }) finds a timer that nobody has cancelled", async () => {
  const left = await leftIn(() =>
    end(async () => {
      const handle = getRunningLoop().callLater(10, () => {});
      await sleep(1);
      handle.cancel();
    })
  );
  assertEquals(left, "a timer that nobody has cancelled");
});

Deno.test("explore({ cancelAnywhere }) finds a listener on the signal of the run", async () => {
  const left = await leftIn(({ signal }) =>
    end(async () => {
      const listener = () => {};
      signal.addEventListener("abort", listener);
      await sleep(1);
      signal.removeEventListener("abort", listener);
    })
  );
  assertEquals(left, "a listener on the signal");
});

Deno.test("explore({ cancelAnywhere }) finds a program that hangs then", async () => {
  const { cause, deviations } = await findIn(async () => {
    const reply = new Future<void>();
    createTask(async () => {
      await sleep(1);
      reply.setResult();
    }, { name: "worker" });
    await reply;
  }, "worker");
  assertInstanceOf(cause, DeadlockError);
  assertEquals(deviations.length, 1);
});

Deno.test("explore({ cancelAnywhere }) finds what the assertions of main say", async () => {
  const error = await findIn(async () => {
    const pool = ["connection"];
    await end(async () => {
      const connection = pool.pop()!;
      await sleep(1);
      pool.push(connection);
    });
    assertEquals(pool.length, 1);
  }, "worker");
  assertMatch(
    error.deviations[0]!,
    /^after step \d+: worker is cancelled, waiting on sleep of 1 ms$/,
  );
  assertStringIncludes(error.message, `await replay(main, "${error.schedule}")`);
});

Deno.test("explore({ cancelAnywhere }) finds an item that is lost as it is handed over", async () => {
  const error = await findIn(async () => {
    const box = new Future<string>();
    const seen: string[] = [];
    const reader = createTask(async () => {
      seen.push(await box);
    }, { name: "reader" });
    await sleep(1);
    box.setResult("item");
    await wait([reader]);
    assertEquals(seen, ["item"]);
  }, "reader");
  // The one that comes first: the task is cancelled before it starts.
  assert(error.deviations.length === 1);
});

Deno.test("explore({ cancelAnywhere }) compares with a run of the same order and numbers", async () => {
  const main: TestMain<void> = async ({ random }) => {
    const waits = random() < 0.5;
    await end(async () => {
      const inner = createTask(() => sleep(50), { name: "inner" });
      await sleep(1);
      if (waits) await inner;
    });
  };
  for (let seed = 0; seed < 10; seed++) {
    const options = { cancelAnywhere: "worker", seed };
    const error = await assertRejects(() => explore(main, options), ExplorationError);
    assertInstanceOf(error.cause, LeftoverError);
    await assertRejects(() => replay(main, error.schedule), LeftoverError, "task inner");
  }
});

Deno.test("explore({ cancelAnywhere }) says whether a task waits or is about to go on", async () => {
  const deviationOf = async (isAborted: (order: string) => boolean) => {
    const { deviations } = await findIn(async () => {
      let order = "";
      await end(async () => {
        try {
          await sleep(1);
        } catch (error) {
          order = `cancelled at ${getRunningLoop().time()}`;
          throw error;
        }
      });
      assertEquals(isAborted(order), false);
    }, "worker");
    return deviations[0]!.replace(/\d+/, "…");
  };
  assertEquals(
    await deviationOf((order) => order === "cancelled at 0"),
    "after step …: worker is cancelled, waiting on sleep of 1 ms",
  );
  assertEquals(
    await deviationOf((order) => order === "cancelled at 1"),
    "before step …: worker is cancelled, about to go on with sleep of 1 ms",
  );
});

// The same schedule again
// -----------------------

Deno.test("replay() cancels the same task at the same place", async () => {
  const main = async () => {
    const lock = new Lock();
    await end(async () => {
      await lock.acquire();
      await sleep(1);
      lock.release();
    });
  };
  const { schedule } = await findIn(main);
  assertMatch(schedule, /^0 cancel(After|Before)\d+$/);
  await assertRejects(() => replay(main, schedule), LeftoverError, "<Lock locked>");
  await replay(main, "0");
});

Deno.test("explore({ cancelAnywhere }) shows which task is cancelled in other orders as well", async () => {
  const main = async () => {
    let started: Task<void> | undefined;
    const lock = new Lock();
    // Only if the second one is first, the lock is held while the task waits.
    const first = createTask(() => {
      started ??= createTask(async () => await sleep(1), { name: "worker" });
    }, { name: "first" });
    const second = createTask(() => {
      started ??= createTask(async () => {
        await lock.acquire();
        await sleep(1);
        lock.release();
      }, { name: "worker" });
    }, { name: "second" });
    await wait([first, second]);
    await wait([started!]);
  };
  const { cause, deviations } = await findIn(main, "worker");
  assertInstanceOf(cause, LeftoverError);
  assertEquals(deviations.length, 2);
});
