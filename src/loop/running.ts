/**
 * Which loop is running, and the calls of its callbacks.
 *
 * @module
 */

import type { Future } from "../../future.ts";
import type { EventLoop } from "../../loop.ts";
import { nameOf, show } from "../base/inspect.ts";
import { currentTaskFrame, taskHasRun } from "../context/current.ts";
import type { Handle } from "./handles.ts";
import type { HostEventLoop } from "./host_loop.ts";
import { print, reportThrown } from "./reports.ts";
import { StandardLoop } from "./standard_loop.ts";
import { currentChainLength, enterCallback, leaveCallback } from "./turns.ts";

/** In debug mode, a callback that takes longer than this is reported. */
const SLOW_CALLBACK_MS = 100;

/** The loop whose callback runs right now. */
let running: EventLoop | undefined;

/** The loop whose callback or task runs right now, if any. */
export function runningLoop(): EventLoop | undefined {
  return running ?? loopOfTask();
}

/** The loop of the task whose code runs, which goes on after an `await` unseen. */
function loopOfTask(): EventLoop | undefined {
  const { task } = currentTaskFrame();
  return task && !task.done() ? task.getLoop() : undefined;
}

/** What ran before a callback, and when the callback began if the loop is in debug mode. */
interface Outer {
  readonly running: EventLoop | undefined;
  readonly chainLength: number;
  readonly start: number | undefined;
}

/**
 * Takes note that a callback of `loop`, or a step of a task, runs.
 *
 * @param loop The loop that is running meanwhile.
 * @param chainLength How deep the callback is, unless it is the code of a task.
 * @returns What to give to {@linkcode leaveLoop} when it has run.
 */
export function enterLoop(loop: EventLoop, chainLength?: number): Outer {
  const outer = {
    running,
    // The callbacks of other loops do not count, so that there is nothing to be undone.
    chainLength: isHostLoop(loop) ? enterCallback(chainLength) : currentChainLength(),
    start: loop.getDebug() ? loop.time() : undefined,
  };
  running = loop;
  return outer;
}

/**
 * Takes note that a callback of `loop`, or a step of a task, has run.
 *
 * @param what The callback or the task.
 */
export function leaveLoop(loop: EventLoop, outer: Outer, what: object): void {
  running = outer.running;
  leaveCallback(outer.chainLength);
  if (outer.start !== undefined) warnIfSlow(loop, outer.start, what);
}

function warnIfSlow(loop: EventLoop, start: number, what: object): void {
  const ms = loop.time() - start;
  if (ms <= SLOW_CALLBACK_MS) return;
  const name = typeof what === "function" ? `callback ${nameOf(what)}` : show(what);
  print("warn", `Executing ${name} took ${ms.toFixed(0)} ms`);
}

/**
 * Calls a callback of `loop`, and reports what it throws.
 *
 * @param loop The loop that is running meanwhile.
 * @param callback The callback.
 * @param arg Its argument; without one it is called without arguments.
 * @param field How `source` is called in the report.
 * @param source What the callback belongs to.
 * @param chainLength How deep the callback is, unless it is the code of a task.
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
  try {
    if (arg === undefined) (callback as () => unknown)();
    else callback(arg);
  } catch (exception) {
    reportThrown(loop, callback, exception, field, source);
  } finally {
    leaveLoop(loop, outer, field === "task" ? source : callback);
  }
}

let defaultLoop: EventLoop;

/** Called by `host_loop.ts`, which makes the default loop. */
export function provideDefaultLoop(loop: EventLoop): void {
  defaultLoop = loop;
}

/** Whether a loop is a standard one. */
export function isHostLoop(loop: EventLoop): loop is HostEventLoop {
  // Most are the default one: without the first question, a step of a generator took 2 %
  // longer (Node 24), and a done callback 1 % (Deno 2.9).
  return loop === defaultLoop || loop instanceof StandardLoop;
}

/** The running loop or, outside of tasks and loop callbacks, the default one. */
export function currentLoop(): EventLoop {
  // Asked for by every future that is made. `runningLoop` asks the same, but without the
  // first question here a step of a generator took 4 % longer, and without the second a
  // future a fifth (Deno 2.9).
  if (running !== undefined) return running;
  return taskHasRun ? loopOfTask() ?? defaultLoop : defaultLoop;
}
