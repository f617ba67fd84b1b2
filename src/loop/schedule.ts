/**
 * Schedules a callback on any loop, in a context.
 *
 * @module
 */

import type { EventLoop } from "../../loop.ts";
import { cannot } from "../base/checks.ts";
import { capture, enqueue } from "../context/capture.ts";
import { takeSnapshot } from "../context/current.ts";
import type { Context } from "../context/frame.ts";
import { closedError, report } from "./reports.ts";
import { isHostLoop } from "./running.ts";
import { holdBack, mustHoldBack } from "./turns.ts";

/**
 * Captures a context for one later callback of any loop.
 *
 * @param loop The loop.
 * @param fn The callback.
 * @param context The context. Default: the current one.
 * @returns A function that has the loop call `fn` soon, with the value it is given.
 */
export function captureFor<T>(
  loop: EventLoop,
  fn: (value: T) => void,
  context?: Context,
): (value: T) => void {
  return context === undefined && isHostLoop(loop)
    ? capture(fn)
    : captureForSlow(loop, fn, context);
}

/** For a given context, or a loop that is no standard one. */
function captureForSlow<T>(
  loop: EventLoop,
  fn: (value: T) => void,
  context: Context | undefined,
): (value: T) => void {
  return isHostLoop(loop)
    ? capture(bindToContext(context, fn, loop))
    : captureOn(loop, fn, context ?? takeSnapshot());
}

/** Apart, as what a closure encloses costs each call of the function that it stands in. */
function captureOn<T>(
  loop: EventLoop,
  fn: (value: T) => void,
  context: Context,
): (value: T) => void {
  return (value) => {
    // Entered here as well: a simple loop may ignore the option. And bound rather
    // than enclosed, here and elsewhere: the stack of an error that is thrown in
    // `fn` holds the functions in it, and with them what they enclose.
    loop.callSoon(context.run.bind(context, fn.bind(undefined, value)), { context });
  };
}

/**
 * Has any loop call `fn` soon.
 *
 * @throws {Error} If the loop is closed.
 */
export function callSoonOn(loop: EventLoop, fn: () => void, context?: Context): void {
  if (isHostLoop(loop)) {
    if (loop.isClosed()) throw closedError();
    const bound = bindToContext<void>(context, fn, loop);
    if (mustHoldBack()) holdBack(capture(bound));
    else enqueue(bound);
  } else {
    captureFor(loop, fn, context)(undefined);
  }
}

/** Has `fn` run in `context`, if there is one, when it is called. */
function bindToContext<T>(
  context: Context | undefined,
  fn: (value: T) => void,
  loop: EventLoop,
): (value: T) => void {
  return context ? (runInOrReport<T>).bind(undefined, context, fn, loop) : fn;
}

function runInOrReport<T>(
  context: Context,
  fn: (value: T) => void,
  loop: EventLoop,
  value: T,
): void {
  const call = { isMade: false };
  const message = "Cannot run a callback in its context";
  try {
    // Some contexts pass no arguments on.
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
