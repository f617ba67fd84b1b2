/**
 * The stacks of where futures and handles were made.
 *
 * @module
 */

import { attempt } from "../base/engine.ts";

/** The most frames of this module below a user's call, as when `asCompleted()` makes a task. */
const OWN_FRAMES = 14;

/** The stacks by future and handle. */
const tracebacks = new WeakMap<object, string>();

/**
 * Returns an error with the stack of the code that runs now, however many frames of this module are
 * on it; `undefined` if a user's `stackTraceLimit` or `Error.prepareStackTrace` throws.
 */
export function takeStack(message: string): Error | undefined {
  return attempt(() => {
    const { stackTraceLimit } = Error as { stackTraceLimit?: number };
    // The engine takes a limited number of frames, and this module's own would use them up.
    const extra = typeof stackTraceLimit === "number" && stackTraceLimit > 0 ? OWN_FRAMES : 0;
    if (extra) Reflect.set(Error, "stackTraceLimit", stackTraceLimit! + extra);
    try {
      return new Error(message);
    } finally {
      if (extra) Reflect.set(Error, "stackTraceLimit", stackTraceLimit);
    }
  });
}

/** Records the current stack as the place where `source` is made. */
export function keepTraceback(source: object): void {
  // The text, as the error would keep alive what the functions on the stack hold.
  const stack: unknown = attempt(() => takeStack("Created here")?.stack);
  if (typeof stack === "string") tracebacks.set(source, stack);
}

/** Returns the stack of where `source` was made, if recorded. */
export function tracebackOf(source: object): string | undefined {
  return tracebacks.get(source);
}
