/**
 * The contenders of a version of this module, for all scenarios.
 *
 * @module
 */

import type { Future, Task } from "@asyncio/future";
import {
  BATCH,
  CONSUMERS,
  type Contender,
  immediate,
  resolved,
  type ScenarioName,
  sink,
} from "../scenarios.ts";

/** Makes the contender of each scenario. */
export function contendersOf(
  module: typeof import("@asyncio/future"),
): Record<ScenarioName, Contender> {
  const { createTask, Future, gather, Lock, Queue, sleep } = module;

  /** Awaits futures in turn, each of which a microtask settles. */
  async function awaitEach(count: number): Promise<number> {
    let sum = 0;
    let next = 0;
    let future: Future<number>;
    const settle = () => future.setResult(next++);
    for (let i = 0; i < count; i++) {
      future = new Future<number>();
      resolved.then(settle);
      sum += await future;
    }
    return sum;
  }

  /**
   * Awaits futures in turn, each of which is settled two microtasks later. By then, the thenable job
   * of the `await` has called `then`.
   */
  async function awaitEachLonger(count: number): Promise<number> {
    let sum = 0;
    let next = 0;
    let future: Future<number>;
    const settle = () => future.setResult(next++);
    const settleLater = () => {
      resolved.then(settle);
    };
    for (let i = 0; i < count; i++) {
      future = new Future<number>();
      resolved.then(settleLater);
      sum += await future;
    }
    return sum;
  }

  /** Waits for futures in turn by `yield*`, each of which a microtask settles. */
  function* yieldEach(count: number) {
    let sum = 0;
    let next = 0;
    let future: Future<number>;
    const settle = () => future.setResult(next++);
    for (let i = 0; i < count; i++) {
      future = new Future<number>();
      resolved.then(settle);
      sum += yield* future;
    }
    return sum;
  }

  /** Acquires and releases a lock for which nobody waits. */
  async function lockEach(count: number): Promise<number> {
    const lock = new Lock();
    let sum = 0;
    for (let i = 0; i < count; i++) {
      await lock.acquire();
      sum += i;
      lock.release();
    }
    return sum;
  }

  /** Does the same by `yield*`. */
  function* lockEachByYield(count: number) {
    const lock = new Lock();
    let sum = 0;
    for (let i = 0; i < count; i++) {
      yield* lock.acquire();
      sum += i;
      lock.release();
    }
    return sum;
  }

  /** Makes a contender that passes items through a queue with a number of consumers. */
  function consume(consumers: number): Contender {
    return immediate(async (count) => {
      const queue = new Queue<number>({ maxsize: BATCH });
      let sum = 0;
      let wanted = count;
      const getItems = async () => {
        while (wanted-- > 0) {
          const item = await queue.get();
          sum += item;
        }
      };
      const tasks = Array.from({ length: consumers }, () => createTask(getItems));
      for (let i = 0; i < count; i++) await queue.put(i);
      for (const task of tasks) await task;
      return sum;
    });
  }

  /** Makes a contender that passes items through a queue between tasks that are generators. */
  function consumeInGenerators(consumers: number): Contender {
    return immediate(async (count) => {
      const queue = new Queue<number>({ maxsize: BATCH });
      let sum = 0;
      let wanted = count;
      function* getItems() {
        while (wanted-- > 0) {
          const item = yield* queue.get();
          sum += item;
        }
      }
      function* putItems() {
        for (let i = 0; i < count; i++) yield* queue.put(i);
      }
      const tasks = Array.from({ length: consumers }, () => createTask(getItems));
      await createTask(putItems);
      for (const task of tasks) await task;
      return sum;
    });
  }

  return {
    awaiting: immediate(awaitEach),

    awaitingInTask: immediate(async (count) => await createTask(() => awaitEach(count))),

    awaitingLonger: immediate(awaitEachLonger),

    awaitingLongerInTask: immediate(async (count) =>
      await createTask(() => awaitEachLonger(count))
    ),

    yielding: immediate(async (count) => await createTask(yieldEach(count))),

    calling: immediate(async (count) => {
      let sum = 0;
      const callback = (future: Future<number>) => {
        sum += future.result();
      };
      for (let i = 0; i < count;) {
        for (const end = Math.min(i + BATCH, count); i < end; i++) {
          const future = new Future<number>();
          future.addDoneCallback(callback);
          future.setResult(i);
        }
        await resolved;
      }
      return sum;
    }),

    settling: immediate((count) => {
      let sum = 0;
      for (let i = 0; i < count; i++) {
        const future = new Future<number>();
        future.setResult(i);
        sink.value = future;
        sum += future.result();
      }
      return sum;
    }),

    tasks: immediate(async (count) => {
      const tasks: Task<number>[] = [];
      for (let i = 0; i < count; i++) {
        const run = async () => {
          await resolved;
          return i;
        };
        tasks.push(createTask(run));
      }
      let sum = 0;
      for (const task of tasks) sum += await task;
      return sum;
    }),

    sleeping: immediate(async (count) => {
      const sleeps: Future<number>[] = [];
      for (let i = 0; i < count; i++) sleeps.push(sleep(1, { result: i }));
      let sum = 0;
      for (const future of sleeps) sum += await future;
      return sum;
    }),

    signalling: immediate((count) => {
      const { signal } = new AbortController();
      const futures: Future<number>[] = [];
      for (let i = 0; i < count; i++) futures.push(new Future<number>({ signal }));
      let sum = 0;
      for (let i = 0; i < count; i++) {
        const future = futures[i]!;
        future.setResult(i);
        sum += future.result();
      }
      return sum;
    }),

    gathering(count) {
      const futures = Array.from({ length: count }, () => new Future<number>());
      return async () => {
        const all = gather(...futures);
        for (let i = 0; i < count; i++) futures[i]!.setResult(i);
        let sum = 0;
        for (const value of await all) sum += value;
        return sum;
      };
    },

    locking: immediate(lockEach),

    lockingInGenerator: immediate(async (count) => await createTask(lockEachByYield(count))),

    lockingByMany: immediate(async (count) => {
      const lock = new Lock();
      await lock.acquire();
      let sum = 0;
      const add = async (i: number) => {
        await lock.acquire();
        sum += i;
        lock.release();
      };
      const ends: Promise<void>[] = [];
      for (let i = 0; i < count; i++) ends.push(add(i));
      lock.release();
      for (const end of ends) await end;
      return sum;
    }),

    consuming: consume(1),
    consumingByMany: consume(CONSUMERS),
    consumingInGenerator: consumeInGenerators(1),
    consumingByManyInGenerators: consumeInGenerators(CONSUMERS),
  };
}
