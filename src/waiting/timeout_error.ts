/**
 * The error of a time limit that is over.
 *
 * @module
 */

import { brand } from "../../errors.ts";

/**
 * The operation has exceeded the given deadline.
 *
 * This class is not the `DOMException` of the same name that `AbortSignal.timeout()` aborts with.
 *
 * Source: [`asyncio.TimeoutError`](https://docs.python.org/3.14/library/asyncio-exceptions.html#asyncio.TimeoutError).
 *
 * @category Errors
 *
 * @example
 * ```ts
 * import { Future, getEventLoop, TimeoutError } from "@asyncio/future";
 * import { assertRejects } from "@std/assert";
 *
 * const reply = new Future<string>();
 * const timer = getEventLoop().callLater(5, () => {
 *   reply.setException(new TimeoutError("no reply within 5 ms"));
 * });
 * await assertRejects(async () => await reply, TimeoutError);
 * timer.cancel();
 * ```
 */
export class TimeoutError extends Error {
  static {
    brand(this, "TimeoutError");
  }

  /**
   * Makes the error that `timeout()`, `waitFor()` and `asCompleted()` end with when the time is over.
   * Source: [`asyncio.TimeoutError`](https://docs.python.org/3.14/library/asyncio-exceptions.html#asyncio.TimeoutError).
   *
   * @param message What took too long. Default: "The operation has exceeded the given deadline".
   * @param options May hold a `cause`. Default: no cause.
   */
  constructor(message = "The operation has exceeded the given deadline", options?: ErrorOptions) {
    super(message, options);
  }
}
