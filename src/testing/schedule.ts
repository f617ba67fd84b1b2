/**
 * Schedules: in what a run differs from one in which whatever became ready first runs first, and in
 * which nothing happens by chance.
 *
 * @module
 */

import { cannot } from "../base/checks.ts";

/**
 * What differs:
 *
 * - `step`: the thing at another place than the first of those that are ready runs as this step;
 * - `hold`: the first of those that are ready before this step is held back for some steps;
 * - `cancelBefore`: the task of this step is cancelled when its code is about to go on;
 * - `cancelAfter`: the task of this step is cancelled once its code waits again;
 * - `chance`: this call of `chance()` returns `true`;
 * - `delay`: this call of `delay()` takes longer than the shortest time.
 */
export type DeviationKind = "step" | "hold" | "cancelBefore" | "cancelAfter" | "chance" | "delay";

/** One thing in which a run differs. */
export interface Deviation {
  readonly kind: DeviationKind;
  /** The number of the step, or of the call, from 1 on. */
  readonly at: number;
  /**
   * `step`: the place, from 1 on. `hold`: for how many steps. `delay`: the share of the longest
   * time. Others: 1.
   */
  readonly value: number;
  /** The step in which this happened, once it has. */
  readonly during?: number;
}

/** A schedule, which a run can follow again. */
export interface Schedule {
  /** What the numbers of `random()` follow from. */
  readonly seed: number;
  readonly deviations: readonly Deviation[];
}

/** Returns a text that {@linkcode parseSchedule} reads, such as `"7 step12=1 chance2"`. */
export function formatSchedule({ seed, deviations }: Schedule): string {
  const texts = deviations.map(({ kind, at, value }) => {
    return `${kind}${at}${value === 1 ? "" : `=${value}`}`;
  });
  return [seed, ...texts].join(" ");
}

const DEVIATION =
  /^(step|hold|cancelBefore|cancelAfter|chance|delay)([1-9]\d*)(?:=(\d+(?:\.\d+)?))?$/;

/**
 * Reads a schedule.
 *
 * @throws {TypeError} If the text is no schedule.
 */
export function parseSchedule(action: string, text: unknown): Schedule {
  const [first, ...rest] = typeof text === "string" ? text.trim().split(/\s+/) : [];
  const seed = /^-?\d+$/.test(first ?? "") ? Number(first) : NaN;
  const deviations = rest.map((token) => {
    const [, kind, at, value] = token.match(DEVIATION) ?? [];
    return { kind: kind as DeviationKind, at: Number(at), value: Number(value ?? 1) };
  });
  if (!Number.isSafeInteger(seed) || deviations.some(({ kind }) => kind === undefined)) {
    throw cannot(action, "the schedule is no text that explore() has given", text);
  }
  return { seed, deviations };
}
