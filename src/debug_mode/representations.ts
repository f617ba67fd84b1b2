/**
 * The texts that represent handles and loops.
 *
 * @module
 */

import type { EventLoop } from "../../loop.ts";
import { placeOf } from "../base/frames.ts";
import { nameOrText, readName } from "../base/inspect.ts";
import { type Handle, HostTimerHandle } from "../loop/handles.ts";
import { aliveOn } from "../task/internals.ts";
import { tracebackOf } from "./tracebacks.ts";

/**
 * Represents a handle, such as `<TimerHandle when=1500 load at crawler.ts:31>`.
 *
 * @param callback `null` if the handle is cancelled, `undefined` if the callback runs or has run.
 */
export function representHandle(
  handle: Handle,
  callback: (() => void) | null | undefined,
): string {
  const place = placeOf(tracebackOf(handle));
  const parts = [
    handle instanceof HostTimerHandle ? `TimerHandle when=${Math.round(handle.due)}` : "Handle",
    callback === null ? "cancelled" : callback ? nameOfCallback(callback) : "called",
    ...place ? [`at ${place}`] : [],
  ];
  return `<${parts.join(" ")}>`;
}

function nameOfCallback(callback: () => void): string {
  const name = readName(nameOrText(callback));
  return name.startsWith("<") ? "callback" : name;
}

/** Represents a loop, such as `<EventLoop running tasks=12 debug>`. */
export function representLoop(loop: EventLoop): string {
  if (loop.isClosed()) return "<EventLoop closed>";
  const running = loop.isRunning() ? " running" : "";
  const tasks = ` tasks=${aliveOn(loop).length}`;
  return `<EventLoop${running}${tasks}${loop.getDebug() ? " debug" : ""}>`;
}
