/**
 * Work for other threads: the counterpart of Python's `concurrent.futures`.
 *
 * {@linkcode WorkerPoolExecutor} runs the functions of a module in workers. Its
 * {@linkcode ConcurrentFuture}s can be awaited, in tasks and elsewhere, and `result()` blocks the
 * thread for code that is not asynchronous.
 *
 * ```sh
 * deno add jsr:@asyncio/future # Deno
 * npm install @asyncio/future  # Node, Bun, bundlers
 * ```
 *
 * ```ts
 * import { WorkerPoolExecutor } from "@asyncio/future/concurrent";
 * import { assertEquals } from "@std/assert";
 *
 * // work.ts exports fibonacci(), and calls expose({ fibonacci }).
 * type Work = typeof import("./examples/concurrent/work.ts");
 * const module = new URL("./examples/concurrent/work.ts", import.meta.url);
 *
 * await using pool = new WorkerPoolExecutor<Work>(module);
 * assertEquals(await pool.submit("fibonacci", 20), 6765);
 * ```
 *
 * - **Executors:** {@linkcode WorkerPoolExecutor}, {@linkcode toThread}, {@linkcode runInExecutor},
 *   {@linkcode executorOf}.
 * - **In the worker:** {@linkcode expose}, {@linkcode callSignal}, {@linkcode transfer}.
 * - **From a worker to the loop:** {@linkcode loopRef}, {@linkcode runCoroutineThreadsafe},
 *   {@linkcode callSoonThreadsafe}.
 * - **Futures:** {@linkcode ConcurrentFuture}, {@linkcode wait}, {@linkcode asCompleted}.
 *
 * @module
 */

export {
  ConcurrentFuture,
  type ConcurrentFutureOptions,
} from "./src/concurrent/concurrent_future.ts";
export { BrokenExecutor } from "./src/concurrent/errors.ts";
export {
  type ArgumentsOf,
  Executor,
  type FunctionName,
  type MapOptions,
  type MappedResults,
  type ReturnOf,
  type ShutdownOptions,
} from "./src/concurrent/executor.ts";
export { type CallOptions, executorOf } from "./src/concurrent/executor_of.ts";
export { callSignal, expose, type ExposeOptions } from "./src/concurrent/expose.ts";
export { type LoopRef, loopRef, type LoopRefOptions } from "./src/concurrent/loop_ref.ts";
export { transfer } from "./src/concurrent/messages.ts";
export type { TypedWorkerModule, WorkerModule } from "./src/concurrent/pool_worker.ts";
export { runInExecutor } from "./src/concurrent/run_in_executor.ts";
export { callSoonThreadsafe, runCoroutineThreadsafe } from "./src/concurrent/threadsafe.ts";
export { toThread } from "./src/concurrent/to_thread.ts";
export {
  asCompleted,
  type ConcurrentAsCompletedOptions,
  type ConcurrentWaitOptions,
  type DoneAndNotDone,
  wait,
} from "./src/concurrent/wait.ts";
export {
  workerModule,
  WorkerPoolExecutor,
  type WorkerPoolOptions,
} from "./src/concurrent/worker_pool.ts";
