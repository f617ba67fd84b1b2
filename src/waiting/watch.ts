/**
 * What the functions that wait have in common.
 *
 * @module
 */

import { type Future, isFuture } from "../../future.ts";
import type { EventLoop } from "../../loop.ts";
import { cannot, isGenerator } from "../base/checks.ts";
import { internals, type Waiter } from "../future/internals.ts";
import { whenDone } from "../future/waiters.ts";
import type { TimerHandle } from "../loop/handles.ts";
import { closedError, reportUndelivered } from "../loop/reports.ts";
import { currentLoop, runCallback } from "../loop/running.ts";
import { callSoonOn } from "../loop/schedule.ts";
import { nextChainLength } from "../loop/turns.ts";

/** Has the loop of a future, which is done, call `callback`. */
export function callBackSoon(
  future: Future<unknown>,
  callback: (future: Future<unknown>) => void,
): void {
  const loop = future.getLoop();
  const chainLength = nextChainLength();
  try {
    callSoonOn(loop, () => runCallback(loop, callback, future, "future", future, chainLength));
  } catch (exception) {
    reportUndelivered(future, callback, exception);
  }
}

/**
 * Has `onDone` called, in a turn of the loop, with each of some futures that is done.
 *
 * @param label How it shows in the representation of a future.
 * @param timer A timer that bounds it.
 * @returns A function that takes all of it back, however many others wait.
 */
export function watch(
  futures: Iterable<Future<unknown>>,
  label: string,
  onDone: (future: Future<unknown>) => void,
  timer?: TimerHandle,
): () => void {
  const waiter: Waiter = { label, notify: (future) => callBackSoon(future, onDone) };
  for (const future of futures) {
    if (internals.isOfThisCopy(future)) internals.addWaiter(future, waiter);
    else future.addDoneCallback(onDone);
  }
  return () => {
    timer?.cancel();
    for (const future of futures) {
      if (internals.isOfThisCopy(future)) internals.removeWaiter(future, waiter);
      else future.removeDoneCallback(onDone);
    }
  };
}

/** Calls `release` at once when a future is done. */
export function onEnd(future: Future<unknown>, release: () => void): void {
  whenDone(future, { notify: release });
}

/** The loop of the first future among `values`, or else the running one. */
export function loopOf(values: Iterable<unknown>): EventLoop {
  for (const value of values) {
    if (isFuture(value)) return value.getLoop();
  }
  return currentLoop();
}

/** As {@linkcode loopOf}, for what adds callbacks to several: to all or to none. */
export function openLoopOf(values: Iterable<unknown>): EventLoop {
  const loop = loopOf(values);
  if (loop.isClosed()) throw closedError();
  return loop;
}

/** Has `expire` called when the time is over, if there is a limit. */
export function startTimer(
  loop: EventLoop,
  timeout: number | null,
  expire: () => void,
): TimerHandle | undefined {
  return timeout === null || timeout === Infinity ? undefined : loop.callLater(timeout, expire);
}

/** The elements of an iterable, which must be no coroutine and no future itself. */
export function setOf<T>(action: string, values: Iterable<T>, what: string): Set<T> {
  const isOne = isFuture(values) || isGenerator(values);
  const isObject = typeof values === "object" && values !== null;
  if (isObject && Symbol.iterator in values && !isOne) return new Set(values);
  const hint = isOne ? " (write `[…]` around them)" : "";
  throw cannot(action, `the ${what} come in no iterable, such as an array${hint}`, values);
}
