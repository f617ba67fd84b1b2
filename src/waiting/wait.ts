/**
 * `wait()`.
 *
 * @module
 */

import { type Future, isFuture } from "../../future.ts";
import { cannot, checkLimit, isGenerator, isThenable } from "../base/checks.ts";
import { checkOptions } from "../base/options.ts";
import { internals } from "../future/internals.ts";
import { EXCEPTION } from "../future/states.ts";
import { outcomeOf } from "./delegating.ts";
import { onEnd, openLoopOf, setOf, startTimer, watch } from "./watch.ts";

/** Options of {@linkcode wait}. */
export interface WaitOptions {
  /**
   * How long to wait, in milliseconds; a negative time counts as 0. Default:
   * `null`, without limit.
   */
  timeout?: number | null | undefined;
  /**
   * What to wait for: the first that is done, the first that fails, or all.
   *
   * @default {"ALL_COMPLETED"}
   */
  returnWhen?: "FIRST_COMPLETED" | "FIRST_EXCEPTION" | "ALL_COMPLETED" | undefined;
  /** Aborting it cancels the wait, not what is waited for. */
  signal?: AbortSignal | undefined;
}

/**
 * The result of {@linkcode wait}.
 *
 * @typeParam F The type of the futures.
 */
export interface WaitResult<F> {
  /** Those that are done. */
  done: Set<F>;
  /** Those that are not. */
  pending: Set<F>;
}

const RETURN_WHEN = ["FIRST_COMPLETED", "FIRST_EXCEPTION", "ALL_COMPLETED"] as const;

/**
 * Waits until some futures are done, or for a time.
 *
 * It never fails for their outcomes, which it does not look at, and cancels
 * nothing, neither when the time is over nor when it is cancelled itself.
 *
 * Source: [`asyncio.wait`](https://docs.python.org/3.14/library/asyncio-task.html#asyncio.wait).
 *
 * @param futures The futures and tasks.
 * @param options The time limit in milliseconds, and what to wait for.
 * @returns A future for the sets of those that are done and of those that are not.
 * @throws {TypeError} If there is none, if one is no future, or if one of the
 * options is not what it should be.
 *
 * @example Usage
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
  futures: Iterable<F>,
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
  let running = all.size;
  const onDone = (future: Future<unknown>) => {
    running--;
    if (
      running === 0 || returnWhen === "FIRST_COMPLETED" ||
      (returnWhen === "FIRST_EXCEPTION" && hasFailed(future))
    ) finish();
  };
  const timer = startTimer(loop, timeout, finish);
  onEnd(outer, watch(all, "wait", onDone, timer));
  // Before whoever waits goes on, more may have ended in the turn of the timeout.
  outer.addDoneCallback(sort);
  return outer;
}

/** Whether a future failed, which does not count as looking at its exception. */
function hasFailed(future: Future<unknown>): boolean {
  if (internals.isOfThisCopy(future)) return internals.stateOf(future) === EXCEPTION;
  return outcomeOf(future)[0] === EXCEPTION;
}

/** What to do instead of giving `value` to wait(). */
function hintFor(value: unknown): string {
  if (isGenerator(value) || typeof value === "function") return " (make it a task with createTask)";
  if (isThenable(value)) return " (make it a future with ensureFuture)";
  return "";
}
