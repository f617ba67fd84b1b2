/**
 * The `TimeoutError` that a time limit ends with.
 *
 * @module
 */

import type { EventLoop } from "../../loop.ts";
import { enqueue } from "../context/capture.ts";
import type { Outcome } from "../future/outcome.ts";
import { CANCELLED, EXCEPTION } from "../future/states.ts";
import { traceLater } from "../future/traces.ts";
import { isHostLoop } from "../loop/running.ts";
import { markAsEndOfWait } from "../task/delivery.ts";
import { TimeoutError } from "./timeout_error.ts";

/**
 * Makes the error of a time limit.
 *
 * @param ms The limit in milliseconds.
 * @param what What took too long.
 * @param cause The `CancelledError` that ended it, if it was cancelled.
 */
export function timeoutError(ms: number, what: string, cause?: unknown): TimeoutError {
  // Differences of two times have digits that nobody asked for.
  const limit = Math.max(0, Number(ms.toFixed(3)));
  const options = cause === undefined ? undefined : { cause };
  const error = new TimeoutError(`Timed out after ${limit} ms: ${what}`, options);
  return traceLater(markAsEndOfWait(error));
}

/** How many microtasks what ends in the turn of a deadline may take to say so. */
const GRACE = 10;

/**
 * Calls `expire` when what was done in the turn of the deadline has told so: an async function that
 * ends, and a promise, take some microtasks for that. A loop that is not a standard one has no
 * microtasks to wait for.
 */
export function afterGrace(loop: EventLoop, expire: () => void): void {
  if (!isHostLoop(loop)) return expire();
  let left = GRACE;
  const hop = () => left-- > 0 ? enqueue(hop) : expire();
  hop();
}

/** Returns an outcome that came after the deadline: a cancellation becomes a `TimeoutError`. */
export function timedOut(outcome: Outcome, ms: number, what: string): Outcome {
  const [state, cause] = outcome;
  return state === CANCELLED ? [EXCEPTION, timeoutError(ms, what, cause)] : outcome;
}
