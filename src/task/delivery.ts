/**
 * Whether code that waits for a future gets its outcome, or is thrown a request to cancel that comes
 * in between; and `HandedFuture`, by which a lock or a queue hands something over.
 *
 * @module
 */

import { Future } from "../../future.ts";
import type { SharedCancellation } from "../context/copies.ts";
import { internals, type Source } from "../future/internals.ts";
import { outcomeOf, peekOutcome } from "../future/outcome.ts";

/** Stands for all code that waits for a future. */
export const ANY_CODE = {};

/**
 * Stands for the code that waits for a result which a request can undo, until somebody has made use
 * of it: then the result is delivered first. An item that waited to be put into a queue can be taken
 * out again, until it is got.
 */
export class Offer {
  /** Whether the result cannot be undone any more. */
  isUsed = false;
}

/**
 * Called if code is thrown a request in place of the result, which stays in the future. Gets that
 * code, and whether the code began to wait before the future was done.
 */
export type OnUndelivered = (code: SharedCancellation, waited: boolean) => void;

/**
 * A future of a lock or a queue, whose result has to be given back if nobody gets it. The class knows
 * what weak maps know of other futures, and leaves the fields to its subclasses: see
 * docs/performance.md#futures-that-hand-over.
 */
export abstract class HandedFuture<T> extends Future<T> {
  /** See {@linkcode deliverFirst}. */
  abstract deliveredFirst: object | undefined;

  /** Gives the result back; `undefined` if nobody has to. */
  abstract readonly giveBack: ((result: T) => void) | undefined;

  /** What settles the future; `undefined` once the future is done. */
  get source(): Source | undefined {
    return undefined;
  }

  /** Called as {@linkcode setOnUndelivered} says. */
  onUndelivered(_code: SharedCancellation, _waited: boolean): void {}
}

/** The value of {@linkcode HandedFuture.deliveredFirst} for futures of other classes. */
const deliveredFirst = new WeakMap<object, object>();

/** What does the work of {@linkcode HandedFuture.onUndelivered} for futures of other classes. */
const onUndelivered = new WeakMap<object, OnUndelivered>();

/**
 * Lets the outcome of a future reach code before any request that comes later: such a request is
 * thrown at the task's next wait. The end of a scope is one, as in asyncio a scope ends in the code
 * of the task; and so are waits from whose error the language drops a request.
 *
 * @param code The code that gets the outcome first, {@linkcode ANY_CODE}, or an {@linkcode Offer}.
 */
export function deliverFirst(future: object, code: object): void {
  if (future instanceof HandedFuture) future.deliveredFirst = code;
  else deliveredFirst.set(future, code);
}

/** The code that was given to {@linkcode deliverFirst}, if any was. */
export function deliveredFirstOf(future: object): object | undefined {
  return future instanceof HandedFuture ? future.deliveredFirst : deliveredFirst.get(future);
}

/** Whether the outcome of a future reaches code before any request that comes later. */
export function isDeliveredFirst(future: object, code: object): boolean {
  const first = deliveredFirstOf(future);
  return first === code || first === ANY_CODE || (first instanceof Offer && first.isUsed);
}

/**
 * Sets what is called for each code that waits and does not get the result of a future, which is not
 * a {@linkcode HandedFuture}.
 */
export function setOnUndelivered(future: object, callback: OnUndelivered): void {
  onUndelivered.set(future, callback);
}

/** Errors of this module that only say why a wait has ended: a time limit, a shutdown, an abort. */
const endsOfWaits = new WeakSet<object>();

/** Notes an error that nobody misses who is thrown a request to cancel in place of it. */
export function markAsEndOfWait<E extends object>(error: E): E {
  endsOfWaits.add(error);
  return error;
}

/** Notes that code is thrown a request in place of the outcome of a future. */
export function noteUndelivered(
  future: Future<unknown>,
  code: SharedCancellation,
  waited: boolean,
): void {
  if (internals.isOfThisCopy(future)) {
    const [, value] = peekOutcome(future);
    // Marks the exception as retrieved, which would be reported otherwise.
    if (endsOfWaits.has(value as object)) outcomeOf(future);
  }
  if (future instanceof HandedFuture) future.onUndelivered(code, waited);
  else onUndelivered.get(future)?.(code, waited);
}
