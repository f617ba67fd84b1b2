/**
 * `asyncio.Future` for TypeScript: a promise that can be asked for its state, settled from outside and
 * cancelled, with the tasks, timeouts, task groups, event loop and context that go with it.
 *
 * The semantics are those of Python's asyncio. The surface is the web's: promises, `AbortSignal`, and
 * milliseconds for every time. The module needs no permission, depends on nothing, and runs on Deno,
 * Node (20 from 20.16 on, 22 from 22.3 on, and later), Bun, workerd and in browsers.
 *
 * ```sh
 * deno add jsr:@asyncio/future # Deno
 * npm install @asyncio/future  # Node, Bun, bundlers
 * npx jsr add @asyncio/future  # the same, from JSR
 * ```
 *
 * ```ts
 * import { createTask, Future, run, sleep } from "@asyncio/future";
 * import { assertEquals } from "@std/assert";
 *
 * async function main() {
 *   const answer = new Future<number>();
 *   createTask(async () => {
 *     await sleep(500); // half a second
 *     answer.setResult(42);
 *   });
 *   return await answer;
 * }
 *
 * assertEquals(await run(main), 42);
 * ```
 *
 * - **Make:** {@linkcode Future}, {@linkcode ensureFuture} of a promise, {@linkcode wrapFuture},
 *   {@linkcode detached}
 * - **Run:** {@linkcode run}, {@linkcode createTask}, {@linkcode Task}, {@linkcode currentTask},
 *   {@linkcode getRunningLoop}
 * - **Wait:** {@linkcode sleep}, {@linkcode gather}, {@linkcode wait}, {@linkcode waitFor},
 *   {@linkcode asCompleted}, {@linkcode race}, {@linkcode shield}, {@linkcode pooledMap}
 * - **Limit and group:** {@linkcode timeout}, {@linkcode moveOnAfter}, {@linkcode taskGroup},
 *   {@linkcode shielded}
 * - **Share:** {@linkcode Queue}, {@linkcode Lock}, {@linkcode Semaphore}, {@linkcode Event},
 *   {@linkcode Condition}, {@linkcode Barrier}
 * - **Know:** {@linkcode AsyncContext}, {@linkcode ContextVar}, {@linkcode copyContext},
 *   {@linkcode CancelledError}, {@linkcode TimeoutError}, {@linkcode InvalidStateError}
 *
 * The [README](https://github.com/asyncio/future#readme) explains cancellation, errors, the context
 * and the differences from asyncio and from promises.
 * [Porting](https://github.com/asyncio/future/blob/main/docs/porting.md) shows five patterns of
 * asyncio side by side. [Debugging](https://github.com/asyncio/future/blob/main/docs/debugging.md)
 * finds out why a program hangs, is slow, or loses errors and tasks.
 *
 * # From asyncio to here
 *
 * | asyncio                                               | here                                                                 |
 * | ----------------------------------------------------- | -------------------------------------------------------------------- |
 * | `asyncio.Future(loop=)`                               | `new Future<T>({ loop, signal })`                                    |
 * | `loop.create_future()`                                | `loop.createFuture<T>({ signal })`                                   |
 * | `fut.result()`, `fut.exception()`                     | `fut.result()`, `fut.exception()` (`null` when there is none)        |
 * | `fut.set_result(v)`, `fut.set_exception(e)`           | `fut.setResult(v)`, `fut.setException(e)`                            |
 * | `fut.done()`, `fut.cancelled()`, `fut.cancel(msg)`    | `fut.done()`, `fut.cancelled()`, `fut.cancel(reason)`                |
 * | `fut.add_done_callback(cb, context=)`                 | `fut.addDoneCallback(cb, { context })`                               |
 * | `fut.remove_done_callback(cb)`                        | `fut.removeDoneCallback(cb)`                                         |
 * | `fut.get_loop()`                                      | `fut.getLoop()`                                                      |
 * | `await fut`                                           | `await fut` in async functions, `yield* fut` in generator coroutines |
 * | `isfuture`, `ensure_future`, `wrap_future`            | `isFuture`, `ensureFuture`, `wrapFuture`                             |
 * | `CancelledError`, `InvalidStateError`, `TimeoutError` | the same names                                                       |
 * | `get_running_loop()`, `get_event_loop()`              | `getRunningLoop()`, `getEventLoop()`                                 |
 * | `new_event_loop()`                                    | `newEventLoop()`                                                     |
 * | `loop.call_soon(cb, *args, context=)`                 | `loop.callSoon(cb, { context })`                                     |
 * | `loop.call_later(s, cb)`, `loop.call_at(t, cb)`       | `loop.callLater(ms, cb)`, `loop.callAt(ms, cb)`                      |
 * | `loop.time()`                                         | `loop.time()`, in milliseconds                                       |
 * | `loop.call_exception_handler(ctx)` and its setters    | `loop.callExceptionHandler(ctx)` and its setters                     |
 * | `loop.set_task_factory(f)`, `loop.set_debug(b)`       | `loop.setTaskFactory(f)`, `loop.setDebug(b)`                         |
 * | `capture_call_graph()`, `print_call_graph()`          | `captureCallGraph()`, `printCallGraph()` of `@asyncio/future/debug`  |
 * | `python -m asyncio pstree PID`                        | `printTasks()`, `dumpTasksOn("SIGQUIT")` of the same                 |
 * | `loop.slow_callback_duration`                         | `loop.slowCallbackDuration`, in milliseconds                         |
 * | `asyncio.run(main(), debug=)`                         | `await run(main, { debug, signal, loop, … })`                        |
 * | `asyncio.create_task(coro(), name=, context=)`        | `createTask(coro, { name, context, signal, eagerStart })`            |
 * | `task.cancel(msg)`, `task.cancelling()`, `uncancel()` | `task.cancel(reason)`, `task.cancelling()`, `task.uncancel()`        |
 * | `task.get_name()`, `get_coro()`, `get_context()`      | `task.getName()`, `task.getCoro()`, `task.getContext()`              |
 * | `task.set_name(name)`                                 | `task.setName(name)`                                                 |
 * | `asyncio.current_task()`, `asyncio.all_tasks()`       | `currentTask()`, `allTasks()`                                        |
 * | `asyncio.sleep(s, result=)`                           | `sleep(ms, { result, signal })`                                      |
 * | `asyncio.gather(a, b, return_exceptions=)`            | `gather(a, b, { returnExceptions, signal })`                         |
 * | `done, pending = await asyncio.wait(aws, timeout=)`   | `const { done, pending } = await wait(futures, { timeout })`         |
 * | `return_when=asyncio.FIRST_COMPLETED`                 | `returnWhen: "FIRST_COMPLETED"`                                      |
 * | `asyncio.wait_for(aw, s)`                             | `waitFor(awaitable, ms, { signal })`                                 |
 * | `asyncio.as_completed(aws, timeout=)`                 | `asCompleted(awaitables, { timeout, signal })`                       |
 * | `asyncio.shield(aw)`                                  | `shield(awaitable, { signal })`                                      |
 * | `async with asyncio.timeout(s):`, `timeout_at(t)`     | `timeout(ms, body)`, `timeoutAt(when, body)`                         |
 * | `async with asyncio.TaskGroup() as group:`            | `taskGroup(async (group) => { … })`                                  |
 * | `asyncio.Lock()`, `async with lock:`                  | `new Lock()`, `using _ = await lock.acquire()`, `lock.run(fn)`       |
 * | `asyncio.Event()`                                     | `new Event()`: `set`, `clear`, `isSet`, `wait`                       |
 * | `asyncio.Condition(lock)`                             | `new Condition(lock)`: `wait`, `waitFor`, `notify`, `notifyAll`      |
 * | `asyncio.Semaphore(n)`, `BoundedSemaphore(n)`         | `new Semaphore(n)`, `new BoundedSemaphore(n)`                        |
 * | `asyncio.Barrier(n)`, `BrokenBarrierError`            | `new Barrier(n)`, `BrokenBarrierError`                               |
 * | `asyncio.Queue(maxsize)`, `await q.put(x)`, `q.get()` | `new Queue({ maxsize })`, `await q.put(x)`, `await q.get()`          |
 * | `q.put_nowait(x)`, `q.get_nowait()`, `q.qsize()`      | `q.putNowait(x)`, `q.getNowait()`, `q.qsize()`                       |
 * | `q.task_done()`, `await q.join()`, `q.shutdown()`     | `q.taskDone()`, `await q.join()`, `q.shutdown()`                     |
 * | `PriorityQueue()`, `LifoQueue()`                      | `new PriorityQueue({ compare })`, `new LifoQueue()`                  |
 * | `QueueEmpty`, `QueueFull`, `QueueShutDown`            | the same names                                                       |
 * | `except* ValueError as group:`                        | `catch`, and `errors` of the `AggregateError`                        |
 * | `ContextVar(name, default=)`, `var.get()`             | `new ContextVar(name, { defaultValue })`, `variable.get()`           |
 * | `token = var.set(v)` … `var.reset(token)`             | `const token = variable.set(v)` … `variable.reset(token)`            |
 * | `with var.set(v):`                                    | `using _ = variable.set(v)`, `variable.run(v, fn)` of `AsyncContext` |
 * | `contextvars.copy_context()`, `Context.run`           | `copyContext()`, `context.run`; `new AsyncContext.Snapshot()`        |
 * | `LookupError`                                         | `LookupError`                                                        |
 * | `functools.partial(cb, x)`                            | a closure                                                            |
 *
 * # From promises to here
 *
 * | with promises                                      | here                                                             |
 * | -------------------------------------------------- | ---------------------------------------------------------------- |
 * | `Promise.withResolvers()`, a deferred              | `new Future()`                                                   |
 * | `resolve(value)`, `reject(error)`                  | `future.setResult(value)`, `future.setException(error)`          |
 * | an async function that is called and not awaited   | `createTask(fn)`                                                 |
 * | `AbortController`, `controller.abort(reason)`      | `task.cancel(reason)`                                            |
 * | `controller.signal`, `signal.aborted`              | `future.signal`, `future.cancelled()`                            |
 * | `Promise.all(list)`                                | `gather(...list)`                                                |
 * | `Promise.allSettled(list)`                         | `gather(...list, { returnExceptions: true })`, `wait(futures)`   |
 * | `Promise.race(list)`                               | `race(list)`, `wait(futures, { returnWhen: "FIRST_COMPLETED" })` |
 * | `Promise.any(list)`                                | `for await (const future of asCompleted(list))`                  |
 * | `setTimeout` as a promise, `delay` of `@std/async` | `sleep(ms)`                                                      |
 * | `deadline` of `@std/async`, `AbortSignal.timeout`  | `waitFor(awaitable, ms)`, `timeout(ms, body)`                    |
 * | `setTimeout(fn, ms)`, `queueMicrotask(fn)`         | `loop.callLater(ms, fn)`, `loop.callSoon(fn)`                    |
 * | `AsyncLocalStorage`                                | `new AsyncContext.Variable()`                                    |
 *
 * @module
 */

export { Future, type FutureOptions, isFuture } from "./future.ts";
export { Task } from "./src/task/task.ts";
export { allTasks, createTask, currentTask } from "./src/task/current.ts";
export { type Coro, type Coroutine, type TaskOptions } from "./src/task/coroutine.ts";
export { run, type RunOptions } from "./src/run.ts";
export { sleep, type SleepOptions } from "./src/waiting/sleep.ts";
export {
  gather,
  type Gathered,
  type GatheredOutcomes,
  type GatherOptions,
} from "./src/waiting/gather.ts";
export { wait, type WaitOptions, type WaitResult } from "./src/waiting/wait.ts";
export { waitFor, type WaitForOptions } from "./src/waiting/wait_for.ts";
export {
  asCompleted,
  type AsCompletedOptions,
  type CompletionIterator,
  type Completions,
} from "./src/waiting/as_completed.ts";
export { race, type RaceOptions } from "./src/waiting/race.ts";
export { shield, type ShieldOptions } from "./src/waiting/shield.ts";
export { pooledMap, type PooledMapOptions } from "./src/waiting/pooled_map.ts";
export { cancelAndWait } from "./src/waiting/cancel_and_wait.ts";
export {
  type Awaitable,
  ensureFuture,
  type EnsureFutureOptions,
  type FutureOf,
  type ResultOf,
} from "./src/waiting/ensure.ts";
export { type ConcurrentFuture, wrapFuture } from "./src/waiting/wrap.ts";
export { detached } from "./src/waiting/detached.ts";
export { type Timeout, timeout, timeoutAt } from "./src/scopes/timeout.ts";
export { moveOnAfter, moveOnAt } from "./src/scopes/move_on.ts";
export { type TaskGroup, taskGroup } from "./src/scopes/task_group.ts";
export { type StartedCoroutine } from "./src/scopes/start.ts";
export { shielded } from "./src/scopes/shielded.ts";
export { type ScopeBody, type ScopeOptions } from "./src/scopes/scope.ts";
export { Lock } from "./src/sync/lock.ts";
export { Event } from "./src/sync/event.ts";
export { Condition } from "./src/sync/condition.ts";
export { BoundedSemaphore, Semaphore } from "./src/sync/semaphore.ts";
export { Barrier } from "./src/sync/barrier.ts";
export { type AcquireOptions, type Guard, type HeldBody } from "./src/sync/held.ts";
export { Queue, type QueueOptions } from "./src/sync/queue.ts";
export { PriorityQueue, type PriorityQueueOptions } from "./src/sync/priority_queue.ts";
export { LifoQueue } from "./src/sync/lifo_queue.ts";
export { BrokenBarrierError, QueueEmpty, QueueFull, QueueShutDown } from "./src/sync/errors.ts";
export { abortErrors, CancelledError, InvalidStateError } from "./errors.ts";
export { TimeoutError } from "./src/waiting/timeout_error.ts";
export { AsyncContext, type VariableOptions } from "./src/context/async_context.ts";
export { LookupError } from "./src/context/lookup_error.ts";
export { ContextVar, type ContextVarOptions, Token } from "./src/context/context_var.ts";
export { type CopiedContext, copyContext } from "./src/context/copied_context.ts";
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
