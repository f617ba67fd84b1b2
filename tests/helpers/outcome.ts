/**
 * Tells how futures ended.
 *
 * @module
 */

import { type Future, TimeoutError } from "../../mod.ts";

/**
 * The outcome of a future in one line, such as `result 1`. An AggregateError shows its errors, a
 * TimeoutError has no message here, as that says what was waited for.
 */
export function outcome(future: Future<unknown>): string {
  if (!future.done()) return "pending";
  try {
    return `result ${future.result()}`;
  } catch (error) {
    if (error instanceof TimeoutError) return TIMED_OUT;
    const errors = error instanceof AggregateError ? ` [${error.errors.join(", ")}]` : "";
    return `${future.cancelled() ? "cancelled" : "failed"} ${error}${errors}`;
  }
}

/** The outcome of a scope whose time is over. */
export const TIMED_OUT = "failed TimeoutError";

/** The outcome of a future that was cancelled without a reason. */
export const CANCELLED = "cancelled CancelledError: The operation has been cancelled";

/** The outcome of a task group with errors, which follow in brackets. */
export const FAILED = "failed AggregateError: Unhandled errors in a task group";
