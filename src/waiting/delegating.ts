/**
 * `DelegatingFuture`, the future of an operation that waits for others (`gather`, `waitFor`,
 * scopes), and the outcomes that such an operation copies.
 *
 * @module
 */

import { type CancelledError, InvalidStateError, toCancelledError } from "../../errors.ts";
import { Future } from "../../future.ts";
import type { EventLoop } from "../../loop.ts";
import { fail, Failure } from "../future/failure.ts";
import { internals, type Source } from "../future/internals.ts";
import type { Outcome } from "../future/outcome.ts";
import { EXCEPTION, RESULT } from "../future/states.ts";
import { callSoonOn } from "../loop/schedule.ts";
import { ANY_CODE, deliveredFirstOf, deliverFirst } from "../task/delivery.ts";
import { currentPass, passOn, scopeErrors, unanswered } from "../task/passing.ts";

/**
 * A future whose `cancel()` forwards the request to what the future waits for. The future itself
 * is done only when that has ended.
 */
export class DelegatingFuture<T> extends Future<T> {
  readonly #forwardCancel: (reason: unknown) => boolean;
  #source: Source | undefined;
  #request: CancelledError | undefined = undefined;
  /** The pass in which a request was forwarded last. */
  #pass = 0;
  /** Whether that request was taken. */
  #isTaken = false;

  /**
   * @param loop The loop of the future.
   * @param forwardCancel Forwards a request, and returns `false` if nothing can be cancelled any
   * more, because the outcome is on its way.
   * @param source What settles the future.
   */
  constructor(loop: EventLoop, forwardCancel: (reason: unknown) => boolean, source?: Source) {
    super({ loop });
    this.#forwardCancel = forwardCancel;
    this.#source = source;
  }

  /** Returns what settles a future. */
  static sourceOf(future: DelegatingFuture<unknown>): Source | undefined {
    return future.#source;
  }

  /** Sets what settles a future, if the constructor did not know. */
  static setSource(future: DelegatingFuture<unknown>, source: Source): void {
    future.#source = source;
  }

  /** Returns the error of the first request that was forwarded; one from outside goes first. */
  static requestOf(future: DelegatingFuture<unknown>): CancelledError | undefined {
    return future.#request;
  }

  override cancel(reason?: unknown): boolean {
    if (this.done()) return false;
    // All that is cancelled shares this error, so that the reason of the signal is the very error
    // that is thrown.
    const error = toCancelledError(reason);
    let isLate = false;
    const isTaken = passOn(() => {
      const isForwarded = this.#forward(error);
      if (isLate && !isForwarded) unanswered.set(this, this.#pass);
      return isForwarded;
    });
    isLate = true;
    return isTaken;
  }

  #forward(error: CancelledError): boolean {
    // Several futures wait for this one, and another of them has forwarded the request.
    if (this.#pass === currentPass()) return this.#isTaken;
    this.#pass = currentPass();
    // A circle comes here again before the request has returned.
    this.#isTaken = true;
    const earlier = this.#request;
    // First, as the future may be done, and settle this one, before the request returns.
    if (!earlier || (scopeErrors.has(earlier) && !scopeErrors.has(error))) this.#request = error;
    if (this.done() || !this.#forwardCancel(error)) {
      this.#request = earlier;
      return this.#isTaken = false;
    }
    internals.abort(this as Future<unknown>, error);
    return true;
  }

  /**
   * Throws, since the outcome comes from what the future waits for.
   *
   * @throws {InvalidStateError} Always.
   */
  override setResult(_value: T): void {
    throw this.#notSettable("result");
  }

  /**
   * Throws, since the outcome comes from what the future waits for.
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

/**
 * Settles a future with an outcome, unless the future is done already.
 *
 * @param source The future that the outcome comes from.
 */
export function settleAs(
  future: Future<unknown>,
  [state, value]: Outcome,
  source?: Future<unknown>,
): void {
  if (future.done()) return;
  const pass = source && unanswered.get(source);
  if (pass !== undefined) unanswered.set(future, pass);
  const code = source && deliveredFirstOf(source);
  if (code && deliveredFirstOf(future) !== ANY_CODE) deliverFirst(future, code);
  if (future instanceof DelegatingFuture) {
    callNested(future.getLoop(), () => {
      const outcome = state === EXCEPTION ? new Failure(value) : value;
      if (!future.done()) internals.settle(future, state, outcome);
    });
  } else if (state === RESULT) {
    future.setResult(value);
  } else if (state === EXCEPTION) {
    fail(future, value);
  } else {
    future.cancel(value);
  }
}

/** How deep calls of {@linkcode callNested} may nest. */
const MAX_NESTING = 100;

/** How deep they are nested now: changed by {@linkcode callNested} alone, 0 outside of it. */
let nesting = 0;

/**
 * Calls `step`, which may lead to further nested calls. A step that is nested too deep runs in a
 * later turn: futures that wait for each other in a long row would overflow the stack.
 */
function callNested(loop: EventLoop, step: () => void): void {
  if (nesting === MAX_NESTING) return callSoonOn(loop, step);
  nesting++;
  try {
    step();
  } finally {
    nesting--;
  }
}
