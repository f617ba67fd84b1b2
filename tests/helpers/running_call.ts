/**
 * Makes futures of calls that run, as an executor does.
 *
 * @module
 */

import { assert } from "@std/assert";
import { ConcurrentFuture } from "../../concurrent.ts";

/** A future whose call runs. */
export function running<T>(cancelRunning?: () => void): ConcurrentFuture<T> {
  const future = new ConcurrentFuture<T>({ cancelRunning });
  assert(future.setRunningOrNotifyCancel());
  return future;
}
