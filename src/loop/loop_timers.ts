/**
 * The base class of the standard loop, which holds its timers.
 *
 * @module
 */

import { type Timer, TimerQueue } from "./timers.ts";

/**
 * The timers of a standard loop, for its handles and for `sleep()`.
 *
 * The loop itself is the subclass `HostEventLoop`, whose file imports the handles.
 */
export class LoopTimers {
  #timers = new TimerQueue();

  /** Returns the queue of the timers on the functions that the host has now. */
  static of(loop: LoopTimers): TimerQueue {
    return loop.#timers = loop.#timers.current();
  }

  /** Removes a timer from whichever queue of the loop holds it. */
  static delete(loop: LoopTimers, timer: Timer): void {
    loop.#timers.delete(timer);
  }

  /** Removes all timers of the loop. */
  static clear(loop: LoopTimers): void {
    loop.#timers.clear();
  }
}
