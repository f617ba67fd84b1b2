/**
 * The standard loop, which schedules on the host.
 *
 * @module
 */

import type { Future, FutureOptions } from "../../future.ts";
import type { EventLoop, TaskFactory } from "../../loop.ts";
import { checkCallback, checkMilliseconds, checkPlainCallback } from "../base/checks.ts";
import { checkOptions, knownLoops } from "../base/options.ts";
import { runAsNow } from "../context/current.ts";
import {
  type Handle,
  HostHandle,
  HostTimerHandle,
  type ScheduleOptions,
  type TimerHandle,
} from "./handles.ts";
import {
  closedError,
  contextOf,
  type ExceptionContext,
  type ExceptionHandler,
  handOver,
  printException,
} from "./reports.ts";
import { provideDefaultLoop } from "./running.ts";
import { callSoonOn } from "./schedule.ts";
import { StandardLoop } from "./standard_loop.ts";
import { nextChainLength } from "./turns.ts";
import type { Coroutine } from "../task/coroutine.ts";
import type { Task, TaskOptions } from "../task/task.ts";

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

/** The standard loop: callbacks are microtasks, timers are the host's. */
export class HostEventLoop extends StandardLoop implements EventLoop {
  #taskFactory: TaskFactory | null = null;
  #exceptionHandler: ExceptionHandler | null = null;
  /** Without a prototype, so that nobody need look for what it inherits. */
  readonly #options = Object.setPrototypeOf({ loop: this }, null) as { loop: EventLoop };
  #debug = false;
  #running = false;
  #closed = false;

  constructor() {
    super();
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

  callSoon(callback: () => void, options?: ScheduleOptions): Handle {
    const { context } = this.#check(callback, options);
    const handle = new HostHandle(this, callback);
    callSoonOn(this, HostHandle.run.bind(undefined, handle, nextChainLength()), context);
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
    return StandardLoop.timersOf(this).time();
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
    StandardLoop.clearTimers(this);
  }
}

provideDefaultLoop(HostEventLoop.start(new HostEventLoop()));
