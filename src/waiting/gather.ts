/**
 * `gather()`.
 *
 * @module
 */

import { type Future, isFuture } from "../../future.ts";
import { isGenerator, isObject } from "../base/checks.ts";
import { checkOptions, hasOfItsOwn } from "../base/options.ts";
import { internals, type Waiter } from "../future/internals.ts";
import { CANCELLED, EXCEPTION, RESULT } from "../future/states.ts";
import { DelegatingFuture, type Outcome, outcomeOf, settleAs } from "./delegating.ts";
import {
  type Awaitable,
  awaitableHint,
  checkAwaitable,
  futureOf,
  type ResultOf,
} from "./ensure.ts";
import { callBackSoon, openLoopOf } from "./watch.ts";

/** Options of {@linkcode gather}. */
export interface GatherOptions {
  /**
   * Whether exceptions, and cancellations, stand among the results.
   *
   * @default {false}
   */
  returnExceptions?: boolean | undefined;
  /** Aborting it cancels everything gathered, with the signal's reason as the reason. */
  signal?: AbortSignal | undefined;
}

/**
 * The results that {@linkcode gather} has for awaitables.
 *
 * @typeParam A The types of the awaitables: a tuple or an array.
 */
export type Gathered<A extends readonly unknown[]> = { -readonly [K in keyof A]: ResultOf<A[K]> };

/**
 * The results or exceptions that {@linkcode gather} has for awaitables. What is
 * thrown is taken for an `Error`, though anything can be.
 *
 * @typeParam A The types of the awaitables: a tuple or an array.
 */
export type GatheredOutcomes<A extends readonly unknown[]> = {
  -readonly [K in keyof A]: ResultOf<A[K]> | Error;
};

/**
 * Waits for several things at once, and has their results in the order of the
 * arguments.
 *
 * The first exception is that of the future that is returned, and the others run
 * on. One that is cancelled counts as failed with its `CancelledError`. With
 * `returnExceptions`, exceptions stand among the results. Cancelling the future
 * cancels all that is gathered, and it is done when all of that has ended; a promise
 * cannot be cancelled, and is left behind. The same thing given twice is waited for
 * once.
 *
 * Source: [`asyncio.gather`](https://docs.python.org/3.14/library/asyncio-task.html#asyncio.gather).
 *
 * @param awaitables Futures, tasks, generator coroutines, promises; and, as the
 * last argument, the options.
 * @returns A future for the array of the results.
 * @throws {TypeError} If one cannot be waited for, such as an array or a set: write
 * `gather(...tasks)`. Then none is started.
 *
 * @example Usage
 * ```ts
 * import { createTask, gather, sleep } from "@asyncio/future";
 * import { assertEquals } from "@std/assert";
 *
 * const results = await gather(
 *   createTask(async () => {
 *     await sleep(2);
 *     return "a task";
 *   }),
 *   sleep(1, { result: "a future" }),
 *   Promise.resolve("a promise"),
 * );
 * assertEquals(results, ["a task", "a future", "a promise"]);
 * ```
 *
 * @example With exceptions among the results
 * ```ts
 * import { Future, gather, sleep } from "@asyncio/future";
 * import { assertEquals, assertInstanceOf } from "@std/assert";
 *
 * const failing = new Future<number>();
 * failing.setException(new RangeError("no such host"));
 * const [first, second] = await gather(failing, sleep(1, { result: 42 }), {
 *   returnExceptions: true,
 * });
 * assertInstanceOf(first, RangeError);
 * assertEquals(second, 42);
 * ```
 */
export function gather<A extends readonly Awaitable<unknown>[]>(
  ...awaitables: A
): Future<Gathered<A>>;

/** With options. */
export function gather<A extends readonly Awaitable<unknown>[]>(
  ...args: [...awaitables: A, options: GatherOptions & { returnExceptions?: false | undefined }]
): Future<Gathered<A>>;

/** With exceptions among the results. */
export function gather<A extends readonly Awaitable<unknown>[]>(
  ...args: [...awaitables: A, options: GatherOptions]
): Future<GatheredOutcomes<A>>;

export function gather(...args: unknown[]): Future<unknown[]> {
  const options = isGatherOptions(args.at(-1)) ? args.pop() as GatherOptions : undefined;
  const { returnExceptions, signal } = checkOptions("gather the awaitables", options);
  for (const arg of args) checkAwaitable("gather the awaitable", arg, gatherHint);
  const loop = openLoopOf(args);
  const made = new Map<unknown, Future<unknown>>();
  const futures = args.map((arg) => {
    if (isFuture(arg)) return arg;
    const child = made.get(arg) ?? futureOf(arg as Awaitable<unknown>, loop);
    made.set(arg, child);
    return child;
  });
  // Once all have ended, their results can be taken back no more.
  const outer = new DelegatingFuture<unknown[]>(loop, (reason) => {
    let passed = false;
    for (const child of new Set(futures)) if (child.cancel(reason)) passed = true;
    return passed;
  });

  // Let go of in the end, as in waitFor().
  let waiting: DelegatingFuture<unknown> | undefined = outer as DelegatingFuture<unknown>;
  let running = 0;
  let toLookAt = 0;
  let failure: Outcome | undefined;
  /** Looks at one even if it comes too late: gather() answers for every child. */
  const lookAt = (child: Future<unknown>) => {
    const [state, value] = outcomeOf(child);
    if (returnExceptions || state === RESULT) return;
    const request = waiting && DelegatingFuture.requestOf(waiting);
    if (state !== CANCELLED || !request) failure ??= [EXCEPTION, value];
  };
  const settleIfOver = () => {
    const future = waiting;
    if (!future) return;
    const request = DelegatingFuture.requestOf(future);
    if (toLookAt > 0 && (!failure || request)) return;
    waiting = undefined;
    const results = () => futures.map((future) => outcomeOf(future)[1]);
    settleAs(future, failure ?? (request ? [CANCELLED, request] : [RESULT, results()]));
  };
  const onDone = (child: Future<unknown>) => {
    toLookAt--;
    lookAt(child);
    settleIfOver();
  };
  // One for all, and no turn of the loop for a result that others still follow on.
  const waiter: Waiter = {
    label: "gather",
    notify(child) {
      running--;
      if (running > 0 && internals.stateOf(child) === RESULT) toLookAt--;
      else callBackSoon(child, onDone);
    },
  };
  const foreign = new Set<Future<unknown>>();
  for (const child of futures) {
    // Those that are done cost no turn.
    if (child.done()) {
      lookAt(child);
    } else if (!internals.isOfThisCopy(child)) {
      foreign.add(child);
    } else if (internals.addWaiter(child, waiter)) {
      running++;
    }
  }
  toLookAt = running + foreign.size;
  for (const child of foreign) child.addDoneCallback(onDone);
  settleIfOver();
  if (signal) internals.followSignal(outer, signal);
  return outer;
}

/** What to do instead of giving `arg` to gather(). */
function gatherHint(arg: unknown): string {
  if (isObject(arg) && Symbol.iterator in arg) return " (write `...` before it)";
  if (isGatherOptions(arg)) return " (options come last)";
  if (isObject(arg) && "aborted" in arg) return " (write `{ signal }`)";
  return awaitableHint(arg);
}

/** Whether the last argument of gather() is its options: a plain object, or one that has some. */
function isGatherOptions(value: unknown): value is GatherOptions {
  if (typeof value !== "object" || value === null) return false;
  if (isFuture(value) || isGenerator(value) || hasOfItsOwn(value, "then")) return false;
  const prototype = Object.getPrototypeOf(value);
  if (prototype === Object.prototype || prototype === null) return true;
  // Classes of the platform, a Request for one, have tags, and perhaps a signal.
  return !(Symbol.toStringTag in value) &&
    (hasOfItsOwn(value, "returnExceptions") || hasOfItsOwn(value, "signal"));
}
