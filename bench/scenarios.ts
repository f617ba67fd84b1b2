/**
 * The list of scenarios whose time is measured, with their bars, and the form of a contender.
 *
 * @module
 */

/**
 * The bar on each runtime: the greatest ratio of ours to the native counterpart.
 * bench/README.md tells how the bars are chosen.
 */
export interface Limits {
  readonly deno: number;
  readonly node24: number;
  readonly bun: number;
}

/** A scenario. Each contender has a function of its own for the work. */
export interface Scenario {
  /** The work, in the words of the table. */
  readonly title: string;
  /** The work of the native counterpart. */
  readonly counterpart: string;
  readonly limits: Limits;
  /** The number of operations in the work. */
  readonly count: number;
  /** How often the work is done in one sample. */
  readonly times: number;
  /** Whether the count is part of the scenario, and must not be reduced for a slow contender. */
  readonly isCountFixed?: boolean;
}

/** All scenarios. */
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
  locking: {
    title: "`await lock.acquire()` and `release()`, nobody waits",
    counterpart: "a chain of promises",
    limits: { deno: 3.5, node24: 3.3, bun: 3.3 },
    count: 300_000,
    times: 1,
  },
  lockingInGenerator: {
    title: "`yield* lock.acquire()` and `release()` in a generator task",
    counterpart: "a chain of promises, with `await`",
    limits: { deno: 0.4, node24: 0.45, bun: 0.67 },
    count: 300_000,
    times: 1,
  },
  lockingByMany: {
    title: "10,000 async functions wait for one lock",
    counterpart: "a chain of promises",
    limits: { deno: 3, node24: 2.5, bun: 3.5 },
    count: 10_000,
    times: 10,
    isCountFixed: true,
  },
  consuming: {
    title: "100,000 items through a queue, one consumer",
    counterpart: "arrays of items and of resolvers",
    limits: { deno: 6.6, node24: 5.4, bun: 5.3 },
    count: 100_000,
    times: 5,
    isCountFixed: true,
  },
  consumingByMany: {
    title: "100,000 items through a queue, 100 consumers",
    counterpart: "arrays of items and of resolvers",
    limits: { deno: 7, node24: 7, bun: 10 },
    count: 100_000,
    times: 5,
    isCountFixed: true,
  },
  consumingInGenerator: {
    title: "the same with `yield*`, one consumer",
    counterpart: "arrays of items and of resolvers, with `await`",
    limits: { deno: 1.5, node24: 1.5, bun: 2 },
    count: 100_000,
    times: 5,
    isCountFixed: true,
  },
  consumingByManyInGenerators: {
    title: "the same with `yield*`, 100 consumers",
    counterpart: "arrays of items and of resolvers, with `await`",
    limits: { deno: 2.8, node24: 1.2, bun: 2.3 },
    count: 100_000,
    times: 5,
    isCountFixed: true,
  },
} as const satisfies Record<string, Scenario>;

/** The name of a scenario. */
export type ScenarioName = keyof typeof SCENARIOS;

/**
 * Prepares one sample, and returns the work, whose time is taken. The work passes each of the
 * numbers from 0 to `count - 1` on once, and returns the sum of those that arrived, which proves
 * that no part was skipped.
 */
export type Contender = (count: number) => () => number | Promise<number>;

/** The contenders of one library. A scenario without a counterpart in the library is missing. */
export type Contenders = Partial<Record<ScenarioName, Contender>>;

/** Makes a contender that needs no preparation. */
export function immediate(work: (count: number) => number | Promise<number>): Contender {
  return (count) => () => work(count);
}

/** After this many operations, callbacks have their turn, as in a real program. */
export const BATCH = 1_000;

/** How many consumers there are in `consumingByMany`. */
export const CONSUMERS = 100;

/** A resolved promise, whose `then` runs a function in a microtask. */
export const resolved: Promise<void> = Promise.resolve();

/** Keeps objects that are not used, so that the engine cannot leave out their allocation. */
export const sink: { value: unknown } = { value: undefined };
