/**
 * Checks of arguments, and the form of the errors that they throw.
 *
 * `options.ts` checks arguments that are options or event loops.
 *
 * @module
 */

import { show } from "./inspect.ts";

/**
 * Makes the error for a bad argument.
 *
 * @param action What the caller cannot do, for example "create a Future".
 * @param why Why the caller cannot do it: a clause, for example "the delay is not a number".
 * @param received The bad argument.
 */
export function cannot(action: string, why: string, received: unknown): TypeError {
  return new TypeError(`Cannot ${action} as ${why}: received ${show(received)}`);
}

/**
 * Checks a callback argument.
 *
 * @throws {TypeError} If `callback` is not a function.
 */
export function checkCallback(action: string, callback: unknown, name = "callback"): void {
  if (typeof callback !== "function") throw cannot(action, `the ${name} is no function`, callback);
}

/**
 * Checks a callback argument whose result is ignored. A generator function is a mistake there:
 * calling it only makes a generator, and nobody would run that.
 *
 * @throws {TypeError} If `callback` is not a function, or is a generator function.
 */
export function checkPlainCallback(action: string, callback: unknown, name?: string): void {
  if (typeof callback !== "function" || tagOf(callback) !== undefined) {
    checkPlainCallbackSlow(action, callback, name);
  }
}

/** The rare part of `checkPlainCallback()`: see docs/performance.md#rare-parts-apart. */
function checkPlainCallbackSlow(action: string, callback: unknown, name = "callback"): void {
  checkCallback(action, callback, name);
  const tag = tagOf(callback as () => unknown);
  if (tag !== "GeneratorFunction" && tag !== "AsyncGeneratorFunction") return;
  const why = `the ${name} is a generator function, which would not run (start a task in it)`;
  throw cannot(action, why, callback);
}

/**
 * Checks a time or a delay in milliseconds.
 *
 * @throws {TypeError} If `value` is not a number, or is `NaN`.
 */
export function checkMilliseconds(action: string, name: string, value: unknown): void {
  if (typeof value === "number" && !Number.isNaN(value)) return;
  throw cannot(action, `the ${name} is no number of milliseconds`, value);
}

/**
 * Checks a time limit in milliseconds, where `null` means no limit.
 *
 * @throws {TypeError} If `value` is neither `null` nor a number, or is `NaN`.
 */
export function checkLimit(action: string, name: string, value: unknown): void {
  if (value === null) return;
  checkMilliseconds(action, name, value);
}

/** Whether `value` is a function that makes async generators, which are not coroutines. */
export function isAsyncGeneratorFunction(value: unknown): boolean {
  return typeof value === "function" && tagOf(value) === "AsyncGeneratorFunction";
}

/** The kind of a function by its `Symbol.toStringTag`; plain functions have none. */
function tagOf(fn: object): string | undefined {
  return (fn as { [Symbol.toStringTag]?: string })[Symbol.toStringTag];
}

/** Whether `value` has a `then` method. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return isObject(value) && typeof (value as { then?: unknown }).then === "function";
}

/** Whether `value` is a generator object, which this module runs as a coroutine. */
export function isGenerator(value: unknown): value is Generator<unknown, unknown, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const { next, throw: throwInto } = value as Partial<Generator>;
  return Symbol.iterator in value && typeof next === "function" && typeof throwInto === "function";
}

/** Whether `value` is an object or a function. */
export function isObject(value: unknown): value is object {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}
