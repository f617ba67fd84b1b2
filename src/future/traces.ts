/**
 * Stacks of errors. An error that a timer makes gets its stack when the code that waits is thrown
 * it: a stack of its own would lead to the timer alone, and would be paid before.
 *
 * @module
 */

import { attempt, isPromiseReplaced } from "../base/engine.ts";
import type { Reject, Resolve } from "./promises.ts";

/** The errors that have no stack yet. */
const untraced = new WeakSet<object>();

/** Notes that an error is to get its stack when somebody is thrown it. */
export function traceLater<E extends object>(error: E): E {
  untraced.add(error);
  return error;
}

function isUntraced(exception: unknown): exception is object {
  return typeof exception === "object" && exception !== null && untraced.has(exception);
}

/**
 * Gives an error the stack of the code that runs now, if the error has none yet.
 *
 * @param caller The function that the stack leaves out, with all that it has called.
 * @returns The error.
 */
export function trace(exception: unknown, caller: (...args: never[]) => unknown): unknown {
  if (!isUntraced(exception)) return exception;
  untraced.delete(exception);
  captureStack(exception, caller);
  return exception;
}

/**
 * Gives an object the stack of the code that runs now, if the engine is able to.
 *
 * @param caller The function that the stack leaves out, with all that it has called.
 */
export function captureStack(target: object, caller: unknown): void {
  const { captureStackTrace } = Error as { captureStackTrace?(target: object, fn: unknown): void };
  // The object may be frozen, for instance.
  attempt(() => captureStackTrace?.(target, caller));
}

/**
 * Rejects the promise of an `await` with an exception, two microtasks later if that is an error
 * without a stack: from the reaction that traces, V8 finds the async functions that wait, by way of
 * the two functions of the promise.
 */
export function rejectTraced(exception: unknown, resolve: Resolve, reject: Reject): void {
  if (!isUntraced(exception) || isPromiseReplaced()) return reject(exception);
  const rethrow = () => {
    throw trace(exception, rethrow);
  };
  Promise.resolve().then(rethrow).then(resolve, reject);
}
