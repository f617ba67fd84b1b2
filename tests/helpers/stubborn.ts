/**
 * Tasks whose `cancel()` throws.
 *
 * @module
 */

import { Task, type TaskFactory } from "../../mod.ts";

/** A task whose `cancel()` throws. */
export class StubbornTask<T> extends Task<T> {
  override cancel(): boolean {
    throw new RangeError("no way");
  }
}

/** Makes a task whose `cancel()` throws, for a loop. */
export const makeStubbornTask: TaskFactory = (loop, coro, options) =>
  new StubbornTask(coro, { ...options, loop });
