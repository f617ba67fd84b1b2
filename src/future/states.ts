/**
 * The states of a future.
 *
 * @module
 */

export const PENDING = 0;

/** Finished with a result. */
export const RESULT = 1;

/** Finished with an exception, a `Failure`. */
export const EXCEPTION = 2;

export const CANCELLED = 3;

export type State = typeof PENDING | typeof RESULT | typeof EXCEPTION | typeof CANCELLED;
