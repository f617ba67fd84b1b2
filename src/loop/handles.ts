/**
 * The handles that `callSoon()`, `callLater()` and `callAt()` return: their interfaces, and the
 * classes of the standard loop.
 *
 * @module
 */

import { checkMilliseconds } from "../base/checks.ts";
import { debugHooks } from "../base/debug_hooks.ts";
import type { Context } from "../context/frame.ts";
import type { HostEventLoop } from "./host_loop.ts";
import { LoopTimers } from "./loop_timers.ts";
import { runCallback } from "./running.ts";
import { captureFor } from "./schedule.ts";
import type { Timer } from "./timers.ts";
import { keepTraceback } from "./tracebacks.ts";

/**
 * A scheduled callback, which can be cancelled.
 *
 * Source: [`asyncio.Handle`](https://docs.python.org/3.14/library/asyncio-eventloop.html#asyncio.Handle).
 *
 * @category Event loop
 */
export interface Handle {
  /** Cancels the callback, which then never runs unless it has started already. */
  cancel(): void;
  /** Whether {@linkcode Handle.cancel} was called. */
  cancelled(): boolean;
}

/**
 * A callback that is scheduled for a time.
 *
 * Source: [`asyncio.TimerHandle`](https://docs.python.org/3.14/library/asyncio-eventloop.html#asyncio.TimerHandle).
 *
 * @category Event loop
 */
export interface TimerHandle extends Handle {
  /** The time at which the callback is due, in milliseconds of {@linkcode EventLoop.time}. */
  when(): number;
}

/**
 * Options of the methods that schedule a callback, such as
 * {@linkcode EventLoop.callSoon}.
 *
 * @category Event loop
 */
export interface ScheduleOptions {
  /** The context in which the callback runs. Default: the current one. */
  context?: Context | undefined;
}

/**
 * Options of {@linkcode EventLoop.callLater} and {@linkcode EventLoop.callAt}.
 *
 * @category Event loop
 */
export interface TimerOptions extends ScheduleOptions {
  /**
   * Whether the timer keeps the process running. asyncio has no such option. On hosts other than
   * Deno, Node and Bun, the option does nothing.
   *
   * @default {true}
   */
  persistent?: boolean | undefined;
}

/** The handle of `callSoon()`. */
export class HostHandle implements Handle {
  readonly #loop: HostEventLoop;
  /**
   * The callback is released early, since a handle may be kept for long:
   *
   * - function → scheduled
   * - `undefined` → running, or has run
   * - `null` → cancelled
   */
  #callback: (() => void) | null | undefined;

  constructor(loop: HostEventLoop, callback: () => void) {
    this.#loop = loop;
    this.#callback = callback;
    keepTraceback(loop, this);
  }

  /** Returns the loop of a handle. */
  protected static loopOf(handle: HostHandle): HostEventLoop {
    return handle.#loop;
  }

  /** Returns a representation, such as `<Handle load>` or `<TimerHandle when=1500 load>`. */
  toString(): string {
    return debugHooks?.representHandle(this, this.#callback) ?? "<Handle>";
  }

  /**
   * Runs the callback of `handle`, unless the handle is cancelled or the loop is closed.
   *
   * @param chainLength The length of the chain that the callback ends; a timer starts a new one.
   */
  static run(this: void, handle: HostHandle, chainLength = 1): void {
    const callback = handle.#callback;
    if (!callback || handle.#loop.isClosed()) return;
    handle.#callback = undefined;
    runCallback(handle.#loop, callback, undefined, "handle", handle, chainLength);
  }

  cancel(): void {
    this.#callback = null;
  }

  cancelled(): boolean {
    return this.#callback === null;
  }
}

/** The handle of `callLater()` and `callAt()`, which is the timer in the queue as well. */
export class HostTimerHandle extends HostHandle implements TimerHandle, Timer {
  readonly due: number;
  order = 0;
  index = 0;
  /** Enqueues the callback in its context; `undefined` once the handle is cancelled. */
  #enqueue: ((handle: HostHandle) => void) | undefined;

  constructor(
    loop: HostEventLoop,
    due: number,
    callback: () => void,
    options: TimerOptions,
    now?: number,
  ) {
    // callLater() has checked the delay, but a fake clock may return something else than a number.
    checkMilliseconds("call a callback at a time", "time", due);
    super(loop, callback);
    this.due = due;
    this.#enqueue = captureFor(loop, HostHandle.run, options.context);
    LoopTimers.of(loop).add(this, now, options.persistent);
  }

  /** Enqueues the callback, unless the handle was cancelled while it was held back. */
  fire(): void {
    this.#enqueue?.(this);
  }

  /** Does nothing: the callback of an abandoned timer never runs. */
  abandon(): void {}

  when(): number {
    return this.due;
  }

  override cancel(): void {
    super.cancel();
    // The function holds the context, which must not live as long as the handle.
    this.#enqueue = undefined;
    LoopTimers.delete(HostHandle.loopOf(this), this);
  }
}
