/**
 * The observer slot: what is told how the tasks of a program run, for debug mode and for traces.
 * Without an observer, a task pays for a look at one variable.
 *
 * @module
 */

import type { Future } from "../../future.ts";
import type { EventLoop } from "../../loop.ts";
import type { SharedCancellation } from "../context/copies.ts";
import type { CancelTarget } from "../future/cancel_target.ts";
import type { Handle } from "../loop/handles.ts";
import type { Task } from "../task/task.ts";

/**
 * The code of a task: its coroutine, or the body of a scope in it. In this copy of the module, a
 * `Cancellation`.
 */
export type Code = SharedCancellation;

/** The events of tasks. None of the methods may throw, or resume code. */
export interface Observer {
  /** A task was made. The body of a scope is no task. */
  taskMade(task: Task<unknown>): void;
  /** The code of a task is about to run. */
  stepBegan(code: Code): void;
  /** The code of a task waits again, or has ended. */
  stepEnded(code: Code): void;
  /** Code begins to wait for a future. */
  waitBegan(code: Code, future: CancelTarget): void;
  /** Code is about to go on with the outcome of a future. */
  waitEnded(code: Code, future: CancelTarget): void;
  /** A future that code waits for is done. The code that has settled the future runs. */
  woken(code: Code, future: Future<unknown>): void;
  /** The cancellation of a task was requested. */
  cancelled(task: Task<unknown>, reason: unknown): void;
  /**
   * A task is about to be done, or the body of a scope. What {@linkcode Observer.woken} is told until
   * {@linkcode Observer.taskDone} waits for it.
   */
  taskEnds?(task: Task<unknown>): void;
  /** A task is done, or the body of a scope. */
  taskDone(task: Task<unknown>): void;
  /** A loop is about to call a callback, or to run a step of a task. */
  callbackBegan?(loop: EventLoop): void;
  /**
   * The callback has returned `result` or has thrown, or the step is over.
   *
   * @param callback The callback; the task, if that was a step.
   * @param source The handle, the future or the task that the callback belongs to.
   */
  callbackEnded?(
    loop: EventLoop,
    callback: object,
    source: Future<unknown> | Handle,
    result?: unknown,
  ): void;
}

/** The observer of the program; `undefined` if there is none. */
export let observer: Observer | undefined;

let observers: readonly Observer[] = [];

/** Adds an observer, which is told of all events from now on. */
export function addObserver(added: Observer): void {
  setObservers([...observers, added]);
}

/** Removes an observer. */
export function removeObserver(removed: Observer): void {
  setObservers(observers.filter((other) => other !== removed));
}

function setObservers(all: readonly Observer[]): void {
  observers = all;
  observer = all.length > 1 ? everyone : all[0];
}

/** Tells each of several observers. */
const everyone: Observer = {
  taskMade: (task) => observers.forEach((one) => one.taskMade(task)),
  stepBegan: (code) => observers.forEach((one) => one.stepBegan(code)),
  stepEnded: (code) => observers.forEach((one) => one.stepEnded(code)),
  waitBegan: (code, future) => observers.forEach((one) => one.waitBegan(code, future)),
  waitEnded: (code, future) => observers.forEach((one) => one.waitEnded(code, future)),
  woken: (code, future) => observers.forEach((one) => one.woken(code, future)),
  cancelled: (task, reason) => observers.forEach((one) => one.cancelled(task, reason)),
  taskEnds: (task) => observers.forEach((one) => one.taskEnds?.(task)),
  taskDone: (task) => observers.forEach((one) => one.taskDone(task)),
  callbackBegan: (loop) => observers.forEach((one) => one.callbackBegan?.(loop)),
  callbackEnded: (...event) => observers.forEach((one) => one.callbackEnded?.(...event)),
};
