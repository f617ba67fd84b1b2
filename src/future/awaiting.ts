/**
 * Which task awaits a future, of whichever copy of this module.
 *
 * @module
 */

import type { Future } from "../../future.ts";
import { awaitLosesContext, wakeInFrame } from "../context/carriers.ts";
import { joinCopies, type SharedCancellation, type SharedFrame } from "../context/copies.ts";
import { emptyFrame, type Frame } from "../context/frame.ts";

/**
 * The waits of the innermost running task, of whichever copy of this module, if it is an async
 * function.
 *
 * @param future What is waited for: a task that waits for itself must not be cancelled thereby.
 */
export function runningCancellation(
  frame: Frame,
  future: Future<unknown>,
): SharedCancellation | undefined {
  // Most programs have no other copy.
  const inner = joinCopies().length === 0 ? frame : innermost(frame);
  return frame.task === future && inner === frame ? undefined : inner.cancellation;
}

/** The frame that was entered last, of those of all copies. */
function innermost(frame: SharedFrame): SharedFrame {
  for (const copy of joinCopies()) {
    const other = copy.frame();
    if (other && other.entered > frame.entered) frame = other;
  }
  return frame;
}

/** Calls `wake`, which wakes code that waits, such that the code goes on in its context. */
export type Waker = (wake: () => void) => void;

/** Returns a function that wakes the running code in the frames of all copies, if these are lost. */
export function wakerOf(frame: Frame): Waker | undefined {
  let waker: Waker | undefined;
  if (awaitLosesContext() && frame !== emptyFrame) waker = (wake) => wakeInFrame(frame, wake);
  for (const copy of joinCopies()) {
    const other = copy.frame();
    const inner = waker;
    if (other) waker = (wake) => copy.wake(other, inner ? () => inner(wake) : wake);
  }
  return waker;
}
