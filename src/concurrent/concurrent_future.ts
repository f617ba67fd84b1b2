/**
 * The class `ConcurrentFuture`, the counterpart of `concurrent.futures.Future`.
 *
 * @module
 */

import { CancelledError, InvalidStateError } from "../../errors.ts";
import type { Future } from "../../future.ts";
import { checkLimit, checkPlainCallback } from "../base/checks.ts";
import { inspectAsText, nameOf, show } from "../base/inspect.ts";
import { checkOptions } from "../base/options.ts";
import { toException } from "../future/failure.ts";
import { report } from "../loop/reports.ts";
import { currentLoop } from "../loop/running.ts";
import { TimeoutError } from "../waiting/timeout_error.ts";
import { wrapFuture } from "../waiting/wrap.ts";
import { blockUntil } from "./blocking.ts";

/**
 * Options of {@linkcode ConcurrentFuture}, for those who write an executor.
 *
 * @category Concurrent futures
 */
export interface ConcurrentFutureOptions {
  /** Called by `cancel()` while the call is running, to ask for its end. Default: nothing is. */
  cancelRunning?: (() => unknown) | undefined;
}

/**
 * The state of a future.
 *
 * | state     | event                        | next state  | `#outcome`           |
 * | --------- | ---------------------------- | ----------- | -------------------- |
 * | `pending` | `setRunningOrNotifyCancel()` | `running`   | –                    |
 * | `pending` | `cancel()`                   | `cancelled` | the `CancelledError` |
 * | `running` | `cancel()`                   | `running`   | –                    |
 * | `running` | the call ends as cancelled   | `cancelled` | the `CancelledError` |
 * | not done  | `setResult()`                | `finished`  | the result           |
 * | not done  | `setException()`             | `failed`    | the exception        |
 */
type State = "pending" | "running" | "cancelled" | "finished" | "failed";

/** Ends a call that is running as cancelled; set, as the next one, by the static block below. */
export let endCancelled: (future: ConcurrentFuture<unknown>, error: CancelledError) => void;
/** Calls back once a pending future is done, before its callbacks, and sees no failure. */
export let onEnd: (future: ConcurrentFuture<unknown>, callback: () => void) => void;

/**
 * The outcome of a call that another thread, or another machine, works on.
 *
 * `Executor.submit()` makes these futures. `await` waits for the outcome, as `wrapFuture()` does.
 * {@linkcode ConcurrentFuture.prototype.result} blocks the thread until there is one.
 *
 * A failure that nobody looks at is reported, as that of a `Future` is; `concurrent.futures` loses it.
 *
 * Source: [`concurrent.futures.Future`](https://docs.python.org/3.14/library/concurrent.futures.html#future-objects).
 *
 * @typeParam T The type of the result.
 * @category Concurrent futures
 *
 * @example
 * ```ts
 * import { ConcurrentFuture } from "@asyncio/future/concurrent";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const future = new ConcurrentFuture<number>();
 * assert(future.setRunningOrNotifyCancel());
 * future.setResult(42);
 * assertEquals(future.result(), 42);
 * assertEquals(await future, 42);
 * ```
 */
export class ConcurrentFuture<T> implements PromiseLike<T> {
  #state: State = "pending";
  #outcome: unknown = undefined;
  #callbacks: ((future: never) => unknown)[] = [];
  #ends: (() => void)[] = [];
  readonly #cancelRunning: (() => unknown) | undefined;
  /** Fails as this future did, and is reported unless somebody looks at the failure. */
  #unseen: Future<unknown> | undefined = undefined;

  static {
    inspectAsText(this.prototype);
    endCancelled = (future, error) => future.#endAs("cancelled", error);
    onEnd = (future, callback) => void future.#ends.push(callback);
  }

  /**
   * Makes a pending future. Source: [`concurrent.futures.Future`](https://docs.python.org/3.14/library/concurrent.futures.html#concurrent.futures.Future).
   *
   * @param options How to cancel a call that is running.
   * @throws {TypeError} If the option is not a function.
   */
  constructor(options?: ConcurrentFutureOptions) {
    const action = "create a concurrent future";
    const { cancelRunning } = checkOptions(action, options);
    if (cancelRunning !== undefined) {
      checkPlainCallback(action, cancelRunning, "cancelRunning option");
    }
    this.#cancelRunning = cancelRunning;
  }

  /**
   * Cancels the call, unless it is running or done. An executor asks a call that is running to end: its
   * outcome then decides.
   *
   * Source: [`Future.cancel`](https://docs.python.org/3.14/library/concurrent.futures.html#concurrent.futures.Future.cancel).
   *
   * @returns Whether the future is cancelled.
   */
  cancel(): boolean {
    if (this.#state === "pending") this.#endAs("cancelled", new CancelledError());
    else if (this.#state === "running") this.#cancelRunning?.();
    return this.cancelled();
  }

  /**
   * Whether the call was cancelled. Source:
   * [`Future.cancelled`](https://docs.python.org/3.14/library/concurrent.futures.html#concurrent.futures.Future.cancelled).
   */
  cancelled(): boolean {
    return this.#state === "cancelled";
  }

  /**
   * Whether the call is being executed, and cannot be cancelled any more. Source:
   * [`Future.running`](https://docs.python.org/3.14/library/concurrent.futures.html#concurrent.futures.Future.running).
   */
  running(): boolean {
    return this.#state === "running";
  }

  /**
   * Whether the call was cancelled or has ended. Source:
   * [`Future.done`](https://docs.python.org/3.14/library/concurrent.futures.html#concurrent.futures.Future.done).
   */
  done(): boolean {
    return this.#state !== "pending" && this.#state !== "running";
  }

  /**
   * Returns the result, and blocks the thread until there is one.
   *
   * The main threads of Deno, Node and Bun and all workers may block. While the thread blocks, it runs
   * nothing else: no timer, no callback, no other task.
   *
   * Source: [`Future.result`](https://docs.python.org/3.14/library/concurrent.futures.html#concurrent.futures.Future.result).
   *
   * @param timeout How long to block, in milliseconds. Default: `null`, for no limit.
   * @returns The result.
   * @throws {TimeoutError} If the call has not ended in time.
   * @throws {CancelledError} If the call was cancelled.
   * @throws {unknown} What the call threw.
   * @throws {Error} If the thread may not block, or if no other thread works on anything.
   * @throws {TypeError} If the timeout is not a number.
   */
  result(timeout: number | null = null): T {
    this.#block("wait for a result", timeout);
    this.#noteSeen();
    if (this.#state !== "finished") throw this.#outcome;
    return this.#outcome as T;
  }

  /**
   * Returns the exception, or `null`; blocks as {@linkcode ConcurrentFuture.prototype.result} does.
   * Source: [`Future.exception`](https://docs.python.org/3.14/library/concurrent.futures.html#concurrent.futures.Future.exception).
   *
   * @param timeout How long to block, in milliseconds. Default: `null`, for no limit.
   * @returns What the call threw, or `null`.
   * @throws {TimeoutError} If the call has not ended in time.
   * @throws {CancelledError} If the call was cancelled.
   * @throws {Error} If the thread may not block, or if no other thread works on anything.
   * @throws {TypeError} If the timeout is not a number.
   */
  exception(timeout: number | null = null): unknown {
    this.#block("wait for an exception", timeout);
    this.#noteSeen();
    if (this.#state === "cancelled") throw this.#outcome;
    return this.#state === "failed" ? this.#outcome : null;
  }

  /**
   * Calls `callback` with the future once the future is done: at once if it is done already. What the
   * callback throws is reported to the event loop.
   *
   * Source: [`Future.add_done_callback`](https://docs.python.org/3.14/library/concurrent.futures.html#concurrent.futures.Future.add_done_callback).
   *
   * @param callback Called in the thread of the future, in the order of the calls of this method.
   * @throws {TypeError} If `callback` is not a function.
   */
  addDoneCallback(callback: (future: ConcurrentFuture<T>) => unknown): void {
    checkPlainCallback("add a done callback", callback);
    this.#noteSeen();
    if (this.done()) this.#call(callback);
    else this.#callbacks.push(callback);
  }

  /**
   * Marks the call as running, unless it was cancelled: for executors, before they begin with the call.
   * Source: [`Future.set_running_or_notify_cancel`](https://docs.python.org/3.14/library/concurrent.futures.html#concurrent.futures.Future.set_running_or_notify_cancel).
   *
   * @returns `false` if the future was cancelled.
   * @throws {InvalidStateError} If the call runs already, or has ended.
   */
  setRunningOrNotifyCancel(): boolean {
    if (this.#state === "cancelled") return false;
    if (this.#state !== "pending") throw this.#wrongState("start the call", "it is not pending");
    this.#state = "running";
    return true;
  }

  /**
   * Sets the result: for executors and for tests. Source:
   * [`Future.set_result`](https://docs.python.org/3.14/library/concurrent.futures.html#concurrent.futures.Future.set_result).
   *
   * @param result The result.
   * @throws {InvalidStateError} If the future is done.
   */
  setResult(result: T): void {
    if (this.done()) throw this.#wrongState("set the result", "the future is done");
    this.#endAs("finished", result);
  }

  /**
   * Sets the exception: for executors and for tests. Source:
   * [`Future.set_exception`](https://docs.python.org/3.14/library/concurrent.futures.html#concurrent.futures.Future.set_exception).
   *
   * @param exception An error, an error class, or another value that was thrown.
   * @throws {InvalidStateError} If the future is done.
   */
  setException(exception: unknown): void {
    if (this.done()) throw this.#wrongState("set the exception", "the future is done");
    this.#endAs("failed", toException(exception, this.setException));
  }

  /** Waits for the outcome, as `wrapFuture(future)` does; in browsers, without its cancellation. */
  then<A = T, B = never>(
    onResult?: ((result: T) => A | PromiseLike<A>) | null,
    onException?: ((exception: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return wrapFuture(this).then(onResult, onException);
  }

  /** Waits for the outcome: `yield* future`. */
  *[Symbol.iterator](): Generator<unknown, T> {
    return yield* wrapFuture(this);
  }

  /** The state and the outcome. */
  toString(): string {
    const [state, outcome] = this.#state === "finished"
      ? ["finished", ` result=${show(this.#outcome)}`]
      : this.#state === "failed"
      ? ["finished", ` exception=${show(this.#outcome)}`]
      : [this.#state, ""];
    return `<${this[Symbol.toStringTag]} ${state}${outcome}>`;
  }

  /** The name of the class. */
  get [Symbol.toStringTag](): string {
    return "ConcurrentFuture";
  }

  #block(action: string, timeout: number | null): void {
    checkLimit(action, "timeout", timeout);
    const isDone = () => this.done();
    if (blockUntil(action, isDone, timeout ?? Infinity, this)) return;
    throw new TimeoutError(`Cannot ${action} as the time is over: received ${show(this)}`);
  }

  #endAs(state: State, outcome: unknown): void {
    this.#state = state;
    this.#outcome = outcome;
    const callbacks = this.#callbacks;
    this.#callbacks = [];
    if (state === "failed" && callbacks.length === 0) {
      this.#unseen = currentLoop().createFuture();
      this.#unseen.setException(outcome);
    }
    for (const end of this.#ends.splice(0)) end();
    for (const callback of callbacks) this.#call(callback);
  }

  #noteSeen(): void {
    this.#unseen?.exception();
    this.#unseen = undefined;
  }

  #call(callback: (future: never) => unknown): void {
    try {
      callback(this as never);
    } catch (exception) {
      report(currentLoop(), { message: `Exception in callback ${nameOf(callback)}`, exception });
    }
  }

  #wrongState(action: string, why: string): InvalidStateError {
    return new InvalidStateError(`Cannot ${action} as ${why}: received ${show(this)}`);
  }
}
