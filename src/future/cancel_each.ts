/**
 * Cancels several futures, though the `cancel()` of a subclass may throw.
 *
 * @module
 */

import type { Future } from "../../future.ts";
import { report } from "../loop/reports.ts";

/**
 * Cancels each of some futures. The loop of a future whose `cancel()` throws is told, and the
 * others are cancelled all the same.
 *
 * @returns Whether any of them took the request.
 */
export function cancelEach(futures: Iterable<Future<unknown>>, reason: unknown): boolean {
  let isTaken = false;
  for (const future of futures) {
    try {
      if (future.cancel(reason)) isTaken = true;
    } catch (exception) {
      report(future.getLoop(), { message: "Cannot cancel the future", exception, future });
    }
  }
  return isTaken;
}
