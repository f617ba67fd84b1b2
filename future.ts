/**
 * The Future: an eventual result that can be asked for its state, settled from
 * outside, cancelled and awaited.
 *
 * @module
 */

import * as checks from "./checks.ts";
import { checkOptions, isThenable } from "./checks.ts";
import {
  awaitLosesContext,
  bind,
  call,
  callForLibrary,
  currentFrame,
  currentTaskFrame,
  emptyFrame,
  enqueue,
  type Frame,
  reactionsCarry,
  runInFrame,
  setOnLoss,
  takeSnapshot,
  wakeInFrame,
} from "./context.ts";
import { joinCopies, type SharedFrame, type SharedWaits } from "./copies.ts";
import * as engine from "./engine.ts";
import { isPromiseReplaced } from "./engine.ts";
import { type Hub, linkSignal } from "./cancellation.ts";
import {
  type CancelledError,
  InvalidStateError,
  isCancelledError,
  toCancelledError,
} from "./errors.ts";
import { Failure } from "./failure.ts";
import { define, inspectAsText, nameOf, show } from "./inspect.ts";
import * as loops from "./loop.ts";
import {
  callSoonOn,
  closedError,
  type EventLoop,
  isHostLoop,
  keepTraceback,
  provideFutures,
  report,
  type ScheduleOptions,
} from "./loop.ts";
import * as pacing from "./pacing.ts";
import { waitForTurn } from "./pacing.ts";
import * as states from "./states.ts";
import { dispose } from "./symbols.ts";

/**
 * Options of {@linkcode Future}.
 *
 * @example Usage
 * ```ts
 * import { Future, type FutureOptions } from "@asyncio/future";
 * import { assert, assertEquals } from "@std/assert";
 *
 * class Reply extends Future<string> {
 *   readonly id: number;
 *   constructor(id: number, options?: FutureOptions) {
 *     super(options);
 *     this.id = id;
 *   }
 * }
 *
 * const reply = new Reply(7, { signal: AbortSignal.abort("shutting down") });
 * assertEquals(reply.id, 7);
 * assert(reply.cancelled());
 * ```
 */
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

// Constants of this module, as V8 looks up what is imported, or exported, at each use: with
// that, to create and settle one took a tenth longer, and a done callback 4 % (Deno 2.9). In
// branches that are not taken, such as a `catch`, it took 3 % more.
const PENDING = states.PENDING;
const RESULT = states.RESULT;
const EXCEPTION = states.EXCEPTION;
const CANCELLED = states.CANCELLED;
const checkPlainCallback = checks.checkPlainCallback;
const captureFor = loops.captureFor;
const currentLoop = loops.currentLoop;
const runCallback = loops.runCallback;
const reportUndelivered = loops.reportUndelivered;
const isHolding = pacing.isHolding;
const nextDepth = pacing.nextDepth;
const isProxy = engine.isProxy;
const isResolvingFunction = engine.isResolvingFunction;
type State = states.State;

const STATE_NAMES = ["pending", "finished", "finished", "cancelled"] as const;

/** Something that is told when a future is done. It only ever enqueues. */
export interface Waiter {
  notify(future: Future<unknown>): void;
  /** How it shows in the future's representation, if it does. */
  readonly label?: string;
  /** The waits of the task that waits, if it is known. */
  readonly waits?: SharedWaits | undefined;
}

/** The signal that cancels a future, and the one that aborts when it is cancelled. */
interface Signals {
  source: Hub | undefined;
  controller: AbortController | undefined;
}

/** What {@linkcode Task} does with a future that nobody else may do. */
export interface FutureInternals {
  /** Makes the future done. It must be pending. */
  settle(future: Future<unknown>, state: State, outcome: unknown): void;
  /**
   * Tells `waiter` when the future is done; at once if it is.
   *
   * @returns `false` if the waiter was added just before, and then nothing changes.
   */
  addWaiter(future: Future<unknown>, waiter: Waiter): boolean;
  /** Takes {@linkcode FutureInternals.addWaiter} back. */
  removeWaiter(future: Future<unknown>, waiter: Waiter): void;
  /** The state, which can be asked for without looking at the outcome. */
  stateOf(future: Future<unknown>): State;
  /** Has `signal` cancel the future until it is done. */
  follow(future: Future<unknown>, signal: AbortSignal): void;
  /**
   * Aborts the future's own signal, if it has been asked for.
   *
   * @returns The error the signal was aborted with, or else the reason.
   */
  abort(future: Future<unknown>, reason: unknown): unknown;
  /**
   * Whether whoever waits on the future, which is done, and perhaps one of another copy
   * of the module, is thrown a CancelledError.
   */
  endsInCancellation(future: Future<unknown>): boolean;
  /** Hands the outcome, which must be there, to the functions of a promise. */
  deliver(future: Future<unknown>, resolve: Resolve, reject: Reject): void;
  /** The representation, with `details` between the state and the outcome. */
  represent(future: Future<unknown>, details: string[], state: string | undefined): string;
}

/** Set by the class itself, which alone can reach its private fields. */
export let internals: FutureInternals;

/**
 * Heeds the options of a future, and debug mode. JavaScriptCore inlines short constructors
 * only, and to call a private method takes more code than to call this: a step of a
 * generator took 5 % longer (Bun 1.4).
 */
let setUp: (future: Future<unknown>, options: FutureOptions | undefined) => void;

// V8 inlines 920 bytes of its code into a function. A future with a done callback takes fewer
// since these are no static private methods, each call of which takes 24 more, and since what
// is rare stands apart: with more, it took 8 % longer (Node 24).

/** The one transition there is. User code runs only after it. */
let settle: FutureInternals["settle"];
/** What only some futures need once they are done. */
let finish: (future: Future<unknown>) => void;
let addWaiter: FutureInternals["addWaiter"];
/** The same for a future that is done, or that another waits for. */
let addNext: FutureInternals["addWaiter"];
/** Checks what is rarely there: options, which it returns, and a future that is done. */
let checkDoneCallback: (
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
  #held: unknown = undefined;
  /** Changed by the constructor only. */
  #loop: EventLoop = currentLoop();
  #signals: Signals | undefined = undefined;

  static {
    setUp = (future, options) => {
      if (options === undefined) return keepTraceback(future.#loop, future);
      const { loop = currentLoop(), signal } = checked(options);
      future.#loop = loop;
      keepTraceback(loop, future);
      if (signal) Future.#follow(future, signal);
    };
    checkDoneCallback = (future, options) => {
      const own = checkOptions("add a done callback", options);
      if (future.#state !== PENDING && future.#loop.isClosed()) throw closedError();
      return own;
    };
    settle = (future, state, outcome) => {
      future.#state = state;
      const waiter = future.#held as Waiter | undefined;
      future.#held = outcome;
      if (waiter !== undefined) {
        // As `tell` does: engines inline only so deep, and it took 4 % longer (Bun 1.4).
        try {
          if (isHolding()) tellWhileHolding(future, waiter);
          else waiter.notify(future);
        } catch (exception) {
          reportUntold(future, waiter, exception);
        }
      }
      if (state === EXCEPTION || future.#signals !== undefined) finish(future);
    };
    finish = (future) => {
      const signals = future.#signals;
      if (signals?.source) {
        signals.source.delete(future);
        signals.source = undefined;
      }
      if (future.#state === EXCEPTION) (future.#held as Failure).watch(future);
    };
    addWaiter = (future, waiter) => {
      if (future.#state !== PENDING || future.#held !== undefined) return addNext(future, waiter);
      future.#held = waiter;
      return true;
    };
    addNext = (future, waiter) => {
      if (future.#state !== PENDING) {
        if (isHolding()) tellWhileHolding(future, waiter);
        else tell(future, waiter);
        return true;
      }
      const held = future.#held as Waiter;
      const waiters = future.#held = held instanceof Waiters ? held : new Waiters([held]);
      return waiters.add(waiter);
    };
    internals = {
      settle,
      addWaiter,
      removeWaiter: Future.#removeWaiter,
      stateOf: (future) => future.#state,
      follow: Future.#follow,
      abort(future, reason) {
        const controller = future.#signals?.controller;
        if (!controller) return reason;
        const error = toCancelledError(reason);
        controller.abort(error);
        return error;
      },
      endsInCancellation(future) {
        if (!isOwn(future)) return future.cancelled();
        return future.#state === CANCELLED ||
          (future.#state === EXCEPTION && isCancelledError((future.#held as Failure).peek()));
      },
      deliver(future, resolve, reject) {
        if (future.#state === EXCEPTION) {
          reject((future.#held as Failure).retrieve());
        } else if (future.#state === CANCELLED) {
          reject(Future.#cancelledError(future));
        } else if (Future.#isOwn(future.#held) && Future.#isItsOwnResult(future)) {
          // As with a promise that is resolved with itself.
          reject(new TypeError(`Cannot await the future as it is its own result: ${future}`));
        } else {
          resolve(future.#held);
        }
      },
      represent: Future.#represent,
    };
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
    if (options !== undefined || this.#loop.getDebug()) setUp(this, options);
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
        return this.#held as T;
      case EXCEPTION:
        throw (this.#held as Failure).retrieve();
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
        return (this.#held as Failure).retrieve();
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
    const made = isErrorClass(exception) ? instantiate(exception) : exception;
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
      : checkDoneCallback(this, options).context;
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
    if (kept.length < waiters.length) this.#held = new Waiters(kept);
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
    return Future.#then(this, frame, runningWaits(frame, this), undefined, onfulfilled, onrejected);
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
    engine.enqueueNative(() => isInFinally = false);
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
    if (future.#state === RESULT) parts.push(`result=${show(future.#held)}`);
    if (future.#state === EXCEPTION) {
      parts.push(`exception=${show((future.#held as Failure).peek())}`);
    }
    const labels = Future.#waiterList(future).map((waiter) => waiter.label).filter(Boolean);
    if (labels.length > 2) labels.splice(1, labels.length - 2, `<${labels.length - 2} more>`);
    if (labels.length > 0) parts.push(`cb=[${labels.join(", ")}]`);
    return `<${future[Symbol.toStringTag]} ${parts.join(" ")}>`;
  }

  /** Made on first use: an Error costs more than the rest of a future's life. */
  static #cancelledError(future: Future<unknown>): CancelledError {
    if (!isCancelledError(future.#held)) future.#held = toCancelledError(future.#held);
    return future.#held as CancelledError;
  }

  /** As {@linkcode isOwn}, for any value: it asks no proxy, unlike `instanceof`. */
  static #isOwn(value: unknown): value is Future<unknown> {
    return typeof value === "object" && value !== null && #state in value;
  }

  /** Whether awaiting the result, and the result of that, leads back here. */
  static #isItsOwnResult(future: Future<unknown>): boolean {
    const seen = new Set<unknown>();
    let result: unknown = future;
    while (Future.#isOwn(result) && result.#state === RESULT && !seen.has(result)) {
      seen.add(result);
      result = result.#held;
    }
    return result === future;
  }

  static #signalsOf(future: Future<unknown>): Signals {
    return future.#signals ??= { source: undefined, controller: undefined };
  }

  static #follow(future: Future<unknown>, signal: AbortSignal): void {
    if (future.#state !== PENDING) return;
    const source = linkSignal(signal, future);
    if (source) Future.#signalsOf(future).source = source;
  }

  static #removeWaiter(future: Future<unknown>, waiter: Waiter): void {
    if (future.#state !== PENDING) return;
    if (future.#held === waiter) future.#held = undefined;
    else if (future.#held instanceof Waiters) future.#held.delete(waiter);
  }

  static #waiterList(future: Future<unknown>): Waiter[] {
    const held = future.#held as Waiter | undefined;
    if (future.#state !== PENDING || held === undefined) return [];
    return held instanceof Waiters ? [...held] : [held];
  }

  static #then<T, R1, R2>(
    future: Future<T>,
    frame: Frame,
    waits: SharedWaits | undefined,
    waker: Waker | undefined,
    onfulfilled: OnFulfilled<T, R1>,
    onrejected: OnRejected<R2>,
  ): Promise<R1 | R2> {
    // One of the two is asked, as the question is a call into the host at each `await`.
    const isAwait = isResolvingFunction(onfulfilled) && !isProxy(onfulfilled) &&
      isResolvingFunction(onrejected);
    if (isInFinally || !isAwait) {
      isInFinally = false;
      return Future.#derive(future, frame, waits, onfulfilled, onrejected);
    }
    const { resolve, reject } = waker
      ? wakeFunctions(waker, onfulfilled, onrejected)
      : { resolve: onfulfilled, reject: onrejected };
    if (future.#state === PENDING) {
      const waiter = new PromiseWaiter(resolve, reject, waits, future);
      addWaiter(future, waiter);
      waits?.begin(future);
      return waiter as unknown as Promise<never>;
    }
    const undelivered = waits?.takeUndelivered();
    if (!undelivered && isHolding()) {
      if (waits) pacing.noteDeeper(waits);
      const waiter = new PromiseWaiter(resolve, reject, undefined, future);
      tellWhileHolding(future, waiter);
      return waiter as unknown as Promise<never>;
    }
    try {
      if (undelivered) reject(toCancelledError(undelivered.reason));
      else internals.deliver(future, resolve, reject);
    } catch (exception) {
      reportUnwoken(future, exception);
    }
    return ignored as Promise<never>;
  }

  /**
   * Makes the promise that `then` returns for a program's handlers. A function of its own, as
   * a closure in `#then` would allocate a scope at every call.
   */
  static #derive<T, R1, R2>(
    future: Future<T>,
    frame: Frame,
    waits: SharedWaits | undefined,
    onfulfilled: OnFulfilled<T, R1>,
    onrejected: OnRejected<R2>,
  ): Promise<R1 | R2> {
    if (isPromiseReplaced()) {
      return Future.#deriveForLibrary(future, frame, waits, onfulfilled, onrejected);
    }
    let waiter!: PromiseWaiter;
    const settled = new Promise<T>((resolve, reject) => {
      waiter = new PromiseWaiter(resolve as Resolve, reject);
      addWaiter(future, waiter);
    });
    const derived = settled.then(bindTo(frame, onfulfilled), bindTo(frame, onrejected));
    if (!waits || future.#state !== PENDING) return derived;
    return beginWhenAwaited(derived, future, waits, waiter);
  }

  /**
   * As `#derive`, where a library replaced the global `Promise`. A compiled `await` looks like
   * a handler, so every handler counts as a wait.
   */
  static #deriveForLibrary<T, R1, R2>(
    future: Future<T>,
    frame: Frame,
    waits: SharedWaits | undefined,
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
      const undelivered = future.#state === PENDING ? undefined : waits?.takeUndelivered();
      if (undelivered) return fail(toCancelledError(undelivered.reason));
      addWaiter(future, waiter);
      if (waits && future.#state === PENDING) PromiseWaiter.begin(waiter, future, waits);
    });
  }

  /**
   * Makes `then` a getter that captures the reader's frame: `await` reads `then` in the code
   * that waits, but calls it from a job without that context.
   */
  static #captureOnRead(this: void): void {
    define(Future.prototype, "then", {
      get: function (this: Future<unknown>) {
        const frame = currentFrame();
        const waits = runningWaits(frame, this);
        const waker = wakerOf(frame);
        return (...[onfulfilled, onrejected]: Parameters<Promise<unknown>["then"]>) =>
          Future.#then(this, frame, waits, waker, onfulfilled, onrejected);
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
 * Tells a waiter that a future is done after the next turn of the host, as others wait for that
 * turn; at once, if the host settled the future, or if the loop is not a standard one.
 */
function tellWhileHolding(future: Future<unknown>, waiter: Waiter): void {
  if (isHostLoop(future.getLoop()) && pacing.mustWait()) {
    return waitForTurn(tell.bind(undefined, future, waiter));
  }
  for (const { waits } of waiter instanceof Waiters ? waiter : [waiter]) {
    if (waits) pacing.noteWake(waits);
  }
  tell(future, waiter);
}

/** Tells a waiter that a future is done. */
function tell(future: Future<unknown>, waiter: Waiter): void {
  try {
    waiter.notify(future);
  } catch (exception) {
    reportUntold(future, waiter, exception);
  }
}

function reportUntold(future: Future<unknown>, waiter: Waiter, exception: unknown): void {
  // The loop of a done callback may be closed, if it is no standard one.
  if (waiter instanceof DoneCallback) reportUndelivered(future, waiter.fn, exception);
  else reportUnwoken(future, exception);
}

/** More than so many stand in a set once one is removed: to look through all takes longer. */
const FEW = 32;

/** Several that wait, in order of registration, which are told as one. */
class Waiters implements Waiter {
  /** An array at first: in a set, each of a million took two thirds longer (Bun 1.4). */
  #all: Waiter[] | Set<Waiter>;

  /** @param all Who waits; the array is the list's own from now on. */
  constructor(all: Waiter[]) {
    this.#all = all;
  }

  /** Returns `false` if it was added just before, and then nothing changes. */
  add(waiter: Waiter): boolean {
    const all = this.#all;
    if (Array.isArray(all)) {
      if (all.at(-1) === waiter) return false;
      all.push(waiter);
    } else {
      if (all.has(waiter)) return false;
      all.add(waiter);
    }
    return true;
  }

  delete(waiter: Waiter): void {
    const all = this.#all;
    if (Array.isArray(all) && all.length <= FEW) {
      this.#all = all.filter((other) => other !== waiter);
    } else {
      const set = this.#all = Array.isArray(all) ? new Set(all) : all;
      set.delete(waiter);
    }
  }

  notify(future: Future<unknown>): void {
    for (const waiter of this.#all) tell(future, waiter);
  }

  [Symbol.iterator](): Iterator<Waiter> {
    return this.#all[Symbol.iterator]();
  }
}

/** Reports that what passed for a promise's own function was not. */
function reportUnwoken(future: Future<unknown>, exception: unknown): void {
  const message = "Cannot wake what waits for the future";
  report(future.getLoop(), { message, exception, future });
}

/** Whether a future is of this copy of the module, not just branded as one. */
export function isOwn(future: Future<unknown>): boolean {
  return future instanceof Future;
}

/** Tells `waiter` when a future, perhaps of another copy of the module, is done. */
export function whenDone(future: Future<unknown>, waiter: Waiter): void {
  if (isOwn(future)) internals.addWaiter(future, waiter);
  else future.addDoneCallback(waiter.notify.bind(waiter, future));
}

/** Has the loop of a future, which is done, call `callback`. */
export function callSoon(
  future: Future<unknown>,
  callback: (future: Future<unknown>) => void,
): void {
  const loop = future.getLoop();
  const depth = nextDepth();
  try {
    callSoonOn(loop, () => runCallback(loop, callback, future, "future", future, depth));
  } catch (exception) {
    reportUndelivered(future, callback, exception);
  }
}

/** What `then` returns to an `await` on a future that is done. */
const ignored: Promise<unknown> = Promise.resolve();

/**
 * An `await`, or a promise that `then` made. It is also what `then` returns to an
 * `await`, which ignores it: a promise, if it is used.
 */
class PromiseWaiter implements Waiter {
  static {
    Object.setPrototypeOf(this.prototype, Promise.prototype);
  }

  readonly #resolve: Resolve;
  readonly #reject: Reject;
  /** Those of the task that waits; of one that only left a handler behind, none. */
  #waits: SharedWaits | undefined;
  /** What is awaited. */
  readonly #future: Future<unknown> | undefined;
  #promise: Promise<unknown> | undefined = undefined;

  constructor(resolve: Resolve, reject: Reject, waits?: SharedWaits, future?: Future<unknown>) {
    this.#resolve = resolve;
    this.#reject = reject;
    this.#waits = waits;
    this.#future = future;
  }

  /** Takes note that a task waits for `future` by way of this. */
  static begin(waiter: PromiseWaiter, future: Future<unknown>, waits: SharedWaits): void {
    waiter.#waits = waits;
    waits.begin(future);
  }

  get label(): string {
    return this.#future ? "await" : "then";
  }

  get waits(): SharedWaits | undefined {
    return this.#waits;
  }

  notify(future: Future<unknown>): void {
    const waits = this.#waits;
    if (waits?.end(future) && internals.endsInCancellation(future)) {
      waits.beginArrival();
      // Just before the continuation, which may well cancel its own task.
      enqueue(waits.endArrival.bind(waits));
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

/** What {@linkcode Future.prototype.addDoneCallback} was given. */
type DoneFunction = (future: Future<unknown>) => unknown;

class DoneCallback implements Waiter {
  static {
    // An assignment below must not reach what somebody added to Object.prototype.
    Object.setPrototypeOf(this.prototype, null);
  }

  // Declared, as fields would first be set to undefined.
  /** The function; from when the future is done, with its depth if it is deep. */
  declare callback: DoneFunction | DeepCall;
  /**
   * Has it called, in its context. From then on it is the future that it is called
   * with, as a field more would take more memory than a promise.
   */
  declare held: ((call: DoneCallback) => void) | Future<unknown>;

  /**
   * @param callback The function.
   * @param enqueue Has {@linkcode runDoneCallback} called, one function for all: a
   * closure for each would take more memory than a promise.
   */
  constructor(callback: DoneFunction, enqueue: (call: DoneCallback) => void) {
    this.callback = callback;
    this.held = enqueue;
  }

  get label(): string {
    return nameOf(this.callback);
  }

  /** The function, in any case. */
  get fn(): DoneFunction {
    const { callback } = this;
    return typeof callback === "function" ? callback : callback.callback;
  }

  notify(future: Future<unknown>): void {
    const enqueue = this.held as (call: DoneCallback) => void;
    const depth = nextDepth();
    if (depth > 1) this.callback = { callback: this.callback as DoneFunction, depth };
    this.held = future;
    enqueue(this);
  }
}

function runDoneCallback({ callback, held }: DoneCallback): void {
  const future = held as Future<unknown>;
  if (typeof callback === "function") callWith(future, callback, 1);
  else callWith(future, callback.callback, callback.depth);
}

/** Calls a done callback, unless the loop is closed. */
function callWith(future: Future<unknown>, callback: DoneFunction, depth: number): void {
  const loop = future.getLoop();
  if (loop.isClosed()) reportUndelivered(future, callback);
  else runCallback(loop, callback, future, "future", future, depth);
}

/** A function, and how deep it is called: other callbacks led to it. */
interface DeepCall {
  readonly callback: DoneFunction;
  readonly depth: number;
}

/** The handlers of `then`. */
type OnFulfilled<T, R> = ((value: T) => R | PromiseLike<R>) | null | undefined;
type OnRejected<R> = ((reason: unknown) => R | PromiseLike<R>) | null | undefined;

/** The function of a promise that `await`, or `new Promise()`, made. */
type Resolve = (value: unknown) => void;
type Reject = (reason: unknown) => void;

/**
 * The waits of the innermost running task, of whichever copy of this module, if it is an async
 * function.
 *
 * @param future What is waited for: a task that waits for itself must not be cancelled thereby.
 */
function runningWaits(frame: Frame, future: Future<unknown>): SharedWaits | undefined {
  // Most programs have no other copy.
  const inner = joinCopies().length === 0 ? frame : innermost(frame);
  return frame.task === future && inner === frame ? undefined : inner.waits;
}

/** The frame that was entered last, of those of all copies. */
function innermost(frame: SharedFrame): SharedFrame {
  for (const copy of joinCopies()) {
    const other = copy.frame();
    if (other && other.entered > frame.entered) frame = other;
  }
  return frame;
}

/** Calls `wake`, which wakes code that waits, such that the code goes on in its context. */
type Waker = (wake: () => void) => void;

/** Returns a function that wakes the running code in the frames of all copies, if these are lost. */
function wakerOf(frame: Frame): Waker | undefined {
  let waker: Waker | undefined;
  if (awaitLosesContext() && frame !== emptyFrame) waker = (wake) => wakeInFrame(frame, wake);
  for (const copy of joinCopies()) {
    const other = copy.frame();
    const inner = waker;
    if (other) waker = (wake) => copy.wake(other, inner ? () => inner(wake) : wake);
  }
  return waker;
}

/**
 * Where the runtime does not carry contexts, has the continuation of an `await`
 * run in the context of the code that waits.
 */
function wakeFunctions(waker: Waker, resolve: Resolve, reject: Reject) {
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

/** Where promises do not carry contexts, binds a handler of `then` to one. */
function bindTo<F>(frame: Frame, handler: F): F {
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
  waits: SharedWaits,
  waiter: PromiseWaiter,
): Promise<R> {
  let chaining = false;
  const begin = () => {
    if (future.done() || runningWaits(currentFrame(), future) !== waits) return;
    PromiseWaiter.begin(waiter, future, waits);
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
      return future.done() ? next : beginWhenAwaited(next, future, waits, waiter);
    },
  });
  define(derived, "finally", {
    configurable: true,
    value: (onfinally?: (() => void) | null) => chain(() => finallyDo.call(derived, onfinally)),
  });
  return derived;
}

/**
 * Holds the future that a `yield*` has just yielded, as opposed to a bare `yield`. It is
 * replaced while it is young, as is what `capture()` keeps: without that, a step took 3 %
 * longer (Deno 2.9).
 */
let yielded = { future: undefined as unknown, uses: 0 };
const YOUNG_FOR = 512;

/** Returns whether `value` is a future that `yield*` has just yielded, once. */
export function takeYielded(value: unknown): boolean {
  const isYielded = value !== undefined && value === yielded.future;
  yielded.future = undefined;
  if (++yielded.uses === YOUNG_FOR) yielded = { future: undefined, uses: 0 };
  return isYielded;
}

class FutureIterator<T> implements Iterator<Future<T>, T, unknown> {
  readonly #future: Future<T>;
  #waited = false;

  constructor(future: Future<T>) {
    this.#future = future;
  }

  next(): IteratorResult<Future<T>, T> {
    const future = this.#future;
    if (future.done()) return { done: true, value: future.result() };
    if (this.#waited) {
      throw new InvalidStateError(
        `Cannot go on as only \`yield*\` in a task can wait for a future: ${future}`,
      );
    }
    this.#waited = true;
    yielded.future = future;
    return { done: false, value: future };
  }

  throw(error: unknown): never {
    throw error;
  }
}

/**
 * Makes a future done with whatever was thrown, be it a class of errors, which
 * {@linkcode Future.prototype.setException} would instantiate.
 */
export function fail(future: Future<unknown>, exception: unknown): void {
  if (isErrorClass(exception) && isOwn(future) && !future.done()) {
    internals.settle(future, EXCEPTION, new Failure(exception));
  } else {
    future.setException(exception);
  }
}

/**
 * Makes the error that `setException()` was given the class of. Its stack begins where
 * that was called: otherwise it holds the future, which could never be collected.
 */
function instantiate(ErrorClass: new () => unknown): unknown {
  const error = new ErrorClass();
  const { captureStackTrace } = Error as { captureStackTrace?(error: unknown, fn: unknown): void };
  try {
    // A constructor may return another one. To look at the stack would keep what it holds.
    if (Object.getPrototypeOf(error) === ErrorClass.prototype) {
      captureStackTrace?.(error, Future.prototype.setException);
    }
  } catch {
    // It is frozen, for instance.
  }
  return error;
}

/** `Error` or a class that extends it, of this realm or of another. */
function isErrorClass(value: unknown): value is new () => unknown {
  if (typeof value !== "function") return false;
  try {
    for (let owner = value.prototype; owner; owner = Object.getPrototypeOf(owner)) {
      if (owner.constructor.name === "Error" && Object.hasOwn(owner, "message")) return true;
    }
  } catch {
    // A proxy or a getter threw.
  }
  return false;
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
