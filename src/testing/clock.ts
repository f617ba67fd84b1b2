/**
 * Virtual time: timers that no timer of the host stands behind, and a clock that stands still until
 * it is set to the time of the next timer.
 *
 * @module
 */

import type { Timers } from "../loop/loop_timers.ts";
import { addToHeap, removeFromHeap } from "../loop/timer_heap.ts";
import type { Timer } from "../loop/timers.ts";

/** The timers of a loop in virtual time. */
export class VirtualClock implements Timers {
  #time: number;
  readonly #heap: Timer[] = [];
  #added = 0;

  /** @param start The time to begin with, in milliseconds. */
  constructor(start: number) {
    this.#time = start;
  }

  current(): this {
    return this;
  }

  time(): number {
    return this.#time;
  }

  add(timer: Timer): this {
    timer.order = this.#added++;
    addToHeap(this.#heap, timer);
    return this;
  }

  delete(timer: Timer): void {
    if (this.#heap[timer.index] === timer) removeFromHeap(this.#heap, timer.index);
  }

  clear(): void {
    this.#heap.length = 0;
  }

  /** How many timers there are. */
  get size(): number {
    return this.#heap.length;
  }

  /** The time at which the next timer is due; `undefined` if no timer will ever be. */
  get next(): number | undefined {
    const due = this.#heap[0]?.due;
    return due === undefined || due === Infinity ? undefined : Math.max(due, this.#time);
  }

  /** Sets the clock to the time of the next timer, and removes all timers that are due then. */
  jump(): Timer[] {
    this.#time = this.next!;
    const due: Timer[] = [];
    for (let first; (first = this.#heap[0]) && first.due <= this.#time;) {
      removeFromHeap(this.#heap, 0);
      due.push(first);
    }
    return due;
  }
}
