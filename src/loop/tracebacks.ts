/**
 * In debug mode, the stack of where a future or a handle was made, for reports.
 *
 * @module
 */

import type { EventLoop } from "../../loop.ts";
import { debugHooks } from "../base/debug_hooks.ts";

/** Records the current stack as the place where `source` is made, if the loop is in debug mode. */
export function keepTraceback(loop: EventLoop, source: object): void {
  if (loop.getDebug()) debugHooks?.keepTraceback(source);
}

/** Returns a field for an exception context that says where `source` was made, if recorded. */
export function sourceTraceback(source: object): { sourceTraceback: string } | undefined {
  const stack = debugHooks?.tracebackOf(source);
  return stack === undefined ? undefined : { sourceTraceback: debugHooks!.showStack(stack) };
}
