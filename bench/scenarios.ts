/**
 * What is measured: the scenarios, and the most that each may cost.
 *
 * @module
 */

/**
 * The most that ours may take on each runtime, as a multiple of what the native counterpart
 * takes there. README.md says how the limits are chosen.
 */
export interface Limits {
  readonly deno: number;
  readonly node24: number;
  readonly bun: number;
}

/** A scenario, which each contender has its own function for. */
export interface Scenario {
  /** What the work is. */
  readonly title: string;
  /** What the work is in the native counterpart. */
  readonly counterpart: string;
  readonly limits: Limits;
  /** How many operations the work is. */
  readonly count: number;
  /** How often one sample does the work. */
  readonly times: number;
  /** Whether the count is a part of the scenario, for slow contenders too. */
  readonly isCountFixed?: boolean;
}

/** All scenarios that compare times, by the names that the contenders have them under. */
export const SCENARIOS = {
  awaiting: {
    title: "`await` a pending Future settled from a microtask",
    counterpart: "the same with `Promise.withResolvers`",
    limits: { deno: 3.25, node24: 3.3, bun: 3.5 },
    count: 300_000,
    times: 1,
  },
  awaitingInTask: {
    title: "the same inside a task",
    counterpart: "the same in an async function",
    limits: { deno: 3.8, node24: 3.5, bun: 4 },
    count: 300_000,
    times: 1,
  },
  awaitingLonger: {
    title: "`await` a pending Future settled two microtasks later",
    counterpart: "the same with `Promise.withResolvers`",
    limits: { deno: 3, node24: 2.7, bun: 3.1 },
    count: 300_000,
    times: 1,
  },
  awaitingLongerInTask: {
    title: "the same inside a task, two microtasks later",
    counterpart: "the same in an async function",
    limits: { deno: 3.8, node24: 3.9, bun: 3.8 },
    count: 300_000,
    times: 1,
  },
  yielding: {
    title: "`yield*` a pending Future in a generator task",
    counterpart: "the same with `await`",
    limits: { deno: 1.8, node24: 1.7, bun: 1.7 },
    count: 300_000,
    times: 1,
  },
  calling: {
    title: "create, `addDoneCallback`, `setResult`, callback ran",
    counterpart: "create, `then`, `resolve`, handler ran",
    limits: { deno: 1.1, node24: 1.15, bun: 1.2 },
    count: 300_000,
    times: 1,
  },
  settling: {
    title: "create, `setResult`, `result()`",
    counterpart: "create and `resolve`",
    limits: { deno: 0.3, node24: 0.33, bun: 0.2 },
    count: 1_000_000,
    times: 1,
  },
  tasks: {
    title: "20,000 async-function tasks, one `await` each, all awaited",
    counterpart: "the same async functions",
    limits: { deno: 32, node24: 12, bun: 16.5 },
    count: 20_000,
    times: 10,
    isCountFixed: true,
  },
  sleeping: {
    title: "50,000 concurrent `sleep`s",
    counterpart: "`setTimeout` promises",
    limits: { deno: 0.5, node24: 2, bun: 1.85 },
    count: 50_000,
    times: 1,
    isCountFixed: true,
  },
  signalling: {
    title: "4,000 futures on one `AbortSignal`, all settled",
    counterpart: "4,000 plain listeners added and removed",
    limits: { deno: 0.05, node24: 0.05, bun: 0.05 },
    count: 4_000,
    times: 2,
    isCountFixed: true,
  },
  gathering: {
    title: "`gather` of 50,000",
    counterpart: "`Promise.all`",
    limits: { deno: 1.5, node24: 1.5, bun: 1.5 },
    count: 50_000,
    times: 8,
    isCountFixed: true,
  },
} as const satisfies Record<string, Scenario>;

/** The name of a scenario. */
export type ScenarioName = keyof typeof SCENARIOS;

/**
 * Gets one sample ready: makes what the work needs, and returns the work, which is
 * timed. The work hands on each of the numbers from 0 to `count - 1` once, and
 * returns the sum of what arrived, so that nobody can skip any of it.
 */
export type Contender = (count: number) => () => number | Promise<number>;

/** What one library has for the scenarios. */
export type Contenders = Partial<Record<ScenarioName, Contender>>;

/** A contender that needs nothing made before. */
export function immediate(work: (count: number) => number | Promise<number>): Contender {
  return (count) => () => work(count);
}

/** After so many the callbacks are let run, as a program that goes on lets them. */
export const BATCH = 1_000;

/** Already resolved; what its `then` is given runs in a microtask. */
export const resolved: Promise<void> = Promise.resolve();

/** Where the results go that nobody reads, so that they have to be made. */
export const sink: { value: unknown } = { value: undefined };
