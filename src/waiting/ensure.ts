/**
 * `ensureFuture()`, which makes a future of anything that can be awaited, and the checks and types
 * of awaitables.
 *
 * @module
 */

import { isCancelledError, isDueToRequest } from "../../errors.ts";
import type { Future } from "../../future.ts";
import type { EventLoop } from "../../loop.ts";
import { cannot, isGenerator, isThenable } from "../base/checks.ts";
import { checkOptions } from "../base/options.ts";
import { isFuture } from "../future/brand.ts";
import { fail } from "../future/failure.ts";
import { outcomeOf } from "../future/outcome.ts";
import { report } from "../loop/reports.ts";
import { currentLoop } from "../loop/running.ts";
import { checkUnclaimed } from "../task/coroutine.ts";
import { createTask } from "../task/current.ts";
import type { Task } from "../task/task.ts";
import { checkOnLate, makeGiveBack, type OnLate, settleOrGiveBack } from "./late.ts";

/**
 * An object that can be awaited: a future, a task, a generator coroutine or a promise.
 *
 * Source: [awaitables](https://docs.python.org/3.14/library/asyncio-task.html#awaitables).
 *
 * @typeParam T The type of the result.
 * @category Futures
 */
export type Awaitable<T> = Generator<unknown, T, unknown> | PromiseLike<T>;

/**
 * Checks that {@linkcode ensureFuture} can make a future of `value`.
 *
 * @param hintOf Returns the end of the message, which tells how to correct a common mistake.
 * @throws {TypeError} If `value` is neither a future, nor a thenable, nor a generator that can
 * still become a task.
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

/** Returns the usual hint for a value that cannot be awaited. */
export function awaitableHint(value: unknown): string {
  return typeof value === "function" ? " (use createTask)" : "";
}

/**
 * Options of {@linkcode ensureFuture} and {@linkcode wrapFuture}.
 *
 * @typeParam T The type of the result.
 * @category Futures
 */
export interface EnsureFutureOptions<T = unknown> {
  /** The loop of the new future. Default: that of {@linkcode getEventLoop}. */
  loop?: EventLoop | undefined;
  /**
   * Called once with a result that nobody gets, to give it back: `(client) => client.release()`.
   *
   * The result came after the new future was cancelled, or the task that waits for the future was
   * cancelled at that moment. The context is that of the caller. An exception of the callback, or of
   * the promise that it returns, goes to the loop's exception handler. A future that is returned as
   * it is keeps its result, and the callback is not called.
   */
  onLate?: ((result: T) => unknown) | undefined;
}

/**
 * Returns a future as it is, in code that takes any awaitable.
 *
 * Source: [`asyncio.ensure_future`](https://docs.python.org/3.14/library/asyncio-future.html#asyncio.ensure_future).
 *
 * @param value A future or a task.
 * @param options Options for what is not a future yet.
 * @returns The future.
 * @throws {TypeError} If `value` cannot be awaited, or an option is not valid.
 * @category Futures
 *
 * @example
 * ```ts
 * import { createTask, ensureFuture } from "@asyncio/future";
 * import { assertStrictEquals } from "@std/assert";
 *
 * const task = createTask(async () => 42);
 * assertStrictEquals(ensureFuture(task), task);
 * ```
 */
export function ensureFuture<F extends Future<unknown>>(value: F, options?: EnsureFutureOptions): F;

/**
 * Runs a generator coroutine as a task.
 *
 * Source: [`asyncio.ensure_future`](https://docs.python.org/3.14/library/asyncio-future.html#asyncio.ensure_future).
 *
 * @param value A generator coroutine.
 * @param options The loop of the task.
 * @returns The task.
 * @throws {TypeError} If another task runs the generator, or an option is not valid.
 * @throws {Error} If the loop is closed.
 *
 * @example
 * ```ts
 * import { ensureFuture, sleep } from "@asyncio/future";
 * import { assertEquals } from "@std/assert";
 *
 * function* answer() {
 *   yield* sleep(1);
 *   return 42;
 * }
 * assertEquals(await ensureFuture(answer()), 42);
 * ```
 */
export function ensureFuture<T>(
  value: Generator<unknown, T, unknown>,
  options?: EnsureFutureOptions,
): Task<T>;

/**
 * Makes a future of a promise, which takes over its outcome, can be cancelled, and can be waited for
 * with `yield*`.
 *
 * Cancelling the future does not stop the promise. The option `onLate` gets the result of a promise
 * that comes after that, such as a connection. A rejection that comes after that is not reported,
 * except in debug mode: the code that made the promise may have handled it.
 *
 * A future is returned as it is, and a generator coroutine becomes a task.
 *
 * Source: [`asyncio.ensure_future`](https://docs.python.org/3.14/library/asyncio-future.html#asyncio.ensure_future).
 *
 * @param value A promise, another thenable, or a value of which only the type `Awaitable` is known.
 * @param options The loop of a new future, and what to do with a result that comes too late.
 * @returns The future.
 * @throws {TypeError} If `value` is anything else, or an option is not valid. Call a function first,
 * or give it to {@linkcode createTask}.
 * @throws {Error} If `value` is a generator and the loop is closed.
 *
 * @example
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
 *
 * @example
 * ```ts
 * // A result that comes too late is given back.
 * import { createTask, ensureFuture, sleep } from "@asyncio/future";
 * import { assertEquals } from "@std/assert";
 *
 * const free: string[] = [];
 * const connect = () => new Promise<string>((resolve) => setTimeout(resolve, 2, "connection"));
 * const task = createTask(async () => {
 *   const connection = await ensureFuture(connect(), { onLate: (late) => free.push(late) });
 *   free.push(connection);
 * });
 * await sleep(0);
 * task.cancel();
 * await sleep(10);
 * assertEquals([task.cancelled(), free], [true, ["connection"]]);
 * ```
 */
export function ensureFuture<T>(value: Awaitable<T>, options?: EnsureFutureOptions<T>): Future<T>;

/**
 * Returns the future of a value that may be a future, a generator coroutine or a promise.
 *
 * A future is returned as it is, a generator coroutine becomes a task, and a promise a future that
 * takes over its outcome.
 *
 * Source: [`asyncio.ensure_future`](https://docs.python.org/3.14/library/asyncio-future.html#asyncio.ensure_future).
 *
 * @param value A future, a task, a generator coroutine, a promise or another thenable.
 * @param options The loop of a new future, and what to do with a result that comes too late.
 * @returns The future.
 * @throws {TypeError} If `value` is anything else, or an option is not valid.
 * @throws {Error} If `value` is a generator and the loop is closed.
 */
export function ensureFuture<A extends Awaitable<unknown>>(
  value: A,
  options?: EnsureFutureOptions<ResultOf<A>>,
): FutureOf<A>;

export function ensureFuture(value: unknown, options?: EnsureFutureOptions): Future<unknown> {
  const { loop, onLate } = checkEnsureOptions("ensure a future", options);
  checkAwaitable("ensure a future", value);
  return futureOf(value, loop, onLate);
}

/** Does the work of {@linkcode ensureFuture} for a value that has been checked. */
export function futureOf(
  value: Awaitable<unknown>,
  loop: EventLoop,
  onLate?: OnLate,
): Future<unknown> {
  if (isFuture(value)) return value;
  // `loop.createTask()` would not do: without this import, a bundle may leave out the tasks.
  if (isGenerator(value)) return createTask(value, { loop });
  const future = loop.createFuture<unknown>();
  const giveBack = onLate && makeGiveBack(future, onLate);
  const promise = Promise.resolve(value);
  // A promise may be settled already. `then()` takes a microtask, so that an `await` of the future
  // has begun to wait by then, and a pending request has cancelled it.
  (giveBack ? promise.then() : promise).then(
    (result) => settleOrGiveBack(future, result, giveBack),
    (exception) => {
      if (isCancelledError(exception)) {
        future.cancel(exception);
      } else if (!future.done()) {
        fail(future, exception);
      } else if (loop.getDebug() && !isExpected(future, exception)) {
        // Nobody can tell whether a promise has other handlers. Code that stops a query, and
        // handles its rejection, must not get a report for each.
        const message = "Promise was rejected after its future was done";
        report(loop, { message, exception, future });
      }
    },
  );
  return future;
}

/** Whether the code that cancelled `future` has aborted the work as well, which says so. */
function isExpected(future: Future<unknown>, exception: unknown): boolean {
  return future.cancelled() && isDueToRequest(exception, outcomeOf(future)[1]);
}

/** Checks the options, and returns them with their loop, or else the running one. */
export function checkEnsureOptions(
  action: string,
  options: EnsureFutureOptions | undefined,
): { loop: EventLoop; onLate: OnLate | undefined } {
  const { loop = currentLoop(), onLate } = checkOptions(action, options);
  checkOnLate(action, onLate);
  return { loop, onLate };
}

/**
 * The type of the result of an awaitable.
 *
 * @typeParam A The type of the awaitable.
 * @category Futures
 */
export type ResultOf<A> = A extends Future<infer T> ? T
  : A extends Generator<unknown, infer T, unknown> ? T
  : Awaited<A>;

/**
 * The type of the future that {@linkcode ensureFuture} returns for an awaitable: for a future, its
 * own type.
 *
 * @typeParam A The type of the awaitable.
 * @category Futures
 */
export type FutureOf<A> = A extends Future<unknown> ? A : Future<ResultOf<A>>;
