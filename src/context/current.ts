/**
 * The context of the code that runs now.
 *
 * @module
 */

import { enqueueForeign, isPromiseReplaced } from "../base/engine.ts";
import { carrier, host, wakeInFrame } from "./carriers.ts";
import { announce, shared } from "./copies.ts";
import { type Context, emptyFrame, type Frame } from "./frame.ts";
import type { Cancellation } from "../task/cancellation.ts";
import type { Task } from "../task/task.ts";

/** A zone of zone.js: what it is asked for here. */
export interface Zone {
  get(key: PropertyKey): unknown;
  fork(spec: { name: string; properties: object }): Zone;
  run<R>(fn: () => R): R;
}

/** The current zone, if zone.js replaced `Promise`. Zones follow awaits compiled to `then()`. */
export function currentZone(): Zone | undefined {
  const zone = isPromiseReplaced() ? host.Zone?.current : undefined;
  return typeof zone?.fork === "function" ? zone : undefined;
}

/** The key of the frame in a zone; a symbol, so that copies do not read each other's. */
const FRAME = Symbol("frame");

/** Everything that the runtime tracks at this moment. */
export function takeSnapshot(): Context {
  const zone = currentZone();
  const context = carrier.snapshot();
  return zone ? { run: (fn, ...args) => zone.run(() => context.run(fn, ...args)) } : context;
}

/** The context of the code that runs now. */
export function currentFrame(): Frame {
  return currentZone()?.get(FRAME) as Frame | undefined ?? carrier.get() ?? emptyFrame;
}

/** Whether there has been a task; until then nobody need ask the context for one. */
export let taskHasRun = false;

/** As {@linkcode currentFrame}, for who only asks for the task. */
export function currentTaskFrame(): Frame {
  return taskHasRun ? currentFrame() : emptyFrame;
}

/** Notes the first task. */
function runFirstTask(): void {
  taskHasRun = true;
  announceFrames();
}

let announced = false;

/** Announces this copy to the others, before it first enters a frame that they have to keep. */
function announceFrames(): void {
  if (announced) return;
  announced = true;
  announce({
    frame() {
      const frame = currentFrame();
      return frame === emptyFrame ? undefined : frame;
    },
    wake(frame, wake) {
      if (carrier.carriesByItself) wakeInFrame(frame as Frame, wake);
      else wake();
    },
  });
}

/** Calls `fn` in a copy of the current context that belongs to `task`. */
export function runAsTask<A, R>(
  task: Task<unknown>,
  cancellation: Cancellation | undefined,
  fn: (arg: A) => R,
  arg: A,
): R {
  if (!taskHasRun) runFirstTask();
  const entered = ++shared().entered;
  return runInFrame({ task, cancellation, values: currentFrame().values, entered }, fn, arg);
}

/** Calls `fn` in another context, but as the task, if any, whose code runs now. */
export function runAsNow(context: Context, fn: () => void): void {
  const { task, cancellation, entered } = currentFrame();
  context.run(() => runInFrame({ ...currentFrame(), task, cancellation, entered }, fn, undefined));
}

/** Calls `fn`, which is none of a user's, in a frame like the current one, but for the values. */
export function runWithValues<A, R>(values: Frame["values"], fn: (arg: A) => R, arg: A): R {
  if (carrier.carriesByItself) announceFrames();
  return runInFrame({ ...currentFrame(), values }, fn, arg);
}

/** Calls `fn`, which is none of a user's, in `frame`. */
export function runInFrame<A, R>(frame: Frame, fn: (arg: A) => R, arg: A): R {
  const zone = currentZone();
  if (!zone) return carrier.run(frame, fn, arg);
  // zone.js drains its queue in the context of whoever queued first. An empty job, queued
  // before `frame` is entered, makes that the outer context.
  enqueueForeign(() => {});
  const own = zone.fork({ name: "asyncio", properties: { [FRAME]: frame } });
  return own.run(() => carrier.run(frame, fn, arg));
}
