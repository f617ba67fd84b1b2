/**
 * The functions of debug mode that lower layers call. `src/debug_mode/mode.ts` provides them, so that
 * a bundle without `run()` leaves debug mode out.
 *
 * @module
 */

import type { EventLoop } from "../../loop.ts";
import type { Handle, TimerHandle } from "../loop/handles.ts";

/** The functions, which never throw. */
export interface DebugHooks {
  /** Whether new loops are in debug mode, as the environment asks for it. */
  readonly isDefault: boolean;
  /** Called when a loop goes into debug mode or leaves it, and when it is closed. */
  loopChanged(loop: EventLoop): void;
  /** Records the current stack as the place where a future or a handle is made. */
  keepTraceback(source: object): void;
  /** Returns the recorded stack of where a future or a handle was made. */
  tracebackOf(source: object): string | undefined;
  /** Returns a stack as reports show it. */
  showStack(stack: string): string;
  /**
   * Returns the name that the source text of a function without a name gives, with the place where
   * the task was made, if recorded; `undefined` if the text is a name.
   */
  readText(text: string, task?: object): string | undefined;
  /** Represents a handle, given its callback: `null` if cancelled, `undefined` if called. */
  representHandle(
    handle: Handle | TimerHandle,
    callback: (() => void) | null | undefined,
  ): string;
  /** Represents a loop. */
  representLoop(loop: EventLoop): string;
}

/** The functions; `undefined` in a bundle without `run()`. */
export let debugHooks: DebugHooks | undefined;

/** Sets {@linkcode debugHooks}; called once. */
export function provideDebugHooks(given: DebugHooks): void {
  debugHooks = given;
}
