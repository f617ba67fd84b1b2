/**
 * The class `Future`, its options and `isFuture()`. The parts of a future that need no private
 * fields are in `src/future/`.
 *
 * @module
 */

import type { CancelledError } from "./errors.ts";
import { InvalidStateError, isCancelledError, toCancelledError } from "./errors.ts";
import type { EventLoop } from "./loop.ts";
import { checkPlainCallback } from "./src/base/checks.ts";
import {
  define,
  enqueueNative,
  isPromiseReplaced,
  isProxy,
  isResolvingFunction,
} from "./src/base/engine.ts";
import { inspectAsText } from "./src/base/inspect.ts";
import { checkOptions } from "./src/base/options.ts";
import { dispose } from "./src/base/symbols.ts";
import { awaitLosesContext, setOnLoss } from "./src/context/carriers.ts";
import type { SharedCancellation } from "./src/context/copies.ts";
import { currentTaskFrame } from "./src/context/current.ts";
import type { Frame } from "./src/context/frame.ts";
import { captureOnRead, runningCancellation, type Waker } from "./src/future/awaiting.ts";
import { BRAND, isFuture } from "./src/future/brand.ts";
import { standardPrototypes } from "./src/future/cancel_target.ts";
import { derive, deriveFinally } from "./src/future/derived.ts";
import type { DoneFunction } from "./src/future/done_callback.ts";
import { checkDoneOptions, DoneCallback, runDoneCallback } from "./src/future/done_callback.ts";
import { failUnlessDone, Failure, toException } from "./src/future/failure.ts";
import type { FutureOptions } from "./src/future/future_options.ts";
import type { FutureInternals, Waiter } from "./src/future/internals.ts";
import { internals, provideInternals } from "./src/future/internals.ts";
import { FutureIterator } from "./src/future/iterator.ts";
import { isItsOwnResult } from "./src/future/own_result.ts";
import {
  ignored,
  type OnFulfilled,
  type OnRejected,
  PromiseWaiter,
  type Reject,
  reportWakeFailure,
  resumeAwait,
  wakeFunctions,
} from "./src/future/promises.ts";
import { represent } from "./src/future/representation.ts";
import { linkSignal, type Signals } from "./src/future/signals.ts";
import * as states from "./src/future/states.ts";
import { rejectTraced } from "./src/future/traces.ts";
import {
  mustWait,
  notifyWaiter,
  notifyWhileHoldingBack,
  removeCallbacks,
  reportNotifyFailure,
  resumeLater,
  Waiters,
} from "./src/future/waiters.ts";
import type { ScheduleOptions } from "./src/loop/handles.ts";
import { provideFutures } from "./src/loop/host_loop.ts";
import { currentLoop } from "./src/loop/running.ts";
import * as schedule from "./src/loop/schedule.ts";
import { keepTraceback } from "./src/loop/tracebacks.ts";
import * as turns from "./src/loop/turns.ts";

// Local copies of imports: see docs/performance.md#local-copies-of-imports.
const captureFor = schedule.captureFor;
const isHoldingBack = turns.isHoldingBack;
const PENDING = states.PENDING;
const RESULT = states.RESULT;
const EXCEPTION = states.EXCEPTION;
const CANCELLED = states.CANCELLED;

export { type FutureOptions, isFuture };

// Functions that use private fields, set by the static block of the class. They are not private
// static methods: see docs/performance.md#inlining-budget.

/** The slow path of the constructor: with options, or with a loop in debug mode. */
let constructSlow: (future: Future<unknown>, options: FutureOptions | undefined) => void;

/** Makes a pending future done, which is the only transition, and then notifies its waiters. */
let settle: FutureInternals["settle"];

/** The slow part of `settle`: for an exception, or for a future with signals. */
let settleSlow: (future: Future<unknown>) => void;

/** Registers a waiter, or notifies it now if the future is done. */
let addWaiter: FutureInternals["addWaiter"];

/** The slow path of `addWaiter`: the future is done, or has a waiter already. */
let addWaiterSlow: FutureInternals["addWaiter"];

/**
 * Whether `Promise.prototype.finally` is about to call `then()` of a future, with functions that
 * look like those of an `await`. Set by `Symbol.species`; reset by `then()` or a microtask later.
 */
let isInFinally = false;

/**
 * The eventual result of an asynchronous operation: a promise that can be asked for its state,
 * settled from outside and cancelled.
 *
 * Code with callbacks makes the future done with
 * {@linkcode Future.prototype.setResult | setResult()} or
 * {@linkcode Future.prototype.setException | setException()}. `async` functions wait for it with
 * `await`, generator coroutines with `yield*`. A future works wherever a promise does.
 *
 * Source: [`asyncio.Future`](https://docs.python.org/3.14/library/asyncio-future.html#asyncio.Future).
 *
 * @typeParam T The type of the result.
 * @category Futures
 *
 * @example
 * ```ts
 * import { Future } from "@asyncio/future";
 * import { assertEquals } from "@std/assert";
 * function load(callback: (error: Error | null, text: string) => void) {
 *   setTimeout(() => callback(null, "hello"), 1);
 * }
 * const text = new Future<string>();
 * load((error, value) => error ? text.setException(error) : text.setResult(value));
 * assertEquals(await text, "hello");
 * ```
 *
 * @example
 * ```ts
 * // A signal cancels the future, and the future aborts a signal of its own.
 * import { CancelledError, Future } from "@asyncio/future";
 * import { assert, assertRejects } from "@std/assert";
 *
 * const controller = new AbortController();
 * const reply = new Future<string>({ signal: controller.signal });
 * const { signal } = reply; // for fetch(url, { signal })
 * controller.abort("enough");
 * assert(reply.cancelled() && signal.aborted);
 * await assertRejects(async () => await reply, CancelledError, "enough");
 * ```
 */
export class Future<T> implements Promise<T> {
  // Four fields and no private method: see docs/performance.md#create-and-settle.
  #state: states.State = PENDING;
  /**
   * | state       | meaning                                                                |
   * | ----------- | ---------------------------------------------------------------------- |
   * | `PENDING`   | `undefined`, one waiter, or several as {@linkcode Waiters}             |
   * | `RESULT`    | the result                                                             |
   * | `EXCEPTION` | the {@linkcode Failure} that holds the exception                       |
   * | `CANCELLED` | the reason; from the first use on, the `CancelledError` made of it     |
   */
  #waitersOrOutcome: unknown = undefined;
  /** Set by the constructor only. */
  #loop: EventLoop = currentLoop();
  #signals: Signals | undefined = undefined;

  static {
    constructSlow = (future, options) => {
      if (options === undefined) return keepTraceback(future.#loop, future);
      const hint = typeof options === "function"
        ? " (a Future takes no executor; call setResult() later)"
        : "";
      const { loop = currentLoop(), signal } = checkOptions("create a Future", options, hint);
      future.#loop = loop;
      keepTraceback(loop, future);
      if (signal) internals.followSignal(future, signal);
    };
    settle = (future, state, outcome) => {
      future.#state = state;
      const waiter = future.#waitersOrOutcome as Waiter | undefined;
      future.#waitersOrOutcome = outcome;
      if (waiter !== undefined) {
        // A copy of notifyWaiter(): see docs/performance.md#inlining-depth.
        try {
          if (isHoldingBack()) notifyWhileHoldingBack(future, waiter);
          else waiter.notify(future);
        } catch (exception) {
          reportNotifyFailure(future, waiter, exception);
        }
      }
      if (state === EXCEPTION || future.#signals !== undefined) settleSlow(future);
    };
    settleSlow = (future) => {
      const signals = future.#signals;
      if (signals?.source) {
        signals.source.delete(future);
        signals.source = undefined;
      }
      if (future.#state === EXCEPTION) {
        (future.#waitersOrOutcome as Failure).reportUnlessRetrieved(future);
      }
    };
    addWaiter = (future, waiter) => {
      if (future.#state !== PENDING || future.#waitersOrOutcome !== undefined) {
        return addWaiterSlow(future, waiter);
      }
      future.#waitersOrOutcome = waiter;
      return true;
    };
    addWaiterSlow = (future, waiter) => {
      if (future.#state !== PENDING) {
        if (isHoldingBack()) notifyWhileHoldingBack(future, waiter);
        else notifyWaiter(future, waiter);
        return true;
      }
      const held = future.#waitersOrOutcome as Waiter;
      const waiters = held instanceof Waiters ? held : new Waiters([held]);
      future.#waitersOrOutcome = waiters;
      return waiters.add(waiter);
    };
    provideInternals({
      settle,
      addWaiter,
      removeWaiter(future, waiter, successor) {
        if (future.#state !== PENDING) return;
        const held = future.#waitersOrOutcome;
        if (held instanceof Waiters) held.delete(waiter, successor);
        const isLast = held === waiter || (held instanceof Waiters && held.isEmpty);
        if (isLast) future.#waitersOrOutcome = successor;
      },
      isOfThisCopy: (value) => value instanceof Future,
      stateOf: (future) => future.#state,
      waitersOrOutcome: (future) => future.#waitersOrOutcome,
      followSignal(future, signal) {
        if (future.#state !== PENDING) return;
        const source = linkSignal(signal, future);
        if (source) Future.#signalsOf(future).source = source;
      },
      abort(future, reason) {
        const controller = future.#signals?.controller;
        if (!controller) return reason;
        const error = toCancelledError(reason);
        controller.abort(error);
        return error;
      },
      deliver(future, resolve, reject) {
        const outcome = future.#waitersOrOutcome;
        if (future.#state === EXCEPTION) {
          rejectTraced((outcome as Failure).retrieve(), resolve, reject);
        } else if (future.#state === CANCELLED) reject(Future.#cancelledError(future));
        else if (Future.#isOfThisCopy(outcome) && isItsOwnResult(future, Future.#resultFuture)) {
          // Promises reject a promise that is resolved with itself, too.
          reject(new TypeError(`Cannot await the future as it is its own result: ${future}`));
        } else resolve(outcome);
      },
      represent,
    });
    define(this.prototype, BRAND, {
      // `false` for the prototype itself, which is not a future.
      get: function (this: object) {
        return #state in this;
      },
    });
    inspectAsText(this.prototype);
    // For `value instanceof Promise`, by which many libraries ask. A library that replaced the global
    // `Promise` would look for its own fields in a future.
    if (!isPromiseReplaced()) Object.setPrototypeOf(this.prototype, Promise.prototype);
    standardPrototypes.add(this.prototype);
    const onLoss = () => captureOnRead(Future.prototype, Future.#then);
    setOnLoss(onLoss);
    if (awaitLosesContext() || isPromiseReplaced()) onLoss();
  }

  /**
   * Makes a pending future: settle it with `setResult()` or `setException()`, wait for it with
   * `await` or `yield*`, cancel it with `cancel()`. A future takes no executor. Source:
   * [`asyncio.Future`](https://docs.python.org/3.14/library/asyncio-future.html#asyncio.Future).
   *
   * @param options The loop that the future belongs to, and a signal that cancels it.
   * @throws {TypeError} If the options are not an object, or if one of them is not valid.
   */
  constructor(options?: FutureOptions) {
    if (options !== undefined || this.#loop.getDebug()) constructSlow(this, options);
  }

  /**
   * Returns the result, or throws the exception.
   *
   * Source: [`Future.result`](https://docs.python.org/3.14/library/asyncio-future.html#asyncio.Future.result).
   *
   * @throws The exception, if the future has one.
   * @throws {CancelledError} If the future is cancelled.
   * @throws {InvalidStateError} If the future is pending.
   */
  result(): T {
    switch (this.#state) {
      case RESULT:
        return this.#waitersOrOutcome as T;
      case EXCEPTION:
        throw (this.#waitersOrOutcome as Failure).retrieve(this.result);
      case CANCELLED:
        throw Future.#cancelledError(this);
      default:
        throw new InvalidStateError(`Cannot get the result as the future is pending: ${this}`);
    }
  }

  /**
   * Returns the exception (a promise calls it the reason), or `null` if the future has a result.
   *
   * Source: [`Future.exception`](https://docs.python.org/3.14/library/asyncio-future.html#asyncio.Future.exception).
   *
   * @throws {CancelledError} If the future is cancelled.
   * @throws {InvalidStateError} If the future is pending.
   */
  exception(): unknown {
    switch (this.#state) {
      case RESULT:
        return null;
      case EXCEPTION:
        return (this.#waitersOrOutcome as Failure).retrieve(this.exception);
      case CANCELLED:
        throw Future.#cancelledError(this);
      default:
        throw new InvalidStateError(`Cannot get the exception as the future is pending: ${this}`);
    }
  }

  /**
   * Makes the future done with a result: what `resolve()` is for a promise.
   *
   * Source: [`Future.set_result`](https://docs.python.org/3.14/library/asyncio-future.html#asyncio.Future.set_result).
   *
   * @param value The result, stored as it is: a promise is not awaited.
   * @throws {InvalidStateError} If the future is done.
   */
  setResult(value: T): void {
    if (this.#state !== PENDING) throw states.doneError(this, "set the result");
    settle(this, RESULT, value);
  }

  /**
   * Makes the future done with a result, unless the future is done, cancelled for instance.
   * asyncio has no such function.
   *
   * @param value The result.
   * @returns `true`, or `false` if the future is done: nothing changes then.
   */
  setResultUnlessDone(value: T): boolean {
    if (this.#state !== PENDING) return false;
    this.setResult(value);
    return true;
  }

  /**
   * Makes the future done with an exception: what `reject()` is for a promise. If nobody retrieves
   * the exception, the loop's exception handler gets it.
   *
   * Source: [`Future.set_exception`](https://docs.python.org/3.14/library/asyncio-future.html#asyncio.Future.set_exception).
   *
   * @param exception Anything, usually an `Error`. An error class is instantiated.
   * @throws {TypeError} If the exception is left out.
   * @throws {InvalidStateError} If the future is done.
   */
  setException(exception: unknown): void {
    if (arguments.length === 0) {
      throw new TypeError("Cannot set the exception as there is none: received no argument");
    }
    if (this.#state !== PENDING) throw states.doneError(this, "set the exception");
    const made = toException(exception, Future.prototype.setException);
    // The constructor of the error class may have made this future done.
    if (this.#state !== PENDING) throw states.doneError(this, "set the exception");
    settle(this, EXCEPTION, new Failure(made));
  }

  /**
   * Makes the future done with an exception, unless the future is done, cancelled for instance.
   * asyncio has no such function.
   *
   * @param exception Anything, usually an `Error`. An error class is instantiated.
   * @returns `true`, or `false` if the future is done: nothing changes then, and nothing is reported.
   */
  setExceptionUnlessDone(exception: unknown): boolean {
    return failUnlessDone(this, exception, Future.prototype.setExceptionUnlessDone);
  }

  /**
   * Returns whether the future is settled: has a result, has an exception or is cancelled.
   *
   * Source: [`Future.done`](https://docs.python.org/3.14/library/asyncio-future.html#asyncio.Future.done).
   */
  done(): boolean {
    return this.#state !== PENDING;
  }

  /**
   * Returns whether the future was cancelled.
   *
   * Source: [`Future.cancelled`](https://docs.python.org/3.14/library/asyncio-future.html#asyncio.Future.cancelled).
   */
  cancelled(): boolean {
    return this.#state === CANCELLED;
  }

  /**
   * Returns whether the future has an exception, which does not count as retrieved by that.
   * asyncio has no such function.
   */
  failed(): boolean {
    return this.#state === EXCEPTION;
  }

  /**
   * Cancels the future: code that waits for it gets a `CancelledError`, and its
   * {@linkcode Future.prototype.signal | signal} aborts.
   *
   * Source: [`Future.cancel`](https://docs.python.org/3.14/library/asyncio-future.html#asyncio.Future.cancel).
   *
   * @param reason Why. A string becomes the message of the `CancelledError`, a
   * `CancelledError` is used as it is, anything else becomes the `cause` of the error.
   * @returns `true`, or `false` if the future is done: nothing changes then.
   */
  cancel(reason?: unknown): boolean {
    if (this.#state !== PENDING) return false;
    settle(this, CANCELLED, reason);
    this.#signals?.controller?.abort(Future.#cancelledError(this));
    return true;
  }

  /**
   * Adds a callback, to be called when the future is done; soon if it is done already.
   *
   * Callbacks run in the order of registration and never synchronously. The loop's exception
   * handler gets what a callback throws; a promise that a callback returns is ignored.
   *
   * Source: [`Future.add_done_callback`](https://docs.python.org/3.14/library/asyncio-future.html#asyncio.Future.add_done_callback).
   *
   * @param callback The function to call, with the future as its only argument.
   * @param options The context to call it in. Default: the current one.
   * @throws {TypeError} If the callback is not a function, or is a generator function; if the
   * options are not an object, or the context has no `run` method.
   * @throws {Error} If the future is done and its loop is closed.
   */
  addDoneCallback(callback: (future: this) => unknown, options?: ScheduleOptions): void {
    checkPlainCallback("add a done callback", callback);
    const context = options === undefined && this.#state === PENDING
      ? undefined
      : checkDoneOptions(this, options).context;
    const enqueue = captureFor(this.#loop, runDoneCallback, context);
    addWaiter(this, new DoneCallback(callback as DoneFunction, enqueue));
  }

  /**
   * Removes every occurrence of a callback that
   * {@linkcode Future.prototype.addDoneCallback | addDoneCallback()} added.
   *
   * Source: [`Future.remove_done_callback`](https://docs.python.org/3.14/library/asyncio-future.html#asyncio.Future.remove_done_callback).
   *
   * @param callback The function that was added.
   * @returns The number of occurrences that were removed.
   */
  removeDoneCallback(callback: (future: this) => unknown): number {
    return removeCallbacks(this as Future<unknown>, callback as DoneFunction);
  }

  /**
   * Returns the loop that the future belongs to.
   *
   * Source: [`Future.get_loop`](https://docs.python.org/3.14/library/asyncio-future.html#asyncio.Future.get_loop).
   */
  getLoop(): EventLoop {
    return this.#loop;
  }

  /**
   * A signal that aborts when the future is cancelled, with the `CancelledError` as its reason:
   * synchronously, inside {@linkcode Future.prototype.cancel | cancel()}.
   *
   * Source: [WHATWG `AbortSignal`](https://dom.spec.whatwg.org/#interface-AbortSignal).
   */
  get signal(): AbortSignal {
    const signals = Future.#signalsOf(this);
    if (!signals.controller) {
      signals.controller = new AbortController();
      if (this.#state === CANCELLED) signals.controller.abort(Future.#cancelledError(this));
    }
    return signals.controller.signal;
  }

  /**
   * Calls a handler with the outcome, as `Promise.prototype.then` does.
   *
   * Source: [TC39](https://tc39.es/ecma262/#sec-promise.prototype.then).
   *
   * @param onfulfilled Called with the result.
   * @param onrejected Called with the exception, or with the `CancelledError`.
   * @returns A native promise for what the handler returns.
   */
  then<R1 = T, R2 = never>(
    onfulfilled?: ((value: T) => R1 | PromiseLike<R1>) | null,
    onrejected?: ((reason: unknown) => R2 | PromiseLike<R2>) | null,
  ): Promise<R1 | R2> {
    const frame = currentTaskFrame();
    const cancellation = runningCancellation(frame, this);
    return Future.#then(this, frame, cancellation, undefined, onfulfilled, onrejected);
  }

  /**
   * Calls a handler with the exception, as `Promise.prototype.catch` does.
   *
   * Source: [TC39](https://tc39.es/ecma262/#sec-promise.prototype.catch).
   *
   * @param onrejected Called with the exception, or with the `CancelledError`.
   * @returns A native promise for the result or for what the handler returns.
   */
  catch<R = never>(
    onrejected?: ((reason: unknown) => R | PromiseLike<R>) | null,
  ): Promise<T | R> {
    return this.then(undefined, onrejected);
  }

  /**
   * Calls a handler when the future is done, as `Promise.prototype.finally` does.
   *
   * Source: [TC39](https://tc39.es/ecma262/#sec-promise.prototype.finally).
   *
   * @param onfinally Called without arguments.
   * @returns A native promise with the outcome of the future.
   */
  finally(onfinally?: (() => void) | null): Promise<T> {
    if (typeof onfinally !== "function") return this.then();
    return deriveFinally(this, onfinally);
  }

  /**
   * Waits for the future in a generator coroutine: `const x = yield* future`.
   *
   * A future is not a collection: a `for` loop, or `const [x] = future`, gets a symbol instead of the
   * result, by which test frameworks find that a future equals nothing but itself.
   *
   * Source: Python's `await`, [PEP 492](https://peps.python.org/pep-0492/#await-expression).
   *
   * @returns An iterator that yields the future to the task, once, and then returns the result
   * or throws the exception. Code other than a task that resumes the iterator before the future
   * is done gets an `InvalidStateError`.
   */
  [Symbol.iterator](): Iterator<Future<T>, T, unknown> {
    return new FutureIterator(this);
  }

  /**
   * Cancels the future at the end of a `using` block, unless it is done.
   *
   * Source: [TC39](https://github.com/tc39/proposal-explicit-resource-management).
   */
  [dispose](): void {
    this.cancel();
  }

  /**
   * The class of the promises that {@linkcode Future.prototype.then | then()} makes: `Promise`.
   *
   * Source: [TC39](https://tc39.es/ecma262/#sec-get-promise-%symbol.species%).
   */
  static get [Symbol.species](): PromiseConstructor {
    // `Promise.prototype.finally`, when called on a future, reads this and then calls `then()`.
    isInFinally = true;
    // A debugger may read this as well, and does not call `then()`.
    enqueueNative(() => isInFinally = false);
    return Promise;
  }

  /** `"Future"`. A subclass may override this with the name that `toString()` is to show. */
  get [Symbol.toStringTag](): string {
    return "Future";
  }

  /** Returns a representation, such as `<Future finished result=42>`. */
  toString(): string {
    // Consoles and debuggers show the prototype as well, which is not a future.
    return #state in this ? represent(this) : "[object Future]";
  }

  /** Returns the error of a cancelled future, made on first use, as a stack takes long to capture. */
  static #cancelledError(future: Future<unknown>): CancelledError {
    if (!isCancelledError(future.#waitersOrOutcome)) {
      future.#waitersOrOutcome = toCancelledError(future.#waitersOrOutcome);
    }
    return future.#waitersOrOutcome as CancelledError;
  }

  /** Whether `value` has private fields of this class. Unlike `instanceof`, runs no proxy trap. */
  static #isOfThisCopy(value: unknown): value is Future<unknown> {
    return typeof value === "object" && value !== null && #state in value;
  }

  /** Returns the result of a future if that is a future of this copy, too. */
  static #resultFuture(this: void, future: Future<unknown>): Future<unknown> | undefined {
    const result = future.#waitersOrOutcome;
    return future.#state === RESULT && Future.#isOfThisCopy(result) ? result : undefined;
  }

  static #signalsOf(future: Future<unknown>): Signals {
    return future.#signals ??= { source: undefined, controller: undefined };
  }

  /** Whether an `await` can only get a result, so that the function which rejects is not called. */
  static #resolves(future: Future<unknown>, cancellation?: SharedCancellation): boolean {
    return future.#state === RESULT && !cancellation?.hasRequest &&
      !Future.#isOfThisCopy(future.#waitersOrOutcome);
  }

  static #then<T, R1, R2>(
    future: Future<T>,
    frame: Frame,
    cancellation: SharedCancellation | undefined,
    waker: Waker | undefined,
    onfulfilled: OnFulfilled<T, R1>,
    onrejected: OnRejected<R2>,
  ): Promise<R1 | R2> {
    // Each question takes long: see docs/performance.md#resolving-functions.
    const isAwait = isResolvingFunction(onfulfilled) &&
      (Future.#resolves(future, cancellation) || isResolvingFunction(onrejected)) &&
      ((cancellation && future.#state === PENDING) || !isProxy(onfulfilled));
    if (isInFinally || !isAwait) {
      isInFinally = false;
      return derive(future, frame, cancellation, onfulfilled, onrejected);
    }
    const { resolve, reject } = waker
      ? wakeFunctions(waker, onfulfilled, onrejected as Reject)
      : { resolve: onfulfilled, reject: onrejected as Reject };
    if (future.#state === PENDING) {
      const waiter = new PromiseWaiter(resolve, reject, cancellation, future);
      addWaiter(future, waiter);
      cancellation?.beginWait(future);
      return waiter as unknown as Promise<never>;
    }
    const request = cancellation?.endWait(future);
    if (!request && isHoldingBack() && mustWait(future, cancellation)) {
      const waiter = new PromiseWaiter(resolve, reject, cancellation, future);
      resumeLater(future, waiter, cancellation);
      return waiter as unknown as Promise<never>;
    }
    try {
      resumeAwait(future, request, resolve, reject, cancellation);
    } catch (exception) {
      reportWakeFailure(future, exception);
    }
    return ignored as Promise<never>;
  }
}

/** Makes a future, for `createFuture()` of a standard loop. */
export function makeFuture<T>(options: FutureOptions): Future<T> {
  return new Future(options);
}

provideFutures(makeFuture);
