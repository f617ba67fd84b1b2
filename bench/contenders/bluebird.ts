/**
 * The contenders of bluebird, with cancellation switched on, and with `Promise.coroutine` for
 * tasks, as its documentation recommends.
 *
 * @module
 */

// @ts-types="npm:@types/bluebird@3.5.42"
import Bluebird from "bluebird";
import { BATCH, type Contenders, immediate, resolved, sink } from "../scenarios.ts";

Bluebird.config({ cancellation: true });

/** The scenarios that have a counterpart in bluebird. */
export const contenders: Contenders = {
  awaiting: immediate(async (count) => {
    let sum = 0;
    let next = 0;
    let resolve!: (value: number) => void;
    const settle = () => resolve(next++);
    const keep = (fn: (value: number) => void) => {
      resolve = fn;
    };
    for (let i = 0; i < count; i++) {
      const promise = new Bluebird<number>(keep);
      resolved.then(settle);
      sum += await promise;
    }
    return sum;
  }),

  yielding: immediate((count) => {
    let next = 0;
    let resolve!: (value: number) => void;
    const settle = () => resolve(next++);
    const keep = (fn: (value: number) => void) => {
      resolve = fn;
    };
    return asNative(
      Bluebird.coroutine<number>(function* (): Generator<Bluebird<number>, number, number> {
        let sum = 0;
        for (let i = 0; i < count; i++) {
          const promise = new Bluebird<number>(keep);
          resolved.then(settle);
          sum += yield promise;
        }
        return sum;
      })(),
    );
  }),

  calling: immediate(async (count) => {
    let sum = 0;
    let resolve!: (value: number) => void;
    const keep = (fn: (value: number) => void) => {
      resolve = fn;
    };
    const handler = (value: number) => {
      sum += value;
    };
    for (let i = 0; i < count;) {
      let last;
      for (const end = Math.min(i + BATCH, count); i < end; i++) {
        last = new Bluebird<number>(keep).then(handler);
        resolve(i);
      }
      // Handlers of bluebird run in a later turn of the host, so a microtask would be too early.
      await last;
    }
    return sum;
  }),

  settling: immediate((count) => {
    let sum = 0;
    let resolve!: (value: number) => void;
    const keep = (fn: (value: number) => void) => {
      resolve = fn;
    };
    for (let i = 0; i < count; i++) {
      const promise = new Bluebird<number>(keep);
      resolve(i);
      sink.value = promise;
      sum += promise.value();
    }
    return sum;
  }),

  tasks: immediate(async (count) => {
    const run = Bluebird.coroutine<number, number>(
      function* (i: number): Generator<Promise<void>, number, void> {
        yield resolved;
        return i;
      },
    );
    const promises: Bluebird<number>[] = [];
    for (let i = 0; i < count; i++) promises.push(run(i));
    let sum = 0;
    for (const promise of promises) sum += await promise;
    return sum;
  }),

  sleeping: immediate(async (count) => {
    const promises: Bluebird<number>[] = [];
    for (let i = 0; i < count; i++) promises.push(Bluebird.delay(1, i));
    let sum = 0;
    for (const promise of promises) sum += await promise;
    return sum;
  }),

  gathering(count) {
    const resolves: ((value: number) => void)[] = [];
    const promises = Array.from(
      { length: count },
      () => new Bluebird<number>((resolve) => resolves.push(resolve)),
    );
    return async () => {
      const all = Bluebird.all(promises);
      for (let i = 0; i < count; i++) resolves[i]!(i);
      let sum = 0;
      for (const value of await all) sum += value;
      return sum;
    };
  },
};

function asNative<T>(promise: PromiseLike<T>): Promise<T> {
  return Promise.resolve(promise);
}
