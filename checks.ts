/**
 * Checks of arguments that several modules share. Each throws at the call,
 * before anything has changed.
 *
 * @module
 */

import { show } from "./inspect.ts";
import type { Context } from "./context.ts";
import type { EventLoop } from "./loop.ts";

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

/** The options that mean the same wherever they stand. */
interface CommonOptions {
  loop?: EventLoop | undefined;
  signal?: AbortSignal | undefined;
  context?: Context | undefined;
}

/**
 * Whether an object or its class has a property. `Object.prototype`, that of another realm
 * included, does not count: anybody may have put something there.
 */
export function hasOfItsOwn(object: object, name: PropertyKey): boolean {
  for (let owner = object; owner; owner = Object.getPrototypeOf(owner)) {
    if (Object.hasOwn(owner, name)) return !isObjectPrototype(owner);
  }
  return false;
}

function isObjectPrototype(value: object): boolean {
  return Object.getPrototypeOf(value) === null && Object.hasOwn(value, "hasOwnProperty");
}

/** An object that has nothing but what every object inherits. */
const INHERITED: Record<string, unknown> = {};

/**
 * Whether somebody gave every object a property that options are asked for. The properties are
 * read one by one, by name, as engines then take no time for those that are missing.
 */
function isPolluted(): boolean {
  try {
    const { loop, signal, context, name, eagerStart, result, timeout, returnWhen } = INHERITED;
    const { returnExceptions, debug, handleInterrupt, shutdownTimeout } = INHERITED;
    const { aborted, run, callSoon } = INHERITED;
    return loop !== undefined || signal !== undefined || context !== undefined ||
      name !== undefined || eagerStart !== undefined || result !== undefined ||
      timeout !== undefined || returnWhen !== undefined || returnExceptions !== undefined ||
      debug !== undefined || handleInterrupt !== undefined || shutdownTimeout !== undefined ||
      aborted !== undefined || run !== undefined || callSoon !== undefined;
  } catch {
    // A getter threw.
    return true;
  }
}

/** Options that were left out. V8 reads an object that Object.create(null) makes slowly. */
const NONE: object = Object.freeze(Object.setPrototypeOf({}, null));

/** Returns options as they can be read: those of the object and its class alone. */
function ownOptions<O extends object>(options: O): Partial<O> {
  return Object.getPrototypeOf(options) === null || !isPolluted() ? options : copyOwn(options);
}

function copyOwn<O extends object>(options: O): Partial<O> {
  const names = new Set<PropertyKey>();
  for (let owner = options; owner; owner = Object.getPrototypeOf(owner)) {
    if (!isObjectPrototype(owner)) Reflect.ownKeys(owner).forEach((name) => names.add(name));
  }
  const copy = Object.create(null);
  for (const name of names) copy[name] = options[name as keyof O];
  return copy;
}

/**
 * Checks an options argument, with the loop, the signal and the context in it.
 *
 * @param hint What to do instead, for a usual mistake.
 * @returns The options, or none if they were left out.
 * @throws {TypeError} If `options` is given and not an object, or if its loop, signal or
 * context is not one.
 */
export function checkOptions<O extends object>(
  action: string,
  options: O | undefined,
  hint = "",
): Partial<O> {
  return options === undefined ? NONE : checkGivenOptions(action, options, hint);
}

/** A slow path of its own, so that the engine inlines the check for left-out options. */
function checkGivenOptions<O extends object>(action: string, given: O, hint: string): Partial<O> {
  if (typeof given !== "object" || given === null) {
    throw cannot(action, `its options are no object${hint}`, given);
  }
  const options = ownOptions(given);
  const mistake = "aborted" in options
    ? "a signal: write `{ signal }`"
    : "run" in options
    ? "a context: write `{ context }`"
    : "callSoon" in options
    ? "a loop: write `{ loop }`"
    : "";
  if (mistake) throw cannot(action, `its options are ${mistake}`, given);
  const { loop, signal, context } = options as CommonOptions;
  checkLoop(loop);
  if (signal !== undefined && !(typeof signal?.aborted === "boolean" && isEventTarget(signal))) {
    throw cannot("use the signal", "it is no AbortSignal", signal);
  }
  if (context !== undefined && typeof context?.run !== "function") {
    throw cannot("use the context", "it has no run method", context);
  }
  return options;
}

function isEventTarget({ addEventListener, removeEventListener }: AbortSignal): boolean {
  return typeof addEventListener === "function" && typeof removeEventListener === "function";
}

/** The loops that are known to be such. */
export const knownLoops = new WeakSet<EventLoop>();

/** What this module calls of a loop. */
const LOOP_METHODS = [
  "callSoon",
  "callLater",
  "callAt",
  "time",
  "createFuture",
  "createTask",
  "callExceptionHandler",
  "getDebug",
  "setDebug",
  "isClosed",
  "close",
] as const;

/**
 * Checks a `loop` argument.
 *
 * @throws {TypeError} If it is given and no event loop.
 */
export function checkLoop(loop: EventLoop | undefined): void {
  if (
    loop === undefined || knownLoops.has(loop) ||
    LOOP_METHODS.every((name) => typeof loop?.[name] === "function")
  ) return;
  throw cannot("use the loop", "it is no event loop", loop);
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
    checkTagged(action, callback, name);
  }
}

/** Apart, so that the engine inlines the check of plain functions, which have no tag. */
function checkTagged(action: string, callback: unknown, name = "callback"): void {
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
  throw cannot(action, `the coroutine is neither a generator nor a function${hint}`, coro);
}

/** The generators that tasks run: Python cannot reuse a coroutine either. */
export const driven = new WeakSet<object>();

/**
 * Checks a generator that is to become a task.
 *
 * @throws {TypeError} If a task runs it already.
 */
export function checkUndriven(action: string, generator: object): void {
  if (driven.has(generator)) {
    throw cannot(action, "another task runs the generator already", generator);
  }
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
