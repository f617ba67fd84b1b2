/**
 * Bound functions for calls in a context, where closures would keep memory alive.
 *
 * @module
 */

import { checkCallback } from "../base/checks.ts";

/** `Function.prototype.bind`. A user's function may have an own property `bind`. */
export const { bind: bindFunction } = Function.prototype;

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
