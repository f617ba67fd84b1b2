/**
 * The waiter behind an `await` of a future, and behind a promise that `then()` makes.
 *
 * @module
 */

import { toCancelledError } from "../../errors.ts";
import type { Future } from "../../future.ts";
import { isThenable } from "../base/checks.ts";
import { type Code, observer } from "../base/observer.ts";
import { enqueue } from "../context/capture.ts";
import type { SharedCancellation } from "../context/copies.ts";
import type { Waker } from "./awaiting.ts";
import { internals, type Waiter } from "./internals.ts";
import { report } from "../loop/reports.ts";

/** A handler of `then()` for the result. */
export type OnFulfilled<T, R> = ((value: T) => R | PromiseLike<R>) | null | undefined;

/** A handler of `then()` for the exception. */
export type OnRejected<R> = ((reason: unknown) => R | PromiseLike<R>) | null | undefined;

/** The function that resolves a promise of an `await` or of `new Promise()`. */
export type Resolve = (value: unknown) => void;

/** The function that rejects such a promise. */
export type Reject = (reason: unknown) => void;

/** The return value of `then()` for an `await` of a future that is done; `await` ignores it. */
export const ignored: Promise<unknown> = Promise.resolve();

/**
 * Passes the outcome of a future to the two functions of a promise.
 *
 * `then()` also returns this object to an `await`, which ignores it, so that no promise is made.
 * For a program that uses the return value all the same, the object acts as a promise.
 */
export class PromiseWaiter implements Waiter {
  static {
    Object.setPrototypeOf(this.prototype, Promise.prototype);
  }

  readonly #resolve: Resolve;
  readonly #reject: Reject;
  /** The cancellation of the task that waits; `undefined` while nobody awaits the promise. */
  #cancellation: SharedCancellation | undefined;
  /** The awaited future; `undefined` for a promise that `then()` made. */
  readonly #future: Future<unknown> | undefined;
  /** The promise that this object acts as, made on first use. */
  #promise: Promise<unknown> | undefined = undefined;

  constructor(
    resolve: Resolve,
    reject: Reject,
    cancellation?: SharedCancellation,
    future?: Future<unknown>,
  ) {
    this.#resolve = resolve;
    this.#reject = reject;
    this.#cancellation = cancellation;
    this.#future = future;
  }

  /** Registers that a task waits on `future` through `waiter`. */
  static begin(
    waiter: PromiseWaiter,
    future: Future<unknown>,
    cancellation: SharedCancellation,
  ): void {
    waiter.#cancellation = cancellation;
    cancellation.beginWait(future);
  }

  get label(): string {
    return this.#future ? "await" : "then";
  }

  get cancellation(): SharedCancellation | undefined {
    return this.#cancellation;
  }

  /**
   * Passes the outcome on: at once or, if a task waits, a microtask later. Until then, a request to
   * cancel the task is thrown in place of the outcome.
   */
  notify(future: Future<unknown>): void {
    // The two functions run no user code: see docs/performance.md#resolving-functions.
    if (this.#cancellation) {
      observer?.woken(this.#cancellation, future);
      enqueue(this.decide.bind(this, future));
    } else internals.deliver(future, this.#resolve, this.#reject);
  }

  /** Decides whether the task is thrown a request to cancel it or gets the outcome. */
  decide(future: Future<unknown>): void {
    const code = this.#cancellation!;
    try {
      resumeAwait(future, code.endWait(future), this.#resolve, this.#reject, code);
    } catch (exception) {
      reportWakeFailure(future, exception);
    }
  }

  /** The `then()` of the promise; `catch()` and `finally()` of `Promise.prototype` call it. */
  then(...handlers: Parameters<Promise<unknown>["then"]>): Promise<unknown> {
    const ignore = () => {};
    this.#promise ??= this.#future!.then(ignore, ignore);
    return this.#promise.then(...handlers);
  }
}

/**
 * Wraps the functions of an `await` so that its continuation runs in the context of the code
 * that awaits, where the runtime does not carry contexts.
 */
export function wakeFunctions(waker: Waker, resolve: Resolve, reject: Reject) {
  const rejectInFrame: Reject = (reason) => waker(() => reject(reason));
  const resolveInFrame: Resolve = (value) => {
    try {
      // A promise that is resolved with a thenable resumes the code only when that is settled,
      // long after the waker has left the frame: so the waker is called at that time.
      if (isThenable(value)) Promise.resolve(value).then(resolveInFrame, rejectInFrame);
      else waker(() => resolve(value));
    } catch (error) {
      // The property `then` is a getter that threw: a promise is rejected with the error.
      rejectInFrame(error);
    }
  };
  return { resolve: resolveInFrame, reject: rejectInFrame };
}

/**
 * Resumes an async function that awaits a future, in a microtask.
 *
 * @param request A request to cancel the task, to throw in place of the outcome.
 * @param code The code of the task, if a task awaits.
 */
export function resumeAwait(
  future: Future<unknown>,
  request: { readonly reason: unknown } | undefined,
  resolve: Resolve,
  reject: Reject,
  code: Code | undefined,
): void {
  const isObserved = observer !== undefined && code !== undefined;
  // Between these two microtasks, the one that `resolve` or `reject` enqueues runs the function.
  if (isObserved) enqueue(() => observer?.stepBegan(code));
  if (request) reject(toCancelledError(request.reason));
  else internals.deliver(future, resolve, reject);
  if (isObserved) enqueue(() => observer?.stepEnded(code));
}

/** Reports what a function threw that only looked like a promise's own. */
export function reportWakeFailure(future: Future<unknown>, exception: unknown): void {
  const message = "Cannot wake what waits for the future";
  report(future.getLoop(), { message, exception, future });
}
