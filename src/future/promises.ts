/**
 * How an `await` waits for a future.
 *
 * @module
 */

import type { Future } from "../../future.ts";
import { isThenable } from "../base/checks.ts";
import { enqueue } from "../context/capture.ts";
import type { SharedCancellation } from "../context/copies.ts";
import type { Waker } from "./awaiting.ts";
import { internals, type Waiter } from "./internals.ts";

/** What `then` returns to an `await` on a future that is done. */
export const ignored: Promise<unknown> = Promise.resolve();

/**
 * An `await`, or a promise that `then` made. It is also what `then` returns to an
 * `await`, which ignores it: a promise, if it is used.
 */
export class PromiseWaiter implements Waiter {
  static {
    Object.setPrototypeOf(this.prototype, Promise.prototype);
  }

  readonly #resolve: Resolve;
  readonly #reject: Reject;
  /** Those of the task that waits; of one that only left a handler behind, none. */
  #cancellation: SharedCancellation | undefined;
  /** What is awaited. */
  readonly #future: Future<unknown> | undefined;
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

  /** Takes note that a task waits for `future` by way of this. */
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

  notify(future: Future<unknown>): void {
    const cancellation = this.#cancellation;
    if (cancellation?.endWait(future) && internals.endsInCancellation(future)) {
      cancellation.beginDelivery();
      // Just before the continuation, which may well cancel its own task.
      enqueue(cancellation.endDelivery.bind(cancellation));
    }
    // These are a promise's own functions: they call nothing, they enqueue.
    internals.deliver(future, this.#resolve, this.#reject);
  }

  /** `catch` and `finally` of promises come here, too. */
  then(...handlers: Parameters<Promise<unknown>["then"]>): Promise<unknown> {
    const ignore = () => {};
    this.#promise ??= this.#future!.then(ignore, ignore);
    return this.#promise.then(...handlers);
  }
}

/** The handlers of `then`. */
export type OnFulfilled<T, R> = ((value: T) => R | PromiseLike<R>) | null | undefined;

export type OnRejected<R> = ((reason: unknown) => R | PromiseLike<R>) | null | undefined;

/** The function of a promise that `await`, or `new Promise()`, made. */
export type Resolve = (value: unknown) => void;

export type Reject = (reason: unknown) => void;

/**
 * Where the runtime does not carry contexts, has the continuation of an `await`
 * run in the context of the code that waits.
 */
export function wakeFunctions(waker: Waker, resolve: Resolve, reject: Reject) {
  const rejectInFrame: Reject = (reason) => waker(() => reject(reason));
  const resolveInFrame: Resolve = (value) => {
    try {
      // The promise would adopt a thenable first, and wake the code only later.
      if (isThenable(value)) Promise.resolve(value).then(resolveInFrame, rejectInFrame);
      else waker(() => resolve(value));
    } catch (error) {
      // A `then` that is a getter and throws rejects the promise.
      rejectInFrame(error);
    }
  };
  return { resolve: resolveInFrame, reject: rejectInFrame };
}
