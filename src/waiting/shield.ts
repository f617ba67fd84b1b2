/**
 * `shield()`.
 *
 * @module
 */

import type { Future } from "../../future.ts";
import { checkOptions } from "../base/options.ts";
import { outcomeOf, settleAs } from "./delegating.ts";
import { type Awaitable, checkAwaitable, futureOf, type ResultOf } from "./ensure.ts";
import { loopOf, onEnd, watch } from "./watch.ts";

/** Options of {@linkcode shield}. */
export interface ShieldOptions {
  /** Aborting it cancels the future that is returned, not what is shielded. */
  signal?: AbortSignal | undefined;
}

/**
 * Waits for something without cancelling it: when the future that is returned is
 * cancelled, what it waits for runs on.
 *
 * An async function that a task calls itself is not shielded from the task's
 * cancellation, as what it awaits counts as awaited by that task: write
 * `shield(createTask(save))`, not `shield(save())`.
 *
 * If that fails afterwards, its exception is reported unless somebody looks at
 * it. If it is cancelled otherwise, so is the future that is returned.
 *
 * Source: [`asyncio.shield`](https://docs.python.org/3.14/library/asyncio-task.html#asyncio.shield).
 *
 * @param awaitable A future, a task, a generator coroutine or a promise.
 * @param options A signal that cancels the wait.
 * @returns A future with the outcome; a future that is done is returned itself.
 * @throws {TypeError} If it cannot be waited for or the signal is no `AbortSignal`.
 *
 * @example Usage
 * ```ts
 * import { createTask, shield, sleep } from "@asyncio/future";
 * import { assertEquals } from "@std/assert";
 *
 * const saving = createTask(() => sleep(5, { result: "saved" }));
 * const waiting = shield(saving);
 * waiting.cancel();
 * assertEquals(await saving, "saved");
 * ```
 */
export function shield<A extends Awaitable<unknown>>(
  awaitable: A,
  options?: ShieldOptions,
): Future<ResultOf<A>> {
  checkAwaitable("shield the awaitable", awaitable);
  const { signal } = checkOptions("shield the awaitable", options);
  const loop = loopOf([awaitable]);
  const inner = futureOf(awaitable, loop) as Future<ResultOf<A>>;
  if (inner.done()) return inner;
  const outer = loop.createFuture<ResultOf<A>>({ signal });
  if (outer.done()) return outer;
  const onDone = () => {
    // An exception that comes too late is for the report, not to be looked at.
    if (!outer.done()) settleAs(outer, outcomeOf(inner));
  };
  onEnd(outer, watch([inner], "shield", onDone));
  return outer;
}
