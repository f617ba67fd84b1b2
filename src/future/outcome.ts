/**
 * The outcome of a future as a value that can be stored and passed on.
 *
 * @module
 */

import { isCancelledError } from "../../errors.ts";
import type { Future } from "../../future.ts";
import type { Failure } from "./failure.ts";
import { internals } from "./internals.ts";
import { CANCELLED, EXCEPTION, RESULT, type State } from "./states.ts";

/** The final state of a future, with its result, exception or `CancelledError`. */
export type Outcome = [state: State, value: unknown];

/**
 * Returns the outcome of a future of any class, which must be done, and marks its exception as
 * retrieved.
 */
export function outcomeOf(future: Future<unknown>): Outcome {
  try {
    return [RESULT, future.result()];
  } catch (error) {
    return [future.cancelled() ? CANCELLED : EXCEPTION, error];
  }
}

/** Returns the outcome of a future of this copy of the module, which must be done, and marks nothing. */
export function peekOutcome(future: Future<unknown>): Outcome {
  const state = internals.stateOf(future);
  const outcome = internals.waitersOrOutcome(future);
  return [state, state === EXCEPTION ? (outcome as Failure).peek() : outcome];
}

/**
 * Whether code that waits for a future gets a CancelledError. The future is done, and may belong to
 * another copy of the module.
 */
export function endsInCancellation(future: Future<unknown>): boolean {
  if (!internals.isOfThisCopy(future)) return future.cancelled();
  const state = internals.stateOf(future);
  return state === CANCELLED ||
    (state === EXCEPTION &&
      isCancelledError((internals.waitersOrOutcome(future) as Failure).peek()));
}

/**
 * Whether a future failed. For futures of this copy of the module, the exception does not count as
 * retrieved.
 */
export function hasFailed(future: Future<unknown>): boolean {
  if (internals.isOfThisCopy(future)) return internals.stateOf(future) === EXCEPTION;
  return outcomeOf(future)[0] === EXCEPTION;
}
