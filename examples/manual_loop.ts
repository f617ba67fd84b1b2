/**
 * An event loop for tests, whose clock stands still until the test moves it: a minute takes no time.
 *
 * A loop is any object that implements `EventLoop`. Write the types of what `createFuture()` and
 * `createTask()` return: TypeScript cannot infer them, as a future knows its loop.
 *
 * Run it with `deno run examples/manual_loop.ts`.
 *
 * @module
 */

import {
  AsyncContext,
  type Coroutine,
  type EventLoop,
  type ExceptionContext,
  type ExceptionHandler,
  Future,
  type FutureOptions,
  type ScheduleOptions,
  sleep,
  Task,
  type TaskFactory,
  type TaskOptions,
  type TimerHandle,
  waitFor,
} from "@asyncio/future";

class ManualLoop implements EventLoop {
  #now = 0;
  #scheduled: { run: () => void; when: number; handle: TimerHandle }[] = [];
  #handler: ExceptionHandler | null = null;
  #factory: TaskFactory | null = null;
  #debug = false;
  #closed = false;

  /** Moves the clock, and runs what is due until then in the order of time. */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (let next = this.#takeNext(end); next; next = this.#takeNext(end)) {
      this.#now = Math.max(this.#now, next.when);
      try {
        next.run();
      } catch (exception) {
        this.callExceptionHandler({ message: "Exception in a callback", exception });
      }
    }
    this.#now = end;
  }

  #takeNext(end: number) {
    this.#scheduled = this.#scheduled.filter(({ handle }) => !handle.cancelled());
    // Sorting is stable: what is due at the same time runs in the order in which it was scheduled.
    this.#scheduled.sort((a, b) => a.when - b.when);
    return this.#scheduled[0] && this.#scheduled[0].when <= end
      ? this.#scheduled.shift()
      : undefined;
  }

  callAt(when: number, callback: () => void, options?: ScheduleOptions): TimerHandle {
    if (this.#closed) throw new Error("Event loop is closed");
    const context = options?.context ?? new AsyncContext.Snapshot();
    let cancelled = false;
    const handle = {
      cancel: () => void (cancelled = true),
      cancelled: () => cancelled,
      when: () => when,
    };
    this.#scheduled.push({ run: () => context.run(callback), when, handle });
    return handle;
  }

  callLater(ms: number, callback: () => void, options?: ScheduleOptions): TimerHandle {
    return this.callAt(this.#now + Math.max(ms, 0), callback, options);
  }

  callSoon(callback: () => void, options?: ScheduleOptions): TimerHandle {
    return this.callAt(this.#now, callback, options);
  }

  time(): number {
    return this.#now;
  }

  createFuture<T>(options?: Omit<FutureOptions, "loop">): Future<T> {
    return new Future<T>({ ...options, loop: this });
  }

  createTask<T>(coro: Coroutine<T>, options?: Omit<TaskOptions, "loop">): Task<T> {
    return this.#factory?.(this, coro, options ?? {}) ?? new Task(coro, { ...options, loop: this });
  }

  setTaskFactory(factory: TaskFactory | null): void {
    this.#factory = factory;
  }

  getTaskFactory(): TaskFactory | null {
    return this.#factory;
  }

  setExceptionHandler(handler: ExceptionHandler | null): void {
    this.#handler = handler;
  }

  getExceptionHandler(): ExceptionHandler | null {
    return this.#handler;
  }

  callExceptionHandler(context: ExceptionContext): void {
    if (this.#handler) this.#handler(this, context);
    else this.defaultExceptionHandler(context);
  }

  defaultExceptionHandler({ message, exception }: ExceptionContext): void {
    console.error(message, exception);
  }

  getDebug(): boolean {
    return this.#debug;
  }

  setDebug(enabled: boolean): void {
    this.#debug = enabled;
  }

  isRunning(): boolean {
    return false;
  }

  isClosed(): boolean {
    return this.#closed;
  }

  close(): void {
    this.#closed = true;
  }
}

// The loop drives each step of a generator. An async function is driven by the engine, so that a
// test of one has to await a promise between two steps.
function* ask() {
  yield* sleep(60_000);
  return yield* waitFor(new Future<string>(), 30_000);
}

const loop = new ManualLoop();
const task = loop.createTask(ask, { name: "asker" });
loop.advance(89_999);
console.log(String(task));
loop.advance(1);
console.log(String(task.exception()));
