/**
 * The Future: an eventual result that can be asked for its state, settled from
 * outside, cancelled and awaited.
 *
 * @module
 */

import {
  type CancelledError,
  InvalidStateError,
  isCancelledError,
  toCancelledError,
} from "./errors.ts";
import type { EventLoop } from "./loop.ts";
import { checkPlainCallback } from "./src/base/checks.ts";
import {
  enqueueNative,
  isPromiseReplaced,
  isProxy,
  isResolvingFunction,
} from "./src/base/engine.ts";
import { define, inspectAsText, show } from "./src/base/inspect.ts";
import { checkOptions } from "./src/base/options.ts";
import { dispose } from "./src/base/symbols.ts";
import { awaitLosesContext, setOnLoss } from "./src/context/carriers.ts";
import type { SharedCancellation } from "./src/context/copies.ts";
import { currentFrame, currentTaskFrame } from "./src/context/current.ts";
import type { Frame } from "./src/context/frame.ts";
import { runningCancellation, type Waker, wakerOf } from "./src/future/awaiting.ts";
import { derive } from "./src/future/derived.ts";
import { DoneCallback, type DoneFunction, runDoneCallback } from "./src/future/done_callback.ts";
import { Failure, instantiate, isErrorClass } from "./src/future/failure.ts";
import {
  type FutureInternals,
  internals,
  provideInternals,
  type Waiter,
} from "./src/future/internals.ts";
import { FutureIterator } from "./src/future/iterator.ts";
import {
  ignored,
  type OnFulfilled,
  type OnRejected,
  PromiseWaiter,
  wakeFunctions,
} from "./src/future/promises.ts";
import { linkSignal, type SignalLinks } from "./src/future/signals.ts";
import { CANCELLED, EXCEPTION, PENDING, RESULT, type State } from "./src/future/states.ts";
import {
  notifyWaiter,
  notifyWhileHoldingBack,
  reportNotifyFailure,
  reportWakeFailure,
  Waiters,
} from "./src/future/waiters.ts";
import type { ScheduleOptions } from "./src/loop/handles.ts";
import { provideFutures } from "./src/loop/host_loop.ts";
import { closedError } from "./src/loop/reports.ts";
import { currentLoop } from "./src/loop/running.ts";
import { captureFor } from "./src/loop/schedule.ts";
import { keepTraceback } from "./src/loop/tracebacks.ts";
import { isHoldingBack, noteLonger } from "./src/loop/turns.ts";

/** Options of {@linkcode Future}. */
export interface FutureOptions {
  /** The loop that runs its callbacks. Default: {@linkcode getEventLoop}. */
  loop?: EventLoop | undefined;
  /**
   * Aborting it cancels the future, with the signal's reason as the reason; one
   * that is aborted already cancels it at once.
   */
  signal?: AbortSignal | undefined;
}

/** What every future carries, of this copy of the module or of another. */
const BRAND = Symbol.for("asyncio.Future");

const STATE_NAMES = ["pending", "finished", "finished", "cancelled"] as const;

/** The signal that cancels a future, and the one that aborts when it is cancelled. */
interface Signals {
  source: SignalLinks | undefined;
  controller: AbortController | undefined;
}

/**
 * Heeds the options of a future, and debug mode. JavaScriptCore inlines short constructors
 * only, and to call a private method takes more code than to call this: a step of a
 * generator took 5 % longer (Bun 1.4).
 */
let constructSlow: (future: Future<unknown>, options: FutureOptions | undefined) => void;

// V8 inlines 920 bytes of its code into a function. A future with a done callback takes fewer
// since these are no static private methods, each call of which takes 24 more, and since what
// is rare stands apart: with more, it took 8 % longer (Node 24).

/** The one transition there is. User code runs only after it. */
let settle: FutureInternals["settle"];

/** What only some futures need once they are done. */
let settleSlow: (future: Future<unknown>) => void;

let addWaiter: FutureInternals["addWaiter"];

/** The same for a future that is done, or that another waits for. */
let addWaiterSlow: FutureInternals["addWaiter"];

/** Checks what is rarely there: options, which it returns, and a future that is done. */
let checkDoneCallbackSlow: (
  future: Future<unknown>,
  options: ScheduleOptions | undefined,
) => ScheduleOptions;

/**
 * Whether `Promise.prototype.finally` has just read `Symbol.species`, and is about to call `then`
 * with functions that look like those of an `await`.
 */
let isInFinally = false;

/**
 * An eventual result.
 *
 * Callback code settles it, from outside, with
 * {@linkcode Future.prototype.setResult | setResult()} or
 * {@linkcode Future.prototype.setException | setException()}; `async` functions
 * wait for it with `await`, generator coroutines with `yield*`; anybody can ask
 * for its state or cancel it. It works wherever a promise does.
 *
 * Source: [`asyncio.Future`](https://docs.python.org/3.14/library/asyncio-future.html#asyncio.Future).
 *
 * @typeParam T The type of the result.
 *
 * @example Bridging a callback
 * ```ts
 * import { Future } from "@asyncio/future";
 * import { assertEquals } from "@std/assert";
 *
 * function load(callback: (error: Error | null, text: string) => void) {
 *   setTimeout(() => callback(null, "hello"), 1);
 * }
 *
 * const text = new Future<string>();
 * load((error, value) => error ? text.setException(error) : text.setResult(value));
 * assertEquals(text.done(), false);
 * assertEquals(await text, "hello");
 * assertEquals(text.result(), "hello");
 * ```
 *
 * @example Cancelling, with a signal in and a signal out
 * ```ts
 * import { CancelledError, Future } from "@asyncio/future";
 * import { assert, assertRejects } from "@std/assert";
 *
 * const controller = new AbortController();
 * const reply = new Future<string>({ signal: controller.signal });
 * const { signal } = reply; // for fetch(url, { signal })
 * controller.abort("enough");
 * assert(reply.cancelled());
 * assert(signal.aborted);
 * await assertRejects(async () => await reply, CancelledError, "enough");
 * ```
 */
export class Future<T> implements Promise<T> {
  // Four fields, and no private method, which would take a fifth: making a future is
  // to take a fraction of what a promise takes (bench/, "create, setResult, result()").
  #state: State = PENDING;
  /**
   * While it is pending, who waits, in order of registration. Then the result, a
   * {@linkcode Failure}, or why it was cancelled.
   */
  #waitersOrOutcome: unknown = undefined;
  /** Changed by the constructor only. */
  #loop: EventLoop = currentLoop();
  #signals: Signals | undefined = undefined;

  static {
    constructSlow = (future, options) => {
      if (options === undefined) return keepTraceback(future.#loop, future);
      const { loop = currentLoop(), signal } = checked(options);
      future.#loop = loop;
      keepTraceback(loop, future);
      if (signal) Future.#followSignal(future, signal);
    };
    checkDoneCallbackSlow = (future, options) => {
      const own = checkOptions("add a done callback", options);
      if (future.#state !== PENDING && future.#loop.isClosed()) throw closedError();
      return own;
    };
    settle = (future, state, outcome) => {
      future.#state = state;
      const waiter = future.#waitersOrOutcome as Waiter | undefined;
      future.#waitersOrOutcome = outcome;
      if (waiter !== undefined) {
        // As `tell` does: engines inline only so deep, and it took 4 % longer (Bun 1.4).
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
      const waiters = future.#waitersOrOutcome = held instanceof Waiters
        ? held
        : new Waiters([held]);
      return waiters.add(waiter);
    };
    provideInternals({
      settle,
      addWaiter,
      removeWaiter: Future.#removeWaiter,
      isOfThisCopy: (value) => value instanceof Future,
      stateOf: (future) => future.#state,
      followSignal: Future.#followSignal,
      abort(future, reason) {
        const controller = future.#signals?.controller;
        if (!controller) return reason;
        const error = toCancelledError(reason);
        controller.abort(error);
        return error;
      },
      endsInCancellation(future) {
        if (!internals.isOfThisCopy(future)) return future.cancelled();
        return future.#state === CANCELLED ||
          (future.#state === EXCEPTION &&
            isCancelledError((future.#waitersOrOutcome as Failure).peek()));
      },
      deliver(future, resolve, reject) {
        if (future.#state === EXCEPTION) {
          reject((future.#waitersOrOutcome as Failure).retrieve());
        } else if (future.#state === CANCELLED) {
          reject(Future.#cancelledError(future));
        } else if (
          Future.#isOfThisCopy(future.#waitersOrOutcome) && Future.#isItsOwnResult(future)
        ) {
          // As with a promise that is resolved with itself.
          reject(new TypeError(`Cannot await the future as it is its own result: ${future}`));
        } else {
          resolve(future.#waitersOrOutcome);
        }
      },
      represent: Future.#represent,
    });
    provideFutures((options) => new Future(options));
    define(this.prototype, BRAND, {
      // False for the prototype itself, which is no future.
      get: function (this: object) {
        return #state in this;
      },
    });
    inspectAsText(this.prototype);
    setOnLoss(Future.#captureOnRead);
    if (awaitLosesContext() || isPromiseReplaced()) Future.#captureOnRead();
  }

  /**
   * Makes a pending future.
   *
   * @param options The loop it belongs to, and a signal that cancels it.
   * @throws {TypeError} If the options are no object, the loop is no event loop
   * or the signal is no `AbortSignal`.
   */
  constructor(options?: FutureOptions) {
    if (options !== undefined || this.#loop.getDebug()) constructSlow(this, options);
  }

  /**
   * Returns the result.
   *
   * Source: [`Future.result`](https://docs.python.org/3.14/library/asyncio-future.html#asyncio.Future.result).
   *
   * @returns What was given to {@linkcode Future.prototype.setResult | setResult()}.
   * @throws What was given to {@linkcode Future.prototype.setException | setException()}.
   * @throws {CancelledError} If the future is cancelled.
   * @throws {InvalidStateError} If it is pending.
   */
  result(): T {
    switch (this.#state) {
      case RESULT:
        return this.#waitersOrOutcome as T;
      case EXCEPTION:
        throw (this.#waitersOrOutcome as Failure).retrieve();
      case CANCELLED:
        throw Future.#cancelledError(this);
      default:
        throw new InvalidStateError(`Cannot get the result as the future is pending: ${this}`);
    }
  }

  /**
   * Returns the exception.
   *
   * Source: [`Future.exception`](https://docs.python.org/3.14/library/asyncio-future.html#asyncio.Future.exception).
   *
   * @returns What was given to
   * {@linkcode Future.prototype.setException | setException()}, or `null` if the
   * future has a result.
   * @throws {CancelledError} If the future is cancelled.
   * @throws {InvalidStateError} If it is pending.
   */
  exception(): unknown {
    switch (this.#state) {
      case RESULT:
        return null;
      case EXCEPTION:
        return (this.#waitersOrOutcome as Failure).retrieve();
      case CANCELLED:
        throw Future.#cancelledError(this);
      default:
        throw new InvalidStateError(`Cannot get the exception as the future is pending: ${this}`);
    }
  }

  /**
   * Makes the future done, with a result.
   *
   * Source: [`Future.set_result`](https://docs.python.org/3.14/library/asyncio-future.html#asyncio.Future.set_result).
   *
   * @param value The result. It is stored as it is, a promise too.
   * @throws {InvalidStateError} If the future is done.
   */
  setResult(value: T): void {
    if (this.#state !== PENDING) throw doneError(this, "set the result");
    settle(this, RESULT, value);
  }

  /**
   * Makes the future done, with an exception.
   *
   * If nobody looks at the exception, it is reported through the loop's
   * exception handler.
   *
   * Source: [`Future.set_exception`](https://docs.python.org/3.14/library/asyncio-future.html#asyncio.Future.set_exception).
   *
   * @param exception What to throw: anything, usually an `Error`. A class of
   * errors is instantiated.
   * @throws {TypeError} Without an argument.
   * @throws {InvalidStateError} If the future is done.
   */
  setException(exception: unknown): void {
    if (arguments.length === 0) {
      throw new TypeError("Cannot set the exception as there is none: received no argument");
    }
    if (this.#state !== PENDING) throw doneError(this, "set the exception");
    const made = isErrorClass(exception)
      ? instantiate(exception, Future.prototype.setException)
      : exception;
    // The class's constructor may have settled this very future.
    if (this.#state !== PENDING) throw doneError(this, "set the exception");
    settle(this, EXCEPTION, new Failure(made));
  }

  /**
   * Returns whether the future has a result, has an exception or is cancelled.
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
   * Cancels the future: whoever waits on it is thrown a `CancelledError`.
   *
   * Its {@linkcode Future.prototype.signal | signal} aborts.
   *
   * Source: [`Future.cancel`](https://docs.python.org/3.14/library/asyncio-future.html#asyncio.Future.cancel).
   *
   * @param reason Why. A string becomes the message of the `CancelledError`, a
   * `CancelledError` is used as it is, anything else becomes its `cause`.
   * @returns `false` if the future is done, and then nothing changes.
   */
  cancel(reason?: unknown): boolean {
    if (this.#state !== PENDING) return false;
    settle(this, CANCELLED, reason);
    this.#signals?.controller?.abort(Future.#cancelledError(this));
    return true;
  }

  /**
   * Has `callback` called when the future is done; soon, if it is done already.
   *
   * Callbacks are called in order of registration and never synchronously. One
   * that throws is reported to the loop's exception handler. The promise of an async
   * one is not looked at.
   *
   * Source: [`Future.add_done_callback`](https://docs.python.org/3.14/library/asyncio-future.html#asyncio.Future.add_done_callback).
   *
   * @param callback The function to call, with the future as its only argument.
   * @param options The context to call it in. Default: the current one.
   * @throws {TypeError} If the callback is no function or a generator function, or if
   * the context has no `run` method.
   * @throws {Error} If the future is done and its loop is closed.
   */
  addDoneCallback(callback: (future: this) => unknown, options?: ScheduleOptions): void {
    checkPlainCallback("add a done callback", callback);
    const context = options === undefined && this.#state === PENDING
      ? undefined
      : checkDoneCallbackSlow(this, options).context;
    const enqueue = captureFor(this.#loop, runDoneCallback, context);
    addWaiter(this, new DoneCallback(callback as DoneFunction, enqueue));
  }

  /**
   * Removes a callback that
   * {@linkcode Future.prototype.addDoneCallback | addDoneCallback()} added, every
   * occurrence of it.
   *
   * Source: [`Future.remove_done_callback`](https://docs.python.org/3.14/library/asyncio-future.html#asyncio.Future.remove_done_callback).
   *
   * @param callback The function.
   * @returns How many were removed.
   */
  removeDoneCallback(callback: (future: this) => unknown): number {
    const waiters = Future.#waiterList(this);
    const kept = waiters.filter((waiter) =>
      !(waiter instanceof DoneCallback && waiter.callback === callback)
    );
    if (kept.length < waiters.length) this.#waitersOrOutcome = new Waiters(kept);
    return waiters.length - kept.length;
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
   * A signal that aborts when the future is cancelled, synchronously inside
   * {@linkcode Future.prototype.cancel | cancel()}, with the `CancelledError` as its
   * reason.
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
   * `await` comes here too. It ignores what is returned, which therefore costs
   * next to nothing until somebody uses it.
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
    return Future.#then(
      this,
      frame,
      runningCancellation(frame, this),
      undefined,
      onfulfilled,
      onrejected,
    );
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
    const end = <R>(pass: () => R) => Promise.resolve(onfinally()).then(pass);
    return this.then((value) => end(() => value), (error) =>
      end(() => {
        throw error;
      }));
  }

  /**
   * Waits for the future in a generator coroutine: `const x = yield* future`.
   *
   * It is no collection: a `for` loop over a pending future, or
   * `const [x] = future`, gets the future itself and not its result, and of one that is
   * done nothing.
   *
   * Source: Python's `await`, [PEP 492](https://peps.python.org/pep-0492/#await-expression).
   *
   * @returns An iterator that yields the future to the task, once, and returns
   * its result or throws its exception. Whatever else asks it to go on before
   * the future is done is thrown an `InvalidStateError`.
   */
  [Symbol.iterator](): Iterator<Future<T>, T, unknown> {
    return new FutureIterator(this);
  }

  /**
   * Cancels the future unless it is done, at the end of a `using` block.
   *
   * Source: [TC39](https://github.com/tc39/proposal-explicit-resource-management).
   */
  [dispose](): void {
    this.cancel();
  }

  /**
   * The class of the promises that {@linkcode Future.prototype.then | then()} makes.
   *
   * `Promise.prototype.finally` reads it when it is called on a future, just before it calls
   * the future's `then()`.
   *
   * Source: [TC39](https://tc39.es/ecma262/#sec-get-promise-%symbol.species%).
   */
  static get [Symbol.species](): PromiseConstructor {
    isInFinally = true;
    // An inspector may read the property as well, and call no `then`.
    enqueueNative(() => isInFinally = false);
    return Promise;
  }

  /** `"Future"`. A subclass that overrides it is represented by that name. */
  get [Symbol.toStringTag](): string {
    return "Future";
  }

  /** Returns a representation, such as `<Future finished result=42>`. */
  toString(): string {
    // The prototype, which consoles and debuggers show as well, is no future.
    if (!(#state in this)) return "[object Future]";
    return Future.#represent(this, []);
  }

  static #represent(future: Future<unknown>, details: string[], state?: string): string {
    const parts = [state ?? STATE_NAMES[future.#state], ...details];
    if (future.#state === RESULT) parts.push(`result=${show(future.#waitersOrOutcome)}`);
    if (future.#state === EXCEPTION) {
      parts.push(`exception=${show((future.#waitersOrOutcome as Failure).peek())}`);
    }
    const labels = Future.#waiterList(future).map((waiter) => waiter.label).filter(Boolean);
    if (labels.length > 2) labels.splice(1, labels.length - 2, `<${labels.length - 2} more>`);
    if (labels.length > 0) parts.push(`cb=[${labels.join(", ")}]`);
    return `<${future[Symbol.toStringTag]} ${parts.join(" ")}>`;
  }

  /** Made on first use: an Error costs more than the rest of a future's life. */
  static #cancelledError(future: Future<unknown>): CancelledError {
    if (!isCancelledError(future.#waitersOrOutcome)) {
      future.#waitersOrOutcome = toCancelledError(future.#waitersOrOutcome);
    }
    return future.#waitersOrOutcome as CancelledError;
  }

  /** Whether a value is a future of this copy of the module. No proxy is asked, unlike `instanceof`. */
  static #isOfThisCopy(value: unknown): value is Future<unknown> {
    return typeof value === "object" && value !== null && #state in value;
  }

  /** Whether awaiting the result, and the result of that, leads back here. */
  static #isItsOwnResult(future: Future<unknown>): boolean {
    const seen = new Set<unknown>();
    let result: unknown = future;
    while (Future.#isOfThisCopy(result) && result.#state === RESULT && !seen.has(result)) {
      seen.add(result);
      result = result.#waitersOrOutcome;
    }
    return result === future;
  }

  static #signalsOf(future: Future<unknown>): Signals {
    return future.#signals ??= { source: undefined, controller: undefined };
  }

  static #followSignal(future: Future<unknown>, signal: AbortSignal): void {
    if (future.#state !== PENDING) return;
    const source = linkSignal(signal, future);
    if (source) Future.#signalsOf(future).source = source;
  }

  static #removeWaiter(future: Future<unknown>, waiter: Waiter): void {
    if (future.#state !== PENDING) return;
    if (future.#waitersOrOutcome === waiter) future.#waitersOrOutcome = undefined;
    else if (future.#waitersOrOutcome instanceof Waiters) future.#waitersOrOutcome.delete(waiter);
  }

  static #waiterList(future: Future<unknown>): Waiter[] {
    const held = future.#waitersOrOutcome as Waiter | undefined;
    if (future.#state !== PENDING || held === undefined) return [];
    return held instanceof Waiters ? [...held] : [held];
  }

  static #then<T, R1, R2>(
    future: Future<T>,
    frame: Frame,
    cancellation: SharedCancellation | undefined,
    waker: Waker | undefined,
    onfulfilled: OnFulfilled<T, R1>,
    onrejected: OnRejected<R2>,
  ): Promise<R1 | R2> {
    // One of the two is asked, as the question is a call into the host at each `await`.
    const isAwait = isResolvingFunction(onfulfilled) && !isProxy(onfulfilled) &&
      isResolvingFunction(onrejected);
    if (isInFinally || !isAwait) {
      isInFinally = false;
      return derive(future, frame, cancellation, onfulfilled, onrejected);
    }
    const { resolve, reject } = waker
      ? wakeFunctions(waker, onfulfilled, onrejected)
      : { resolve: onfulfilled, reject: onrejected };
    if (future.#state === PENDING) {
      const waiter = new PromiseWaiter(resolve, reject, cancellation, future);
      addWaiter(future, waiter);
      cancellation?.beginWait(future);
      return waiter as unknown as Promise<never>;
    }
    const pending = cancellation?.takePending();
    if (!pending && isHoldingBack()) {
      if (cancellation) noteLonger(cancellation);
      const waiter = new PromiseWaiter(resolve, reject, undefined, future);
      notifyWhileHoldingBack(future, waiter);
      return waiter as unknown as Promise<never>;
    }
    try {
      if (pending) reject(toCancelledError(pending.reason));
      else internals.deliver(future, resolve, reject);
    } catch (exception) {
      reportWakeFailure(future, exception);
    }
    return ignored as Promise<never>;
  }

  /**
   * Makes `then` a getter that captures the reader's frame: `await` reads `then` in the code
   * that waits, but calls it from a job without that context.
   */
  static #captureOnRead(this: void): void {
    define(Future.prototype, "then", {
      get: function (this: Future<unknown>) {
        const frame = currentFrame();
        const cancellation = runningCancellation(frame, this);
        const waker = wakerOf(frame);
        return (...[onfulfilled, onrejected]: Parameters<Promise<unknown>["then"]>) =>
          Future.#then(this, frame, cancellation, waker, onfulfilled, onrejected);
      },
    });
  }
}

/** Checks the options of a future. */
function checked(options: FutureOptions): Partial<FutureOptions> {
  const hint = typeof options === "function"
    ? " (a Future takes no executor; call setResult() later)"
    : "";
  return checkOptions("create a Future", options, hint);
}

function doneError(future: Future<unknown>, action: string): InvalidStateError {
  return new InvalidStateError(`Cannot ${action} as the future is done: ${future}`);
}

/**
 * Returns whether `value` is a future: one of this module, of another copy of
 * it, or any object that carries the brand `Symbol.for("asyncio.Future")`.
 *
 * Source: [`asyncio.isfuture`](https://docs.python.org/3.14/library/asyncio-future.html#asyncio.isfuture).
 *
 * @param value Anything.
 * @returns `false` for classes and for all that is no future.
 *
 * @example Usage
 * ```ts
 * import { Future, isFuture } from "@asyncio/future";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(isFuture(new Future()), true);
 * assertEquals(isFuture(Future), false);
 * assertEquals(isFuture(Promise.resolve()), false);
 * ```
 */
export function isFuture(value: unknown): value is Future<unknown> {
  try {
    return typeof value === "object" && value !== null &&
      Boolean((value as { [BRAND]?: unknown })[BRAND]);
  } catch {
    // A proxy, or a getter, that throws.
    return false;
  }
}
