/**
 * Functions that make futures of what is none: of coroutines, promises, and
 * futures of other kinds.
 *
 * @module
 */

import { cannot, checkOptions, checkUndriven, isGenerator, isThenable } from "./checks.ts";
import { isAbortError, isCancelledError } from "./errors.ts";
import { fail, type Future, isFuture } from "./future.ts";
import { callSoonOn, currentLoop, type EventLoop, report } from "./loop.ts";
import { createTask, type Task } from "./task.ts";

/**
 * What can be waited for: a future, a task, a generator coroutine, a promise.
 *
 * Source: [awaitables](https://docs.python.org/3.14/library/asyncio-task.html#awaitables).
 *
 * @typeParam T The type of the result.
 *
 * @example Usage
 * ```ts
 * import { type Awaitable, waitFor } from "@asyncio/future";
 * import { assertEquals } from "@std/assert";
 *
 * function inTime<T>(awaitable: Awaitable<T>) {
 *   return waitFor(awaitable, 60_000);
 * }
 *
 * assertEquals(await inTime(Promise.resolve(42)), 42);
 * ```
 */
export type Awaitable<T> = Generator<unknown, T, unknown> | PromiseLike<T>;

/**
 * Checks that {@linkcode ensureFuture} can make a future of `value`.
 *
 * @param hintOf What to do instead, for usual mistakes.
 * @throws {TypeError} If it is no future, no generator that could become a task
 * and no thenable.
 */
export function checkAwaitable(
  action: string,
  value: unknown,
  hintOf: (value: unknown) => string = awaitableHint,
): asserts value is Awaitable<unknown> {
  if (isFuture(value)) return;
  if (isGenerator(value)) return checkUndriven(action, value);
  if (isThenable(value)) return;
  throw cannot(action, `it is no future, generator or promise${hintOf(value)}`, value);
}

/** What to do instead of waiting for `value`. */
export function awaitableHint(value: unknown): string {
  return typeof value === "function" ? " (use createTask)" : "";
}

/**
 * Options of {@linkcode ensureFuture} and {@linkcode wrapFuture}.
 *
 * @example Usage
 * ```ts
 * import type { EnsureFutureOptions, Future } from "@asyncio/future";
 * import { ensureFuture, getEventLoop, run } from "@asyncio/future";
 * import { assertEquals } from "@std/assert";
 *
 * // What is to outlive run(), which closes its loop, belongs to the default one.
 * const options: EnsureFutureOptions = { loop: getEventLoop() };
 * const cache = new Map<string, Future<string>>();
 *
 * await run(() => {
 *   cache.set("a", ensureFuture(Promise.resolve("the text of a"), options));
 * });
 * assertEquals(cache.get("a")?.getLoop().isClosed(), false);
 * assertEquals(await cache.get("a"), "the text of a");
 * ```
 */
export interface EnsureFutureOptions {
  /** The loop of the future that is made. Default: {@linkcode getEventLoop}. */
  loop?: EventLoop | undefined;
}

/**
 * Returns a future for something that can be waited for.
 *
 * A future is returned as it is; a generator coroutine becomes a task; a promise
 * or another thenable becomes a future that takes over its outcome. Cancelling
 * that future leaves the promise behind.
 *
 * Source: [`asyncio.ensure_future`](https://docs.python.org/3.14/library/asyncio-future.html#asyncio.ensure_future).
 *
 * @param value What to wait for.
 * @param options The loop of the future.
 * @returns The future.
 * @throws {TypeError} If it is anything else. A function is to be called first,
 * or to be given to {@linkcode createTask}.
 * @throws {Error} If a generator is to run on a loop that is closed.
 *
 * @example Usage
 * ```ts
 * import { ensureFuture, run } from "@asyncio/future";
 * import { assertEquals } from "@std/assert";
 *
 * const text = await run(function* () {
 *   const response = yield* ensureFuture(Promise.resolve(new Response("hello")));
 *   return yield* ensureFuture(response.text());
 * });
 * assertEquals(text, "hello");
 * ```
 */
export function ensureFuture<F extends Future<unknown>>(value: F, options?: EnsureFutureOptions): F;
/** For a generator coroutine. */
export function ensureFuture<T>(
  value: Generator<unknown, T, unknown>,
  options?: EnsureFutureOptions,
): Task<T>;
/** For a promise, or what may be any of these. */
export function ensureFuture<T>(value: Awaitable<T>, options?: EnsureFutureOptions): Future<T>;
export function ensureFuture(value: unknown, options?: EnsureFutureOptions): Future<unknown> {
  const loop = loopOf("ensure a future", options);
  checkAwaitable("ensure a future", value);
  return futureOf(value, loop);
}

/** As {@linkcode ensureFuture}, for what has been checked. */
export function futureOf(value: Awaitable<unknown>, loop: EventLoop): Future<unknown> {
  if (isFuture(value)) return value;
  // Not by the loop's own method: a bundle would leave out what makes its tasks.
  if (isGenerator(value)) return createTask(value, { loop });
  const future = loop.createFuture<unknown>();
  Promise.resolve(value).then(
    (result) => future.done() || future.setResult(result),
    (exception) => {
      if (isCancelledError(exception)) {
        future.cancel(exception);
      } else if (!future.done()) {
        fail(future, exception);
      } else if (!isAbortError(exception)) {
        // An aborted request is what the cancellation was to bring about.
        const message = "Promise was rejected after its future was done";
        report(loop, { message, exception, future });
      }
    },
  );
  return future;
}

/**
 * What {@linkcode wrapFuture} takes: the protocol of `concurrent.futures.Future`.
 *
 * Source: [`concurrent.futures.Future`](https://docs.python.org/3.14/library/concurrent.futures.html#concurrent.futures.Future).
 *
 * @example A job that fails
 * ```ts
 * import { type ConcurrentFuture, wrapFuture } from "@asyncio/future";
 * import { assertRejects } from "@std/assert";
 *
 * const job: ConcurrentFuture<number> = {
 *   addDoneCallback: (callback) => setTimeout(() => callback(job), 1),
 *   cancel: () => false,
 *   cancelled: () => false,
 *   exception: () => new RangeError("no such host"),
 *   result() {
 *     throw this.exception();
 *   },
 * };
 * await assertRejects(() => wrapFuture(job), RangeError, "no such host");
 * ```
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

function loopOf(action: string, options: EnsureFutureOptions | undefined): EventLoop {
  return checkOptions(action, options).loop ?? currentLoop();
}
