/**
 * `runInExecutor()`.
 *
 * @module
 */

import type { Future } from "../../future.ts";
import { cannot } from "../base/checks.ts";
import { wrapFuture } from "../waiting/wrap.ts";
import type { ArgumentsOf, Executor, FunctionName, ReturnOf } from "./executor.ts";

/**
 * Calls a function of an executor's module, and returns a future of the running loop for it. Cancelling
 * the future cancels the call.
 *
 * Source: [`loop.run_in_executor`](https://docs.python.org/3.14/library/asyncio-eventloop.html#asyncio.loop.run_in_executor).
 *
 * @param executor The executor.
 * @param name The name of the function.
 * @param args The arguments.
 * @returns The future.
 * @throws {TypeError} If the executor has no submit method, or does not take the call.
 * @throws {Error} If the executor was shut down.
 * @category Executors
 *
 * @example
 * ```ts
 * import { timeout } from "@asyncio/future";
 * import { executorOf, runInExecutor } from "@asyncio/future/concurrent";
 * import { assertEquals } from "@std/assert";
 *
 * const functions = { double: (n: number) => 2 * n };
 * const executor = executorOf<typeof functions>((name, args) => functions[name](args[0] as number));
 * const result = await timeout(1_000, () => runInExecutor(executor, "double", 21));
 * assertEquals(result, 42);
 * ```
 */
export function runInExecutor<M, N extends FunctionName<M>>(
  executor: Executor<M>,
  name: N,
  ...args: ArgumentsOf<M, N>
): Future<ReturnOf<M, N>> {
  if (typeof (executor as Partial<Executor<M>> | null)?.submit !== "function") {
    throw cannot("run a function in an executor", "the executor has no submit method", executor);
  }
  return wrapFuture(executor.submit(name, ...args));
}
