/**
 * The states of a future.
 *
 * @module
 */

import { InvalidStateError } from "../../errors.ts";
import type { Future } from "../../future.ts";

export const PENDING = 0;

/** Done, with a result. */
export const RESULT = 1;

/** Done, with an exception, which a `Failure` holds. */
export const EXCEPTION = 2;

/** Done, cancelled. */
export const CANCELLED = 3;

export type State = typeof PENDING | typeof RESULT | typeof EXCEPTION | typeof CANCELLED;

/** Makes the error for a future that is done already, and cannot change its state. */
export function doneError(future: Future<unknown>, action: string): InvalidStateError {
  return new InvalidStateError(`Cannot ${action} as the future is done: ${future}`);
}
