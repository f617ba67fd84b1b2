/**
 * `asyncio.Future` for TypeScript, with the tasks, timeouts, task groups, event loop and context
 * that go with it. A future is an eventual result: code can ask for its state, settle it from
 * outside, cancel it and await it.
 *
 * The semantics are those of Python's asyncio; the surface is the web's: milliseconds,
 * `AbortSignal`, promises. The module needs no permission, depends on nothing, and runs on Deno,
 * Node (20 from 20.16 on, 22 from 22.3 on, and later), Bun, workerd and in browsers.
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

export { abortErrors, CancelledError, InvalidStateError, TimeoutError } from "./errors.ts";
export { AsyncContext, type VariableOptions } from "./src/context/async_context.ts";
export { type Context } from "./src/context/frame.ts";
export {
  type EventLoop,
  getEventLoop,
  getRunningLoop,
  newEventLoop,
  type TaskFactory,
} from "./loop.ts";
export { type ExceptionContext, type ExceptionHandler } from "./src/loop/reports.ts";
export {
  type Handle,
  type ScheduleOptions,
  type TimerHandle,
  type TimerOptions,
} from "./src/loop/handles.ts";
export { Future, type FutureOptions, isFuture } from "./future.ts";
export { allTasks, createTask, currentTask } from "./src/task/current.ts";
export { type Coroutine, type TaskOptions } from "./src/task/coroutine.ts";
export { Task } from "./src/task/task.ts";
export { detached } from "./src/waiting/detached.ts";
export {
  type Awaitable,
  ensureFuture,
  type EnsureFutureOptions,
  type FutureOf,
  type ResultOf,
} from "./src/waiting/ensure.ts";
export { type ConcurrentFuture, wrapFuture } from "./src/waiting/wrap.ts";
export { run, type RunOptions } from "./src/run.ts";
export { moveOnAfter, moveOnAt } from "./src/scopes/move_on.ts";
export { type ScopeBody, type ScopeOptions } from "./src/scopes/scope.ts";
export { shielded } from "./src/scopes/shielded.ts";
export { type StartedCoroutine } from "./src/scopes/start.ts";
export { type TaskGroup, taskGroup } from "./src/scopes/task_group.ts";
export { type Timeout, timeout, timeoutAt } from "./src/scopes/timeout.ts";
export {
  asCompleted,
  type AsCompletedOptions,
  type CompletionIterator,
  type Completions,
} from "./src/waiting/as_completed.ts";
export { cancelAndWait } from "./src/waiting/cancel_and_wait.ts";
export {
  gather,
  type Gathered,
  type GatheredOutcomes,
  type GatherOptions,
} from "./src/waiting/gather.ts";
export { pooledMap, type PooledMapOptions } from "./src/waiting/pooled_map.ts";
export { race, type RaceOptions } from "./src/waiting/race.ts";
export { shield, type ShieldOptions } from "./src/waiting/shield.ts";
export { sleep, type SleepOptions } from "./src/waiting/sleep.ts";
export { wait, type WaitOptions, type WaitResult } from "./src/waiting/wait.ts";
export { waitFor, type WaitForOptions } from "./src/waiting/wait_for.ts";
