/**
 * Derived promises: the native promises that `then()` returns for a program's handlers.
 *
 * @module
 */

import type { Future } from "../../future.ts";
import { define, isPromiseReplaced, isResolvingFunction } from "../base/engine.ts";
import { bind, call } from "../context/calls.ts";
import { reactionsCarry } from "../context/carriers.ts";
import type { SharedCancellation } from "../context/copies.ts";
import { currentFrame, runInFrame } from "../context/current.ts";
import type { Frame } from "../context/frame.ts";
import { runningCancellation } from "./awaiting.ts";
import { deriveForLibrary } from "./derived_for_library.ts";
import { internals } from "./internals.ts";
import { type OnFulfilled, type OnRejected, PromiseWaiter, type Resolve } from "./promises.ts";
import { PENDING } from "./states.ts";

/**
 * Makes the promise that `then()` returns for a program's handlers. A function of its own:
 * see docs/performance.md#rare-parts-apart.
 *
 * @param frame The frame to call the handlers in.
 * @param cancellation The cancellation of the task that called `then()`, if a task did.
 */
export function derive<T, R1, R2>(
  future: Future<T>,
  frame: Frame,
  cancellation: SharedCancellation | undefined,
  onfulfilled: OnFulfilled<T, R1>,
  onrejected: OnRejected<R2>,
): Promise<R1 | R2> {
  if (isPromiseReplaced()) {
    return deriveForLibrary(future, frame, cancellation, onfulfilled, onrejected);
  }
  let waiter!: PromiseWaiter;
  const settled = new Promise<T>((resolve, reject) => {
    waiter = new PromiseWaiter(resolve as Resolve, reject);
    internals.addWaiter(future, waiter);
  });
  const derived = settled.then(bindToFrame(frame, onfulfilled), bindToFrame(frame, onrejected));
  if (!cancellation || internals.stateOf(future) !== PENDING) return derived;
  return beginWhenAwaited(derived, future, cancellation, waiter);
}

/** Makes the promise that `finally()` returns. */
export function deriveFinally<T>(future: Future<T>, onfinally: () => void): Promise<T> {
  const end = <R>(pass: () => R) => Promise.resolve(onfinally()).then(pass);
  return future.then((value) => end(() => value), (error) =>
    end(() => {
      throw error;
    }));
}

/** Binds a handler to a frame where promise reactions do not carry contexts. */
function bindToFrame<F>(frame: Frame, handler: F): F {
  if (reactionsCarry() || typeof handler !== "function") return handler;
  return ((...args: []) =>
    runInFrame(frame, call<unknown>, bind(handler as () => unknown, args))) as F;
}

/**
 * Makes a task wait on `future` once the task awaits `derived`. A task that never awaits
 * `derived` only left a handler behind, and does not wait.
 *
 * `await`, `Promise.all()` and the like read `constructor` of a native promise in the code that
 * waits (PromiseResolve in ECMAScript): see docs/performance.md#waiting-on-derived-promises.
 */
function beginWhenAwaited<R>(
  derived: Promise<R>,
  future: Future<unknown>,
  cancellation: SharedCancellation,
  waiter: PromiseWaiter,
): Promise<R> {
  // Whether `then()` or `finally()` of `derived` runs. These read `constructor` as well, but only
  // to make the next promise of the chain.
  let isChaining = false;
  const begin = () => {
    if (future.done() || runningCancellation(currentFrame(), future) !== cancellation) return;
    PromiseWaiter.begin(waiter, future, cancellation);
  };
  const chain = <T>(make: () => T): T => {
    const outer = isChaining;
    isChaining = true;
    try {
      return make();
    } finally {
      isChaining = outer;
    }
  };
  const { then, finally: finallyDo } = Promise.prototype;
  define(derived, "constructor", {
    configurable: true,
    get() {
      if (!isChaining) begin();
      return Object.getPrototypeOf(derived).constructor;
    },
  });
  define(derived, "then", {
    configurable: true,
    value(...handlers: Parameters<Promise<R>["then"]>): Promise<unknown> {
      // An async function that returns `derived` resolves its own promise with it, which then
      // passes two resolving functions and waits.
      if (!isChaining && handlers.length > 0 && handlers.every(isResolvingFunction)) begin();
      const next = chain(() => then.apply(derived, handlers)) as Promise<unknown>;
      return future.done() ? next : beginWhenAwaited(next, future, cancellation, waiter);
    },
  });
  define(derived, "finally", {
    configurable: true,
    value: (onfinally?: (() => void) | null) => chain(() => finallyDo.call(derived, onfinally)),
  });
  return derived;
}
