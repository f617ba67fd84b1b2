/**
 * `replay()`: runs a test by a schedule that an exploration has found.
 *
 * @module
 */

import { checkOptions } from "../base/options.ts";
import type { RunVirtualOptions } from "./run_virtual.ts";
import { checkMain, optionsOfRuns, type Outcome, runAgain, type TestMain } from "./runs.ts";
import { parseSchedule } from "./schedule.ts";

/**
 * Options of {@linkcode replay}.
 *
 * @category Testing
 */
export type ReplayOptions = Omit<RunVirtualOptions, "seed" | "signal">;

const ACTION = "replay main";

/**
 * Runs a test once, by a schedule that {@linkcode explore} has found.
 *
 * The same program does the same again, for a debugger or with `debug: true`. A program that has
 * changed since may do something else: to test that it is mended, explore it.
 *
 * @param main The test.
 * @param schedule The text from the message, or the property `schedule`, of the error.
 * @param options What the run may do.
 * @returns A promise of what `main` returns, rejected with what the run fails with: what `main`
 * throws, what is reported to the loop, or what is left if the schedule cancels a task.
 * @throws {TypeError} If `main` is not a function, the schedule is none, or an option is of the wrong
 * type.
 * @throws {Error} Inside a task or a loop callback.
 * @category Testing
 *
 * @example
 * ```ts
 * import { createTask, gather } from "@asyncio/future";
 * import { replay } from "@asyncio/future/testing";
 * import { assertEquals } from "@std/assert";
 *
 * async function main() {
 *   const seen: string[] = [];
 *   await gather(...["a", "b"].map((name) => createTask(() => seen.push(name))));
 *   return seen.join("");
 * }
 *
 * assertEquals(await replay(main, "0"), "ab");
 * assertEquals(await replay(main, "0 step2"), "ba"); // the second one first
 * ```
 */
export function replay<T>(
  main: TestMain<T>,
  schedule: string,
  options?: ReplayOptions,
): Promise<T> {
  checkMain(ACTION, main);
  const { seed, deviations } = parseSchedule(ACTION, schedule);
  const given = optionsOfRuns(checkOptions(ACTION, options));
  return runAgain(main, given, seed, deviations).then(unwrap<T>);
}

function unwrap<T>({ failure, result }: Outcome): T {
  if (failure) throw failure.error;
  return result as T;
}
