/**
 * The waiters of a future: their list, and how they are notified.
 *
 * @module
 */

import type { Future } from "../../future.ts";
import { enqueue } from "../context/capture.ts";
import { DoneCallback } from "./done_callback.ts";
import { internals, type Waiter } from "./internals.ts";
import { PENDING } from "./states.ts";
import { PromiseWaiter, reportWakeFailure } from "./promises.ts";
import { reportUndelivered } from "../loop/reports.ts";
import { isHostLoop } from "../loop/running.ts";
import { holdBack, mustHoldBack, noteWake } from "../loop/turns.ts";

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
 * the host called the code that runs, or if the loop is not a standard one.
 */
export function notifyWhileHoldingBack(future: Future<unknown>, waiter: Waiter): void {
  if (isHostLoop(future.getLoop()) && mustHoldBack()) {
    return holdBack(notifyWaiter.bind(undefined, future, waiter));
  }
  for (const { cancellation } of waiter instanceof Waiters ? waiter : [waiter]) {
    if (cancellation) noteWake(cancellation);
  }
  notifyWaiter(future, waiter);
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

/** The longest array that a waiter is removed from; see docs/performance.md#array-of-waiters. */
const MAX_ARRAY_LENGTH = 32;

/** Several waiters of one future, in the order of registration, which are notified as one. */
export class Waiters implements Waiter {
  // Becomes a set when one of many is removed: see docs/performance.md#array-of-waiters.
  #waiters: Waiter[] | Set<Waiter>;

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
    }
    return true;
  }

  delete(waiter: Waiter): void {
    const waiters = this.#waiters;
    if (Array.isArray(waiters) && waiters.length <= MAX_ARRAY_LENGTH) {
      this.#waiters = waiters.filter((other) => other !== waiter);
    } else {
      const set = this.#waiters = Array.isArray(waiters) ? new Set(waiters) : waiters;
      set.delete(waiter);
    }
  }

  notify(future: Future<unknown>): void {
    const waiters = this.#waiters[Symbol.iterator]();
    for (let next = waiters.next(); !next.done; next = waiters.next()) {
      // The order of waiters stays: the later ones are notified a microtask later, too.
      if (decidesLater(next.value)) {
        return enqueue(decideAll.bind(undefined, future, next.value, waiters));
      }
      notifyWaiter(future, next.value);
    }
  }

  [Symbol.iterator](): Iterator<Waiter> {
    return this.#waiters[Symbol.iterator]();
  }
}

/** Whether a waiter passes the outcome on a microtask later, as a task awaits the future. */
function decidesLater(waiter: Waiter): waiter is PromiseWaiter {
  return waiter.cancellation !== undefined && waiter instanceof PromiseWaiter;
}

function decideAll(future: Future<unknown>, first: PromiseWaiter, others: Iterator<Waiter>): void {
  first.decide(future);
  for (let next = others.next(); !next.done; next = others.next()) {
    if (decidesLater(next.value)) next.value.decide(future);
    else notifyWaiter(future, next.value);
  }
}
