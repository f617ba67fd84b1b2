/**
 * `timeout()` and `timeoutAt()`: scopes that cancel their body at a deadline.
 *
 * @module
 */

import type { Future } from "../../future.ts";
import type { EventLoop } from "../../loop.ts";
import { checkLimit } from "../base/checks.ts";
import { inspectAsText } from "../base/inspect.ts";
import { cancelTarget } from "../future/cancel_target.ts";
import type { Outcome } from "../future/outcome.ts";
import type { Handle } from "../loop/handles.ts";
import {
  type ForwardCancel,
  RunningBody,
  runScope,
  type ScopeBody,
  type ScopeOptions,
} from "./scope.ts";
import { DelegatingFuture } from "../waiting/delegating.ts";
import { dumpInDebugMode } from "../waiting/dump.ts";
import { timedOut } from "../waiting/time_limit.ts";

/**
 * The scope of {@linkcode timeout}: a deadline that can be moved.
 *
 * Source: [`asyncio.Timeout`](https://docs.python.org/3.14/library/asyncio-task.html#asyncio.Timeout).
 *
 * @category Scopes
 */
export interface Timeout {
  /** Aborts when the body is cancelled, by the deadline or from outside. */
  readonly signal: AbortSignal;
  /**
   * Returns the deadline in milliseconds of {@linkcode EventLoop.time}, or `null` for none.
   *
   * Source: [`Timeout.when`](https://docs.python.org/3.14/library/asyncio-task.html#asyncio.Timeout.when).
   */
  when(): number | null;
  /**
   * Moves the deadline.
   *
   * Source: [`Timeout.reschedule`](https://docs.python.org/3.14/library/asyncio-task.html#asyncio.Timeout.reschedule).
   *
   * @param when The deadline in milliseconds of {@linkcode EventLoop.time}; `null` for none. A
   * deadline in the past expires in the next turn.
   * @throws {TypeError} If `when` is neither a number nor `null`, or is `NaN`.
   * @throws {Error} If the deadline has expired or the body has ended.
   */
  reschedule(when: number | null): void;
  /**
   * Returns whether the deadline expired while the body ran, even if the body then returned a
   * result or threw another error.
   *
   * Source: [`Timeout.expired`](https://docs.python.org/3.14/library/asyncio-task.html#asyncio.Timeout.expired).
   */
  expired(): boolean;
}

/** Returns the outcome of a scope whose deadline expired, as {@linkcode timedOut} does. */
type EndOfLimit = (outcome: Outcome, ms: number, what: string) => Outcome;

/** The scope of a body with a deadline. */
export class TimeoutScope implements Timeout {
  static {
    inspectAsText(this.prototype);
  }

  readonly #loop: EventLoop;
  /**
   * The future of the scope; `undefined` once the scope ended. The stack of the `TimeoutError`
   * keeps the scope alive, and an unretrieved error is reported only when its future is collected.
   */
  #outer: DelegatingFuture<unknown> | undefined;
  /** When the scope was opened, in milliseconds of the loop's clock. */
  readonly #start: number;
  /** The name of the body. */
  readonly #name: string;
  /** Makes the outcome of the scope out of that of the body, if the deadline expired. */
  readonly #end: EndOfLimit;
  #when: number | null = null;
  /** What took too long. Set by the deadline. */
  #late = "";
  #timer: Handle | undefined;
  #expired = false;
  /** `undefined` until the body has returned or waits for the first time. */
  #body: RunningBody<unknown> | undefined;
  /** Set before the body is called. */
  #signal!: AbortSignal;

  private constructor(
    outer: DelegatingFuture<unknown>,
    start: number,
    name: string,
    end: EndOfLimit,
  ) {
    this.#outer = outer;
    this.#loop = outer.getLoop();
    this.#start = start;
    this.#name = name;
    this.#end = end;
  }

  /** Runs `body` with a deadline, and settles `outer` when the body has ended. */
  static run<T>(
    outer: DelegatingFuture<T>,
    body: ScopeBody<Timeout, T>,
    when: number | null,
    start: number,
    end: EndOfLimit = timedOut,
  ): ForwardCancel {
    const scope = new TimeoutScope(outer as DelegatingFuture<unknown>, start, body.name, end);
    const run = (signal: AbortSignal) => {
      scope.#signal = signal;
      return body(scope);
    };
    scope.reschedule(when);
    try {
      const { task } = scope.#body = new RunningBody<unknown>(
        scope.#loop,
        "timeout",
        run,
        (running) => scope.#onBodyDone(running),
        body.length > 0,
      );
      DelegatingFuture.setSource(outer, {
        operation: "timeout",
        body: task,
        get due() {
          return scope.#when;
        },
      });
      return (reason) => cancelTarget(task, reason);
    } catch (error) {
      // The loop's task factory may throw.
      scope.#timer?.cancel();
      throw error;
    }
  }

  get signal(): AbortSignal {
    return this.#signal;
  }

  when(): number | null {
    return this.#when;
  }

  reschedule(when: number | null): void {
    checkLimit("move the deadline", "time", when);
    const state = this.#state;
    if (state !== "active") {
      throw new Error(`Cannot move the deadline as the timeout is ${state}: received ${when}`);
    }
    this.#when = when;
    this.#timer?.cancel();
    if (when === null || when === Infinity) return;
    const expire = () => this.#expire();
    // With `callSoon`, a deadline in the past expires before any timer that is due.
    this.#timer = when <= this.#loop.time()
      ? this.#loop.callSoon(expire)
      : this.#loop.callAt(when, expire);
  }

  expired(): boolean {
    return this.#expired;
  }

  /** Returns a representation, such as `<Timeout active when=1500>`. */
  toString(): string {
    const state = this.#state;
    const when = state === "active" && this.#when !== null ? ` when=${this.#when}` : "";
    return `<Timeout ${state}${when}>`;
  }

  get #state(): string {
    if (this.#body?.task.done()) return this.#expired ? "expired" : "finished";
    return this.#expired ? "expiring" : "active";
  }

  #expire(): void {
    // The timer was due in the turn in which the body ended.
    if (this.#body!.task.done()) return;
    this.#expired = true;
    const { task, waitingFor } = this.#body!;
    const tasks = dumpInDebugMode(this.#loop, task);
    this.#late = `${this.#name || "the body of timeout()"}${waitingFor}${tasks}`;
    this.#body!.cancel();
  }

  /** Ends the scope. Called when the body has ended. */
  #onBodyDone(body: RunningBody<unknown>): void {
    this.#timer?.cancel();
    const outer = this.#outer!;
    this.#outer = undefined;
    const { outcome } = body;
    const isTimeout = this.#expired && !body.cancelledByOthers;
    const end = isTimeout ? this.#end(outcome, this.#when! - this.#start, this.#late) : outcome;
    body.endScope(outer, end, true, body.lastStep);
  }
}

/**
 * Runs a block of code with a time limit, and cancels it when the time is over.
 *
 * The body starts at once and runs until it first waits. In a task, the body is a part of that task;
 * elsewhere, it is a task of its own.
 *
 * When the time is over, the body is cancelled. The future then waits until the body has ended, and
 * fails with a `TimeoutError`, unless the body returns a result or throws another error. A
 * cancellation from outside cancels the body, and the future ends with that `CancelledError`, even
 * if the time is over as well.
 *
 * The deadline can only interrupt waits on futures. Pass the scope's signal to anything else, such
 * as a `fetch`; otherwise the future waits for the body, and a late result counts.
 *
 * See also: {@linkcode waitFor} for one awaitable, {@linkcode timeoutAt} for a deadline,
 * {@linkcode moveOnAfter} for a limit without an error.
 *
 * Source: [`asyncio.timeout`](https://docs.python.org/3.14/library/asyncio-task.html#asyncio.timeout).
 *
 * @param ms The time in milliseconds; `null` or `Infinity` for no limit. Zero or less expires in
 * the next turn.
 * @param body The function to run (async, generator or plain). Its argument is the scope, which can
 * move the deadline.
 * @param options A signal that cancels the body.
 * @returns A future of the outcome of the body.
 * @throws {TypeError} If `ms` is neither a number nor `null`, or is `NaN`; if the body is not a
 * function (an async generator function is refused); or if the signal is not an `AbortSignal`.
 * @category Scopes
 *
 * @example
 * ```ts
 * import { Future, timeout, TimeoutError } from "@asyncio/future";
 * import { assertRejects } from "@std/assert";
 *
 * const reply = new Future<string>();
 * await assertRejects(() => timeout(10, async () => await reply), TimeoutError);
 * ```
 */
export function timeout<T>(
  ms: number | null,
  body: ScopeBody<Timeout, T>,
  options?: ScopeOptions,
): Future<T> {
  checkLimit("run with a time limit", "delay", ms);
  return runScope("run with a time limit", body, options, (outer) => {
    const start = outer.getLoop().time();
    return TimeoutScope.run(outer, body, ms === null ? null : start + ms, start);
  });
}

/**
 * Runs a function with a deadline: like {@linkcode timeout}, but with a time of the loop's clock.
 *
 * Source: [`asyncio.timeout_at`](https://docs.python.org/3.14/library/asyncio-task.html#asyncio.timeout_at).
 *
 * @param when The deadline in milliseconds of {@linkcode EventLoop.time}; `null` or `Infinity` for
 * none. A deadline in the past expires in the next turn.
 * @param body The function to run (async, generator or plain). Its argument is the scope.
 * @param options A signal that cancels the body.
 * @returns A future of the outcome of the body.
 * @throws {TypeError} If `when` is neither a number nor `null`, or is `NaN`; if the body is not a
 * function (an async generator function is refused); or if the signal is not an `AbortSignal`.
 * @category Scopes
 *
 * @example
 * ```ts
 * import { getEventLoop, sleep, timeoutAt } from "@asyncio/future";
 * import { assertEquals } from "@std/assert";
 *
 * const deadline = getEventLoop().time() + 1_000;
 * const result = await timeoutAt(deadline, async () => {
 *   await sleep(1);
 *   return "in time";
 * });
 * assertEquals(result, "in time");
 * ```
 */
export function timeoutAt<T>(
  when: number | null,
  body: ScopeBody<Timeout, T>,
  options?: ScopeOptions,
): Future<T> {
  checkLimit("run with a deadline", "time", when);
  return runScope(
    "run with a deadline",
    body,
    options,
    (outer) => TimeoutScope.run(outer, body, when, outer.getLoop().time()),
  );
}
