/**
 * `waitFor()`: a time limit for one awaitable.
 *
 * @module
 */

import type { CancelledError } from "../../errors.ts";
import type { Future } from "../../future.ts";
import { checkLimit } from "../base/checks.ts";
import { show } from "../base/inspect.ts";
import { checkOptions } from "../base/options.ts";
import { isFuture } from "../future/brand.ts";
import { cancelTarget } from "../future/cancel_target.ts";
import { internals } from "../future/internals.ts";
import { outcomeOf } from "../future/outcome.ts";
import { prepareSignal } from "../future/signals.ts";
import { CANCELLED, RESULT } from "../future/states.ts";
import { whenDone } from "../future/waiters.ts";
import type { TimerHandle } from "../loop/handles.ts";
import { makeScopeError, passOn, scopeErrors } from "../task/passing.ts";
import { DelegatingFuture, settleAs } from "./delegating.ts";
import { type Awaitable, checkAwaitable, futureOf, type ResultOf } from "./ensure.ts";
import {
  checkOnLate,
  giveBackIfUndelivered,
  giveBackOf,
  makeGiveBack,
  type OnLate,
  setGiveBack,
} from "./late.ts";
import { dumpInDebugMode } from "./dump.ts";
import { afterGrace, timedOut } from "./time_limit.ts";
import { loopOfFirst, startTimer, watch } from "./watch.ts";

/**
 * Options of {@linkcode waitFor}.
 *
 * @typeParam T The type of the result.
 * @category Waiting
 */
export interface WaitForOptions<T = unknown> {
  /**
   * A signal that cancels the awaitable; its reason is the `cause` of the `CancelledError`. In a
   * `catch`, `signal.throwIfAborted()` throws that reason itself.
   */
  signal?: AbortSignal | undefined;
  /**
   * Called once with a result that nobody gets, to give it back: `(client) => client.release()`.
   *
   * The result is that of a promise and came after the time limit or the cancellation, or the task
   * that waits was cancelled at that moment. Otherwise as in {@linkcode EnsureFutureOptions}.
   */
  onLate?: ((result: T) => unknown) | undefined;
}

/**
 * Waits for one awaitable with a time limit, and cancels it when the time is over.
 *
 * When the time is over, the awaitable is cancelled. When it has ended, the returned future fails
 * with a `TimeoutError`; if the awaitable did not end as cancelled, its result or exception counts.
 * Cancelling the returned future cancels the awaitable as well, unless the awaitable is a
 * {@linkcode shield}.
 *
 * See also: {@linkcode timeout} for a block of code, {@linkcode wait} for a limit that cancels
 * nothing, {@linkcode moveOnAfter} for one without an error.
 *
 * Source: [`asyncio.wait_for`](https://docs.python.org/3.14/library/asyncio-task.html#asyncio.wait_for).
 *
 * @param awaitable A future, a task, a generator coroutine or a promise. A promise cannot be
 * cancelled, and is left behind; the option `onLate` gets its result.
 * @param ms The time in milliseconds; `null` and `Infinity` set no limit. With zero or less,
 * an awaitable that is not done is cancelled at once. A promise never counts as done at once.
 * @param options A signal that cancels the awaitable, and what to do with a result that comes too
 * late.
 * @returns A future with the outcome.
 * @throws {TypeError} If `awaitable` cannot be awaited, `ms` is neither `null` nor a number,
 * or `NaN`, the signal is not an `AbortSignal`, or `onLate` is not a function.
 * @throws {Error} If the loop is closed and a timer or a task is needed.
 * @category Waiting
 *
 * @example
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
  ms: number | null,
  options?: WaitForOptions<ResultOf<A>>,
): Future<ResultOf<A>> {
  checkAwaitable("wait for the awaitable", awaitable);
  checkLimit("wait for the awaitable", "timeout", ms);
  const { signal, onLate } = checkOptions("wait for the awaitable", options);
  checkOnLate("wait for the awaitable", onLate);
  const loop = loopOfFirst([awaitable]);
  prepareSignal(signal);
  const inner = futureOf(awaitable, loop, onLate as OnLate | undefined);
  const isOver = ms !== null && ms <= 0;
  // The future that is returned until it is settled, then `undefined`. The stack of an error that is
  // created in `onDone` keeps this closure alive, and with it a failed future that nobody uses any
  // more, whose failure would then never be reported.
  let unsettled: DelegatingFuture<unknown> | undefined;
  const outer = new DelegatingFuture<unknown>(loop, (reason) => {
    if (!isOver) return cancelTarget(inner, reason);
    // The limit has cancelled `inner`; as in asyncio, nobody waits for its end any more.
    if (unsettled) settleAs(unsettled, [CANCELLED, reason]);
    return true;
  }, {
    operation: "waitFor",
    futures: [inner],
    get due() {
      return timer?.when();
    },
  });
  unsettled = outer;
  const giveBack = giveBackOf(inner) ?? (onLate && makeGiveBack(outer, onLate as OnLate));
  if (giveBack) setGiveBack(outer, giveBack);

  let timer: TimerHandle | undefined;
  let expired = false;
  /** Shows `inner` at the deadline, when it still tells what it waits for. */
  let shown = "";
  const expire = () => {
    // Order of events: `inner` is done, the timer fires, `onDone` runs. The outcome is in time.
    if (inner.done()) return;
    expired = true;
    shown = show(inner) + dumpInDebugMode(loop, inner);
    passOn(() => cancelTarget(inner, makeScopeError()), true);
  };
  const onDone = () => {
    const future = unsettled;
    if (!future) return;
    timer?.cancel();
    unsettled = undefined;
    const outcome = outcomeOf(inner);
    const [state, value] = outcome;
    if (giveBack && state === RESULT) giveBackIfUndelivered(future, giveBack);
    const isOfLimit = state === CANCELLED && scopeErrors.has(value as CancelledError);
    // Several limits on one future may be over in the same turn: the first one has cancelled it.
    if (isOfLimit && timer && timer.when() <= loop.time()) expired = true;
    const request = DelegatingFuture.requestOf(future);
    if (expired && !request) {
      settleAs(future, timedOut(outcome, ms!, shown || show(inner)), inner);
    } else settleAs(future, isOfLimit && request ? [CANCELLED, request] : outcome, inner);
  };
  // A promise may have been settled in the turn of the deadline, and tell so microtasks later.
  const onDeadline = isFuture(awaitable) ? expire : () => afterGrace(loop, expire);
  if (!inner.done() && !isOver) timer = startTimer(loop, ms, onDeadline);
  // A limit that is over at once ends after the done callbacks of the future, as in asyncio.
  if (isOver && !inner.done()) watch([inner], "waitFor", onDone);
  else whenDone(inner, { notify: onDone, label: "waitFor" });
  // An aborted signal goes before a timeout of zero, so that the outcome is a cancellation.
  if (signal) internals.followSignal(outer, signal);
  if (isOver) expire();
  return outer as Future<ResultOf<A>>;
}
