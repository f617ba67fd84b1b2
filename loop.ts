/**
 * The public side of the event loop: its interface, and the functions that find or make a loop.
 *
 * @module
 */

import type { Future, FutureOptions } from "./future.ts";
import type { Handle, ScheduleOptions, TimerHandle, TimerOptions } from "./src/loop/handles.ts";
import { HostEventLoop, provideTasks } from "./src/loop/host_loop.ts";
import type { ExceptionContext, ExceptionHandler } from "./src/loop/reports.ts";
import { currentLoop, runningLoop } from "./src/loop/running.ts";
import type { Coroutine, TaskOptions } from "./src/task/coroutine.ts";
import { makeTask, type Task } from "./src/task/task.ts";

provideTasks(makeTask);

/**
 * An event loop, which runs the callbacks of futures and the steps of tasks.
 *
 * The standard loop ({@linkcode getEventLoop}) schedules on the host. Futures and tasks accept
 * any object that implements the interface: a test loop that is driven by hand, or a loop
 * driven by another runtime. The first is
 * [an example](https://github.com/asyncio/future/blob/main/examples/manual_loop.ts).
 *
 * Source: [asyncio event loop](https://docs.python.org/3.14/library/asyncio-eventloop.html).
 *
 * @category Event loop
 */
export interface EventLoop {
  /**
   * Schedules `callback` for a later turn of the loop. Callbacks run in the order in which they
   * were scheduled.
   *
   * If the callback throws, the exception handler is called. The promise that an async callback
   * returns is ignored; run async functions with {@linkcode EventLoop.createTask}.
   *
   * Source: [`loop.call_soon`](https://docs.python.org/3.14/library/asyncio-eventloop.html#asyncio.loop.call_soon).
   *
   * @param callback The function to call, without arguments.
   * @param options The context in which the callback runs.
   * @returns A handle, which can cancel the callback.
   * @throws {TypeError} If the callback is not a function or is a generator function, or if
   * the context has no `run` method.
   * @throws {Error} If the loop is closed.
   */
  callSoon(callback: () => void, options?: ScheduleOptions): Handle;
  /**
   * Schedules `callback` to run after a delay.
   *
   * Source: [`loop.call_later`](https://docs.python.org/3.14/library/asyncio-eventloop.html#asyncio.loop.call_later).
   *
   * @param ms The delay in milliseconds. A negative delay means now, `Infinity` means
   * never.
   * @param callback The function to call, without arguments.
   * @param options The context in which the callback runs; whether the timer keeps the process running.
   * @returns A handle, which can cancel the callback.
   * @throws {TypeError} If the delay is not a number or is `NaN`, if the callback is not a
   * function or is a generator function, or if the context has no `run` method.
   * @throws {Error} If the loop is closed, or the frame of the page was removed.
   */
  callLater(ms: number, callback: () => void, options?: TimerOptions): TimerHandle;
  /**
   * Schedules `callback` to run at a time.
   *
   * Source: [`loop.call_at`](https://docs.python.org/3.14/library/asyncio-eventloop.html#asyncio.loop.call_at).
   *
   * @param when The time in milliseconds of {@linkcode EventLoop.time}. A time in the past
   * means now, `Infinity` means never.
   * @param callback The function to call, without arguments.
   * @param options The context in which the callback runs; whether the timer keeps the process running.
   * @returns A handle, which can cancel the callback.
   * @throws {TypeError} If the time is not a number or is `NaN`, if the callback is not a
   * function or is a generator function, or if the context has no `run` method.
   * @throws {Error} If the loop is closed, or the frame of the page was removed.
   */
  callAt(when: number, callback: () => void, options?: TimerOptions): TimerHandle;
  /**
   * Returns the loop's time in milliseconds, which is not the time of `Date.now()`.
   *
   * The clock never goes back, unless fake timers begin, end or set their clock.
   *
   * Source: [`loop.time`](https://docs.python.org/3.14/library/asyncio-eventloop.html#asyncio.loop.time).
   */
  time(): number;
  /**
   * Makes a future on this loop, of the class that the loop uses.
   *
   * Source: [`loop.create_future`](https://docs.python.org/3.14/library/asyncio-eventloop.html#asyncio.loop.create_future).
   *
   * @param options A signal that cancels the future.
   * @returns The future, which is pending unless the signal is already aborted.
   * @throws {TypeError} If the signal is not an `AbortSignal`.
   */
  createFuture<T>(options?: Omit<FutureOptions, "loop">): Future<T>;
  /**
   * Makes a task that runs `coro` on this loop. If a task factory is set, the factory makes it.
   *
   * Source: [`loop.create_task`](https://docs.python.org/3.14/library/asyncio-eventloop.html#asyncio.loop.create_task).
   *
   * @param coro The coroutine.
   * @param options The options of {@linkcode Task}, without the loop.
   * @returns The task.
   * @throws {TypeError} If `coro` is not a coroutine, or if an option is of the wrong type.
   * @throws {Error} If the loop is closed.
   */
  createTask<T>(coro: Coroutine<T>, options?: Omit<TaskOptions, "loop">): Task<T>;
  /**
   * Sets the function that {@linkcode EventLoop.createTask} calls to make a task.
   *
   * Source: [`loop.set_task_factory`](https://docs.python.org/3.14/library/asyncio-eventloop.html#asyncio.loop.set_task_factory).
   *
   * @param factory The function, or `null` for the default.
   * @throws {TypeError} If the factory is neither a function nor `null`.
   */
  setTaskFactory(factory: TaskFactory | null): void;
  /** Returns the task factory, or `null` for the default. */
  getTaskFactory(): TaskFactory | null;
  /**
   * Sets the function that {@linkcode EventLoop.callExceptionHandler} calls.
   *
   * The handler runs in the context of the task that the report is about, unless there is no
   * such task or it was garbage-collected.
   *
   * Source: [`loop.set_exception_handler`](https://docs.python.org/3.14/library/asyncio-eventloop.html#asyncio.loop.set_exception_handler).
   *
   * @param handler The function, or `null` for the default.
   * @throws {TypeError} If the handler is neither a function nor `null`, or is a generator
   * function.
   */
  setExceptionHandler(handler: ExceptionHandler | null): void;
  /** Returns the exception handler, or `null` for the default. */
  getExceptionHandler(): ExceptionHandler | null;
  /**
   * Reports an exception that cannot be delivered anywhere else. Never throws.
   *
   * Source: [`loop.call_exception_handler`](https://docs.python.org/3.14/library/asyncio-eventloop.html#asyncio.loop.call_exception_handler).
   *
   * @param context The report.
   */
  callExceptionHandler(context: ExceptionContext): void;
  /**
   * Prints a report with `console.error`. Never throws.
   *
   * Source: [`loop.default_exception_handler`](https://docs.python.org/3.14/library/asyncio-eventloop.html#asyncio.loop.default_exception_handler).
   *
   * @param context The report.
   */
  defaultExceptionHandler(context: ExceptionContext): void;
  /** Returns whether the loop is in debug mode. */
  getDebug(): boolean;
  /**
   * Switches debug mode on or off. In debug mode:
   *
   * - A report says where the future or the handle was made, and a representation where a task
   *   without a name of its own was.
   * - The loop warns with `console.warn` of callbacks, and of code of tasks, that hold the thread
   *   for longer than {@linkcode EventLoop.slowCallbackDuration}.
   * - Tasks that wait for each other in a circle are reported when the circle closes.
   * - A task that nobody waits for is reported if {@linkcode run} ends and so cancels it, and a
   *   generator if a callback returns it, as that never runs.
   *
   * Each wait and each future then takes the time of a stack. `ASYNCIO_DEBUG=1` in the environment
   * switches debug mode on in all standard loops, where a program can read that variable unasked.
   *
   * Source: [debug mode](https://docs.python.org/3.14/library/asyncio-dev.html#debug-mode).
   *
   * @param enabled Whether debug mode is on. Any value is taken as a truth value.
   */
  setDebug(enabled: boolean): void;
  /**
   * How long a callback, or code of a task between two waits, may hold the thread in debug mode
   * before the loop warns of it: in milliseconds, 100 by default. A loop of another class need not
   * have the property.
   *
   * A value that is not a number, or is `NaN`, throws a `TypeError`; `Infinity` means no limit.
   *
   * Source: [`loop.slow_callback_duration`](https://docs.python.org/3.14/library/asyncio-eventloop.html#asyncio.loop.slow_callback_duration).
   */
  slowCallbackDuration?: number;
  /**
   * Returns whether the loop is running, as the default loop always is, and others are during
   * {@linkcode run}.
   */
  isRunning(): boolean;
  /** Returns whether the loop was closed. */
  isClosed(): boolean;
  /**
   * Closes the loop. Scheduled callbacks never run, and nothing more can be scheduled.
   *
   * Source: [`loop.close`](https://docs.python.org/3.14/library/asyncio-eventloop.html#asyncio.loop.close).
   *
   * @throws {Error} If the loop is running, as the default loop always is.
   */
  close(): void;
}

/**
 * A function that makes the tasks of a loop.
 *
 * Source: [`loop.set_task_factory`](https://docs.python.org/3.14/library/asyncio-eventloop.html#asyncio.loop.set_task_factory).
 *
 * @param loop The loop, on which the task is to run.
 * @param coro The coroutine to run.
 * @param options The options given to {@linkcode EventLoop.createTask}.
 * @returns The task.
 * @category Event loop
 */
export type TaskFactory = <T>(
  loop: EventLoop,
  coro: Coroutine<T>,
  options: Omit<TaskOptions, "loop">,
) => Task<T>;

/**
 * Returns the running loop: the one whose task or callback is running.
 *
 * Source: [`asyncio.get_running_loop`](https://docs.python.org/3.14/library/asyncio-eventloop.html#asyncio.get_running_loop).
 *
 * @returns The running loop.
 * @throws {Error} If no task and no loop callback is running.
 * @category Event loop
 *
 * @example
 * ```ts
 * import { getRunningLoop, run } from "@asyncio/future";
 * import { assertThrows } from "@std/assert";
 *
 * assertThrows(() => getRunningLoop(), Error, "no task");
 * await run(async () => {
 *   const fired = getRunningLoop().createFuture<void>();
 *   getRunningLoop().callLater(1, () => fired.setResult());
 *   await fired;
 * });
 * ```
 */
export function getRunningLoop(): EventLoop {
  const loop = runningLoop();
  if (loop) return loop;
  throw new Error("Cannot get the running loop as no task and no loop callback is running");
}

/**
 * Returns the running loop or, outside of tasks and loop callbacks, the default
 * loop of the realm, which is always running.
 *
 * Source: [`asyncio.get_event_loop`](https://docs.python.org/3.14/library/asyncio-eventloop.html#asyncio.get_event_loop).
 *
 * @returns The loop, which is also the one that `new Future()` uses.
 * @category Event loop
 *
 * @example
 * ```ts
 * import { Future, getEventLoop } from "@asyncio/future";
 * import { assertStrictEquals } from "@std/assert";
 *
 * assertStrictEquals(new Future().getLoop(), getEventLoop());
 * ```
 */
export function getEventLoop(): EventLoop {
  return currentLoop();
}

/**
 * Makes a new standard loop, for a test or for {@linkcode run}.
 *
 * The new loop has timers, an exception handler, a task factory and a debug mode of its own, and
 * can be closed. Like the default loop, it schedules on the host, whether or not it is passed to
 * `run()`.
 *
 * Source: [`asyncio.new_event_loop`](https://docs.python.org/3.14/library/asyncio-eventloop.html#asyncio.new_event_loop).
 *
 * @returns The loop, which is not running yet.
 * @category Event loop
 *
 * @example
 * ```ts
 * import { newEventLoop, run, sleep } from "@asyncio/future";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const loop = newEventLoop();
 * loop.setDebug(true);
 * assertEquals(await run(() => sleep(1, { result: "done" }), { loop }), "done");
 * assert(loop.isClosed());
 * ```
 */
export function newEventLoop(): EventLoop {
  return new HostEventLoop();
}
