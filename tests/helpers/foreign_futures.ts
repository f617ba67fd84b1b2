/**
 * Makes futures of another copy of the module.
 *
 * @module
 */

import type { Future } from "../../mod.ts";
import { importCopy } from "./copy.ts";

/** Returns a function that makes pending futures of a new copy of the module. */
export async function makerOfForeignFutures<T>(): Promise<() => Future<T>> {
  const copy = await importCopy();
  // To the compiler, the private fields belong to another class.
  return () => new copy.Future<T>() as unknown as Future<T>;
}
