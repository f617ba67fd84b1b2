/**
 * The part of the standard loop that its handles and `sleep()` see: its timers.
 *
 * @module
 */

import { type Timer, TimerQueue } from "./timers.ts";

/**
 * The timers of a standard loop, as its handles and `sleep()` see them. The loop itself is
 * another class (`HostEventLoop`), which imports these.
 */
export class StandardLoop {
  #timers = new TimerQueue();

  /** The timers that are on the functions that the host has now. */
  static timersOf(loop: StandardLoop): TimerQueue {
    return loop.#timers = loop.#timers.current();
  }

  /** Takes a timer out, whatever functions of the host it is on. */
  static deleteTimer(loop: StandardLoop, timer: Timer): void {
    loop.#timers.delete(timer);
  }

  /** Forgets all timers. */
  static clearTimers(loop: StandardLoop): void {
    loop.#timers.clear();
  }
}
