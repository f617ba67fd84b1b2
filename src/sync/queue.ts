/**
 * The class `Queue`, and the parts of it that `PriorityQueue` and `LifoQueue` replace.
 *
 * @module
 */

import type { Future } from "../../future.ts";
import { cannot } from "../base/checks.ts";
import { inspectAsText, show } from "../base/inspect.ts";
import { checkOptions, ownOption } from "../base/options.ts";
import { QueueEmpty, QueueFull } from "./errors.ts";
import { Exchange } from "./exchange.ts";
import type { AcquireOptions } from "./held.ts";
import { Line } from "./line.ts";
import { ListStore, type Store } from "./store.ts";

/**
 * Options of {@linkcode Queue}.
 *
 * @category Queues
 */
export interface QueueOptions {
  /**
   * How many items there may be before `put()` waits; 0 or less sets no limit.
   *
   * @default {0}
   */
  maxsize?: number | undefined;
}

/** Sets the store of a queue that was just made. Set by the static block of {@linkcode Queue}. */
export let setStore: <T>(queue: Queue<T>, store: Store<T>) => void;

/**
 * A queue: the item that was put first is the first one to get. `put()` waits while the queue is
 * full, `get()` while it is empty, each in the order of coming.
 *
 * No item is lost or doubled by a cancellation: code that is thrown a `CancelledError` by `get()` has
 * taken nothing, and by `put()` has put nothing. An item that was on its way to the code goes back to
 * its place, even if the queue has got full meanwhile; call `get()` again, as the future of the first
 * call still has the item as its result. `for await (const item of queue)` gets items until
 * {@linkcode Queue.prototype.shutdown | shutdown()}.
 *
 * Source: [`asyncio.Queue`](https://docs.python.org/3.14/library/asyncio-queue.html#asyncio.Queue).
 *
 * @typeParam T The type of the items.
 *
 * @category Queues
 *
 * @example
 * ```ts
 * import { createTask, gather, Queue } from "@asyncio/future";
 * import { assertEquals } from "@std/assert";
 *
 * const queue = new Queue<string>({ maxsize: 10 });
 * const seen: string[] = [];
 * const worker = createTask(async () => {
 *   for await (const item of queue) {
 *     seen.push(item);
 *     queue.taskDone();
 *   }
 * });
 * for (const item of ["a", "b", "c"]) await queue.put(item);
 * await queue.join(); // all are done
 * queue.shutdown();
 * await worker;
 * assertEquals(seen, ["a", "b", "c"]);
 * ```
 */
export class Queue<T> {
  readonly #exchange: Exchange<T>;

  static {
    inspectAsText(this.prototype);
    setStore = (queue, store) => {
      queue.#exchange.store = store;
    };
  }

  /**
   * Makes an empty queue. Source:
   * [`asyncio.Queue`](https://docs.python.org/3.14/library/asyncio-queue.html#asyncio.Queue).
   *
   * @param options How many items there may be.
   * @throws {TypeError} If the number is not a number, or is `NaN`.
   */
  constructor(options?: QueueOptions) {
    const own = checkOptions("create a queue", options, " (write `{ maxsize }`)");
    const maxsize = ownOption(own, "maxsize", 0);
    if (typeof maxsize !== "number" || Number.isNaN(maxsize)) {
      throw cannot("create a queue", "the maxsize is not a number", maxsize);
    }
    this.#exchange = new Exchange(this, maxsize, new ListStore<T>(false));
  }

  /**
   * How many items there may be; 0 or less for any number.
   *
   * Source: [`Queue.maxsize`](https://docs.python.org/3.14/library/asyncio-queue.html#asyncio.Queue.maxsize).
   */
  get maxsize(): number {
    return this.#exchange.maxsize;
  }

  /**
   * Returns how many items there are. An item that was handed over to a `get()` that waited is not
   * counted.
   *
   * Source: [`Queue.qsize`](https://docs.python.org/3.14/library/asyncio-queue.html#asyncio.Queue.qsize).
   */
  qsize(): number {
    return this.#exchange.store.size;
  }

  /**
   * Returns whether there are no items.
   *
   * Source: [`Queue.empty`](https://docs.python.org/3.14/library/asyncio-queue.html#asyncio.Queue.empty).
   */
  empty(): boolean {
    return this.#exchange.store.size === 0;
  }

  /**
   * Returns whether there is no room.
   *
   * Source: [`Queue.full`](https://docs.python.org/3.14/library/asyncio-queue.html#asyncio.Queue.full).
   */
  full(): boolean {
    return this.#exchange.isFull;
  }

  /**
   * Puts an item into the queue, and waits for room if the queue is full.
   *
   * Source: [`Queue.put`](https://docs.python.org/3.14/library/asyncio-queue.html#asyncio.Queue.put).
   *
   * @param item The item.
   * @param options A signal that cancels the wait.
   * @returns A future that is done when the item is in the queue. It fails with a `QueueShutDown` if
   * the queue is shut down meanwhile.
   * @throws {TypeError} If the signal is not an `AbortSignal`.
   * @throws {QueueShutDown} If the queue is shut down.
   */
  put(item: T, options?: AcquireOptions): Future<void> {
    const { signal } = checkOptions("put the item", options);
    this.#exchange.checkOpen("put the item");
    return this.#exchange.put(signal, item);
  }

  /**
   * Puts an item into the queue, if there is room.
   *
   * Source: [`Queue.put_nowait`](https://docs.python.org/3.14/library/asyncio-queue.html#asyncio.Queue.put_nowait).
   *
   * @param item The item.
   * @throws {QueueFull} If the queue is full.
   * @throws {QueueShutDown} If the queue is shut down.
   */
  putNowait(item: T): void {
    this.#exchange.checkOpen("put the item");
    if (this.full()) throw new QueueFull(`Cannot put the item as the queue is full: ${this}`);
    this.#exchange.add(item);
  }

  /**
   * Takes the next item, and waits for one if the queue is empty.
   *
   * Source: [`Queue.get`](https://docs.python.org/3.14/library/asyncio-queue.html#asyncio.Queue.get).
   *
   * @param options A signal that cancels the wait.
   * @returns A future of the item. It fails with a `QueueShutDown` if the queue is shut down meanwhile.
   * @throws {TypeError} If the signal is not an `AbortSignal`.
   * @throws {QueueShutDown} If the queue is shut down and empty.
   */
  get(options?: AcquireOptions): Future<T> {
    const { signal } = checkOptions("get an item", options);
    return this.#exchange.get(signal, asItIs<T>);
  }

  /**
   * Takes the next item, if there is one.
   *
   * Source: [`Queue.get_nowait`](https://docs.python.org/3.14/library/asyncio-queue.html#asyncio.Queue.get_nowait).
   *
   * @throws {QueueEmpty} If the queue is empty.
   * @throws {QueueShutDown} If the queue is shut down and empty.
   */
  getNowait(): T {
    if (this.empty()) {
      this.#exchange.checkOpen("get an item");
      throw new QueueEmpty(`Cannot get an item as the queue is empty: ${this}`);
    }
    return this.#exchange.take();
  }

  /**
   * Notes that the work on an item is done: each item that was put is to be followed by a call.
   *
   * Source: [`Queue.task_done`](https://docs.python.org/3.14/library/asyncio-queue.html#asyncio.Queue.task_done).
   *
   * @throws {Error} If there were more calls than items.
   */
  taskDone(): void {
    if (this.#exchange.unfinished === 0) {
      throw new Error(`Cannot note that an item is done as all of them are: ${this}`);
    }
    this.#exchange.finish();
  }

  /**
   * Waits until {@linkcode Queue.prototype.taskDone} was called for every item that was put.
   *
   * Source: [`Queue.join`](https://docs.python.org/3.14/library/asyncio-queue.html#asyncio.Queue.join).
   *
   * @param options A signal that cancels the wait.
   * @returns A future that is done then.
   * @throws {TypeError} If the signal is not an `AbortSignal`.
   */
  join(options?: AcquireOptions): Future<void> {
    const { signal } = checkOptions("wait for the items", options);
    return this.#exchange.join(signal);
  }

  /**
   * Shuts the queue down: nothing can be put into it any more. What is in it can still be got; then
   * `get()` fails with a `QueueShutDown`, and `for await` ends.
   *
   * An item that comes back later, as its `get()` was cancelled in that turn, stays in the queue.
   *
   * Source: [`Queue.shutdown`](https://docs.python.org/3.14/library/asyncio-queue.html#asyncio.Queue.shutdown).
   *
   * @param immediate Whether to drop the items, which then count as done. Default: `false`.
   */
  shutdown(immediate = false): void {
    this.#exchange.shutDown(immediate);
  }

  /** Gets the items one after the other, until the queue is shut down and empty. */
  [Symbol.asyncIterator](): AsyncIterableIterator<T> {
    type Step = IteratorResult<T, undefined>;
    const end: Step = { done: true, value: undefined };
    const makeResult = (value: T): Step => ({ done: false, value });
    const iterator = {
      next: (): Future<Step> =>
        this.#exchange.isShutDown && this.empty()
          ? Line.done(undefined, () => end)
          : this.#exchange.get(undefined, makeResult, end),
      return: (): Future<Step> => Line.done(undefined, () => end),
      [Symbol.asyncIterator]: () => iterator,
    };
    return iterator as unknown as AsyncIterableIterator<T>;
  }

  /** `"Queue"`, for the representation. */
  get [Symbol.toStringTag](): string {
    return "Queue";
  }

  /** Returns a representation, such as `<Queue maxsize=10 items=["a"] tasks=1>`. */
  toString(): string {
    const { maxsize, store, waiters, unfinished, isShutDown } = this.#exchange;
    const items = store.size > 0 ? ` items=${show(firstOf(store))}` : "";
    const tasks = unfinished > 0 ? ` tasks=${unfinished}` : "";
    const shutdown = isShutDown ? " shutdown" : "";
    return `<${this[Symbol.toStringTag]} maxsize=${maxsize}${items}${waiters}${tasks}${shutdown}>`;
  }
}

/** The result of `get()`: the item itself. */
function asItIs<T>(item: T): T {
  return item;
}

/** The first items of a store, and one more than a representation shows. */
function firstOf<T>(items: Iterable<T>): T[] {
  const first: T[] = [];
  for (const item of items) if (first.push(item) > 6) break;
  return first;
}
