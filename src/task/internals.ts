/**
 * Access to the private fields of tasks, for scopes and `allTasks()`.
 *
 * @module
 */

import type { EventLoop } from "../../loop.ts";
import type { Cancellation } from "./cancellation.ts";
import type { Coroutine, TaskOptions } from "./coroutine.ts";
import type { Task } from "./task.ts";

/** Operations on tasks that their public methods do not offer. */
export interface TaskInternals {
  /**
   * Runs the body of a scope as a part of the code that opened the scope: the body knows the task
   * of that code as its own. Nobody but the scope sees the task that is returned.
   */
  startBody<T>(parent: Cancellation, body: Coroutine<T>, options: TaskOptions): Task<T>;
  /** Cancels the body of a scope on behalf of the scope; `false` if the body is done. */
  cancelBody(body: Task<unknown>): boolean;
  /** Whether a value is a task of this copy of the module. */
  isTask(value: object): value is Task<unknown>;
  /** Whether a task has called its coroutine. */
  hasStarted(task: Task<unknown>): boolean;
  /** The requests to cancel the code of a task, and what that code waits on. */
  cancellationOf(task: Task<unknown>): Cancellation;
  /** The reason of the request that counts, of all that were made and not taken back. */
  reasonOf(task: Task<unknown>): unknown;
  /** Whether the generator of a task ends in the step on the stack. */
  endsInStep(task: Task<unknown>): boolean;
  /** Goes on with the generator that waits for a scope which was settled in `step`. */
  goOn(step: object): void;
  /** The tasks of a loop that are not done, the earliest first. */
  aliveOn(loop: EventLoop): Task<unknown>[];
}

/** The operations. The class `Task` provides them when its file is loaded. */
export let taskInternals: TaskInternals;

/** Sets {@linkcode taskInternals}; called once, by the class, which alone reaches its fields. */
export function provideTaskInternals(given: TaskInternals): void {
  taskInternals = given;
}

/** Returns the requests to cancel the code of a task, and what that code waits on. */
export function cancellationOf(task: Task<unknown>): Cancellation {
  return taskInternals.cancellationOf(task);
}

/** Returns the tasks of a loop that are not done, in the order in which they were made. */
export function aliveOn(loop: EventLoop): Task<unknown>[] {
  return taskInternals.aliveOn(loop);
}
