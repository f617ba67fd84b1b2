/**
 * The list of work whose cost has to grow linearly with the number of items.
 *
 * @module
 */

/** Work that is measured with several numbers of items. */
export interface Growth {
  /** The work, in the words of the table. */
  readonly title: string;
  /** The native counterpart, if the runtime has one. */
  readonly counterpart?: string;
  /** The numbers of items. */
  readonly sizes: readonly number[];
  /** The bar of the largest size, as a multiple of the native counterpart. */
  readonly limit?: number;
  /** The bar of the exponent, if that is more than {@linkcode LINEAR}. */
  readonly maxExponent?: number;
}

const SIZES = [1_000, 10_000, 100_000, 1_000_000];

/** All work whose growth is measured. `scaling.ts` has the functions. */
export const GROWTHS = {
  futures: {
    title: "pending futures: create, `addDoneCallback`, `setResult`, called",
    counterpart: "promises: create, `then`, `resolve`, called",
    sizes: SIZES,
  },
  cancelledFutures: {
    title: "pending futures: create, `addDoneCallback`, `cancel`, called",
    counterpart: "promises: create, `catch`, `reject`, called",
    sizes: SIZES,
  },
  awaitedFutures: {
    title: "pending futures: create, `await`, `setResult`, gone on",
    counterpart: "promises: create, `await`, `resolve`, gone on",
    sizes: SIZES,
  },
  callbacks: {
    title: "callbacks of one future: `addDoneCallback`, called",
    counterpart: "handlers of one promise: `then`, called",
    sizes: SIZES,
    maxExponent: 1.42,
  },
  cancelledTimers: {
    title: "timers: `callLater`, `cancel`",
    counterpart: "timers: `setTimeout`, `clearTimeout`",
    sizes: SIZES,
  },
  firedTimers: {
    title: "timers: `callLater`, fired",
    counterpart: "timers: `setTimeout`, fired",
    sizes: SIZES,
  },
  tasks: {
    title: "async-function tasks: create, wait, `cancel`, ended",
    counterpart: "async functions: call, wait, `reject`, ended",
    sizes: SIZES,
  },
  generators: { title: "generator tasks: create, wait, `cancel`, ended", sizes: SIZES },
  lockWaiters: {
    title: "waiters on one lock: `await lock.acquire()`, `release`, gone on",
    counterpart: "waiters on a chain of promises: `await`, `resolve`, gone on",
    sizes: SIZES,
  },
  queueItems: {
    title: "items in a queue: `putNowait` all, then `await queue.get()`",
    counterpart: "items in an array: the same, written by hand",
    sizes: SIZES,
  },
  cancelling: {
    title: "cancelling 100,000 tasks that wait",
    counterpart: "async functions that wait: `reject` with an `Error` each",
    sizes: [1_000, 10_000, 100_000],
    limit: 2.5,
  },
} as const satisfies Record<string, Growth>;

/** The name of an entry of {@linkcode GROWTHS}. */
export type GrowthName = keyof typeof GROWTHS;

/**
 * Up to this exponent, growth counts as linear. The garbage collector copies long-lived
 * objects more often, and many objects do not fit into the processor's caches, so that even
 * linear work has an exponent above 1. Quadratic work has an exponent of 2.
 */
export const LINEAR = 1.2;

/** Growth also counts as linear if its exponent is at most this much above the native one. */
export const LIKE_NATIVE = 0.15;
