/**
 * Captures the current context for a microtask that is enqueued later.
 *
 * @module
 */

import { enqueueForeign, enqueueNative, isPromiseReplaced } from "../base/engine.ts";
import { call } from "./calls.ts";
import { carrier, reactionsCarry, reportLoss, wakeInFrame } from "./carriers.ts";
import { currentFrame, currentZone, runInFrame, takeSnapshot } from "./current.ts";
import type { Context, Frame } from "./frame.ts";

/** Enqueues one microtask, which calls `fn` in the current context. */
export function enqueue(fn: () => void): void {
  if (reactionsCarry()) enqueueNative(fn);
  else captureContext<void>(fn)();
}

type Capture = <T>(fn: (value: T) => void) => (value: T) => void;

/**
 * Captures the current context for one later call of `fn`.
 *
 * @returns A function to call once. It takes a value and enqueues one microtask, which calls `fn`
 * with that value in the captured context.
 */
export const capture: Capture = makeCapture();

/**
 * Makes `capture()`. Where promise reactions carry the context and all foreign stores, `fn` is the
 * reaction of a pending promise. Its rejection enqueues `fn`; resolving would adopt a thenable.
 *
 * See docs/performance.md#capture-by-a-rejection.
 */
function makeCapture(): Capture {
  // A new cell after so many uses: see docs/performance.md#young-cells.
  const usesPerCell = 512;
  let uses = 0;
  let cell: { reject: ((value: never) => void) | undefined } = { reject: undefined };
  // A constant of this function: see docs/performance.md#constant-executors.
  const keep = (_resolve: unknown, reject: (value: never) => void) => {
    cell.reject = reject;
  };
  return <T>(fn: (value: T) => void) => {
    if (!reactionsCarry()) return captureContext(fn);
    if (++uses === usesPerCell) {
      uses = 0;
      cell = { reject: undefined };
    }
    new Promise(keep).then(undefined, fn);
    const reject = cell.reject as (value: T) => void;
    cell.reject = undefined;
    return reject;
  };
}

/** Does the work of `capture()` where promise reactions are not known to carry the context. */
function captureContext<T>(fn: (value: T) => void): (value: T) => void {
  if (isPromiseReplaced()) {
    reportLoss();
  } else if (carrier.carriesByItself) {
    const frame = currentFrame();
    // Not a closure: V8 keeps the functions on the stack of an error alive, and with a closure
    // the variables that it captured.
    return (value) => enqueueNative((runInFrame<T, void>).bind(undefined, frame, fn, value));
  }
  const context = takeSnapshot();
  return (value) => enqueueNative(context.run.bind(context, fn as () => void, value as never));
}

/**
 * Fulfilled when the library has drained its queue after the previous `callForLibrary()`. Each
 * call replaces the promise.
 */
let lastCall: PromiseLike<unknown> | undefined;

/**
 * Calls `fn`, which must not throw, in `context` and `frame`, where a library replaced the global
 * `Promise`. Code that awaits a promise settled by `fn` also resumes in that context.
 *
 * A library drains its queue in the context of the code that queued first, so each call waits until
 * the queue of the previous call is empty. zone.js binds each job to a zone and needs no wait.
 */
export function callForLibrary(context: Context, frame: Frame, fn: () => void): void {
  const run = () => context.run(() => runInFrame(frame, call<void>, fn));
  if (currentZone()) return enqueueNative(run);
  lastCall = Promise.resolve(lastCall).then(() =>
    new Promise<void>((resolve) =>
      enqueueNative(() => {
        if (carrier.carriesByItself) wakeInFrame(frame, run, enqueueForeign);
        else run();
        resolve();
      })
    )
  );
}
