/**
 * The errors of barriers and queues.
 *
 * @module
 */

import { brand } from "../../errors.ts";

/**
 * The barrier is broken, or was reset while code waited at it.
 *
 * Source: [`asyncio.BrokenBarrierError`](https://docs.python.org/3.14/library/asyncio-sync.html#asyncio.BrokenBarrierError).
 *
 * @category Errors
 *
 * @example
 * ```ts
 * import { Barrier, BrokenBarrierError } from "@asyncio/future";
 * import { assertThrows } from "@std/assert";
 *
 * const barrier = new Barrier(2);
 * barrier.abort();
 * assertThrows(() => barrier.wait(), BrokenBarrierError);
 * ```
 */
export class BrokenBarrierError extends Error {
  static {
    brand(this, "BrokenBarrierError");
  }
}

/**
 * `getNowait()` found no item.
 *
 * Source: [`asyncio.QueueEmpty`](https://docs.python.org/3.14/library/asyncio-queue.html#asyncio.QueueEmpty).
 *
 * @category Errors
 *
 * @example
 * ```ts
 * import { Queue, QueueEmpty } from "@asyncio/future";
 * import { assertThrows } from "@std/assert";
 *
 * assertThrows(() => new Queue().getNowait(), QueueEmpty);
 * ```
 */
export class QueueEmpty extends Error {
  static {
    brand(this, "QueueEmpty");
  }
}

/**
 * `putNowait()` found no room.
 *
 * Source: [`asyncio.QueueFull`](https://docs.python.org/3.14/library/asyncio-queue.html#asyncio.QueueFull).
 *
 * @category Errors
 *
 * @example
 * ```ts
 * import { Queue, QueueFull } from "@asyncio/future";
 * import { assertThrows } from "@std/assert";
 *
 * const queue = new Queue<number>({ maxsize: 1 });
 * queue.putNowait(1);
 * assertThrows(() => queue.putNowait(2), QueueFull);
 * ```
 */
export class QueueFull extends Error {
  static {
    brand(this, "QueueFull");
  }
}

/**
 * The queue was shut down: nothing can be put into it, and there is nothing left to get.
 *
 * Source: [`asyncio.QueueShutDown`](https://docs.python.org/3.14/library/asyncio-queue.html#asyncio.QueueShutDown).
 *
 * @category Errors
 *
 * @example
 * ```ts
 * import { Queue, QueueShutDown } from "@asyncio/future";
 * import { assertThrows } from "@std/assert";
 *
 * const queue = new Queue<number>();
 * queue.shutdown();
 * assertThrows(() => queue.put(1), QueueShutDown);
 * ```
 */
export class QueueShutDown extends Error {
  static {
    brand(this, "QueueShutDown");
  }
}
