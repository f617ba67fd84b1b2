/**
 * Done callbacks: functions that are called when a future is done.
 *
 * @module
 */

import type { Future } from "../../future.ts";
import { nameOf } from "../base/inspect.ts";
import type { Waiter } from "./internals.ts";
import { reportUndelivered } from "../loop/reports.ts";
import { runCallback } from "../loop/running.ts";
import { nextChainLength } from "../loop/turns.ts";

/** What {@linkcode Future.prototype.addDoneCallback} was given. */
export type DoneFunction = (future: Future<unknown>) => unknown;

export class DoneCallback implements Waiter {
  static {
    // An assignment below must not reach what somebody added to Object.prototype.
    Object.setPrototypeOf(this.prototype, null);
  }

  // Declared, as fields would first be set to undefined.
  /** The function; from when the future is done, with its depth if it is deep. */
  declare callback: DoneFunction | LongChainCall;
  /**
   * Has it called, in its context. From then on it is the future that it is called
   * with, as a field more would take more memory than a promise.
   */
  declare enqueueOrFuture: ((call: DoneCallback) => void) | Future<unknown>;

  /**
   * @param callback The function.
   * @param enqueue Has {@linkcode runDoneCallback} called, one function for all: a
   * closure for each would take more memory than a promise.
   */
  constructor(callback: DoneFunction, enqueue: (call: DoneCallback) => void) {
    this.callback = callback;
    this.enqueueOrFuture = enqueue;
  }

  get label(): string {
    return nameOf(this.callback);
  }

  /** The function, in any case. */
  get fn(): DoneFunction {
    const { callback } = this;
    return typeof callback === "function" ? callback : callback.callback;
  }

  notify(future: Future<unknown>): void {
    const enqueue = this.enqueueOrFuture as (call: DoneCallback) => void;
    const chainLength = nextChainLength();
    if (chainLength > 1) this.callback = { callback: this.callback as DoneFunction, chainLength };
    this.enqueueOrFuture = future;
    enqueue(this);
  }
}

export function runDoneCallback({ callback, enqueueOrFuture: held }: DoneCallback): void {
  const future = held as Future<unknown>;
  if (typeof callback === "function") callWith(future, callback, 1);
  else callWith(future, callback.callback, callback.chainLength);
}

/** Calls a done callback, unless the loop is closed. */
function callWith(future: Future<unknown>, callback: DoneFunction, chainLength: number): void {
  const loop = future.getLoop();
  if (loop.isClosed()) reportUndelivered(future, callback);
  else runCallback(loop, callback, future, "future", future, chainLength);
}

/** A function, and how deep it is called: other callbacks led to it. */
interface LongChainCall {
  readonly callback: DoneFunction;
  readonly chainLength: number;
}
