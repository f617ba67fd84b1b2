/**
 * Checks of options and of event loops. Options are read as own properties only, so that a
 * polluted `Object.prototype` sets none.
 *
 * @module
 */

import type { EventLoop } from "../../loop.ts";
import { cannot } from "./checks.ts";
import type { Context } from "../context/frame.ts";

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
  return options === undefined ? NONE : checkOptionsSlow(action, options, hint);
}

/** A slow path of its own, so that the engine inlines the check for left-out options. */
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
