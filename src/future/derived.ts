/**
 * The promises that `then()` makes of a future for a program's handlers.
 *
 * @module
 */

import { toCancelledError } from "../../errors.ts";
import type { Future } from "../../future.ts";
import { isPromiseReplaced, isResolvingFunction } from "../base/engine.ts";
import { define } from "../base/inspect.ts";
import { bind, call } from "../context/calls.ts";
import { callForLibrary } from "../context/capture.ts";
import { reactionsCarry } from "../context/carriers.ts";
import type { SharedCancellation } from "../context/copies.ts";
import { currentFrame, runInFrame, takeSnapshot } from "../context/current.ts";
import type { Frame } from "../context/frame.ts";
import { runningCancellation } from "./awaiting.ts";
import { internals } from "./internals.ts";
import { type OnFulfilled, type OnRejected, PromiseWaiter, type Resolve } from "./promises.ts";
import { PENDING } from "./states.ts";

/** Where promises do not carry contexts, binds a handler of `then` to one. */
function bindToFrame<F>(frame: Frame, handler: F): F {
  if (reactionsCarry() || typeof handler !== "function") return handler;
  return ((...args: []) =>
    runInFrame(frame, call<unknown>, bind(handler as () => unknown, args))) as F;
}

/**
 * Has a task that awaits `derived`, which `then` made, wait on `future`. A task
 * that never looks at `derived` does not: it only left a handler behind.
 *
 * `await`, `Promise.all` and the like read the constructor of a native promise
 * in the code that waits, to see whether it is one (ECMAScript, PromiseResolve).
 * So do its `then` and `finally`, which only make the next promise in the chain.
 */
function beginWhenAwaited<R>(
  derived: Promise<R>,
  future: Future<unknown>,
  cancellation: SharedCancellation,
  waiter: PromiseWaiter,
): Promise<R> {
  let chaining = false;
  const begin = () => {
    if (future.done() || runningCancellation(currentFrame(), future) !== cancellation) return;
    PromiseWaiter.begin(waiter, future, cancellation);
  };
  const chain = <T>(make: () => T): T => {
    const outer = chaining;
    chaining = true;
    try {
      return make();
    } finally {
      chaining = outer;
    }
  };
  const { then, finally: finallyDo } = Promise.prototype;
  define(derived, "constructor", {
    configurable: true,
    get() {
      if (!chaining) begin();
      return Object.getPrototypeOf(derived).constructor;
    },
  });
  define(derived, "then", {
    configurable: true,
    value(...handlers: Parameters<Promise<R>["then"]>): Promise<unknown> {
      // A promise that is resolved with this one, by an async function that
      // returns it, waits for it.
      if (!chaining && handlers.length > 0 && handlers.every(isResolvingFunction)) begin();
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

/**
 * Makes the promise that `then` returns for a program's handlers. A function of its own, as
 * a closure in `then` would allocate a scope at every call.
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

/**
 * As `derive`, where a library replaced the global `Promise`. A compiled `await` looks like
 * a handler, so every handler counts as a wait.
 */
function deriveForLibrary<T, R1, R2>(
  future: Future<T>,
  frame: Frame,
  cancellation: SharedCancellation | undefined,
  onfulfilled: OnFulfilled<T, R1>,
  onrejected: OnRejected<R2>,
): Promise<R1 | R2> {
  const context = takeSnapshot();
  return new Promise((resolve, reject) => {
    const apart = (handler: unknown, otherwise: (value: never) => void) => (value: unknown) =>
      callForLibrary(context, frame, () => {
        try {
          if (typeof handler === "function") resolve(handler(value));
          else otherwise(value as never);
        } catch (error) {
          reject(error);
        }
      });
    const fail = apart(onrejected, reject);
    const waiter = new PromiseWaiter(apart(onfulfilled, resolve), fail);
    const pending = internals.stateOf(future) === PENDING ? undefined : cancellation?.takePending();
    if (pending) return fail(toCancelledError(pending.reason));
    internals.addWaiter(future, waiter);
    if (cancellation && internals.stateOf(future) === PENDING) {
      PromiseWaiter.begin(waiter, future, cancellation);
    }
  });
}
