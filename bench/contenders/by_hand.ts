/**
 * A lock and a queue of promises, in the shortest form in which users write them by hand.
 *
 * @module
 */

/** A lock: a chain of promises. Whoever waits cannot be cancelled. */
export class PromiseLock {
  #last: Promise<void> = Promise.resolve();

  /** Waits for the lock, and returns the function that releases it. */
  acquire(): Promise<() => void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const acquired = this.#last.then(() => resolve);
    this.#last = promise;
    return acquired;
  }
}

/** A queue with a bound: arrays of items and of resolvers. Whoever waits cannot be cancelled. */
export class PromiseQueue<T> {
  readonly #bound: number;
  readonly #items = new List<T>();
  readonly #getters = new List<(item: T) => void>();
  readonly #putters = new List<() => void>();

  constructor(bound = Infinity) {
    this.#bound = bound;
  }

  /** Adds an item without waiting for room. */
  putNowait(item: T): void {
    const getter = this.#getters.shift();
    if (getter) getter(item);
    else this.#items.push(item);
  }

  /** Adds an item, once there is room. */
  async put(item: T): Promise<void> {
    while (this.#items.size >= this.#bound) {
      await new Promise<void>((resolve) => this.#putters.push(resolve));
    }
    this.putNowait(item);
  }

  /** Takes the next item, once there is one. */
  async get(): Promise<T> {
    if (this.#items.size === 0) {
      return await new Promise((resolve) => this.#getters.push(resolve));
    }
    this.#putters.shift()?.();
    return this.#items.shift()!;
  }
}

/** An array whose first element is removed in constant time, unlike by `Array.prototype.shift()`. */
class List<T> {
  #elements: T[] = [];
  #start = 0;

  get size(): number {
    return this.#elements.length - this.#start;
  }

  push(element: T): void {
    this.#elements.push(element);
  }

  shift(): T | undefined {
    if (this.size === 0) return undefined;
    const element = this.#elements[this.#start++];
    // Removed items are cut off once they are half of the array, so that each item moves once.
    if (this.#start * 2 >= this.#elements.length) {
      this.#elements = this.#elements.slice(this.#start);
      this.#start = 0;
    }
    return element;
  }
}
