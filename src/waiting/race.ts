/**
 * `race()`: the first of several awaitables, without the others running on.
 *
 * @module
 */

import type { Future } from "../../future.ts";
import { cannot } from "../base/checks.ts";
import { checkOptions } from "../base/options.ts";
import { cancelTargets } from "../future/cancel_target.ts";
import { internals } from "../future/internals.ts";
import { endsInCancellation, outcomeOf } from "../future/outcome.ts";
import { prepareSignal } from "../future/signals.ts";
import { CANCELLED, RESULT } from "../future/states.ts";
import { whenDone } from "../future/waiters.ts";
import { passOn } from "../task/passing.ts";
import { DelegatingFuture, settleAs } from "./delegating.ts";
import { type Awaitable, checkAwaitable, futureOf, type ResultOf } from "./ensure.ts";
import { giveBackIfUndelivered, giveBackOf, giveBackResult, setGiveBack } from "./late.ts";
import { openLoopOf, setOf } from "./watch.ts";

/**
 * Options of {@linkcode race}.
 *
 * @category Waiting
 */
export interface RaceOptions {
  /** A signal that cancels all awaitables, with its own reason. */
  signal?: AbortSignal | undefined;
}

/**
 * Waits for the first of several awaitables, and cancels the others.
 *
 * asyncio has no such function.
 *
 * The first one that is done decides, with its result, its exception or its cancellation. The
 * returned future has that outcome, but only when the others have ended as well, so that nothing runs
 * on. A promise cannot be cancelled, and is left behind.
 *
 * An exception of one of the others is reported, unless somebody retrieves it. A result that one of
 * them has in spite of the cancellation stays in its future, but what `acquire()` of a lock or
 * `get()` of a queue has handed over goes back. If other results have to be given back, such as
 * connections, keep the futures and look at them after the race.
 *
 * Cancelling the returned future cancels all awaitables, and ends with a `CancelledError` when they
 * have ended, unless one of them has a result or fails. Once the race is decided, the returned future
 * cannot be cancelled any more: a task that waits for it is thrown the request when the others have
 * ended.
 *
 * @param awaitables Futures, tasks, generator coroutines, promises.
 * @param options A signal that cancels all awaitables.
 * @returns A future with the outcome of the first one.
 * @throws {TypeError} If the awaitables are not in an iterable, if there are none, if one of them
 * cannot be awaited, or if an option is not valid; then nothing is started.
 * @throws {Error} If the loop is closed.
 * @category Waiting
 *
 * @example
 * ```ts
 * import { createTask, race, sleep } from "@asyncio/future";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const slow = createTask(() => sleep(60_000, { result: "slow" }));
 * const fast = createTask(() => sleep(1, { result: "fast" }));
 * assertEquals(await race([slow, fast]), "fast");
 * assert(slow.cancelled());
 * ```
 */
export function race<A extends Awaitable<unknown>>(
  awaitables: Iterable<A> & { readonly then?: "put it into an array, as in race([task])" },
  options?: RaceOptions,
): Future<ResultOf<A>> {
  const list = setOf("race", awaitables, "awaitables");
  for (const awaitable of list) checkAwaitable("race the awaitable", awaitable);
  if (list.size === 0) throw cannot("race", "there are no awaitables", []);
  const { signal } = checkOptions("race", options);
  const loop = openLoopOf(list);
  prepareSignal(signal);
  const futures = new Set(Array.from(list, (awaitable) => futureOf(awaitable, loop)));
  let winner: Future<unknown> | undefined;
  const outer = new DelegatingFuture<ResultOf<A>>(
    loop,
    (reason) => winner === undefined && cancelTargets(futures, reason),
    { operation: "race", futures },
  );
  const onDone = (future: Future<unknown>) => {
    // After a request to cancel, one that ends as cancelled decides nothing.
    const isAsked = DelegatingFuture.requestOf(outer) !== undefined;
    if (winner || (isAsked && endsInCancellation(future))) return;
    winner = future;
    passOn(() => cancelTargets(futures), false);
  };
  const finish = () => {
    if (!winner) return settleAs(outer, [CANCELLED, DelegatingFuture.requestOf(outer)]);
    const outcome = outcomeOf(winner);
    const giveBack = giveBackOf(winner);
    if (giveBack && outcome[0] === RESULT) giveBackIfUndelivered(outer, giveBack);
    settleAs(outer, outcome, winner);
    for (const future of futures) if (future !== winner) giveBackResult(future);
  };
  let left = futures.size;
  // One waiter for each: a future with several counts as one whose result others may have.
  for (const future of futures) {
    const notify = () => {
      onDone(future);
      if (--left === 0) finish();
    };
    whenDone(future, { notify, label: "race" });
  }
  if ([...futures].some(giveBackOf)) {
    setGiveBack(outer, (result) => giveBackOf(winner!)?.(result));
  }
  if (signal) internals.followSignal(outer, signal);
  return outer;
}
