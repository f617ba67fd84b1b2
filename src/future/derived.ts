/**
 * Derived promises: the native promises that `then()` returns for a program's handlers.
 *
 * @module
 */

import { toCancelledError } from "../../errors.ts";
import type { Future } from "../../future.ts";
import { define, isCompiledAwait, isPromiseReplaced, isResolvingFunction } from "../base/engine.ts";
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
  const isPending = internals.stateOf(future) === PENDING;
  const isWait = cancellation !== undefined && isCompiledAwait(onfulfilled, onrejected);
  const request = isWait && !isPending ? cancellation.endWait(future) : undefined;
  let waiter!: PromiseWaiter;
  const makesWait = cancellation !== undefined && isPending;
  const settled = new (makesWait ? DerivedPromise : Promise)<T>((resolve, reject) => {
    if (request) return reject(toCancelledError(request.reason));
    waiter = new PromiseWaiter(resolve as Resolve, reject);
    internals.addWaiter(future, waiter);
  });
  const handlers = [bindToFrame(frame, onfulfilled), bindToFrame(frame, onrejected)] as const;
  if (!makesWait) return settled.then(...handlers);
  const origin = { future, cancellation, waiter };
  if (isWait) beginWait(origin);
  return DerivedPromise.from(origin, () => settled.then(...handlers));
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

/** The future that a promise was derived from, and the code that waits on it if it awaits that promise. */
interface Origin {
  readonly future: Future<unknown>;
  readonly cancellation: SharedCancellation;
  readonly waiter: PromiseWaiter;
}

function beginWait({ future, cancellation, waiter }: Origin): void {
  if (future.done() || runningCancellation(currentFrame(), future) !== cancellation) return;
  PromiseWaiter.begin(waiter, future, cancellation);
}

/**
 * The class of the promise that a method of `Promise.prototype` is about to make. The method reads
 * it from `constructor`; `undefined` while only code that waits reads `constructor`.
 */
let species: PromiseConstructor | undefined;

/** Calls a method of `Promise.prototype`, which makes a promise of the given class. */
function makeAs<R>(made: PromiseConstructor, make: () => R): R {
  const outer = species;
  species = made;
  try {
    return make();
  } finally {
    species = outer;
  }
}

/**
 * The promise that code of a task derived from a pending future. The task waits on the future once
 * it awaits this promise. A task that never awaits it only left a handler behind, and does not wait.
 *
 * `await`, `Promise.all()` and the like read `constructor` of a native promise in the code that
 * waits (PromiseResolve in ECMAScript). An own property of the promise would tell as much, but slow
 * all promises down: see docs/performance.md#waiting-on-derived-promises.
 */
class DerivedPromise<R> extends Promise<R> {
  static {
    define(this.prototype, "constructor", {
      configurable: true,
      get(this: object) {
        if (!species && #origin in this && this.#origin) beginWait(this.#origin);
        return species ?? Promise;
      },
    });
  }

  /** `undefined` for a promise that needs no origin, as no program sees it. */
  #origin: Origin | undefined = undefined;

  /** Gives an origin to the promise that `then` makes of a promise of this class. */
  static from<R>(origin: Origin, then: () => Promise<R>): DerivedPromise<R> {
    const derived = makeAs(DerivedPromise, then) as DerivedPromise<R>;
    derived.#origin = origin;
    return derived;
  }

  override then<R1 = R, R2 = never>(
    ...handlers: [onfulfilled?: OnFulfilled<R, R1>, onrejected?: OnRejected<R2>]
  ): Promise<R1 | R2> {
    const origin = this.#origin;
    const then = () => super.then(...handlers);
    // `derive()` calls, or the method `then` of another promise of this class.
    if (!origin) return then();
    if (origin.future.done()) return makeAs(Promise, then);
    // An async function that returns this promise resolves its own promise with it, which then
    // passes two resolving functions and waits.
    const isAwait = handlers.length > 0 && handlers.every(isResolvingFunction);
    if (!species && (isAwait || isCompiledAwait(...handlers))) beginWait(origin);
    return DerivedPromise.from(origin, then);
  }

  override finally(onfinally?: (() => void) | null): Promise<R> {
    return makeAs(Promise, () => super.finally(onfinally));
  }
}
