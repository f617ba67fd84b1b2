/**
 * The handles of the standard loop.
 *
 * @module
 */

import { checkMilliseconds } from "../base/checks.ts";
import type { Context } from "../context/frame.ts";
import type { HostEventLoop } from "./host_loop.ts";
import { runCallback } from "./running.ts";
import { captureFor } from "./schedule.ts";
import { StandardLoop } from "./standard_loop.ts";
import type { Timer } from "./timers.ts";
import { keepTraceback } from "./tracebacks.ts";

/**
 * A callback that a loop will run, to cancel it.
 *
 * Source: [`asyncio.Handle`](https://docs.python.org/3.14/library/asyncio-eventloop.html#asyncio.Handle).
 */
export interface Handle {
  /** Cancels the callback; it never runs unless it has started already. */
  cancel(): void;
  /** Whether {@linkcode Handle.cancel} was called. */
  cancelled(): boolean;
}

/**
 * A callback that a loop will run at some time.
 *
 * Source: [`asyncio.TimerHandle`](https://docs.python.org/3.14/library/asyncio-eventloop.html#asyncio.TimerHandle).
 */
export interface TimerHandle extends Handle {
  /** When the callback is due, in milliseconds of {@linkcode EventLoop.time}. */
  when(): number;
}

/**
 * Options of the methods that schedule a callback, such as
 * {@linkcode EventLoop.callSoon}.
 */
export interface ScheduleOptions {
  /** The context the callback runs in. Default: the current one. */
  context?: Context | undefined;
}

export class HostHandle implements Handle {
  readonly #loop: HostEventLoop;
  /** Gone when it runs, `null` once it is cancelled: what it holds must not outlive that. */
  #callback: (() => void) | null | undefined;

  constructor(loop: HostEventLoop, callback: () => void) {
    this.#loop = loop;
    this.#callback = callback;
    keepTraceback(loop, this);
  }

  /** The loop that a handle is of. */
  protected static loopOf(handle: HostHandle): HostEventLoop {
    return handle.#loop;
  }

  /**
   * Runs the callback of `handle`, unless it is cancelled or the loop is closed.
   *
   * @param chainLength How deep it is; that of a timer is not deep.
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

export class HostTimerHandle extends HostHandle implements TimerHandle, Timer {
  readonly due: number;
  order = 0;
  index = 0;
  #enqueue: ((handle: HostHandle) => void) | undefined;

  constructor(
    loop: HostEventLoop,
    due: number,
    callback: () => void,
    context: Context | undefined,
    now?: number,
  ) {
    // For callLater(), too: fake clocks may give no number.
    checkMilliseconds("call a callback at a time", "time", due);
    super(loop, callback);
    this.due = due;
    this.#enqueue = captureFor(loop, HostHandle.run, context);
    StandardLoop.timersOf(loop).add(this, now);
  }

  /** Has the callback run, in its context, unless it was cancelled before its turn. */
  fire(): void {
    this.#enqueue?.(this);
  }

  /** The callback never runs. */
  abandon(): void {}

  when(): number {
    return this.due;
  }

  override cancel(): void {
    super.cancel();
    // The context that it holds must not live as long as the handle.
    this.#enqueue = undefined;
    StandardLoop.deleteTimer(HostHandle.loopOf(this), this);
  }
}
