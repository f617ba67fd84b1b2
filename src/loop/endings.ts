/**
 * What has to end before `run()` closes a loop, of parts of the module that the core does not import.
 *
 * @module
 */

import type { EventLoop } from "../../loop.ts";

/**
 * Ends something that belongs to a loop.
 *
 * @param timeout How long to wait for it, in milliseconds.
 * @returns A promise of the end, or `undefined` if there is nothing to end.
 */
export type Ending = (loop: EventLoop, timeout: number) => Promise<void> | undefined;

export const endings = new Set<Ending>();
