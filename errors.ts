/**
 * The classes of errors that this module throws, the conversion of a cancellation's reason to a
 * `CancelledError`, and the tests for cancellations and aborts.
 *
 * @module
 */

import { attempt, define } from "./src/base/engine.ts";
import { isError } from "./src/base/inspect.ts";

/**
 * The operation has been cancelled.
 *
 * `await` and `yield*` throw this error when the future that they wait on, or the task that
 * waits, is cancelled. Code may catch the error to clean up, and usually rethrows it.
 *
 * Source: [`asyncio.CancelledError`](https://docs.python.org/3.14/library/asyncio-exceptions.html#asyncio.CancelledError).
 *
 * @example Usage
 * ```ts
 * import { CancelledError, Future } from "@asyncio/future";
 * import { assertRejects } from "@std/assert";
 *
 * const reply = new Future<string>();
 * reply.cancel("the client went away");
 * await assertRejects(async () => await reply, CancelledError, "went away");
 * ```
 */
export class CancelledError extends Error {
  static {
    brand(this, "CancelledError");
  }

  /**
   * Makes the error.
   *
   * @param message Why the operation was cancelled. Default: "The operation has been cancelled".
   * @param options May hold a `cause`. Default: no cause.
   */
  constructor(message = "The operation has been cancelled", options?: ErrorOptions) {
    super(message, options);
  }
}

/**
 * A future or task is not in the state that the operation needs.
 *
 * `setResult()` and `setException()` throw this error on a future that is done, and on every future
 * whose outcome comes from elsewhere (a task, `gather()`, `waitFor()`, a scope);
 * `result()` and `exception()` throw this error on a pending future.
 *
 * Source: [`asyncio.InvalidStateError`](https://docs.python.org/3.14/library/asyncio-exceptions.html#asyncio.InvalidStateError).
 *
 * @example Usage
 * ```ts
 * import { Future, InvalidStateError } from "@asyncio/future";
 * import { assertThrows } from "@std/assert";
 *
 * const answer = new Future<number>();
 * answer.setResult(42);
 * assertThrows(() => answer.setResult(43), InvalidStateError, "result=42");
 * ```
 */
export class InvalidStateError extends Error {
  static {
    brand(this, "InvalidStateError");
  }
}

/**
 * The operation has exceeded the given deadline.
 *
 * This class is not the `DOMException` of the same name that `AbortSignal.timeout()` aborts with.
 *
 * Source: [`asyncio.TimeoutError`](https://docs.python.org/3.14/library/asyncio-exceptions.html#asyncio.TimeoutError).
 *
 * @example Usage
 * ```ts
 * import { Future, getEventLoop, TimeoutError } from "@asyncio/future";
 * import { assertRejects } from "@std/assert";
 *
 * const reply = new Future<string>();
 * const timer = getEventLoop().callLater(5, () => {
 *   reply.setException(new TimeoutError("no reply within 5 ms"));
 * });
 * await assertRejects(async () => await reply, TimeoutError);
 * timer.cancel();
 * ```
 */
export class TimeoutError extends Error {
  static {
    brand(this, "TimeoutError");
  }

  /**
   * Makes the error.
   *
   * @param message What took too long. Default: "The operation has exceeded the given deadline".
   * @param options May hold a `cause`. Default: no cause.
   */
  constructor(message = "The operation has exceeded the given deadline", options?: ErrorOptions) {
    super(message, options);
  }
}

/**
 * Makes the error that a cancellation delivers.
 *
 * @param reason The argument of `cancel()`. A `CancelledError` is returned unchanged, a string
 * becomes the message, `undefined` gives the default message, any other value becomes the cause.
 */
export function toCancelledError(reason: unknown): CancelledError {
  if (isCancelledError(reason)) return reason;
  if (reason === undefined) return new CancelledError();
  if (typeof reason === "string") return new CancelledError(reason);
  return new CancelledError(undefined, { cause: reason });
}

/** Whether `error` is a `CancelledError`, of this copy of the module or of another. */
export function isCancelledError(error: unknown): error is CancelledError {
  // A proxy or a getter may throw here.
  return attempt(() => error instanceof CancelledError || isErrorNamed(error, "CancelledError")) ===
    true;
}

/** Whether `error` is an `AbortError`, which web APIs throw when a signal aborts. */
export function isAbortError(error: unknown): boolean {
  return attempt(() => isErrorNamed(error, "AbortError")) === true;
}

/** Compares the name, because `instanceof` fails for errors of another realm. */
function isErrorNamed(error: unknown, name: string): boolean {
  return isError(error) && error.name === name;
}

/**
 * Names a class of errors and brands its prototype, so that `instanceof` also accepts the errors
 * of other copies of this module.
 */
function brand(ErrorClass: { prototype: Error }, name: string): void {
  const key = Symbol.for(`asyncio.${name}`);
  define(ErrorClass.prototype, "name", { value: name, writable: true, configurable: true });
  define(ErrorClass.prototype, key, { value: true });
  define(ErrorClass, Symbol.hasInstance, {
    value(this: unknown, value: unknown): boolean {
      // Subclasses inherit this method but use the ordinary test of the prototype chain.
      if (this !== ErrorClass) {
        return Function.prototype[Symbol.hasInstance].call(this as never, value);
      }
      return typeof value === "object" && value !== null && key in value;
    },
  });
}
