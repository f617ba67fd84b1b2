/**
 * The brand by which futures of all copies of the module are recognised.
 *
 * @module
 */

import type { Future } from "../../future.ts";

/** The key of the property that is `true` for every future. */
export const BRAND = Symbol.for("asyncio.Future");

/**
 * Returns whether `value` is a future: of this copy of the module, of another copy, or any object
 * whose property `Symbol.for("asyncio.Future")` is truthy.
 *
 * Source: [`asyncio.isfuture`](https://docs.python.org/3.14/library/asyncio-future.html#asyncio.isfuture).
 *
 * @param value Anything.
 * @returns `false` for classes, promises and everything else that is not a future.
 * @category Futures
 *
 * @example
 * ```ts
 * import { Future, isFuture } from "@asyncio/future";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(isFuture(new Future()), true);
 * assertEquals(isFuture(Future), false);
 * assertEquals(isFuture(Promise.resolve()), false);
 * ```
 */
export function isFuture(value: unknown): value is Future<unknown> {
  try {
    return typeof value === "object" && value !== null &&
      Boolean((value as { [BRAND]?: unknown })[BRAND]);
  } catch {
    // A proxy or a getter threw.
    return false;
  }
}
