/**
 * `explore()`: runs a test in many orders, and shrinks the first one that fails.
 *
 * @module
 */

import { cannot, checkMilliseconds } from "../base/checks.ts";
import { checkOptions, ownOption } from "../base/options.ts";
import { realTime } from "../loop/host.ts";
import type { Task } from "../task/task.ts";
import { CancelPoints } from "./cancel_points.ts";
import { ExplorationError, NondeterminismError } from "./exploration_errors.ts";
import { Progress } from "./progress.ts";
import { Recorder, type Recording } from "./recorder.ts";
import type { RunVirtualOptions } from "./run_virtual.ts";
import {
  checkMain,
  optionsOfRuns,
  type Outcome,
  type Plan,
  planOf,
  runAgain,
  runOnce,
  type TestMain,
} from "./runs.ts";
import type { Deviation } from "./schedule.ts";
import { Shrinker } from "./shrink.ts";
import { drawStrategy } from "./strategies.ts";

/**
 * Options of {@linkcode explore}.
 *
 * @category Testing
 */
export interface ExploreOptions extends Omit<RunVirtualOptions, "signal"> {
  /**
   * How many runs to make.
   *
   * @default {1_000}
   */
  runs?: number | undefined;
  /**
   * An integer that decides all runs: the first one has this seed, the next one the next.
   *
   * @default {0}
   */
  seed?: number | undefined;
  /**
   * How long to go on, in milliseconds of real time. Default: until all runs are made.
   *
   * @default {Infinity}
   */
  timeBudget?: number | undefined;
  /**
   * Cancels a task at each of its waits in turn, one run for each: while it waits, and when it is
   * about to go on. The program has to end, and to leave no task, timer, lock or listener that it
   * does not leave otherwise. A name chooses the tasks of that name, or of that coroutine; a function
   * those for which it returns `true`; `true` chooses all. Default: none.
   */
  cancelAnywhere?: boolean | string | ((task: Task<unknown>) => boolean) | undefined;
}

/**
 * What {@linkcode explore} has done, if no run has failed.
 *
 * @category Testing
 */
export interface Exploration {
  /** How many runs were made. */
  readonly runs: number;
  /** How many of these were different. */
  readonly orders: number;
}

const RUNS = 1_000;

/** The most steps of a run whose places are looked up, which takes about half a millisecond each. */
const MAX_PLACES = 2_000;

const ACTION = "explore main";

/**
 * Runs a test again and again in virtual time, each time in another order of what is ready at the
 * same time, until a run fails.
 *
 * The first run is first come, first served, much as with `run()`, and without faults. In those after
 * it, the order of steps, callbacks and timers of one instant follows from the seed of the run, as do
 * {@linkcode chance} and {@linkcode delay}. A run fails if `main` throws, if something is reported to
 * the loop, or if the program cannot go on. Then the schedule is shrunk to the fewest deviations from
 * first come, first served that still fail.
 *
 * What asyncio guarantees stays: those who wait for one future, one lock or one queue go on in their
 * order.
 *
 * @param main The test, which is called anew for each run. It gets `{ random, chance, delay, signal }`.
 * @param options How many runs to make, and what each may do.
 * @returns How many runs were made, and how many of them were different.
 * @throws {TypeError} If `main` is not a function, or an option is of the wrong type.
 * @throws {Error} Inside a task or a loop callback.
 * @throws {ExplorationError} As a rejection: if a run fails.
 * @throws {NondeterminismError} As a rejection: if the same schedule leads to something else the
 * second time.
 * @category Testing
 *
 * @example
 * ```ts
 * import { gather, sleep } from "@asyncio/future";
 * import { explore, ExplorationError } from "@asyncio/future/testing";
 * import { assertEquals, assertRejects } from "@std/assert";
 *
 * async function main() {
 *   let balance = 100;
 *   async function deposit(amount: number) {
 *     const before = balance;
 *     await sleep(1); // the database
 *     balance = before + amount;
 *   }
 *   async function withdraw(amount: number) {
 *     await sleep(1);
 *     await deposit(-amount);
 *   }
 *   await gather(deposit(50), withdraw(30));
 *   assertEquals(balance, 120);
 * }
 *
 * const error = await assertRejects(() => explore(main), ExplorationError);
 * assertEquals(error.deviations.length, 1);
 * ```
 */
export function explore<T>(main: TestMain<T>, options?: ExploreOptions): Promise<Exploration> {
  checkMain(ACTION, main);
  const given = checkOptions(ACTION, options);
  const runs = ownOption(given, "runs", RUNS);
  const seed = ownOption(given, "seed", 0);
  const timeBudget = ownOption(given, "timeBudget", Infinity);
  const cancelAnywhere = ownOption(given, "cancelAnywhere", false);
  if (!(Number.isInteger(runs) && runs > 0) && runs !== Infinity) {
    throw cannot(ACTION, "runs is no positive whole number", runs);
  }
  if (!Number.isSafeInteger(seed)) throw cannot(ACTION, "the seed is no integer", seed);
  checkMilliseconds(ACTION, "timeBudget", timeBudget);
  if (!["boolean", "string", "function"].includes(typeof cancelAnywhere)) {
    throw cannot(ACTION, "cancelAnywhere is no boolean, name or function", cancelAnywhere);
  }
  const explorer = new Explorer(main, given, { runs, seed, timeBudget });
  const points = cancelAnywhere === false ? undefined : new CancelPoints(cancelAnywhere);
  // Called here, so that the first run throws what the options do not allow.
  return explorer.explore(explorer.first(points), points);
}

type Limits = Required<{ [K in "runs" | "seed" | "timeBudget"]: number }>;

/** One exploration. */
class Explorer {
  readonly #main: TestMain<unknown>;
  readonly #options: RunVirtualOptions;
  readonly #limits: Limits;
  readonly #orders = new Set<number>();
  readonly #progress = new Progress();
  readonly #end: number;
  #runs = 0;

  constructor(main: TestMain<unknown>, options: ExploreOptions, limits: Limits) {
    this.#main = main;
    this.#options = optionsOfRuns(options);
    this.#limits = limits;
    this.#end = realTime() + limits.timeBudget;
  }

  /** Makes the first run, which is first come, first served. */
  first(points: CancelPoints | undefined): Promise<Outcome> {
    return this.#run({ ...planOf(this.#limits.seed, []), followers: points ? [points] : [] });
  }

  /** Explores, after the first run. */
  async explore(
    first: Promise<Outcome>,
    points: CancelPoints | undefined,
  ): Promise<Exploration> {
    try {
      const baseline = await first;
      points?.check();
      await this.#check(baseline, this.#limits.seed);
      await this.#checkAgain(baseline, this.#limits.seed);
      if (points && !points.hasFound) {
        throw new Error("Cannot explore main as cancelAnywhere has chosen no task");
      }
      if (points) await this.#cancelAnywhere(baseline, points);
      else await this.#shuffle(baseline);
      return { runs: this.#runs, orders: this.#orders.size };
    } finally {
      this.#progress.clear();
    }
  }

  /** Runs the test in orders that follow from seeds. */
  async #shuffle(baseline: Outcome): Promise<void> {
    for (let isFirst = true; this.#mayGoOn(); isFirst = false) {
      const seed = this.#nextSeed();
      const outcome = await this.#run(this.#drawPlan(seed, baseline));
      await this.#check(outcome, seed);
      if (isFirst) await this.#checkAgain(outcome, seed);
    }
  }

  /** Cancels tasks: first in the order of the first run, then in orders that follow from seeds. */
  async #cancelAnywhere(baseline: Outcome, points: CancelPoints): Promise<void> {
    let uncancelled = baseline;
    let seed = this.#limits.seed;
    for (let isFirst = true; this.#mayGoOn() && (isFirst || points.hasFound); isFirst = false) {
      if (!isFirst) {
        seed = this.#nextSeed();
        points.clear();
        uncancelled = await this.#run({ ...this.#drawPlan(seed, baseline), followers: [points] });
        points.check();
        await this.#check(uncancelled, seed);
      }
      for (const point of points.all()) {
        if (!this.#mayGoOn()) return;
        const deviations = [...uncancelled.decisions.deviations, point];
        const outcome = await this.#run({ ...planOf(seed, deviations), baseline: uncancelled });
        await this.#check(outcome, seed);
      }
    }
  }

  #drawPlan(seed: number, { decisions }: Outcome): Plan {
    return { seed, strategy: drawStrategy(seed, decisions.choices.length) };
  }

  /** Returns the seed of the next run. There is none after the largest integer. */
  #nextSeed(): number {
    const seed = this.#limits.seed + this.#runs;
    return Number.isSafeInteger(seed) ? seed : this.#runs;
  }

  #mayGoOn(): boolean {
    return this.#runs < this.#limits.runs && this.#isInTime();
  }

  #isInTime(): boolean {
    return realTime() < this.#end;
  }

  /** Makes a run that counts. */
  #run(plan: Plan): Promise<Outcome> {
    this.#runs++;
    const { runs } = this.#limits;
    this.#progress.show(() => {
      return `explore: run ${this.#runs} of ${runs}, ${this.#orders.size} different`;
    });
    const running = runOnce(this.#main, this.#options, plan);
    return running.then((outcome) => {
      this.#orders.add(outcome.fingerprint);
      return outcome;
    });
  }

  /** Throws if a run has failed. */
  async #check(outcome: Outcome, seed: number): Promise<void> {
    if (!outcome.failure) return;
    const run = this.#runs;
    let tries = 0;
    const again = (deviations: readonly Deviation[]) => {
      this.#progress.show(() => `explore: run ${run} failed; shrinking, try ${++tries}`);
      return runAgain(this.#main, this.#options, seed, deviations);
    };
    await this.#checkAgain(outcome, seed);
    const { decisions, failure } = await new Shrinker(outcome, again).shrink();
    const { deviations } = decisions;
    const { steps } = await this.#record(seed, deviations, decisions.steps <= MAX_PLACES);
    const schedule = { seed, deviations };
    const options = this.#options;
    throw new ExplorationError({ run, schedule, steps, error: failure!.error, options });
  }

  /** Throws if the same schedule leads to something else the second time. */
  async #checkAgain({ failure, fingerprint, decisions }: Outcome, seed: number): Promise<void> {
    const { deviations } = decisions;
    const again = await runAgain(this.#main, this.#options, seed, deviations);
    const isSame = again.fingerprint === fingerprint;
    if (isSame && Boolean(again.failure) === Boolean(failure)) return;
    const first = await this.#record(seed, deviations, false);
    throw new NondeterminismError(first, await this.#record(seed, deviations, false));
  }

  /** Makes a run and returns its steps in words, with places if the loop is in debug mode. */
  async #record(
    seed: number,
    deviations: readonly Deviation[],
    debug: boolean,
  ): Promise<Recording> {
    const recorder = new Recorder();
    const plan = { ...planOf(seed, deviations), followers: [recorder] };
    const { failure } = await runOnce(this.#main, { ...this.#options, debug }, plan);
    return { steps: recorder.steps, failure };
  }
}
