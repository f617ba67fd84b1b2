/**
 * The base class of the standard loop, which holds its timers.
 *
 * @module
 */

import type { Scheduler } from "./scheduler.ts";
import { type Timer, TimerQueue } from "./timers.ts";

/** The timers of a loop, and the clock that they go by. */
export interface Timers {
  /** Returns the timers to use from now on. */
  current(): Timers;
  /** Returns the time in milliseconds. */
  time(): number;
  /** Adds a timer, and returns the timers from which it can be deleted. */
  add(timer: Timer, now?: number, persistent?: boolean): Timers;
  /** Deletes a timer, unless it has fired. */
  delete(timer: Timer): void;
  /** Deletes all timers. */
  clear(): void;
}

/**
 * The timers of a standard loop, for its handles and for `sleep()`.
 *
 * The loop itself is the subclass `HostEventLoop`, whose file imports the handles.
 */
export class LoopTimers {
  #timers: Timers;
  readonly #scheduler: Scheduler | undefined;

  /**
   * @param timers The timers. Default: those of the host.
   * @param scheduler Decides when ready callbacks run. Default: the microtask queue does.
   */
  constructor(timers: Timers = new TimerQueue(), scheduler?: Scheduler) {
    this.#timers = timers;
    this.#scheduler = scheduler;
  }

  /** Returns the scheduler of a loop, if the loop has one. */
  static schedulerOf(loop: LoopTimers): Scheduler | undefined {
    return loop.#scheduler;
  }

  /** Returns the queue of the timers on the functions that the host has now. */
  static of(loop: LoopTimers): Timers {
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
