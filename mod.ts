/**
 * `asyncio.Future` for TypeScript: an eventual result that can be asked for its
 * state, settled from outside, cancelled and awaited; the tasks, the timeouts, the
 * task groups, the loop and the context that go with it.
 *
 * The semantics are those of Python's asyncio, the surface is the web's:
 * milliseconds, `AbortSignal`, promises. It needs no permission and depends on
 * nothing, and runs on Deno, Node (20 from 20.16 on, 22 from 22.3 on, and later), Bun, workerd and in
 * browsers.
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
export { AsyncContext, type VariableOptions } from "./async_context.ts";
export { type Context } from "./context.ts";
export {
  type EventLoop,
  type ExceptionContext,
  type ExceptionHandler,
  type Handle,
  type ScheduleOptions,
  type TaskFactory,
  type TimerHandle,
} from "./loop.ts";
export { Future, type FutureOptions, isFuture } from "./future.ts";
export {
  allTasks,
  type Coroutine,
  createTask,
  currentTask,
  getEventLoop,
  getRunningLoop,
  Task,
  type TaskOptions,
} from "./task.ts";
export {
  type Awaitable,
  type ConcurrentFuture,
  ensureFuture,
  type EnsureFutureOptions,
  wrapFuture,
} from "./ensure.ts";
export { run, type RunOptions } from "./runner.ts";
export {
  type ScopeBody,
  type ScopeOptions,
  type TaskGroup,
  taskGroup,
  type Timeout,
  timeout,
  timeoutAt,
} from "./scopes.ts";
export {
  asCompleted,
  type AsCompletedOptions,
  type CompletionIterator,
  type Completions,
  type FutureOf,
  gather,
  type Gathered,
  type GatheredOutcomes,
  type GatherOptions,
  type ResultOf,
  shield,
  type ShieldOptions,
  sleep,
  type SleepOptions,
  wait,
  waitFor,
  type WaitForOptions,
  type WaitOptions,
  type WaitResult,
} from "./waiting.ts";
