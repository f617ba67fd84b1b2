/**
 * The native counterparts of all scenarios: promises, timers and listeners of the runtime.
 *
 * @module
 */

import { PromiseLock, PromiseQueue } from "./by_hand.ts";
import {
  BATCH,
  CONSUMERS,
  type Contender,
  immediate,
  resolved,
  type ScenarioName,
  sink,
} from "../scenarios.ts";

/** Awaits promises in turn, each of which a microtask resolves. */
async function awaitEach(count: number): Promise<number> {
  let sum = 0;
  let next = 0;
  let resolve!: (value: number) => void;
  const settle = () => resolve(next++);
  for (let i = 0; i < count; i++) {
    const deferred = Promise.withResolvers<number>();
    resolve = deferred.resolve;
    resolved.then(settle);
    sum += await deferred.promise;
  }
  return sum;
}

/** Awaits promises in turn, each of which is resolved two microtasks later. */
async function awaitEachLonger(count: number): Promise<number> {
  let sum = 0;
  let next = 0;
  let resolve!: (value: number) => void;
  const settle = () => resolve(next++);
  const settleLater = () => {
    resolved.then(settle);
  };
  for (let i = 0; i < count; i++) {
    const deferred = Promise.withResolvers<number>();
    resolve = deferred.resolve;
    resolved.then(settleLater);
    sum += await deferred.promise;
  }
  return sum;
}

/** Acquires and releases a lock for which nobody waits. */
async function lockEach(count: number): Promise<number> {
  const lock = new PromiseLock();
  let sum = 0;
  for (let i = 0; i < count; i++) {
    const release = await lock.acquire();
    sum += i;
    release();
  }
  return sum;
}

/** Makes a contender that passes items through a queue with a number of consumers. */
function consume(consumers: number): Contender {
  return immediate(async (count) => {
    const queue = new PromiseQueue<number>(BATCH);
    let sum = 0;
    let wanted = count;
    const getItems = async () => {
      while (wanted-- > 0) {
        const item = await queue.get();
        sum += item;
      }
    };
    const ends = Array.from({ length: consumers }, getItems);
    for (let i = 0; i < count; i++) await queue.put(i);
    for (const end of ends) await end;
    return sum;
  });
}

/** The counterpart of each scenario. */
export const contenders: Record<ScenarioName, Contender> = {
  awaiting: immediate(awaitEach),
  awaitingInTask: immediate(awaitEach),
  awaitingLonger: immediate(awaitEachLonger),
  awaitingLongerInTask: immediate(awaitEachLonger),
  yielding: immediate(awaitEach),

  calling: immediate(async (count) => {
    let sum = 0;
    const handler = (value: number) => {
      sum += value;
    };
    for (let i = 0; i < count;) {
      for (const end = Math.min(i + BATCH, count); i < end; i++) {
        const { promise, resolve } = Promise.withResolvers<number>();
        promise.then(handler);
        resolve(i);
      }
      await resolved;
    }
    return sum;
  }),

  settling: immediate((count) => {
    let sum = 0;
    for (let i = 0; i < count; i++) {
      const { promise, resolve } = Promise.withResolvers<number>();
      resolve(i);
      sink.value = promise;
      sum += i;
    }
    return sum;
  }),

  tasks: immediate(async (count) => {
    const promises: Promise<number>[] = [];
    for (let i = 0; i < count; i++) {
      const run = async () => {
        await resolved;
        return i;
      };
      promises.push(run());
    }
    let sum = 0;
    for (const promise of promises) sum += await promise;
    return sum;
  }),

  sleeping: immediate(async (count) => {
    const promises: Promise<number>[] = [];
    for (let i = 0; i < count; i++) {
      promises.push(new Promise((resolve) => setTimeout(resolve, 1, i)));
    }
    let sum = 0;
    for (const promise of promises) sum += await promise;
    return sum;
  }),

  signalling: immediate((count) => {
    const { signal } = new AbortController();
    const listeners: (() => void)[] = [];
    let sum = 0;
    for (let i = 0; i < count; i++) {
      const listener = () => {
        sum = NaN;
      };
      listeners.push(listener);
      signal.addEventListener("abort", listener);
    }
    for (let i = 0; i < count; i++) {
      signal.removeEventListener("abort", listeners[i]!);
      sum += i;
    }
    return sum;
  }),

  gathering(count) {
    const deferreds = Array.from({ length: count }, () => Promise.withResolvers<number>());
    const promises = deferreds.map(({ promise }) => promise);
    return async () => {
      const all = Promise.all(promises);
      for (let i = 0; i < count; i++) deferreds[i]!.resolve(i);
      let sum = 0;
      for (const value of await all) sum += value;
      return sum;
    };
  },

  locking: immediate(lockEach),
  lockingInGenerator: immediate(lockEach),

  lockingByMany: immediate(async (count) => {
    const lock = new PromiseLock();
    const releaseFirst = await lock.acquire();
    let sum = 0;
    const add = async (i: number) => {
      const release = await lock.acquire();
      sum += i;
      release();
    };
    const ends: Promise<void>[] = [];
    for (let i = 0; i < count; i++) ends.push(add(i));
    releaseFirst();
    for (const end of ends) await end;
    return sum;
  }),

  consuming: consume(1),
  consumingByMany: consume(CONSUMERS),
  consumingInGenerator: consume(1),
  consumingByManyInGenerators: consume(CONSUMERS),
};
