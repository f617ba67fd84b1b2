/**
 * `explore()` and `replay()`: many orders of one program, and the shortest schedule that fails.
 *
 * @module
 */

import {
  assert,
  assertEquals,
  assertGreaterOrEqual,
  assertInstanceOf,
  assertMatch,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { stub } from "@std/testing/mock";
import {
  createTask,
  Future,
  gather,
  getRunningLoop,
  Lock,
  Queue,
  run,
  sleep,
  type Task,
  wait,
} from "../../mod.ts";
import {
  chance,
  DeadlockError,
  delay,
  ExplorationError,
  explore,
  type ExploreOptions,
  NondeterminismError,
  replay,
  RunLimitError,
  runVirtual,
  type TestMain,
} from "../../testing.ts";
import { makeTraced } from "../helpers/traced_programs.ts";

/** Explores, and returns the error. */
function findIn(main: TestMain<unknown>, options?: ExploreOptions): Promise<ExplorationError> {
  return assertRejects(() => explore(main, options), ExplorationError);
}

/** Starts tasks that each run one function, and waits for them. */
function all(...fns: (() => unknown)[]): Future<unknown[]> {
  return gather(...fns.map((fn, i) => createTask(fn, { name: "abcdefghij"[i] })));
}

/** Two tasks, of which the second one must not look before the first one has written. */
async function checkThenAct(): Promise<void> {
  let isLoaded = false;
  await all(
    () => {
      isLoaded = true;
    },
    () => {
      if (!isLoaded) throw new Error("looked too early");
    },
  );
}

/** Adds to a balance in two steps. */
async function lostUpdate(): Promise<void> {
  let balance = 100;
  const deposit = async (amount: number) => {
    const before = balance;
    await sleep(0);
    balance = before + amount;
  };
  const first = new Future<void>();
  await all(
    async () => {
      await deposit(50);
      first.setResult();
    },
    async () => {
      await first;
      await deposit(30);
    },
    async () => {
      await sleep(0);
      await sleep(0);
      await sleep(0);
      await deposit(20);
    },
  );
  if (balance !== 200) throw new Error(`balance of ${balance}`);
}

// What passes
// -----------

Deno.test("explore() runs main in many orders, and says in how many", async () => {
  const seen = new Set<string>();
  const report = await explore(async () => {
    const order: string[] = [];
    await all(() => order.push("a"), () => order.push("b"), () => order.push("c"));
    seen.add(order.join(""));
  }, { runs: 100 });
  assertEquals(report.runs, 100);
  assertEquals([...seen].sort(), ["abc", "acb", "bac", "bca", "cab", "cba"]);
  assertGreaterOrEqual(report.orders, 6);
});

Deno.test("explore() first runs first come, first served, and without faults", async () => {
  const seen: string[] = [];
  await explore(async () => {
    const order: string[] = [];
    const loop = getRunningLoop();
    for (const name of ["a", "b", "c"]) loop.callSoon(() => order.push(name));
    for (const name of ["d", "e", "f"]) loop.callLater(5, () => order.push(name));
    await all(...["g", "h", "i"].map((name) => () => sleep(10).then(() => order.push(name))));
    seen.push(order.join(""), String(chance(0.9)));
  }, { runs: 1 });
  // The run is made twice, to see whether it is deterministic.
  assertEquals(seen, ["abcdefghi", "false", "abcdefghi", "false"]);
});

Deno.test("explore() takes a plain function, and one that returns a generator", async () => {
  assertEquals(await explore(() => 1, { runs: 3 }), { runs: 3, orders: 1 });
  const generator = function* () {
    yield* sleep(1);
  };
  assertEquals((await explore(generator, { runs: 3 })).runs, 3);
});

Deno.test("explore() calls main once more than there are runs, for each run that it checks", async () => {
  let calls = 0;
  await explore(() => void calls++, { runs: 10 });
  assertEquals(calls, 12);
});

Deno.test("explore() stops when its time is up", async () => {
  const { runs } = await explore(() => sleep(1), { runs: Infinity, timeBudget: 30 });
  assertGreaterOrEqual(runs, 1);
});

Deno.test("explore() makes the same runs for the same seed, and others for another", async () => {
  const ordersOf = async (seed?: number) => {
    const orders: string[] = [];
    await explore(async () => {
      const order: string[] = [];
      await all(...["a", "b", "c", "d"].map((name) => () => order.push(name)));
      orders.push(order.join(""));
    }, { runs: 30, seed });
    return orders.join();
  };
  assertEquals(await ordersOf(), await ordersOf(0));
  assert(await ordersOf(0) !== await ordersOf(1_000));
});

Deno.test("explore() can run several times at once", async () => {
  const errors = await Promise.all(
    [checkThenAct, lostUpdate, checkThenAct].map((main) => findIn(main)),
  );
  const alone = [await findIn(checkThenAct), await findIn(lostUpdate)];
  const schedules = errors.map(({ schedule }) => schedule);
  assertEquals(schedules, [alone[0]!.schedule, alone[1]!.schedule, alone[0]!.schedule]);
});

// What is found
// -------------

Deno.test("explore() finds a race, and shrinks it to one step", async () => {
  const error = await findIn(checkThenAct);
  assertEquals((error.cause as Error).message, "looked too early");
  assertEquals(error.deviations.length, 1);
  assertMatch(error.deviations[0]!, /^step 2: b starts.*\n\s+before a starts/);
});

Deno.test("explore() says what ran, in which order, and how to run it again", async () => {
  const { message, schedule, trace } = await findIn(checkThenAct);
  assertMatch(
    message,
    /^Cannot pass in every order as run \d+ \(seed \d+\) failed: received Error: looked too early\n/,
  );
  assertStringIncludes(message, "First come, first served, but for this:\n  step 2: b starts");
  assertMatch(message, /\n {4}1 {6}0 ms {2}main starts/);
  assertMatch(message, /\n→ {3}2 {6}0 ms {2}b starts/);
  assertStringIncludes(message, `await replay(main, "${schedule}")`);
  assert(trace.length >= 3);
});

Deno.test("explore() leaves out long stretches of what ran, and no short ones", async () => {
  const shownOf = async (sleeps: number) => {
    const { message, trace } = await findIn(async () => {
      for (let i = 0; i < sleeps; i++) await sleep(1);
      throw new Error("always");
    });
    const shown = message.slice(message.indexOf("What ran:\n") + 10, message.indexOf("\n\nTo run"));
    return [shown.split("\n").length, trace.length, shown.match(/… \d+ steps/)?.[0]];
  };
  // A sleep is a timer and what goes on after that.
  assertEquals(await shownOf(3), [7, 7, undefined]);
  assertEquals(await shownOf(4), [4, 9, "… 6 steps"]);
});

Deno.test("explore() names the places of what has waited, unless these are in a bundle", async () => {
  const error = await findIn(async () => {
    let last = "";
    const futures = [new Future<void>(), new Future<void>()];
    const write = async (name: string, future: Future<void>) => {
      await future;
      last = name;
    };
    const both = all(() => write("first", futures[0]!), () => write("second", futures[1]!));
    await sleep(1);
    for (const future of futures) future.setResult();
    await both;
    assertEquals(last, "second");
  });
  const text = error.deviations.join("\n");
  assertMatch(text, /(b goes on.*, after <Future|held back for 1 step: a goes on)/);
  // In a bundle, the frames of the module cannot be told from those of the program.
  if (import.meta.url.endsWith("explore_test.ts")) {
    assertMatch(error.message, /explore_test\.ts:\d+/);
  }
});

Deno.test("explore() finds a lost update of three tasks", async () => {
  const error = await findIn(lostUpdate, { runs: 200 });
  assert(error.deviations.length <= 2, error.message);
});

Deno.test("explore() shrinks to two steps if it takes two", async () => {
  // Fails only if both pairs are the other way round.
  const error = await findIn(async () => {
    const order: string[] = [];
    await all(() => order.push("a"), () => order.push("b"));
    await all(() => order.push("c"), () => order.push("d"));
    assert(order.join("") !== "badc");
  });
  assertEquals(error.deviations.length, 2);
});

Deno.test("explore() fails in the first run if any order fails", async () => {
  const error = await findIn(() => Promise.reject(new TypeError("always")));
  assertEquals([error.run, error.seed, error.schedule, error.deviations], [1, 0, "0", []]);
  assertStringIncludes(
    error.message,
    "First come, first served, without any deviation: most tests would fail.",
  );
});

Deno.test("explore() finds a deadlock, and programs that never end", async () => {
  const deadlock = await findIn(async () => {
    const [a, b] = [new Lock(), new Lock()];
    const take = async (first: Lock, second: Lock) => {
      using _ = await first.acquire();
      using __ = await second.acquire();
    };
    await all(() => take(a, b), async () => {
      await sleep(0);
      await sleep(0);
      await take(b, a);
    });
  });
  assertInstanceOf(deadlock.cause, DeadlockError);
  assertEquals(deadlock.deviations.length, 1);
  const endless = async () => {
    for (;;) await sleep(1_000);
  };
  const limited = await findIn(endless, { maxTime: 3_600_000 });
  assertInstanceOf(limited.cause, RunLimitError);
  assertInstanceOf((await findIn(endless, { maxSteps: 100 })).cause, RunLimitError);
});

Deno.test("explore() fails if an exception is reported, and prints nothing", async () => {
  using print = stub(console, "error");
  const inCallback = await findIn(async () => {
    getRunningLoop().callSoon(() => {
      throw new RangeError("in a callback");
    });
    await sleep(1);
  });
  assertInstanceOf(inCallback.cause, RangeError);
  const unlooked = await findIn(async () => {
    createTask(() => Promise.reject(new RangeError("nobody looks")));
    await sleep(1);
  });
  assertInstanceOf(unlooked.cause, RangeError);
  assertEquals(print.calls.length, 0);
});

Deno.test("explore() leaves exceptions to the handler of main, if there is one", async () => {
  await explore(async () => {
    const loop = getRunningLoop();
    loop.setExceptionHandler(() => {});
    loop.callSoon(() => {
      throw new Error("handled");
    });
    await sleep(1);
  }, { runs: 5 });
});

Deno.test("explore() takes whatever is thrown", async () => {
  for (const thrown of [undefined, null, "text", { a: 1 }, Object.create(null)]) {
    const error = await findIn(() => Promise.reject(thrown));
    assertEquals(error.cause, thrown);
    assertStringIncludes(error.message, "run 1 (seed 0) failed: received ");
  }
});

Deno.test("explore() takes errors that cannot be shown", async () => {
  const fail = () => {
    throw new Error("not to be looked at");
  };
  const hostile = [
    Object.defineProperty(new Error(), "name", { get: fail }),
    Object.defineProperty(new Error(), "message", { get: fail }),
    Object.assign(new Error("text"), { name: Symbol("name") }),
    Object.assign(new Error(), { name: Symbol("name") }),
    new Proxy(new Error(), { get: fail, getPrototypeOf: fail }),
    new Proxy({}, { get: fail, getPrototypeOf: fail, ownKeys: fail }),
  ];
  for (const thrown of hostile) {
    const error = await findIn(async () => {
      const order: string[] = [];
      await all(() => order.push("a"), () => order.push("b"));
      if (order[0] === "b") throw thrown;
    });
    assert(error.cause === thrown);
    assertEquals(error.deviations.length, 1);
  }
});

Deno.test("explore() shrinks to an error of the same kind", async () => {
  const error = await findIn(async () => {
    const order: string[] = [];
    await all(...["a", "b", "c"].map((name) => () => order.push(name)));
    if (order.join("") === "cba") throw new TypeError("the other way round");
    if (order[0] !== "a") throw new RangeError("a is late");
  });
  const same = await assertRejects(() =>
    replay(async () => {
      const order: string[] = [];
      await all(...["a", "b", "c"].map((name) => () => order.push(name)));
      if (order.join("") === "cba") throw new TypeError("the other way round");
      if (order[0] !== "a") throw new RangeError("a is late");
    }, error.schedule)
  );
  assertEquals((same as Error).name, (error.cause as Error).name);
});

Deno.test("explore() finds an item that a hand-written queue loses", async () => {
  /** Loses an item if the one who waits is cancelled as the item is handed over. */
  class NaiveQueue<T> {
    readonly #items: T[] = [];
    readonly #getters: Future<T>[] = [];
    put(item: T): void {
      const getter = this.#getters.shift();
      if (getter && !getter.done()) getter.setResult(item);
      else this.#items.push(item);
    }
    async get(): Promise<T> {
      if (this.#items.length > 0) return this.#items.shift()!;
      const getter = new Future<T>();
      this.#getters.push(getter);
      return await getter;
    }
    get size(): number {
      return this.#items.length;
    }
  }
  const main =
    (makeQueue: () => { put(item: number): void; get(): PromiseLike<number>; size: number }) =>
    async () => {
      const queue = makeQueue();
      const seen: number[] = [];
      const consumer = createTask(async () => {
        seen.push(await queue.get());
      }, { name: "consumer" });
      const producer = createTask(() => queue.put(1), { name: "producer" });
      const canceller = createTask(() => void consumer.cancel(), { name: "canceller" });
      await wait([consumer, producer, canceller]);
      assertEquals(seen.length + queue.size, 1);
    };
  const error = await findIn(main(() => new NaiveQueue()), { runs: 200 });
  assert(error.deviations.length <= 2, error.message);
  const makeOurs = () => {
    const queue = new Queue<number>();
    return {
      put: (item: number) => queue.putNowait(item),
      get: () => queue.get(),
      get size() {
        return queue.qsize();
      },
    };
  };
  await explore(main(makeOurs), { runs: 200 });
});

Deno.test("explore() shrinks a run with thousands of things that are ready at once", async () => {
  const error = await findIn(async () => {
    const order: number[] = [];
    for (let i = 0; i < 2_000; i++) getRunningLoop().callSoon(() => order.push(i));
    await sleep(1);
    assertEquals(order[0], 0);
  }, { runs: 20 });
  assertEquals(error.deviations.length, 1, error.message);
  assert(error.message.length < 3_000);
});

Deno.test("explore() says that a task starts once, and then goes on", async () => {
  const plain = function* () {
    yield;
    yield;
  };
  const sleeping = function* () {
    yield* sleep(0);
    yield* sleep(0);
  };
  for (const coro of [plain, sleeping]) {
    const { trace } = await findIn(async () => {
      await createTask(coro, { name: "worker" });
      throw new Error("always");
    });
    const ofWorker = trace.map((line) => line.match(/ worker (starts|goes on)/)?.[1]);
    assertEquals(ofWorker.filter(Boolean), ["starts", "goes on", "goes on"]);
  }
});

Deno.test("explore() shows the first of many deviations, and counts the others", async () => {
  const error = await findIn(async () => {
    let swapped = 0;
    for (let pair = 0; pair < 40; pair++) {
      const order: string[] = [];
      await all(() => order.push("a"), () => order.push("b"));
      if (order[0] === "b") swapped++;
    }
    assert(swapped < 22);
  });
  assertEquals(error.deviations.length, 22);
  assertStringIncludes(error.message, "\n  … and 2 more\n");
  assertEquals(error.message.match(/^ {2}step/gm)?.length, 20);
});

Deno.test("explore() prints nothing about callbacks that take long", async () => {
  using print = stub(console, "warn");
  await findIn(async () => {
    await sleep(1);
    const end = performance.now() + 110;
    while (performance.now() < end);
    await sleep(1);
    throw new Error("always");
  });
  assertEquals(print.calls.length, 0);
});

Deno.test("explore() says which options replay() needs", async () => {
  const endless = async () => {
    for (;;) await sleep(1_000);
  };
  const error = await findIn(endless, { maxSteps: 50, start: 10, runs: 5 });
  assertStringIncludes(error.message, `await replay(main, "0", { start: 10, maxSteps: 50 })`);
});

// Numbers and faults
// ------------------

Deno.test("explore() gives main numbers that follow from the seed of the run", async () => {
  const numbers: number[] = [];
  await explore(({ random }) => void numbers.push(random()), { runs: 20, seed: 7 });
  // The first two runs are made twice.
  assertEquals(new Set(numbers).size, 20);
  assert(numbers.every((number) => number >= 0 && number < 1));
  const again: number[] = [];
  await explore(({ random }) => void again.push(random()), { runs: 20, seed: 7 });
  assertEquals(again, numbers);
});

Deno.test("explore() finds a schedule for the largest seed, too", async () => {
  const { schedule } = await findIn(checkThenAct, { seed: Number.MAX_SAFE_INTEGER });
  await assertRejects(() => replay(checkThenAct, schedule), Error, "looked too early");
});

Deno.test("explore() begins without faults, and leaves those out that do not matter", async () => {
  let isFirst = true;
  const error = await findIn(async () => {
    const faults = [];
    for (let i = 0; i < 10; i++) {
      faults.push(chance(0.3));
      await sleep(1);
    }
    if (isFirst) assertEquals(faults.filter(Boolean), []);
    isFirst = false;
    if (faults[6]) throw new Error("fault 7");
  });
  assertMatch(error.schedule, /^\d+ chance7$/);
  assertMatch(error.deviations[0]!, /^step \d+: call 7 of chance\(\) returns true \(main goes on/);
});

Deno.test("explore() draws delays between their limits, and shrinks them away", async () => {
  const times: number[] = [];
  const error = await findIn(async ({ delay }) => {
    const loop = getRunningLoop();
    for (let i = 0; i < 3; i++) {
      const before = loop.time();
      await delay(10, 20);
      times.push(loop.time() - before);
    }
    if (times.at(-1)! > 15) throw new Error("the third one was late");
  });
  assert(times.every((time) => time >= 10 && time < 20));
  assertEquals(times[0], 10);
  assertMatch(error.schedule, /^\d+ delay3=0\.\d+$/);
  assertMatch(error.deviations[0]!, /^step \d+: call 3 of delay\(\) takes \d+ % \(/);
});

Deno.test("chance() and delay() follow the seed of runVirtual()", async () => {
  const draw = async () => {
    const tosses = Array.from({ length: 50 }, () => chance(0.5));
    await delay(0, 1_000);
    return [tosses.filter(Boolean).length, getRunningLoop().time()] as const;
  };
  const [heads, time] = await runVirtual(draw, { seed: 3 });
  assertEquals(await runVirtual(draw, { seed: 3 }), [heads, time]);
  assert((await runVirtual(draw, { seed: 4 }))[1] !== time);
  assert(heads > 5 && heads < 45 && time > 0 && time < 1_000);
});

Deno.test("explore() gives main functions that know their run, wherever they are called", async () => {
  const explorations = [1, 2].map((seed) =>
    explore(async ({ chance, delay, random }) => {
      await Promise.resolve();
      const before = chance(0.5);
      await delay(1, 2 + random());
      await Promise.resolve();
      await delay(Number(before), 2);
      assertThrows(() => chance(2), TypeError);
      assertThrows(() => delay(2, 1), TypeError);
    }, { runs: 20, seed })
  );
  for (const { runs } of await Promise.all(explorations)) assertEquals(runs, 20);
});

Deno.test("chance() never happens at 0, and always at 1", async () => {
  await explore(() => assertEquals([chance(0), chance(0)], [false, false]), { runs: 20 });
  await runVirtual(() => assertEquals([chance(0), chance(1)], [false, true]), { seed: 1 });
});

Deno.test("chance() and delay() refuse wrong numbers, and calls outside of a run", async () => {
  await runVirtual(() => {
    for (const wrong of [-0.1, 1.1, NaN, "x", undefined]) {
      assertThrows(() => chance(wrong as number), TypeError, "Cannot decide by chance as");
    }
    for (const [min, max] of [[-1, 1], [2, 1], [NaN, 1], [0, NaN], [0, Infinity], ["0", 1]]) {
      assertThrows(
        () => delay(min as number, max as number),
        TypeError,
        "Cannot sleep for a random",
      );
    }
    assertEquals(chance(0), false);
  });
  assertThrows(() => chance(0.5), Error, "no run in virtual time");
  await run(async () => {
    await sleep(1);
    assertThrows(() => delay(1, 2), Error, "no run in virtual time");
  });
});

// The same schedule again
// -----------------------

Deno.test("replay() fails with the same error, and passes first come, first served", async () => {
  for (const main of [checkThenAct, lostUpdate]) {
    const { schedule, cause } = await findIn(main);
    const again = await assertRejects(() => replay(main, schedule));
    assertEquals((again as Error).message, (cause as Error).message);
    await replay(main, "0");
  }
});

Deno.test("replay() runs the same program in the same order as the run that failed", async () => {
  for (let program = 0; program < 60; program++) {
    const calm = makeTraced(program, 3);
    await runVirtual(calm.main);
    const test = async () => {
      const { main, trace } = makeTraced(program, 3);
      await main();
      if (trace.join() !== calm.trace.join()) throw new Error(trace.join());
    };
    const error = await explore(test, { runs: 20 }).catch((error) => error);
    if (!(error instanceof ExplorationError)) continue;
    const again = await assertRejects(() => replay(test, error.schedule), Error);
    assertEquals(again.message, (error.cause as Error).message, error.schedule);
  }
});

Deno.test("replay() returns what main returns", async () => {
  assertEquals(await replay(({ random }) => Promise.resolve(typeof random()), "5"), "number");
  const numbers = () => replay(({ random }) => random(), "5");
  assertEquals(await numbers(), await numbers());
});

Deno.test("replay() takes a schedule that does not fit", async () => {
  assertEquals(await replay(() => Promise.resolve(1), "0 step1=5 step99 chance7 cancelAfter50"), 1);
});

Deno.test("replay() refuses what is no schedule", () => {
  for (
    const wrong of ["", "x", "0 step", "0 step0", "0 jump3", "0 step1=-1", "1.5", undefined, 5]
  ) {
    assertThrows(
      () => replay(() => {}, wrong as string),
      TypeError,
      "Cannot replay main as the schedule is no text that explore() has given: received",
    );
  }
});

// Programs that are not deterministic
// -----------------------------------

Deno.test("explore() says where two runs of one schedule part", async () => {
  let calls = 0;
  const error = await assertRejects(
    () => explore(() => sleep(10 * ++calls)),
    NondeterminismError,
    "Cannot explore main as the same schedule leads to something else the second time",
  );
  assertMatch(error.message, /at step 2 “timer of main, sleep of \d+ ms” at \d+ ms in one run/);
});

Deno.test("explore() notices random numbers, and what a run has left behind", async () => {
  await assertRejects(() => explore(() => sleep(Math.random() * 10)), NondeterminismError);
  const cache = new Map<string, number>();
  await assertRejects(
    () =>
      explore(async () => {
        if (!cache.has("key")) await sleep(1);
        cache.set("key", 1);
      }),
    NondeterminismError,
    "a difference that two more runs have not shown again",
  );
  let calls = 0;
  await assertRejects(
    () => explore(() => ++calls % 2 === 0 ? Promise.reject(new Error("now and then")) : 1),
    NondeterminismError,
    "the same steps with different outcomes",
  );
});

// Arguments
// ---------

Deno.test("explore() refuses wrong arguments at the call", () => {
  const fn = () => {};
  const wrong: [unknown, unknown, string][] = [
    [undefined, {}, "main"],
    [Promise.resolve(), {}, "main"],
    [(function* () {})(), {}, "main"],
    [async function* () {}, {}, "main is an async generator"],
    [fn, 5, "options"],
    [fn, { runs: 0 }, "runs"],
    [fn, { runs: 1.5 }, "runs"],
    [fn, { runs: "10" }, "runs"],
    [fn, { seed: 0.5 }, "seed"],
    [fn, { seed: "1" }, "seed"],
    [fn, { timeBudget: NaN }, "timeBudget"],
    [fn, { cancelAnywhere: 5 }, "cancelAnywhere"],
    [fn, { maxSteps: 0 }, "maxSteps"],
    [fn, { maxTime: "1" }, "maxTime"],
    [fn, { start: NaN }, "start"],
  ];
  for (const [main, options, text] of wrong) {
    const call = () => explore(main as () => void, options as ExploreOptions);
    const error = assertThrows(call, TypeError);
    assertStringIncludes(error.message, text);
    assertStringIncludes(error.message, "Cannot ");
  }
});

Deno.test("explore() and replay() throw inside a task, where a loop is running already", async () => {
  await run(async () => {
    await sleep(1);
    assertThrows(() => explore(() => {}), Error, "a loop is running here already");
    assertThrows(() => replay(() => {}, "0"), Error, "a loop is running here already");
  });
});

Deno.test("explore() reads no option from a polluted prototype", async () => {
  const prototype = Object.prototype as { runs?: number; cancelAnywhere?: boolean; seed?: number };
  Object.assign(prototype, { runs: 3, cancelAnywhere: true, seed: 9 });
  try {
    assertEquals((await explore(() => {}, {})).runs, 1_000);
  } finally {
    delete prototype.runs;
    delete prototype.cancelAnywhere;
    delete prototype.seed;
  }
});

Deno.test("explore() passes the options of the run on", async () => {
  const seen: unknown[] = [];
  await explore(() => {
    const loop = getRunningLoop();
    seen.push(loop.time(), loop.getDebug());
  }, { runs: 1, start: 1_000, debug: true });
  assertEquals(seen.slice(0, 2), [1_000, true]);
});

Deno.test("explore() lets go of the tasks of its runs", async () => {
  const left: Task<unknown>[] = [];
  await explore(() => {
    left.push(createTask(() => sleep(1_000)));
  }, { runs: 2 });
  assert(left.every((task) => task.cancelled()));
});
