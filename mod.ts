/**
 * `asyncio.Future` for TypeScript: an eventual result that can be asked for its
 * state, settled from outside, cancelled and awaited; the tasks, the loop and
 * the context that go with it.
 *
 * The semantics are those of Python's asyncio, the surface is the web's:
 * milliseconds, `AbortSignal`, promises. It needs no permission and depends on
 * nothing, and runs on Deno, Node, Bun, workerd and in browsers.
 *
 * ```ts
 * import { createTask, Future, run, sleep } from "@asyncio/future";
 * import { assertEquals } from "@std/assert";
 *
 * async function main() {
 *   const answer = new Future<number>();
 *   createTask(async () => {
 *     await sleep(1);
 *     answer.setResult(42);
 *   });
 *   return await answer;
 * }
 *
 * assertEquals(await run(main), 42);
 * ```
 *
 * @module
 */

export { CancelledError, InvalidStateError, TimeoutError } from "./errors.ts";
export { AsyncContext, type Context, type VariableOptions } from "./context.ts";
export {
  type EventLoop,
  type ExceptionContext,
  type ExceptionHandler,
  getEventLoop,
  getRunningLoop,
  type Handle,
  type ScheduleOptions,
  type TaskFactory,
  type TimerHandle,
} from "./loop.ts";
export {
  type ConcurrentFuture,
  ensureFuture,
  type EnsureFutureOptions,
  Future,
  type FutureOptions,
  isFuture,
  wrapFuture,
} from "./future.ts";
export {
  allTasks,
  type Coroutine,
  createTask,
  currentTask,
  Task,
  type TaskOptions,
} from "./task.ts";
export { run, type RunOptions } from "./runner.ts";
export { sleep, type SleepOptions } from "./waiting.ts";
