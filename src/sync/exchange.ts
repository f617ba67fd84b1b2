/**
 * `Exchange`: what a queue does, apart from its interface. Items go from those who put to those who
 * get; each of the two may have to wait.
 *
 * @module
 */

import type { Future } from "../../future.ts";
import { markAsEndOfWait, Offer } from "../task/delivery.ts";
import { QueueShutDown } from "./errors.ts";
import { Line } from "./line.ts";
import type { Entry, Store } from "./store.ts";

/** What waits for an item. */
interface Getter<T> {
  /** Makes the result of the future out of the item. */
  readonly makeResult: (item: T) => unknown;
  /** The result if the queue is shut down; without it, the future fails then. */
  readonly end: unknown;
  /** The entry of the item that was handed over. */
  entry: Entry<T> | undefined;
}

/** What waits for room: an item, and its entry in the store once there was room. */
interface Putter<T> {
  readonly item: T;
  entry: Entry<T> | undefined;
}

/** The items of a queue, and those who wait at it. */
export class Exchange<T> {
  /** Replaced by the constructors of other queues. */
  store: Store<T>;
  readonly maxsize: number;
  readonly #queue: object;
  readonly #getters: Line<unknown, Getter<T>>;
  readonly #putters: Line<void, Putter<T>>;
  readonly #joiners: Line<void>;
  /** How many items were put, less those that were noted as done. */
  #unfinished = 0;
  #isShutDown = false;
  /** Whether items that are given back are dropped, as the queue was shut down at once. */
  #dropsItems = false;

  /** @param queue The queue, which messages show. */
  constructor(queue: object, maxsize: number, store: Store<T>) {
    this.#queue = queue;
    this.#getters = new Line(queue, "Queue.get", (_, getter) => {
      // At the end of an iteration, nothing was handed over.
      if (getter.entry) this.#putBack(getter.entry);
    });
    this.#putters = new Line(queue, "Queue.put", (_, putter) => this.#takeBack(putter.entry!));
    this.#joiners = new Line(queue, "Queue.join");
    this.maxsize = maxsize;
    this.store = store;
  }

  get unfinished(): number {
    return this.#unfinished;
  }

  get isShutDown(): boolean {
    return this.#isShutDown;
  }

  get isFull(): boolean {
    return this.maxsize > 0 && this.store.size >= this.maxsize;
  }

  /** Who waits, for a representation. */
  get waiters(): string {
    return this.#getters.show("getters") + this.#putters.show("putters");
  }

  /** Throws if the queue is shut down. */
  checkOpen(action: string): void {
    if (this.#isShutDown) throw this.#shutDownError(action);
  }

  #shutDownError(action: string): QueueShutDown {
    const message = `Cannot ${action} as the queue is shut down: ${this.#queue}`;
    return markAsEndOfWait(new QueueShutDown(message));
  }

  /** Adds an item, once there is room. */
  put(signal: AbortSignal | undefined, item: T): Future<void> {
    if (this.isFull) return this.#putters.wait(signal, { item, entry: undefined });
    let entry: Entry<T>;
    const add = () => {
      entry = this.add(item);
    };
    return Line.done(signal, add, () => this.#takeBack(entry));
  }

  /** Adds an item. There must be room. */
  add(item: T): Entry<T> {
    const entry = this.store.add(item);
    this.#unfinished++;
    this.#serve();
    return entry;
  }

  /**
   * Takes the next item, once there is one.
   *
   * @param makeResult Makes the result of the future out of the item.
   * @param end The result if the queue is shut down; without it, the future fails then.
   */
  get<R>(
    signal: AbortSignal | undefined,
    makeResult: (item: T) => R,
    end?: unknown,
  ): Future<R> {
    if (this.store.size > 0) {
      let entry: Entry<T>;
      const take = () => {
        entry = this.#takeEntry();
        this.#admit();
        return makeResult(entry.item);
      };
      return Line.done(signal, take, () => this.#putBack(entry));
    }
    this.checkOpen("get an item");
    return this.#getters.wait(signal, { makeResult, end, entry: undefined }) as Future<R>;
  }

  /** Takes the next item. There must be one. */
  take(): T {
    const { item } = this.#takeEntry();
    this.#admit();
    return item;
  }

  /** Waits until all items are done. */
  join(signal: AbortSignal | undefined): Future<void> {
    return this.#unfinished > 0
      ? this.#joiners.wait(signal, undefined)
      : Line.done<void>(signal, () => {});
  }

  /** Notes that an item is done. */
  finish(): void {
    this.#unfinished--;
    while (this.#unfinished === 0 && this.#joiners.size > 0) this.#joiners.handOver(undefined);
  }

  /** Shuts the queue down; drops its items if that is to happen at once. */
  shutDown(immediate: boolean): void {
    this.#isShutDown = true;
    if (immediate) {
      this.#dropsItems = true;
      while (this.store.size > 0) this.#drop(this.store.takeAny());
    }
    while (this.#getters.size > 0) {
      const { end } = this.#getters.first;
      if (end) this.#getters.handOver(end);
      else this.#getters.fail(this.#shutDownError("get an item"));
    }
    while (this.#putters.size > 0) this.#putters.fail(this.#shutDownError("put the item"));
  }

  /** Removes the next item from the store, so that nobody can take its `put()` back. */
  #takeEntry(): Entry<T> {
    const entry = this.store.take();
    if (entry.offer) entry.offer.isUsed = true;
    return entry;
  }

  /** Hands items over to those who wait for one. */
  #serve(): void {
    while (this.#getters.size > 0 && this.store.size > 0) {
      const getter = this.#getters.first;
      const entry = getter.entry = this.#takeEntry();
      this.#getters.handOver(getter.makeResult(entry.item));
    }
  }

  /** Lets those in who wait for room, as long as there is some. */
  #admit(): void {
    while (this.#putters.size > 0 && !this.isFull) {
      const putter = this.#putters.first;
      try {
        putter.entry = this.store.add(putter.item);
      } catch (error) {
        // The function `compare` threw.
        this.#putters.fail(error);
        continue;
      }
      this.#unfinished++;
      this.#putters.handOver(undefined, putter.entry.offer = new Offer());
    }
    this.#serve();
  }

  /** Takes an item back that was handed over to code which did not get it. */
  #putBack(entry: Entry<T>): void {
    if (this.#dropsItems) return this.#drop(entry);
    this.store.putBack(entry);
    this.#serve();
  }

  /** Takes an item out again whose `put()` was thrown a request to cancel. */
  #takeBack(entry: Entry<T>): void {
    if (!this.store.remove(entry)) return;
    this.#finishOne();
    this.#admit();
  }

  /** Drops an item, which counts as done. */
  #drop({ offer }: Entry<T>): void {
    if (offer) offer.isUsed = true;
    this.#finishOne();
  }

  /** Notes that an item is done, unless `taskDone()` was called too often before. */
  #finishOne(): void {
    if (this.#unfinished > 0) this.finish();
  }
}
