/**
 * The class `PriorityQueue`, and the order of items that have one.
 *
 * @module
 */

import { cannot, checkCallback } from "../base/checks.ts";
import { checkOptions, ownOption } from "../base/options.ts";
import { type Compare, Heap } from "./heap.ts";
import { Queue, type QueueOptions, setStore } from "./queue.ts";

/**
 * Options of {@linkcode PriorityQueue}.
 *
 * @typeParam T The type of the items.
 *
 * @category Queues
 */
export interface PriorityQueueOptions<T> extends QueueOptions {
  /**
   * Returns a negative number if `a` is to come before `b`, a positive one if after it. Default: the
   * order of numbers, bigints, strings and dates; arrays are compared element by element, as Python's
   * tuples, by those of their elements that have an order.
   */
  compare?: ((a: T, b: T) => number) | undefined;
}

/**
 * A queue from which the smallest item is the first one to get; of equal items, the one that was put
 * first.
 *
 * Source: [`asyncio.PriorityQueue`](https://docs.python.org/3.14/library/asyncio-queue.html#asyncio.PriorityQueue).
 *
 * @typeParam T The type of the items.
 *
 * @category Queues
 *
 * @example
 * ```ts
 * import { PriorityQueue } from "@asyncio/future";
 * import { assertEquals } from "@std/assert";
 *
 * const queue = new PriorityQueue<[priority: number, job: string]>();
 * queue.putNowait([2, "later"]);
 * queue.putNowait([1, "now"]);
 * assertEquals(await queue.get(), [1, "now"]);
 * ```
 */
export class PriorityQueue<T> extends Queue<T> {
  /**
   * Makes an empty queue. Source:
   * [`asyncio.PriorityQueue`](https://docs.python.org/3.14/library/asyncio-queue.html#asyncio.PriorityQueue).
   *
   * @param options How many items there may be, and their order. What the function `compare` throws is
   * thrown by `put()` and `get()`, which then change nothing.
   * @throws {TypeError} If `maxsize` is not a number, or `compare` is not a function.
   */
  constructor(options?: PriorityQueueOptions<T>) {
    super(options);
    const own = checkOptions("create a queue", options);
    const compare = ownOption(own, "compare", compareByDefault);
    checkCallback("create a queue", compare, "option compare");
    setStore(this, new Heap<T>(compare as Compare<T>));
  }

  /** `"PriorityQueue"`, for the representation. */
  override get [Symbol.toStringTag](): string {
    return "PriorityQueue";
  }
}

/** Compares items without the option `compare`. */
function compareByDefault(a: unknown, b: unknown): number {
  if (Array.isArray(a) && Array.isArray(b)) return compareArrays(a, b);
  for (const item of [a, b]) {
    if (!hasOrder(item)) {
      throw cannot("compare the items", "there is no order for them (give `compare`)", item);
    }
  }
  if (kindOf(a) !== kindOf(b)) {
    throw cannot("compare the items", `one is a ${kindOf(a)}, the other a ${kindOf(b)}`, b);
  }
  return order(a as number, b as number);
}

/** Compares two arrays by the first elements that differ and have an order. */
function compareArrays(a: readonly unknown[], b: readonly unknown[]): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const [x, y] = [a[i], b[i]];
    const isOrdered = (hasOrder(x) && hasOrder(y)) || (Array.isArray(x) && Array.isArray(y));
    const difference = isOrdered ? compareByDefault(x, y) : 0;
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** Whether there is an order for a value. `NaN` and an invalid date have none. */
function hasOrder(item: unknown): boolean {
  if (typeof item === "number" || item instanceof Date) return !Number.isNaN(Number(item));
  return typeof item === "bigint" || typeof item === "string";
}

function kindOf(item: unknown): string {
  return item instanceof Date ? "date" : typeof item === "bigint" ? "number" : typeof item;
}

function order(a: number, b: number): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
