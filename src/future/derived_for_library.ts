/**
 * The promises that `then()` makes where a library replaced the global `Promise`.
 *
 * @module
 */

import { toCancelledError } from "../../errors.ts";
import type { Future } from "../../future.ts";
import { enqueueForeign, enqueueNative } from "../base/engine.ts";
import { call } from "../context/calls.ts";
import { carrier, wakeInFrame } from "../context/carriers.ts";
import type { SharedCancellation } from "../context/copies.ts";
import { currentZone, runInFrame, takeSnapshot } from "../context/current.ts";
import type { Context, Frame } from "../context/frame.ts";
import { internals } from "./internals.ts";
import { type OnFulfilled, type OnRejected, PromiseWaiter } from "./promises.ts";
import { PENDING } from "./states.ts";

/**
 * Does the work of {@linkcode derive} where a library replaced the global `Promise`. An `await`
 * that a compiler replaced looks like a handler there, so that every handler counts as a wait.
 */
export function deriveForLibrary<T, R1, R2>(
  future: Future<T>,
  frame: Frame,
  cancellation: SharedCancellation | undefined,
  onfulfilled: OnFulfilled<T, R1>,
  onrejected: OnRejected<R2>,
): Promise<R1 | R2> {
  const context = takeSnapshot();
  return new Promise((resolve, reject) => {
    const inContext = (handler: unknown, passOn: (value: never) => void) => (value: unknown) =>
      callForLibrary(context, frame, () => {
        try {
          if (typeof handler === "function") resolve(handler(value));
          else passOn(value as never);
        } catch (error) {
          reject(error);
        }
      });
    const fail = inContext(onrejected, reject);
    const waiter = new PromiseWaiter(inContext(onfulfilled, resolve), fail);
    const isDone = internals.stateOf(future) !== PENDING;
    const request = isDone ? cancellation?.endWait(future) : undefined;
    if (request) return fail(toCancelledError(request.reason));
    internals.addWaiter(future, waiter);
    if (cancellation && !isDone) {
      PromiseWaiter.begin(waiter, future, cancellation);
    }
  });
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
function callForLibrary(context: Context, frame: Frame, fn: () => void): void {
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
