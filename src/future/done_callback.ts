/**
 * Done callbacks: the waiters that `addDoneCallback()` registers, and their calls.
 *
 * @module
 */

import type { Future } from "../../future.ts";
import { nameOf } from "../base/inspect.ts";
import { checkOptions } from "../base/options.ts";
import { internals, type Waiter } from "./internals.ts";
import type { ScheduleOptions } from "../loop/handles.ts";
import { closedError, reportUndelivered } from "../loop/reports.ts";
import * as running from "../loop/running.ts";
import * as turns from "../loop/turns.ts";
import { PENDING } from "./states.ts";

// Local copies of imports: see docs/performance.md#local-copies-of-imports.
const runCallback = running.runCallback;
const nextChainLength = turns.nextChainLength;

/** The function that {@linkcode Future.prototype.addDoneCallback} was given. */
export type DoneFunction = (future: Future<unknown>) => unknown;

/** Checks the options of `addDoneCallback()`, and that the loop can still call the callback. */
export function checkDoneOptions(
  future: Future<unknown>,
  options: ScheduleOptions | undefined,
): ScheduleOptions {
  const checked = checkOptions("add a done callback", options);
  const isPending = internals.stateOf(future) === PENDING;
  if (!isPending && future.getLoop().isClosed()) throw closedError();
  return checked;
}

/**
 * A done callback. Both fields have two meanings, as a third field would take more memory: see
 * docs/performance.md#done-callbacks.
 *
 * | field             | future pending                   | future done                         |
 * | ----------------- | -------------------------------- | ----------------------------------- |
 * | `callback`        | the function                     | the function, or a `ChainedCall`    |
 * | `enqueueOrFuture` | enqueues the call in its context | the future, which is the argument   |
 */
export class DoneCallback implements Waiter {
  static {
    // Otherwise the assignments below would call a setter that a program put on Object.prototype.
    Object.setPrototypeOf(this.prototype, null);
  }

  // Only declared: the definition of a field would first store `undefined` in it.
  declare callback: DoneFunction | ChainedCall;
  declare enqueueOrFuture: ((call: DoneCallback) => void) | Future<unknown>;

  /**
   * @param callback The function.
   * @param enqueue Enqueues {@linkcode runDoneCallback} with the object it is given, so that
   * no done callback needs a closure.
   */
  constructor(callback: DoneFunction, enqueue: (call: DoneCallback) => void) {
    this.callback = callback;
    this.enqueueOrFuture = enqueue;
  }

  get label(): string {
    return nameOf(this.callback);
  }

  /** The function, whether the future is pending or done. */
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

/** Calls the function of a done callback whose future is done. */
export function runDoneCallback({ callback, enqueueOrFuture }: DoneCallback): void {
  const future = enqueueOrFuture as Future<unknown>;
  if (typeof callback === "function") callWith(future, callback, 1);
  else callWith(future, callback.callback, callback.chainLength);
}

/** Calls `callback` with `future`, or reports that the loop was closed before. */
function callWith(future: Future<unknown>, callback: DoneFunction, chainLength: number): void {
  const loop = future.getLoop();
  if (loop.isClosed()) reportUndelivered(future, callback);
  else runCallback(loop, callback, future, "future", future, chainLength);
}

/** A function that other callbacks led to, each scheduled by the one before. */
interface ChainedCall {
  readonly callback: DoneFunction;
  /** The number of callbacks in the chain, this one included. */
  readonly chainLength: number;
}
