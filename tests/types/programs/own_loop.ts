/** An event loop of one's own, whose clock a test moves. */

import {
  AsyncContext,
  type Coroutine,
  type EventLoop,
  type ExceptionContext,
  type ExceptionHandler,
  Future,
  type FutureOptions,
  type ScheduleOptions,
  Task,
  type TaskFactory,
  type TaskOptions,
} from "@asyncio/future";
import { assertSameType } from "../../helpers/same_type.ts";

interface Timer {
  when: number;
  callback: () => void;
  cancelled: boolean;
}

export class TestLoop implements EventLoop {
  #now = 0;
  #timers: Timer[] = [];
  #handler: ExceptionHandler | null = null;
  #factory: TaskFactory | null = null;
  #debug = false;
  #closed = false;

  /** Moves the clock, and calls what is due. */
  advance(ms: number) {
    const end = this.#now + ms;
    while (true) {
      this.#timers.sort((a, b) => a.when - b.when);
      const [next] = this.#timers;
      if (!next || next.when > end) break;
      this.#timers.shift();
      this.#now = next.when;
      if (!next.cancelled) next.callback();
    }
    this.#now = end;
  }

  callSoon(callback: () => void, options?: ScheduleOptions) {
    return this.callAt(this.#now, callback, options);
  }
  callLater(delay: number, callback: () => void, options?: ScheduleOptions) {
    return this.callAt(this.#now + delay, callback, options);
  }
  callAt(when: number, callback: () => void, { context }: ScheduleOptions = {}) {
    const snapshot = context ?? new AsyncContext.Snapshot();
    const timer = { when, callback: () => snapshot.run(callback), cancelled: false };
    this.#timers.push(timer);
    return {
      cancel: () => void (timer.cancelled = true),
      cancelled: () => timer.cancelled,
      when: () => when,
    };
  }
  time = () => this.#now;

  // The types of these two results are needed, as a future has its loop.
  createFuture<T>(options?: Omit<FutureOptions, "loop">): Future<T> {
    return new Future<T>({ ...options, loop: this });
  }
  createTask<T>(coro: Coroutine<T>, options: Omit<TaskOptions, "loop"> = {}): Task<T> {
    const { signal } = options;
    return this.#factory?.(this, coro, options) ?? new Task(coro, { signal, loop: this });
  }

  setTaskFactory(factory: TaskFactory | null) {
    this.#factory = factory;
  }
  getTaskFactory() {
    return this.#factory;
  }
  setExceptionHandler(handler: ExceptionHandler | null) {
    this.#handler = handler;
  }
  getExceptionHandler() {
    return this.#handler;
  }
  callExceptionHandler(context: ExceptionContext) {
    if (this.#handler) this.#handler(this, context);
    else this.defaultExceptionHandler(context);
  }
  defaultExceptionHandler({ message, exception }: ExceptionContext) {
    console.error(message, exception);
  }
  getDebug() {
    return this.#debug;
  }
  setDebug(enabled: boolean) {
    this.#debug = enabled;
  }
  isRunning = () => true;
  isClosed = () => this.#closed;
  close() {
    this.#closed = true;
  }
}

const loop = new TestLoop();
const task = loop.createTask(function* () {
  return yield* loop.createFuture<string>();
});
assertSameType<typeof task, Task<string>>();
loop.advance(1_000);
export const time: number = task.getLoop().time();
