/**
 * The libraries that take part in the scenarios, and the files of their contenders.
 *
 * @module
 */

import type { Contenders } from "./scenarios.ts";

/** Maps the name of each library to a function that loads its contenders. */
export const LIBRARIES: Record<string, () => Promise<Contenders>> = {
  native: async () => (await import("./contenders/native.ts")).contenders,
  ours: async () => (await import("./contenders/ours.ts")).contenders,
  floor: async () => (await import("./contenders/floor.ts")).contenders,
  "bluebird": async () => (await import("./contenders/bluebird.ts")).contenders,
  "p-cancelable": async () => (await import("./contenders/p_cancelable.ts")).contenders,
  "c-promise2": async () => (await import("./contenders/c_promise2.ts")).contenders,
  "effect": async () => (await import("./contenders/effect.ts")).contenders,
  "effection": async () => (await import("./contenders/effection.ts")).contenders,
  "async-mutex": async () => (await import("./contenders/async_mutex.ts")).contenders,
  "fastq": async () => (await import("./contenders/fastq.ts")).contenders,
  "p-queue": async () => (await import("./contenders/p_queue.ts")).contenders,
};

/** The names that are not packages of npm. */
export const OWN: readonly string[] = ["native", "ours", "floor"];

/** The names that are packages of npm. */
export const PEERS: readonly string[] = Object.keys(LIBRARIES)
  .filter((name) => !OWN.includes(name));
