/**
 * Replaces `tests/helpers/copy.ts` in the bundles of the tests: the runner puts a bundle of the
 * module beside them.
 *
 * @module
 */

/** The path from a bundle to the folder of bundles. The runner defines it in each bundle. */
declare const BUILD: string;

/** The number of copies so far, in the address of each: a module is loaded once per address. */
let copies = 0;

/** Imports a new copy of the module, which shares nothing with the other copies. */
export function importCopy(): Promise<typeof import("../../mod.ts")> {
  const copy = `${BUILD}mod.ts.mjs?copy=${copies++}`;
  return import(copy);
}
