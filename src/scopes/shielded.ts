/**
 * `shielded()`: a block that a request to cancel does not interrupt.
 *
 * @module
 */

import type { Future } from "../../future.ts";
import { DelegatingFuture } from "../waiting/delegating.ts";
import { RunningBody, runScope, type ScopeBody } from "./scope.ts";

/**
 * Runs a function that is not cancelled, but waited for.
 *
 * asyncio has no such function; Trio and anyio have `CancelScope(shield=True)`.
 *
 * The body starts at once and runs until it first waits. In a task, the body is a part of that task;
 * elsewhere, it is a task of its own. A request to cancel the task waits until the body has ended, and
 * is thrown at the next wait after that, so that the result or the error of the body is not lost.
 * `cancel()` of the returned future is `false`. The body may ask `currentTask().cancelling()` whether
 * there is a request, and may set a limit of its own with {@linkcode timeout}, inside.
 *
 * {@linkcode shield} is the other way round: the caller is cancelled at once, and what is shielded
 * runs on alone.
 *
 * The signal of the task aborts all the same: do not pass that to a `fetch` in the body.
 *
 * @param body The function to run (async, generator or plain).
 * @returns A future of the outcome of the body.
 * @throws {TypeError} If the body is not a function (an async generator function is refused).
 * @category Scopes
 *
 * @example
 * ```ts
 * import { CancelledError, createTask, shielded, sleep } from "@asyncio/future";
 * import { assertEquals, assertRejects } from "@std/assert";
 *
 * const log: string[] = [];
 * const task = createTask(async () => {
 *   await shielded(async () => {
 *     await sleep(2);
 *     log.push("committed");
 *   });
 *   await sleep(60_000); // cancelled
 * });
 * await sleep(1);
 * task.cancel("the user left");
 * await assertRejects(() => task, CancelledError, "the user left");
 * assertEquals(log, ["committed"]);
 * ```
 */
export function shielded<T>(body: ScopeBody<void, T>): Future<T> {
  return runScope("run the shielded body", body, undefined, (outer) => {
    const { task } = new RunningBody<T>(
      outer.getLoop(),
      "shielded",
      () => body(),
      (running) => running.endScope(outer, running.outcome, true, running.lastStep),
    );
    DelegatingFuture.setSource(outer, { operation: "shielded", body: task });
    // The task that waits for the future keeps a request that the future refuses.
    return () => false;
  });
}
