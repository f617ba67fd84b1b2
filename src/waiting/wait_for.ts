/**
 * `waitFor()`.
 *
 * @module
 */

import type { Future } from "../../future.ts";
import { checkLimit } from "../base/checks.ts";
import { checkOptions } from "../base/options.ts";
import { internals } from "../future/internals.ts";
import { whenDone } from "../future/waiters.ts";
import type { TimerHandle } from "../loop/handles.ts";
import { DelegatingFuture, outcomeOf, settleAs, timedOut } from "./delegating.ts";
import { type Awaitable, checkAwaitable, futureOf, type ResultOf } from "./ensure.ts";
import { loopOf, startTimer } from "./watch.ts";

/** Options of {@linkcode waitFor}. */
export interface WaitForOptions {
  /** Aborting it cancels what is waited for, with the signal's reason as the reason. */
  signal?: AbortSignal | undefined;
}

/**
 * Waits for something with a time limit.
 *
 * When the time is over, it cancels what it waits for, waits until that has
 * ended, and fails with a `TimeoutError`; if that ends otherwise than cancelled,
 * its result or exception counts. Cancelling the future that is returned cancels
 * what it waits for as well; see {@linkcode shield}.
 *
 * Source: [`asyncio.wait_for`](https://docs.python.org/3.14/library/asyncio-task.html#asyncio.wait_for).
 *
 * @param awaitable A future, a task, a generator coroutine or a promise. A
 * promise cannot be cancelled: it is left behind.
 * @param timeout The time in milliseconds; `null` for no limit. With zero or less,
 * what is not done yet is cancelled at once; a promise never is done at once.
 * @param options A signal that cancels the wait.
 * @returns A future with the outcome.
 * @throws {TypeError} If it cannot be waited for, the time is no number or `NaN`,
 * or the signal is no `AbortSignal`.
 *
 * @example Usage
 * ```ts
 * import { Future, TimeoutError, waitFor } from "@asyncio/future";
 * import { assert, assertRejects } from "@std/assert";
 *
 * const reply = new Future<string>();
 * await assertRejects(() => waitFor(reply, 10), TimeoutError);
 * assert(reply.cancelled());
 * ```
 */
export function waitFor<A extends Awaitable<unknown>>(
  awaitable: A,
  timeout: number | null,
  options?: WaitForOptions,
): Future<ResultOf<A>> {
  checkAwaitable("wait for the awaitable", awaitable);
  checkLimit("wait for the awaitable", "timeout", timeout);
  const { signal } = checkOptions("wait for the awaitable", options);
  const loop = loopOf([awaitable]);
  const inner = futureOf(awaitable, loop);
  const outer = new DelegatingFuture<unknown>(loop, (reason) => inner.cancel(reason));
  // Let go of in the end: the stack of an error that is made in `onDone` holds that
  // function, and what nobody looks at would never be collected.
  let waiting: DelegatingFuture<unknown> | undefined = outer;

  let timer: TimerHandle | undefined;
  let expired = false;
  const expire = () => {
    // Its result may have arrived just now.
    if (inner.done()) return;
    expired = true;
    inner.cancel();
  };
  const onDone = () => {
    const future = waiting;
    if (!future) return;
    timer?.cancel();
    const outcome = outcomeOf(inner);
    const isTimeout = expired && !DelegatingFuture.requestOf(future);
    waiting = undefined;
    settleAs(future, isTimeout ? timedOut(outcome) : outcome);
  };
  const isOver = timeout !== null && timeout <= 0;
  if (!inner.done() && !isOver) timer = startTimer(loop, timeout, expire);
  whenDone(inner, { notify: onDone, label: "waitFor" });
  // An aborted signal goes first: that is a cancellation, whatever the time is.
  if (signal) internals.followSignal(outer, signal);
  if (isOver) expire();
  return outer as Future<ResultOf<A>>;
}
