/**
 * The standard loop, which schedules on the host, and the default loop of the realm.
 *
 * @module
 */

import type { Future, FutureOptions } from "../../future.ts";
import type { EventLoop, TaskFactory } from "../../loop.ts";
import { checkCallback, checkMilliseconds, checkPlainCallback } from "../base/checks.ts";
import { debugHooks } from "../base/debug_hooks.ts";
import { checkOptions, knownLoops } from "../base/options.ts";
import { cells } from "../context/cells.ts";
import { runWithCurrentTask } from "../context/current.ts";
import {
  type Handle,
  HostHandle,
  HostTimerHandle,
  type ScheduleOptions,
  type TimerHandle,
  type TimerOptions,
} from "./handles.ts";
import { LoopTimers, type Timers } from "./loop_timers.ts";
import {
  closedError,
  contextOf,
  type ExceptionContext,
  type ExceptionHandler,
  handOver,
  printException,
} from "./reports.ts";
import { allRunningLoops, provideDefaultLoop } from "./running.ts";
import { callSoonOn } from "./schedule.ts";
import type { Scheduler } from "./scheduler.ts";
import { nextChainLength } from "./turns.ts";
import type { Coroutine, TaskOptions } from "../task/coroutine.ts";
import type { Task } from "../task/task.ts";

/** The constructors of futures and tasks, whose classes belong to higher layers. */
interface Factories {
  createFuture<T>(options: FutureOptions): Future<T>;
  createTask<T>(coro: Coroutine<T>, options: TaskOptions): Task<T>;
}

/** Makes a future. */
let makeFuture: Factories["createFuture"];

/** Makes a task; `undefined` in a bundle without tasks. */
let makeTask: Factories["createTask"] | undefined;

/**
 * Called by every file whose functions need futures of a loop: a bundler leaves out a file of which
 * no value is used, and with `future.ts` the call in it.
 */
export function provideFutures(create: Factories["createFuture"]): void {
  makeFuture = create;
}

/** Called by every file whose functions need tasks of a loop, for the same reason. */
export function provideTasks(create: Factories["createTask"]): void {
  makeTask = create;
}

/** The standard loop: callbacks are microtasks, timers are those of the host. */
export class HostEventLoop extends LoopTimers implements EventLoop {
  #taskFactory: TaskFactory | null = null;
  #exceptionHandler: ExceptionHandler | null = null;
  /**
   * The options of all futures and tasks that are made without any. The prototype is `null`, so
   * that `checkOptions` need not look for inherited options.
   */
  readonly #options = Object.setPrototypeOf({ loop: this }, null) as { loop: EventLoop };
  #debug = false;
  #slowCallbackDuration = 100;
  #running = false;
  #closed = false;

  /** The parameters are those of `LoopTimers`. A user's loop is made without any. */
  constructor(timers?: Timers, scheduler?: Scheduler) {
    super(timers, scheduler);
    knownLoops.add(this);
    if (debugHooks?.isDefault) this.setDebug(true);
  }

  /** Marks the loop as running, until it is closed. */
  static start(loop: HostEventLoop): HostEventLoop {
    loop.#running = true;
    allRunningLoops.add(loop);
    return loop;
  }

  /** Marks the loop as not running, so that it can be closed. */
  static pause(loop: HostEventLoop): void {
    loop.#running = false;
    allRunningLoops.delete(loop);
  }

  callSoon(callback: () => void, options?: ScheduleOptions): Handle {
    const { context } = this.#check(callback, options);
    const handle = new HostHandle(this, callback);
    const run = HostHandle.run.bind(undefined, handle, nextChainLength());
    if (cells) cells.copy(callSoonOn, this, run, context, handle);
    else callSoonOn(this, run, context, handle);
    return handle;
  }

  callLater(ms: number, callback: () => void, options?: TimerOptions): TimerHandle {
    checkMilliseconds("call a callback later", "delay", ms);
    const own = this.#check(callback, options);
    const now = this.time();
    return new HostTimerHandle(this, now + Math.max(0, ms), callback, own, now);
  }

  callAt(when: number, callback: () => void, options?: TimerOptions): TimerHandle {
    const own = this.#check(callback, options);
    return new HostTimerHandle(this, when, callback, own);
  }

  /** Checks the arguments of a method that schedules, and that the loop is open. */
  #check(callback: unknown, options: TimerOptions | undefined): TimerOptions {
    checkPlainCallback("schedule a callback", callback);
    const own = checkOptions("schedule a callback", options, " (a closure passes parameters)");
    if (this.#closed) throw closedError();
    return own;
  }

  time(): number {
    return LoopTimers.of(this).time();
  }

  createFuture<T>(options?: Omit<FutureOptions, "loop">): Future<T> {
    const { signal } = checkOptions("create a Future", options);
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
    let isCalled = false;
    const callHandler = () => {
      if (isCalled) return;
      isCalled = true;
      handOver(context, () => handler(this, context), (context) => this.#handleByDefault(context));
    };
    try {
      const taskContext = contextOf(context);
      if (taskContext) runWithCurrentTask(taskContext, callHandler);
    } catch {
      // A getter of the report, or a user's context, threw.
    }
    // Without a context, or if the context did not call its function.
    callHandler();
  }

  /** Calls `defaultExceptionHandler`, which a subclass or a user may have replaced. */
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
    debugHooks?.loopChanged(this);
  }

  get slowCallbackDuration(): number {
    return this.#slowCallbackDuration;
  }

  set slowCallbackDuration(ms: number) {
    checkMilliseconds("set the limit", "slowCallbackDuration", ms);
    this.#slowCallbackDuration = ms;
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
    LoopTimers.clear(this);
    debugHooks?.loopChanged(this);
  }

  /** Returns a representation, such as `<EventLoop running tasks=12>`. */
  override toString(): string {
    return debugHooks?.representLoop(this) ?? "<EventLoop>";
  }
}

provideDefaultLoop(HostEventLoop.start(new HostEventLoop()));
