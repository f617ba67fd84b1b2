/**
 * The contenders of c-promise2, with `CPromise.promisify` of a generator for tasks.
 *
 * @module
 */

import { CPromise as Untyped } from "c-promise2";
import { BATCH, type Contenders, immediate, resolved, sink } from "../scenarios.ts";

type Executor<T> = (resolve: (value: T) => void) => void;

/** The functions that are used here, as the package has no types. */
const CPromise = Untyped as {
  new <T>(executor: Executor<T>, options?: { signal: AbortSignal }): Promise<T>;
  promisify<A extends unknown[], T>(
    generatorFunction: (...args: A) => Generator<PromiseLike<unknown>, T, never>,
  ): (...args: A) => Promise<T>;
  delay<T>(ms: number, value: T): Promise<T>;
  all<T>(promises: Promise<T>[]): Promise<T[]>;
};

/** The scenarios that have a counterpart in c-promise2. */
export const contenders: Contenders = {
  awaiting: immediate(async (count) => {
    let sum = 0;
    let next = 0;
    let resolve!: (value: number) => void;
    const settle = () => resolve(next++);
    const keep: Executor<number> = (fn) => {
      resolve = fn;
    };
    for (let i = 0; i < count; i++) {
      const promise = new CPromise<number>(keep);
      resolved.then(settle);
      sum += await promise;
    }
    return sum;
  }),

  yielding: immediate((count) => {
    let next = 0;
    let resolve!: (value: number) => void;
    const settle = () => resolve(next++);
    const keep: Executor<number> = (fn) => {
      resolve = fn;
    };
    return CPromise.promisify(function* (): Generator<Promise<number>, number, number> {
      let sum = 0;
      for (let i = 0; i < count; i++) {
        const promise = new CPromise<number>(keep);
        resolved.then(settle);
        sum += yield promise;
      }
      return sum;
    })();
  }),

  calling: immediate(async (count) => {
    let sum = 0;
    let resolve!: (value: number) => void;
    const keep: Executor<number> = (fn) => {
      resolve = fn;
    };
    const handler = (value: number) => {
      sum += value;
    };
    for (let i = 0; i < count;) {
      let last;
      for (const end = Math.min(i + BATCH, count); i < end; i++) {
        last = new CPromise<number>(keep).then(handler);
        resolve(i);
      }
      await last;
    }
    return sum;
  }),

  settling: immediate((count) => {
    let sum = 0;
    let resolve!: (value: number) => void;
    const keep: Executor<number> = (fn) => {
      resolve = fn;
    };
    for (let i = 0; i < count; i++) {
      const promise = new CPromise<number>(keep);
      resolve(i);
      sink.value = promise;
      sum += i;
    }
    return sum;
  }),

  tasks: immediate(async (count) => {
    const run = CPromise.promisify(function* (i: number): Generator<Promise<void>, number, void> {
      yield resolved;
      return i;
    });
    const promises: Promise<number>[] = [];
    for (let i = 0; i < count; i++) promises.push(run(i));
    let sum = 0;
    for (const promise of promises) sum += await promise;
    return sum;
  }),

  sleeping: immediate(async (count) => {
    const promises: Promise<number>[] = [];
    for (let i = 0; i < count; i++) promises.push(CPromise.delay(1, i));
    let sum = 0;
    for (const promise of promises) sum += await promise;
    return sum;
  }),

  signalling: immediate(async (count) => {
    const { signal } = new AbortController();
    const resolves: ((value: number) => void)[] = [];
    const promises: Promise<number>[] = [];
    for (let i = 0; i < count; i++) {
      promises.push(new CPromise<number>((resolve) => resolves.push(resolve), { signal }));
    }
    for (let i = 0; i < count; i++) resolves[i]!(i);
    let sum = 0;
    for (const promise of promises) sum += await promise;
    return sum;
  }),

  gathering(count) {
    const resolves: ((value: number) => void)[] = [];
    const promises = Array.from(
      { length: count },
      () => new CPromise<number>((resolve) => resolves.push(resolve)),
    );
    return async () => {
      const all = CPromise.all(promises);
      for (let i = 0; i < count; i++) resolves[i]!(i);
      let sum = 0;
      for (const value of await all) sum += value;
      return sum;
    };
  },
};
