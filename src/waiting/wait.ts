/**
 * `wait()`: waiting for futures without looking at their outcomes.
 *
 * @module
 */

import type { Future } from "../../future.ts";
import { cannot, checkLimit, isGenerator, isThenable } from "../base/checks.ts";
import { checkOptions } from "../base/options.ts";
import { isFuture } from "../future/brand.ts";
import { hasFailed } from "../future/outcome.ts";
import { onEnd, openLoopOf, setOf, startTimer, watch } from "./watch.ts";

/**
 * Options of {@linkcode wait}.
 *
 * @category Waiting
 */
export interface WaitOptions {
  /**
   * How long to wait, in milliseconds; a negative time counts as 0, and `null` and `Infinity` set
   * no limit.
   *
   * @default {null}
   */
  timeout?: number | null | undefined;
  /**
   * When to stop waiting: when one future is done, when one has failed, or when all are done. If
   * none fails, `FIRST_EXCEPTION` waits for all.
   *
   * @default {"ALL_COMPLETED"}
   */
  returnWhen?: "FIRST_COMPLETED" | "FIRST_EXCEPTION" | "ALL_COMPLETED" | undefined;
  /**
   * A signal that cancels the returned future, but none of the futures given; its reason is the
   * `cause` of the `CancelledError`. In a `catch`, `signal.throwIfAborted()` throws that reason itself.
   */
  signal?: AbortSignal | undefined;
}

/**
 * The result of {@linkcode wait}.
 *
 * @typeParam F The type of the futures.
 * @category Waiting
 */
export interface WaitResult<F> {
  /** The futures that are done. */
  done: Set<F>;
  /** The futures that are not done. */
  pending: Set<F>;
}

const RETURN_WHEN = ["FIRST_COMPLETED", "FIRST_EXCEPTION", "ALL_COMPLETED"] as const;

/**
 * Waits until some or all futures are done, or until the time is over, and returns two sets: those
 * that are done, and those that are pending.
 *
 * The outcomes do not matter: an exception does not fail the returned future, and does not count as
 * retrieved. No future is cancelled, neither when the time is over nor when the returned future is
 * cancelled.
 *
 * See also: {@linkcode sleep} to wait for a time, {@linkcode waitFor} for one future with a time
 * limit, {@linkcode gather} for all results, {@linkcode race} for the first, {@linkcode asCompleted}
 * for one after the other.
 *
 * Source: [`asyncio.wait`](https://docs.python.org/3.14/library/asyncio-task.html#asyncio.wait).
 *
 * @param futures The futures and tasks.
 * @param options The time limit in milliseconds, when to stop waiting, and a signal.
 * @returns A future for two sets: the futures that are done, and those that are not.
 * @throws {TypeError} If there are no futures, if one of them is not a future, or if an option is
 * not valid.
 * @throws {Error} If the loop is closed.
 * @category Waiting
 *
 * @example
 * ```ts
 * import { sleep, wait } from "@asyncio/future";
 * import { assertEquals } from "@std/assert";
 *
 * const fast = sleep(1);
 * const slow = sleep(60_000);
 * const { done, pending } = await wait([fast, slow], { returnWhen: "FIRST_COMPLETED" });
 * assertEquals([...done], [fast]);
 * for (const future of pending) future.cancel();
 * ```
 */
export function wait<F extends Future<unknown>>(
  futures: Iterable<F> & { readonly then?: "put it into an array, as in wait([future])" },
  options?: WaitOptions,
): Future<WaitResult<F>> {
  const all = setOf("wait", futures, "futures");
  for (const future of all) {
    if (isFuture(future)) continue;
    throw cannot("wait", `there is something else among the futures${hintFor(future)}`, future);
  }
  if (all.size === 0) throw cannot("wait", "there are no futures", []);
  const { timeout = null, returnWhen = RETURN_WHEN[2], signal } = checkOptions("wait", options);
  checkLimit("wait", "timeout", timeout);
  if (!RETURN_WHEN.includes(returnWhen)) {
    throw cannot("wait", `returnWhen is none of ${RETURN_WHEN.join(", ")}`, returnWhen);
  }

  const loop = openLoopOf(all);
  const outer = loop.createFuture<WaitResult<F>>({ signal });
  if (outer.done()) return outer;
  const done = new Set<F>();
  const pending = new Set(all);
  const sort = () => {
    for (const future of pending) {
      if (!future.done()) continue;
      pending.delete(future);
      done.add(future);
    }
  };
  const finish = () => {
    if (outer.done()) return;
    sort();
    outer.setResult({ done, pending });
  };
  let callbacksLeft = all.size;
  const onDone = (future: Future<unknown>) => {
    callbacksLeft--;
    if (
      callbacksLeft === 0 || returnWhen === "FIRST_COMPLETED" ||
      (returnWhen === "FIRST_EXCEPTION" && hasFailed(future))
    ) finish();
  };
  const timer = startTimer(loop, timeout, finish);
  const source = { operation: "wait", futures: pending, due: timer?.when() };
  onEnd(outer, watch(all, "wait", onDone, timer), source);
  // Futures that are done after `finish`, but before whoever awaits `outer` resumes, count as done.
  outer.addDoneCallback(sort);
  return outer;
}

/** Returns the hint for a value that wait() does not take. */
function hintFor(value: unknown): string {
  if (isGenerator(value) || typeof value === "function") return " (make it a task with createTask)";
  if (isThenable(value)) return " (make it a future with ensureFuture)";
  return "";
}
