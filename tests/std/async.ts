/**
 * Replaces `@std/async` where JSR cannot be reached, as far as the tests use it.
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
