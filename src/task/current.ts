/**
 * `createTask()`, `currentTask()` and `allTasks()`: the functions that make tasks and find them.
 *
 * @module
 */

import type { EventLoop } from "../../loop.ts";
import { checkLoop } from "../base/options.ts";
import { currentTaskFrame } from "../context/current.ts";
import { provideTasks } from "../loop/host_loop.ts";
import { allRunningLoops, currentLoop, runningLoop } from "../loop/running.ts";
import { checkCoroutine, checkTaskOptions, type Coroutine, type TaskOptions } from "./coroutine.ts";
import { taskInternals } from "./internals.ts";
import { makeTask, type Task } from "./task.ts";

provideTasks(makeTask);

/**
 * Runs a coroutine as a task on the running loop or, outside of tasks and loop
 * callbacks, on the default loop.
 *
 * Source: [`asyncio.create_task`](https://docs.python.org/3.14/library/asyncio-task.html#asyncio.create_task).
 *
 * @param coro A generator, or a function (async, generator or plain), which gets the task's
 * signal.
 * @param options The loop, the name, the context, a signal that cancels the task.
 * @returns The task.
 * @throws {TypeError} If `coro` is not a coroutine (a promise is not one), or is a generator that
 * another task runs, or if an option is of the wrong type.
 * @throws {Error} If the loop is closed.
 * @category Tasks
 *
 * @example
 * ```ts
 * import { createTask, sleep } from "@asyncio/future";
 * import { assertEquals } from "@std/assert";
 *
 * const one = createTask(async () => {
 *   await sleep(1);
 *   return 1;
 * });
 * const two = createTask(function* () {
 *   yield* sleep(1);
 *   return 2;
 * });
 * assertEquals(await one + await two, 3);
 * ```
 */
export function createTask<T>(coro: Coroutine<T>, options?: TaskOptions): Task<T> {
  checkCoroutine("create a task", coro);
  const { loop = currentLoop() } = checkTaskOptions(options);
  return loop.createTask(coro, options);
}

/**
 * Returns the task whose code runs.
 *
 * In a callback, that is the task that registered the callback.
 *
 * Source: [`asyncio.current_task`](https://docs.python.org/3.14/library/asyncio-task.html#asyncio.current_task).
 *
 * @param loop The loop that the task must run on. Default: any.
 * @returns The task, or `null` outside of tasks, in a task that is done, or if the task runs on
 * another loop.
 * @throws {TypeError} If `loop` is not an event loop.
 * @category Tasks
 *
 * @example
 * ```ts
 * import { createTask, currentTask } from "@asyncio/future";
 * import { assertEquals } from "@std/assert";
 *
 * const task = createTask(async () => currentTask()?.getName(), { name: "greeter" });
 * assertEquals(await task, "greeter");
 * assertEquals(currentTask(), null);
 * ```
 */
export function currentTask(loop?: EventLoop): Task<unknown> | null {
  checkLoop(loop);
  const task = currentTaskFrame().code?.task;
  if (!task || task.done() || (loop && task.getLoop() !== loop)) return null;
  return task;
}

/**
 * Returns the tasks that are not done: those of a loop or, outside of tasks and loop callbacks,
 * those of all loops that run.
 *
 * Source: [`asyncio.all_tasks`](https://docs.python.org/3.14/library/asyncio-task.html#asyncio.all_tasks).
 *
 * @param loop The loop. Default: the running loop or, outside of tasks and loop callbacks, the
 * default loop and each loop that a `run()` is using.
 * @returns A new set, in the order in which the tasks were made, one loop after the other.
 * @throws {TypeError} If `loop` is not an event loop.
 * @category Tasks
 *
 * @example
 * ```ts
 * import { allTasks, createTask, sleep } from "@asyncio/future";
 * import { assertEquals } from "@std/assert";
 *
 * const task = createTask(() => sleep(1));
 * assertEquals(allTasks().has(task), true);
 * await task;
 * assertEquals(allTasks().has(task), false);
 * ```
 */
export function allTasks(loop?: EventLoop): Set<Task<unknown>> {
  checkLoop(loop);
  const only = loop ?? runningLoop();
  const loops = only ? [only] : [...allRunningLoops];
  return new Set(loops.flatMap((loop) => taskInternals.aliveOn(loop)));
}
