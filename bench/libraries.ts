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
};
