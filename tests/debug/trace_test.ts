import { assert, assertEquals, assertMatch, assertStrictEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { startTrace, type TraceFile } from "../../debug.ts";
import {
  CancelledError,
  createTask,
  type EventLoop,
  Future,
  gather,
  Lock,
  newEventLoop,
  Queue,
  run,
  sleep,
  Task,
  taskGroup,
  timeout,
} from "../../mod.ts";
import { needs } from "../helpers/capabilities.ts";
import { collectGarbage } from "../helpers/garbage.ts";
import { kinds } from "../helpers/kinds.ts";
import { lockProgram, runLockProgram } from "../helpers/lock_programs.ts";
import { makeManualLoop } from "../helpers/manual_loop.ts";
import { queueProgram, runQueueProgram } from "../helpers/queue_programs.ts";
import { namesIn, readTrace, type Rows } from "../helpers/trace_rules.ts";
import { hostTurn, leastOf, microtasks, until } from "../helpers/turns.ts";

/** Traces a program that runs on a loop of its own. */
async function traceOf(main: () => Promise<unknown>): Promise<Rows> {
  const trace = startTrace();
  await run(() => main());
  return readTrace(trace.stop());
}

/** How the task of a row ended. */
function outcomeIn({ rows }: Rows, task: string): unknown {
  return rows.get(task)![0]!.args;
}

// Rows and spans
// --------------

for (const [kind, form] of kinds) {
  Deno.test(`startTrace() shows the steps and the waits of a task: ${kind}`, async () => {
    const queue = new Queue<string>();
    const rows = await traceOf(async () => {
      const worker = form(function* (wait) {
        yield* wait(sleep(1));
        return yield* wait(queue.get());
      });
      const task = createTask(() => worker(undefined), { name: "worker" });
      await until(() => String(task).includes("cb=[Queue.get"));
      queue.putNowait("item");
      await task;
    });
    const names = namesIn(rows, "worker").filter((name) => name !== "running");
    assertEquals(names, ["sleep", "Queue.get"]);
    const [, ...spans] = rows.rows.get("worker")!;
    assertEquals(spans.find(({ name }) => name === "sleep")!.args, { ms: 1 });
    assertMatch(
      String(spans.find(({ name }) => name === "Queue.get")!.args!.of),
      /^Queue \d+$/,
    );
    assertEquals(spans[0]!.name, "running");
    assertEquals(outcomeIn(rows, "worker"), { coro: "worker", outcome: "result" });
  });

  Deno.test(`startTrace() names the task, the future and the lock that a task waits on: ${kind}`, async () => {
    const lock = new Lock();
    const rows = await traceOf(async () => {
      const first = createTask(() => sleep(1), { name: "first" });
      const future = new Future<void>();
      await lock.acquire();
      const worker = form(function* (wait) {
        yield* wait(first);
        yield* wait(future);
        yield* wait(lock.acquire());
      });
      const task = createTask(() => worker(undefined), { name: "worker" });
      await until(() => String(task).includes("wait_for=<Future"));
      future.setResult();
      await until(() => String(task).includes("cb=[Lock.acquire"));
      lock.release();
      await task;
    });
    const names = namesIn(rows, "worker").filter((name) => name !== "running");
    assertEquals(names, ["first", "Future", "Lock.acquire"]);
  });
}

Deno.test("startTrace() names the coroutine and the outcome of a task", async () => {
  const rows = await traceOf(async () => {
    const failing = createTask(async function load() {
      throw new RangeError("no such host");
    }, { name: "failing" });
    const cancelled = createTask(function* wait() {
      yield* sleep(60_000);
    }, { name: "cancelled" });
    await sleep(1);
    cancelled.cancel("too slow");
    assert(await gather(failing, cancelled, { returnExceptions: true }));
  });
  assertEquals(outcomeIn(rows, "failing"), {
    coro: "load",
    outcome: "exception",
    exception: "RangeError: no such host",
  });
  assertEquals(outcomeIn(rows, "cancelled"), {
    coro: "wait",
    outcome: "cancelled",
    reason: "CancelledError: too slow",
  });
});

Deno.test("startTrace() does not count the exception of a task as retrieved", async () => {
  const loop = newEventLoop();
  const exceptions: unknown[] = [];
  loop.setExceptionHandler((_, { exception }) => void exceptions.push(exception));
  const error = new Error("lost");
  const trace = startTrace();
  await run(async () => {
    createTask(async () => {
      throw error;
    });
    await sleep(1);
  }, { loop });
  trace.stop();
  assertEquals(exceptions, [error]);
});

Deno.test("startTrace() shows several waits at once as one span after another", async () => {
  const rows = await traceOf(async () => {
    await createTask(async () => {
      const future = new Future<void>();
      const sleeps = [sleep(1), sleep(1)];
      void Promise.all(sleeps).then(() => hostTurn()).then(() => future.setResult());
      await Promise.all([...sleeps, future]);
    }, { name: "several" });
  });
  const waits = rows.rows.get("several")!.filter(({ cat }) => cat === "wait");
  assertEquals(waits[0]!.name, "2 × sleep, Future");
  assertEquals(waits[0]!.args, { waits: 3 });
  assertEquals(waits.find(({ name }) => name === "Future")?.name, "Future");
});

Deno.test("startTrace() lists four different waits by three names", async () => {
  const event = new Queue<void>();
  const rows = await traceOf(async () => {
    const other = createTask(() => sleep(1), { name: "other" });
    await createTask(async () => {
      const waits = [sleep(1), event.get(), other, new Future<void>()];
      await Promise.race(waits);
    }, { name: "several" });
  });
  assertEquals(namesIn(rows, "several")[1], "sleep, Queue.get, other, 1 more");
});

Deno.test("startTrace() shows a wait for a promise of the host", async () => {
  const rows = await traceOf(async () => {
    await createTask(async () => {
      await sleep(1);
      await hostTurn(5);
    }, { name: "host" });
  });
  const waits = namesIn(rows, "host").filter((name) => name !== "running");
  assertEquals(waits, ["sleep", "promise"]);
});

Deno.test("startTrace() shows a wait for a future after one for a promise of the host", async () => {
  needs("contextOfPromises");
  const rows = await traceOf(async () => {
    await createTask(async () => {
      await hostTurn(5);
      await sleep(1);
    }, { name: "host" });
  });
  const waits = namesIn(rows, "host").filter((name) => name !== "running");
  assertEquals(waits, ["promise", "sleep"]);
});

Deno.test("startTrace() shows no wait where a generator only gives way", async () => {
  const rows = await traceOf(async () => {
    await createTask(function* () {
      for (let i = 0; i < 3; i++) yield;
    }, { name: "busy" });
  });
  // The call of the function, and four steps of the generator.
  assertEquals(namesIn(rows, "busy"), Array(5).fill("running"));
});

Deno.test("startTrace() shows the body of a scope in the row of its task", async () => {
  const rows = await traceOf(async () => {
    await createTask(async () => {
      await taskGroup(async (group) => {
        const isOver = new Future<void>();
        group.createTask(() => isOver, { name: "child" });
        await sleep(2);
        // The group then waits for its task.
        void hostTurn(5).then(() => isOver.setResult());
      });
      await timeout(60_000, function* () {
        yield* sleep(1);
      });
    }, { name: "scopes" });
  });
  assertEquals([...rows.rows.keys()].filter((name) => name !== "Task-1").length, 3);
  // A row that waits for a scope and for something in its body shows the latter.
  const waits = namesIn(rows, "scopes").filter((name) => name === "sleep" || name === "taskGroup");
  assert(waits.indexOf("sleep") < waits.lastIndexOf("taskGroup"));
  assert(waits.lastIndexOf("taskGroup") < waits.lastIndexOf("sleep"));
});

Deno.test("startTrace() shows what the body of a scope waits on, even if that is a promise", async () => {
  const rows = await traceOf(async () => {
    await createTask(() => timeout(60_000, async () => await hostTurn(20)), { name: "scope" });
  });
  const longest = rows.rows.get("scope")!.slice(1)
    .reduce((a, b) => a.end - a.begin > b.end - b.begin ? a : b);
  assertEquals(longest.name, "promise");
});

Deno.test("startTrace() makes a row for a body that its task leaves behind", async () => {
  const trace = startTrace();
  const left = new Future<void>();
  let body: PromiseLike<void> | undefined;
  const task = createTask(() => {
    body = timeout(60_000, async () => {
      await left;
      await sleep(1);
    });
  }, { name: "leaving" });
  await task;
  await hostTurn();
  left.setResult();
  await body;
  const rows = readTrace(trace.stop());
  const other = [...rows.rows].find(([name]) => name !== "leaving");
  assert(other, "no row for the body");
  assert(namesIn(rows, other[0]).includes("Future"));
});

Deno.test("startTrace() shows a task that starts at once inside of the step that makes it", async () => {
  const rows = await traceOf(async () => {
    await createTask(function* () {
      yield* createTask(async () => {}, { name: "inner", eagerStart: true });
    }, { name: "outer" });
  });
  const inner = rows.rows.get("inner")!.find(({ cat }) => cat === "step")!;
  const steps = rows.rows.get("outer")!.filter(({ cat }) => cat === "step");
  assert(steps.some(({ begin, end }) => begin < inner.begin && inner.end < end));
});

// Cancellations, arrows and counters
// ----------------------------------

Deno.test("startTrace() shows cancellations with the reason and who asked", async () => {
  const rows = await traceOf(async () => {
    const slow = createTask(() => sleep(60_000), { name: "slow" });
    await createTask(async () => {
      await sleep(1);
      slow.cancel("too slow");
    }, { name: "impatient" });
    await slow.catch(() => {});
  });
  const [{ name, args }] = rows.cancellations as [TraceFile["traceEvents"][number]];
  assertEquals([name, args], [
    "cancel",
    { reason: "CancelledError: too slow", by: "impatient" },
  ]);
});

Deno.test("startTrace() leads arrows from who makes or wakes a task", async () => {
  const { arrows } = await traceOf(async () => {
    const queue = new Queue<number>();
    await createTask(function* () {
      const consumer = createTask(() => queue.get(), { name: "consumer" });
      yield* sleep(1);
      createTask(() => void queue.putNowait(1), { name: "producer" });
      yield* consumer;
    }, { name: "maker" });
  });
  const wanted = [
    ["maker", "consumer"],
    ["maker", "producer"],
    ["consumer", "maker"],
  ] as const;
  for (const [from, to] of wanted) {
    assert(arrows.some((arrow) => arrow[0] === from && arrow[1] === to), `${from} to ${to}`);
  }
  assert(arrows.every(([from, to]) => from !== to));
});

Deno.test("startTrace() knows who wakes a task after a promise of the host", async () => {
  needs("contextOfPromises");
  const { arrows } = await traceOf(async () => {
    const future = new Future<void>();
    const waiter = createTask(async () => await future, { name: "waiter" });
    createTask(async () => {
      await hostTurn(2);
      future.setResult();
    }, { name: "setter" });
    await waiter;
  });
  assert(arrows.some(([from, to]) => from === "setter" && to === "waiter"));
});

Deno.test("startTrace() counts tasks, what is ready, and timers", async () => {
  const trace = startTrace();
  await run(async () => {
    const gate = new Future<void>();
    const tasks = Array.from({ length: 9 }, () => createTask(() => gate));
    await gather(...Array.from({ length: 9 }, () => sleep(1)));
    gate.setResult();
    await gather(...tasks);
  });
  const { traceEvents } = trace.stop();
  const most = (name: string) =>
    Math.max(
      ...traceEvents.filter((event) => event.ph === "C" && event.name === name)
        .map(({ args }) => Number(args![name])),
    );
  assertEquals(most("tasks"), 10);
  assertEquals(most("ready"), 9);
  assert(most("timers") >= 9);
});

// Beginning and end
// -----------------

Deno.test("startTrace() begins and stops in the middle of waits", async () => {
  const rows = await run(async () => {
    const wakes = new AbortController();
    const waiting = createTask(async () => {
      try {
        await sleep(60_000, { signal: wakes.signal });
      } catch (error) {
        assert(error instanceof CancelledError);
      }
      await sleep(60_000);
    }, { name: "waiting" });
    const generator = createTask(function* () {
      yield* sleep(60_000);
    }, { name: "generator" });
    await hostTurn();
    const trace = startTrace();
    wakes.abort();
    await hostTurn();
    waiting.setName("renamed");
    const rows = readTrace(trace.stop());
    waiting.cancel();
    generator.cancel();
    return rows;
  });
  assertEquals(namesIn(rows, "renamed"), ["sleep", "running", "sleep"]);
  assertEquals(namesIn(rows, "generator"), ["sleep"]);
  assertEquals(outcomeIn(rows, "generator"), { coro: "sleep", outcome: "pending" });
});

Deno.test("startTrace() begins and stops in a step of a generator", async () => {
  const loop = makeManualLoop();
  let rows: Rows | undefined;
  new Task(function* () {
    const trace = startTrace();
    yield;
    new Task(() => {}, { loop, name: "inner", eagerStart: true });
    rows = readTrace(trace.stop());
  }, { loop, name: "outer" });
  loop.drain();
  await microtasks();
  // The step in which the trace began is not seen, nor is its end mistaken for one.
  assertEquals(namesIn(rows!, "outer"), ["running"]);
  assertEquals(namesIn(rows!, "inner"), ["running"]);
});

Deno.test("Trace.stop() returns the same once more, and using stops a trace", async () => {
  let stopped;
  {
    using trace = startTrace();
    stopped = trace;
    await createTask(() => {}, { name: "seen" });
  }
  await createTask(() => {}, { name: "unseen" });
  const file = stopped.stop();
  assertStrictEquals(stopped.stop(), file);
  const { rows } = readTrace(file);
  assert(rows.has("seen"));
  assert(!rows.has("unseen"));
});

Deno.test("startTrace() runs several traces at once", async () => {
  const outer = startTrace();
  await createTask(() => sleep(1), { name: "first" });
  const inner = startTrace();
  await createTask(() => sleep(1), { name: "second" });
  const { rows } = readTrace(inner.stop());
  await createTask(() => sleep(1), { name: "third" });
  assertEquals([...readTrace(outer.stop()).rows.keys()], ["first", "second", "third"]);
  assertEquals([...rows.keys()], ["second"]);
});

Deno.test("a trace without tasks is empty", () => {
  const { traceEvents, otherData } = startTrace().stop();
  assertEquals(traceEvents.map(({ name }) => name), ["process_name"]);
  assertEquals(otherData, { dropped: 0 });
});

Deno.test("startTrace() drops the oldest when there is too much", async () => {
  const trace = startTrace({ limit: 100 });
  await run(async () => {
    for (let i = 0; i < 100; i++) await createTask(() => sleep(0), { name: `task ${i}` });
  });
  const file = trace.stop();
  const { rows } = readTrace(file);
  assert(file.otherData.dropped > 100);
  assert(rows.has("task 99"));
  assert(!rows.has("task 0"));
});

Deno.test("startTrace() rejects a limit that is not a whole number from 1 on", () => {
  for (const limit of [0, -1, 1.5, NaN, Infinity, "9" as unknown as number]) {
    assertThrows(
      () => startTrace({ limit }),
      TypeError,
      "Cannot start a trace as the limit is not a whole number from 1 on: received",
    );
  }
  assertThrows(() => startTrace("fast" as never), TypeError, "Cannot start a trace");
});

// Measures
// --------

Deno.test("Trace.measure() puts the spans on performance.measure", async () => {
  const made: { name: string; start: number; end: number; detail: unknown }[] = [];
  const marks: unknown[] = [];
  const trace = startTrace();
  const before = performance.now();
  await createTask(async () => {
    const slow = createTask(() => sleep(60_000), { name: "slow" });
    await sleep(1);
    slow.cancel();
    await slow.catch(() => {});
  }, { name: "main" });
  const after = performance.now();
  const { measure, mark } = performance;
  Object.assign(performance, {
    measure: (name: string, options: object) => made.push({ name, ...options } as never),
    mark: (...args: unknown[]) => marks.push(args),
  });
  try {
    trace.measure();
    trace.measure();
  } finally {
    Object.assign(performance, { measure, mark });
  }
  const { traceEvents } = trace.stop();
  assertEquals(made.length, traceEvents.filter(({ ph }) => ph === "X").length);
  assert(made.every(({ start, end }) => before <= start + 1 && start <= end && end <= after + 1));
  const { devtools } = made.find(({ name }) => name === "sleep")!.detail as {
    devtools: Record<string, unknown>;
  };
  assertEquals(devtools.dataType, "track-entry");
  assertEquals(devtools.trackGroup, "asyncio");
  assertMatch(String(devtools.track), /^(main|slow) \(\d+\)$/);
  assertEquals(marks.length, 1);
});

Deno.test("Trace.measure() throws an error if performance has no measure()", () => {
  const trace = startTrace();
  const descriptor = Object.getOwnPropertyDescriptor(globalThis, "performance")!;
  Object.defineProperty(globalThis, "performance", { value: {}, configurable: true });
  try {
    assertThrows(
      () => trace.measure(),
      TypeError,
      "Cannot measure the trace as performance has no",
    );
  } finally {
    Object.defineProperty(globalThis, "performance", descriptor);
  }
  trace.measure();
});

// Clocks
// ------

Deno.test("startTrace() orders events by a clock that counts from 1970", async () => {
  const { now } = performance;
  performance.now = () => Date.now();
  try {
    const rows = await traceOf(async () => {
      await createTask(() => sleep(1), { name: "sleeper" });
    });
    assertEquals(namesIn(rows, "sleeper")[1], "sleep");
  } finally {
    performance.now = now;
  }
});

Deno.test("startTrace() orders events by a clock that stands still or goes back", async () => {
  const times = [100, 100, 50];
  const { now } = performance;
  performance.now = () => times.length > 1 ? times.shift()! : times[0]!;
  let trace;
  const loop = makeManualLoop();
  try {
    trace = startTrace();
    const future = new Future<void>({ loop });
    new Task(function* () {
      yield* future;
    }, { loop, name: "still" });
    loop.drain();
    future.setResult();
    loop.drain();
    trace.stop();
  } finally {
    performance.now = now;
  }
  assertEquals(namesIn(readTrace(trace.stop()), "still"), [
    "running",
    "running",
    "Future",
    "running",
  ]);
});

// Random programs, misuse and cost
// --------------------------------

Deno.test("a trace keeps its rules in random programs", async () => {
  let spans = 0;
  const programs = fc.oneof(
    queueProgram.map((program) => () => runQueueProgram(program)),
    lockProgram.map((program) => () => runLockProgram(program)),
  );
  await fc.assert(
    fc.asyncProperty(programs, fc.nat(400), async (program, limit) => {
      const early = startTrace();
      const bounded = startTrace({ limit: limit + 1 });
      await program();
      for (const row of readTrace(early.stop()).rows.values()) spans += row.length;
      readTrace(bounded.stop());
    }),
    { numRuns: 120, seed: 20_261_201 },
  );
  assert(spans > 2_000, `${spans}`);
});

Deno.test("startTrace() survives tasks that are hostile", async () => {
  let isBroken = false;
  class Hostile extends Task<unknown> {
    override get [Symbol.toStringTag](): string {
      throw new Error("no tag");
    }
    override getCoro(): never {
      throw new Error("no coroutine");
    }
    override getLoop(): EventLoop {
      if (isBroken) throw new Error("no loop");
      return super.getLoop();
    }
  }
  const trace = startTrace();
  const task = new Hostile(async () => {
    await sleep(1);
    isBroken = true;
    throw Object.defineProperty(new Error(), "message", {
      get() {
        throw new Error("no message");
      },
    });
  });
  const waiter = createTask(async () => await task, { name: "waiter" });
  await Promise.allSettled([task, waiter]);
  const rows = readTrace(trace.stop());
  assertEquals(rows.rows.get("waiter")![0]!.args!.outcome, "exception");
});

Deno.test("startTrace() recovers from the end of the stack", async () => {
  const trace = startTrace();
  const loop = makeManualLoop();
  loop.setExceptionHandler(() => {});
  let depth = 0;
  const nest = (): void => {
    if (depth++ > 100_000) return;
    new Task(nest, { loop, eagerStart: true, name: "deep" });
  };
  try {
    nest();
  } catch {
    // The stack has overflowed.
  }
  await createTask(() => sleep(1), { name: "after" });
  const { traceEvents } = trace.stop();
  assert(traceEvents.some(({ name, ph }) => ph === "X" && name === "after"));
});

Deno.test("a trace keeps no task alive that is done", async () => {
  needs("gc", "finalization");
  const trace = startTrace();
  const make = () => {
    const task = createTask(async () => {
      await sleep(1);
      return { big: new Uint8Array(1_000) };
    });
    return { task: new WeakRef(task), end: task.then(() => {}) };
  };
  const { task, end } = make();
  await end;
  await createTask(() => sleep(1));
  await collectGarbage(() => task.deref() === undefined);
  assertStrictEquals(task.deref(), undefined);
  trace.stop();
});

// The bench holds the figure, twice as long. Other tests run meanwhile.
Deno.test("tasks take at most four times as long with a trace", async () => {
  const count = 1_000;
  const runTasks = async (body: () => Generator<unknown, unknown> | Promise<unknown>) => {
    const start = performance.now();
    const tasks = Array.from({ length: count }, () => createTask(body));
    for (const task of tasks) await task;
    return performance.now() - start;
  };
  const bodies = [
    async () => await Promise.resolve(),
    function* () {
      yield;
    },
  ];
  for (const body of bodies) {
    for (let i = 0; i < 3; i++) await runTasks(body);
    const ratio = await leastOf(4, async () => {
      const ratios: number[] = [];
      for (let i = 0; i < 7; i++) {
        const plain = await runTasks(body);
        using _ = startTrace();
        ratios.push(await runTasks(body) / plain);
      }
      return ratios.sort((a, b) => a - b)[3]!;
    });
    assert(ratio <= 4, `${ratio}`);
  }
});

Deno.test("startTrace() lets a task be cancelled by a done callback of another", async () => {
  const rows = await traceOf(async () => {
    const slow = createTask(() => sleep(60_000), { name: "slow" });
    const fast = createTask(() => sleep(1), { name: "fast" });
    fast.addDoneCallback(() => slow.cancel());
    await slow.catch((error) => assert(error instanceof CancelledError));
  });
  assertEquals(rows.cancellations.length, 1);
});
