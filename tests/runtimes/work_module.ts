/**
 * Replaces `tests/helpers/work_module.ts` in the bundles of the tests.
 *
 * @module
 */

/** The path from a bundle to the folder of bundles. The runner defines it in each bundle. */
declare const BUILD: string;

/** The address of the bundle of `tests/concurrent/work.ts`. */
export const WORK = new URL(`${BUILD}tests/concurrent/work.ts.mjs`, import.meta.url);
