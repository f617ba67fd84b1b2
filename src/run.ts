/**
 * `run()`: runs the main coroutine of a program, then shuts its loop down.
 *
 * @module
 */

import { CancelledError } from "../errors.ts";
import type { EventLoop } from "../loop.ts";
import { cannot, checkMilliseconds } from "./base/checks.ts";
import { attempt } from "./base/engine.ts";
import { show } from "./base/inspect.ts";
import { checkOptions } from "./base/options.ts";
import { followDebugMode } from "./debug_mode/mode.ts";
import { isFuture } from "./future/brand.ts";
import { HostEventLoop } from "./loop/host_loop.ts";
import { closedError } from "./loop/reports.ts";
import { allRunningLoops, isHostLoop, runningLoop } from "./loop/running.ts";
import {
  dumpOnSignal,
  followInterrupts,
  keepProcess,
  type UntilStalled,
  untilStalled,
} from "./process.ts";
import { cancel, pause, shutDown } from "./shutdown.ts";
import { checkCoroutine, checkUnclaimed, type Coroutine } from "./task/coroutine.ts";
import { allTasks } from "./task/current.ts";
import type { Task } from "./task/task.ts";
import { dump } from "./waiting/dump.ts";

/**
 * Options of {@linkcode run}.
 *
 * @category Tasks
 */
export interface RunOptions {
  /**
   * Whether the loop is in debug mode: see {@linkcode EventLoop.setDebug}. Default: the mode that the
   * loop is in. Once `@asyncio/future/debug` is imported, Ctrl-\ prints the tasks of a program in
   * debug mode.
   */
  debug?: boolean | undefined;
  /**
   * A signal that cancels the main task; its reason is the `cause` of the `CancelledError`. In a
   * `catch`, `signal.throwIfAborted()` throws that reason itself.
   */
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
   * Whether to hold the process while `main` runs, even if nothing is left in the program that could
   * wake `main`: for programs that a signal of the system ends. Otherwise `main` is cancelled then.
   * Default: `false`, or `true` until `signal` aborts, if there is one.
   */
  keepAlive?: boolean | undefined;
  /**
   * How long to wait, in milliseconds, for the tasks that are cancelled at the end; `Infinity` for
   * no limit. Tasks that have not ended by then are reported and left behind.
   *
   * @default {300_000}
   */
  shutdownTimeout?: number | undefined;
}

/** What tells `run()` that nothing is left that could wake main, and what becomes of main then. */
export interface StallPolicy {
  readonly untilStalled: UntilStalled;
  /** Returns the reason to cancel main with. */
  reasonOf(main: Task<unknown>): unknown;
  /** How many times main is cancelled if it waits again and again for what nothing can wake. */
  readonly maxStalls: number;
}

/** How many times run() cancels a main that waits again and again for what nothing can wake. */
const MAX_STALLS = 100;

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
 * The process does not end before `main`. If nothing is left that could wake `main`, `run()`
 * cancels it, and rejects with a `CancelledError` that says what `main` waited on. The options
 * `keepAlive` and `signal` hold the process instead.
 *
 * Source: [`asyncio.run`](https://docs.python.org/3.14/library/asyncio-runner.html#asyncio.run).
 *
 * @param main The coroutine.
 * @param options Debug mode, a signal that cancels `main`, the loop, when and how to end.
 * @returns A promise of what `main` returns. The promise is rejected with what `main` throws, or
 * with the `CancelledError` if `main` was cancelled.
 * @throws {TypeError} If `main` is not a coroutine (a promise is not one), or is a generator that
 * another task runs, or if an option is of the wrong type.
 * @throws {Error} Inside a task or a loop callback, or if the loop is closed or already runs.
 * @category Tasks
 *
 * @example
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
  return runUnder(ofProcess, main, options);
}

/** The policy of `run()`: the process is about to end. */
const ofProcess: StallPolicy = {
  untilStalled,
  maxStalls: MAX_STALLS,
  reasonOf(main) {
    const error = new CancelledError(
      "Cannot go on with main as nothing is left that could wake it " +
        "(to wait for a signal of the system, pass { keepAlive: true }): " +
        `received ${text(main)}\n${dump([...allTasks(main.getLoop())])}`,
    );
    // The frames are those of the host and of this function: the places are in the message.
    error.stack = `${error.name}: ${error.message}`;
    return error;
  },
};

/** Does the work of {@linkcode run}, for functions that tell by other means that main has stalled. */
export function runUnder<T>(
  policy: StallPolicy,
  main: Coroutine<T>,
  options: RunOptions | undefined,
): Promise<T> {
  checkCoroutine("run main", main);
  checkUnclaimed("run main", main);
  const {
    loop = new HostEventLoop(),
    debug,
    signal,
    handleInterrupt = true,
    keepAlive,
    shutdownTimeout = SHUTDOWN_TIMEOUT,
  } = checkOptions("run main", options);
  checkMilliseconds("run main", "shutdownTimeout", shutdownTimeout);
  const running = runningLoop();
  if (running && !running.isClosed()) {
    throw new Error("Cannot run main as a loop is running here already: use createTask");
  }
  if (loop.isClosed()) throw closedError();
  // A loop of another class may run without run(), so its isRunning() is not asked.
  if (allRunningLoops.has(loop)) throw new Error("Cannot run main as the loop is running already");
  if (isHostLoop(loop)) HostEventLoop.start(loop);
  else allRunningLoops.add(loop);
  let task;
  let wasDebug;
  try {
    if (debug !== undefined) {
      wasDebug = loop.getDebug();
      loop.setDebug(debug);
    }
    // A standard loop does so by itself.
    followDebugMode(loop);
    task = loop.createTask(main, { signal });
    if (!isFuture(task)) throw cannot("run main", "the loop has made no task of it", task);
  } catch (error) {
    // No code of main has run yet (a task factory may throw, for instance): restores the loop.
    pause(loop);
    if (wasDebug !== undefined) loop.setDebug(wasDebug);
    followDebugMode(loop);
    throw error;
  }
  const ends: (() => void)[] = [];
  if (keepAlive ?? signal?.aborted === false) {
    ends.push(keepProcess(keepAlive ? undefined : signal));
  }
  if (loop.getDebug()) ends.push(dumpOnSignal());
  if (handleInterrupt) ends.push(followInterrupts(() => cancel(task, "Interrupted")));
  return finishRun(task, shutdownTimeout, ends, policy);
}

/**
 * Waits for main, then shuts its loop down.
 *
 * @param ends What to call when main has ended.
 */
async function finishRun<T>(
  main: Task<T>,
  shutdownTimeout: number,
  ends: (() => void)[],
  { untilStalled, reasonOf, maxStalls }: StallPolicy,
): Promise<T> {
  let stalls = 0;
  try {
    return await untilStalled(main, (end) => {
      const reason = reasonOf(main);
      if (stalls++ < maxStalls) cancel(main, reason);
      else end(Promise.reject(reason));
    });
  } finally {
    for (const end of ends) end();
    await shutDown(main, shutdownTimeout, untilStalled);
  }
}

/** The whole representation of a task, which is longer than `show()` makes it. */
function text(task: Task<unknown>): string {
  return attempt(() => String(task)) ?? show(task);
}
