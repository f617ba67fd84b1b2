/**
 * Stands in for `tests/copy.ts` where the tests are bundled: the runner puts a
 * bundle of the module beside them.
 *
 * @module
 */

let copies = 0;

/** Imports a further copy of the module, which shares nothing with the others. */
export function importCopy(): Promise<typeof import("../../mod.ts")> {
  const copy = `../mod.ts.mjs?copy=${copies++}`;
  return import(copy);
}
