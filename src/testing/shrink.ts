/**
 * Shrinks a failing schedule to the fewest deviations that still fail.
 *
 * @module
 */

import { kindOf, type Outcome } from "./runs.ts";
import type { Deviation } from "./schedule.ts";
import { HOLDS } from "./strategies.ts";

/** The most runs that are made to shrink one schedule. */
const MAX_RUNS = 3_000;

/** The most steps of all these runs. Not a time: the same failure is to shrink to the same schedule. */
const MAX_STEPS = 1_000_000;

/** Up to this value, each lower one is tried. */
const SMALL = 8;

/** Shrinks the schedule of one failing run. */
export class Shrinker {
  readonly #run: (deviations: readonly Deviation[]) => Promise<Outcome>;
  #runs = 0;
  #steps = 0;
  #best: Outcome;

  /**
   * @param found The failing run.
   * @param run Makes a run with some deviations.
   */
  constructor(found: Outcome, run: (deviations: readonly Deviation[]) => Promise<Outcome>) {
    this.#best = found;
    this.#run = run;
  }

  get #isUsedUp(): boolean {
    return this.#runs >= MAX_RUNS || this.#steps >= MAX_STEPS;
  }

  get #deviations(): readonly Deviation[] {
    return this.#best.decisions.deviations;
  }

  /** Returns the failing run with the fewest deviations that was found. */
  async shrink(): Promise<Outcome> {
    await this.#try([]);
    await this.#leaveOut();
    await this.#lower();
    // Without one deviation, the steps after it mean something else: a few others may do.
    const kept = this.#deviations.filter(({ kind }) => kind !== "step" && kind !== "hold");
    await this.#tryFew(kept, this.#deviations.length - kept.length);
    return this.#best;
  }

  /** Makes a run, and keeps it if it fails as well and its schedule is simpler. */
  async #try(deviations: readonly Deviation[]): Promise<Outcome | undefined> {
    if (this.#isUsedUp) return undefined;
    const outcome = await this.#run(deviations);
    this.#runs++;
    this.#steps += outcome.decisions.steps;
    const better = isAlike(outcome, this.#best) &&
      costOf(outcome.decisions.deviations) < costOf(this.#deviations);
    if (better) this.#best = outcome;
    return outcome;
  }

  async #isBetter(deviations: readonly Deviation[]): Promise<boolean> {
    const outcome = await this.#try(deviations);
    return outcome !== undefined && outcome === this.#best;
  }

  /** Leaves out as many deviations as possible: half of them, a quarter, and so on. */
  async #leaveOut(): Promise<void> {
    for (let size = this.#deviations.length; size >= 1; size = Math.floor(size / 2)) {
      let hasShrunk = false;
      for (let start = 0; start < this.#deviations.length;) {
        const rest = this.#deviations.filter((_, i) => i < start || i >= start + size);
        if (await this.#isBetter(rest)) hasShrunk = true;
        else start += size;
      }
      // One by one again, as long as that helps.
      if (size === 1 && hasShrunk) size = 2;
    }
  }

  /** Lets what became ready earlier run, where that fails as well. */
  async #lower(): Promise<void> {
    for (let i = 0; i < this.#deviations.length; i++) {
      const { kind, value } = this.#deviations[i]!;
      if (kind !== "step" && kind !== "hold") continue;
      for (let lower = 1; lower < value; lower += Math.ceil(lower / SMALL)) {
        const changed = this.#deviations.map((one, j) => i === j ? { ...one, value: lower } : one);
        if (await this.#isBetter(changed)) break;
      }
    }
  }

  /**
   * Tries each single step and then, if there were more than two, each pair of steps.
   *
   * @param kept What else is in the schedule.
   * @param steps How many steps the schedule has.
   */
  async #tryFew(kept: readonly Deviation[], steps: number): Promise<void> {
    if (steps < 2) return;
    const calm = await this.#try(kept);
    if (!calm) return;
    for (const step of stepsOf(calm, 0)) {
      if (this.#isUsedUp || await this.#isBetter([...kept, step])) return;
    }
    if (steps < 3) return;
    for (const step of stepsOf(calm, 0)) {
      const outcome = await this.#try([...kept, step]);
      if (!outcome) return;
      for (const later of stepsOf(outcome, step.at)) {
        if (this.#isUsedUp || await this.#isBetter([...kept, step, later])) return;
      }
    }
  }
}

/** The deviations that a run leaves open after one of its steps. */
function* stepsOf({ decisions: { choices } }: Outcome, after: number): Generator<Deviation> {
  for (const { step, count } of choices) {
    if (step <= after) continue;
    for (let value = 1; value < count; value++) yield deviation("step", step, value);
    for (const steps of HOLDS) yield deviation("hold", step, steps);
  }
}

function deviation(kind: "step" | "hold", at: number, value: number): Deviation {
  return { kind, at, value };
}

/** Whether two runs fail with errors of one kind. */
function isAlike({ failure: a }: Outcome, { failure: b }: Outcome): boolean {
  return a !== undefined && b !== undefined && kindOf(a.error) === kindOf(b.error);
}

/** How much there is to explain. */
function costOf(deviations: readonly Deviation[]): number {
  return deviations.reduce((sum, { value }) => sum + 1_000 + Math.min(value, 999), 0);
}
