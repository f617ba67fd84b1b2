/**
 * `sleep()`: a future that is done after a time.
 *
 * @module
 */

import { Future } from "../../future.ts";
import { checkMilliseconds } from "../base/checks.ts";
import { checkOptions } from "../base/options.ts";
import { enqueue } from "../context/capture.ts";
import type { Source, Waiter } from "../future/internals.ts";
import { whenDone } from "../future/waiters.ts";
import { LoopTimers, type Timers } from "../loop/loop_timers.ts";
import { closedError } from "../loop/reports.ts";
import { currentLoop, isHostLoop } from "../loop/running.ts";
import { FRAME_REMOVED, type Timer } from "../loop/timers.ts";
import { scheduleAsLongChain } from "../loop/turns.ts";
import { onEnd } from "./watch.ts";

/**
 * Options of {@linkcode sleep}.
 *
 * @category Waiting
 */
export interface SleepOptions<T = undefined> {
  /** The result of the future. Default: `undefined`. */
  result?: T | undefined;
  /**
   * A signal that cancels the sleep; its reason is the `cause` of the `CancelledError`. In a
   * `catch`, `signal.throwIfAborted()` throws that reason itself.
   */
  signal?: AbortSignal | undefined;
  /**
   * Whether the sleep keeps the process running. asyncio has no such option. On hosts other than
   * Deno, Node and Bun, the option does nothing.
   *
   * @default {true}
   */
  persistent?: boolean | undefined;
}

/**
 * Waits for a time, and then has a result.
 *
 * Cancelling the future releases its timer.
 *
 * Source: [`asyncio.sleep`](https://docs.python.org/3.14/library/asyncio-task.html#asyncio.sleep).
 *
 * @param ms The time in milliseconds; a negative one counts as 0, and `Infinity` is never over.
 * @param options The result, a signal that cancels the sleep, and whether the sleep keeps the process
 * running.
 * @returns A future that has the result when the time is over.
 * @throws {TypeError} If the time is not a number or `NaN`, or the signal is not an `AbortSignal`.
 * @throws {Error} If the loop is closed, or the frame of the page was removed.
 * @category Waiting
 *
 * @example
 * ```ts
 * import { sleep } from "@asyncio/future";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(await sleep(1, { result: "awake" }), "awake");
 * ```
 */
export function sleep<T>(ms: number, options: SleepOptions<T> & { result: T }): Future<T>;

/**
 * Waits for a time, in milliseconds: a delay that can be cancelled.
 *
 * Cancelling the future releases its timer. `sleep(0)` lets the loop run for one turn; even a
 * program that does nothing but `sleep(0)` in a loop leaves the host responsive.
 *
 * Source: [`asyncio.sleep`](https://docs.python.org/3.14/library/asyncio-task.html#asyncio.sleep).
 *
 * @param ms The time in milliseconds; a negative one counts as 0, and `Infinity` is never over.
 * @param options A signal that cancels the sleep, and whether the sleep keeps the process running.
 * @returns A future that is done when the time is over.
 * @throws {TypeError} If the time is not a number or `NaN`, or the signal is not an `AbortSignal`.
 * @throws {Error} If the loop is closed, or the frame of the page was removed.
 *
 * @example
 * ```ts
 * import { sleep } from "@asyncio/future";
 *
 * await sleep(500); // half a second
 * ```
 */
export function sleep(ms: number, options?: SleepOptions): Future<void>;

/**
 * Waits for a time, and then has a result, if the options have one.
 *
 * Source: [`asyncio.sleep`](https://docs.python.org/3.14/library/asyncio-task.html#asyncio.sleep).
 *
 * @param ms The time in milliseconds; a negative one counts as 0, and `Infinity` is never over.
 * @param options The result, a signal that cancels the sleep, and whether the sleep keeps the process
 * running.
 * @returns A future that is done when the time is over.
 * @throws {TypeError} If the time is not a number or `NaN`, or the signal is not an `AbortSignal`.
 * @throws {Error} If the loop is closed, or the frame of the page was removed.
 */
export function sleep<T>(ms: number, options: SleepOptions<T> | undefined): Future<T | void>;

export function sleep<T>(ms: number, options?: SleepOptions<T>): Future<T | void> {
  checkMilliseconds("sleep", "delay", ms);
  const { result, signal, persistent } = checkOptions("sleep", options);
  const loop = currentLoop();
  if (loop.isClosed()) throw closedError();
  const future = ms <= 0
    ? new ZeroSleep<T>({ loop, signal })
    : loop.createFuture<T>(signal && { signal });
  if (future.done()) return future;
  if (isHostLoop(loop) && ms > 0) {
    whenDone(future, new SleepTimer(future as Future<unknown>, ms, result, loop, persistent));
    return future;
  }
  const wake = () => {
    if (!future.done()) future.setResult(result as T);
  };
  const timer = ms > 0
    ? loop.callLater(ms, wake, persistent === undefined ? persistent : { persistent })
    : scheduleAsLongChain(() => loop.callSoon(wake));
  onEnd(future, () => timer.cancel(), { operation: "sleep", ms });
  return future;
}

/** The timer of a sleep on a standard loop: see docs/performance.md#sleeps. */
class SleepTimer implements Timer, Waiter, Source {
  readonly due: number;
  readonly ms: number;
  order = 0;
  index = 0;
  readonly #future: Future<unknown>;
  readonly #result: unknown;
  readonly #queue: Timers;

  constructor(
    future: Future<unknown>,
    delay: number,
    result: unknown,
    loop: LoopTimers,
    persistent: boolean | undefined,
  ) {
    const timers = LoopTimers.of(loop);
    const now = timers.time();
    this.due = now + delay;
    this.ms = delay;
    this.#future = future;
    this.#result = result;
    this.#queue = timers.add(this, now, persistent);
  }

  fire(): void {
    enqueue(SleepTimer.#wake.bind(undefined, this));
  }

  abandon(): void {
    this.#future.cancel(FRAME_REMOVED);
  }

  get operation(): string {
    return "sleep";
  }

  get source(): Source {
    return this;
  }

  static #wake(this: void, timer: SleepTimer): void {
    const future = timer.#future;
    if (!future.done() && !future.getLoop().isClosed()) future.setResult(timer.#result);
  }

  /** Releases the timer, as the future is done: the sleep is over, or was cancelled. */
  notify(): void {
    this.#queue.delete(this);
  }
}

/**
 * The future of `sleep(0)`. In a generator, `yield*` becomes a bare `yield`, and so takes one turn;
 * a task that waits for the future would resume in a further turn.
 */
class ZeroSleep<T> extends Future<T> {
  override *[Symbol.iterator](): Generator<Future<T>, T> {
    // Order of events: sleep() schedules its callback, the task yields and schedules its next step,
    // the callback settles the future, the step finds the future done.
    if (!this.done()) yield undefined as unknown as Future<T>;
    if (this.done()) return this.result();
    // The scheduler of a test may let the step go first.
    const waiting = super[Symbol.iterator]();
    return yield* { [Symbol.iterator]: () => waiting };
  }
}
