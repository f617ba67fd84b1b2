/**
 * How `yield*` waits for a future.
 *
 * @module
 */

import { InvalidStateError } from "../../errors.ts";
import type { Future } from "../../future.ts";

/**
 * Holds the future that a `yield*` has just yielded, as opposed to a bare `yield`. It is
 * replaced while it is young, as is what `capture()` keeps: without that, a step took 3 %
 * longer (Deno 2.9).
 */
let yielded = { future: undefined as unknown, uses: 0 };

const YOUNG_FOR = 512;

/** Returns whether `value` is a future that `yield*` has just yielded, once. */
export function takeYielded(value: unknown): boolean {
  const isYielded = value !== undefined && value === yielded.future;
  yielded.future = undefined;
  if (++yielded.uses === YOUNG_FOR) yielded = { future: undefined, uses: 0 };
  return isYielded;
}

export class FutureIterator<T> implements Iterator<Future<T>, T, unknown> {
  readonly #future: Future<T>;
  #waited = false;

  constructor(future: Future<T>) {
    this.#future = future;
  }

  next(): IteratorResult<Future<T>, T> {
    const future = this.#future;
    if (future.done()) return { done: true, value: future.result() };
    if (this.#waited) {
      throw new InvalidStateError(
        `Cannot go on as only \`yield*\` in a task can wait for a future: ${future}`,
      );
    }
    this.#waited = true;
    yielded.future = future;
    return { done: false, value: future };
  }

  throw(error: unknown): never {
    throw error;
  }
}
