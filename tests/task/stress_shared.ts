/**
 * A queue and a slot made of futures, as a user of the module would write them.
 *
 * Each way to wait exists twice: as an async function, and in steps for a generator.
 *
 * @module
 */

import { Future } from "../../mod.ts";

/** A queue that hands each item to the one who waited longest. */
export class Queue<T> {
  readonly items: T[] = [];
  readonly #getters: Future<T>[] = [];

  /** How many wait for an item. */
  get waiting(): number {
    return this.#getters.length;
  }

  async get(): Promise<T> {
    if (this.items.length > 0) return this.items.shift()!;
    const getter = enter(this.#getters);
    try {
      return await getter;
    } catch (error) {
      if (leave(this.#getters, getter)) this.giveBack(getter.result());
      throw error;
    }
  }

  *getInSteps(): Generator<unknown, T> {
    if (this.items.length > 0) return this.items.shift()!;
    const getter = enter(this.#getters);
    try {
      return yield* getter;
    } catch (error) {
      if (leave(this.#getters, getter)) this.giveBack(getter.result());
      throw error;
    }
  }

  put(item: T): void {
    if (!handOver(this.#getters, item)) this.items.push(item);
  }

  /** Puts an item back that was taken and not used, to be taken next. */
  giveBack(item: T): void {
    if (!handOver(this.#getters, item)) this.items.unshift(item);
  }
}

function enter<T>(waiters: Future<T>[]): Future<T> {
  const waiter = new Future<T>();
  waiters.push(waiter);
  return waiter;
}

/** Leaves a row after a wait that threw. Returns whether the waiter had its turn all the same. */
function leave<T>(waiters: Future<T>[], waiter: Future<T>): boolean {
  waiter.cancel();
  const index = waiters.indexOf(waiter);
  if (index >= 0) waiters.splice(index, 1);
  return !waiter.cancelled();
}

/** Hands something over to the first of a row who still waits; `false` if there is none. */
function handOver<T>(waiters: Future<T>[], given: T): boolean {
  while (waiters.length > 0) {
    const waiter = waiters.shift()!;
    if (waiter.done()) continue;
    waiter.setResult(given);
    return true;
  }
  return false;
}

/** A slot for one holder at a time, which hands itself over to the next one in the row. */
export class Slot {
  isHeld = false;
  readonly #waiters: Future<void>[] = [];

  /** How many wait for the slot. */
  get waiting(): number {
    return this.#waiters.length;
  }

  async acquire(): Promise<void> {
    const waiter = this.#tryOrEnter();
    try {
      await waiter;
    } catch (error) {
      if (leave(this.#waiters, waiter)) this.release();
      throw error;
    }
  }

  *acquireInSteps(): Generator<unknown, void> {
    const waiter = this.#tryOrEnter();
    try {
      yield* waiter;
    } catch (error) {
      if (leave(this.#waiters, waiter)) this.release();
      throw error;
    }
  }

  release(): void {
    this.isHeld = handOver(this.#waiters, undefined);
  }

  #tryOrEnter(): Future<void> {
    if (this.isHeld) return enter(this.#waiters);
    this.isHeld = true;
    const free = new Future<void>();
    free.setResult();
    return free;
  }
}
