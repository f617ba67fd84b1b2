/**
 * The contenders of async-mutex: a `Mutex` for a lock.
 *
 * @module
 */

import { Mutex } from "async-mutex";
import { type Contenders, immediate } from "../scenarios.ts";

/** The scenarios that have a counterpart in async-mutex. */
export const contenders: Contenders = {
  locking: immediate(async (count) => {
    const mutex = new Mutex();
    let sum = 0;
    for (let i = 0; i < count; i++) {
      const release = await mutex.acquire();
      sum += i;
      release();
    }
    return sum;
  }),

  lockingByMany: immediate(async (count) => {
    const mutex = new Mutex();
    const releaseFirst = await mutex.acquire();
    let sum = 0;
    const add = async (i: number) => {
      const release = await mutex.acquire();
      sum += i;
      release();
    };
    const ends: Promise<void>[] = [];
    for (let i = 0; i < count; i++) ends.push(add(i));
    releaseFirst();
    for (const end of ends) await end;
    return sum;
  }),
};
