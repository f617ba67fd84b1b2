/**
 * The waiters of a future: their list, and how they are notified.
 *
 * @module
 */

import type { Future } from "../../future.ts";
import { enqueue } from "../context/capture.ts";
import type { SharedCancellation } from "../context/copies.ts";
import { DoneCallback, type DoneFunction } from "./done_callback.ts";
import { internals, type Waiter } from "./internals.ts";
import { PromiseWaiter, reportWakeFailure } from "./promises.ts";
import { PENDING } from "./states.ts";
import { reportUndelivered } from "../loop/reports.ts";
import { isHostLoop } from "../loop/running.ts";
import { LoopTimers } from "../loop/loop_timers.ts";
import { laneOf, type Scheduler } from "../loop/scheduler.ts";
import {
  haveSchedulers,
  holdBack,
  isHostStarved,
  lengthenChain,
  mustHoldBack,
  noteWake,
} from "../loop/turns.ts";
import type { Cancellation } from "../task/cancellation.ts";

/** Notifies `waiter` when a future is done, which may belong to another copy of the module. */
export function whenDone(future: Future<unknown>, waiter: Waiter): void {
  if (internals.isOfThisCopy(future)) internals.addWaiter(future, waiter);
  else future.addDoneCallback(waiter.notify.bind(waiter, future));
}

/** The waiters of a future in the order of registration; none if the future is done. */
export function waitersOf(future: Future<unknown>): Waiter[] {
  if (internals.stateOf(future) !== PENDING) return [];
  const waiters = internals.waitersOrOutcome(future) as Waiter | undefined;
  if (waiters === undefined) return [];
  return waiters instanceof Waiters ? [...waiters] : [waiters];
}

/**
 * Notifies a waiter while other callbacks are held back: after the host's next turn; at once if
 * the host called the code that runs, or if the loop is not a standard one. Where a loop has a
 * scheduler, that decides.
 */
export function notifyWhileHoldingBack(future: Future<unknown>, waiter: Waiter): void {
  if (haveSchedulers()) {
    if (leaveToScheduler(future, waiter)) return;
    if (!isHostStarved()) return notifyWaiter(future, waiter);
  }
  if (isHostLoop(future.getLoop()) && mustHoldBack()) {
    return holdBack(notifyWaiter.bind(undefined, future, waiter));
  }
  for (const { cancellation } of waiter instanceof Waiters ? waiter : [waiter]) {
    if (cancellation) noteWake(cancellation);
  }
  notifyWaiter(future, waiter);
}

/**
 * Whether an `await` of a future that is done has to wait, as the host waits for its turn, or as a
 * scheduler decides when the code goes on.
 */
export function mustWait(future: Future<unknown>, code: SharedCancellation | undefined): boolean {
  // Called while something may be held back: without a scheduler, the host is starved.
  if (!haveSchedulers()) return true;
  return schedulerOf(future, code)?.takesOver() ?? isHostStarved();
}

/** Resumes code that awaits a future which is done, when {@linkcode mustWait} has said so. */
export function resumeLater(
  future: Future<unknown>,
  waiter: Waiter,
  code: SharedCancellation | undefined,
): void {
  if (code) lengthenChain(code);
  code?.beginWait(future);
  const scheduler = haveSchedulers() ? schedulerOf(future, code) : undefined;
  // Not in the lane of the future: code that awaits a future which is done waits for nobody.
  if (scheduler) leaveTo(scheduler, future, waiter, laneOf(future));
  else notifyWhileHoldingBack(future, waiter);
}

/** Returns what decides when the code of a task goes on or, without a task, when a callback runs. */
function schedulerOf(
  future: Future<unknown>,
  code: SharedCancellation | undefined,
): Scheduler | undefined {
  const loop = (code as Partial<Cancellation> | undefined)?.task?.getLoop() ?? future.getLoop();
  return isHostLoop(loop) ? LoopTimers.schedulerOf(loop) : undefined;
}

/**
 * Leaves the wake-ups of a future to the schedulers of the loops that they belong to. Waiters of
 * this module, which run no code of the program, are notified at once.
 *
 * @returns `false` if there is no such scheduler; then nothing has happened.
 */
function leaveToScheduler(future: Future<unknown>, waiter: Waiter): boolean {
  if (!(waiter instanceof Waiters)) {
    const scheduler = schedulerOf(future, waiter.cancellation);
    if (scheduler?.takesOver()) leaveTo(scheduler, future, waiter, laneOf(future) ?? future);
    else if (scheduler) notifyWaiter(future, waiter);
    return scheduler !== undefined;
  }
  const waiters = [...waiter];
  const schedulers = waiters.map(({ cancellation }) => schedulerOf(future, cancellation));
  if (!schedulers.some(Boolean)) return false;
  if (!schedulers.some((scheduler) => scheduler?.takesOver())) {
    notifyWaiter(future, waiter);
    return true;
  }
  const lane = laneOf(future) ?? future;
  waiters.forEach((waiter, i) => leaveTo(schedulers[i], future, waiter, lane));
  return true;
}

/** Leaves the wake-up by one waiter to a scheduler, if that has to decide on it. */
function leaveTo(
  scheduler: Scheduler | undefined,
  future: Future<unknown>,
  waiter: Waiter,
  lane: object | undefined,
): void {
  if (!scheduler || !resumesCode(future, waiter)) return notifyWaiter(future, waiter);
  const enqueue = notifyWaiter.bind(undefined, future, waiter);
  scheduler.add({ enqueue, source: waiter, future, lane });
}

/** Whether code of the program goes on, or is called, in a later turn when a waiter is notified. */
function resumesCode(future: Future<unknown>, waiter: Waiter): boolean {
  if (waiter instanceof DoneCallback || waiter instanceof PromiseWaiter) return true;
  return waiter.cancellation !== undefined && !waiter.goesOnAtOnce?.(future);
}

/** Notifies a waiter that a future is done; an exception is reported. */
export function notifyWaiter(future: Future<unknown>, waiter: Waiter): void {
  try {
    waiter.notify(future);
  } catch (exception) {
    reportNotifyFailure(future, waiter, exception);
  }
}

/** Reports what {@linkcode Waiter.notify} threw. */
export function reportNotifyFailure(
  future: Future<unknown>,
  waiter: Waiter,
  exception: unknown,
): void {
  // `callSoon()` of a loop that is not a standard one throws if the loop is closed.
  if (waiter instanceof DoneCallback) reportUndelivered(future, waiter.fn, exception);
  else reportWakeFailure(future, exception);
}

/** Removes the done callbacks of a function from a future, and returns how many there were. */
export function removeCallbacks(future: Future<unknown>, fn: DoneFunction): number {
  if (internals.stateOf(future) !== PENDING) return 0;
  const held = internals.waitersOrOutcome(future) as Waiter | undefined;
  const isOne = held instanceof DoneCallback && held.callback === fn;
  const count = held instanceof Waiters ? held.deleteCallbacks(fn) : Number(isOne);
  if (isOne || (held instanceof Waiters && held.isEmpty)) internals.removeWaiter(future, held);
  return count;
}

/** The longest array that a waiter is removed from; see docs/performance.md#array-of-waiters. */
const MAX_ARRAY_LENGTH = 32;

/** Several waiters of one future, in the order of registration, which are notified as one. */
export class Waiters implements Waiter {
  // Becomes a set when one of many is removed: see docs/performance.md#array-of-waiters.
  #waiters: Waiter[] | Set<Waiter>;
  /** The done callbacks of the set by their functions, from the first `deleteCallbacks()` on. */
  #callbacks: Map<unknown, DoneCallback[]> | undefined = undefined;

  /** @param waiters The first waiters. The object takes over the array. */
  constructor(waiters: Waiter[]) {
    this.#waiters = waiters;
  }

  /** Returns `false` if `waiter` is registered already, as the latest one; nothing changes then. */
  add(waiter: Waiter): boolean {
    const waiters = this.#waiters;
    if (Array.isArray(waiters)) {
      if (waiters.at(-1) === waiter) return false;
      waiters.push(waiter);
    } else {
      if (waiters.has(waiter)) return false;
      waiters.add(waiter);
      if (this.#callbacks) addToIndex(this.#callbacks, waiter);
    }
    return true;
  }

  /**
   * Removes a waiter, which is not a done callback.
   *
   * @param successor A waiter to have at the end, unless it is registered already.
   */
  delete(waiter: Waiter, successor: Waiter | undefined): void {
    const waiters = this.#arrayOrSet();
    if (Array.isArray(waiters)) {
      this.#waiters = waiters.filter((other) => other !== waiter && other !== successor);
      if (successor) this.#waiters.push(successor);
    } else {
      waiters.delete(waiter);
      if (successor) waiters.add(successor);
    }
  }

  /** Removes the done callbacks of a function, and returns how many there were. */
  deleteCallbacks(fn: DoneFunction): number {
    const waiters = this.#arrayOrSet();
    if (Array.isArray(waiters)) {
      const kept = waiters.filter((waiter) =>
        !(waiter instanceof DoneCallback && waiter.callback === fn)
      );
      this.#waiters = kept;
      return waiters.length - kept.length;
    }
    if (!this.#callbacks) {
      this.#callbacks = new Map();
      for (const waiter of waiters) addToIndex(this.#callbacks, waiter);
    }
    const removed = this.#callbacks.get(fn) ?? [];
    this.#callbacks.delete(fn);
    for (const callback of removed) waiters.delete(callback);
    return removed.length;
  }

  /** The waiters in the form from which one is removed. */
  #arrayOrSet(): Waiter[] | Set<Waiter> {
    const waiters = this.#waiters;
    const isLong = Array.isArray(waiters) && waiters.length > MAX_ARRAY_LENGTH;
    return this.#waiters = isLong ? new Set(waiters) : waiters;
  }

  get isEmpty(): boolean {
    const waiters = this.#waiters;
    return (Array.isArray(waiters) ? waiters.length : waiters.size) === 0;
  }

  notify(future: Future<unknown>): void {
    notifyAll(future, this.#waiters[Symbol.iterator](), undefined);
  }

  [Symbol.iterator](): Iterator<Waiter> {
    return this.#waiters[Symbol.iterator]();
  }
}

/** Whether a waiter passes the outcome on a microtask later, as a task awaits the future. */
function decidesLater(waiter: Waiter): waiter is PromiseWaiter {
  return waiter.cancellation !== undefined && waiter instanceof PromiseWaiter;
}

/**
 * Notifies waiters in their order, up to the first that decides later. That one and all after it
 * follow a microtask later.
 *
 * @param decider The waiter that decides now; `undefined` in the turn in which the future is done.
 */
function notifyAll(
  future: Future<unknown>,
  waiters: Iterator<Waiter>,
  decider: PromiseWaiter | undefined,
): void {
  decider?.decide(future);
  for (let next = waiters.next(); !next.done; next = waiters.next()) {
    const waiter = next.value;
    if (!decidesLater(waiter)) notifyWaiter(future, waiter);
    else if (decider) waiter.decide(future);
    else return enqueue(notifyAll.bind(undefined, future, waiters, waiter));
  }
}

/** Adds a waiter to the index of done callbacks, if it is one. */
function addToIndex(index: Map<unknown, DoneCallback[]>, waiter: Waiter): void {
  if (!(waiter instanceof DoneCallback)) return;
  const callbacks = index.get(waiter.callback);
  if (callbacks) callbacks.push(waiter);
  else index.set(waiter.callback, [waiter]);
}
