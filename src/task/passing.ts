/**
 * Passes a request to cancel along everything that waits on each other, whatever the shape: a long
 * row, a circle, a graph with shared parts.
 *
 * One *pass* is all that happens inside the outermost `cancel()`. Each task and each
 * `DelegatingFuture` passes the request on once in a pass. Calls nest up to a limit; beyond it they
 * are put off until the outermost call would return.
 *
 * @module
 */

import { CancelledError } from "../../errors.ts";
import type { Future } from "../../future.ts";
import { attempt } from "../base/engine.ts";
import { internals } from "../future/internals.ts";
import { report } from "../loop/reports.ts";
import { currentLoop } from "../loop/running.ts";

/** Something that a task waits on: a future, perhaps of another copy of the module. */
export interface WaitTarget {
  /** Returns `false` if the target refuses the request, as it is done or about to be. */
  cancel(reason: unknown): boolean;
}

/**
 * Futures that took a request and ended with an outcome of their own before they could be thrown
 * that request, each with the number of the pass of the first such request. Whoever passed the request
 * on, in that pass or later, has to answer it.
 */
export const unanswered = new WeakMap<object, number>();

/**
 * Futures whose outcome reaches the task before any request that comes later: such a request is
 * thrown at the task's next wait. The end of a scope is one, as in asyncio a scope ends in the code
 * of the task; and so are waits from whose error the language drops a request. The value is the code
 * that is delivered first; `undefined` for all.
 */
export const deliveredFirst = new WeakMap<object, object | undefined>();

/**
 * What to call if a task that waits for a future is thrown a request in place of its result, which
 * stays in the future.
 */
export const undelivered = new WeakMap<object, () => void>();

/** The errors of requests that scopes and time limits made. */
export const scopeErrors = new WeakSet<CancelledError>();

/** Makes the error of a request that a scope or a time limit makes. */
export function makeScopeError(): CancelledError {
  const error = new CancelledError();
  scopeErrors.add(error);
  return error;
}

/** How deep calls of `cancel()` may nest. */
const MAX_NESTING = 100;

/** How deep they are nested now. Changed by `passOn()` only; 0 outside of a pass. */
let nesting = 0;

/** The number of the latest pass. */
let latestPass = 0;

/** Whether the request that is being passed on comes from a scope or a time limit. */
let isFromScope = false;

/** Steps that would have nested too deep, in the order in which they are to run. */
let deferred: (() => unknown)[] = [];

/** The number of the pass that runs now. */
export function currentPass(): number {
  return latestPass;
}

/** Whether the request that is being passed on comes from a scope or a time limit. */
export function comesFromScope(): boolean {
  return isFromScope;
}

/**
 * Calls `step`, which passes a request on, as a part of the current pass or as a pass of its own.
 *
 * @param fromScope Whether the request comes from a scope or a time limit.
 * @returns The result of `step`; `true` if it nests too deep and runs later.
 */
export function passOn(step: () => boolean, fromScope: boolean = isFromScope): boolean {
  if (nesting > 0) return callStep(step, fromScope);
  latestPass++;
  nesting++;
  try {
    const isTaken = callStep(step, fromScope);
    // Deferred steps may defer more.
    for (let i = 0; i < deferred.length; i++) attempt(deferred[i]!);
    return isTaken;
  } finally {
    nesting--;
    deferred = [];
  }
}

function callStep(step: () => boolean, fromScope: boolean): boolean {
  const outer = isFromScope;
  if (nesting === MAX_NESTING) {
    deferred.push(() => callStep(step, fromScope));
    return true;
  }
  nesting++;
  isFromScope = fromScope;
  try {
    return step();
  } finally {
    nesting--;
    isFromScope = outer;
  }
}

/**
 * Cancels a target. If its `cancel()` throws, which only a subclass's does, the error is reported,
 * the target is cancelled all the same, and the pass goes on.
 *
 * @returns Whether the target took the request.
 */
export function cancelTarget(target: WaitTarget, reason: unknown): boolean {
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
export function cancelTargets(targets: Iterable<WaitTarget>, reason?: unknown): boolean {
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
  return prototype?.cancel.call(future, reason) || future.cancelled();
}
