/**
 * Schedules a callback on any loop, standard or not, in a context.
 *
 * @module
 */

import type { EventLoop } from "../../loop.ts";
import { cannot } from "../base/checks.ts";
import * as capturing from "../context/capture.ts";
import { enqueue } from "../context/capture.ts";
import { cells } from "../context/cells.ts";
import { takeSnapshot } from "../context/current.ts";
import type { Context } from "../context/frame.ts";
import { closedError, report } from "./reports.ts";
import * as running from "./running.ts";
import { LoopTimers } from "./loop_timers.ts";
import * as turns from "./turns.ts";
import { haveSchedulers, holdBack, mustHoldBack } from "./turns.ts";

// Local copies of imports: see docs/performance.md#local-copies-of-imports.
const capture = capturing.capture;
const isHostLoop = running.isHostLoop;
const isHoldingBack = turns.isHoldingBack;

/**
 * Schedules `fn` on a loop, in `context` or else in the current context.
 *
 * @param source The task or the handle that `fn` belongs to, for the scheduler of a test.
 * @throws {Error} If the loop is closed.
 */
export function callSoonOn(
  loop: EventLoop,
  fn: () => void,
  context?: Context,
  source?: object,
): void {
  if (isHostLoop(loop)) {
    if (loop.isClosed()) throw closedError();
    const bound = bindToContext<void>(context, fn, loop);
    if (isHoldingBack()) scheduleSlow(loop, bound, source);
    else enqueue(bound);
  } else {
    captureHere(loop, fn, context)(undefined);
  }
}

/** Schedules where callbacks may be held back, or where a loop has a scheduler of its own. */
function scheduleSlow(loop: LoopTimers, fn: () => void, source: object | undefined): void {
  const scheduler = haveSchedulers() ? LoopTimers.schedulerOf(loop) : undefined;
  if (scheduler?.takesOver()) scheduler.add({ enqueue: capture<void>(fn), source });
  else if (!scheduler && mustHoldBack()) holdBack(capture<void>(fn));
  else enqueue(fn);
}

/**
 * Captures a context for one later callback of a loop, which gets a copy of the current cell.
 *
 * @param loop The loop.
 * @param fn The callback.
 * @param context The context. Default: the current one.
 * @returns A function that schedules `fn` on the loop, with the value that it is given.
 */
export function captureFor<T>(
  loop: EventLoop,
  fn: (value: T) => void,
  context?: Context,
): (value: T) => void {
  return context === undefined && cells === undefined && isHostLoop(loop)
    ? capture(fn)
    : captureForSlow(loop, fn, context);
}

/** Slow path of {@linkcode captureFor}: there are cells or a context, or the loop is another. */
function captureForSlow<T>(
  loop: EventLoop,
  fn: (value: T) => void,
  context: Context | undefined,
): (value: T) => void {
  return cells ? cells.copy(captureHere<T>, loop, fn, context) : captureHere(loop, fn, context);
}

/** Captures a context as {@linkcode captureFor} does, for code that goes on in its own cell. */
export function captureHere<T>(
  loop: EventLoop,
  fn: (value: T) => void,
  context?: Context,
): (value: T) => void {
  return context === undefined && isHostLoop(loop)
    ? capture(fn)
    : captureHereSlow(loop, fn, context);
}

/** Slow path of {@linkcode captureHere}: a context is given, or the loop is not a standard one. */
function captureHereSlow<T>(
  loop: EventLoop,
  fn: (value: T) => void,
  context: Context | undefined,
): (value: T) => void {
  return isHostLoop(loop)
    ? capture(bindToContext(context, fn, loop))
    : captureOn(loop, fn, context ?? takeSnapshot());
}

// A function of its own: see docs/performance.md#rare-parts-apart.
function captureOn<T>(
  loop: EventLoop,
  fn: (value: T) => void,
  context: Context,
): (value: T) => void {
  return (value) => {
    // A simple loop may ignore the option, so the callback enters the context itself. Bound: see
    // docs/performance.md#bound-functions.
    const call = fn.bind(undefined, value);
    loop.callSoon(
      cells ? cells.enter.bind(cells, context, call) : context.run.bind(context, call),
      { context },
    );
  };
}

/** Returns a function that runs `fn` in `context`, or `fn` itself without a context. */
function bindToContext<T>(
  context: Context | undefined,
  fn: (value: T) => void,
  loop: EventLoop,
): (value: T) => void {
  return context ? (runInOrReport<T>).bind(undefined, context, fn, loop) : fn;
}

/** Runs `fn` in a user's context, and reports if the context throws or does not call `fn`. */
function runInOrReport<T>(
  context: Context,
  fn: (value: T) => void,
  loop: EventLoop,
  value: T,
): void {
  const call = { isMade: false };
  const message = "Cannot run a callback in its context";
  try {
    // The value is bound, as some contexts pass no arguments on.
    context.run((makeCall<T>).bind(undefined, call, fn, value));
  } catch (exception) {
    return report(loop, { message, exception });
  }
  if (!call.isMade) {
    const exception = cannot("run a callback", "its context did not call the function", context);
    report(loop, { message, exception });
  }
}

function makeCall<T>(call: { isMade: boolean }, fn: (value: T) => void, value: T): void {
  call.isMade = true;
  fn(value);
}
