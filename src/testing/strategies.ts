/**
 * Strategies: how a run of an exploration decides what runs next, and what happens by chance.
 *
 * @module
 */

import type { Ready } from "../loop/scheduler.ts";
import type { Task } from "../task/task.ts";
import { taskOf } from "./order.ts";
import { makeRandom, type Random } from "./random.ts";
import type { Deviation, DeviationKind } from "./schedule.ts";

/** Decides what a run leaves open. */
export interface Strategy {
  /** Returns the index of what runs as a step, out of at least two. */
  choose(ready: readonly Ready[], step: number): number;
  /** Returns for how many steps the first of at least two is held back. */
  hold(step: number): number;
  /** Whether a call of `chance()` returns `true`. */
  chance(probability: number, call: number): boolean;
  /** Returns how long a call of `delay()` takes: from 0, the shortest time, up to 1. */
  delay(call: number): number;
}

/** Follows deviations. What is not among them is first come, first served, and without faults. */
export function following(deviations: readonly Deviation[]): Strategy {
  const values = new Map(deviations.map(({ kind, at, value }) => [kind + at, value]));
  const valueOf = (kind: DeviationKind, at: number) => values.get(kind + at) ?? 0;
  return {
    // In a program that has changed since, fewer things may be ready.
    choose: ({ length }, step) => Math.min(valueOf("step", step), length - 1),
    hold: (step) => valueOf("hold", step),
    chance: (_probability, call) => valueOf("chance", call) > 0,
    delay: (call) => valueOf("delay", call),
  };
}

/** How exactly the length of a delay is drawn, so that schedules are short. */
const DELAYS = 100;

/** The most deviations of a run that has few. */
const MAX_FEW = 3;

/** For how many steps something is held back. The last one stands for: until nothing else is ready. */
export const HOLDS = [1, 2, 3, 5, 8, Infinity];

/** The chance that a task falls behind all others, in a run in which tasks have priorities. */
const FALL_BEHIND = 0.05;

/** How many of those that are ready are compared: with 10,000, a run would take minutes. */
const MAX_COMPARED = 100;

/**
 * Makes the strategy of one run. Which kind of order finds an error depends on the program, so that
 * there are several kinds: any order; one that differs in few steps from first come, first served; one
 * in which a few things are held back; one in which some tasks are faster than others.
 *
 * @param seed Decides all.
 * @param steps In how many steps a run of the program has a choice, about.
 */
export function drawStrategy(seed: number, steps: number): Strategy {
  const random = makeRandom(seed);
  const orders = [anyOrder, fewSteps, fewHolds, priorities];
  const faults = makeRandom(seed, 2);
  return {
    hold: () => 0,
    ...orders[Math.floor(random() * orders.length)]!(random, steps),
    chance: (probability) => faults() < probability,
    delay: () => Math.floor(faults() * DELAYS) / DELAYS,
  };
}

/** An order of one kind. */
type Order = (random: Random, steps: number) => Pick<Strategy, "choose"> & Partial<Strategy>;

const anyOrder: Order = (random) => ({ choose: ({ length }) => Math.floor(random() * length) });

/** The share of the steps that differ, if few do. */
function drawRate(random: Random, steps: number): number {
  return (1 + Math.floor(random() * MAX_FEW)) / Math.max(1, steps);
}

const fewSteps: Order = (random, steps) => {
  const rate = drawRate(random, steps);
  return {
    choose: ({ length }) => random() < rate ? 1 + Math.floor(random() * (length - 1)) : 0,
  };
};

const fewHolds: Order = (random, steps) => {
  const rate = drawRate(random, steps);
  return {
    choose: () => 0,
    hold: () => random() < rate ? HOLDS[Math.floor(random() * HOLDS.length)]! : 0,
  };
};

const priorities: Order = (random) => {
  const known = new Map<Task<unknown>, number>();
  let lowest = 0;
  const priorityOf = (ready: Ready) => {
    const task = taskOf(ready);
    if (!task) return random();
    let priority = known.get(task);
    if (priority === undefined) known.set(task, priority = random());
    return priority;
  };
  const choose = (ready: readonly Ready[]) => {
    const all = ready.slice(0, MAX_COMPARED).map(priorityOf);
    const index = all.indexOf(Math.max(...all));
    const task = taskOf(ready[index]!);
    if (task && random() < FALL_BEHIND) known.set(task, --lowest);
    return index;
  };
  return { choose };
};
