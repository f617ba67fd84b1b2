/**
 * Calls of functions in a context, without closures.
 *
 * @module
 */

import { checkCallback } from "../base/checks.ts";

/** A function may have a `bind` of its own. */
export const { bind: bindFunction } = Function.prototype;

/**
 * Binds a user's function to its arguments. A closure would be on the stack of an error that
 * the function throws, and V8 keeps the functions on it alive, with all that they enclose.
 * To bind the function reads its name, which may be a getter that throws.
 */
export function bind<A extends unknown[], R>(fn: (...args: A) => R, args: A): () => R {
  checkCallback("run the function", fn, "argument");
  try {
    return bindFunction.call(fn, undefined, ...args) as () => R;
  } catch {
    return bindFunction.call(Reflect.apply, undefined, fn, undefined, args) as () => R;
  }
}

/** Calls a function of {@linkcode bind}. */
export function call<R>(fn: () => R): R {
  return fn();
}
