/**
 * The code that awaits a future: its task, of this or another copy of the module, and its
 * context where the runtime loses that.
 *
 * @module
 */

import type { Future } from "../../future.ts";
import { define } from "../base/engine.ts";
import { awaitLosesContext, wakeInFrame } from "../context/carriers.ts";
import { joinCopies, type SharedCancellation, type SharedFrame } from "../context/copies.ts";
import { currentFrame } from "../context/current.ts";
import { emptyFrame, type Frame } from "../context/frame.ts";
import type { OnFulfilled, OnRejected } from "./promises.ts";

/**
 * The cancellation of the innermost task whose code runs now, if that is an async function.
 *
 * @param frame The frame of this copy of the module.
 * @param future The future that is awaited. A task that awaits itself gets `undefined`: to
 * cancel the task must not cancel its own wait.
 */
export function runningCancellation(
  frame: Frame,
  future: Future<unknown>,
): SharedCancellation | undefined {
  // Most programs have a single copy of the module.
  const inner = joinCopies().length === 0 ? frame : innermost(frame);
  return inner === frame && frame.code?.task === future ? undefined : inner.cancellation;
}

/** The frame that was entered last, among `frame` and the current ones of the other copies. */
function innermost(frame: SharedFrame): SharedFrame {
  for (const copy of joinCopies()) {
    const other = copy.frame();
    if (other && other.serial > frame.serial) frame = other;
  }
  return frame;
}

/** Calls `wake`, which resumes code that awaits, so that the code resumes in its own frames. */
export type Waker = (wake: () => void) => void;

/**
 * Returns a waker for the code that runs now, in the frames of all copies of the module;
 * `undefined` if no copy has a frame to restore.
 */
function wakerOf(frame: Frame): Waker | undefined {
  let waker: Waker | undefined;
  if (awaitLosesContext() && frame !== emptyFrame) waker = (wake) => wakeInFrame(frame, wake);
  for (const copy of joinCopies()) {
    const other = copy.frame();
    const inner = waker;
    if (other) waker = (wake) => copy.wake(other, inner ? () => inner(wake) : wake);
  }
  return waker;
}

/** The method `then` of a future, given the context of the code that awaits. */
type ThenInContext = (
  future: Future<unknown>,
  frame: Frame,
  cancellation: SharedCancellation | undefined,
  waker: Waker | undefined,
  onfulfilled: OnFulfilled<unknown, unknown>,
  onrejected: OnRejected<unknown>,
) => Promise<unknown>;

/**
 * Turns `then` of a prototype into a getter that captures the frame of the reader. `await` reads
 * `then` in the code that awaits, but calls it from a thenable job, which lost the frame.
 */
export function captureOnRead(prototype: Future<unknown>, then: ThenInContext): void {
  define(prototype, "then", {
    get: function (this: Future<unknown>) {
      const frame = currentFrame();
      const cancellation = runningCancellation(frame, this);
      const waker = wakerOf(frame);
      return (...[onfulfilled, onrejected]: Parameters<Promise<unknown>["then"]>) =>
        then(this, frame, cancellation, waker, onfulfilled, onrejected);
    },
  });
}
