/**
 * `asCompleted()`: iteration over awaitables in the order in which they are done.
 *
 * @module
 */

import type { Future } from "../../future.ts";
import type { EventLoop } from "../../loop.ts";
import { checkLimit } from "../base/checks.ts";
import { checkOptions } from "../base/options.ts";
import { type Outcome, outcomeOf } from "../future/outcome.ts";
import { prepareSignal } from "../future/signals.ts";
import { EXCEPTION, RESULT } from "../future/states.ts";
import { ANY_CODE, deliverFirst, setOnUndelivered } from "../task/delivery.ts";
import { settleAs } from "./delegating.ts";
import { afterGrace, timeoutError } from "./time_limit.ts";
import {
  type Awaitable,
  checkAwaitable,
  type FutureOf,
  futureOf,
  type ResultOf,
} from "./ensure.ts";
import { onEnd, openLoopOf, setOf } from "./watch.ts";
import { watchWeakly, WeakLink } from "./weak_link.ts";

/**
 * Options of {@linkcode asCompleted}.
 *
 * @category Waiting
 */
export interface AsCompletedOptions {
  /**
   * How long the whole iteration may wait, in milliseconds. With zero or less, only futures that
   * are done already have their turn; `null` and `Infinity` set no limit.
   *
   * @default {null}
   */
  timeout?: number | null | undefined;
  /**
   * A signal that cancels the pending steps, but none of the awaitables; its reason is the `cause` of
   * the `CancelledError`. In a `catch`, `signal.throwIfAborted()` throws that reason itself.
   */
  signal?: AbortSignal | undefined;
}

/**
 * The async iterator of {@linkcode Completions}: `for await` gets the futures themselves.
 *
 * @typeParam F The type of the futures.
 * @category Waiting
 */
// An interface of its own: with a bare AsyncIterableIterator<F>, some versions of TypeScript give
// the variable of `for await` the type Awaited<F>.
export interface CompletionIterator<F> extends AsyncIterableIterator<F> {}

/**
 * The return type of {@linkcode asCompleted}: an iterable and an async iterable.
 *
 * Iterating with `for` gives futures of the outcomes, in the order in which the outcomes arrive.
 * Iterating with `for await` gives the futures themselves, in the order in which they are done.
 * All iterators share one sequence of steps.
 *
 * @typeParam A The type of the awaitables.
 * @category Waiting
 */
// A union of two alike: some versions of TypeScript give the variable of `for await` the type
// Awaited<F> in every loop over one type but the first, though not if that type is a union.
export type Completions<A> =
  | {
    [Symbol.iterator](): IterableIterator<Future<ResultOf<A>>>;
    [Symbol.asyncIterator](): CompletionIterator<FutureOf<A>>;
  }
  | {
    [Symbol.iterator](): IterableIterator<Future<ResultOf<A>>>;
    [Symbol.asyncIterator](): CompletionIterator<FutureOf<A>>;
    readonly [Symbol.toStringTag]?: never;
  };

/**
 * Iterates over awaitables in the order in which they are done.
 *
 * `for await` gives the futures themselves, each of them done. An awaitable that is not a future
 * is given as the future that was made of it. With `for`, each step is a new future that gets the
 * next outcome. When the time is over, steps without an outcome fail with a `TimeoutError`;
 * nothing is cancelled. An awaitable that is given twice has one step.
 *
 * See also: {@linkcode gather} for all results in the order of the arguments, {@linkcode wait} for
 * the sets of those that are done and pending, {@linkcode race} for the first.
 *
 * Source: [`asyncio.as_completed`](https://docs.python.org/3.14/library/asyncio-task.html#asyncio.as_completed).
 *
 * @param awaitables Futures, tasks, generator coroutines, promises.
 * @param options The time limit in milliseconds, and a signal that cancels the steps.
 * @returns An iterable and async iterable.
 * @throws {TypeError} If the awaitables are not in an iterable, if one of them cannot be awaited,
 * or if an option is not valid; then nothing is started.
 * @throws {Error} If the loop is closed.
 * @category Waiting
 *
 * @example
 * ```ts
 * // In an async function, `for await` gives the futures themselves.
 * import { asCompleted, sleep } from "@asyncio/future";
 * import { assertEquals } from "@std/assert";
 *
 * const mirrors = [sleep(20, { result: "slow" }), sleep(1, { result: "fast" })];
 * const order: string[] = [];
 * for await (const mirror of asCompleted(mirrors)) order.push(mirror.result());
 * assertEquals(order, ["fast", "slow"]);
 * ```
 *
 * @example
 * ```ts
 * // In a generator, `for` gives futures of the outcomes.
 * import { asCompleted, run, sleep } from "@asyncio/future";
 * import { assertEquals } from "@std/assert";
 *
 * const first = await run(function* () {
 *   const mirrors = [sleep(20, { result: "slow" }), sleep(1, { result: "fast" })];
 *   for (const next of asCompleted(mirrors)) return yield* next;
 * });
 * assertEquals(first, "fast");
 * ```
 */
export function asCompleted<A extends Awaitable<unknown>>(
  awaitables: Iterable<A> & { readonly then?: "put it into an array, as in asCompleted([task])" },
  options?: AsCompletedOptions,
): Completions<A> {
  const list = setOf("iterate over the awaitables", awaitables, "awaitables");
  for (const awaitable of list) checkAwaitable("wait for the awaitable", awaitable);
  const { timeout = null, signal } = checkOptions("iterate over the awaitables", options);
  checkLimit("iterate over the awaitables", "timeout", timeout);
  const loop = openLoopOf(list);
  prepareSignal(signal);
  const futures = new Set(Array.from(list, (awaitable) => futureOf(awaitable, loop)));
  return complete(loop, futures, timeout, signal) as unknown as Completions<A>;
}

/** A queue, first in, first out, from whose middle elements can be deleted in constant time. */
class Queue<T> extends Set<T> {
  /** The iterator for all calls: a new one would have to skip all deleted elements again. */
  readonly #rest = this.values();

  /** Removes and returns the first element. The queue must not be empty. */
  shift(): T {
    const first = this.#rest.next().value!;
    this.delete(first);
    return first;
  }
}

/** A step of an iteration, which takes the next future that is done. */
interface Step {
  /** The future that the iteration gives to its user. */
  readonly future: Future<unknown>;
  /** Returns the outcome of the step when it takes a future that is done. */
  take(done: Future<unknown>): Outcome;
}

/**
 * Matches futures that are done with steps, both in their order.
 *
 * @param pending The futures to wait for. `onDone` deletes each one that is done; the deadline
 * deletes all others.
 */
function complete(
  loop: EventLoop,
  pending: Set<Future<unknown>>,
  timeout: number | null,
  signal: AbortSignal | undefined,
): Iterable<Future<unknown>> & AsyncIterable<Future<unknown>> {
  /** Futures that are done, and that no step has taken yet. */
  const done = new Queue<Future<unknown>>();
  /** Steps that no future has been matched with yet. */
  const steps = new Queue<Step>();
  /** How many steps may still be asked for: none after `stop()`. */
  let stepsLeft = pending.size;
  const count = pending.size;
  /** What took too long. Set by the deadline. */
  let late = "";
  /** Stops watching the futures, and cancels the timer. Set below. */
  let release = () => {};

  const onDone = (future: Future<unknown>) => {
    // The future was done in the turn of the deadline, and `onTimeout` has counted it already.
    if (!pending.delete(future)) return;
    done.add(future);
    if (pending.size === 0) release();
    serve();
  };
  const onTimeout = () => afterGrace(loop, endSteps);
  const endSteps = () => {
    // A future may be done while the callback that runs `onDone` is still to come.
    for (const future of pending) if (future.done()) onDone(future);
    release();
    late = `${pending.size} of ${count} awaitables are pending`;
    pending.clear();
    serve();
  };
  const serve = () => {
    while (steps.size > 0 && (done.size > 0 || pending.size === 0)) {
      const { future, take } = steps.shift();
      if (future.done()) continue;
      // Without the deadline there are never more steps than futures.
      settleAs(
        future,
        done.size > 0 ? take(done.shift()) : [EXCEPTION, timeoutError(timeout!, late)],
      );
    }
  };
  const createStep = <T>(take: Step["take"]): Future<T> => {
    let future: Future<T>;
    try {
      future = loop.createFuture<T>({ signal });
    } catch (error) {
      // If `next()` throws, `for await` ends without calling `return()`.
      stop();
      throw error;
    }
    const step = { future, take };
    stepsLeft--;
    steps.add(step);
    // Perhaps only the step leads to the code that waits for it.
    link.hold(iteration);
    onEnd(future, () => {
      steps.delete(step);
      if (steps.size === 0) link.loosen();
      releaseIfUnused();
    }, { operation: "asCompleted", futures: pending });
    serve();
    return future;
  };
  /** Called when no more steps will be asked for. */
  const stop = () => {
    stepsLeft = 0;
    releaseIfUnused();
  };
  const releaseIfUnused = () => {
    // `const [first] = asCompleted(…)` stops while its only step is still pending.
    if (stepsLeft === 0 && steps.size === 0) release();
  };
  const iteration = { onDone, onTimeout };
  /** Weak while no step is pending, so that an iteration that nobody goes on with is released. */
  const link = new WeakLink(iteration);
  release = watchWeakly(link, loop, pending, "asCompleted", stepsLeft > 0 ? timeout : null);
  // Futures of another copy of the module may have called back inside `watch()`.
  if (pending.size === 0) release();

  return {
    *[Symbol.iterator]() {
      try {
        while (stepsLeft > 0) yield createStep(outcomeOf);
      } finally {
        stop();
      }
    },
    [Symbol.asyncIterator]() {
      type Result = IteratorResult<Future<unknown>, undefined>;
      const end = () => {
        const result = loop.createFuture<Result>();
        result.setResult({ done: true, value: undefined });
        return result;
      };
      const iterator = {
        next(): Future<Result> {
          if (stepsLeft > 0) {
            const step = createStep<Result>((value) => [RESULT, { done: false, value }]);
            // If the step of a `for await` throws, the loop ends without calling `return()`.
            onEnd(step, () => step.cancelled() && stop());
            setOnUndelivered(step, stop);
            return step;
          }
          return end();
        },
        return() {
          stop();
          const result = end();
          // If the body of the loop has thrown, the language drops what is thrown here.
          deliverFirst(result, ANY_CODE);
          return result;
        },
        [Symbol.asyncIterator]: () => iterator,
      };
      return iterator;
    },
  };
}
