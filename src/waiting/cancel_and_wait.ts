/**
 * `cancelAndWait()`: cancelling futures and waiting for their end.
 *
 * @module
 */

import type { Future } from "../../future.ts";
import { cannot, isThenable } from "../base/checks.ts";
import { currentTaskFrame } from "../context/current.ts";
import { isFuture } from "../future/brand.ts";
import { cancelTargets } from "../future/cancel_target.ts";
import { endsInCancellation, hasFailed, type Outcome, outcomeOf } from "../future/outcome.ts";
import { CANCELLED, RESULT } from "../future/states.ts";
import { passOn } from "../task/passing.ts";
import { DelegatingFuture, settleAs } from "./delegating.ts";
import { loopOfFirst, setOf, whenAllDone } from "./watch.ts";

/**
 * Cancels futures or tasks, and waits until all of them have ended.
 *
 * asyncio has no such function.
 *
 * Their `CancelledError` is not thrown. A result that a task returns in spite of the request stays in
 * the task. If one of them fails, or has failed before, the returned future fails with its exception,
 * but only when all have ended; of several exceptions, the first in the order of the arguments
 * counts, and the others are reported unless somebody retrieves them.
 *
 * Cancelling the returned future, or the task that waits for it, cancels the futures once more, and
 * ends with a `CancelledError` when all have ended. `waitFor(cancelAndWait(task), 5_000)` therefore
 * interrupts a clean-up that takes too long.
 *
 * @param futures A future or task, or an iterable of them, which may be empty.
 * @param reason Why, as for {@linkcode Future.prototype.cancel | cancel()}.
 * @returns A future that is done when all have ended.
 * @throws {TypeError} If something else is among the futures, such as a promise, which cannot be
 * cancelled, or the task that calls, which would wait for itself.
 * @category Waiting
 *
 * @example
 * ```ts
 * import { cancelAndWait, createTask, sleep } from "@asyncio/future";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const log: string[] = [];
 * const task = createTask(async () => {
 *   try {
 *     await sleep(60_000);
 *   } finally {
 *     await sleep(1);
 *     log.push("cleaned up");
 *   }
 * });
 * await sleep(1);
 * await cancelAndWait(task, "no longer needed");
 * assert(task.cancelled());
 * assertEquals(log, ["cleaned up"]);
 * ```
 */
export function cancelAndWait(
  futures: Future<unknown> | Iterable<Future<unknown>>,
  reason?: unknown,
): Future<void> {
  const action = "cancel and wait";
  const all = isFuture(futures)
    ? new Set<Future<unknown>>([futures])
    : setOf(action, futures, "futures");
  const caller = currentTaskFrame().code?.task;
  for (const future of all) {
    if (!isFuture(future)) {
      const hint = isThenable(future) ? " (start it with createTask)" : "";
      throw cannot(action, `there is something else among the futures${hint}`, future);
    }
    if (future === caller) throw cannot(action, "the task would wait for itself", future);
  }
  const outer = new DelegatingFuture<void>(
    loopOfFirst(all),
    (request) => cancelTargets(all, request),
    { operation: "cancelAndWait", futures: all },
  );
  passOn(() => cancelTargets(all, reason), false);
  whenAllDone(all, "cancelAndWait", () => {
    const request = DelegatingFuture.requestOf(outer);
    settleAs(outer, request ? [CANCELLED, request] : outcomeOfAll(all));
  });
  return outer;
}

/** The first exception of some futures, which are done and may be cancelled, or else no result. */
function outcomeOfAll(futures: Iterable<Future<unknown>>): Outcome {
  for (const future of futures) {
    if (!hasFailed(future)) continue;
    const isCancellation = endsInCancellation(future);
    const outcome = outcomeOf(future);
    if (!isCancellation) return outcome;
  }
  return [RESULT, undefined];
}
