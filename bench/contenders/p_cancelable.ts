/**
 * The contenders of p-cancelable, with `PCancelable.fn` for tasks.
 *
 * @module
 */

import PCancelable from "p-cancelable";
import { BATCH, type Contenders, immediate, resolved, sink } from "../scenarios.ts";

/** Awaits promises in turn, each of which a microtask resolves. */
async function awaitEach(count: number): Promise<number> {
  let sum = 0;
  let next = 0;
  let resolve!: (value: number) => void;
  const settle = () => resolve(next++);
  const keep = (fn: (value: number) => void) => {
    resolve = fn;
  };
  for (let i = 0; i < count; i++) {
    const promise = new PCancelable<number>(keep);
    resolved.then(settle);
    sum += await promise;
  }
  return sum;
}

/** The scenarios that have a counterpart in p-cancelable. */
export const contenders: Contenders = {
  awaiting: immediate(awaitEach),

  awaitingInTask: immediate(async (count) => await PCancelable.fn(awaitEach)(count)),

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
      for (const end = Math.min(i + BATCH, count); i < end; i++) {
        new PCancelable<number>(keep).then(handler);
        resolve(i);
      }
      await resolved;
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
      const promise = new PCancelable<number>(keep);
      resolve(i);
      sink.value = promise;
      sum += i;
    }
    return sum;
  }),

  tasks: immediate(async (count) => {
    const run = PCancelable.fn(async (i: number) => {
      await resolved;
      return i;
    });
    const promises: PCancelable<number>[] = [];
    for (let i = 0; i < count; i++) promises.push(run(i));
    let sum = 0;
    for (const promise of promises) sum += await promise;
    return sum;
  }),

  sleeping: immediate(async (count) => {
    const promises: PCancelable<number>[] = [];
    for (let i = 0; i < count; i++) {
      promises.push(
        new PCancelable((resolve, _reject, onCancel) => {
          const timer = setTimeout(resolve, 1, i);
          onCancel(() => clearTimeout(timer));
        }),
      );
    }
    let sum = 0;
    for (const promise of promises) sum += await promise;
    return sum;
  }),

  gathering(count) {
    const resolves: ((value: number) => void)[] = [];
    const promises = Array.from(
      { length: count },
      () => new PCancelable<number>((resolve) => resolves.push(resolve)),
    );
    return async () => {
      const all = Promise.all(promises);
      for (let i = 0; i < count; i++) resolves[i]!(i);
      let sum = 0;
      for (const value of await all) sum += value;
      return sum;
    };
  },
};
