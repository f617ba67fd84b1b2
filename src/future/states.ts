/**
 * The states of a future.
 *
 * @module
 */

export const PENDING = 0;

/** Done, with a result. */
export const RESULT = 1;

/** Done, with an exception, which a `Failure` holds. */
export const EXCEPTION = 2;

/** Done, cancelled. */
export const CANCELLED = 3;

export type State = typeof PENDING | typeof RESULT | typeof EXCEPTION | typeof CANCELLED;
