/**
 * Stands in for `@std/async` where JSR cannot be reached.
 *
 * @module
 */

import { setTimeout } from "node:timers/promises";

export interface DelayOptions {
  signal?: AbortSignal;
}

export async function delay(ms: number, options: DelayOptions = {}): Promise<void> {
  await setTimeout(ms, undefined, options);
}
