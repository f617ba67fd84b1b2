/**
 * What has to grow linearly, however much of it there is.
 *
 * @module
 */

/** Something that is measured in several sizes. */
export interface Growth {
  readonly title: string;
  /** The sizes that it is measured in. */
  readonly sizes: readonly number[];
  /** The most that one may take in the largest size, in nanoseconds. */
  readonly limit?: number;
}

const SIZES = [1_000, 10_000, 100_000, 1_000_000];

/** All that is measured in several sizes. */
export const GROWTHS = {
  futures: {
    title: "pending futures: create, `addDoneCallback`, `setResult`, called",
    sizes: SIZES,
  },
  cancelledFutures: {
    title: "pending futures: create, `addDoneCallback`, `cancel`, called",
    sizes: SIZES,
  },
  awaitedFutures: { title: "pending futures: create, `await`, `setResult`, gone on", sizes: SIZES },
  callbacks: { title: "callbacks of one future: `addDoneCallback`, called", sizes: SIZES },
  cancelledTimers: { title: "timers: `callLater`, `cancel`", sizes: SIZES },
  firedTimers: { title: "timers: `callLater`, fired", sizes: SIZES },
  tasks: { title: "async-function tasks: create, wait, `cancel`, ended", sizes: SIZES },
  generators: { title: "generator tasks: create, wait, `cancel`, ended", sizes: SIZES },
  cancelling: {
    title: "cancelling 100,000 tasks that wait",
    sizes: [1_000, 10_000, 100_000],
    limit: 3_000,
  },
} as const satisfies Record<string, Growth>;

/** The name of what is measured in several sizes. */
export type GrowthName = keyof typeof GROWTHS;

/** From this exponent on, growth is no longer linear. */
export const LINEAR = 1.1;
