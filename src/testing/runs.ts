/**
 * One run of an exploration, and what is found out about it.
 *
 * @module
 */

import { CancelledError } from "../../errors.ts";
import type { Future } from "../../future.ts";
import { cannot, checkCallback, isAsyncGeneratorFunction } from "../base/checks.ts";
import { attempt } from "../base/engine.ts";
import { isError, show, showWhole } from "../base/inspect.ts";
import { takeSnapshot } from "../context/current.ts";
import type { Ready } from "../loop/scheduler.ts";
import type { Coroutine } from "../task/coroutine.ts";
import { currentTask } from "../task/current.ts";
import type { Task } from "../task/task.ts";
import { Decisions, type Follower } from "./decisions.ts";
import { chance, delay } from "./draws.ts";
import { LeftoverError } from "./errors.ts";
import { CountedListeners, Leftovers } from "./leftovers.ts";
import { taskOf } from "./order.ts";
import { runOrdered, type RunVirtualOptions } from "./run_virtual.ts";
import type { Deviation } from "./schedule.ts";
import { following, type Strategy } from "./strategies.ts";
import type { VirtualLoop } from "./virtual_loop.ts";

/**
 * What a test is given that {@linkcode explore} or {@linkcode replay} runs.
 *
 * @category Testing
 */
export interface TestRun {
  /** Returns a number from 0 up to, but not including, 1, which follows from the seed. */
  readonly random: () => number;
  /** The function {@linkcode chance}. */
  readonly chance: (probability: number) => boolean;
  /** The function {@linkcode delay}. */
  readonly delay: (min: number, max: number) => Future<void>;
  /** The signal of the main task. With `cancelAnywhere`, listeners that are left on it are found. */
  readonly signal: AbortSignal;
}

/**
 * A test that can be run again and again: an async function, or one that returns a generator.
 *
 * @typeParam T The type of the result.
 * @category Testing
 */
export type TestMain<T> = (run: TestRun) => Generator<unknown, T, unknown> | PromiseLike<T> | T;

/** Checks a test. */
export function checkMain(action: string, main: unknown): void {
  checkCallback(action, main, "main");
  if (isAsyncGeneratorFunction(main)) {
    throw cannot(action, "main is an async generator, which yields values", main);
  }
}

/** Picks the options that hold for each run of a test. */
export function optionsOfRuns(options: RunVirtualOptions): RunVirtualOptions {
  const { start, debug, maxSteps, maxTime, shutdownTimeout } = options;
  return { start, debug, maxSteps, maxTime, shutdownTimeout };
}

/** A run to be made. */
export interface Plan {
  /** The seed of the program's random numbers. */
  readonly seed: number;
  readonly strategy: Strategy;
  /** Where tasks are cancelled. */
  readonly cancels?: readonly Deviation[];
  /** A run in which nothing was cancelled: what that leaves behind may be left. */
  readonly baseline?: Outcome | undefined;
  readonly followers?: readonly Follower[];
}

/** What became of a run. */
export interface Outcome {
  readonly result: unknown;
  /** Why the run failed, if it did. */
  readonly failure: { readonly error: unknown } | undefined;
  readonly decisions: Decisions;
  readonly leftovers: Leftovers;
  /** A number that differs, nearly always, between two runs in which something else happened. */
  readonly fingerprint: number;
}

/** Makes the plan of a run that differs only in what is given. */
export function planOf(seed: number, deviations: readonly Deviation[]): Plan {
  const cancels = deviations.filter(({ kind }) => kind.startsWith("cancel"));
  return { seed, strategy: following(deviations), cancels };
}

/**
 * Runs a test by deviations. If these cancel tasks, the test first runs without that, as what it
 * leaves behind then may be left. Throws at the call as `runOnce()` does.
 */
export function runAgain(
  main: TestMain<unknown>,
  options: RunVirtualOptions,
  seed: number,
  deviations: readonly Deviation[],
): Promise<Outcome> {
  const run = (chosen: readonly Deviation[], baseline?: Outcome) =>
    runOnce(main, options, { ...planOf(seed, chosen), baseline });
  const uncancelled = deviations.filter(({ kind }) => !kind.startsWith("cancel"));
  if (uncancelled.length === deviations.length) return run(deviations);
  return run(uncancelled).then((baseline) => run(deviations, baseline));
}

/** Follows which tasks have run when. */
class Fingerprint implements Follower {
  #loop: VirtualLoop | undefined = undefined;
  readonly #tasks = new Map<Task<unknown>, number>();
  value = 0;

  begins(loop: VirtualLoop): void {
    this.#loop = loop;
  }

  stepBegins(ready: readonly Ready[], index: number): void {
    const task = taskOf(ready[index]!);
    let number = 0;
    if (task) {
      number = this.#tasks.get(task) ?? this.#tasks.size + 1;
      this.#tasks.set(task, number);
    }
    this.#add(number);
    this.#add(index);
    // The fractions of a millisecond count as well.
    this.#add((this.#loop!.time() * 2 ** 20) | 0);
  }

  #add(value: number): void {
    this.value = Math.imul(this.value ^ value, 0x01000193) + 1;
  }
}

/** Runs a test once. Throws, at the call, if the options or the circumstances do not allow any run. */
export function runOnce(
  main: TestMain<unknown>,
  options: RunVirtualOptions,
  plan: Plan,
): Promise<Outcome> {
  const { seed, strategy, cancels, baseline, followers = [] } = plan;
  const fingerprint = new Fingerprint();
  const leftovers = new Leftovers();
  const decisions = new Decisions(strategy, seed, cancels, [fingerprint, leftovers, ...followers]);
  let reported: { error: unknown } | undefined;
  const running = runOrdered(
    coroutineOf(main, decisions, leftovers),
    options,
    decisions,
    decisions,
    ({ message, exception }) => reported ??= { error: exception ?? new Error(message) },
  );
  const outcomeOf = (result: unknown, thrown: { error: unknown } | undefined): Outcome => {
    const hasCancelled = decisions.deviations.some(({ kind }) => kind.startsWith("cancel"));
    let failure = thrown;
    if (hasCancelled && attempt(() => thrown?.error instanceof CancelledError)) failure = undefined;
    failure ??= reported;
    const left = hasCancelled && baseline ? leftovers.beyond(baseline.leftovers) : [];
    if (!failure && left.length > 0) failure = { error: new LeftoverError(left) };
    return { result, failure, decisions, leftovers, fingerprint: fingerprint.value };
  };
  return running.then(
    (result) => outcomeOf(result, undefined),
    (error) => outcomeOf(undefined, { error }),
  );
}

/** Makes the coroutine of a run, which is called `main`. */
function coroutineOf(
  test: TestMain<unknown>,
  { random }: Decisions,
  leftovers: Leftovers,
): Coroutine<unknown> {
  return function main() {
    const task = currentTask()!;
    // In a browser, an `await` of a promise loses the loop.
    const context = takeSnapshot();
    return test({
      random,
      chance: (probability) => context.run(chance, probability),
      delay: (min, max) => context.run(delay, min, max),
      get signal() {
        const { signal } = task;
        leftovers.listeners ??= new CountedListeners(signal);
        return signal;
      },
    });
  };
}

/** Shows an error in one line or more, as the name and the message. */
export function showError(error: unknown): string {
  return isErrorAtAll(error) ? showWhole(error) : show(error);
}

/** Tells errors apart by their names, and other values by their types. */
export function kindOf(error: unknown): string {
  return attempt(() => isErrorAtAll(error) && String(error.name)) || typeof error;
}

/** Whether a value is an error. A proxy may throw when asked. */
function isErrorAtAll(value: unknown): value is Error {
  return attempt(() => isError(value)) ?? false;
}
