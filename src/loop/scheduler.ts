/**
 * The scheduler of a loop, which decides when ready callbacks run. Only the loops of tests have one.
 *
 * `turns.ts` tells whether there is any such loop, so that programs without one are not slower.
 *
 * @module
 */

import type { Future } from "../../future.ts";

/** Something that is ready to run on a loop: a callback, the start of a task, a wake-up. */
export interface Ready {
  /** Enqueues the one microtask in which this runs. Called once. */
  readonly enqueue: () => void;
  /** The task, the handle or the waiter that this belongs to. */
  readonly source: object | undefined;
  /** The future that is done, if this wakes what waits for it. */
  readonly future?: Future<unknown> | undefined;
  /** Items of one lane run in the order in which they became ready. */
  readonly lane?: object | undefined;
}

/** Decides when the ready callbacks of a loop run. */
export interface Scheduler {
  /**
   * Whether the scheduler takes over the next item. Otherwise the caller enqueues the item at once,
   * even if the host is starved.
   */
  takesOver(): boolean;
  /** Takes an item over, which the caller then does not enqueue. */
  add(ready: Ready): void;
  /**
   * Told when code is about to take something that can be held.
   *
   * @param owner The lock or the semaphore.
   * @param countFree Returns how many more can hold it.
   */
  noteUse?(owner: object, countFree: () => number): void;
}

/** The lanes of futures that are about to be done. Only filled while there are schedulers. */
const lanes = new WeakMap<Future<unknown>, object>();

/** Puts the wake-ups by a future into a lane, such as that of all who wait at one lock. */
export function setLane(future: Future<unknown>, lane: object): void {
  lanes.set(future, lane);
}

/** The lane that a future was put into, if any. */
export function laneOf(future: Future<unknown>): object | undefined {
  return lanes.get(future);
}
