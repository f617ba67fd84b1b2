/**
 * Checks of arguments, and the form of the errors that they throw.
 *
 * @module
 */

import { show } from "./inspect.ts";

/**
 * Makes the error for a bad argument.
 *
 * @param action What cannot be done, as in "create a Future".
 * @param why What is wrong, as in "the delay is no number".
 * @param received The argument.
 */
export function cannot(action: string, why: string, received: unknown): TypeError {
  return new TypeError(`Cannot ${action} as ${why}: received ${show(received)}`);
}

/**
 * Checks a callback argument.
 *
 * @throws {TypeError} If it is no function.
 */
export function checkCallback(action: string, callback: unknown, name = "callback"): void {
  if (typeof callback !== "function") throw cannot(action, `the ${name} is no function`, callback);
}

/**
 * Checks a callback argument whose result nobody looks at, so that a generator, which
 * would have to be run, is of no use.
 *
 * @throws {TypeError} If it is no function, or is a generator function.
 */
export function checkPlainCallback(action: string, callback: unknown, name?: string): void {
  if (typeof callback !== "function" || tagOf(callback) !== undefined) {
    checkPlainCallbackSlow(action, callback, name);
  }
}

/** Apart, so that the engine inlines the check of plain functions, which have no tag. */
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
 * @throws {TypeError} If it is no number or `NaN`.
 */
export function checkMilliseconds(action: string, name: string, value: unknown): void {
  if (typeof value === "number" && !Number.isNaN(value)) return;
  throw cannot(action, `the ${name} is no number of milliseconds`, value);
}

/**
 * Checks a time limit in milliseconds.
 *
 * @throws {TypeError} If it is neither `null` nor a number, or `NaN`.
 */
export function checkLimit(action: string, name: string, value: unknown): void {
  if (value === null) return;
  checkMilliseconds(action, name, value);
}

/** Whether `value` is a function that makes an async generator, which is no coroutine. */
export function isAsyncGeneratorFunction(value: unknown): boolean {
  return typeof value === "function" && tagOf(value) === "AsyncGeneratorFunction";
}

function tagOf(fn: object): string | undefined {
  return (fn as { [Symbol.toStringTag]?: string })[Symbol.toStringTag];
}

/** Whether `value` has a `then` method. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return isObject(value) && typeof (value as { then?: unknown }).then === "function";
}

/** Whether `value` is a generator object, which is a coroutine here. */
export function isGenerator(value: unknown): value is Generator<unknown, unknown, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const { next, throw: throwInto } = value as Partial<Generator>;
  return Symbol.iterator in value && typeof next === "function" && typeof throwInto === "function";
}

/** Whether `value` is an object or a function. */
export function isObject(value: unknown): value is object {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}
