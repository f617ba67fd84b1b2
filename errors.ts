/**
 * `CancelledError` and `InvalidStateError`, the conversion of a cancellation's reason to the former,
 * and the tests for cancellations and for the abort errors of libraries.
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
 * If a signal cancelled the future, the signal's reason is the `cause`; a string is the message
 * instead. Code that expects the reason itself, such as an `AbortError`, has to ask the signal.
 *
 * Source: [`asyncio.CancelledError`](https://docs.python.org/3.14/library/asyncio-exceptions.html#asyncio.CancelledError).
 *
 * @category Errors
 *
 * @example
 * ```ts
 * import { CancelledError, Future } from "@asyncio/future";
 * import { assertRejects } from "@std/assert";
 *
 * const reply = new Future<string>();
 * reply.cancel("the client went away");
 * await assertRejects(async () => await reply, CancelledError, "went away");
 * ```
 *
 * @example
 * ```ts
 * // A signal that aborts gives its reason as the cause.
 * import { sleep } from "@asyncio/future";
 * import { assertEquals } from "@std/assert";
 *
 * const controller = new AbortController();
 * const { signal } = controller;
 * setTimeout(() => controller.abort(), 1);
 * try {
 *   try {
 *     await sleep(60_000, { signal });
 *   } catch (error) {
 *     signal.throwIfAborted(); // throws the reason
 *     throw error;
 *   }
 * } catch (error) {
 *   assertEquals((error as Error).name, "AbortError");
 * }
 * ```
 */
export class CancelledError extends Error {
  static {
    brand(this, "CancelledError");
  }

  /**
   * Makes the error that cancelled code is thrown. `cancel(new CancelledError("…"))` gives it to a
   * task; a `catch` for other errors rethrows it. Source:
   * [`asyncio.CancelledError`](https://docs.python.org/3.14/library/asyncio-exceptions.html#asyncio.CancelledError).
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
 * @category Errors
 *
 * @example
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
 * The errors by which libraries say that their work was aborted: names of errors or of their
 * classes, codes, and classes.
 *
 * A task that throws such an error after a request to cancel it is cancelled, as if it threw the
 * `CancelledError`. Without a request, the task fails. The reason of the task's signal, gRPC's status
 * 1 (CANCELLED), and an error that has one of all these among its causes need not be listed.
 *
 * The set is an addition to asyncio. A program may add what its own libraries throw, at any time.
 * Minifiers change the names of classes, but not the classes.
 *
 * @category Errors
 *
 * @example
 * ```ts
 * import { abortErrors, createTask, sleep } from "@asyncio/future";
 * import { assert } from "@std/assert";
 *
 * class QueryStopped extends Error {}
 * abortErrors.add(QueryStopped); // or a code, such as "57014" of PostgreSQL
 *
 * const task = createTask((signal) =>
 *   new Promise((_, reject) => signal.onabort = () => reject(new QueryStopped()))
 * );
 * await sleep(1);
 * task.cancel();
 * await task.catch(() => {});
 * assert(task.cancelled());
 * ```
 */
export const abortErrors: Set<string | (abstract new (...args: never[]) => unknown)> = new Set([
  // Names of errors or classes.
  "AbortError", // the web, Node, node-fetch, got, node-redis, the SDKs of AWS, Azure and Google
  "APIUserAbortError", // the SDKs of OpenAI and Anthropic
  "CanceledError", // Axios
  "CancelledError", // TanStack Query
  "RequestAbortedError", // Elasticsearch, OpenSearch
  // Codes.
  "ABORT_ERR", // Node
  "ERR_ABORTED", // got
  "ERR_CANCELED", // Axios, got
]);

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
  return attempt(() =>
    error instanceof CancelledError ||
    // For errors of another realm.
    (isError(error) && error.name === "CancelledError")
  ) === true;
}

/** How many causes of an error are looked at, one below the other. */
const MAX_DEPTH = 10;

/**
 * Whether what some code has thrown is due to a request to cancel that code: the reason of the
 * request, or one of {@linkcode abortErrors}, or an error with such a cause.
 *
 * @param request The `CancelledError` of the request.
 */
export function isDueToRequest(thrown: unknown, request: unknown): boolean {
  // A proxy or a getter may throw here.
  return attempt(() => {
    const { cause, message } = toCancelledError(request);
    return isDueTo(thrown, [request, cause, message], MAX_DEPTH);
  }) === true;
}

function isDueTo(thrown: unknown, reasons: unknown[], depth: number): boolean {
  if (thrown === undefined || depth === 0) return false;
  if (reasons.includes(thrown) || isCancelledError(thrown)) return true;
  if (!isError(thrown)) return false;
  if (isAbortError(thrown)) return true;
  // The cause is the cancellation by the time limit, not the request.
  if (thrown.name === "TimeoutError") return false;
  const { cause, errors } = thrown;
  // All of several errors, as none of them may get lost.
  return Array.isArray(errors) && errors.length > 0
    ? errors.every((error) => isDueTo(error, reasons, depth - 1))
    : isDueTo(cause, reasons, depth - 1);
}

/** Whether {@linkcode abortErrors} has the name, the code or the class of an error. */
function isAbortError(error: Error & { code?: unknown }): boolean {
  const { name, code, constructor } = error;
  const texts: unknown[] = [name, code, constructor?.name];
  return [...abortErrors].some((mark) =>
    texts.includes(mark) ||
    // Not every function can be asked for its instances.
    (typeof mark === "function" && attempt(() => error instanceof mark))
  ) ||
    // The status CANCELLED of gRPC. Exit codes of programs are 1 as well, but have no metadata.
    (code === 1 && "metadata" in error);
}

/**
 * Names a class of errors and brands its prototype, so that `instanceof` also accepts the errors
 * of other copies of this module.
 */
export function brand(ErrorClass: { prototype: Error }, name: string): void {
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
