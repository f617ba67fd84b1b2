/**
 * The event loop: its interface, which everything else in the module works
 * with, and the standard loop, which schedules on the host.
 *
 * @module
 */

import {
  cannot,
  checkCallback,
  checkMilliseconds,
  checkOptions,
  checkPlainCallback,
  knownLoops,
} from "./checks.ts";
import * as contexts from "./context.ts";
import { attempt } from "./engine.ts";
import {
  type Context,
  currentTaskFrame,
  enqueue,
  runAsNow,
  takeSnapshot,
  taskHasRun,
} from "./context.ts";
import { nameOf, show, showException } from "./inspect.ts";
import * as pacing from "./pacing.ts";
import { currentDepth, mustWait, nextDepth, waitForTurn } from "./pacing.ts";
import { type Timer, TimerQueue } from "./timers.ts";
import type { Future, FutureOptions } from "./future.ts";
import type { Coroutine, Task, TaskOptions } from "./task.ts";

// Constants of this module, as in `future.ts`.
const capture = contexts.capture;
const reportCaught = reportThrown;
const enterCallback = pacing.enterCallback;
const leaveCallback = pacing.leaveCallback;

/**
 * A callback that a loop will run, to cancel it.
 *
 * Source: [`asyncio.Handle`](https://docs.python.org/3.14/library/asyncio-eventloop.html#asyncio.Handle).
 *
 * @example Usage
 * ```ts
 * import { getEventLoop, type Handle } from "@asyncio/future";
 * import { assert } from "@std/assert";
 *
 * const handle: Handle = getEventLoop().callSoon(() => console.log("never"));
 * handle.cancel();
 * assert(handle.cancelled());
 * ```
 */
export interface Handle {
  /** Cancels the callback; it never runs unless it has started already. */
  cancel(): void;
  /** Whether {@linkcode Handle.cancel} was called. */
  cancelled(): boolean;
}

/**
 * A callback that a loop will run at some time.
 *
 * Source: [`asyncio.TimerHandle`](https://docs.python.org/3.14/library/asyncio-eventloop.html#asyncio.TimerHandle).
 *
 * @example Usage
 * ```ts
 * import { getEventLoop, type TimerHandle } from "@asyncio/future";
 * import { assert } from "@std/assert";
 *
 * const timer: TimerHandle = getEventLoop().callLater(60_000, () => console.log("never"));
 * assert(timer.when() > getEventLoop().time());
 * timer.cancel();
 * ```
 */
export interface TimerHandle extends Handle {
  /** When the callback is due, in milliseconds of {@linkcode EventLoop.time}. */
  when(): number;
}

/**
 * Options of the methods that schedule a callback, such as
 * {@linkcode EventLoop.callSoon}.
 *
 * @example Usage
 * ```ts
 * import { getEventLoop, type ScheduleOptions, sleep, type TimerHandle } from "@asyncio/future";
 * import { assertEquals } from "@std/assert";
 *
 * function debounce(ms: number, callback: () => void, options?: ScheduleOptions) {
 *   let timer: TimerHandle | undefined;
 *   return () => {
 *     timer?.cancel();
 *     timer = getEventLoop().callLater(ms, callback, options);
 *   };
 * }
 *
 * let saved = 0;
 * const save = debounce(1, () => saved++);
 * save();
 * save();
 * await sleep(2);
 * assertEquals(saved, 1);
 * ```
 */
export interface ScheduleOptions {
  /** The context the callback runs in. Default: the current one. */
  context?: Context | undefined;
}

/**
 * What an exception handler is told.
 *
 * Source: [`loop.call_exception_handler`](https://docs.python.org/3.14/library/asyncio-eventloop.html#asyncio.loop.call_exception_handler).
 *
 * @example Usage
 * ```ts
 * import type { ExceptionContext } from "@asyncio/future";
 * import { assertEquals } from "@std/assert";
 *
 * // What an exception handler may send to a log.
 * function lineOf({ message, exception, task, taskName = task?.getName() }: ExceptionContext) {
 *   return `${taskName ?? "no task"}: ${message}: ${exception}`;
 * }
 *
 * const message = "Task exception was never retrieved";
 * const exception = new RangeError("no such host");
 * assertEquals(
 *   lineOf({ message, exception, taskName: "mailer" }),
 *   "mailer: Task exception was never retrieved: RangeError: no such host",
 * );
 * ```
 */
export interface ExceptionContext {
  /** What happened. */
  message: string;
  /** What was thrown. */
  exception?: unknown;
  /** The future it happened to. */
  future?: Future<unknown>;
  /** The task it happened to. */
  task?: Task<unknown>;
  /**
   * The name of a task whose exception nobody looked at. The task itself is the
   * `future`, unless it is gone.
   */
  taskName?: string;
  /** The callback it happened in. */
  handle?: Handle;
  /** In debug mode: the stack of where the future or the handle was made. */
  sourceTraceback?: string;
  /** Anything else that helps. */
  [field: string]: unknown;
}

/**
 * A function that takes what could not be delivered anywhere else.
 *
 * What it throws is printed, and what it was told as well.
 *
 * Source: [`loop.set_exception_handler`](https://docs.python.org/3.14/library/asyncio-eventloop.html#asyncio.loop.set_exception_handler).
 *
 * @param loop The loop it happened on.
 * @param context What happened.
 *
 * @example Usage
 * ```ts
 * import { type ExceptionHandler, getEventLoop, sleep } from "@asyncio/future";
 * import { assertEquals } from "@std/assert";
 *
 * const log: string[] = [];
 * const handler: ExceptionHandler = (_loop, { exception }) => log.push(String(exception));
 * const loop = getEventLoop();
 * loop.setExceptionHandler(handler);
 * loop.callSoon(() => {
 *   throw new RangeError("no such host");
 * });
 * await sleep(0);
 * assertEquals(log, ["RangeError: no such host"]);
 * loop.setExceptionHandler(null);
 * ```
 */
export type ExceptionHandler = (loop: EventLoop, context: ExceptionContext) => void;

/**
 * A function that makes a loop's tasks.
 *
 * Source: [`loop.set_task_factory`](https://docs.python.org/3.14/library/asyncio-eventloop.html#asyncio.loop.set_task_factory).
 *
 * @param loop The loop.
 * @param coro The coroutine to run.
 * @param options The options given to {@linkcode EventLoop.createTask}.
 * @returns The task.
 *
 * @example Usage
 * ```ts
 * import { getRunningLoop, run, Task, type TaskFactory } from "@asyncio/future";
 * import { assertEquals } from "@std/assert";
 *
 * const eager: TaskFactory = (loop, coro, options) =>
 *   new Task(coro, { eagerStart: true, ...options, loop });
 *
 * await run(() => {
 *   const loop = getRunningLoop();
 *   loop.setTaskFactory(eager);
 *   const task = loop.createTask(() => "at once");
 *   assertEquals(task.result(), "at once");
 * });
 * ```
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
 *
 * @example Usage
 * ```ts
 * import { type EventLoop, getEventLoop } from "@asyncio/future";
 * import { assertEquals } from "@std/assert";
 *
 * const loop: EventLoop = getEventLoop();
 * const order: string[] = [];
 * loop.callSoon(() => order.push("soon"));
 * loop.callLater(1, () => order.push("later"));
 * const fired = loop.createFuture<void>();
 * loop.callLater(1, () => fired.setResult());
 * await fired;
 * assertEquals(order, ["soon", "later"]);
 * ```
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

/** In debug mode, a callback that takes longer than this is reported. */
const SLOW_CALLBACK_MS = 100;

/** What makes the standard loop's futures and tasks: classes from above this module. */
interface Factories {
  createFuture<T>(options: FutureOptions): Future<T>;
  createTask<T>(coro: Coroutine<T>, options: TaskOptions): Task<T>;
}

let makeFuture: Factories["createFuture"];
let makeTask: Factories["createTask"] | undefined;

/** Called by `future.ts`, which this module must not import. */
export function provideFutures(create: Factories["createFuture"]): void {
  makeFuture = create;
}

/** Called by `task.ts`, which this module must not import. */
export function provideTasks(create: Factories["createTask"]): void {
  makeTask = create;
}

/** The loop whose callback runs right now. */
let running: EventLoop | undefined;

/** The loop whose callback or task runs right now, if any. */
export function runningLoop(): EventLoop | undefined {
  return running ?? loopOfTask();
}

/** The loop of the task whose code runs, which goes on after an `await` unseen. */
function loopOfTask(): EventLoop | undefined {
  const { task } = currentTaskFrame();
  return task && !task.done() ? task.getLoop() : undefined;
}

/** What ran before a callback, and when the callback began if the loop is in debug mode. */
interface Outer {
  readonly running: EventLoop | undefined;
  readonly depth: number;
  readonly start: number | undefined;
}

/**
 * Takes note that a callback of `loop`, or a step of a task, runs.
 *
 * @param loop The loop that is running meanwhile.
 * @param depth How deep the callback is, unless it is the code of a task.
 * @returns What to give to {@linkcode leaveLoop} when it has run.
 */
export function enterLoop(loop: EventLoop, depth?: number): Outer {
  const outer = {
    running,
    // The callbacks of other loops do not count, so that there is nothing to be undone.
    depth: isHostLoop(loop) ? enterCallback(depth) : currentDepth(),
    start: loop.getDebug() ? loop.time() : undefined,
  };
  running = loop;
  return outer;
}

/**
 * Takes note that a callback of `loop`, or a step of a task, has run.
 *
 * @param what The callback or the task.
 */
export function leaveLoop(loop: EventLoop, outer: Outer, what: object): void {
  running = outer.running;
  leaveCallback(outer.depth);
  if (outer.start !== undefined) warnIfSlow(loop, outer.start, what);
}

function warnIfSlow(loop: EventLoop, start: number, what: object): void {
  const ms = loop.time() - start;
  if (ms <= SLOW_CALLBACK_MS) return;
  const name = typeof what === "function" ? `callback ${nameOf(what)}` : show(what);
  print("warn", `Executing ${name} took ${ms.toFixed(0)} ms`);
}

/**
 * Calls a callback of `loop`, and reports what it throws.
 *
 * @param loop The loop that is running meanwhile.
 * @param callback The callback.
 * @param arg Its argument; without one it is called without arguments.
 * @param field How `source` is called in the report.
 * @param source What the callback belongs to.
 * @param depth How deep the callback is, unless it is the code of a task.
 */
export function runCallback<A>(
  loop: EventLoop,
  callback: (arg: A) => unknown,
  arg: A,
  field: "future" | "task" | "handle",
  source: Future<unknown> | Handle,
  depth?: number,
): void {
  const outer = enterLoop(loop, depth);
  try {
    if (arg === undefined) (callback as () => unknown)();
    else callback(arg);
  } catch (exception) {
    reportCaught(loop, callback, exception, field, source);
  } finally {
    leaveLoop(loop, outer, field === "task" ? source : callback);
  }
}

/** Reports what a callback, or a step of a task, has thrown, in the context of now. */
export function reportThrown(
  loop: EventLoop,
  callback: object,
  exception: unknown,
  field: "future" | "task" | "handle",
  source: Future<unknown> | Handle,
): void {
  const context = {
    message: `Exception in callback ${nameOf(callback)}`,
    exception,
    [field]: source,
    ...sourceTraceback(source),
  };
  ofCallback.add(context);
  report(loop, context);
}

/** The reports of what callbacks have thrown, which are made in the contexts of those. */
const ofCallback = new WeakSet<ExceptionContext>();

/** The context of the task that a report is about, which its handler is called in. */
function contextOf(report: ExceptionContext): Context | undefined {
  if (ofCallback.has(report)) return undefined;
  // What somebody put into Object.prototype is not of the report.
  const { task, future } = Object.assign(Object.create(null), report) as ExceptionContext;
  return (task ?? future as Partial<Task<unknown>> | undefined)?.getContext?.();
}

/** Calls the exception handler of any loop, one that throws included. */
export function report(loop: EventLoop, context: ExceptionContext): void {
  handOver(context, () => loop.callExceptionHandler(context));
}

/** Calls `handle`, and if that throws, has `context` and what it threw handled otherwise. */
function handOver(
  context: ExceptionContext,
  handle: () => void,
  handleOtherwise = printException,
): void {
  try {
    handle();
  } catch (exception) {
    handleOtherwise(context);
    handleOtherwise({ message: "Unhandled error in exception handler", exception });
  }
}

/** Reports a done callback that cannot be called, as its loop is closed. */
export function reportUndelivered(
  future: Future<unknown>,
  callback: object,
  exception: unknown = closedError(),
): void {
  report(future.getLoop(), {
    message: `Cannot call the done callback ${nameOf(callback)}`,
    exception,
    future,
    ...sourceTraceback(future),
  });
}

/** What a closed loop throws. */
export function closedError(): Error {
  return new Error("Event loop is closed");
}

/** Prints what happened; it never throws. */
function printException(context: ExceptionContext): void {
  let text;
  try {
    text = textOf(context);
  } catch {
    text = `Unhandled error: ${show(context)}`;
  }
  print("error", text);
}

function textOf(context: ExceptionContext): string {
  const { message = "", exception, ...fields } = context;
  let text = typeof message === "string" ? message : show(message);
  text ||= "Unhandled exception in event loop";
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined) continue;
    text += `\n${name}: ${name === "sourceTraceback" ? value : show(value)}`;
  }
  if (Object.hasOwn(context, "exception")) text += `\n${showException(exception)}`;
  return text;
}

/** Prints a text, unless the console throws. */
export function print(method: "error" | "warn", text: string): void {
  try {
    console[method](text);
  } catch {
    // Somebody replaced the console; there is nowhere left to say it.
  }
}

/** What it takes this module at most to make something: a task, for `asCompleted()`. */
const OWN_FRAMES = 8;

/** Where futures and handles of loops in debug mode were made. */
const tracebacks = new WeakMap<object, { sourceTraceback: string }>();

/** In debug mode, keeps the stack of where `source` is made. */
export function keepTraceback(loop: EventLoop, source: object): void {
  if (!loop.getDebug()) return;
  // A user's stackTraceLimit or Error.prepareStackTrace may throw.
  attempt(() => {
    const { stackTraceLimit } = Error as { stackTraceLimit?: number };
    // Some of the frames, of which V8 takes ten, are this module's own.
    const extra = typeof stackTraceLimit === "number" && stackTraceLimit > 0 ? OWN_FRAMES : 0;
    if (extra) Reflect.set(Error, "stackTraceLimit", stackTraceLimit! + extra);
    try {
      tracebacks.set(source, { sourceTraceback: String(new Error("Created here").stack) });
    } finally {
      if (extra) Reflect.set(Error, "stackTraceLimit", stackTraceLimit);
    }
  });
}

/** The field of an exception context that says where `source` was made, if that was kept. */
export function sourceTraceback(source: object): { sourceTraceback: string } | undefined {
  return tracebacks.get(source);
}

class HostHandle implements Handle {
  readonly #loop: HostEventLoop;
  /** Gone when it runs, `null` once it is cancelled: what it holds must not outlive that. */
  #callback: (() => void) | null | undefined;

  constructor(loop: HostEventLoop, callback: () => void) {
    this.#loop = loop;
    this.#callback = callback;
    keepTraceback(loop, this);
  }

  /** The loop that a handle is of. */
  protected static loopOf(handle: HostHandle): HostEventLoop {
    return handle.#loop;
  }

  /**
   * Runs the callback of `handle`, unless it is cancelled or the loop is closed.
   *
   * @param depth How deep it is; that of a timer is not deep.
   */
  static run(this: void, handle: HostHandle, depth = 1): void {
    const callback = handle.#callback;
    if (!callback || handle.#loop.isClosed()) return;
    handle.#callback = undefined;
    runCallback(handle.#loop, callback, undefined, "handle", handle, depth);
  }

  cancel(): void {
    this.#callback = null;
  }

  cancelled(): boolean {
    return this.#callback === null;
  }
}

class HostTimerHandle extends HostHandle implements TimerHandle, Timer {
  readonly due: number;
  order = 0;
  index = 0;
  #enqueue: ((handle: HostHandle) => void) | undefined;

  constructor(
    loop: HostEventLoop,
    due: number,
    callback: () => void,
    context: Context | undefined,
    now?: number,
  ) {
    // For callLater(), too: fake clocks may give no number.
    checkMilliseconds("call a callback at a time", "time", due);
    super(loop, callback);
    this.due = due;
    this.#enqueue = captureFor(loop, HostHandle.run, context);
    HostEventLoop.timersOf(loop).add(this, now);
  }

  /** Has the callback run, in its context, unless it was cancelled before its turn. */
  fire(): void {
    this.#enqueue?.(this);
  }

  /** The callback never runs. */
  abandon(): void {}

  when(): number {
    return this.due;
  }

  override cancel(): void {
    super.cancel();
    // The context that it holds must not live as long as the handle.
    this.#enqueue = undefined;
    HostEventLoop.deleteTimer(HostHandle.loopOf(this), this);
  }
}

/** The standard loop: callbacks are microtasks, timers are the host's. */
export class HostEventLoop implements EventLoop {
  #timers = new TimerQueue();
  #taskFactory: TaskFactory | null = null;
  #exceptionHandler: ExceptionHandler | null = null;
  /** Without a prototype, so that nobody need look for what it inherits. */
  readonly #options = Object.setPrototypeOf({ loop: this }, null) as { loop: EventLoop };
  #debug = false;
  #running = false;
  #closed = false;

  constructor() {
    knownLoops.add(this);
  }

  /** Marks the loop as running, until it is closed. */
  static start(loop: HostEventLoop): HostEventLoop {
    loop.#running = true;
    return loop;
  }

  /** Marks the loop as not running, so that it can be closed. */
  static pause(loop: HostEventLoop): void {
    loop.#running = false;
  }

  /** The timers that are on the functions that the host has now. */
  static timersOf(loop: HostEventLoop): TimerQueue {
    return loop.#timers = loop.#timers.current();
  }

  /** Takes a timer out, whatever functions of the host it is on. */
  static deleteTimer(loop: HostEventLoop, timer: Timer): void {
    loop.#timers.delete(timer);
  }

  callSoon(callback: () => void, options?: ScheduleOptions): Handle {
    const { context } = this.#check(callback, options);
    const handle = new HostHandle(this, callback);
    callSoonOn(this, HostHandle.run.bind(undefined, handle, nextDepth()), context);
    return handle;
  }

  callLater(delay: number, callback: () => void, options?: ScheduleOptions): TimerHandle {
    checkMilliseconds("call a callback later", "delay", delay);
    const { context } = this.#check(callback, options);
    const now = this.time();
    return new HostTimerHandle(this, now + Math.max(0, delay), callback, context, now);
  }

  callAt(when: number, callback: () => void, options?: ScheduleOptions): TimerHandle {
    const { context } = this.#check(callback, options);
    return new HostTimerHandle(this, when, callback, context);
  }

  /** Checks what is scheduled, and returns the options. */
  #check(callback: unknown, options: ScheduleOptions | undefined): ScheduleOptions {
    checkPlainCallback("schedule a callback", callback);
    const own = checkOptions("schedule a callback", options, " (a closure passes parameters)");
    if (this.#closed) throw closedError();
    return own;
  }

  time(): number {
    return HostEventLoop.timersOf(this).time();
  }

  createFuture<T>(options?: Omit<FutureOptions, "loop">): Future<T> {
    const { signal } = checkOptions("create a Future", options);
    // Most come without options: they have one object in common.
    return makeFuture<T>(signal ? { loop: this, signal } : this.#options);
  }

  createTask<T>(coro: Coroutine<T>, options?: Omit<TaskOptions, "loop">): Task<T> {
    const { name, context, signal, eagerStart } = checkOptions("create a task", options);
    const factory = this.#taskFactory;
    if (factory) {
      if (this.#closed) throw closedError();
      return factory(this, coro, options ?? {});
    }
    if (makeTask) {
      const given = options && { loop: this, name, context, signal, eagerStart };
      return makeTask(coro, given ?? this.#options);
    }
    throw new Error("Cannot create a task as the bundle has none: import Task or createTask");
  }

  setTaskFactory(factory: TaskFactory | null): void {
    if (factory !== null) checkCallback("set the task factory", factory, "factory");
    this.#taskFactory = factory;
  }

  getTaskFactory(): TaskFactory | null {
    return this.#taskFactory;
  }

  setExceptionHandler(handler: ExceptionHandler | null): void {
    if (handler !== null) checkPlainCallback("set the exception handler", handler, "handler");
    this.#exceptionHandler = handler;
  }

  getExceptionHandler(): ExceptionHandler | null {
    return this.#exceptionHandler;
  }

  callExceptionHandler(context: ExceptionContext): void {
    const handler = this.#exceptionHandler;
    if (!handler) return this.#handleByDefault(context);
    let isTold = false;
    const tell = () => {
      if (isTold) return;
      isTold = true;
      handOver(context, () => handler(this, context), (context) => this.#handleByDefault(context));
    };
    try {
      const taskContext = contextOf(context);
      if (taskContext) runAsNow(taskContext, tell);
    } catch {
      // What it is about cannot be looked at, or its context cannot be run in.
    }
    tell();
  }

  /** It may be one of a user's. */
  #handleByDefault(context: ExceptionContext): void {
    handOver(context, () => this.defaultExceptionHandler(context));
  }

  defaultExceptionHandler(context: ExceptionContext): void {
    printException(context);
  }

  getDebug(): boolean {
    return this.#debug;
  }

  setDebug(enabled: boolean): void {
    this.#debug = Boolean(enabled);
  }

  isRunning(): boolean {
    return this.#running;
  }

  isClosed(): boolean {
    return this.#closed;
  }

  close(): void {
    if (this.#running) throw new Error("Cannot close the event loop as it is running");
    this.#closed = true;
    this.#timers.clear();
  }
}

/**
 * Captures a context for one later callback of any loop.
 *
 * @param loop The loop.
 * @param fn The callback.
 * @param context The context. Default: the current one.
 * @returns A function that has the loop call `fn` soon, with the value it is given.
 */
export function captureFor<T>(
  loop: EventLoop,
  fn: (value: T) => void,
  context?: Context,
): (value: T) => void {
  return context === undefined && isHostLoop(loop) ? capture(fn) : captureOther(loop, fn, context);
}

/** For a given context, or a loop that is no standard one. */
function captureOther<T>(
  loop: EventLoop,
  fn: (value: T) => void,
  context: Context | undefined,
): (value: T) => void {
  return isHostLoop(loop)
    ? capture(bindTo(context, fn, loop))
    : captureOn(loop, fn, context ?? takeSnapshot());
}

/** Apart, as what a closure encloses costs each call of the function that it stands in. */
function captureOn<T>(
  loop: EventLoop,
  fn: (value: T) => void,
  context: Context,
): (value: T) => void {
  return (value) => {
    // Entered here as well: a simple loop may ignore the option. And bound rather
    // than enclosed, here and elsewhere: the stack of an error that is thrown in
    // `fn` holds the functions in it, and with them what they enclose.
    loop.callSoon(context.run.bind(context, fn.bind(undefined, value)), { context });
  };
}

/**
 * Has any loop call `fn` soon.
 *
 * @throws {Error} If the loop is closed.
 */
export function callSoonOn(loop: EventLoop, fn: () => void, context?: Context): void {
  if (isHostLoop(loop)) {
    if (loop.isClosed()) throw closedError();
    const bound = bindTo<void>(context, fn, loop);
    if (mustWait()) waitForTurn(capture(bound));
    else enqueue(bound);
  } else {
    captureFor(loop, fn, context)(undefined);
  }
}

/** Has `fn` run in `context`, if there is one, when it is called. */
function bindTo<T>(
  context: Context | undefined,
  fn: (value: T) => void,
  loop: EventLoop,
): (value: T) => void {
  return context ? (runInOrReport<T>).bind(undefined, context, fn, loop) : fn;
}

function runInOrReport<T>(
  context: Context,
  fn: (value: T) => void,
  loop: EventLoop,
  value: T,
): void {
  const call = { isMade: false };
  const message = "Cannot run a callback in its context";
  try {
    // Some contexts pass no arguments on.
    context.run((makeCall<T>).bind(undefined, call, fn, value));
  } catch (exception) {
    return report(loop, { message, exception });
  }
  if (!call.isMade) {
    const exception = cannot("run a callback", "its context did not call the function", context);
    report(loop, { message, exception });
  }
}

function makeCall<T>(call: { isMade: boolean }, fn: (value: T) => void, value: T): void {
  call.isMade = true;
  fn(value);
}

const defaultLoop = HostEventLoop.start(new HostEventLoop());

/** Whether a loop is a standard one. */
export function isHostLoop(loop: EventLoop): loop is HostEventLoop {
  // Most are the default one: without the first question, a step of a generator took 2 %
  // longer (Node 24), and a done callback 1 % (Deno 2.9).
  return loop === defaultLoop || loop instanceof HostEventLoop;
}

/** The running loop or, outside of tasks and loop callbacks, the default one. */
export function currentLoop(): EventLoop {
  // Asked for by every future that is made. `runningLoop` asks the same, but without the
  // first question here a step of a generator took 4 % longer, and without the second a
  // future a fifth (Deno 2.9).
  if (running !== undefined) return running;
  return taskHasRun ? loopOfTask() ?? defaultLoop : defaultLoop;
}
