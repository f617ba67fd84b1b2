/**
 * Runs a program on a loop that the test drives by hand.
 *
 * @module
 */

import type { ManualLoop } from "./manual_loop.ts";
import { microtasks } from "./turns.ts";

/** Drives a loop, a millisecond at a time, until a promise is settled, and returns its result. */
export async function drive<T>(loop: ManualLoop, promise: Promise<T>): Promise<T> {
  let settled = false;
  const onSettled = () => void (settled = true);
  promise.then(onSettled, onSettled);
  while (!settled) {
    loop.advance(1);
    loop.drain();
    await microtasks();
  }
  return await promise;
}
