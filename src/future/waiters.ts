/**
 * The list of who waits for a future.
 *
 * @module
 */

import type { Future } from "../../future.ts";
import { DoneCallback } from "./done_callback.ts";
import { internals, type Waiter } from "./internals.ts";
import { report, reportUndelivered } from "../loop/reports.ts";
import { isHostLoop } from "../loop/running.ts";
import { holdBack, mustHoldBack, noteWake } from "../loop/turns.ts";

/**
 * Tells a waiter that a future is done after the next turn of the host, as others wait for that
 * turn; at once, if the host settled the future, or if the loop is not a standard one.
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

/** Tells a waiter that a future is done. */
export function notifyWaiter(future: Future<unknown>, waiter: Waiter): void {
  try {
    waiter.notify(future);
  } catch (exception) {
    reportNotifyFailure(future, waiter, exception);
  }
}

export function reportNotifyFailure(
  future: Future<unknown>,
  waiter: Waiter,
  exception: unknown,
): void {
  // The loop of a done callback may be closed, if it is no standard one.
  if (waiter instanceof DoneCallback) reportUndelivered(future, waiter.fn, exception);
  else reportWakeFailure(future, exception);
}

/** More than so many stand in a set once one is removed: to look through all takes longer. */
const FEW = 32;

/** Several that wait, in order of registration, which are told as one. */
export class Waiters implements Waiter {
  /** An array at first: in a set, each of a million took two thirds longer (Bun 1.4). */
  #all: Waiter[] | Set<Waiter>;

  /** @param all Who cancellation; the array is the list's own from now on. */
  constructor(all: Waiter[]) {
    this.#all = all;
  }

  /** Returns `false` if it was added just before, and then nothing changes. */
  add(waiter: Waiter): boolean {
    const all = this.#all;
    if (Array.isArray(all)) {
      if (all.at(-1) === waiter) return false;
      all.push(waiter);
    } else {
      if (all.has(waiter)) return false;
      all.add(waiter);
    }
    return true;
  }

  delete(waiter: Waiter): void {
    const all = this.#all;
    if (Array.isArray(all) && all.length <= FEW) {
      this.#all = all.filter((other) => other !== waiter);
    } else {
      const set = this.#all = Array.isArray(all) ? new Set(all) : all;
      set.delete(waiter);
    }
  }

  notify(future: Future<unknown>): void {
    for (const waiter of this.#all) notifyWaiter(future, waiter);
  }

  [Symbol.iterator](): Iterator<Waiter> {
    return this.#all[Symbol.iterator]();
  }
}

/** Reports that what passed for a promise's own function was not. */
export function reportWakeFailure(future: Future<unknown>, exception: unknown): void {
  const message = "Cannot wake what waits for the future";
  report(future.getLoop(), { message, exception, future });
}

/** Tells `waiter` when a future, perhaps of another copy of the module, is done. */
export function whenDone(future: Future<unknown>, waiter: Waiter): void {
  if (internals.isOfThisCopy(future)) internals.addWaiter(future, waiter);
  else future.addDoneCallback(waiter.notify.bind(waiter, future));
}
