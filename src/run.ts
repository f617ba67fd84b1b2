/**
 * `run()`: runs the main coroutine of a program, then shuts its loop down.
 *
 * @module
 */

import type { EventLoop } from "../loop.ts";
import { cannot, checkMilliseconds } from "./base/checks.ts";
import { attempt, globalOf } from "./base/engine.ts";
import { show } from "./base/inspect.ts";
import { checkOptions } from "./base/options.ts";
import { isFuture } from "./future/brand.ts";
import { outcomeOf } from "./future/outcome.ts";
import { reportUnretrieved } from "./future/pending_reports.ts";
import { EXCEPTION } from "./future/states.ts";
import { HostEventLoop } from "./loop/host_loop.ts";
import { closedError, type ExceptionContext, report } from "./loop/reports.ts";
import { isHostLoop, runningLoop } from "./loop/running.ts";
import { checkCoroutine, checkUnclaimed, type Coroutine } from "./task/coroutine.ts";
import { allTasks } from "./task/current.ts";
import type { Task } from "./task/task.ts";
import { wait } from "./waiting/wait.ts";

/** Options of {@linkcode run}. */
export interface RunOptions {
  /** Whether the loop is in debug mode. Default: the mode that the loop is in. */
  debug?: boolean | undefined;
  /** A signal that cancels the main task, with the signal's reason. */
  signal?: AbortSignal | undefined;
  /** The loop to run on, which `run()` closes at the end. Default: a new standard loop. */
  loop?: EventLoop | undefined;
  /**
   * Whether an interrupt (Ctrl-C, `SIGINT`) cancels `main`. A second interrupt ends the process.
   * Only the main threads of Deno, Node and Bun have interrupts.
   *
   * @default {true}
   */
  handleInterrupt?: boolean | undefined;
  /**
   * How long to wait, in milliseconds, for the tasks that are cancelled at the end; `Infinity` for
   * no limit. Tasks that have not ended by then are reported and left behind.
   *
   * @default {300_000}
   */
  shutdownTimeout?: number | undefined;
}

/**
 * The loops of other classes on which run() was called, and which it closes. A standard loop knows
 * that itself.
 */
const usedLoops = new WeakSet<EventLoop>();

/** How many times run() cancels tasks that other tasks started as they ended. */
const MAX_ROUNDS = 100;

/** In milliseconds. asyncio gives its executor the same time. */
const SHUTDOWN_TIMEOUT = 300_000;

/**
 * Runs a coroutine on a loop of its own, and leaves nothing running.
 *
 * When `main` has ended, whatever its outcome, `run()` cancels the tasks that are still alive on
 * the loop and waits for them. Their exceptions, and all others that nobody retrieved, are
 * reported. Then `run()` closes the loop.
 *
 * The first interrupt (Ctrl-C) cancels `main`, so that its `finally` blocks run. The second one
 * ends the process.
 *
 * Source: [`asyncio.run`](https://docs.python.org/3.14/library/asyncio-runner.html#asyncio.run).
 *
 * @param main The coroutine.
 * @param options Debug mode, a signal that cancels `main`, the loop, how to end.
 * @returns A promise of what `main` returns. The promise is rejected with what `main` throws, or
 * with the `CancelledError` if `main` was cancelled.
 * @throws {TypeError} If `main` is not a coroutine (a promise is not one), or is a generator that
 * another task runs, or if an option is of the wrong type.
 * @throws {Error} Inside a task or a loop callback, or if the loop is closed or already runs.
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
  checkUnclaimed("run main", main);
  const {
    loop = new HostEventLoop(),
    debug,
    signal,
    handleInterrupt = true,
    shutdownTimeout = SHUTDOWN_TIMEOUT,
  } = checkOptions("run main", options);
  checkMilliseconds("run main", "shutdownTimeout", shutdownTimeout);
  const running = runningLoop();
  if (running && !running.isClosed()) {
    throw new Error("Cannot run main as a loop is running here already: use createTask");
  }
  if (loop.isClosed()) throw closedError();
  // A loop of another class may run without run(), so its isRunning() is not asked.
  const isRunning = isHostLoop(loop) ? loop.isRunning() : usedLoops.has(loop);
  if (isRunning) throw new Error("Cannot run main as the loop is running already");
  if (isHostLoop(loop)) HostEventLoop.start(loop);
  else usedLoops.add(loop);
  let task;
  let wasDebug;
  try {
    if (debug !== undefined) {
      wasDebug = loop.getDebug();
      loop.setDebug(debug);
    }
    task = loop.createTask(main, { signal });
    if (!isFuture(task)) throw cannot("run main", "the loop has made no task of it", task);
  } catch (error) {
    // No code of main has run yet (a task factory may throw, for instance): restores the loop.
    usedLoops.delete(loop);
    if (isHostLoop(loop)) HostEventLoop.pause(loop);
    if (wasDebug !== undefined) loop.setDebug(wasDebug);
    throw error;
  }
  return finishRun(task, handleInterrupt, shutdownTimeout);
}

async function finishRun<T>(
  main: Task<T>,
  handleInterrupt: boolean,
  shutdownTimeout: number,
): Promise<T> {
  if (handleInterrupt) interruptible.add(main);
  updateListener();
  try {
    return await main;
  } finally {
    interruptible.delete(main);
    interrupted.delete(main);
    updateListener();
    await shutDown(main.getLoop(), shutdownTimeout);
  }
}

/** Ends the tasks that are left on a loop, reports unretrieved exceptions, and closes the loop. */
async function shutDown(loop: EventLoop, timeout: number): Promise<void> {
  try {
    await endTasks(loop, timeout);
  } finally {
    reportUnretrieved(loop);
    if (isHostLoop(loop)) HostEventLoop.pause(loop);
    loop.close();
  }
}

/** Cancels the tasks that are left on a loop, waits for them, and reports their exceptions. */
async function endTasks(loop: EventLoop, timeout: number): Promise<void> {
  const deadline = loop.time() + timeout;
  const leftBehind = new Set<Task<unknown>>();
  const listAlive = () => [...allTasks(loop)].filter((task) => !leftBehind.has(task));
  const reportTask = (task: Task<unknown>, why: string, details?: Partial<ExceptionContext>) => {
    report(loop, { message: `Task ${show(task.getName())} ${why}`, ...details, task });
  };
  let tasks = listAlive();
  for (let round = 0; round < MAX_ROUNDS; round++) {
    for (const task of tasks) {
      try {
        task.cancel();
      } catch (exception) {
        reportTask(task, "cannot be cancelled by run()", { exception });
      }
    }
    if (tasks.length > 0) await wait(tasks, { timeout: deadline - loop.time() });
    for (const task of tasks) {
      if (!task.done()) {
        leftBehind.add(task);
        reportTask(task, `did not end within ${timeout} ms of its cancellation by run()`);
        continue;
      }
      const [state, exception] = outcomeOf(task);
      const message = "Unhandled exception during run() shutdown";
      if (state === EXCEPTION) report(loop, { message, exception, task });
    }
    // The callbacks that are due still run. They, and the tasks that end, may start new tasks.
    await new Promise<void>((resolve) => loop.callSoon(resolve));
    tasks = listAlive();
    if (tasks.length === 0) break;
  }
  for (const task of tasks) reportTask(task, "is left behind, as each that ends starts another");
}

/** The main tasks that the next interrupt cancels. */
let interruptible = new Set<Pick<Task<unknown>, "cancel">>();

/** The main tasks that an interrupt has cancelled and that have not ended yet. */
let interrupted = new Set<Pick<Task<unknown>, "cancel">>();

/** The methods of `process` that Deno, Node and Bun share; `undefined` in browsers. */
const process = globalOf<{
  on?(event: "SIGINT", listener: () => void): unknown;
  off?(event: "SIGINT", listener: () => void): unknown;
}>("process");

/** In a worker of Deno, a listener would catch the interrupts of the whole process. */
const isWorker = globalOf("DedicatedWorkerGlobalScope") !== undefined;

/** Whether `onInterrupt` is listening. Changed by `updateListener()` only. */
let listening = false;

/**
 * Adds or removes the one listener for all main tasks. The listener is removed while an interrupted
 * main task ends, so that another interrupt ends the process.
 */
function updateListener(): void {
  const listens = !isWorker && interruptible.size > 0 && interrupted.size === 0;
  if (listens === listening) return;
  listening = listens;
  // Some sandboxes have a `process` whose methods throw.
  attempt(() => process?.[listens ? "on" : "off"]?.("SIGINT", onInterrupt));
}

function onInterrupt(): void {
  // `interrupted` is empty, or this function would not be listening.
  [interruptible, interrupted] = [interrupted, interruptible];
  updateListener();
  for (const main of interrupted) main.cancel("Interrupted");
}
