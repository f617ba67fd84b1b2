/**
 * `ensureFuture()`: a future of anything that can be awaited.
 *
 * @module
 */

import { isAbortError, isCancelledError } from "../../errors.ts";
import { type Future, isFuture } from "../../future.ts";
import type { EventLoop } from "../../loop.ts";
import { cannot, isGenerator, isThenable } from "../base/checks.ts";
import { checkOptions } from "../base/options.ts";
import { fail } from "../future/failure.ts";
import { report } from "../loop/reports.ts";
import { currentLoop } from "../loop/running.ts";
import { checkUnclaimed } from "../task/coroutine.ts";
import { createTask } from "../task/current.ts";
import type { Task } from "../task/task.ts";

/**
 * What can be waited for: a future, a task, a generator coroutine, a promise.
 *
 * Source: [awaitables](https://docs.python.org/3.14/library/asyncio-task.html#awaitables).
 *
 * @typeParam T The type of the result.
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
  if (isGenerator(value)) return checkUnclaimed(action, value);
  if (isThenable(value)) return;
  throw cannot(action, `it is no future, generator or promise${hintOf(value)}`, value);
}

/** What to do instead of waiting for `value`. */
export function awaitableHint(value: unknown): string {
  return typeof value === "function" ? " (use createTask)" : "";
}

/** Options of {@linkcode ensureFuture} and {@linkcode wrapFuture}. */
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

export function loopOf(action: string, options: EnsureFutureOptions | undefined): EventLoop {
  return checkOptions(action, options).loop ?? currentLoop();
}

/**
 * The result of an awaitable.
 *
 * @typeParam A The type of the awaitable.
 */
export type ResultOf<A> = A extends Future<infer T> ? T
  : A extends Generator<unknown, infer T, unknown> ? T
  : Awaited<A>;

/**
 * The future that an awaitable is made into: itself, if it is one.
 *
 * @typeParam A The type of the awaitable.
 */
export type FutureOf<A> = A extends Future<unknown> ? A : Future<ResultOf<A>>;
