/**
 * In debug mode, records the stack of where a future or a handle was made, for reports.
 *
 * @module
 */

import type { EventLoop } from "../../loop.ts";
import { attempt } from "../base/engine.ts";

/** The most frames of this module below a user's call, as when `asCompleted()` makes a task. */
const OWN_FRAMES = 8;

/** The stacks by future and handle, in the form of a field of an exception context. */
const tracebacks = new WeakMap<object, { sourceTraceback: string }>();

/** Records the current stack as the place where `source` is made, if the loop is in debug mode. */
export function keepTraceback(loop: EventLoop, source: object): void {
  if (!loop.getDebug()) return;
  // A user's stackTraceLimit or Error.prepareStackTrace may throw.
  attempt(() => {
    const { stackTraceLimit } = Error as { stackTraceLimit?: number };
    // The engine takes a limited number of frames, and this module's own would use them up.
    const extra = typeof stackTraceLimit === "number" && stackTraceLimit > 0 ? OWN_FRAMES : 0;
    if (extra) Reflect.set(Error, "stackTraceLimit", stackTraceLimit! + extra);
    try {
      tracebacks.set(source, { sourceTraceback: String(new Error("Created here").stack) });
    } finally {
      if (extra) Reflect.set(Error, "stackTraceLimit", stackTraceLimit);
    }
  });
}

/** Returns a field for an exception context that says where `source` was made, if recorded. */
export function sourceTraceback(source: object): { sourceTraceback: string } | undefined {
  return tracebacks.get(source);
}
