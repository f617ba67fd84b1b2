/**
 * Functions that wait.
 *
 * @module
 */

import { checkMilliseconds, checkOptions } from "./checks.ts";
import { checkSignal } from "./cancellation.ts";
import { Future, whenDone } from "./future.ts";
import { closedError, getEventLoop } from "./loop.ts";
import { scheduleDeep } from "./pacing.ts";

/** Options of {@linkcode sleep}. */
export interface SleepOptions<T> {
  /** The result. Default: `undefined`. */
  result?: T | undefined;
  /** Aborting it cancels the sleep, with the signal's reason as the reason. */
  signal?: AbortSignal | undefined;
}

/**
 * Waits for a time.
 *
 * Cancelling it releases its timer. `sleep(0)` gives way for one turn of the
 * loop; a loop that does nothing else leaves the host responsive.
 *
 * Source: [`asyncio.sleep`](https://docs.python.org/3.14/library/asyncio-task.html#asyncio.sleep).
 *
 * @param delay The time in milliseconds; a negative one counts as 0.
 * @param options The result, and a signal that cancels the sleep.
 * @returns A future that is done when the time is over.
 * @throws {TypeError} If the delay is no number or `NaN`.
 *
 * @example Usage
 * ```ts
 * import { sleep } from "@asyncio/future";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(await sleep(1, { result: "awake" }), "awake");
 * ```
 */
export function sleep<T = void>(delay: number, options?: SleepOptions<T>): Future<T> {
  checkMilliseconds("sleep", "delay", delay);
  checkOptions("sleep", options);
  const { result, signal } = options ?? {};
  checkSignal(signal);
  const loop = getEventLoop();
  if (loop.isClosed()) throw closedError();
  const future = delay > 0 ? loop.createFuture<T>({ signal }) : new Turn<T>({ loop, signal });
  if (future.done()) return future;
  const wake = () => {
    if (!future.done()) future.setResult(result as T);
  };
  const timer = delay > 0 ? loop.callLater(delay, wake) : scheduleDeep(() => loop.callSoon(wake));
  whenDone(future, { notify: () => timer.cancel(), label: "" });
  return future;
}

/** A sleep of one turn, which a generator coroutine waits for in just one, too. */
class Turn<T> extends Future<T> {
  override *[Symbol.iterator](): Generator<Future<T>, T> {
    // By the time the task goes on, the turn is over.
    while (!this.done()) yield undefined as unknown as Future<T>;
    return this.result();
  }
}
