/**
 * Futures of operations that wait for others: cancelling one is a request that
 * is passed on, and it is done when what it waits for has ended.
 *
 * @module
 */

import {
  type CancelledError,
  InvalidStateError,
  TimeoutError,
  toCancelledError,
} from "../../errors.ts";
import { Future } from "../../future.ts";
import type { EventLoop } from "../../loop.ts";
import { fail, Failure } from "../future/failure.ts";
import { internals } from "../future/internals.ts";
import { CANCELLED, EXCEPTION, RESULT, type State } from "../future/states.ts";
import { callSoonOn } from "../loop/schedule.ts";

/** How far a chain of such futures is followed by recursion, either way. */
const MAX_DEPTH = 100;

let depth = 0;

/** Calls `step`, a link of a chain; in a later turn if the chain is long. */
function followChain(loop: EventLoop, step: () => boolean): boolean {
  if (depth === MAX_DEPTH) {
    callSoonOn(loop, step);
    return true;
  }
  depth++;
  try {
    return step();
  } finally {
    depth--;
  }
}

/** A future that passes requests to cancel it on. */
export class DelegatingFuture<T> extends Future<T> {
  readonly #forwardCancel: (reason: unknown) => boolean;
  #request: CancelledError | undefined = undefined;

  /**
   * @param loop The loop it belongs to.
   * @param pass Passes a request on. It returns `false` if there is nobody left
   * to take it, as the outcome is on its way.
   */
  constructor(loop: EventLoop, pass: (reason: unknown) => boolean) {
    super({ loop });
    this.#forwardCancel = pass;
  }

  /** What the first request came to that was passed on. */
  static requestOf(future: DelegatingFuture<unknown>): CancelledError | undefined {
    return future.#request;
  }

  override cancel(reason?: unknown): boolean {
    if (this.done()) return false;
    // One error for all, so that the signal's reason is what is thrown.
    const error = toCancelledError(reason);
    return followChain(this.getLoop(), () => {
      if (!this.#forwardCancel(error)) return false;
      this.#request ??= error;
      internals.abort(this as Future<unknown>, error);
      return true;
    });
  }

  /**
   * Throws: the outcome is that of what it waits for.
   *
   * @throws {InvalidStateError} Always.
   */
  override setResult(_value: T): void {
    throw this.#notSettable("result");
  }

  /**
   * Throws: the outcome is that of what it waits for.
   *
   * @throws {InvalidStateError} Always.
   */
  override setException(_exception: unknown): void {
    throw this.#notSettable("exception");
  }

  #notSettable(what: string): InvalidStateError {
    return new InvalidStateError(
      `Cannot set the ${what} as the future gets it from what it waits for: ${this}`,
    );
  }

  override get signal(): AbortSignal {
    const signal = super.signal;
    if (this.#request && !signal.aborted) internals.abort(this, this.#request);
    return signal;
  }
}

/** How a future ended, and its result, exception or `CancelledError`. */
export type Outcome = [state: State, value: unknown];

/** Looks at the outcome of a future that is done, whichever class it is of. */
export function outcomeOf(future: Future<unknown>): Outcome {
  try {
    return [RESULT, future.result()];
  } catch (error) {
    return [future.cancelled() ? CANCELLED : EXCEPTION, error];
  }
}

/** What an outcome is if it came when the time was over: a cancellation is a timeout. */
export function timedOut(outcome: Outcome): Outcome {
  const [state, cause] = outcome;
  return state === CANCELLED ? [EXCEPTION, new TimeoutError(undefined, { cause })] : outcome;
}

/** Makes a future done, unless it is. */
export function settleAs(future: Future<unknown>, [state, value]: Outcome): void {
  if (future.done()) return;
  if (future instanceof DelegatingFuture) {
    followChain(future.getLoop(), () => {
      const outcome = state === EXCEPTION ? new Failure(value) : value;
      if (!future.done()) internals.settle(future, state, outcome);
      return true;
    });
  } else if (state === RESULT) {
    future.setResult(value);
  } else if (state === EXCEPTION) {
    fail(future, value);
  } else {
    future.cancel(value);
  }
}
