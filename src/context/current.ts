/**
 * Reads and enters the context of the code that runs now.
 *
 * `carriers.ts` transports a frame; this file adds zones of zone.js and the other copies of the
 * module.
 *
 * @module
 */

import { enqueueForeign, isPromiseReplaced } from "../base/engine.ts";
import { carrier, host, wakeInFrame } from "./carriers.ts";
import type { Cell } from "./cells.ts";
import { announce, shared } from "./copies.ts";
import { type Context, emptyFrame, type Frame } from "./frame.ts";
import type { Cancellation } from "../task/cancellation.ts";

/** The methods of a zone of zone.js that this module calls. */
export interface Zone {
  get(key: PropertyKey): unknown;
  fork(spec: { name: string; properties: object }): Zone;
  run<R>(fn: () => R): R;
}

/**
 * The current zone, if zone.js replaced the global `Promise`. Zones follow every `await` that a
 * compiler turned into `then()`.
 */
export function currentZone(): Zone | undefined {
  const zone = isPromiseReplaced() ? host.Zone?.current : undefined;
  return typeof zone?.fork === "function" ? zone : undefined;
}

/** The key of the frame in a zone. A symbol, so that no copy of the module reads another's. */
const FRAME = Symbol("frame");

/** Takes a snapshot of everything that the runtime tracks, with the current zone. */
export function takeSnapshot(): Context {
  const zone = currentZone();
  const context = carrier.snapshot();
  return zone ? { run: (fn, ...args) => zone.run(() => context.run(fn, ...args)) } : context;
}

/** The frame of the code that runs now. */
export function currentFrame(): Frame {
  return currentZone()?.get(FRAME) as Frame | undefined ?? carrier.get() ?? emptyFrame;
}

/** Whether a task of this copy has run. The first task sets it, and nothing resets it. */
export let taskHasRun = false;

/**
 * The current frame for callers that only read its task: skips the look-up while no task has run.
 * See docs/performance.md#the-current-loop.
 */
export function currentTaskFrame(): Frame {
  return taskHasRun ? currentFrame() : emptyFrame;
}

/** Records that a task has run, and announces this copy. */
function noteFirstTask(): void {
  taskHasRun = true;
  announceFrames();
}

/** Whether this copy has announced itself. `announceFrames()` sets it, and nothing resets it. */
let announced = false;

/** Announces this copy once, before it first enters a frame that other copies have to keep. */
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

/**
 * Calls `fn` as the code of a task, in a copy of the current frame.
 *
 * @param cancellation The same as `code`, unless that is a generator.
 */
export function runAsTask<A, R>(
  code: Cancellation,
  cancellation: Cancellation | undefined,
  fn: (arg: A) => R,
  arg: A,
): R {
  if (!taskHasRun) noteFirstTask();
  const serial = ++shared().frameCount;
  const { values, cell } = currentFrame();
  return runInFrame({ code, cancellation, values, cell, serial }, fn, arg);
}

/** Calls `fn` in `context`, but as a part of the code that runs now, if that belongs to a task. */
export function runWithCurrentTask(context: Context, fn: () => void): void {
  const { code, cancellation, serial } = currentFrame();
  context.run(() => runInFrame({ ...currentFrame(), code, cancellation, serial }, fn, undefined));
}

/** Calls `fn`, which is not user code, in a copy of the current frame with other values. */
export function runWithValues<A, R>(values: Frame["values"], fn: (arg: A) => R, arg: A): R {
  // An `await` of another copy's future has to keep these values.
  if (carrier.carriesByItself) announceFrames();
  return runInFrame({ ...currentFrame(), values }, fn, arg);
}

/** Calls `fn`, which is not user code, in a copy of a frame, the current one, with another cell. */
export function runWithCell<A, R>(
  cell: Cell,
  fn: (arg: A) => R,
  arg: A,
  { code, cancellation, values, serial }: Frame = currentFrame(),
): R {
  if (carrier.carriesByItself) announceFrames();
  return runInFrame({ code, cancellation, values, cell, serial }, fn, arg);
}

/** Calls `fn`, which is not user code, in `frame`. */
export function runInFrame<A, R>(frame: Frame, fn: (arg: A) => R, arg: A): R {
  const zone = currentZone();
  if (!zone) return carrier.run(frame, fn, arg);
  // zone.js drains its queue in the context of the code that queued first. An empty job makes that
  // the outer context instead of `frame`.
  enqueueForeign(() => {});
  const own = zone.fork({ name: "asyncio", properties: { [FRAME]: frame } });
  return own.run(() => carrier.run(frame, fn, arg));
}
