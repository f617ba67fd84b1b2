import { assert, assertEquals, assertLess } from "@std/assert";
import { FakeTime } from "@std/testing/time";
import {
  allTasks,
  getRunningLoop,
  run,
  sleep,
  type TaskGroup,
  taskGroup,
  timeout,
} from "../../mod.ts";
import { countHostTimers } from "../helpers/counting.ts";
import { hostTurn } from "../helpers/turns.ts";

/** A generator of numbers from 0 to 1, the same ones for the same seed (mulberry32). */
function makeRandom(seed: number): () => number {
  return () => {
    seed = (seed + 0x6D2B79F5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Counts the abort listeners there are. */
function countListeners(): { count: number } & Disposable {
  const { addEventListener, removeEventListener } = AbortSignal.prototype;
  const listeners = {
    count: 0,
    [Symbol.dispose]: () =>
      void Object.assign(AbortSignal.prototype, { addEventListener, removeEventListener }),
  };
  AbortSignal.prototype.addEventListener = function (...args: unknown[]) {
    listeners.count++;
    Reflect.apply(addEventListener, this, args);
  };
  AbortSignal.prototype.removeEventListener = function (...args: unknown[]) {
    listeners.count--;
    Reflect.apply(removeEventListener, this, args);
  };
  return listeners;
}

/** The tasks that one tree of nested groups starts, at most. */
const TREE = 1_000;

for (const seed of [1, 2]) {
  Deno.test(`taskGroup() nested, with 100,000 tasks that fail and are cancelled, leaves nothing behind (seed ${seed})`, async () => {
    // By a clock of its own, so that the same seed gives the same run.
    using time = new FakeTime();
    using host = countHostTimers();
    using listeners = countListeners();
    const random = makeRandom(seed);
    const counts = { tasks: 0, ended: 0, results: 0, failed: 0, cancelled: 0 };
    const reports: unknown[] = [];
    const controllers = Array.from({ length: 20 }, () => new AbortController());
    let left = 0;

    /** Counts a task that starts, and notes that it ended, however it did. */
    function* leaf(isDoomed: boolean): Generator<unknown, void> {
      counts.tasks++;
      try {
        const steps = Math.floor(random() * 4);
        for (let i = 0; i < steps; i++) yield* sleep(random() < 0.5 ? 0 : random() * 3);
        if (isDoomed) throw new RangeError("doomed");
        if (random() < 0.3) yield* sleep(60_000);
      } finally {
        // Some clean up, some are asked to end while they do.
        try {
          if (random() < 0.1) yield* sleep(0);
        } finally {
          counts.ended++;
        }
      }
    }
    async function asyncLeaf(isDoomed: boolean): Promise<void> {
      counts.tasks++;
      try {
        await sleep(random() * 3);
        if (isDoomed) throw new RangeError("doomed");
        if (random() < 0.3) await sleep(60_000);
      } finally {
        try {
          if (random() < 0.1) await sleep(0);
        } finally {
          counts.ended++;
        }
      }
    }
    async function nest(group: TaskGroup, depth: number): Promise<void> {
      const { signal } = controllers[Math.floor(random() * controllers.length)]!;
      const size = 4 + Math.floor(random() * 12);
      for (let i = 0; i < size && left > 0; i++) {
        left--;
        const kind = random();
        const isDoomed = random() < 0.02;
        const options = random() < 0.2 ? { signal } : {};
        if (kind < 0.3) {
          group.createTask(() => leaf(isDoomed), options);
        } else if (kind < 0.6) {
          group.createTask(() => asyncLeaf(isDoomed), options);
        } else if (depth < 6) {
          group.createTask(async () => {
            counts.tasks++;
            try {
              await timeout(
                random() < 0.3 ? random() * 10 : 60_000,
                () => taskGroup((inner) => nest(inner, depth + 1), options),
              );
            } finally {
              counts.ended++;
            }
          });
        } else {
          const task = group.createTask(() => leaf(false), options);
          task.cancel();
        }
      }
      await sleep(random() * 2);
      // Nothing in the group ends by itself in time.
      if (random() < 0.8) group.cancel();
    }

    const main = run(async () => {
      const loop = getRunningLoop();
      loop.setExceptionHandler((_loop, context) => reports.push(context));
      while (counts.tasks < 100_000) {
        left = TREE;
        const trees = Array.from({ length: 4 }, () => {
          const tree = taskGroup((group) => nest(group, 0), {
            signal: controllers[0]!.signal,
          });
          loop.callLater(10 + random() * 10, () => tree.cancel());
          return tree;
        });
        for (const outcome of await Promise.allSettled(trees)) {
          if (outcome.status === "fulfilled") counts.results++;
          else if (outcome.reason instanceof AggregateError) counts.failed++;
          else counts.cancelled++;
        }
        // Signals that outlive many groups, and some that abort meanwhile.
        controllers.at(-1)!.abort();
        controllers.splice(-1, 1, new AbortController());
        assertEquals(counts.ended, counts.tasks, "a task was left running");
        assertEquals(allTasks(loop).size, 1, "only main is alive");
        assertEquals(listeners.count, 0, "a listener was left behind");
      }
      // The timers that are left are those of this test, which are due in 20 ms.
      await sleep(25);
      assertEquals(host.armed.size, 0, "a timer was left armed");
    });
    let isDone = false;
    const ended = main.finally(() => isDone = true);
    ended.catch(() => {});
    while (!isDone) {
      time.tick(1);
      await hostTurn();
    }
    await ended;
    assertEquals(reports.length, 0);
    assertEquals(host.armed.size, 0);
    for (const count of Object.values(counts)) assertLess(0, count, JSON.stringify(counts));
    assert(counts.tasks >= 100_000);
  });
}
