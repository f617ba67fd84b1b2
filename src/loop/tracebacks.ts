/**
 * In debug mode: where futures and handles were made.
 *
 * @module
 */

import type { EventLoop } from "../../loop.ts";
import { attempt } from "../base/engine.ts";

/** What it takes this module at most to make something: a task, for `asCompleted()`. */
const OWN_FRAMES = 8;

/** Where futures and handles of loops in debug mode were made. */
const tracebacks = new WeakMap<object, { sourceTraceback: string }>();

/** In debug mode, keeps the stack of where `source` is made. */
export function keepTraceback(loop: EventLoop, source: object): void {
  if (!loop.getDebug()) return;
  // A user's stackTraceLimit or Error.prepareStackTrace may throw.
  attempt(() => {
    const { stackTraceLimit } = Error as { stackTraceLimit?: number };
    // Some of the frames, of which V8 takes ten, are this module's own.
    const extra = typeof stackTraceLimit === "number" && stackTraceLimit > 0 ? OWN_FRAMES : 0;
    if (extra) Reflect.set(Error, "stackTraceLimit", stackTraceLimit! + extra);
    try {
      tracebacks.set(source, { sourceTraceback: String(new Error("Created here").stack) });
    } finally {
      if (extra) Reflect.set(Error, "stackTraceLimit", stackTraceLimit);
    }
  });
}

/** The field of an exception context that says where `source` was made, if that was kept. */
export function sourceTraceback(source: object): { sourceTraceback: string } | undefined {
  return tracebacks.get(source);
}
