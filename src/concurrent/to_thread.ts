/**
 * `toThread()` and its default pools.
 *
 * @module
 */

import type { Future } from "../../future.ts";
import { type EventLoop, getEventLoop } from "../../loop.ts";
import { endings } from "../loop/endings.ts";
import { report } from "../loop/reports.ts";
import type { ArgumentsOf, FunctionName, ReturnOf } from "./executor.ts";
import type { TypedWorkerModule } from "./pool_worker.ts";
import { runInExecutor } from "./run_in_executor.ts";
import { WorkerPoolExecutor } from "./worker_pool.ts";

/** The default pools of each loop, by their modules. */
const poolsOf = new WeakMap<EventLoop, Map<unknown, { shutdown(): Promise<void> }>>();

/**
 * Calls a function of a module in a worker of the running loop's default pool for that module, and
 * returns a future for it. Cancelling the future cancels the call.
 *
 * The default pool has the default options of {@linkcode WorkerPoolExecutor}. `run()` waits for the
 * calls that are left when its tasks have ended, for `shutdownTimeout` at most, and then ends the pool.
 * Elsewhere, a worker ends once it has had nothing to do for 10 seconds.
 *
 * Source: [`asyncio.to_thread`](https://docs.python.org/3.14/library/asyncio-task.html#asyncio.to_thread),
 * which takes the function itself: a worker does not share its caller's functions, nor its context.
 *
 * @param module The address of the module with its type, from {@linkcode workerModule}, or a function
 * that starts a worker of it. A pool belongs to one address, or to one function.
 * @param name The name of the function.
 * @param args The arguments, which are cloned at once.
 * @returns The future.
 * @throws {TypeError} If the address of the module is not absolute, an argument cannot be cloned, or the
 * name of the function is not a string.
 * @throws {BrokenExecutor} If the host starts no worker.
 * @category Executors
 *
 * @example
 * ```ts
 * import { gather, run } from "@asyncio/future";
 * import { toThread, workerModule } from "@asyncio/future/concurrent";
 * import { assertEquals } from "@std/assert";
 *
 * const work = workerModule<typeof import("../../examples/concurrent/work.ts")>(
 *   new URL("../../examples/concurrent/work.ts", import.meta.url),
 * );
 * const results = await run(() =>
 *   gather(toThread(work, "fibonacci", 10), toThread(work, "fibonacci", 20))
 * );
 * assertEquals(results, [55, 6765]);
 * ```
 */
export function toThread<M, N extends FunctionName<M>>(
  module: TypedWorkerModule<M>,
  name: N,
  ...args: ArgumentsOf<M, N>
): Future<ReturnOf<M, N>> {
  const loop = getEventLoop();
  let pools = poolsOf.get(loop);
  if (!pools) poolsOf.set(loop, pools = new Map());
  const key = typeof module === "function" ? module : String(module);
  let pool = pools.get(key) as WorkerPoolExecutor<M> | undefined;
  if (!pool) pools.set(key, pool = new WorkerPoolExecutor(module));
  endings.add(endPools);
  return runInExecutor(pool, name, ...args);
}

/** Ends the default pools of a loop. */
function endPools(loop: EventLoop, timeout: number): Promise<void> | undefined {
  const pools = poolsOf.get(loop);
  if (!pools) return undefined;
  poolsOf.delete(loop);
  return new Promise((resolve) => {
    const timer = loop.callLater(Math.max(timeout, 0), () => {
      const message = "Calls of toThread() did not end in time and are left behind by run()";
      report(loop, { message });
      resolve();
    });
    void Promise.all([...pools.values()].map((pool) => pool.shutdown())).then(() => {
      // Calls that were left behind end after `run()` has closed the loop.
      if (loop.isClosed()) return;
      timer.cancel();
      // The callbacks that give the futures of the last calls their outcomes were scheduled earlier.
      loop.callSoon(resolve);
    });
  });
}
