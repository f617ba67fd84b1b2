/**
 * `gather()`: one future for the results of several awaitables.
 *
 * @module
 */

import type { Future } from "../../future.ts";
import { checkOptions } from "../base/options.ts";
import { isFuture } from "../future/brand.ts";
import { cancelTarget } from "../future/cancel_target.ts";
import { internals, type Waiter } from "../future/internals.ts";
import { type Outcome, outcomeOf } from "../future/outcome.ts";
import { prepareSignal } from "../future/signals.ts";
import { CANCELLED, EXCEPTION, RESULT } from "../future/states.ts";
import { currentPass, unanswered } from "../task/passing.ts";
import { DelegatingFuture, settleAs } from "./delegating.ts";
import { type Awaitable, checkAwaitable, futureOf, type ResultOf } from "./ensure.ts";
import { gatherHint, isGatherOptions } from "./gather_arguments.ts";
import { giveBackIfUndelivered, giveBackOfAll, lateWaiter, setGiveBack } from "./late.ts";
import { callBackSoon, openLoopOf } from "./watch.ts";

/**
 * Options of {@linkcode gather}.
 *
 * @category Waiting
 */
export interface GatherOptions {
  /**
   * Whether exceptions and cancellations are put among the results instead of failing the future.
   *
   * @default {false}
   */
  returnExceptions?: boolean | undefined;
  /**
   * A signal that cancels all awaitables; its reason is the `cause` of the `CancelledError`. In a
   * `catch`, `signal.throwIfAborted()` throws that reason itself.
   */
  signal?: AbortSignal | undefined;
}

/**
 * The types of the results of {@linkcode gather}.
 *
 * @typeParam A The types of the awaitables: a tuple or an array.
 * @category Waiting
 */
export type Gathered<A extends readonly unknown[]> = { -readonly [K in keyof A]: ResultOf<A[K]> };

/**
 * The types of the results of {@linkcode gather} with `returnExceptions`. An exception has the type
 * `Error`, although JavaScript can throw any value.
 *
 * @typeParam A The types of the awaitables: a tuple or an array.
 * @category Waiting
 */
export type GatheredOutcomes<A extends readonly unknown[]> = {
  -readonly [K in keyof A]: ResultOf<A[K]> | Error;
};

/**
 * Waits for all of several awaitables, and has their results in the order of the arguments: a
 * `Promise.all()` that can be cancelled.
 *
 * The returned future fails with the first exception, while the other awaitables run on. An
 * awaitable that is cancelled counts as failed with its `CancelledError`. With `returnExceptions`,
 * exceptions are put among the results. Cancelling the returned future cancels all awaitables, and
 * the future is done when all of them have ended; a promise cannot be cancelled, and is left
 * behind. An awaitable that is given twice is waited for once.
 *
 * What `acquire()` of a lock or `get()` of a queue hands over goes back if the returned future fails
 * or is cancelled, or if the task that waits for the results is cancelled in their place.
 *
 * See also: {@linkcode wait} for some of them, {@linkcode asCompleted} for one after the other,
 * {@linkcode taskGroup} to leave nothing running when one fails.
 *
 * Source: [`asyncio.gather`](https://docs.python.org/3.14/library/asyncio-task.html#asyncio.gather).
 *
 * @param awaitables Futures, tasks, generator coroutines, promises.
 * @returns A future for the array of the results.
 * @throws {TypeError} If an argument cannot be awaited, such as an array or a set (write
 * `gather(...tasks)`), or an option is not valid; then nothing is started.
 * @throws {Error} If the loop is closed.
 * @category Waiting
 *
 * @example
 * ```ts
 * import { createTask, gather, sleep } from "@asyncio/future";
 * import { assertEquals } from "@std/assert";
 *
 * const results = await gather(
 *   createTask(async () => {
 *     await sleep(2);
 *     return "a task";
 *   }),
 *   sleep(1, { result: "a future" }),
 *   Promise.resolve("a promise"),
 * );
 * assertEquals(results, ["a task", "a future", "a promise"]);
 * ```
 */
export function gather<A extends readonly Awaitable<unknown>[]>(
  ...awaitables: A
): Future<Gathered<A>>;

/**
 * Waits for all of several awaitables, and has their results in the order of the arguments. A signal
 * cancels all of them.
 *
 * The returned future fails with the first exception, while the other awaitables run on.
 *
 * Source: [`asyncio.gather`](https://docs.python.org/3.14/library/asyncio-task.html#asyncio.gather).
 *
 * @param awaitables Futures, tasks, generator coroutines, promises.
 * @param options A signal that cancels them.
 * @returns A future for the array of the results.
 * @throws {TypeError} If an argument cannot be awaited, such as an array or a set (write
 * `gather(...tasks)`), or an option is not valid; then nothing is started.
 * @throws {Error} If the loop is closed.
 */
export function gather<A extends readonly Awaitable<unknown>[]>(
  ...awaitables: [
    ...awaitables: A,
    options: GatherOptions & { returnExceptions?: false | undefined },
  ]
): Future<Gathered<A>>;

/**
 * Waits for all of several awaitables, and has their results and exceptions in the order of the
 * arguments: a `Promise.allSettled()` that can be cancelled.
 *
 * With `returnExceptions`, exceptions and cancellations of the awaitables are put among the results.
 *
 * Source: [`asyncio.gather`](https://docs.python.org/3.14/library/asyncio-task.html#asyncio.gather).
 *
 * @param awaitables Futures, tasks, generator coroutines, promises.
 * @param options `returnExceptions`, and a signal that cancels the awaitables.
 * @returns A future for the array of the results and exceptions.
 * @throws {TypeError} If an argument cannot be awaited, such as an array or a set (write
 * `gather(...tasks)`), or an option is not valid; then nothing is started.
 * @throws {Error} If the loop is closed.
 *
 * @example
 * ```ts
 * import { Future, gather, sleep } from "@asyncio/future";
 * import { assertEquals, assertInstanceOf } from "@std/assert";
 *
 * const failing = new Future<number>();
 * failing.setException(new RangeError("no such host"));
 * const [first, second] = await gather(failing, sleep(1, { result: 42 }), {
 *   returnExceptions: true,
 * });
 * assertInstanceOf(first, RangeError);
 * assertEquals(second, 42);
 * ```
 */
export function gather<A extends readonly Awaitable<unknown>[]>(
  ...awaitables: [
    ...awaitables: A,
    options: GatherOptions & { readonly [Symbol.iterator]?: "spread it, as in gather(...tasks)" },
  ]
): Future<GatheredOutcomes<A>>;

export function gather(...args: unknown[]): Future<unknown[]> {
  const options = isGatherOptions(args.at(-1)) ? args.pop() as GatherOptions : undefined;
  const { returnExceptions, signal } = checkOptions("gather the awaitables", options);
  for (const arg of args) checkAwaitable("gather the awaitable", arg, gatherHint);
  const loop = openLoopOf(args);
  prepareSignal(signal);
  const made = new Map<unknown, Future<unknown>>();
  const futures = args.map((arg) => {
    if (isFuture(arg)) return arg;
    const child = made.get(arg) ?? futureOf(arg as Awaitable<unknown>, loop);
    made.set(arg, child);
    return child;
  });
  /** The children that took a request to cancel. */
  let asked: Set<Future<unknown>> | undefined;
  let askedIn = Infinity;
  // When all children are done, a request to cancel comes too late, even if `outer` is pending.
  const outer = new DelegatingFuture<unknown[]>(loop, (reason) => {
    let isForwarded = false;
    askedIn = Math.min(askedIn, currentPass());
    for (const child of futures) {
      if (!cancelTarget(child, reason)) continue;
      isForwarded = true;
      (asked ??= new Set()).add(child);
    }
    return isForwarded;
  }, { operation: "gather", futures });
  const giveBack = giveBackOfAll(futures);
  if (giveBack) setGiveBack(outer, giveBack);

  /** The future `outer` until it is settled, then `undefined`: see `waitFor()` for the reason. */
  let unsettled: DelegatingFuture<unknown> | undefined = outer as DelegatingFuture<unknown>;
  /** How many children of this copy of the module are pending. */
  let pending = 0;
  /** How many children have yet to be inspected before `outer` can succeed. */
  let unseen = 0;
  /** The first exception of a child, and that child. */
  let failure: { outcome: Outcome; child: Future<unknown> } | undefined;
  /**
   * Retrieves the exception of a child, even after `outer` is done: gather() answers for all. With
   * `returnExceptions`, only the results retrieve exceptions. If there are no results, as `outer`
   * is cancelled or never done, the exceptions are reported.
   */
  const inspect = (child: Future<unknown>) => {
    if (returnExceptions) return;
    const [state, value] = outcomeOf(child);
    if (state === RESULT) return;
    const request = unsettled && DelegatingFuture.requestOf(unsettled);
    if (state !== CANCELLED || !request) failure ??= { outcome: [EXCEPTION, value], child };
  };
  const settleIfOver = () => {
    const future = unsettled;
    if (!future) return;
    const request = DelegatingFuture.requestOf(future);
    // A failure settles `outer` early, but a cancelled gather() waits until all children are done.
    if (unseen > 0 && (!failure || request)) return;
    unsettled = undefined;
    // A child that failed before it could be asked has not answered the request.
    if (failure && request && !asked?.has(failure.child)) unanswered.set(future, askedIn);
    if (unseen > 0) leaveToLateWaiter();
    if (giveBack && !failure && !request) giveBackIfUndelivered(future, giveBack);
    if (failure) settleAs(future, failure.outcome, failure.child);
    else if (request) settleAs(future, [CANCELLED, request]);
    else settleAs(future, [RESULT, futures.map((future) => outcomeOf(future)[1])]);
    if (failure || request) giveBack?.(undefined);
  };
  const onDone = (child: Future<unknown>) => {
    unseen--;
    inspect(child);
    settleIfOver();
  };
  // A single waiter for all children: see docs/performance.md#one-waiter-for-gather.
  const waiter: Waiter = {
    label: "gather",
    notify(child) {
      pending--;
      if (pending > 0 && internals.stateOf(child) === RESULT) unseen--;
      else callBackSoon(child, onDone);
    },
  };
  /** Leaves nothing of this call on children that may be pending for long. */
  const leaveToLateWaiter = () => {
    for (const child of futures) {
      if (internals.isOfThisCopy(child)) {
        internals.removeWaiter(child, waiter, lateWaiter);
      } else if (foreign.delete(child) && !child.done()) {
        child.removeDoneCallback(onDone);
        // Without this line, each call would leave one more callback.
        child.removeDoneCallback(outcomeOf);
        child.addDoneCallback(outcomeOf);
      }
    }
  };
  /** Pending children of other copies of the module, which take no {@linkcode Waiter}. */
  const foreign = new Set<Future<unknown>>();
  for (const child of futures) {
    if (child.done()) {
      inspect(child);
    } else if (!internals.isOfThisCopy(child)) {
      foreign.add(child);
    } else if (internals.addWaiter(child, waiter)) {
      pending++;
    }
  }
  unseen = pending + foreign.size;
  for (const child of foreign) child.addDoneCallback(onDone);
  settleIfOver();
  if (signal) internals.followSignal(outer, signal);
  return outer;
}
