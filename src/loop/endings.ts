/**
 * The functions that `run()` calls before it closes a loop. Parts of the module that the core does not
 * import add theirs, as `toThread()` does to end its pools.
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

/** The functions, which `run()` calls for each loop that it closes. */
export const endings = new Set<Ending>();
