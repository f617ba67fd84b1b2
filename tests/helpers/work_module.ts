/**
 * Where `tests/concurrent/work.ts` is, for the workers of a pool.
 *
 * @module
 */

/** The address of the module. */
export const WORK = new URL("../concurrent/work.ts", import.meta.url);
