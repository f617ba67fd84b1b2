/**
 * `shield()`: waiting without passing a cancellation on.
 *
 * @module
 */

import type { Future } from "../../future.ts";
import { checkOptions } from "../base/options.ts";
import { outcomeOf } from "../future/outcome.ts";
import { prepareSignal } from "../future/signals.ts";
import { settleAs } from "./delegating.ts";
import { type Awaitable, checkAwaitable, futureOf, type ResultOf } from "./ensure.ts";
import { loopOfFirst, onEnd, watch } from "./watch.ts";

/**
 * Options of {@linkcode shield}.
 *
 * @category Waiting
 */
export interface ShieldOptions {
  /**
   * A signal that cancels the returned future, but not the awaitable; its reason is the `cause` of
   * the `CancelledError`. In a `catch`, `signal.throwIfAborted()` throws that reason itself.
   */
  signal?: AbortSignal | undefined;
}

/**
 * Waits for an awaitable, which runs on when the returned future is cancelled.
 *
 * An exception of the awaitable after that is reported, unless somebody retrieves it. If somebody
 * else cancels the awaitable, the returned future is cancelled, too.
 *
 * In a task, write `shield(createTask(save))`, not `shield(save())`. An async function that the
 * task calls directly awaits as part of that task, and is cancelled with the task.
 *
 * See also: {@linkcode shielded}, which waits for a block of code in spite of a cancellation.
 *
 * Source: [`asyncio.shield`](https://docs.python.org/3.14/library/asyncio-task.html#asyncio.shield).
 *
 * @param awaitable A future, a task, a generator coroutine or a promise.
 * @param options A signal that cancels the wait.
 * @returns A future with the outcome; a future that is done is returned itself.
 * @throws {TypeError} If `awaitable` cannot be awaited, or the signal is not an `AbortSignal`.
 * @category Waiting
 *
 * @example
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
  const loop = loopOfFirst([awaitable]);
  prepareSignal(signal);
  const inner = futureOf(awaitable, loop) as Future<ResultOf<A>>;
  if (inner.done()) return inner;
  const outer = loop.createFuture<ResultOf<A>>({ signal });
  if (outer.done()) return outer;
  const onDone = () => {
    // `outcomeOf` marks an exception as retrieved. After `outer` is done, nobody here handles the
    // exception, so that it has to be reported.
    if (!outer.done()) settleAs(outer, outcomeOf(inner));
  };
  onEnd(outer, watch([inner], "shield", onDone), { operation: "shield", futures: [inner] });
  return outer;
}
