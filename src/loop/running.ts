/**
 * Tells which loop is running, and runs the callbacks of loops.
 *
 * @module
 */

import type { Future } from "../../future.ts";
import type { EventLoop } from "../../loop.ts";
import { observer } from "../base/observer.ts";
import { cells } from "../context/cells.ts";
import { currentTaskFrame } from "../context/current.ts";
import type { Cancellation } from "../task/cancellation.ts";
import type { Handle } from "./handles.ts";
import type { HostEventLoop } from "./host_loop.ts";
import { LoopTimers } from "./loop_timers.ts";
import { reportThrown } from "./reports.ts";
import * as turns from "./turns.ts";
import { currentChainLength } from "./turns.ts";

// Local copies of imports: see docs/performance.md#local-copies-of-imports.
const enterCallback = turns.enterCallback;
const leaveCallback = turns.leaveCallback;

/**
 * The loop whose callback, or step of a generator, is on the stack. Set by `enterLoop`, restored
 * by `leaveLoop`.
 */
let loopOnStack: EventLoop | undefined;

/** The realm's default loop. Set once, by `host_loop.ts`. */
let defaultLoop: EventLoop;

/** The loop of code of which nobody knows the task: the default loop, or that of a test. */
let fallbackLoop: EventLoop;

/**
 * The loops that run: the default loop, and each loop that a `run()` is using. Changed by
 * `HostEventLoop.start()` and `pause()` and, for loops of other classes, by `run()`.
 */
export const allRunningLoops = new Set<EventLoop>();

/** Whether a task was made on another loop than the default one. Never reset. */
let hasTaskElsewhere = false;

/** Notes that a task is made on a loop. */
export function noteLoopOfTask(loop: EventLoop): void {
  if (loop !== defaultLoop) hasTaskElsewhere = true;
}

/** Called by `host_loop.ts`, which this module must not import, with the default loop. */
export function provideDefaultLoop(loop: EventLoop): void {
  defaultLoop = fallbackLoop = loop;
}

/** Sets the loop of code of which nobody knows the task. Default: the default loop. */
export function setFallbackLoop(loop: EventLoop = defaultLoop): void {
  fallbackLoop = loop;
}

/** Returns the running loop or, outside of tasks and loop callbacks, the default one. */
export function currentLoop(): EventLoop {
  // Repeats the questions of runningLoop(): see docs/performance.md#the-current-loop.
  if (loopOnStack !== undefined) return loopOnStack;
  return hasTaskElsewhere ? loopOfTask() ?? fallbackLoop : fallbackLoop;
}

/** Returns the loop whose callback or task is running, if any. */
export function runningLoop(): EventLoop | undefined {
  return loopOnStack ?? loopOfTask();
}

/**
 * Returns the loop of the current context's task. After an `await`, the engine resumes an async
 * function without entering the loop, so that only the context tells.
 */
function loopOfTask(): EventLoop | undefined {
  const { code } = currentTaskFrame();
  return code === undefined ? undefined : loopOfCode(code);
}

function loopOfCode({ task }: Cancellation): EventLoop | undefined {
  return task && !task.done() ? task.getLoop() : undefined;
}

/** Whether a loop is a standard one, which schedules on the host. */
export function isHostLoop(loop: EventLoop): loop is HostEventLoop {
  return loop instanceof LoopTimers;
}

/**
 * Calls a callback of `loop`, and reports an exception of the callback.
 *
 * @param loop The loop that is running meanwhile.
 * @param callback The callback.
 * @param arg The argument; if `undefined`, the callback is called without arguments.
 * @param field The field of the report that holds `source`.
 * @param source The future, task or handle that the callback belongs to.
 * @param chainLength The length of the chain that the callback ends. Default: a long one, as for
 * the code of a task.
 */
export function runCallback<A>(
  loop: EventLoop,
  callback: (arg: A) => unknown,
  arg: A,
  field: "future" | "task" | "handle",
  source: Future<unknown> | Handle,
  chainLength?: number,
): void {
  const outer = enterLoop(loop, chainLength);
  let result;
  try {
    const call = cells && field !== "task" ? cells.withCell(callback) : callback;
    result = arg === undefined ? (call as () => unknown)() : call(arg);
  } catch (exception) {
    reportThrown(loop, callback, exception, field, source);
  } finally {
    leaveLoop(loop, outer, field === "task" ? source : callback, source, result);
  }
}

/** The state that `leaveLoop` restores. */
interface Outer {
  readonly loop: EventLoop | undefined;
  readonly chainLength: number;
}

/**
 * Makes `loop` the running loop, for a callback or for a step of a generator.
 *
 * @param loop The loop.
 * @param chainLength As for {@linkcode runCallback}.
 * @returns The state to give to {@linkcode leaveLoop} afterwards.
 */
export function enterLoop(loop: EventLoop, chainLength?: number): Outer {
  const outer = {
    loop: loopOnStack,
    // Callbacks of other loops do not count; leaveCallback() then restores the same length.
    chainLength: isHostLoop(loop) ? enterCallback(chainLength) : currentChainLength(),
  };
  observer?.callbackBegan?.(loop);
  loopOnStack = loop;
  return outer;
}

/**
 * Restores the loop that was running before {@linkcode enterLoop}.
 *
 * @param callback The callback; the task, after a step.
 * @param source The handle, the future or the task that the callback belongs to.
 * @param result What the callback returned.
 */
export function leaveLoop(
  loop: EventLoop,
  outer: Outer,
  callback: object,
  source: Future<unknown> | Handle,
  result?: unknown,
): void {
  loopOnStack = outer.loop;
  leaveCallback(outer.chainLength);
  observer?.callbackEnded?.(loop, callback, source, result);
}
