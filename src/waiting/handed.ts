/**
 * `HandedFuture`, the future by which a lock or a queue hands something over.
 *
 * @module
 */

import { Future } from "../../future.ts";

/** A future whose result has to be given back if nobody gets it. */
export class HandedFuture<T> extends Future<T> {
  /** Gives the result back. A field: an entry of a weak map for each future takes much longer. */
  giveBack: ((result: T) => void) | undefined = undefined;
}
