/**
 * Checks of arguments that several modules share. Each throws at the call,
 * before anything has changed.
 *
 * @module
 */

import { show } from "./inspect.ts";

/**
 * Checks an options argument.
 *
 * @param action What cannot be done otherwise, as in "create a Future".
 * @param options The argument.
 * @param hint What to do instead, for a usual mistake.
 * @throws {TypeError} If it is given and no object.
 */
export function checkOptions(action: string, options: unknown, hint = ""): void {
  if (options === undefined) return;
  let problem = `no object${hint}`;
  if (typeof options === "object" && options !== null) {
    if ("aborted" in options) problem = "a signal: write `{ signal }`";
    else if ("run" in options) problem = "a context: write `{ context }`";
    else return;
  }
  throw new TypeError(`Cannot ${action} as its options are ${problem}: received ${show(options)}`);
}

/**
 * Checks a callback argument.
 *
 * @throws {TypeError} If it is no function.
 */
export function checkCallback(action: string, callback: unknown, name = "callback"): void {
  if (typeof callback === "function") return;
  throw new TypeError(`Cannot ${action} as the ${name} is no function: received ${show(callback)}`);
}

/**
 * Checks a time or a delay in milliseconds.
 *
 * @throws {TypeError} If it is no number or `NaN`.
 */
export function checkMilliseconds(action: string, name: string, value: unknown): void {
  if (typeof value === "number" && !Number.isNaN(value)) return;
  throw new TypeError(
    `Cannot ${action} as the ${name} is no number of milliseconds: received ${show(value)}`,
  );
}

/**
 * Checks a coroutine argument.
 *
 * @throws {TypeError} If it is neither a generator nor a function.
 */
export function checkCoroutine(action: string, coro: unknown): void {
  const isAsyncGenerator = isAsyncGeneratorFunction(coro);
  if ((typeof coro === "function" && !isAsyncGenerator) || isGenerator(coro)) return;
  const hint = isThenable(coro)
    ? " (a promise already runs: pass the async function itself, or use ensureFuture)"
    : isAsyncGenerator
    ? " (an async generator yields values: loop over it in an async function)"
    : "";
  throw new TypeError(
    `Cannot ${action} as the coroutine is neither a generator nor a function${hint}: received ${
      show(coro)
    }`,
  );
}

/** The generators that tasks run: Python cannot reuse a coroutine either. */
export const driven = new WeakSet<object>();

/**
 * Checks a generator that is to become a task.
 *
 * @throws {TypeError} If a task runs it already.
 */
export function checkUndriven(action: string, generator: object): void {
  if (!driven.has(generator)) return;
  throw new TypeError(
    `Cannot ${action} as another task runs the generator already: received ${show(generator)}`,
  );
}

/** Whether `value` is a function that makes an async generator, which is no coroutine. */
export function isAsyncGeneratorFunction(value: unknown): boolean {
  return typeof value === "function" &&
    (value as { [Symbol.toStringTag]?: string })[Symbol.toStringTag] === "AsyncGeneratorFunction";
}

/** Whether `value` has a `then` method. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return ((typeof value === "object" && value !== null) || typeof value === "function") &&
    typeof (value as { then?: unknown }).then === "function";
}

/** Whether `value` is a generator object, which is a coroutine here. */
export function isGenerator(value: unknown): value is Generator<unknown, unknown, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const { next, throw: throwInto } = value as Partial<Generator>;
  return Symbol.iterator in value && typeof next === "function" && typeof throwInto === "function";
}
