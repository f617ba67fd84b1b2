/**
 * `wrapFuture()`, which makes a future of an object of another library.
 *
 * @module
 */

import { type Future, makeFuture } from "../../future.ts";
import { cannot, isThenable } from "../base/checks.ts";
import { isFuture } from "../future/brand.ts";
import { fail } from "../future/failure.ts";
import { provideFutures } from "../loop/host_loop.ts";
import { callSoonOn } from "../loop/schedule.ts";
import { checkEnsureOptions, type EnsureFutureOptions } from "./ensure.ts";
import { type GiveBack, makeGiveBack, settleOrGiveBack } from "./late.ts";

provideFutures(makeFuture);

/**
 * The protocol of `concurrent.futures.Future`, which {@linkcode wrapFuture} takes.
 *
 * Source: [`concurrent.futures.Future`](https://docs.python.org/3.14/library/concurrent.futures.html#concurrent.futures.Future).
 *
 * @category Futures
 */
export interface ConcurrentFuture<T> {
  /** Calls `callback` when the object is done, inside or outside of a loop's callbacks. */
  addDoneCallback(callback: (future?: ConcurrentFuture<T>) => unknown): unknown;
  /** Asks the object to cancel its work. */
  cancel(): unknown;
  /** Whether the object was cancelled. */
  cancelled(): boolean;
  /** The exception, or `null` or `undefined` if there is none. */
  exception(): unknown;
  /** The result. */
  result(): T;
}

/**
 * Returns a future as it is.
 *
 * Source: [`asyncio.wrap_future`](https://docs.python.org/3.14/library/asyncio-future.html#asyncio.wrap_future).
 *
 * @param value A future or a task.
 * @param options Options for what is not a future yet.
 * @returns The future.
 * @throws {TypeError} If an option is not valid.
 * @category Futures
 *
 * @example
 * ```ts
 * import { sleep, wrapFuture } from "@asyncio/future";
 * import { assertStrictEquals } from "@std/assert";
 *
 * const future = sleep(1);
 * assertStrictEquals(wrapFuture(future), future);
 * ```
 */
export function wrapFuture<F extends Future<unknown>>(value: F, options?: EnsureFutureOptions): F;

/**
 * Makes a future from an object that follows the protocol of
 * `concurrent.futures.Future`, such as the handle of a job in a worker.
 *
 * The future takes over the outcome of the object, and cancelling the future cancels the object. A
 * future is returned as it is.
 *
 * Source: [`asyncio.wrap_future`](https://docs.python.org/3.14/library/asyncio-future.html#asyncio.wrap_future).
 *
 * @param value The object.
 * @param options The loop of a new future, and what to do with a result that comes although the
 * object was cancelled.
 * @returns The future.
 * @throws {TypeError} If the object lacks a method of the protocol, or an option is not valid.
 *
 * @example
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
export function wrapFuture<T>(
  value: ConcurrentFuture<T>,
  options?: EnsureFutureOptions<T>,
): Future<T>;

export function wrapFuture(value: unknown, options?: EnsureFutureOptions): Future<unknown> {
  const { loop, onLate } = checkEnsureOptions("wrap a future", options);
  if (isFuture(value)) return value;
  const source = value as ConcurrentFuture<unknown>;
  for (const name of ["addDoneCallback", "cancel", "cancelled", "exception", "result"] as const) {
    if (typeof source?.[name] !== "function") {
      const hint = isThenable(value) ? " (use ensureFuture for a promise)" : "";
      throw cannot("wrap a future", `it has no ${name} method${hint}`, value);
    }
  }
  const future = loop.createFuture<unknown>();
  const giveBack = onLate && makeGiveBack(future, onLate);
  const passCancel = () => {
    if (future.cancelled()) source.cancel();
  };
  future.addDoneCallback(passCancel);
  source.addDoneCallback(() => {
    const copy = () => {
      // As a waiter, the callback would count as one that is given the result.
      if (giveBack) future.removeDoneCallback(passCancel);
      copyOutcome(source, future, giveBack);
    };
    // The object may call back at any time, so the loop copies the outcome in a callback.
    if (!loop.isClosed()) callSoonOn(loop, copy);
    else if (giveBack && future.done()) copy();
  });
  return future;
}

/** Settles `future` with the outcome of `source`, or gives a result back if it is done already. */
function copyOutcome(
  source: ConcurrentFuture<unknown>,
  future: Future<unknown>,
  giveBack: GiveBack | undefined,
): void {
  if (future.done() && !giveBack) return;
  try {
    if (source.cancelled()) return void future.cancel();
    const exception = source.exception() ?? null;
    if (exception !== null) throw exception;
    settleOrGiveBack(future, source.result(), giveBack);
  } catch (exception) {
    if (!future.done()) fail(future, exception);
  }
}
