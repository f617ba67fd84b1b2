/**
 * Stands in for `tests/helpers/copy.ts` where the tests are bundled: the runner puts a
 * bundle of the module beside them.
 *
 * @module
 */

/** The way from a bundle to the folder of bundles, which the runner puts in front of the bundle. */
declare const BUILD: string;

let copies = 0;

/** Imports a further copy of the module, which shares nothing with the others. */
export function importCopy(): Promise<typeof import("../../mod.ts")> {
  const copy = `${BUILD}mod.ts.mjs?copy=${copies++}`;
  return import(copy);
}
