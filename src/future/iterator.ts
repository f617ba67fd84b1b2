/**
 * The iterator with which `yield*` waits for a future.
 *
 * @module
 */

import { InvalidStateError } from "../../errors.ts";
import type { Future } from "../../future.ts";

export class FutureIterator<T> implements Iterator<Future<T>, T, unknown> {
  readonly #future: Future<T>;
  #hasYielded = false;

  constructor(future: Future<T>) {
    this.#future = future;
  }

  next(): IteratorResult<Future<T>, T> {
    const future = this.#future;
    if (future.done()) return { done: true, value: future.result() };
    if (this.#hasYielded) {
      throw new InvalidStateError(
        `Cannot go on as only \`yield*\` in a task can wait for a future: ${future}`,
      );
    }
    this.#hasYielded = true;
    return new Yielded(future);
  }

  throw(error: unknown): never {
    throw error;
  }
}

/**
 * The result of an iterator that `yield*` passes on as it is, by which a task tells `yield* future`
 * from `yield future`.
 */
export class Yielded<T> implements IteratorYieldResult<Future<T>> {
  readonly done = false;
  readonly value: Future<T>;

  constructor(future: Future<T>) {
    this.value = future;
  }
}
