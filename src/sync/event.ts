/**
 * The class `Event`.
 *
 * @module
 */

import type { Future } from "../../future.ts";
import { inspectAsText } from "../base/inspect.ts";
import { checkOptions } from "../base/options.ts";
import type { AcquireOptions } from "./held.ts";
import { Line } from "./line.ts";

/**
 * A flag that code waits for, any number of times.
 *
 * Its name hides the `Event` of browsers where it is imported: `import { Event as AsyncEvent }`.
 *
 * Source: [`asyncio.Event`](https://docs.python.org/3.14/library/asyncio-sync.html#asyncio.Event).
 *
 * @category Synchronisation
 *
 * @example
 * ```ts
 * import { createTask, Event } from "@asyncio/future";
 * import { assertEquals } from "@std/assert";
 *
 * const ready = new Event();
 * const task = createTask(async () => {
 *   await ready.wait();
 *   return "started";
 * });
 * ready.set();
 * assertEquals(await task, "started");
 * ```
 */
export class Event {
  #isSet = false;
  readonly #line = new Line<true>(this, "Event.wait");

  static {
    inspectAsText(this.prototype);
  }

  /**
   * Waits until the event is set.
   *
   * Source: [`Event.wait`](https://docs.python.org/3.14/library/asyncio-sync.html#asyncio.Event.wait).
   *
   * @param options A signal that cancels the wait.
   * @returns A future of `true`, which is done at once if the event is set.
   * @throws {TypeError} If the signal is not an `AbortSignal`.
   */
  wait(options?: AcquireOptions): Future<true> {
    const { signal } = checkOptions("wait for the event", options);
    return this.#isSet ? Line.done<true>(signal, () => true) : this.#line.wait(signal, undefined);
  }

  /**
   * Sets the event: all who wait go on.
   *
   * Source: [`Event.set`](https://docs.python.org/3.14/library/asyncio-sync.html#asyncio.Event.set).
   */
  set(): void {
    if (this.#isSet) return;
    this.#isSet = true;
    // Whoever waits from now on, in a callback of these, does not wait.
    while (this.#line.size > 0) this.#line.handOver(true);
  }

  /**
   * Clears the event: who waits from now on, waits until it is set again.
   *
   * Source: [`Event.clear`](https://docs.python.org/3.14/library/asyncio-sync.html#asyncio.Event.clear).
   */
  clear(): void {
    this.#isSet = false;
  }

  /**
   * Returns whether the event is set.
   *
   * Source: [`Event.is_set`](https://docs.python.org/3.14/library/asyncio-sync.html#asyncio.Event.is_set).
   */
  isSet(): boolean {
    return this.#isSet;
  }

  /** Returns a representation, such as `<Event unset waiters=2>`. */
  toString(): string {
    return `<Event ${this.#isSet ? "set" : "unset"}${this.#line.show()}>`;
  }
}
