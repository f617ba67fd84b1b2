/**
 * Functions that wait.
 *
 * @module
 */

import { checkMilliseconds, checkOptions } from "./checks.ts";
import { checkSignal } from "./cancellation.ts";
import { type Future, whenDone } from "./future.ts";
import { getEventLoop } from "./loop.ts";

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
  const future = loop.createFuture<T>({ signal });
  if (future.done()) return future;
  const wake = () => {
    if (!future.done()) future.setResult(result as T);
  };
  const timer = delay > 0 ? loop.callLater(delay, wake) : loop.callSoon(wake);
  whenDone(future, { notify: () => timer.cancel(), label: "" });
  return future;
}
