/**
 * A request to cancel the code of a task.
 *
 * @module
 */

/** A request to cancel the code. */
export interface Request {
  /** The reason, usually a `CancelledError`. */
  readonly reason: unknown;
  /** Whether a scope or a time limit made the request. */
  readonly fromScope: boolean;
  /** Whether the scope whose body is cancelled made the request, so that nobody else answers it. */
  readonly isOwn: boolean;
  /** The number of the pass in which it reached this code; 0 if it was renewed. */
  readonly since: number;
  /** The number of the pass in which this code passed it on last. */
  readonly pass: number;
}

/** Returns the request that counts, of two that can only be thrown as one. */
export function stronger(earlier: Request | undefined, later: Request): Request {
  if (!earlier) return later;
  const { reason, fromScope } = earlier.fromScope && !later.fromScope ? later : earlier;
  if (reason === earlier.reason && earlier.isOwn <= later.isOwn) return earlier;
  return {
    reason,
    fromScope,
    isOwn: earlier.isOwn && later.isOwn,
    since: earlier.since,
    pass: earlier.pass,
  };
}
