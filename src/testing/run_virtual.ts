/**
 * `runVirtual()`: runs a program in virtual time.
 *
 * @module
 */

import { cannot, checkMilliseconds } from "../base/checks.ts";
import { checkOptions, ownOption } from "../base/options.ts";
import { isDueToRequest } from "../../errors.ts";
import { type ExceptionContext, report } from "../loop/reports.ts";
import { runUnder } from "../run.ts";
import type { Coroutine } from "../task/coroutine.ts";
import { allTasks } from "../task/current.ts";
import { Driver, MAX_STALLS } from "./driver.ts";
import { type Draws, seededDraws } from "./draws.ts";
import { type Director, ReadyPool, shuffling } from "./order.ts";
import { makeRandom } from "./random.ts";
import { VirtualLoop } from "./virtual_loop.ts";

/**
 * Options of {@linkcode runVirtual}.
 *
 * @category Testing
 */
export interface RunVirtualOptions {
  /**
   * An integer that decides the order of what is ready at the same time. Default: none, and the
   * order is that of `run()`.
   */
  seed?: number | undefined;
  /**
   * The time of the loop's clock at the beginning, in milliseconds.
   *
   * @default {0}
   */
  start?: number | undefined;
  /** Whether the loop is in debug mode. Default: `false`. */
  debug?: boolean | undefined;
  /** A signal that cancels the main task. */
  signal?: AbortSignal | undefined;
  /**
   * How many steps the program may take: callbacks, starts of tasks, wake-ups and timers.
   *
   * @default {100_000}
   */
  maxSteps?: number | undefined;
  /**
   * How much virtual time may pass before `main` has ended, in milliseconds.
   *
   * @default {Infinity}
   */
  maxTime?: number | undefined;
  /**
   * How long to wait, in virtual milliseconds, for the tasks that are cancelled at the end.
   *
   * @default {300_000}
   */
  shutdownTimeout?: number | undefined;
}

const MAX_STEPS = 100_000;

const ACTION = "run main in virtual time";

/**
 * Runs a coroutine in virtual time: whenever nothing else can run, the clock jumps to the next timer,
 * so that an hour of waiting takes no time.
 *
 * `sleep()`, `timeout()`, `waitFor()`, `callLater()` and `loop.time()` follow the virtual clock.
 * Timers of the host, such as `setTimeout()`, and `Date.now()` do not: a promise of the outside world
 * has to be passed to {@linkcode real}. All else is as with `run()`: the tasks that `main` leaves
 * behind are cancelled, and their exceptions reported.
 *
 * If nothing is left that could wake any task, the program fails at once, with an error that says
 * what each task waits on.
 *
 * Without a seed, what is ready runs in the order of `run()`. With a seed, each seed stands for
 * another order of what is ready at the same time: of the steps of tasks, callbacks and timers of one
 * instant. The same seed gives the same order. Those who wait for one future, one lock or one queue
 * keep theirs.
 *
 * @param main The coroutine.
 * @param options The seed, the time at the beginning, and limits.
 * @returns A promise of what `main` returns, rejected with what `main` throws.
 * @throws {TypeError} If `main` is not a coroutine, or an option is of the wrong type.
 * @throws {Error} Inside a task or a loop callback.
 * @throws {DeadlockError} As a rejection: if nothing can run any more before `main` has ended.
 * @throws {RunLimitError} As a rejection: if the program exceeds `maxSteps` or `maxTime`.
 * @category Testing
 *
 * @example
 * ```ts
 * import { getRunningLoop, sleep } from "@asyncio/future";
 * import { runVirtual } from "@asyncio/future/testing";
 * import { assertEquals } from "@std/assert";
 *
 * const time = await runVirtual(async () => {
 *   await sleep(3_600_000); // an hour
 *   return getRunningLoop().time();
 * });
 * assertEquals(time, 3_600_000);
 * ```
 */
export function runVirtual<T>(main: Coroutine<T>, options?: RunVirtualOptions): Promise<T> {
  const given = checkOptions(ACTION, options);
  const { seed } = given;
  if (seed !== undefined && !Number.isSafeInteger(seed)) {
    throw cannot(ACTION, "the seed is no integer", seed);
  }
  const director = seed === undefined ? undefined : shuffling(makeRandom(seed));
  return runOrdered(main, given, seededDraws(seed ?? 0), director);
}

/**
 * Runs a coroutine in virtual time, in the order that a director decides; without one, in that of
 * `run()`.
 *
 * @param draws The source of the program's random numbers.
 * @param onReport Told of what the loop reports, in place of the console.
 */
export function runOrdered<T>(
  main: Coroutine<T>,
  options: RunVirtualOptions,
  draws: Draws,
  director?: Director,
  onReport?: (context: ExceptionContext) => void,
): Promise<T> {
  const start = ownOption(options, "start", 0);
  const maxSteps = ownOption(options, "maxSteps", MAX_STEPS);
  const maxTime = ownOption(options, "maxTime", Infinity);
  checkMilliseconds(ACTION, "start", start);
  checkMilliseconds(ACTION, "maxTime", maxTime);
  if (typeof maxSteps !== "number" || !(maxSteps > 0)) {
    throw cannot(ACTION, "maxSteps is no positive number", maxSteps);
  }
  const { debug, signal, shutdownTimeout } = options;
  const pool = new ReadyPool(maxSteps, director);
  const loop = new VirtualLoop(start, pool, draws);
  loop.onReport = onReport;
  loop.onClose = () => director?.closes?.();
  const driver = new Driver(loop, maxTime, director);
  director?.begins?.(loop);
  const policy = {
    untilStalled: driver.untilStalled,
    reasonOf: () => driver.reason,
    maxStalls: MAX_STALLS,
  };
  const given = { loop, debug, signal, shutdownTimeout, handleInterrupt: false, keepAlive: false };
  let running;
  try {
    running = runUnder(policy, main, given);
  } catch (error) {
    loop.discard();
    throw error;
  }
  [driver.main] = allTasks(loop);
  return finish(running, driver, loop);
}

/** Drives the loop until it is closed. A failure of the run is its outcome, whatever `main` makes of it. */
async function finish<T>(running: Promise<T>, driver: Driver, loop: VirtualLoop): Promise<T> {
  // A handler of its own, as the driver takes turns until it asks for the outcome.
  running.catch(() => {});
  await driver.drive();
  const { failure } = driver;
  try {
    const result = await running;
    if (failure) throw failure;
    return result;
  } catch (error) {
    if (failure && error !== driver.reason && !isDueToRequest(error, failure)) {
      report(loop, { message: "Exception of main after the run had failed", exception: error });
    }
    throw failure ?? error;
  }
}
