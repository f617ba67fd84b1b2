/**
 * A queue that loses an item: it was ported from asyncio by hand, and hands each item to the future
 * of a consumer who waits. A consumer who is cancelled after that, and before going on, never sees
 * the item.
 *
 * Run it with `deno run examples/testing/explore.ts queue`.
 *
 * @module
 */

import { createTask, Future, Queue, sleep, wait } from "@asyncio/future";
import { runVirtual } from "@asyncio/future/testing";

/** What the test uses of a queue. */
interface Items {
  put(item: string): PromiseLike<void>;
  get(): PromiseLike<string>;
  qsize(): number;
}

/** The queue as people write it. */
class HandWrittenQueue implements Items {
  readonly #maxsize: number;
  readonly #items: string[] = [];
  readonly #getters: Future<string>[] = [];
  readonly #putters: Future<void>[] = [];

  constructor({ maxsize = 0 } = {}) {
    this.#maxsize = maxsize;
  }

  qsize(): number {
    return this.#items.length;
  }

  empty(): boolean {
    return this.#items.length === 0;
  }

  full(): boolean {
    return this.#maxsize > 0 && this.#items.length >= this.#maxsize;
  }

  async put(item: string): Promise<void> {
    while (this.full()) {
      const putter = new Future<void>();
      this.#putters.push(putter);
      try {
        await putter;
      } catch (error) {
        // Woken up and cancelled: wake another one.
        if (!putter.cancelled() && !this.full()) this.#wakePutter();
        throw error;
      }
    }
    this.putNowait(item);
  }

  putNowait(item: string): void {
    if (this.full()) throw new Error("the queue is full");
    const getter = this.#nextOf(this.#getters);
    // The fault: whether the consumer goes on with the item is not known yet.
    if (getter) getter.setResult(item);
    else this.#items.push(item);
  }

  async get(): Promise<string> {
    if (!this.empty()) return this.getNowait();
    const getter = new Future<string>();
    this.#getters.push(getter);
    return await getter;
  }

  getNowait(): string {
    if (this.empty()) throw new Error("the queue is empty");
    const item = this.#items.shift()!;
    this.#wakePutter();
    return item;
  }

  #wakePutter(): void {
    this.#nextOf(this.#putters)?.setResult();
  }

  /** Returns the first who waits and was not cancelled. */
  #nextOf<T>(waiters: Future<T>[]): Future<T> | undefined {
    for (let waiter; (waiter = waiters.shift());) {
      if (!waiter.done()) return waiter;
    }
    return undefined;
  }
}

/** A producer makes three items, and a consumer takes as many of them as it comes to. */
async function produceAndConsume(queue: Items): Promise<void> {
  const seen: string[] = [];
  async function producer(): Promise<void> {
    for (const item of ["tea", "milk", "sugar"]) {
      await sleep(1);
      await queue.put(item);
    }
  }
  async function consumer(): Promise<void> {
    for (let i = 0; i < 3; i++) seen.push(await queue.get());
  }
  await wait([createTask(producer), createTask(consumer)]);
  const total = seen.length + queue.qsize();
  if (total !== 3) throw new Error(`3 items were put, and ${total} are left`);
}

/** Passes: a consumer who is cancelled while nothing comes has taken nothing. */
export const usualTest = () =>
  runVirtual(async () => {
    const queue = new HandWrittenQueue();
    await produceAndConsume(queue);
    const consumer = createTask(() => queue.get());
    await sleep(1);
    consumer.cancel();
    await wait([consumer]);
    await queue.put("salt");
    if (await queue.get() !== "salt") throw new Error("the salt is lost");
  });

/** Is to be explored. */
export const test = () => produceAndConsume(new HandWrittenQueue());

/** Passes: the queue of this module takes an item back that its consumer was not given. */
export const mendedTest = () => produceAndConsume(new Queue<string>());

/** The consumer is cancelled at each of its waits. */
export const options = { cancelAnywhere: "consumer" };
