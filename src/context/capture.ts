/**
 * Captures the context of now for a later microtask.
 *
 * @module
 */

import { enqueueForeign, enqueueNative, isPromiseReplaced } from "../base/engine.ts";
import { call } from "./calls.ts";
import { carrier, reactionsCarry, reportLoss, wakeInFrame } from "./carriers.ts";
import { currentFrame, currentZone, runInFrame, takeSnapshot } from "./current.ts";
import type { Context, Frame } from "./frame.ts";

/** Enqueues one microtask, which calls `fn` in the context of now. */
export function enqueue(fn: () => void): void {
  if (reactionsCarry()) enqueueNative(fn);
  else captureContext<void>(fn)();
}

type Capture = <T>(fn: (value: T) => void) => (value: T) => void;

/**
 * Captures the context of now for one later call of a function.
 *
 * @param fn The function.
 * @returns A function that enqueues one microtask, which calls `fn` in that
 * context with the value that the function is given.
 */
export const capture: Capture = makeCapture();

/**
 * Where promises keep their context, a pending promise whose reaction is the function
 * captures every store there is, foreign ones too, and costs less than
 * `AsyncLocalStorage.snapshot()`. Elsewhere, {@linkcode captureContext} does the work.
 *
 * It is rejected, as a promise looks for a `then` in what it is resolved with, and would
 * adopt a thenable. Nobody is told of the rejection, as it has a handler. With `resolve`, a
 * done callback took 11 % longer (Deno 2.9) and 14 % (Node 24).
 */
function makeCapture(): Capture {
  // `kept` is replaced while it is young, as V8 takes note of each old object that is given
  // a young one: a done callback took 4 % longer (Deno 2.9).
  const youngFor = 512;
  let uses = 0;
  let kept: { reject: ((value: never) => void) | undefined } = { reject: undefined };
  // V8 inlines `keep` only if it cannot change. It is a constant of this function, as
  // bundlers make each of a module a `var`: a done callback took 7 % longer (Node 24).
  const keep = (_resolve: unknown, reject: (value: never) => void) => {
    kept.reject = reject;
  };
  return <T>(fn: (value: T) => void) => {
    if (!reactionsCarry()) return captureContext(fn);
    if (++uses === youngFor) {
      uses = 0;
      kept = { reject: undefined };
    }
    new Promise(keep).then(undefined, fn);
    const reject = kept.reject as (value: T) => void;
    kept.reject = undefined;
    return reject;
  };
}

/** As {@linkcode capture}, where reactions of promises are not known to carry the context. */
function captureContext<T>(fn: (value: T) => void): (value: T) => void {
  if (isPromiseReplaced()) {
    reportLoss();
  } else if (carrier.carriesByItself) {
    const frame = currentFrame();
    // Bound, not a closure: the stack of an error keeps the functions on it alive, with all
    // that they enclose.
    return (value) => enqueueNative((runInFrame<T, void>).bind(undefined, frame, fn, value));
  }
  const context = takeSnapshot();
  return (value) => enqueueNative(context.run.bind(context, fn as () => void, value as never));
}

/** Settled when the library has drained the queue of the previous {@linkcode callForLibrary}. */
let lastCall: PromiseLike<unknown> | undefined;

/**
 * Calls `fn`, which must not throw, in `context` and `frame`, where a library replaced the
 * global `Promise`, such that whoever waits for what `fn` settles goes on there as well.
 *
 * The library drains its queue in the context of whoever queued first, so each call waits
 * until the queue of the one before is empty. zone.js binds each job to a zone: no wait.
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
