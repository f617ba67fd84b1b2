/**
 * Debug mode: an observer, which watches the loops that are in debug mode.
 *
 * Loops that were closed or are out of debug mode cost nothing: with the last one, the observer is
 * removed.
 *
 * @module
 */

import type { EventLoop } from "../../loop.ts";
import { provideDebugHooks } from "../base/debug_hooks.ts";
import { attempt } from "../base/engine.ts";
import { placeOf, withoutOwnFrames } from "../base/frames.ts";
import { inspectAsText } from "../base/inspect.ts";
import { addObserver, type Code, type Observer, removeObserver } from "../base/observer.ts";
import { nameInText } from "../base/text_names.ts";
import { enqueue } from "../context/capture.ts";
import { HostHandle } from "../loop/handles.ts";
import { HostEventLoop } from "../loop/host_loop.ts";
import { report } from "../loop/reports.ts";
import { currentLoop } from "../loop/running.ts";
import type { Cancellation } from "../task/cancellation.ts";
import type { Task } from "../task/task.ts";
import {
  forgetWait,
  recordWait,
  stacksOfWait,
  type WaitRecord,
  waitRecordOf,
} from "../task/wait_records.ts";
import { dump } from "../waiting/dump.ts";
import { quotedName } from "../waiting/words.ts";
import { findCircle, type Link } from "./circles.ts";
import { readVariable } from "./environment.ts";
import { reportDropped } from "./forgotten.ts";
import { representHandle, representLoop } from "./representations.ts";
import { beginCallback, beginStep, endCallback, endStep, forgetStarts } from "./slow.ts";
import { keepTraceback, tracebackOf } from "./tracebacks.ts";
import {
  forgetLatest,
  leavePlaces,
  stackOfLatest,
  stackOfWait,
  takePlaces,
} from "./wait_places.ts";

/** The loops in debug mode. */
const loops = new WeakSet<EventLoop>();

/** How many there are; a loop that a program drops without closing it counts on. */
let count = 0;

/** Called whenever a loop may have gone into debug mode or left it. */
export function followDebugMode(loop: EventLoop): void {
  const isWatched = loop.getDebug() && !loop.isClosed();
  if (isWatched === loops.has(loop)) return;
  if (isWatched) {
    loops.add(loop);
    if (count++ === 0) start();
  } else {
    loops.delete(loop);
    if (--count === 0) stop();
  }
}

function start(): void {
  forgetStarts();
  takePlaces();
  addObserver(watching);
}

function stop(): void {
  removeObserver(watching);
  leavePlaces();
}

/** The task of some code, if its loop is in debug mode. */
function taskOf(code: Code): Task<unknown> | undefined {
  const { task } = code as Cancellation;
  return task?.getLoop().getDebug() ? task : undefined;
}

/** The latest wait of the code of a task that has gone on, until its step is over. */
const endedWaits = new WeakMap<Code, WaitRecord>();

class Wait implements WaitRecord {
  readonly since: number;
  readonly #error: Error | undefined;

  constructor(since: number, error: Error | undefined) {
    this.since = since;
    this.#error = error;
  }

  /** An engine formats the stack when somebody asks for it. */
  get stack(): string | undefined {
    const stack: unknown = attempt(() => this.#error?.stack);
    return typeof stack === "string" ? stack : undefined;
  }
}

/** The methods of the observer, before these are kept from throwing. */
const methods: Required<Observer> = {
  taskMade() {},
  stepBegan(code) {
    const task = taskOf(code);
    if (task) beginStep(code, task);
  },
  stepEnded(code) {
    forgetLatest();
    const wait = endedWaits.get(code);
    endedWaits.delete(code);
    endStep(code, wait);
  },
  waitBegan(code, future) {
    const task = taskOf(code);
    if (!task) return;
    const wait = new Wait(task.getLoop().time(), stackOfWait(future));
    recordWait(code, future, wait);
    const circle = findCircle(task, code, future);
    if (circle) enqueue(() => reportCircle(circle));
  },
  waitEnded(code, future) {
    const stack = stackOfLatest(future);
    const wait = waitRecordOf(code, future) ?? (stack && new Wait(0, stack));
    forgetWait(code, future);
    if (wait && taskOf(code)) endedWaits.set(code, wait);
  },
  woken() {},
  cancelled() {},
  taskEnds() {},
  taskDone() {},
  callbackBegan: beginCallback,
  callbackEnded(loop, callback, source, result) {
    endCallback(loop, callback, source);
    if (loop.getDebug()) reportDropped(loop, callback, source, result);
  },
};

/** The observer. A loop of another class may throw, and so may a task that is shown. */
const watching = Object.fromEntries(
  Object.entries(methods).map(([name, method]) => [
    name,
    (...event: unknown[]) => void attempt(() => Reflect.apply(method, undefined, event)),
  ]),
) as unknown as Observer;

/** Reports tasks that wait for each other. Runs in a microtask, as a handler may resume code. */
function reportCircle(circle: Link[]): void {
  const names = circle.map(({ task, code, future }) => {
    const place = stacksOfWait(code, future).map(placeOf).find(Boolean);
    return quotedName(task) + (place ? ` (waits at ${place})` : "");
  });
  const { task } = circle[0]!;
  report(task.getLoop(), {
    message: `Tasks wait for each other in a circle: ${[...names, quotedName(task)].join(" → ")}`,
    task,
    waits: dump(circle.map(({ task }) => task)),
  });
}

/** An empty variable is off, as in asyncio. */
const isDefault = Boolean(readVariable("ASYNCIO_DEBUG"));

provideDebugHooks({
  isDefault,
  loopChanged: followDebugMode,
  keepTraceback,
  tracebackOf,
  showStack: withoutOwnFrames,
  readText(text, task) {
    const name = nameInText(text);
    const place = name && task && placeOf(tracebackOf(task));
    return place ? `${name}@${place}` : name;
  },
  representHandle,
  representLoop,
});
inspectAsText(HostHandle.prototype);
inspectAsText(HostEventLoop.prototype);
if (isDefault) currentLoop().setDebug(true);
