/**
 * The error of a `ContextVar` without a value.
 *
 * @module
 */

import { brand } from "../../errors.ts";

/**
 * A `ContextVar` has no value where it was asked for one.
 *
 * `get()` throws this error if nobody has set the variable in the current context, and neither the
 * call nor the variable has a default value.
 *
 * Source: [`LookupError`](https://docs.python.org/3.14/library/exceptions.html#LookupError).
 *
 * @category Errors
 *
 * @example
 * ```ts
 * import { ContextVar, LookupError } from "@asyncio/future";
 * import { assertEquals, assertThrows } from "@std/assert";
 *
 * const user = new ContextVar<string>("user");
 * assertThrows(() => user.get(), LookupError, "user");
 * assertEquals(user.get("nobody"), "nobody");
 * ```
 */
export class LookupError extends Error {
  static {
    brand(this, "LookupError");
  }
}
