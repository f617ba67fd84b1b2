/**
 * Helpers of the functions that wait: callbacks when futures are done, timers, loops.
 *
 * @module
 */

import type { Future } from "../../future.ts";
import type { EventLoop } from "../../loop.ts";
import { cannot, isGenerator, isThenable } from "../base/checks.ts";
import { isFuture } from "../future/brand.ts";
import { internals, type Source, type Waiter } from "../future/internals.ts";
import { whenDone } from "../future/waiters.ts";
import type { TimerHandle } from "../loop/handles.ts";
import { closedError, reportUndelivered } from "../loop/reports.ts";
import { currentLoop, runCallback } from "../loop/running.ts";
import { callSoonOn } from "../loop/schedule.ts";
import { nextChainLength } from "../loop/turns.ts";

/** Schedules `callback` on the loop of a future, which must be done. */
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
 * Schedules `onDone` for each of some futures when that future is done.
 *
 * @param label The name in the representation of a future.
 * @param timer The timer of the time limit.
 * @returns A function that removes the callbacks and cancels the timer.
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

/** Calls `onAllDone` as soon as all of some futures are done; now if they are done already. */
export function whenAllDone(
  futures: ReadonlySet<Future<unknown>>,
  label: string,
  onAllDone: () => void,
): void {
  let left = 1;
  const notify = () => {
    if (--left === 0) onAllDone();
  };
  for (const future of futures) {
    left++;
    whenDone(future, { notify, label });
  }
  notify();
}

/**
 * Calls `release` as soon as a future is done, without a turn of the loop in between.
 *
 * @param source What settles the future.
 */
export function onEnd(future: Future<unknown>, release: () => void, source?: Source): void {
  whenDone(future, { notify: release, source });
}

/** Returns the loop of the first future among `values`, or else the running loop. */
export function loopOfFirst(values: Iterable<unknown>): EventLoop {
  for (const value of values) {
    if (isFuture(value)) return value.getLoop();
  }
  return currentLoop();
}

/**
 * Returns the loop as {@linkcode loopOfFirst} does, and throws if that loop is closed. Without this
 * check, a function that adds callbacks to several futures could fail halfway.
 */
export function openLoopOf(values: Iterable<unknown>): EventLoop {
  const loop = loopOfFirst(values);
  if (loop.isClosed()) throw closedError();
  return loop;
}

/** Schedules `expire` for when the time is over, if there is a limit. */
export function startTimer(
  loop: EventLoop,
  timeout: number | null,
  expire: () => void,
): TimerHandle | undefined {
  return timeout === null || timeout === Infinity ? undefined : loop.callLater(timeout, expire);
}

/**
 * Returns the elements of an iterable.
 *
 * @throws {TypeError} If `values` is not iterable, or is itself a future, a promise or a generator.
 */
export function setOf<T>(action: string, values: Iterable<T>, what: string): Set<T> {
  const isOne = isFuture(values) || isGenerator(values) || isThenable(values);
  const isObject = typeof values === "object" && values !== null;
  if (isObject && Symbol.iterator in values && !isOne) return new Set(values);
  const hint = isOne ? " (write `[…]` around them)" : "";
  throw cannot(action, `the ${what} come in no iterable, such as an array${hint}`, values);
}
