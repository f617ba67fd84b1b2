/**
 * Cancels a future that may be of any class: the `cancel()` of a subclass may throw.
 *
 * @module
 */

import type { Future } from "../../future.ts";
import { attempt } from "../base/engine.ts";
import { report } from "../loop/reports.ts";
import { currentLoop } from "../loop/running.ts";
import { internals } from "./internals.ts";
import { CANCELLED } from "./states.ts";

/** Something that can be cancelled: a future, perhaps of another copy of the module. */
export interface CancelTarget {
  /** Returns `false` if the target refuses the request, as it is done or about to be. */
  cancel(reason: unknown): boolean;
}

/**
 * Cancels a target. If its `cancel()` throws, which only a subclass's does, the error is reported,
 * and the target is cancelled all the same.
 *
 * @returns Whether the target took the request.
 */
export function cancelTarget(target: CancelTarget, reason: unknown): boolean {
  try {
    return target.cancel(reason);
  } catch (exception) {
    const future = target as Future<unknown>;
    const loop = attempt(() => future.getLoop()) ?? currentLoop();
    report(loop, { message: "Cannot cancel the future", exception, future });
    return internals.isOfThisCopy(target) && standardCancel(future, reason);
  }
}

/** Cancels each of some targets as {@linkcode cancelTarget} does; whether any took the request. */
export function cancelTargets(targets: Iterable<CancelTarget>, reason?: unknown): boolean {
  let isTaken = false;
  for (const target of targets) {
    if (cancelTarget(target, reason)) isTaken = true;
  }
  return isTaken;
}

/** The prototypes whose `cancel()` is the module's own. */
export const standardPrototypes = new Set<object>();

/** Calls the `cancel()` of the module that a subclass has overridden. */
function standardCancel(future: Future<unknown>, reason: unknown): boolean {
  let prototype = Object.getPrototypeOf(future);
  while (prototype && !standardPrototypes.has(prototype)) {
    prototype = Object.getPrototypeOf(prototype);
  }
  // A future that is done by now was cancelled by the method that threw.
  return prototype?.cancel.call(future, reason) || internals.stateOf(future) === CANCELLED;
}
