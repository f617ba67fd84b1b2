/** Functions for a pool of workers. */

import { callSignal, expose } from "@asyncio/future/concurrent";

/** A Fibonacci number, slowly. */
export function fibonacci(n: number): number {
  return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2);
}

/** Counts until the call is cancelled, or to `limit`. */
export function count(limit: number): number {
  const signal = callSignal();
  let n = 0;
  while (n < limit && !signal.aborted) n++;
  return n;
}

expose({ fibonacci, count });
