/**
 * The class `LifoQueue`.
 *
 * @module
 */

import { Queue, type QueueOptions, setStore } from "./queue.ts";
import { ListStore } from "./store.ts";

/**
 * A queue from which the item that was put last is the first one to get.
 *
 * Source: [`asyncio.LifoQueue`](https://docs.python.org/3.14/library/asyncio-queue.html#asyncio.LifoQueue).
 *
 * @typeParam T The type of the items.
 *
 * @category Queues
 *
 * @example
 * ```ts
 * import { LifoQueue } from "@asyncio/future";
 * import { assertEquals } from "@std/assert";
 *
 * const queue = new LifoQueue<string>();
 * queue.putNowait("first");
 * queue.putNowait("last");
 * assertEquals(await queue.get(), "last");
 * ```
 */
export class LifoQueue<T> extends Queue<T> {
  /**
   * Makes an empty queue. Source:
   * [`asyncio.LifoQueue`](https://docs.python.org/3.14/library/asyncio-queue.html#asyncio.LifoQueue).
   *
   * @param options How many items there may be.
   * @throws {TypeError} If the number is not a number, or is `NaN`.
   */
  constructor(options?: QueueOptions) {
    super(options);
    setStore(this, new ListStore<T>(true));
  }

  /** `"LifoQueue"`, for the representation. */
  override get [Symbol.toStringTag](): string {
    return "LifoQueue";
  }
}
