import { assert, assertEquals, assertLess } from "@std/assert";
import { FakeTime } from "@std/testing/time";
import {
  allTasks,
  gather,
  getRunningLoop,
  run,
  sleep,
  type TaskGroup,
  taskGroup,
  timeout,
  TimeoutError,
} from "../../mod.ts";
import { needs } from "../helpers/capabilities.ts";
import { countHostTimers } from "../helpers/counting.ts";
import { hostTurn } from "../helpers/turns.ts";
import { Chaos } from "./stress_chaos.ts";
import { makeReason, makeTask, SCOPE } from "./stress_requests.ts";

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
  Deno.test(`100,000 tasks that fail and are cancelled answer each request once, and leave nothing behind (seed ${seed})`, async () => {
    // Its code waits in functions that it calls.
    needs("contextOfPromises");
    // By a clock of its own, so that the same seed gives nearly the same run. Only how often the
    // loop yields to the host depends on the real time.
    using time = new FakeTime();
    using host = countHostTimers();
    using listeners = countListeners();
    const random = makeRandom(seed);
    const ends = { results: 0, failed: 0, cancelled: 0 };
    const reports: unknown[] = [];
    const controllers = Array.from({ length: 20 }, () => new AbortController());
    let chaos!: Chaos;
    let left = 0;

    async function nest(group: TaskGroup, depth: number): Promise<void> {
      const { signal } = chaos.pick(controllers);
      const size = 4 + Math.floor(random() * 12);
      for (let i = 0; i < size && left > 0; i++) {
        left--;
        const kind = random();
        const options = random() < 0.2 ? { signal } : {};
        const make = group.createTask.bind(group);
        if (kind < 0.45) {
          chaos.start(chaos.leaf(random() < 0.02), make, options);
        } else if (kind < 0.6) {
          chaos.start(chaos.complex(), make, options);
        } else if (depth < 6) {
          const limit = random() < 0.3 ? random() * 10 : 60_000;
          chaos.start(async function nests(my) {
            const body = () => taskGroup((inner) => nest(inner, depth + 1), options);
            await my.awaits(timeout(limit, body), SCOPE);
          }, make);
        } else {
          chaos.start(chaos.leaf(false), make, options).task.cancel(makeReason());
        }
      }
      await sleep(random() * 2);
      // Nothing in the group ends by itself in time.
      if (random() < 0.8) group.cancel();
    }

    const main = run(async () => {
      const loop = getRunningLoop();
      loop.setExceptionHandler((_loop, context) => {
        // A `for await` that is thrown a request in place of the end of its time hides that.
        if (!(context.exception instanceof TimeoutError)) reports.push(context);
      });
      loop.setTaskFactory(makeTask);
      chaos = new Chaos(random, loop);
      const { counts, loose } = chaos;
      while (counts.tasks < 100_000) {
        left = TREE;
        const trees = Array.from({ length: 4 }, () => {
          const tree = taskGroup((group) => nest(group, 0), {
            signal: controllers[0]!.signal,
          });
          loop.callLater(10 + random() * 10, () => tree.cancel(makeReason()));
          return tree;
        });
        for (const outcome of await Promise.allSettled(trees)) {
          if (outcome.status === "fulfilled") ends.results++;
          else if (outcome.reason instanceof AggregateError) ends.failed++;
          else ends.cancelled++;
        }
        // Tasks that are left may start others before they end.
        while (loose.size > 0) {
          for (const task of loose) task.cancel(makeReason());
          await gather(...loose, { returnExceptions: true });
        }
        // Signals that outlive many groups, and some that abort meanwhile.
        controllers.at(-1)!.abort(makeReason());
        controllers.splice(-1, 1, new AbortController());
        chaos.checkShared();
        assertEquals(chaos.faults, []);
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
    assertEquals(reports, []);
    assertEquals(host.armed.size, 0);
    for (const count of Object.values(ends)) assertLess(0, count, JSON.stringify(ends));
    assertLess(0, chaos.used.size);
    assert(chaos.counts.tasks >= 100_000);
  });
}
