/**
 * `run()`: the entry of a program.
 *
 * @module
 */

import { isFuture } from "../future.ts";
import type { EventLoop } from "../loop.ts";
import { cannot, checkMilliseconds } from "./base/checks.ts";
import { attempt, globalOf } from "./base/engine.ts";
import { show } from "./base/inspect.ts";
import { checkOptions } from "./base/options.ts";
import { reportUnretrieved } from "./future/failure.ts";
import { EXCEPTION } from "./future/states.ts";
import { HostEventLoop } from "./loop/host_loop.ts";
import { closedError, type ExceptionContext, report } from "./loop/reports.ts";
import { isHostLoop, runningLoop } from "./loop/running.ts";
import { checkCoroutine, checkUnclaimed, type Coroutine } from "./task/coroutine.ts";
import { allTasks } from "./task/current.ts";
import type { Task } from "./task/task.ts";
import { outcomeOf } from "./waiting/delegating.ts";
import { wait } from "./waiting/wait.ts";

/** Options of {@linkcode run}. */
export interface RunOptions {
  /** Whether the loop is in debug mode. Default: as the loop is. */
  debug?: boolean | undefined;
  /** Aborting it cancels the main task, with the signal's reason as the reason. */
  signal?: AbortSignal | undefined;
  /** The loop to run on, which is closed at the end. Default: a new standard loop. */
  loop?: EventLoop | undefined;
  /**
   * Whether an interrupt (Ctrl-C, `SIGINT`) cancels `main`, where there are
   * signals: in the main threads of Deno, Node and Bun. Another one ends the process.
   *
   * @default {true}
   */
  handleInterrupt?: boolean | undefined;
  /**
   * How long to wait, in milliseconds, for tasks that are cancelled at the end.
   * Those that have not ended by then are reported and left behind. `Infinity` is
   * without limit.
   *
   * @default {300_000}
   */
  shutdownTimeout?: number | undefined;
}

/** The loops, other than standard ones, that run() was given. It closes them. */
const onceRun = new WeakSet<EventLoop>();

/** How often the tasks are cancelled that others started when they ended. */
const MAX_ROUNDS = 100;

/** As long as asyncio gives its executor. */
const SHUTDOWN_TIMEOUT = 300_000;

/**
 * Runs a coroutine on a loop of its own, and leaves nothing running.
 *
 * When `main` has ended, whatever its outcome, the tasks that are still alive on
 * the loop are cancelled and waited for, their exceptions and all that nobody
 * looked at are reported, and the loop is closed.
 *
 * The first interrupt (Ctrl-C) cancels `main`, so that its `finally` blocks run;
 * the second one ends the process.
 *
 * Source: [`asyncio.run`](https://docs.python.org/3.14/library/asyncio-runner.html#asyncio.run).
 *
 * @param main The coroutine.
 * @param options Debug mode, a signal that cancels `main`, the loop, how to end.
 * @returns A promise for what `main` returns; it is rejected with what `main`
 * throws, and with the `CancelledError` if `main` was cancelled.
 * @throws {TypeError} If `main` is no coroutine (a promise is none), or if one of
 * the options is not what it should be.
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
  // Another loop may say that it is running: it may well be, without run().
  const isRunning = isHostLoop(loop) ? loop.isRunning() : onceRun.has(loop);
  if (isRunning) throw new Error("Cannot run main as the loop is running already");
  if (isHostLoop(loop)) HostEventLoop.start(loop);
  else onceRun.add(loop);
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
    // A task factory may throw. Nothing has run: the loop is left as it was.
    onceRun.delete(loop);
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

/** Ends all that is left on a loop, and closes it. */
async function shutDown(loop: EventLoop, timeout: number): Promise<void> {
  try {
    await endTasks(loop, timeout);
  } finally {
    reportUnretrieved(loop);
    if (isHostLoop(loop)) HostEventLoop.pause(loop);
    loop.close();
  }
}

/** Cancels the tasks that are left on a loop, and waits for them. */
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
    // Callbacks that are due still run. They, and tasks that end, may start others.
    await new Promise<void>((resolve) => loop.callSoon(resolve));
    tasks = listAlive();
    if (tasks.length === 0) break;
  }
  for (const task of tasks) reportTask(task, "is left behind, as each that ends starts another");
}

/** The main tasks that an interrupt cancels, and those that one has cancelled. */
let interruptible = new Set<Pick<Task<unknown>, "cancel">>();

let interrupted = new Set<Pick<Task<unknown>, "cancel">>();

/** The process, as far as Deno, Node and Bun agree; browsers have none. */
const process = globalOf<{
  on?(event: "SIGINT", listener: () => void): unknown;
  off?(event: "SIGINT", listener: () => void): unknown;
}>("process");

/** In a worker of Deno, a listener would take the interrupts of the whole process. */
const isWorker = globalOf("DedicatedWorkerGlobalScope") !== undefined;

let listening = false;

/** Has one listener for all; none while one of them ends, so that another interrupt ends the process. */
function updateListener(): void {
  const listens = !isWorker && interruptible.size > 0 && interrupted.size === 0;
  if (listens === listening) return;
  listening = listens;
  // Some sandboxes have no signals, and throw.
  attempt(() => process?.[listens ? "on" : "off"]?.("SIGINT", onInterrupt));
}

function onInterrupt(): void {
  // It listens only while none is interrupted.
  [interruptible, interrupted] = [interrupted, interruptible];
  updateListener();
  for (const main of interrupted) main.cancel("Interrupted");
}
