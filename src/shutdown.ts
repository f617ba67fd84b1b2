/**
 * The end of `run()`: what main has left on the loop is ended or reported, and the loop is closed.
 *
 * @module
 */

import type { EventLoop } from "../loop.ts";
import { reportForgotten } from "./debug_mode/forgotten.ts";
import { followDebugMode } from "./debug_mode/mode.ts";
import { reportUnretrieved } from "./future/pending_reports.ts";
import { outcomeOf } from "./future/outcome.ts";
import { EXCEPTION } from "./future/states.ts";
import { endings } from "./loop/endings.ts";
import { HostEventLoop } from "./loop/host_loop.ts";
import { type ExceptionContext, report } from "./loop/reports.ts";
import { allRunningLoops, isHostLoop } from "./loop/running.ts";
import type { UntilStalled } from "./process.ts";
import { allTasks } from "./task/current.ts";
import type { Task } from "./task/task.ts";
import { dump } from "./waiting/dump.ts";
import { quotedName } from "./waiting/words.ts";
import { wait } from "./waiting/wait.ts";

/** How many times tasks are cancelled that other tasks started as they ended. */
const MAX_ROUNDS = 100;

/** Why a task is left behind if the process would end before the task does. */
const STALLED = "is left behind, as nothing is left that could wake it";

/** Marks a loop as not running. */
export function pause(loop: EventLoop): void {
  if (isHostLoop(loop)) HostEventLoop.pause(loop);
  else allRunningLoops.delete(loop);
}

/** Cancels a task, and reports it if that throws. */
export function cancel(task: Task<unknown>, reason?: unknown): void {
  try {
    task.cancel(reason);
  } catch (exception) {
    reportTask(task, "cannot be cancelled by run()", { exception });
  }
}

function reportTask(task: Task<unknown>, why: string, details?: Partial<ExceptionContext>): void {
  report(task.getLoop(), { message: `Task ${quotedName(task)} ${why}`, ...details, task });
}

/**
 * Cancels the tasks that are left on a loop, waits for them, reports their exceptions and all that
 * nobody retrieved, and closes the loop.
 *
 * @param main Is left behind if it has not ended.
 * @param timeout How long to wait for the tasks, in milliseconds.
 * @param untilStalled Waits for a promise, and tells if nothing is left that could settle it.
 */
export async function shutDown(
  main: Task<unknown>,
  timeout: number,
  untilStalled: UntilStalled,
): Promise<void> {
  const loop = main.getLoop();
  const leftBehind = new Set<Task<unknown>>();
  const leaveBehind = (task: Task<unknown>, why: string) => {
    leftBehind.add(task);
    reportTask(task, why, { waits: dump([task]) });
  };
  let hasReported = false;
  const listAlive = () => [...allTasks(loop)].filter((task) => !leftBehind.has(task));
  try {
    if (!main.done()) leaveBehind(main, STALLED);
    const deadline = loop.time() + timeout;
    let tasks = listAlive();
    if (loop.getDebug()) reportForgotten(loop, tasks);
    for (let round = 0; round < MAX_ROUNDS; round++) {
      for (const task of tasks) cancel(task);
      const left = deadline - loop.time();
      const hasStalled = tasks.length > 0 && await waitForEnds(tasks, left, untilStalled);
      const why = `did not end within ${timeout} ms of its cancellation by run()`;
      for (const task of tasks) {
        if (task.done()) reportFailure(task);
        else leaveBehind(task, hasStalled ? STALLED : why);
      }
      // The callbacks that are due still run. They, and the tasks that end, may start new tasks.
      await untilStalled<void>(new Promise((resolve) => loop.callSoon(resolve)), (end) => end());
      tasks = listAlive();
      if (tasks.length > 0) continue;
      for (const ending of endings) {
        const ended = ending(loop, deadline - loop.time());
        if (ended) await untilStalled(ended, (end) => end());
      }
      // An exception handler may start a task as well. From the last look on, nothing else runs
      // before `close()`, so that no task begins on a closed loop.
      reportUnretrieved(loop);
      hasReported = true;
      tasks = listAlive();
      if (tasks.length === 0) break;
    }
    for (const task of tasks) reportTask(task, "is left behind, as each that ends starts another");
  } finally {
    // What a handler caused meanwhile is left to the end of the process.
    if (!hasReported) reportUnretrieved(loop);
    pause(loop);
    loop.close();
    followDebugMode(loop);
  }
}

/**
 * Waits for tasks.
 *
 * @returns Whether the wait ended as nothing was left that could wake the tasks.
 */
async function waitForEnds(
  tasks: Task<unknown>[],
  timeout: number,
  untilStalled: UntilStalled,
): Promise<boolean> {
  const ends = wait(tasks, { timeout });
  const result = await untilStalled<unknown>(ends, (end) => end(undefined));
  // Otherwise, the time limit would stay with the loop.
  if (result === undefined) ends.cancel();
  return result === undefined;
}

/** Reports the exception of a task that has ended, if there is one. */
function reportFailure(task: Task<unknown>): void {
  const [state, exception] = outcomeOf(task);
  const message = "Unhandled exception during run() shutdown";
  if (state === EXCEPTION) report(task.getLoop(), { message, exception, task });
}
