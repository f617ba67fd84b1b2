/**
 * `Exchange`: what a queue does, apart from its interface. Items go from those who put to those who
 * get; each of the two may have to wait.
 *
 * @module
 */

import type { Future } from "../../future.ts";
import { ANY_CODE, deliveredFirst } from "../task/passing.ts";
import { QueueShutDown } from "./errors.ts";
import { Line } from "./line.ts";
import type { Entry, Store } from "./store.ts";

/** What waits for an item. */
export interface Getter<T> {
  /** Makes the result of the future out of the item. */
  readonly makeResult: (item: T) => unknown;
  /** The result if the queue is shut down; without it, the future fails then. */
  readonly end?: unknown;
}

/** What was handed over to those who wait for an item. */
type Handed<T> = Getter<T> & { entry?: Entry<T> };

/** What waits for room: an item, and its entry in the store once there was room. */
interface Putter<T> {
  readonly item: T;
  entry?: Entry<T>;
}

/** The items of a queue, and those who wait at it. */
export class Exchange<T> {
  /** Replaced by the constructors of other queues. */
  store: Store<T>;
  readonly maxsize: number;
  readonly #queue: object;
  // What was handed over is the end of a loop, and not an item, if there is no entry.
  readonly #getters = new Line<unknown, Handed<T>>((_, { entry }) => entry && this.#putBack(entry));
  readonly #putters = new Line<void, Putter<T>>((_, putter) => this.#takeBack(putter.entry!));
  readonly #joiners = new Line<void>(() => {});
  /** How many items were put, less those that were noted as done. */
  #unfinished = 0;
  #isShutDown = false;
  /** Whether items that are given back are dropped, as the queue was shut down at once. */
  #dropsItems = false;

  /** @param queue The queue, which messages show. */
  constructor(queue: object, maxsize: number, store: Store<T>) {
    this.#queue = queue;
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
  get waiters(): string[] {
    const [getters, putters] = [this.#getters.size, this.#putters.size];
    return [
      ...getters > 0 ? [`getters=${getters}`] : [],
      ...putters > 0 ? [`putters=${putters}`] : [],
    ];
  }

  /** Throws if the queue is shut down. */
  checkOpen(action: string): void {
    if (this.#isShutDown) throw this.#shutDownError(action);
  }

  #shutDownError(action: string): QueueShutDown {
    return new QueueShutDown(`Cannot ${action} as the queue is shut down: ${this.#queue}`);
  }

  /** Adds an item, once there is room. */
  put(signal: AbortSignal | undefined, item: T): Future<void> {
    return this.isFull
      ? this.#putters.wait(signal, { item }, "Queue.put")
      : Line.done(signal, () => this.add(item));
  }

  /** Adds an item. There must be room. */
  add(item: T): void {
    this.store.add(item);
    this.#unfinished++;
    this.#serve();
  }

  /** Takes the next item, once there is one. */
  get<R>(signal: AbortSignal | undefined, getter: Getter<T>): Future<R> {
    if (this.store.size > 0) return Line.done(signal, () => getter.makeResult(this.take()) as R);
    this.checkOpen("get an item");
    return this.#getters.wait(signal, { ...getter }, "Queue.get") as Future<R>;
  }

  /** Takes the next item. There must be one. */
  take(): T {
    const { item, putting } = this.store.take();
    settlePut(putting);
    this.#admit();
    return item;
  }

  /** Waits until all items are done. */
  join(signal: AbortSignal | undefined): Future<void> {
    return this.#unfinished > 0
      ? this.#joiners.wait(signal, undefined, "Queue.join")
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
      for (const entry of this.store.takeAll()) this.#drop(entry);
    }
    while (this.#putters.size > 0) this.#putters.fail(this.#shutDownError("put the item"));
    while (this.#getters.size > 0) {
      const { end } = this.#getters.first;
      if (end) this.#getters.handOver(end);
      else this.#getters.fail(this.#shutDownError("get an item"));
    }
  }

  /** Hands items over to those who wait for one. */
  #serve(): void {
    while (this.#getters.size > 0 && this.store.size > 0) {
      const getter = this.#getters.first;
      const entry = getter.entry = this.store.take();
      settlePut(entry.putting);
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
      putter.entry.putting = this.#putters.handOver(undefined);
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
    this.finish();
    this.#admit();
  }

  /** Drops an item, which counts as done. */
  #drop({ putting }: Entry<T>): void {
    settlePut(putting);
    if (this.#unfinished > 0) this.finish();
  }
}

/**
 * Notes that what a `put()` has put was taken: a request that comes before its code goes on is thrown
 * at the next wait of that code.
 */
function settlePut(putting: Future<void> | undefined): void {
  if (putting) deliveredFirst.set(putting, ANY_CODE);
}
