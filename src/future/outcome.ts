/**
 * The outcome of a future as a value that can be stored and passed on.
 *
 * @module
 */

import type { Future } from "../../future.ts";
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
