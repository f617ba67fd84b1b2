/**
 * Whom the scenarios are measured with.
 *
 * @module
 */

import type { Contenders } from "./scenarios.ts";

/** Loads the contenders of each library, by its name. */
export const LIBRARIES: Record<string, () => Promise<Contenders>> = {
  native: async () => (await import("./contenders/native.ts")).contenders,
  ours: async () => (await import("./contenders/ours.ts")).contenders,
  floor: async () => (await import("./contenders/floor.ts")).contenders,
  "bluebird": async () => (await import("./contenders/bluebird.ts")).contenders,
  "p-cancelable": async () => (await import("./contenders/p_cancelable.ts")).contenders,
  "c-promise2": async () => (await import("./contenders/c_promise2.ts")).contenders,
  "effect": async () => (await import("./contenders/effect.ts")).contenders,
  "effection": async () => (await import("./contenders/effection.ts")).contenders,
};

/** Those that are no package of npm. */
export const OWN: readonly string[] = ["native", "ours", "floor"];

/** The packages of npm among them. */
export const PEERS: readonly string[] = Object.keys(LIBRARIES)
  .filter((name) => !OWN.includes(name));
