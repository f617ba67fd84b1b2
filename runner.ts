/**
 * `run`, the entry point of a program.
 *
 * @module
 */

import { checkCoroutine, checkOptions } from "./checks.ts";
import { checkSignal } from "./cancellation.ts";
import { reportUnretrieved } from "./failure.ts";
import {
  checkLoop,
  closedError,
  type EventLoop,
  HostEventLoop,
  report,
  runningLoop,
} from "./loop.ts";
import { allTasks, type Coroutine, type Task } from "./task.ts";

/** Options of {@linkcode run}. */
export interface RunOptions {
  /** Whether the loop is in debug mode. Default: as the loop is. */
  debug?: boolean | undefined;
  /** Aborting it cancels the main task, with the signal's reason as the reason. */
  signal?: AbortSignal | undefined;
  /** The loop to run on, which is closed at the end. Default: a new standard loop. */
  loop?: EventLoop | undefined;
}

/**
 * Runs a coroutine on a loop of its own, and leaves nothing running.
 *
 * When `main` has ended, whatever its outcome, the tasks that are still alive on
 * the loop are cancelled and waited for, their exceptions and all that nobody
 * looked at are reported, and the loop is closed.
 *
 * Source: [`asyncio.run`](https://docs.python.org/3.14/library/asyncio-runner.html#asyncio.run).
 *
 * @param main The coroutine.
 * @param options Debug mode, a signal that cancels `main`, the loop.
 * @returns A promise for what `main` returns.
 * @throws {TypeError} If `main` is no coroutine; a promise is none.
 * @throws {Error} Inside a task or a loop callback, or if the loop is closed or
 * runs already.
 *
 * @example Usage
 * ```ts
 * import { run, sleep } from "@asyncio/future";
 * import { assertEquals } from "@std/assert";
 *
 * async function main() {
 *   await sleep(1);
 *   return "done";
 * }
 *
 * assertEquals(await run(main), "done");
 * ```
 */
export function run<T>(main: Coroutine<T>, options?: RunOptions): Promise<T> {
  checkCoroutine("run main", main);
  checkOptions("run main", options);
  const { debug, signal, loop = new HostEventLoop() } = options ?? {};
  checkLoop(loop);
  checkSignal(signal);
  const running = runningLoop();
  if (running && !running.isClosed()) {
    throw new Error("Cannot run main as a loop is running here already: use createTask");
  }
  if (loop.isClosed()) throw closedError();
  if (loop instanceof HostEventLoop) {
    if (loop.isRunning()) throw new Error("Cannot run main as the loop is running already");
    HostEventLoop.start(loop);
  }
  if (debug !== undefined) loop.setDebug(debug);
  return finish(loop.createTask(main, { signal }));
}

async function finish<T>(main: Task<T>): Promise<T> {
  try {
    return await main;
  } finally {
    await shutDown(main.getLoop());
  }
}

/** Ends all that is left on a loop, and closes it. */
async function shutDown(loop: EventLoop): Promise<void> {
  let tasks = allTasks(loop);
  do {
    for (const task of tasks) task.cancel();
    for (const task of tasks) {
      if (!task.done()) await ended(task);
    }
    for (const task of tasks) reportException(task);
    // Callbacks that are due still run. They, and tasks that end, may start others.
    await new Promise<void>((resolve) => loop.callSoon(resolve));
    tasks = allTasks(loop);
  } while (tasks.size > 0);
  reportUnretrieved(loop);
  if (loop instanceof HostEventLoop) HostEventLoop.stop(loop);
  else loop.close();
}

/** Waits until a task is done, without looking at its outcome. */
function ended(task: Task<unknown>): Promise<void> {
  return new Promise((resolve) => task.addDoneCallback(() => resolve()));
}

/** Reports what a task, which is done, has thrown. */
function reportException(task: Task<unknown>): void {
  try {
    task.result();
  } catch (exception) {
    if (task.cancelled()) return;
    report(task.getLoop(), {
      message: "Unhandled exception during run() shutdown",
      exception,
      task,
    });
  }
}
