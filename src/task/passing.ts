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
import { report } from "../loop/reports.ts";
import { currentLoop } from "../loop/running.ts";

/**
 * Futures that took a request and ended with an outcome of their own before they could be thrown
 * that request, each with the number of the pass of the first such request. Whoever passed the request
 * on, in that pass or later, has to answer it.
 */
export const unanswered = new WeakMap<object, number>();

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
    return callStep(step, fromScope);
  } finally {
    // Deferred steps may defer more.
    for (const step of deferred) callDeferred(step);
    nesting--;
    deferred = [];
  }
}

/**
 * Calls a deferred step. An error is reported, as the `cancel()` that deferred the step has
 * returned: an error of a future of another copy of the module or of a loop of another class, or a
 * stack that overflows.
 */
function callDeferred(step: () => unknown): void {
  try {
    step();
  } catch (exception) {
    report(currentLoop(), { message: "Cannot pass a request to cancel on", exception });
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
