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
    yielded = future;
    return { done: false, value: future };
  }

  throw(error: unknown): never {
    throw error;
  }
}

/**
 * The future that `yield*` has just yielded, by which a task tells `yield* future` from
 * `yield future`. Set by the iterator, cleared by {@linkcode takeYielded}.
 */
let yielded: unknown;

/** Returns whether `yield*` has just yielded `value`; a second call returns `false`. */
export function takeYielded(value: unknown): boolean {
  const isYielded = value !== undefined && value === yielded;
  yielded = undefined;
  return isYielded;
}
