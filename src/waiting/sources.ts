/**
 * What settles a future, as far as this module knows: for those who look inside a program.
 *
 * @module
 */

import type { Future } from "../../future.ts";
import { internals, type Source } from "../future/internals.ts";
import { waitersOf } from "../future/waiters.ts";
import { HandedFuture } from "../task/delivery.ts";
import { DelegatingFuture } from "./delegating.ts";

/** Returns what settles a pending future; `undefined` if only its user knows. */
export function sourceOf(future: Future<unknown>): Source | undefined {
  if (!internals.isOfThisCopy(future)) return undefined;
  if (future instanceof DelegatingFuture) return DelegatingFuture.sourceOf(future);
  if (future instanceof HandedFuture) return future.source;
  return waitersOf(future).find((waiter) => waiter.source)?.source;
}
