/**
 * Failures: the exceptions of futures, which are reported unless somebody retrieves them.
 *
 * @module
 */

import type { Future } from "../../future.ts";
import { attempt } from "../base/engine.ts";
import { internals } from "./internals.ts";
import { PendingReport } from "./pending_reports.ts";
import { EXCEPTION } from "./states.ts";
import { captureStack, trace } from "./traces.ts";

/** The exception of one future, and whether somebody has retrieved it. */
export class Failure {
  readonly #exception: unknown;
  readonly #taskName: string | undefined;
  #retrieved = false;
  #report: PendingReport | undefined = undefined;

  /**
   * @param exception The exception.
   * @param taskName The name of the task, if the future is a task.
   */
  constructor(exception: unknown, taskName?: string) {
    this.#exception = exception;
    this.#taskName = taskName;
  }

  /**
   * Returns the exception to somebody who handles it: no report will be made.
   *
   * @param caller The method that throws or returns it, for an exception that has no stack yet.
   */
  retrieve(caller?: () => unknown): unknown {
    this.#retrieved = true;
    this.#report?.discard();
    return caller ? trace(this.#exception, caller) : this.#exception;
  }

  /** Returns the exception without retrieving it. */
  peek(): unknown {
    return this.#exception;
  }

  /**
   * Reports the exception when the future is garbage-collected, when `run()` ends or when the
   * process exits, unless somebody retrieves it before.
   */
  reportUnlessRetrieved(future: Future<unknown>): void {
    if (this.#retrieved) return;
    this.#report = new PendingReport(future, this.#exception, this.#taskName);
  }
}

/**
 * Makes a future done with `exception` as it is. `setException()` alone would instantiate an
 * error class that was thrown itself.
 */
export function fail(future: Future<unknown>, exception: unknown): void {
  if (isErrorClass(exception) && internals.isOfThisCopy(future) && !future.done()) {
    internals.settle(future, EXCEPTION, new Failure(exception));
  } else {
    future.setException(exception);
  }
}

/**
 * Returns the exception that a future stores: an error class is instantiated.
 *
 * @param caller The method that was given the exception.
 */
export function toException(exception: unknown, caller: unknown): unknown {
  return isErrorClass(exception) ? instantiate(exception, caller) : exception;
}

/**
 * Does the work of `setExceptionUnlessDone()`.
 *
 * @param caller The method itself.
 * @returns Whether the future has the exception now.
 */
export function failUnlessDone(
  future: Future<unknown>,
  exception: unknown,
  caller: unknown,
): boolean {
  if (future.done()) return false;
  const made = toException(exception, caller);
  // The constructor of the error class may have made the future done.
  if (future.done()) return false;
  future.setException(made);
  return true;
}

/**
 * Makes an error of the class that `setException()` was given. The error's stack begins at the
 * caller of `setException()`, as a call on the stack keeps its receiver, the future, alive.
 *
 * @param caller `setException()` itself.
 */
function instantiate(ErrorClass: new () => object, caller: unknown): object {
  const error = new ErrorClass();
  // A constructor may return an error of another class, whose stack stays. The check does not read
  // `stack`, which would keep alive what the stack holds, and throws for a revoked proxy.
  const isOfClass = attempt(() => Object.getPrototypeOf(error) === ErrorClass.prototype);
  if (isOfClass) captureStack(error, caller);
  return error;
}

/** Whether `value` is `Error` or a class that extends it, of this realm or of another. */
export function isErrorClass(value: unknown): value is new () => object {
  if (typeof value !== "function") return false;
  try {
    for (let owner = value.prototype; owner; owner = Object.getPrototypeOf(owner)) {
      if (owner.constructor.name === "Error" && Object.hasOwn(owner, "message")) return true;
    }
  } catch {
    // A proxy or a getter threw.
  }
  return false;
}
