/**
 * The event loop as its users see it: the interface, and the functions that find a loop.
 *
 * @module
 */

import type { Future, FutureOptions } from "./future.ts";
import type { Handle, ScheduleOptions, TimerHandle } from "./src/loop/handles.ts";
import { HostEventLoop } from "./src/loop/host_loop.ts";
import type { ExceptionContext, ExceptionHandler } from "./src/loop/reports.ts";
import { currentLoop, runningLoop } from "./src/loop/running.ts";
import type { Coroutine } from "./src/task/coroutine.ts";
import type { Task, TaskOptions } from "./src/task/task.ts";

/**
 * A function that makes a loop's tasks.
 *
 * Source: [`loop.set_task_factory`](https://docs.python.org/3.14/library/asyncio-eventloop.html#asyncio.loop.set_task_factory).
 *
 * @param loop The loop.
 * @param coro The coroutine to run.
 * @param options The options given to {@linkcode EventLoop.createTask}.
 * @returns The task.
 */
export type TaskFactory = <T>(
  loop: EventLoop,
  coro: Coroutine<T>,
  options: Omit<TaskOptions, "loop">,
) => Task<T>;

/**
 * What a Future and a Task need to live on.
 *
 * The standard loop ({@linkcode getEventLoop}) schedules on the host. Any object
 * that implements the interface will do: a test loop that is driven by hand, a
 * loop driven by another runtime.
 *
 * Source: [asyncio event loop](https://docs.python.org/3.14/library/asyncio-eventloop.html).
 */
export interface EventLoop {
  /**
   * Has `callback` called in a later turn of the loop, in order of the calls.
   *
   * What it throws goes to the exception handler. The promise of an async callback is
   * not looked at; {@linkcode EventLoop.createTask} is for those.
   *
   * Source: [`loop.call_soon`](https://docs.python.org/3.14/library/asyncio-eventloop.html#asyncio.loop.call_soon).
   *
   * @param callback The function to call, without arguments.
   * @param options The context to run it in.
   * @returns A handle to cancel it.
   * @throws {TypeError} If the callback is no function or a generator function, or if
   * the context has no `run` method.
   * @throws {Error} If the loop is closed.
   */
  callSoon(callback: () => void, options?: ScheduleOptions): Handle;
  /**
   * Has `callback` called after a delay.
   *
   * Source: [`loop.call_later`](https://docs.python.org/3.14/library/asyncio-eventloop.html#asyncio.loop.call_later).
   *
   * @param delay The delay in milliseconds; a negative one means now, `Infinity`
   * never.
   * @param callback The function to call, without arguments.
   * @param options The context to run it in.
   * @returns A handle to cancel it.
   * @throws {TypeError} If the delay is no number or `NaN`, the callback is no
   * function or a generator function, or the context has no `run` method.
   * @throws {Error} If the loop is closed, or the frame of the page was removed.
   */
  callLater(delay: number, callback: () => void, options?: ScheduleOptions): TimerHandle;
  /**
   * Has `callback` called at a time.
   *
   * Source: [`loop.call_at`](https://docs.python.org/3.14/library/asyncio-eventloop.html#asyncio.loop.call_at).
   *
   * @param when The time in milliseconds of {@linkcode EventLoop.time}; one that
   * is over means now.
   * @param callback The function to call, without arguments.
   * @param options The context to run it in.
   * @returns A handle to cancel it.
   * @throws {TypeError} If the time is no number or `NaN`, the callback is no
   * function or a generator function, or the context has no `run` method.
   * @throws {Error} If the loop is closed, or the frame of the page was removed.
   */
  callAt(when: number, callback: () => void, options?: ScheduleOptions): TimerHandle;
  /**
   * The loop's time in milliseconds, from a clock that never goes back, unless fake timers
   * begin, end or set their clock. This is not the time of `Date.now()`.
   *
   * Source: [`loop.time`](https://docs.python.org/3.14/library/asyncio-eventloop.html#asyncio.loop.time).
   */
  time(): number;
  /**
   * Makes a future of the loop's own class.
   *
   * Source: [`loop.create_future`](https://docs.python.org/3.14/library/asyncio-eventloop.html#asyncio.loop.create_future).
   *
   * @param options A signal that cancels the future.
   * @returns The future, which is pending unless the signal is aborted.
   * @throws {TypeError} If the signal is no `AbortSignal`.
   */
  createFuture<T>(options?: Omit<FutureOptions, "loop">): Future<T>;
  /**
   * Makes a task that runs `coro` on this loop, by the task factory if one is set.
   *
   * Source: [`loop.create_task`](https://docs.python.org/3.14/library/asyncio-eventloop.html#asyncio.loop.create_task).
   *
   * @param coro The coroutine.
   * @param options As those of {@linkcode Task}.
   * @returns The task.
   * @throws {TypeError} If `coro` is no coroutine or one of the options is not
   * what it should be.
   * @throws {Error} If the loop is closed.
   */
  createTask<T>(coro: Coroutine<T>, options?: Omit<TaskOptions, "loop">): Task<T>;
  /**
   * Sets what {@linkcode EventLoop.createTask} calls to make a task.
   *
   * Source: [`loop.set_task_factory`](https://docs.python.org/3.14/library/asyncio-eventloop.html#asyncio.loop.set_task_factory).
   *
   * @param factory The function, or `null` for the default.
   * @throws {TypeError} If it is neither.
   */
  setTaskFactory(factory: TaskFactory | null): void;
  /** The task factory, or `null` for the default. */
  getTaskFactory(): TaskFactory | null;
  /**
   * Sets what {@linkcode EventLoop.callExceptionHandler} calls: in the context of the
   * task that the report is about, if it is about one that is still there.
   *
   * Source: [`loop.set_exception_handler`](https://docs.python.org/3.14/library/asyncio-eventloop.html#asyncio.loop.set_exception_handler).
   *
   * @param handler The function, or `null` for the default.
   * @throws {TypeError} If it is neither, or is a generator function.
   */
  setExceptionHandler(handler: ExceptionHandler | null): void;
  /** The exception handler, or `null` for the default. */
  getExceptionHandler(): ExceptionHandler | null;
  /**
   * Reports what cannot be delivered anywhere else. It never throws.
   *
   * Source: [`loop.call_exception_handler`](https://docs.python.org/3.14/library/asyncio-eventloop.html#asyncio.loop.call_exception_handler).
   *
   * @param context What happened.
   */
  callExceptionHandler(context: ExceptionContext): void;
  /**
   * Prints what happened with `console.error`. It never throws.
   *
   * Source: [`loop.default_exception_handler`](https://docs.python.org/3.14/library/asyncio-eventloop.html#asyncio.loop.default_exception_handler).
   *
   * @param context What happened.
   */
  defaultExceptionHandler(context: ExceptionContext): void;
  /** Whether the loop is in debug mode. */
  getDebug(): boolean;
  /**
   * Switches debug mode on or off.
   *
   * In debug mode, a report says where the future or the handle was made. Callbacks,
   * steps of generators and starts of async functions that take longer than 100
   * milliseconds are printed with `console.warn`; what an async function does after
   * an `await` is not timed, as the engine runs it.
   *
   * Source: [debug mode](https://docs.python.org/3.14/library/asyncio-dev.html#debug-mode).
   *
   * @param enabled Whether it is on.
   */
  setDebug(enabled: boolean): void;
  /** Whether the loop runs callbacks. */
  isRunning(): boolean;
  /** Whether the loop was closed. */
  isClosed(): boolean;
  /**
   * Closes the loop: what was scheduled never runs, and nothing more can be.
   *
   * Source: [`loop.close`](https://docs.python.org/3.14/library/asyncio-eventloop.html#asyncio.loop.close).
   *
   * @throws {Error} If it is running, as the default loop always is.
   */
  close(): void;
}

/**
 * Returns the loop whose task or callback is running.
 *
 * Source: [`asyncio.get_running_loop`](https://docs.python.org/3.14/library/asyncio-eventloop.html#asyncio.get_running_loop).
 *
 * @returns The running loop.
 * @throws {Error} Outside of tasks and loop callbacks.
 *
 * @example Usage
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
 * @returns The loop, the one that `new Future()` uses.
 *
 * @example Usage
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
 * Makes a standard loop, for a test or for {@linkcode run}.
 *
 * A loop of its own has timers, an exception handler, a task factory and a debug mode of its own.
 * It schedules on the host as the default loop does, whether or not `run()` was given it, and can
 * be closed.
 *
 * Source: [`asyncio.new_event_loop`](https://docs.python.org/3.14/library/asyncio-eventloop.html#asyncio.new_event_loop).
 *
 * @returns The loop, which is not running.
 *
 * @example Usage
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
