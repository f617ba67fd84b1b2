/**
 * An event loop that the test drives by hand.
 *
 * @module
 */

import {
  type EventLoop,
  type ExceptionHandler,
  Future,
  type ScheduleOptions,
  Task,
  type TaskFactory,
} from "../../mod.ts";
import { hostTurn } from "./turns.ts";

/** A loop that the test drives by hand. */
export interface ManualLoop extends EventLoop {
  /** The callbacks that are ready, in order. */
  readonly ready: (() => void)[];
  /** The contexts that were given to `callSoon`. */
  readonly contexts: unknown[];
  /** Calls what is ready, and what becomes ready meanwhile. */
  drain(): void;
  /** Moves the clock and makes ready what is due. */
  advance(ms: number): void;
  /** The time of the next timer, if there is one. */
  nextTime(): number | undefined;
}

/**
 * Makes a plain object that implements `EventLoop`, with as little as possible.
 *
 * @param heedsContext Whether `callSoon` enters the context it is given.
 */
export function makeManualLoop({ heedsContext = true } = {}): ManualLoop {
  interface Entry {
    callback: () => void;
    when: number;
    cancelled: boolean;
  }
  const ready: (() => void)[] = [];
  const contexts: unknown[] = [];
  let timers: Entry[] = [];
  let now = 0;
  let closed = false;
  let debug = false;
  let handler: ExceptionHandler | null = null;
  let factory: TaskFactory | null = null;

  function add(callback: () => void, when: number, options?: ScheduleOptions): Entry {
    if (closed) throw new Error("Event loop is closed");
    const { context } = options ?? {};
    contexts.push(context);
    return {
      callback: heedsContext && context ? () => context.run(callback) : callback,
      when,
      cancelled: false,
    };
  }
  function handleOf(entry: Entry) {
    return {
      cancel: () => void (entry.cancelled = true),
      cancelled: () => entry.cancelled,
      when: () => entry.when,
    };
  }
  function makeReady(entry: Entry): void {
    ready.push(() => entry.cancelled || entry.callback());
  }

  const loop: ManualLoop = {
    ready,
    contexts,
    drain() {
      while (ready.length > 0) ready.shift()!();
    },
    advance(ms) {
      now += ms;
      const due = timers.filter(({ when }) => when <= now).sort((a, b) => a.when - b.when);
      timers = timers.filter(({ when }) => when > now);
      due.forEach(makeReady);
    },
    nextTime() {
      timers = timers.filter(({ cancelled }) => !cancelled);
      return timers.length > 0 ? Math.min(...timers.map(({ when }) => when)) : undefined;
    },
    callSoon(callback, options) {
      const entry = add(callback, now, options);
      makeReady(entry);
      return handleOf(entry);
    },
    callLater: (delay, callback, options) => loop.callAt(now + delay, callback, options),
    callAt(when, callback, options) {
      const entry = add(callback, when, options);
      timers.push(entry);
      return handleOf(entry);
    },
    time: () => now,
    createFuture: (options) => new Future({ ...options, loop }),
    createTask: (coro, options) =>
      factory ? factory(loop, coro, options ?? {}) : new Task(coro, { ...options, loop }),
    setTaskFactory: (value) => void (factory = value),
    getTaskFactory: () => factory,
    setExceptionHandler: (value) => void (handler = value),
    getExceptionHandler: () => handler,
    callExceptionHandler: (context) => handler?.(loop, context),
    defaultExceptionHandler() {},
    getDebug: () => debug,
    setDebug: (enabled) => void (debug = enabled),
    isRunning: () => false,
    isClosed: () => closed,
    close: () => void (closed = true),
  };
  return loop;
}

/** Moves the clock of a loop, and drains it until promises, too, have had their turn. */
export async function drainInTurns(loop: ManualLoop, ms = 0): Promise<void> {
  loop.advance(ms);
  for (let i = 0; i < 5; i++) {
    loop.drain();
    await hostTurn();
  }
}
