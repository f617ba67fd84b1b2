/**
 * The errors with which an exploration fails.
 *
 * @module
 */

import { showTime } from "../waiting/words.ts";
import type { Recording, Step } from "./recorder.ts";
import type { RunVirtualOptions } from "./run_virtual.ts";
import { showError } from "./runs.ts";
import { type Deviation, formatSchedule, type Schedule } from "./schedule.ts";

/** How many steps are shown before and after one that differs. */
const AROUND = 2;

/** The most deviations that the message has in words. */
const MAX_SHOWN = 20;

/** Fewer steps than this are shown rather than left out. */
const MIN_GAP = 5;

/** A run that has failed, in words. */
export interface Finding {
  /** The number of the run, from 1 on. */
  readonly run: number;
  readonly schedule: Schedule;
  readonly steps: readonly Step[];
  readonly error: unknown;
  /** The options that the same run takes. */
  readonly options: RunVirtualOptions;
}

/**
 * Thrown by {@linkcode explore} if a run fails. The `cause` is what the run failed with.
 *
 * The message has the fewest deviations from first come, first served that still fail, what ran
 * around these, and the line of code that runs the same again.
 *
 * @category Testing
 *
 * @example
 * ```ts
 * import { createTask, gather } from "@asyncio/future";
 * import { ExplorationError, explore, replay } from "@asyncio/future/testing";
 * import { assertEquals, assertRejects } from "@std/assert";
 *
 * const main = async () => {
 *   let isReady = false;
 *   const prepare = createTask(() => void (isReady = true));
 *   const use = createTask(() => assertEquals(isReady, true));
 *   await gather(prepare, use);
 * };
 * const { schedule } = await assertRejects(() => explore(main), ExplorationError);
 * await assertRejects(() => replay(main, schedule));
 * ```
 */
export class ExplorationError extends Error {
  static {
    this.prototype.name = "ExplorationError";
  }

  /** The number of the run that failed, from 1 on. */
  readonly run: number;
  /** The seed of that run. */
  readonly seed: number;
  /** The shortest schedule that was found, for {@linkcode replay}. */
  readonly schedule: string;
  /** In what that schedule differs from first come, first served, each in a sentence. */
  readonly deviations: readonly string[];
  /** What ran, step by step. */
  readonly trace: readonly string[];

  /** Made by {@linkcode explore}. */
  constructor({ run, schedule, steps, error, options }: Finding) {
    const text = formatSchedule(schedule);
    const deviations = schedule.deviations.map((deviation) => describe(deviation, steps));
    const trace = steps.map(({ number, time, text }) => {
      return `${String(number).padStart(4)} ${showTime(time).padStart(9)}  ${text}`;
    });
    const intro = deviations.length === 0
      ? "First come, first served, without any deviation: most tests would fail."
      : "First come, first served, but for this:";
    const more = deviations.length - MAX_SHOWN;
    const shown = deviations.slice(0, MAX_SHOWN).map((deviation) => `  ${deviation}`);
    const ran = excerpt(trace, schedule.deviations.slice(0, MAX_SHOWN));
    super(
      `Cannot pass in every order as run ${run} (seed ${schedule.seed}) failed: ` +
        `received ${showError(error)}\n\n` +
        [intro, ...shown, ...(more > 0 ? [`  … and ${more} more`] : [])].join("\n") +
        `\n\nWhat ran:\n${ran.join("\n")}\n\n` +
        `To run the same again: await replay(main, ${JSON.stringify(text)}${showOptions(options)})`,
      { cause: error },
    );
    this.run = run;
    this.seed = schedule.seed;
    this.schedule = text;
    this.deviations = deviations;
    this.trace = trace;
  }
}

/** Shows the options that are to be passed to `replay()`. */
function showOptions(options: RunVirtualOptions): string {
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  const shown = given.map(([name, value]) => `${name}: ${value}`);
  return shown.length > 0 ? `, { ${shown.join(", ")} }` : "";
}

/** Says in what a step differs. */
function describe({ kind, at, value, during = at }: Deviation, steps: readonly Step[]): string {
  const step = steps.find(({ number }) => number === during);
  const text = step?.text ?? "after main has ended";
  switch (kind) {
    case "step":
      return `step ${at}: ${text}${showOvertaken(step?.overtaken)}`;
    case "hold":
      return `step ${at}: held back for ${value} step${value === 1 ? "" : "s"}: ` +
        (step?.held ?? text);
    case "cancelBefore":
      return `before step ${at}: ${step?.cancelled ?? text}`;
    case "cancelAfter":
      return `after step ${at}: ${step?.cancelled ?? text}`;
    case "chance":
      return `step ${during}: call ${at} of chance() returns true (${text})`;
    case "delay":
      return `step ${during}: call ${at} of delay() takes ${Math.round(value * 100)} % (${text})`;
  }
}

function showOvertaken(overtaken: Step["overtaken"]): string {
  if (!overtaken) return "";
  const { first, count } = overtaken;
  return `\n    before ${first}${count > 1 ? ` (and ${count - 1} more)` : ""}`;
}

/** The lines around the steps that differ, marked; the end of the run if there is none. */
function excerpt(trace: readonly string[], deviations: readonly Deviation[]): string[] {
  const marked = new Set(deviations.map(({ at, during }) => (during ?? at) - 1));
  const centres = [...marked, trace.length - 1];
  const shown: string[] = [];
  let gap: string[] = [];
  const closeGap = () => {
    if (gap.length < MIN_GAP) shown.push(...gap);
    else shown.push(`       … ${gap.length} steps`);
    gap = [];
  };
  trace.forEach((line, i) => {
    const text = (marked.has(i) ? "→" : " ") + line;
    if (!centres.some((centre) => Math.abs(centre - i) <= AROUND)) {
      gap.push(text);
      return;
    }
    closeGap();
    shown.push(text);
  });
  closeGap();
  return shown;
}

/**
 * Thrown by {@linkcode explore} if the same schedule leads to something else the second time.
 *
 * The program uses something that the run does not control: the clock of the system, `Math.random()`,
 * a promise of the outside world without {@linkcode real}, or what a run before has left.
 *
 * @category Testing
 *
 * @example
 * ```ts
 * import { sleep } from "@asyncio/future";
 * import { explore, NondeterminismError } from "@asyncio/future/testing";
 * import { assertRejects } from "@std/assert";
 *
 * await assertRejects(() => explore(() => sleep(Math.random())), NondeterminismError);
 * await explore(({ random }) => sleep(random()), { runs: 10 });
 * ```
 */
export class NondeterminismError extends Error {
  static {
    this.prototype.name = "NondeterminismError";
  }

  /** Made by {@linkcode explore}. */
  constructor(one: Recording, other: Recording) {
    const [first, second] = [one.steps, other.steps];
    const show = (step: Step | undefined) =>
      step ? `“${step.text}” at ${showTime(step.time)}` : "the end";
    const length = Math.max(first.length, second.length);
    let index = 0;
    while (index < length && isSame(first[index], second[index])) index++;
    const isOutcome = Boolean(one.failure) !== Boolean(other.failure);
    const where = index === length
      ? isOutcome
        ? "the same steps with different outcomes"
        : "a difference that two more runs have not shown again"
      : `at step ${index + 1} ${show(first[index])} in one run, ${show(second[index])} in another`;
    super(
      "Cannot explore main as the same schedule leads to something else the second time (the clock " +
        "of the system, Math.random(), or what a run before has left? main gets { random }): " +
        `received ${where}`,
    );
  }
}

function isSame(first: Step | undefined, second: Step | undefined): boolean {
  return first?.time === second?.time && first?.text === second?.text;
}
