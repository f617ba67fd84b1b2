/**
 * The arguments of `gather()`: awaitables, and options at the end.
 *
 * @module
 */

import { isGenerator, isObject } from "../base/checks.ts";
import { hasOfItsOwn } from "../base/options.ts";
import { isFuture } from "../future/brand.ts";
import { awaitableHint } from "./ensure.ts";
import type { GatherOptions } from "./gather.ts";

/** Returns the hint for a value that gather() cannot await. */
export function gatherHint(arg: unknown): string {
  if (isObject(arg) && Symbol.iterator in arg) return " (write `...` before it)";
  if (isGatherOptions(arg)) return " (options come last)";
  if (isObject(arg) && "aborted" in arg) return " (write `{ signal }`)";
  return awaitableHint(arg);
}

/**
 * Whether the last argument of gather() is the options: a plain object, or an instance of a user's
 * class that has one of them.
 */
export function isGatherOptions(value: unknown): value is GatherOptions {
  if (typeof value !== "object" || value === null) return false;
  if (isFuture(value) || isGenerator(value) || hasOfItsOwn(value, "then")) return false;
  const prototype = Object.getPrototypeOf(value);
  if (prototype === Object.prototype || prototype === null) return true;
  // Objects of the platform, such as a Request, may have a signal, too; their tags tell them apart.
  return !(Symbol.toStringTag in value) &&
    (hasOfItsOwn(value, "returnExceptions") || hasOfItsOwn(value, "signal"));
}
