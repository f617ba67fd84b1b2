/**
 * The iterator with which `yield*` waits for a future.
 *
 * Matchers of test frameworks, renderers and `for` loops iterate over a future as well. They get one
 * symbol, the same for the same future, and so find that a future equals nothing but itself.
 *
 * @module
 */

import { InvalidStateError } from "../../errors.ts";
import type { Future } from "../../future.ts";
import { internals } from "./internals.ts";

export class FutureIterator<T> implements Iterator<Future<T>, T, unknown> {
  readonly #future: Future<T>;
  #hasYielded = false;

  constructor(future: Future<T>) {
    this.#future = future;
  }

  next(): IteratorResult<Future<T>, T> {
    // `yield*` always passes an argument on; `for`, `...` and destructuring pass none.
    if (arguments.length === 0) return this.#nextOfLoop();
    const future = this.#future;
    if (future.done()) return { done: true, value: future.result() };
    if (this.#hasYielded) {
      throw new InvalidStateError(
        `Cannot go on as only \`yield*\` in a task can wait for a future: ${future}`,
      );
    }
    this.#hasYielded = true;
    justYielded = true;
    return { done: false, value: future };
  }

  /** The types do not know of the symbol, as `yield*` never gets it. */
  #nextOfLoop(): IteratorResult<never, never> {
    const result = { done: this.#hasYielded, value: undefined as unknown };
    if (!this.#hasYielded) result.value = stampOf(this.#future);
    this.#hasYielded = true;
    return result as IteratorResult<never, never>;
  }

  throw(error: unknown): never {
    throw error;
  }
}

/** The symbols of the futures that something other than `yield*` has iterated over. */
const stamps = new WeakMap<object, symbol>();

function stampOf(future: object): symbol {
  let stamp = stamps.get(future);
  if (!stamp) stamps.set(future, stamp = Symbol("a future, which only await and yield* wait for"));
  return stamp;
}

/**
 * Whether `yield*` has just yielded a future, by which a task tells `yield* future` from
 * `yield future`. Set by the iterator, reset by {@linkcode takeYielded}. The variable does not hold
 * the future: see docs/performance.md#write-barriers.
 */
let justYielded = false;

/** Returns whether `yield*` has just yielded `value`; a second call returns `false`. */
export function takeYielded(value: unknown): value is Future<unknown> {
  const isYielded = justYielded;
  justYielded = false;
  return isYielded && internals.isOfThisCopy(value);
}
