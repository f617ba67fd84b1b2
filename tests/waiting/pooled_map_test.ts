import {
  assert,
  assertEquals,
  assertFalse,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import {
  AsyncContext,
  CancelledError,
  createTask,
  currentTask,
  Future,
  getRunningLoop,
  pooledMap,
  run,
  sleep,
} from "../../mod.ts";
import { leftOver, makeCountingSignal } from "../helpers/counting.ts";
import { makeFutures } from "../helpers/futures.ts";
import { kinds } from "../helpers/kinds.ts";
import { outcome } from "../helpers/outcome.ts";
import { assertSameType } from "../helpers/same_type.ts";
import { hostTurn } from "../helpers/turns.ts";
import { virtual } from "../helpers/virtual_time.ts";

/** A source that logs how it is used, and never ends. */
function numbers(log: string[]): Iterable<number> {
  let last = 0;
  const source = {
    next: () => ({ done: false as const, value: ++last }),
    return() {
      log.push(`closed after ${last}`);
      return { done: true as const, value: undefined };
    },
    [Symbol.iterator]: () => source,
  };
  return source;
}

/** Runs until it is cancelled, and logs its end. */
async function hang(log: string[], name: unknown): Promise<void> {
  try {
    await new Future<void>();
  } finally {
    await sleep(0);
    log.push(`${name} ended`);
  }
}

async function collect<T>(source: AsyncIterable<T>, into: T[] = []): Promise<T[]> {
  for await (const value of source) into.push(value);
  return into;
}

// Result
// ------

for (const [kind, coroutine] of kinds) {
  Deno.test(`pooledMap() has the results in the order of the items (${kind})`, async () => {
    const gates = makeFutures(3);
    const results = pooledMap(3, gates, coroutine((wait, gate: Future<number>) => wait(gate)));
    assertSameType<typeof results, AsyncIterableIterator<number>>();
    const seen: number[] = [];
    const all = collect(results, seen);
    await hostTurn();
    gates[2]!.setResult(2);
    gates[1]!.setResult(1);
    await hostTurn();
    assertEquals(seen, []);
    gates[0]!.setResult(0);
    assertEquals(await all, [0, 1, 2]);
  });
}

virtual.test("pooledMap() takes sync and async iterables, and plain functions", async () => {
  const double = (value: number) => 2 * value;
  assertEquals(await collect(pooledMap(2, [1, 2, 3], double)), [2, 4, 6]);
  assertEquals(await collect(pooledMap(Infinity, new Set([1, 2]), double)), [2, 4]);
  assertEquals(await collect(pooledMap(1, [], double)), []);
  async function* source() {
    yield 1;
    await sleep(1);
    yield 2;
    await Promise.resolve();
    yield 3;
  }
  assertEquals(await collect(pooledMap(2, source(), double)), [2, 4, 6]);
});

virtual.test("pooledMap() runs so many tasks at a time, and no more", async () => {
  let running = 0;
  let most = 0;
  const work = async (item: number) => {
    most = Math.max(most, ++running);
    await sleep(item % 3);
    running--;
    return item;
  };
  const loop = getRunningLoop();
  const items = Array.from({ length: 20 }, (_, i) => i);
  assertEquals(await collect(pooledMap(4, items, work)), items);
  assertEquals([most, loop.time()], [4, 5]);
});

Deno.test("pooledMap() starts with the first next(), and runs ahead of a slow consumer by its limit", async () => {
  const started: number[] = [];
  const results = pooledMap(2, numbers([]), (item) => {
    started.push(item);
    return item;
  });
  await hostTurn();
  assertEquals(started, []);
  assertEquals(await results.next(), { done: false, value: 1 });
  for (let i = 0; i < 5; i++) await hostTurn();
  assertEquals(started, [1, 2, 3, 4], "two results, and two tasks that ran meanwhile");
  for (const value of [2, 3]) assertEquals(await results.next(), { done: false, value });
  for (let i = 0; i < 5; i++) await hostTurn();
  assertEquals(started, [1, 2, 3, 4, 5, 6]);
  await results.return!();
});

Deno.test("pooledMap() answers calls of next() that overlap, in their order", async () => {
  const results = pooledMap(2, [1, 2, 3], async (item) => {
    await sleep(0);
    return item;
  });
  const steps = await Promise.all([1, 2, 3, 4, 5].map(() => results.next()));
  assertEquals(steps.map(({ value }) => value), [1, 2, 3, undefined, undefined]);
  assertEquals(steps.map(({ done }) => done), [false, false, false, true, true]);
});

// Failure
// -------

for (const [kind, coroutine] of kinds) {
  Deno.test(`pooledMap() throws what a task (${kind}) throws, when the others have ended`, async () => {
    const log: string[] = [];
    const seen: unknown[] = [];
    const error = new RangeError("item 2");
    const allRun = new Future<void>();
    const results = pooledMap(
      3,
      numbers(log),
      coroutine(function* (wait, item: number): Generator<unknown, unknown> {
        if (item === 1) return item;
        if (item === 2) {
          yield* wait(allRun);
          throw error;
        }
        try {
          if (item === 4) allRun.setResult();
          yield* wait(new Future<void>());
        } finally {
          yield* wait(sleep(0));
          log.push(`${item} ended`);
        }
      }),
    );
    assertStrictEquals(await assertRejects(() => collect(results, seen)), error);
    assertEquals(seen, [1]);
    assertEquals(log, ["closed after 4", "3 ended", "4 ended"]);
    assertEquals(await results.next(), { done: true, value: undefined });
  });
}

Deno.test("pooledMap() throws what the source throws, after the results before, and does not close that", async () => {
  const log: string[] = [];
  const seen: unknown[] = [];
  let count = 0;
  const source: AsyncIterableIterator<number> = {
    async next() {
      if (++count < 4) return { done: false as const, value: count };
      throw new RangeError("source");
    },
    async return() {
      log.push("closed");
      return { done: true as const, value: undefined };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
  const results = pooledMap(5, source, async (item) => item < 3 ? item : await hang(log, item));
  await assertRejects(() => collect(results, seen), RangeError, "source");
  assertEquals([seen, log], [[1, 2], ["3 ended"]]);
});

Deno.test("pooledMap() throws the first exception, and reports those of the clean-up", async () => {
  const reports: unknown[] = [];
  await run(async () => {
    getRunningLoop().setExceptionHandler((_loop, { exception }) => reports.push(exception));
    const results = pooledMap(2, ["one", "two"], async (item) => {
      await (item === "one" ? sleep(0) : new Future<void>().catch(() => {}));
      throw new RangeError(item);
    });
    await assertRejects(() => collect(results), RangeError, "one");
  });
  assertEquals(reports.map(String), ["RangeError: two"]);
});

Deno.test("pooledMap() reports what fails when the consumer has left", async () => {
  const reports: unknown[] = [];
  await run(async () => {
    getRunningLoop().setExceptionHandler((_loop, { exception }) => reports.push(exception));
    async function* source() {
      try {
        yield "one";
        yield "two";
        yield "three";
      } finally {
        await Promise.reject(new RangeError("source"));
      }
    }
    const started = new Future<void>();
    const work = async (item: string) => {
      if (item === "one") return item;
      started.setResult();
      await new Future<void>().catch(() => {});
      throw new RangeError(item);
    };
    for await (const item of pooledMap(1, source(), work)) {
      assertEquals(item, "one");
      await started;
      break;
    }
  });
  assertEquals(reports.map(String).toSorted(), ["RangeError: source", "RangeError: two"]);
});

Deno.test("pooledMap() ends if one of its tasks is cancelled by somebody else", async () => {
  const results = pooledMap(2, [1, 2], async () => {
    await sleep(0);
    currentTask()!.cancel("elsewhere");
    await sleep(0);
  });
  await assertRejects(() => collect(results), CancelledError, "elsewhere");
});

// Cancellation
// ------------

Deno.test("pooledMap() whose loop is left cancels the rest, closes the source and waits", async () => {
  for (const leave of ["break", "throw"]) {
    const log: string[] = [];
    const loop = async () => {
      for await (
        const _ of pooledMap(3, numbers(log), async (i) => i === 1 ? i : await hang(log, i))
      ) {
        await sleep(0);
        if (leave === "throw") throw new RangeError("mine");
        break;
      }
    };
    if (leave === "throw") await assertRejects(loop, RangeError, "mine");
    else await loop();
    assertEquals(log, ["closed after 4", "2 ended", "3 ended", "4 ended"]);
  }
});

Deno.test("pooledMap() whose consumer is cancelled cancels all, closes the source and waits", async () => {
  const log: string[] = [];
  const task = createTask(async () => {
    try {
      for await (const _ of pooledMap(2, numbers(log), (item) => hang(log, item)));
    } finally {
      log.push("consumer");
    }
  });
  await hostTurn();
  task.cancel("stop");
  await assertRejects(() => task, CancelledError, "stop");
  assertEquals(log, ["closed after 2", "1 ended", "2 ended", "consumer"]);
});

Deno.test("pooledMap() whose consumer is cancelled as a result arrives waits for all as well", async () => {
  const log: string[] = [];
  const gate = new Future<void>();
  const task = createTask(async () => {
    for await (const item of pooledMap(2, numbers(log), (i) => i === 1 ? gate : hang(log, i))) {
      log.push(`item ${item}`);
      await sleep(0);
    }
  });
  await hostTurn();
  gate.addDoneCallback(() => task.cancel("just now"));
  gate.setResult();
  await assertRejects(() => task, CancelledError, "just now");
  assert(log.includes("2 ended") && log.some((line) => line.startsWith("closed")));
});

Deno.test("pooledMap() whose consumer is cancelled during the clean-up is waited for", async () => {
  const log: string[] = [];
  const cleanedUp = new Future<void>();
  const task = createTask(async () => {
    for await (
      const _ of pooledMap(2, [1, 2], async (item) => {
        if (item === 1) return;
        try {
          await new Future<void>();
        } finally {
          await cleanedUp;
          log.push("ended");
        }
      })
    ) {
      await sleep(0);
      break;
    }
    log.push("left");
    await sleep(0);
    log.push("not reached");
  });
  await hostTurn();
  await hostTurn();
  task.cancel("stop");
  await hostTurn();
  assertEquals([log, cleanedUp.cancelled()], [[], false]);
  cleanedUp.setResult();
  await assertRejects(() => task, CancelledError, "stop");
  assertEquals(log, ["ended", "left"]);
});

virtual.test("pooledMap() is cancelled while its source waits, for a future or for a promise", async () => {
  const log: string[] = [];
  async function* waiting() {
    try {
      yield 1;
      await new Future<void>();
    } finally {
      log.push("source ended");
    }
  }
  async function* stuck() {
    yield 1;
    await new Promise(() => {});
  }
  for (const source of [waiting(), stuck()]) {
    const loop = async () => {
      for await (const _ of pooledMap(2, source, (item) => item)) {
        await sleep(0);
        break;
      }
      return "left";
    };
    assertEquals(await loop(), "left");
  }
  await sleep(1);
  assertEquals(log, ["source ended"]);
});

Deno.test("pooledMap() starts no further item that its source gives after the abort", async () => {
  const controller = new AbortController();
  const started: number[] = [];
  const log: string[] = [];
  function* source() {
    try {
      yield 1;
      controller.abort("enough");
      yield 2;
    } finally {
      log.push("closed");
    }
  }
  const results = pooledMap(3, source(), (item) => void started.push(item), controller);
  await assertRejects(() => collect(results), CancelledError, "enough");
  assertEquals([started, log], [[1], ["closed"]]);
});

Deno.test("pooledMap() that is left before it began never opens its source", async () => {
  let opened = false;
  const source = {
    [Symbol.iterator]() {
      opened = true;
      return [1].values();
    },
  };
  const results = pooledMap(1, source, (item) => item);
  assertEquals(await results.return!(), { done: true, value: undefined });
  assertEquals(await results.next(), { done: true, value: undefined });
  assertFalse(opened);
});

// Signal
// ------

Deno.test("pooledMap() option signal cancels all, with its reason, and leaves no listener", async () => {
  const { controller, signal, listeners } = makeCountingSignal();
  assertEquals(await collect(pooledMap(1, [1], (item) => item, { signal })), [1]);
  assertEquals(listeners.size, 0);
  const log: string[] = [];
  const results = pooledMap(2, numbers(log), (item) => hang(log, item), { signal });
  const step = results.next();
  await hostTurn();
  controller.abort("enough");
  await assertRejects(() => step, CancelledError, "enough");
  assertEquals(log, ["closed after 2", "1 ended", "2 ended"]);
  assertEquals([listeners.size, await results.next()], [0, { done: true, value: undefined }]);

  const late = pooledMap(2, numbers(log), (item) => hang(log, item), { signal });
  await assertRejects(() => late.next(), CancelledError, "enough");
  assertEquals(log.length, 3, "nothing has begun");
});

Deno.test("pooledMap() passes the signal of its task to the function", async () => {
  const results = pooledMap(1, [1], (_item, signal) => signal === currentTask()!.signal);
  assertEquals(await collect(results), [true]);
});

// Loop
// ----

Deno.test("pooledMap() that a program leaves behind is cancelled at the end of run()", async () => {
  const log: string[] = [];
  let step!: Future<unknown>;
  await run(async () => {
    const began = new Future<void>();
    const work = (item: number) => {
      if (item === 2) began.setResult();
      return new Future<void>().finally(() => log.push(`${item} ended`));
    };
    step = pooledMap(2, numbers(log), work).next() as Future<unknown>;
    await began;
  });
  assertEquals(log.toSorted(), ["1 ended", "2 ended", "closed after 2"]);
  assert(outcome(step).includes("CancelledError"));
});

Deno.test("pooledMap() belongs to the loop of its first next()", async () => {
  let results!: AsyncIterableIterator<number>;
  const loop = await run(async () => {
    results = pooledMap(1, [1], (item) => item);
    return getRunningLoop();
  });
  assert(loop.isClosed());
  assertEquals(await collect(results), [1]);
});

// Context
// -------

Deno.test("pooledMap() calls the function and the source in the context of the loop", async () => {
  const variable = new AsyncContext.Variable<string>();
  const seen: unknown[] = [];
  function* source() {
    seen.push(variable.get());
    yield 1;
    seen.push(variable.get());
    yield 2;
  }
  const results = pooledMap(1, source(), () => void seen.push(variable.get()));
  await variable.run("consumer", () => collect(results));
  assertEquals(seen, ["consumer", "consumer", "consumer", "consumer"]);
});

// Misuse
// ------

Deno.test("pooledMap() refuses bad arguments", () => {
  const fn = (item: number) => item;
  for (const limit of [0, -1, 1.5, NaN, "2"]) {
    assertThrows(
      () => pooledMap(limit as number, [1], fn),
      TypeError,
      "Cannot map the items as the pool limit is not a positive integer: received ",
    );
  }
  for (const source of [5, null, undefined, {}]) {
    assertThrows(
      () => pooledMap(1, source as never, fn),
      TypeError,
      "Cannot map the items as they come in no iterable, such as an array: received ",
    );
  }
  for (const source of [new Future(), Promise.resolve([1])]) {
    assertThrows(
      () => pooledMap(1, source as never, fn),
      TypeError,
      "as they come in no iterable, such as an array (await them first): received ",
    );
  }
  assertThrows(
    () => pooledMap(1, [1], 5 as never),
    TypeError,
    "Cannot map the items as the function is no function: received 5",
  );
  assertThrows(
    () => pooledMap(1, [1], async function* () {} as never),
    TypeError,
    "the function is an async generator",
  );
  assertThrows(
    () => pooledMap(1, [1], fn, { signal: 5 as never }),
    TypeError,
    "Cannot use the signal as it is no AbortSignal: received 5",
  );
});

// Leaks
// -----

Deno.test("pooledMap() leaves no timer and no task behind", async () => {
  const left = await leftOver(async () => {
    await collect(pooledMap(2, [1, 2, 3], () => sleep(1)));
    for await (const _ of pooledMap(2, [0, 60_000, 60_000], (ms) => sleep(ms))) break;
  });
  assertEquals(left, 0);
});
