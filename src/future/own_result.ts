/**
 * Futures that are their own result, which no `await` could ever end with.
 *
 * @module
 */

import type { Future } from "../../future.ts";

/**
 * Where the results of a future lead to, as far as an earlier look has followed them; the future
 * itself if that is its own result. A result never changes, so that this stays true.
 */
const ends = new WeakMap<Future<unknown>, Future<unknown>>();

/** The longest way that is followed again at each look, as to note it would take longer. */
const MAX_UNNOTED_LENGTH = 8;

/**
 * Whether a future is its own result, directly or through the results of further futures.
 *
 * An `await` looks at each future on its way. Without the notes in `ends`, every look would follow
 * the whole way that is left.
 *
 * @param resultOf Returns the result of a future if that is a future of this copy, too.
 */
export function isItsOwnResult(
  future: Future<unknown>,
  resultOf: (future: Future<unknown>) => Future<unknown> | undefined,
): boolean {
  const passed = new Set<Future<unknown>>();
  let end = future;
  let next: Future<unknown> | undefined = future;
  while (next && !passed.has(next)) {
    passed.add(end = next);
    next = ends.get(end) ?? resultOf(end);
  }
  const isInCircle = next === future;
  if (passed.size <= MAX_UNNOTED_LENGTH) return isInCircle;
  // Unless the way ends in a circle, the end is pending or has another result: nothing to note.
  if (!next) passed.delete(end);
  let entered = false;
  for (const one of passed) {
    if (one === next) entered = true;
    ends.set(one, entered ? one : next ?? end);
  }
  return isInCircle;
}
