/**
 * `wrapFuture()`: a future of one from elsewhere.
 *
 * @module
 */

import { type Future, isFuture } from "../../future.ts";
import { cannot } from "../base/checks.ts";
import { fail } from "../future/failure.ts";
import { callSoonOn } from "../loop/schedule.ts";
import { type EnsureFutureOptions, loopOf } from "./ensure.ts";

/**
 * What {@linkcode wrapFuture} takes: the protocol of `concurrent.futures.Future`.
 *
 * Source: [`concurrent.futures.Future`](https://docs.python.org/3.14/library/concurrent.futures.html#concurrent.futures.Future).
 */
export interface ConcurrentFuture<T> {
  /** Has `callback` called when the future is done, from any turn. */
  addDoneCallback(callback: (future: ConcurrentFuture<T>) => unknown): unknown;
  /** Asks the future to cancel itself. */
  cancel(): unknown;
  /** Whether the future was cancelled. */
  cancelled(): boolean;
  /** The exception, or `null` or `undefined` if there is none. */
  exception(): unknown;
  /** The result. */
  result(): T;
}

/**
 * Makes a future from an object that follows the protocol of
 * `concurrent.futures.Future`, such as the handle of a job in a worker.
 *
 * The outcome is copied, and cancelling the future cancels the object. A future
 * is returned as it is.
 *
 * Source: [`asyncio.wrap_future`](https://docs.python.org/3.14/library/asyncio-future.html#asyncio.wrap_future).
 *
 * @param value The object.
 * @param options The loop of the future.
 * @returns The future.
 * @throws {TypeError} If the object lacks a method of the protocol.
 *
 * @example Usage
 * ```ts
 * import { type ConcurrentFuture, wrapFuture } from "@asyncio/future";
 * import { assertEquals } from "@std/assert";
 *
 * const job: ConcurrentFuture<number> = {
 *   addDoneCallback: (callback) => setTimeout(() => callback(job), 1),
 *   cancel: () => false,
 *   cancelled: () => false,
 *   exception: () => null,
 *   result: () => 42,
 * };
 * assertEquals(await wrapFuture(job), 42);
 * ```
 */
export function wrapFuture<F extends Future<unknown>>(value: F, options?: EnsureFutureOptions): F;

/** For an object that follows the protocol. */
export function wrapFuture<T>(value: ConcurrentFuture<T>, options?: EnsureFutureOptions): Future<T>;

export function wrapFuture(value: unknown, options?: EnsureFutureOptions): Future<unknown> {
  const loop = loopOf("wrap a future", options);
  if (isFuture(value)) return value;
  const source = value as ConcurrentFuture<unknown>;
  for (const name of ["addDoneCallback", "cancel", "cancelled", "exception", "result"] as const) {
    if (typeof source?.[name] !== "function") {
      throw cannot("wrap a future", `it has no ${name} method`, value);
    }
  }
  const future = loop.createFuture<unknown>();
  future.addDoneCallback(() => {
    if (future.cancelled()) source.cancel();
  });
  source.addDoneCallback(() => {
    // From any turn, so it takes the way that everything on the loop takes.
    if (!loop.isClosed()) callSoonOn(loop, () => copyOutcome(source, future));
  });
  return future;
}

/** Makes `future` done as `source` is, unless it is done already. */
function copyOutcome(source: ConcurrentFuture<unknown>, future: Future<unknown>): void {
  if (future.done()) return;
  try {
    if (source.cancelled()) return void future.cancel();
    const exception = source.exception() ?? null;
    if (exception !== null) throw exception;
    future.setResult(source.result());
  } catch (exception) {
    fail(future, exception);
  }
}
