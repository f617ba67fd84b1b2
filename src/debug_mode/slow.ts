/**
 * Callbacks, and code of tasks, that hold the thread for too long.
 *
 * @module
 */

import type { EventLoop } from "../../loop.ts";
import { enqueueNative } from "../base/engine.ts";
import { userFrame } from "../base/frames.ts";
import { nameOf, showLine } from "../base/inspect.ts";
import type { Code } from "../base/observer.ts";
import { HostHandle } from "../loop/handles.ts";
import { realTime } from "../loop/host.ts";
import { print } from "../loop/reports.ts";
import type { Task } from "../task/task.ts";
import type { WaitRecord } from "../task/wait_records.ts";
import { tracebackOf } from "./tracebacks.ts";

/** In milliseconds, for loops of other classes. */
const DEFAULT_LIMIT = 100;

/** How many microtasks after a step are looked at: those of functions that await the function. */
const MAX_LOOKS = 16;

/** When the callbacks on the stack began; `undefined` if the loop is not in debug mode. */
const starts: (number | undefined)[] = [];

/** The steps that are not over. A task that ends in a step is not the task of its code any more. */
let steps = new WeakMap<Code, { readonly task: Task<unknown>; readonly start: number }>();

/** The task whose async function has gone on, after which microtasks are looked at. */
interface Latest {
  readonly task: Task<unknown>;
  /** Returns a clause about where the code waited before it went on. */
  readonly place: () => string;
  looksLeft: number;
  /** The time of the latest look, by a clock that no fake timers move. */
  time: number;
}

/** `undefined` if microtasks are not looked at. */
let latest: Latest | undefined;

/** Whether a microtask is enqueued that looks at the clock. */
let isLooking = false;

/** Forgets all callbacks and steps that have begun. */
export function forgetStarts(): void {
  starts.length = 0;
  steps = new WeakMap();
  latest = undefined;
}

/** Warns if something took too long. */
function warnIfSlow(loop: EventLoop, ms: number, name: () => string, place: () => string): void {
  if (ms <= (loop.slowCallbackDuration ?? DEFAULT_LIMIT)) return;
  print("warn", `Executing ${name()} took ${ms.toFixed(0)} ms${place()}`);
}

/** Returns a clause with the first frame of the program in a stack, if there is one. */
function clause(verb: string, stack: string | undefined): string {
  const frame = userFrame(stack);
  return frame ? `, ${verb} ${frame}` : "";
}

/** Notes that a callback of a loop, or a step of a task, begins. */
export function beginCallback(loop: EventLoop): void {
  look();
  starts.push(loop.getDebug() ? loop.time() : undefined);
}

/** Warns if a callback of a loop took too long. A step of a task is left to {@linkcode endStep}. */
export function endCallback(loop: EventLoop, callback: object, source: object): void {
  const start = starts.pop();
  if (latest) latest.time = realTime();
  if (start === undefined || callback === source) return;
  const name = () => `callback ${nameOf(callback)}`;
  const verb = source instanceof HostHandle ? "scheduled" : "of a future made";
  warnIfSlow(loop, loop.time() - start, name, () => clause(verb, tracebackOf(source)));
}

/** Notes that code of a task begins to run, until it waits again. */
export function beginStep(code: Code, task: Task<unknown>): void {
  look();
  latest = undefined;
  steps.set(code, { task, start: task.getLoop().time() });
}

/**
 * Warns if code of a task took too long since it went on.
 *
 * @param wait The wait of the code before the step; `undefined` if the task began.
 */
export function endStep(code: Code, wait: WaitRecord | undefined): void {
  const step = steps.get(code);
  if (!step) return;
  steps.delete(code);
  const { task, start } = step;
  const loop = task.getLoop();
  const place = () => clause("last waited", wait?.stack) || clause("made", tracebackOf(task));
  warnIfSlow(loop, loop.time() - start, () => showLine(task), place);
  // On the stack of a callback, the code that called it would count as well.
  if (starts.length > 0) return;
  latest = { task, place, looksLeft: MAX_LOOKS, time: realTime() };
  if (!isLooking) enqueueNative(lookOn);
  isLooking = true;
}

/** Warns if promises held the thread since the latest look, and looks again in the next microtask. */
function lookOn(): void {
  look();
  isLooking = latest !== undefined && latest.looksLeft-- > 0;
  if (isLooking) enqueueNative(lookOn);
  else latest = undefined;
}

function look(): void {
  if (!latest) return;
  const { task, place, time } = latest;
  latest.time = realTime();
  const name = () => `${showLine(task)}, or what awaits its promises,`;
  warnIfSlow(task.getLoop(), latest.time - time, name, place);
}
