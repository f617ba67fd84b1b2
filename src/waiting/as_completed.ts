/**
 * `asCompleted()`.
 *
 * @module
 */

import { TimeoutError } from "../../errors.ts";
import type { Future } from "../../future.ts";
import type { EventLoop } from "../../loop.ts";
import { checkLimit } from "../base/checks.ts";
import { checkOptions } from "../base/options.ts";
import { EXCEPTION, RESULT } from "../future/states.ts";
import { type Outcome, outcomeOf, settleAs } from "./delegating.ts";
import {
  type Awaitable,
  checkAwaitable,
  type FutureOf,
  futureOf,
  type ResultOf,
} from "./ensure.ts";
import { onEnd, openLoopOf, setOf, startTimer, watch } from "./watch.ts";

/** Options of {@linkcode asCompleted}. */
export interface AsCompletedOptions {
  /** How long to wait for all, in milliseconds. Default: `null`, without limit. */
  timeout?: number | null | undefined;
  /** Aborting it cancels the steps that wait, not what is waited for. */
  signal?: AbortSignal | undefined;
}

/**
 * What `for await` goes through of {@linkcode Completions}: the futures given.
 *
 * @typeParam F The type of the futures.
 */
// No bare AsyncIterableIterator: TypeScript 7 takes what comes of that for awaited.
export interface CompletionIterator<F> extends AsyncIterableIterator<F> {}

/**
 * What {@linkcode asCompleted} returns: an iterable of futures of the outcomes, in
 * the order in which they arrive, and an async iterable of the futures given, in
 * the order in which they are done. There is one sequence, whichever of the two
 * ways it is gone through.
 *
 * @typeParam A The type of the awaitables.
 */
// A union, as TypeScript before 7 takes what `for await` has for awaited, which it is not,
// on every loop over a type but the first; the types of a union it keeps.
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
 * Goes through several things in the order in which they are done.
 *
 * With `for await`, the futures come themselves, done; for what is no future, the
 * future that was made of it. With `for`, each step is a future that will have the
 * outcome of the next one that is done. When the time is over, the step that
 * waits fails with a `TimeoutError`; nothing is cancelled.
 *
 * Source: [`asyncio.as_completed`](https://docs.python.org/3.14/library/asyncio-task.html#asyncio.as_completed).
 *
 * @param awaitables Futures, tasks, generator coroutines, promises.
 * @param options The time limit in milliseconds, and a signal that cancels the
 * steps.
 * @returns An iterable and async iterable.
 * @throws {TypeError} If they come in no iterable, or one cannot be waited for; then
 * none is started.
 *
 * @example In an async function
 * ```ts
 * import { asCompleted, sleep } from "@asyncio/future";
 * import { assertEquals } from "@std/assert";
 *
 * const mirrors = [sleep(20, { result: "slow" }), sleep(1, { result: "fast" })];
 * const order: string[] = [];
 * for await (const mirror of asCompleted(mirrors)) order.push(mirror.result());
 * assertEquals(order, ["fast", "slow"]);
 * ```
 *
 * @example In a generator
 * ```ts
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
  awaitables: Iterable<A>,
  options?: AsCompletedOptions,
): Completions<A> {
  const list = setOf("iterate over the awaitables", awaitables, "awaitables");
  for (const awaitable of list) checkAwaitable("wait for the awaitable", awaitable);
  const { timeout = null, signal } = checkOptions("iterate over the awaitables", options);
  checkLimit("iterate over the awaitables", "timeout", timeout);
  const loop = openLoopOf(list);
  const futures = new Set(Array.from(list, (awaitable) => futureOf(awaitable, loop)));
  return complete(loop, futures, timeout, signal) as unknown as Completions<A>;
}

/** First in, first out, whatever is deleted in between. */
class Queue<T> extends Set<T> {
  readonly #rest = this.values();

  /** Takes out the first; there must be one. */
  shift(): T {
    const first = this.#rest.next().value!;
    this.delete(first);
    return first;
  }
}

/** A step of an iteration, which waits for the next future that is done. */
interface Step {
  readonly future: Future<unknown>;
  /** What the step makes of the future that is done. */
  take(done: Future<unknown>): Outcome;
}

/** Hands the futures that are done to the steps that wait, each in order. */
function complete(
  loop: EventLoop,
  /** Those that are not done; none when the time is over. */
  running: Set<Future<unknown>>,
  timeout: number | null,
  signal: AbortSignal | undefined,
): Iterable<Future<unknown>> & AsyncIterable<Future<unknown>> {
  /** Those that are done and that no step has taken. */
  const done = new Queue<Future<unknown>>();
  const steps = new Queue<Step>();
  let stepsLeft = running.size;
  let release = () => {};

  const onDone = (future: Future<unknown>) => {
    // It was done in the turn of the timeout.
    if (!running.delete(future)) return;
    done.add(future);
    if (running.size === 0) release();
    serve();
  };
  const onTimeout = () => {
    // Some may have been done just now.
    for (const future of running) if (future.done()) onDone(future);
    release();
    running.clear();
    serve();
  };
  const serve = () => {
    while (steps.size > 0 && (done.size > 0 || running.size === 0)) {
      const { future, take } = steps.shift();
      if (future.done()) continue;
      // There is one for each step, unless the time is over.
      settleAs(future, done.size > 0 ? take(done.shift()) : [EXCEPTION, new TimeoutError()]);
    }
  };
  const createStep = <T>(take: Step["take"]): Future<T> => {
    const future = loop.createFuture<T>({ signal });
    const step = { future, take };
    stepsLeft--;
    steps.add(step);
    onEnd(future, () => {
      steps.delete(step);
      releaseIfUnused();
    });
    serve();
    return future;
  };
  /** Takes note that no more steps will be asked for. */
  const stop = () => {
    stepsLeft = 0;
    releaseIfUnused();
  };
  const releaseIfUnused = () => {
    // `const [first] = asCompleted(…)` stops with a step that still waits.
    if (stepsLeft === 0 && steps.size === 0) release();
  };
  const timer = startTimer(loop, stepsLeft > 0 ? timeout : null, onTimeout);
  release = watch(running, "asCompleted", onDone, timer);
  // Futures of other copies may have called back at once.
  if (running.size === 0) release();

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
      const iterator = {
        next(): Future<Result> {
          if (stepsLeft > 0) {
            const step = createStep<Result>((value) => [RESULT, { done: false, value }]);
            // A loop that its own step throws out of does not call return().
            onEnd(step, () => step.cancelled() && stop());
            return step;
          }
          const end = loop.createFuture<Result>();
          end.setResult({ done: true, value: undefined });
          return end;
        },
        return() {
          stop();
          return iterator.next();
        },
        [Symbol.asyncIterator]: () => iterator,
      };
      return iterator;
    },
  };
}
