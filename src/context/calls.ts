/**
 * Bound functions for calls in a context, where closures would keep memory alive.
 *
 * @module
 */

import { checkCallback } from "../base/checks.ts";
import { define } from "../base/engine.ts";

/** `Function.prototype.bind`. A user's function may have an own property `bind`. */
const { bind: bindFunction } = Function.prototype;

/**
 * Binds a user's function to its arguments. V8 keeps the functions on the stack of an error alive,
 * and a closure there would keep its captured variables alive as well.
 *
 * @throws {TypeError} If `fn` is not a function.
 */
export function bind<A extends unknown[], R>(fn: (...args: A) => R, args: A): () => R {
  checkCallback("run the function", fn, "argument");
  try {
    return bindFunction.call(fn, undefined, ...args) as () => R;
  } catch {
    // bind() reads `length` and `name`, which may be getters that throw.
    return bindFunction.call(Reflect.apply, undefined, fn, undefined, args) as () => R;
  }
}

/** Calls `fn`: the function to give to a carrier, with the function of {@linkcode bind}. */
export function call<R>(fn: () => R): R {
  return fn();
}

/** Gives a wrapper the `length` of a function, and its name after a word, as `bind()` does. */
export function nameAfter(wrapper: object, fn: unknown, word: string): void {
  // bind() computes both like the proposal of `AsyncContext`, except for the word "bound".
  const { length, name } = bindFunction.call(fn as () => void, undefined) as () => void;
  define(wrapper, "length", { value: length, configurable: true });
  define(wrapper, "name", { value: name.replace("bound", word), configurable: true });
}
