/**
 * Checks of options and of event loops. Options are the properties of the given object and its
 * class alone, so that a polluted `Object.prototype` sets none.
 *
 * @module
 */

import type { EventLoop } from "../../loop.ts";
import { cannot } from "./checks.ts";
import type { Context } from "../context/frame.ts";

/** The options that mean the same in every function that has them. */
interface CommonOptions {
  loop?: EventLoop | undefined;
  signal?: AbortSignal | undefined;
  context?: Context | undefined;
}

/** Stands for options that are not given: see docs/performance.md#empty-options. */
const NONE: object = Object.freeze(Object.setPrototypeOf({}, null));

/**
 * Checks an options argument, with the loop, the signal and the context in it.
 *
 * @param hint Text for the error: what to write instead of a usual mistake.
 * @returns The options; an empty object if `options` is `undefined`.
 * @throws {TypeError} If `options` is given and not an object, or if its loop is not an event
 * loop, its signal not an `AbortSignal`, or its context has no `run` method.
 */
export function checkOptions<O extends object>(
  action: string,
  options: O | undefined,
  hint = "",
): Partial<O> {
  return options === undefined ? NONE : checkOptionsSlow(action, options, hint);
}

/** The rare part of `checkOptions()`: see docs/performance.md#rare-parts-apart. */
function checkOptionsSlow<O extends object>(action: string, given: O, hint: string): Partial<O> {
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
    : "then" in options && !("signal" in options)
    ? "a promise (use ensureFuture)"
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

/** Returns `options`, or a copy without inherited options if `Object.prototype` is polluted. */
function ownOptions<O extends object>(options: O): Partial<O> {
  return Object.getPrototypeOf(options) === null || !isPolluted() ? options : copyOwn(options);
}

/** An empty object: a property found here belongs to every object. */
const INHERITED: Record<string, unknown> = {};

/**
 * Whether `Object.prototype` has a property with the name of an option, or of a usual mistake.
 *
 * Reads each name apart: see docs/performance.md#pollution-of-options.
 */
function isPolluted(): boolean {
  try {
    const { loop, signal, context, name, eagerStart, result, timeout, returnWhen } = INHERITED;
    const { returnExceptions, debug, handleInterrupt, keepAlive } = INHERITED;
    const { shutdownTimeout, persistent, aborted, run, callSoon, onLate } = INHERITED;
    return loop !== undefined || signal !== undefined || context !== undefined ||
      name !== undefined || eagerStart !== undefined || result !== undefined ||
      timeout !== undefined || returnWhen !== undefined || returnExceptions !== undefined ||
      debug !== undefined || handleInterrupt !== undefined || keepAlive !== undefined ||
      shutdownTimeout !== undefined || persistent !== undefined || aborted !== undefined ||
      run !== undefined || callSoon !== undefined || onLate !== undefined;
  } catch {
    // A getter of the polluted prototype threw.
    return true;
  }
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
 * Whether an object or its class has a property. The `Object.prototype` of any realm does not
 * count, as a program may have polluted it.
 */
export function hasOfItsOwn(object: object, name: PropertyKey): boolean {
  for (let owner = object; owner; owner = Object.getPrototypeOf(owner)) {
    if (Object.hasOwn(owner, name)) return !isObjectPrototype(owner);
  }
  return false;
}

/**
 * Returns an option of checked options that {@linkcode isPolluted} does not ask for.
 *
 * @param byDefault The value if the option is not given, or is `undefined`.
 */
export function ownOption<O extends object, K extends keyof O>(
  options: O,
  name: K,
  byDefault: NonNullable<O[K]>,
): NonNullable<O[K]> {
  const value = hasOfItsOwn(options, name) ? options[name] : undefined;
  return value === undefined ? byDefault : value as NonNullable<O[K]>;
}

/** Whether `value` is the `Object.prototype` of any realm. */
function isObjectPrototype(value: object): boolean {
  return Object.getPrototypeOf(value) === null && Object.hasOwn(value, "hasOwnProperty");
}

/** The loops of this module, which need no check; the constructor of `HostEventLoop` adds them. */
export const knownLoops = new WeakSet<EventLoop>();

/** The methods of a loop that this module calls. */
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
 * Checks a `loop` argument, which may be `undefined`.
 *
 * @throws {TypeError} If `loop` is not an event loop.
 */
export function checkLoop(loop: EventLoop | undefined): void {
  if (
    loop === undefined || knownLoops.has(loop) ||
    LOOP_METHODS.every((name) => typeof loop?.[name] === "function")
  ) return;
  throw cannot("use the loop", "it is no event loop", loop);
}
