/**
 * Captures the current context for a microtask that is enqueued later.
 *
 * @module
 */

import { enqueueNative, isPromiseReplaced } from "../base/engine.ts";
import * as carriers from "./carriers.ts";
import { carrier, reportLoss } from "./carriers.ts";
import { currentFrame, runInFrame, takeSnapshot } from "./current.ts";

// Local copies of imports: see docs/performance.md#local-copies-of-imports.
const reactionsCarry = carriers.reactionsCarry;

/** Enqueues one microtask, which calls `fn` in the current context. */
export function enqueue(fn: () => void): void {
  if (reactionsCarry()) enqueueNative(fn);
  else captureContext<void>(fn)();
}

type Capture = <T>(fn: (value: T) => void) => (value: T) => void;

/**
 * Captures the current context for one later call of `fn`.
 *
 * @returns A function to call once, with a value. The call enqueues one microtask, which passes the
 * value to `fn` in the captured context.
 */
export const capture: Capture = makeCapture();

/**
 * Makes `capture()`. Where promise reactions carry the context and all foreign stores, `fn` is the
 * reaction of a pending promise. Its rejection enqueues `fn`; resolving would adopt a thenable.
 *
 * See docs/performance.md#capture-by-a-rejection.
 */
function makeCapture(): Capture {
  let kept: ((value: never) => void) | undefined;
  // A constant of this function: see docs/performance.md#constant-executors.
  const keep = (_resolve: unknown, reject: (value: never) => void) => {
    kept = reject;
  };
  return <T>(fn: (value: T) => void) => {
    if (!reactionsCarry()) return captureContext(fn);
    new Promise(keep).then(undefined, fn);
    const reject = kept as (value: T) => void;
    kept = undefined;
    return reject;
  };
}

/** Does the work of `capture()` where promise reactions are not known to carry the context. */
function captureContext<T>(fn: (value: T) => void): (value: T) => void {
  if (isPromiseReplaced()) {
    reportLoss();
  } else if (carrier.carriesByItself) {
    const frame = currentFrame();
    // Bound: see docs/performance.md#bound-functions.
    return (value) => enqueueNative((runInFrame<T, void>).bind(undefined, frame, fn, value));
  }
  const context = takeSnapshot();
  return (value) => enqueueNative(context.run.bind(context, fn as () => void, value as never));
}
