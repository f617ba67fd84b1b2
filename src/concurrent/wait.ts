/**
 * `wait()` and `asCompleted()` for futures of other threads.
 *
 * @module
 */

import { cannot, checkLimit } from "../base/checks.ts";
import { checkOptions } from "../base/options.ts";
import { TimeoutError } from "../waiting/timeout_error.ts";
import { blockUntil } from "./blocking.ts";
import { ConcurrentFuture } from "./concurrent_future.ts";

/**
 * Options of {@linkcode wait}.
 *
 * @category Concurrent futures
 */
export interface ConcurrentWaitOptions {
  /**
   * How long to wait, in milliseconds.
   *
   * @default {null}
   */
  timeout?: number | null | undefined;
  /**
   * When to stop: when one future is done, when one has failed, or when all are done.
   *
   * @default {"ALL_COMPLETED"}
   */
  returnWhen?: "FIRST_COMPLETED" | "FIRST_EXCEPTION" | "ALL_COMPLETED" | undefined;
}

/**
 * The result of {@linkcode wait}.
 *
 * @typeParam F The type of the futures.
 * @category Concurrent futures
 */
export interface DoneAndNotDone<F> {
  /** The futures that are done. */
  done: Set<F>;
  /** The futures that are not done. */
  notDone: Set<F>;
}

const RETURN_WHEN = ["FIRST_COMPLETED", "FIRST_EXCEPTION", "ALL_COMPLETED"];

/**
 * Blocks the thread until some or all futures are done, or until the time is over.
 *
 * Source: [`concurrent.futures.wait`](https://docs.python.org/3.14/library/concurrent.futures.html#concurrent.futures.wait).
 *
 * @param futures Futures of one executor or of several; one that is given twice counts once.
 * @param options The time limit in milliseconds, and when to stop waiting.
 * @returns Two sets: the futures that are done, and those that are not.
 * @throws {TypeError} If one of them is not a `ConcurrentFuture` (a `Future` of the main entry point is
 * not), or an option is not valid.
 * @throws {Error} If the thread may not block.
 * @category Concurrent futures
 *
 * @example
 * ```ts
 * import { ConcurrentFuture, wait } from "@asyncio/future/concurrent";
 * import { assertEquals } from "@std/assert";
 *
 * const [a, b] = [new ConcurrentFuture<string>(), new ConcurrentFuture<string>()];
 * a.setResult("A");
 * const { done, notDone } = wait([a, b], { returnWhen: "FIRST_COMPLETED" });
 * assertEquals([[...done], [...notDone]], [[a], [b]]);
 * ```
 */
export function wait<T>(
  futures: Iterable<ConcurrentFuture<T>>,
  options?: ConcurrentWaitOptions,
): DoneAndNotDone<ConcurrentFuture<T>> {
  const action = "wait for futures";
  const { timeout = null, returnWhen = "ALL_COMPLETED" } = checkOptions(action, options);
  checkLimit(action, "timeout", timeout);
  if (!RETURN_WHEN.includes(returnWhen)) {
    throw cannot(action, `returnWhen is not one of ${RETURN_WHEN.join(", ")}`, returnWhen);
  }
  const all = setOfFutures(action, futures);
  const split = () => {
    const done = new Set<ConcurrentFuture<T>>();
    const notDone = new Set<ConcurrentFuture<T>>();
    for (const future of all) (future.done() ? done : notDone).add(future);
    return { done, notDone };
  };
  const hasFailed = (future: ConcurrentFuture<T>) =>
    future.done() && !future.cancelled() && future.exception() !== null;
  const isReady = () => {
    const { done, notDone } = split();
    if (notDone.size === 0) return true;
    if (returnWhen === "FIRST_COMPLETED") return done.size > 0;
    return returnWhen === "FIRST_EXCEPTION" && [...done].some(hasFailed);
  };
  blockUntil(action, isReady, timeout ?? Infinity, all);
  return split();
}

/** The futures, each once. */
function setOfFutures<T>(
  action: string,
  futures: Iterable<ConcurrentFuture<T>>,
): Set<ConcurrentFuture<T>> {
  if (typeof (futures as Partial<Iterable<unknown>> | null)?.[Symbol.iterator] !== "function") {
    throw cannot(action, "they are not in an iterable", futures);
  }
  const all = new Set(futures);
  for (const future of all) {
    if (future instanceof ConcurrentFuture) continue;
    throw cannot(action, "one of them is not a ConcurrentFuture", future);
  }
  return all;
}

/**
 * Options of {@linkcode asCompleted}.
 *
 * @category Concurrent futures
 */
export interface ConcurrentAsCompletedOptions {
  /**
   * How long the whole iteration may take, in milliseconds.
   *
   * @default {null}
   */
  timeout?: number | null | undefined;
}

/**
 * Iterates over futures in the order in which they are done; blocks the thread for each.
 *
 * Source: [`concurrent.futures.as_completed`](https://docs.python.org/3.14/library/concurrent.futures.html#concurrent.futures.as_completed).
 *
 * @param futures Futures of one executor or of several; one that is given twice has one turn.
 * @param options The time limit in milliseconds.
 * @returns The futures. The iterator throws a `TimeoutError` if the next one is not done in time.
 * @throws {TypeError} If one of them is not a `ConcurrentFuture`, or the timeout is not a number.
 * @category Concurrent futures
 *
 * @example
 * ```ts
 * import { asCompleted, ConcurrentFuture } from "@asyncio/future/concurrent";
 * import { assertEquals } from "@std/assert";
 *
 * const futures = ["a", "b"].map(() => new ConcurrentFuture<string>());
 * futures[1]!.setResult("b");
 * futures[0]!.setResult("a");
 * assertEquals([...asCompleted(futures)].map((future) => future.result()), ["a", "b"]);
 * ```
 */
export function asCompleted<T>(
  futures: Iterable<ConcurrentFuture<T>>,
  options?: ConcurrentAsCompletedOptions,
): IterableIterator<ConcurrentFuture<T>> {
  const action = "iterate over futures";
  const { timeout = null } = checkOptions(action, options);
  checkLimit(action, "timeout", timeout);
  const all = setOfFutures(action, futures);
  const end = performance.now() + (timeout ?? Infinity);
  const done: ConcurrentFuture<T>[] = [];
  let pending = 0;
  for (const future of all) {
    if (future.done()) done.push(future);
    else {
      pending++;
      future.addDoneCallback(() => done.push(future));
    }
  }
  const iterate = function* () {
    for (let left = done.length + pending; left > 0; left--) {
      if (!blockUntil(action, () => done.length > 0, end - performance.now(), all)) {
        throw new TimeoutError(`${left} (of ${all.size}) futures unfinished`);
      }
      yield done.shift()!;
    }
  };
  return iterate();
}
