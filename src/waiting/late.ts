/**
 * The option `onLate`: gives back a result that nobody was given, such as a connection.
 *
 * @module
 */

import type { Future } from "../../future.ts";
import { checkPlainCallback, isThenable } from "../base/checks.ts";
import { capture, enqueue } from "../context/capture.ts";
import { cells } from "../context/cells.ts";
import type { SharedCancellation } from "../context/copies.ts";
import { isFuture } from "../future/brand.ts";
import { internals, type Waiter } from "../future/internals.ts";
import { outcomeOf } from "../future/outcome.ts";
import { EXCEPTION, RESULT } from "../future/states.ts";
import { waitersOf, whenDone } from "../future/waiters.ts";
import { reportThrown } from "../loop/reports.ts";
import { enterLoop, leaveLoop } from "../loop/running.ts";
import {
  ANY_CODE,
  deliveredFirstOf,
  deliverFirst,
  HandedFuture,
  setOnUndelivered,
} from "../task/delivery.ts";

/** The option `onLate`. */
export type OnLate = (result: unknown) => unknown;

/** Enqueues the call of an option `onLate`, in the context in which the option was given. */
export type GiveBack = (result: unknown) => void;

/**
 * How to give back the results of futures of other classes than {@linkcode HandedFuture}; made on
 * first use, as most programs need none.
 */
let giveBacks: WeakMap<Future<unknown>, GiveBack> | undefined;

/** Notes how to give back the result of a future, for those that take it over. */
export function setGiveBack(future: Future<unknown>, giveBack: GiveBack): void {
  giveBacks ??= new WeakMap();
  giveBacks.set(future, giveBack);
}

/** Checks an option `onLate`, which may be `undefined`. */
export function checkOnLate(action: string, onLate: unknown): void {
  if (onLate !== undefined) checkPlainCallback(action, onLate, "option onLate");
}

/**
 * Captures the current context for the call of `onLate`.
 *
 * @param future The future that the result was meant for.
 */
export function makeGiveBack(future: Future<unknown>, onLate: OnLate): GiveBack {
  const call = (result: unknown) => callOnLate(future, onLate, result);
  const giveBack = cells ? cells.copy(capture<unknown>, call) : capture(call);
  setGiveBack(future, giveBack);
  return giveBack;
}

/**
 * Gives the result back if every task that waits for `future` is thrown a request to cancel it in
 * place of the result. Called just before the future gets its result.
 *
 * If nobody waits yet, the result reaches whoever waits first, before any request to cancel.
 */
export function giveBackIfUndelivered(future: Future<unknown>, giveBack: GiveBack): void {
  if (!internals.isOfThisCopy(future)) return;
  const takers = takersOf(waitersOf(future));
  if (takers.length === 0) return deliverFirst(future, ANY_CODE);
  // Made on first use, as most results reach the code that waits.
  let left: Set<SharedCancellation | undefined> | undefined;
  setOnUndelivered(future, (code, waited) => {
    left ??= new Set(takers);
    if (waited && left.delete(code) && left.size === 0) giveBack(future.result());
  });
}

/**
 * Returns the code of each waiter that takes the result of a future; `undefined` stands for code
 * outside of tasks. Code that begins to wait later is not counted: what waited before has the result.
 */
export function takersOf(waiters: readonly Waiter[]): (SharedCancellation | undefined)[] {
  const takers: (SharedCancellation | undefined)[] = [];
  for (const waiter of waiters) {
    if (waiter !== lateWaiter) takers.push(waiter.cancellation);
  }
  return takers;
}

/** Returns how to give the result of a future back; `undefined` if nobody has to. */
export function giveBackOf(future: Future<unknown>): GiveBack | undefined {
  return future instanceof HandedFuture ? future.giveBack : giveBacks?.get(future);
}

/**
 * Returns how to give back what some futures have by then; `undefined` if none of them has anything
 * that has to be given back.
 */
export function giveBackOfAll(futures: readonly Future<unknown>[]): GiveBack | undefined {
  if (!futures.some(giveBackOf)) return undefined;
  return () => {
    for (const future of new Set(futures)) giveBackResult(future);
  };
}

/** Gives the result of a future back, if the future has one that has to be given back. */
export function giveBackResult(future: Future<unknown>): void {
  const giveBack = giveBackOf(future);
  if (giveBack && internals.stateOf(future) === RESULT) giveBack(future.result());
}

/**
 * Takes what gather() left behind on a child when it failed: retrieves an exception, and gives a
 * result back unless somebody else waits for it. A child has this waiter only once.
 */
export const lateWaiter: Waiter = {
  label: "gather",
  notify(child) {
    const state = internals.stateOf(child);
    if (state === EXCEPTION) outcomeOf(child);
    // Later: what is given back may go to the next child that was left behind, and so on.
    else if (deliveredFirstOf(child) === ANY_CODE) enqueue(() => giveBackResult(child));
  },
};

/** Settles a future with a result, or gives that back if the future is done already. */
export function settleOrGiveBack(
  future: Future<unknown>,
  result: unknown,
  giveBack: GiveBack | undefined,
): void {
  if (future.done()) return giveBack?.(result);
  if (giveBack) giveBackIfUndelivered(future, giveBack);
  future.setResult(result);
}

/** Calls `onLate`, and reports its failure. */
function callOnLate(future: Future<unknown>, onLate: OnLate, result: unknown): void {
  const loop = future.getLoop();
  const reportFailure = (exception: unknown) =>
    reportThrown(loop, onLate, exception, "future", future);
  // Not by `loop.callSoon()`: after `run()`, connections have to be given back, too. A closed loop
  // is not entered, so that the callback may use the default loop.
  const outer = loop.isClosed() ? undefined : enterLoop(loop);
  try {
    const returned = onLate(result);
    // The task of the caller, if it still runs, does not wait for what the callback returns. So
    // a future is not resolved with, which would count as a wait.
    if (isFuture(returned)) {
      whenDone(returned, {
        notify() {
          const [state, exception] = outcomeOf(returned);
          if (state === EXCEPTION) reportFailure(exception);
        },
      });
    } else if (isThenable(returned)) {
      Promise.resolve(returned).then(undefined, reportFailure);
    }
  } catch (exception) {
    reportFailure(exception);
  } finally {
    if (outer) leaveLoop(loop, outer, onLate, future);
  }
}
