/**
 * Tasks: coroutines that run by themselves, and futures of what they return.
 *
 * @module
 */

import {
  CancelledError,
  InvalidStateError,
  isAbortError,
  isCancelledError,
  toCancelledError,
} from "../../errors.ts";
import { Future, isFuture } from "../../future.ts";
import type { EventLoop } from "../../loop.ts";
import { cannot, isGenerator, isThenable } from "../base/checks.ts";
import { attempt, isPromiseReplaced } from "../base/engine.ts";
import { nameOf, show } from "../base/inspect.ts";
import { checkOptions } from "../base/options.ts";
import { asyncDispose } from "../base/symbols.ts";
import { currentTaskFrame, runAsTask, takeSnapshot } from "../context/current.ts";
import type { Context } from "../context/frame.ts";
import { Failure } from "../future/failure.ts";
import { internals } from "../future/internals.ts";
import { takeYielded } from "../future/iterator.ts";
import { CANCELLED, EXCEPTION, RESULT, type State } from "../future/states.ts";
import { whenDone } from "../future/waiters.ts";
import { requestHostTurn, timersBelongToRequests } from "../loop/host.ts";
import { provideTasks } from "../loop/host_loop.ts";
import { closedError, print, report, reportThrown } from "../loop/reports.ts";
import { currentLoop, enterLoop, isHostLoop, leaveLoop, runCallback } from "../loop/running.ts";
import { callSoonOn, captureFor } from "../loop/schedule.ts";
import { chainLengthOfStep } from "../loop/turns.ts";
import { Cancellation } from "./cancellation.ts";
import {
  checkCoroutine,
  checkUnclaimed,
  claimedGenerators,
  type Coroutine,
  takesSignal,
} from "./coroutine.ts";
import { Sleeper, type Wake } from "./sleeper.ts";

/** Options of {@linkcode Task}. */
export interface TaskOptions {
  /** The loop to run on. Default: {@linkcode getEventLoop}. */
  loop?: EventLoop | undefined;
  /** The name of the task, which is converted to a string. Default: `Task-1`, `Task-2`, … */
  name?: unknown;
  /** The context to run in. Default: a copy of the current one. */
  context?: Context | undefined;
  /** Aborting it cancels the task, with the signal's reason as the reason. */
  signal?: AbortSignal | undefined;
  /**
   * Whether the coroutine starts at once and runs until it first waits, rather
   * than in a later turn. An async function that does not wait is done a turn later,
   * and can be cancelled until then; others are done at once.
   *
   * @default {false}
   */
  eagerStart?: boolean | undefined;
}

/** The tasks of a loop that are not done: linked, as a set of 100,000 takes longer to change. */
interface TaskList {
  latest: Task<unknown> | undefined;
}

/** Whether the warning of a request that cancelled nothing was printed. */
let hasWarnedOfLostCancel = false;

/** A loop keeps its tasks alive. */
const alive = new WeakMap<EventLoop, TaskList>();

let tasksNamed = 0;

/** What scopes do with the tasks that run their bodies. */
export interface TaskInternals {
  /** Cancels a task, but hands it first what has arrived for it. */
  cancelAfterDelivery(task: Task<unknown>): boolean;
  /** Has a task be thrown the request to end, unless it was, at its next wait. */
  cancelNextWait(task: Task<unknown>): void;
  /** Has a generator that waits for a scope, which ends, be handed first how it ended. */
  deliverScopeEndFirst(task: Task<unknown>, scope: Future<unknown>): void;
  /** Whether a task failed before a request to end could be thrown in it. */
  failedBeforeCancel(task: Task<unknown>): boolean;
  /** The tasks of a loop that are not done, the earliest first, for `allTasks()`. */
  aliveOn(loop: EventLoop): Task<unknown>[];
}

/** Set by the class itself, which alone can reach its private fields. */
export let taskInternals: TaskInternals;

/**
 * A coroutine that runs on a loop, and the future of what it returns.
 *
 * Source: [`asyncio.Task`](https://docs.python.org/3.14/library/asyncio-task.html#asyncio.Task).
 *
 * @typeParam T The type of the result.
 *
 * @example Usage
 * ```ts
 * import { CancelledError, sleep, Task } from "@asyncio/future";
 * import { assertEquals, assertRejects } from "@std/assert";
 *
 * const log: string[] = [];
 * const task = new Task(async () => {
 *   try {
 *     await sleep(60_000);
 *   } finally {
 *     await sleep(1);
 *     log.push("cleaned up");
 *   }
 * });
 * await sleep(1);
 * task.cancel("no longer needed");
 * await assertRejects(async () => await task, CancelledError, "no longer needed");
 * assertEquals(log, ["cleaned up"]);
 * ```
 */
export class Task<T> extends Future<T> {
  readonly #coro: Coroutine<T>;
  readonly #context: Context;
  /** The context that was given; without one, steps follow from each other. */
  readonly #givenContext: Context | undefined;
  readonly #cancellation = new Cancellation();
  /** The name, or the number that makes one. */
  #name: string | number;
  /** The coroutine, if it is a generator. */
  #generator: Generator<unknown, T, unknown> | undefined = undefined;
  /** An error of the generator's own making, to be thrown into it. */
  #misuse: Error | undefined = undefined;
  /** Whether the given context called what it was to run. */
  #entered = false;
  #cancelRequests = 0;
  #cancelReason: unknown = undefined;
  #failedBeforeCancel = false;
  /** The list that it is in while it is not done, and its neighbours there. */
  #list: TaskList | undefined = undefined;
  #earlier: Task<unknown> | undefined = undefined;
  #later: Task<unknown> | undefined = undefined;

  static {
    taskInternals = {
      cancelAfterDelivery(task) {
        if (task.done()) return false;
        task.#request(new CancelledError(), true);
        return true;
      },
      cancelNextWait(task) {
        if (task.#cancelRequests === 0 || task.done()) return;
        task.#cancellation.cancelNextWait(task.#cancelReason);
      },
      deliverScopeEndFirst(task, scope) {
        if (task.#generator) task.#cancellation.deliverScopeEndFirst(scope);
      },
      failedBeforeCancel: (task) => task.#failedBeforeCancel,
      aliveOn(loop) {
        const tasks: Task<unknown>[] = [];
        for (let task = alive.get(loop)?.latest; task; task = task.#earlier) {
          // One may have been settled by way of the methods of Future.
          if (!task.done()) tasks.push(task);
        }
        return tasks.reverse();
      },
    };
    provideTasks((coro, options) => new Task(coro, options));
  }

  /**
   * Makes a task, which starts in a later turn of the loop, or at once with
   * `eagerStart`.
   *
   * @param coro The coroutine to run.
   * @param options The loop, the name, the context, a signal that cancels it.
   * @throws {TypeError} If `coro` is no coroutine, or is a generator that another
   * task runs, or if one of the options is not what it should be.
   * @throws {Error} If the loop is closed.
   */
  constructor(coro: Coroutine<T>, options?: TaskOptions) {
    checkCoroutine("create a task", coro);
    const { loop = currentLoop(), name, context, signal, eagerStart } = checkOptions(
      "create a task",
      options,
    );
    checkUnclaimed("create a task", coro);
    if (loop.isClosed()) throw closedError();
    // The signal is for the task, which is not there yet.
    super(signal ? { loop } : options);
    this.#name = name === undefined || name === null ? ++tasksNamed : String(name);
    this.#coro = coro;
    this.#givenContext = context;
    this.#context = context ?? takeSnapshot();
    if (!eagerStart) Task.#stepSoon(this as Task<unknown>, Task.#start);
    // Not if the loop has refused it.
    if (typeof coro !== "function") claimedGenerators.add(coro);
    // An alternative loop may have called at once.
    if (!this.done()) this.#enlist(loop);
    if (signal) internals.followSignal(this, signal);
    if (!eagerStart) return;
    try {
      Task.#start(this as Task<unknown>);
    } catch (error) {
      // The stack has overflowed: it will never run.
      this.#delist();
      throw error;
    }
  }

  /**
   * Asks the task to end: a `CancelledError` is thrown where its code waits.
   *
   * The task's {@linkcode Task.prototype.signal | signal} aborts. If the code waits
   * on futures, those are cancelled; if it waits on something else, its next wait on
   * a future throws; if it has not started, it never will. The code may clean up,
   * waiting if need be, and may catch the error and go on.
   *
   * Source: [`Task.cancel`](https://docs.python.org/3.14/library/asyncio-task.html#asyncio.Task.cancel).
   *
   * @param reason Why. A string becomes the message of the `CancelledError`, a
   * `CancelledError` is used as it is, anything else becomes its `cause`.
   * @returns `false` if the task is done, and then nothing changes.
   */
  override cancel(reason?: unknown): boolean {
    if (this.done()) return false;
    // Made right here, as each frame more on its stack takes time and memory.
    this.#request(reason === undefined ? new CancelledError() : toCancelledError(reason), false);
    return true;
  }

  #request(error: CancelledError, afterDelivery: boolean): void {
    this.#cancelRequests++;
    // One error for all, so that the signal's reason is what is thrown.
    this.#cancelReason = internals.abort(this, error);
    // A listener of the signal may have cancelled again, with another reason.
    this.#cancellation.cancel(this.#cancelReason, afterDelivery);
    if (!hasWarnedOfLostCancel && isPromiseReplaced()) this.#warnIfNothingCancelled();
  }

  /**
   * Warns, once, if the request cancels nothing where a library replaced `Promise`, so that
   * the waits of the task may be unseen. A function with a parameter may use the signal.
   */
  #warnIfNothingCancelled(): void {
    const isRunning = currentTaskFrame().task === this as unknown;
    if (!this.#entered || this.#generator || isRunning) return;
    if ((this.#coro as () => unknown).length > 0) return;
    // A result may be on its way to the code, whose next wait is then cancelled. Some libraries
    // take a turn of the host for each handler.
    let turns = 5;
    const look = () => {
      if (hasWarnedOfLostCancel || this.done() || !this.#cancellation.hasPending) return;
      if (turns-- > 0) return void requestHostTurn(look);
      hasWarnedOfLostCancel = true;
      print(
        "warn",
        `Cannot cancel what ${this} waits for as it is not a Future: ` +
          "write await ensureFuture(promise), or use the task's signal",
      );
    };
    look();
  }

  /**
   * Returns how often the task was asked to end, less the calls of
   * {@linkcode Task.prototype.uncancel | uncancel()}.
   *
   * Source: [`Task.cancelling`](https://docs.python.org/3.14/library/asyncio-task.html#asyncio.Task.cancelling).
   */
  cancelling(): number {
    return this.#cancelRequests;
  }

  /**
   * Takes back one request to end. With the last one goes the `CancelledError`
   * that has not been thrown yet.
   *
   * Source: [`Task.uncancel`](https://docs.python.org/3.14/library/asyncio-task.html#asyncio.Task.uncancel).
   *
   * @returns How many requests remain.
   */
  uncancel(): number {
    if (this.#cancelRequests > 0) this.#cancelRequests--;
    if (this.#cancelRequests === 0) this.#cancellation.takePending();
    return this.#cancelRequests;
  }

  /**
   * A signal that aborts when the task is asked to end, with the `CancelledError`
   * as its reason. It is the argument of a coroutine that is a function.
   */
  override get signal(): AbortSignal {
    const signal = super.signal;
    if (this.#cancelRequests > 0 && !signal.aborted) internals.abort(this, this.#cancelReason);
    return signal;
  }

  /**
   * Returns the name of the task.
   *
   * Source: [`Task.get_name`](https://docs.python.org/3.14/library/asyncio-task.html#asyncio.Task.get_name).
   */
  getName(): string {
    return typeof this.#name === "number" ? `Task-${this.#name}` : this.#name;
  }

  /**
   * Names the task.
   *
   * Source: [`Task.set_name`](https://docs.python.org/3.14/library/asyncio-task.html#asyncio.Task.set_name).
   *
   * @param name The name; it is converted to a string.
   */
  setName(name: unknown): void {
    this.#name = String(name);
  }

  /**
   * Returns the coroutine that the task runs.
   *
   * Source: [`Task.get_coro`](https://docs.python.org/3.14/library/asyncio-task.html#asyncio.Task.get_coro).
   */
  getCoro(): Coroutine<T> {
    return this.#coro;
  }

  /**
   * Returns the context that the task runs in.
   *
   * Source: [`Task.get_context`](https://docs.python.org/3.14/library/asyncio-task.html#asyncio.Task.get_context).
   */
  getContext(): Context {
    return this.#context;
  }

  /**
   * Throws: the coroutine makes the result.
   *
   * @throws {InvalidStateError} Always.
   */
  override setResult(_value: T): void {
    throw new InvalidStateError(`Cannot set the result as a task makes its own: ${this}`);
  }

  /**
   * Throws: the coroutine makes the exception.
   *
   * @throws {InvalidStateError} Always.
   */
  override setException(_exception: unknown): void {
    throw new InvalidStateError(`Cannot set the exception as a task makes its own: ${this}`);
  }

  /**
   * Cancels the task and waits until it is done, at the end of an `await using` block.
   *
   * It does not throw what the task has thrown, which is reported if nobody looks
   * at it.
   *
   * Source: [TC39](https://github.com/tc39/proposal-explicit-resource-management).
   */
  [asyncDispose](): Promise<void> {
    this.cancel();
    const end = new TaskEnd({ loop: this.getLoop() });
    // Its outcome is not looked at, so that a failure is still reported.
    whenDone(this, { notify: () => end.setResult(), label: "await using" });
    return end;
  }

  /** `"Task"`. */
  override get [Symbol.toStringTag](): string {
    return "Task";
  }

  /** Returns a representation, such as `<Task pending name="Task-1" coro=main>`. */
  override toString(): string {
    const coro = typeof this.#coro === "function" ? nameOf(this.#coro) : "<generator>";
    const details = [`name=${show(this.getName())}`, `coro=${coro}`];
    for (const waited of this.#cancellation) {
      // By name, as tasks may wait for each other in a circle.
      details.push(`wait_for=${waited instanceof Task ? show(waited.getName()) : show(waited)}`);
    }
    const state = this.#cancelRequests > 0 && !this.done() ? "cancelling" : undefined;
    return internals.represent(this, details, state);
  }

  // What runs the coroutine takes the task as an argument and is bound, no method
  // and no closure: V8 keeps the receivers and the functions of an error's stack,
  // and a task that its own exception keeps alive would never be collected.

  static #stepSoon(task: Task<unknown>, step: (task: Task<unknown>) => void): void {
    callSoonOn(task.getLoop(), step.bind(undefined, task), task.#loopContext);
  }

  /** The given context for loops that take one; on the standard loop, steps enter it. */
  get #loopContext(): Context | undefined {
    const context = this.#givenContext;
    return context === undefined || isHostLoop(this.getLoop()) ? undefined : context;
  }

  static #start(task: Task<unknown>): void {
    Task.#runInContext(task, Task.#enter);
  }

  /** Runs a step in the context that the task was given, if it was given one. */
  static #runInContext(task: Task<unknown>, step: (task: Task<unknown>) => void): void {
    const context = task.#givenContext;
    if (!context) return Task.#runStep(task, step);
    task.#entered = false;
    try {
      context.run(Task.#runStep, task, step);
    } catch (exception) {
      if (task.#entered) {
        const message = "Cannot leave the context of the task";
        report(task.getLoop(), { message, exception, task });
      } else if (!task.done()) {
        task.#fail(exception);
      }
      return;
    }
    if (task.#entered || task.done()) return;
    task.#fail(cannot("run the task", "its context did not call the function", context));
  }

  static #runStep(task: Task<unknown>, step: (task: Task<unknown>) => void): void {
    // It was settled by way of the methods of Future, or the given context calls too late.
    if (task.done()) return task.#delist();
    task.#entered = true;
    step(task);
  }

  /** Calls a coroutine that is a function, and starts to run one that is a generator. */
  static #enter(task: Task<unknown>): void {
    const coro = task.#coro;
    if (typeof coro !== "function") task.#generator = coro;
    else runCallback(task.getLoop(), Task.#enterFunction, task, "task", task);
    if (task.#generator) Task.#stepAsTask(task);
  }

  static #enterFunction(task: Task<unknown>): void {
    const cancelled = task.#cancellation.takePending();
    if (cancelled) return task.#settle(CANCELLED, cancelled.reason);
    let body;
    try {
      body = runAsTask(task, task.#cancellation, Task.#call, task);
      // To look at what a function returns may throw as well.
      if (isGenerator(body)) {
        checkUnclaimed("run the task", body);
        claimedGenerators.add(task.#generator = body);
        return;
      }
      if (body instanceof Promise) {
        return void body.then((value) => task.#return(value), (error) => task.#fail(error));
      }
    } catch (error) {
      return task.#fail(error);
    }
    task.#return(body);
  }

  /** Calls a coroutine that is a function, in the context of the task. */
  static #call(task: Task<unknown>): unknown {
    const coro = task.#coro as (signal?: AbortSignal) => unknown;
    const body = takesSignal(coro) ? coro(Task.#signalOf(task)) : coro();
    return isThenable(body) ? Promise.resolve(body) : body;
  }

  /** The signal; none in the global scope of a Worker, where making one throws. */
  static #signalOf(task: Task<unknown>): AbortSignal | undefined {
    return timersBelongToRequests ? attempt(() => task.signal) : task.signal;
  }

  /** Runs a step in a frame of its own, that of the task. */
  static #stepAsTask(this: void, task: Task<unknown>): void {
    runAsTask(task, undefined, Task.#step, task);
  }

  /** Runs a further step in the context that the task was given. */
  static #stepInContext(this: void, task: Task<unknown>): void {
    Task.#runInContext(task, Task.#stepAsTask);
  }

  /** What runs a further step: in the given context, or in that of the step before. */
  static #resumptionOf(task: Task<unknown>): (task: Task<unknown>) => void {
    return task.#givenContext ? Task.#stepInContext : Task.#step;
  }

  /**
   * Runs the generator until it waits or ends. It is no callback of `runCallback`, as
   * engines inline only so deep: a step took 7 % longer (Bun 1.4).
   */
  static #step(this: void, task: Task<unknown>): void {
    const loop = task.getLoop();
    const outer = enterLoop(loop, chainLengthOfStep(task.#cancellation));
    try {
      const cancelled = task.#cancellation.resume();
      let done;
      let value;
      try {
        ({ done, value } = cancelled === undefined && task.#misuse === undefined
          ? task.#generator!.next()
          : Task.#throw(task, cancelled));
      } catch (error) {
        return task.#fail(error);
      }
      if (done) task.#return(value);
      else if (takeYielded(value) && value !== task) Task.#wait(task, value as Future<unknown>);
      else Task.#suspend(task, value);
    } catch (exception) {
      // A future of another copy cannot be waited for, for instance.
      reportThrown(loop, Task.#step, exception, "task", task);
    } finally {
      leaveLoop(loop, outer, task);
    }
  }

  /** Throws a CancelledError into the generator, or an error for what it did wrong. */
  static #throw(
    task: Task<unknown>,
    cancelled: { reason: unknown } | undefined,
  ): IteratorResult<unknown> {
    const error = cancelled === undefined ? task.#misuse : toCancelledError(cancelled.reason);
    task.#misuse = undefined;
    return task.#generator!.throw(error);
  }

  /** Has the generator resumed when a future is done. */
  static #wait(task: Task<unknown>, future: Future<unknown>): void {
    const cancellation = task.#cancellation;
    const wake: Wake = captureFor(task.getLoop(), Task.#resumptionOf(task), task.#loopContext);
    // First, as futures of other copies may call back at once.
    cancellation.beginWait(future);
    whenDone(future, new Sleeper(task, cancellation, wake));
  }

  /** Has the generator resumed, after it yielded no future of this copy by `yield*`. */
  static #suspend(task: Task<unknown>, yielded: unknown): void {
    const problem = yielded === undefined ? undefined : Task.#problem(task, yielded);
    if (yielded !== undefined && !problem) return Task.#wait(task, yielded as Future<unknown>);
    task.#misuse = problem;
    task.#cancellation.beginTurn();
    Task.#stepSoon(task, Task.#resumptionOf(task));
  }

  /** Why a task cannot wait for what its generator yielded. */
  static #problem(task: Task<unknown>, yielded: unknown): Error | undefined {
    if (yielded === task) return cannot("wait for the task", "it would wait for itself", task);
    let hint = "no future";
    try {
      if (isFuture(yielded)) {
        // A future of another copy of the module cannot say how it was yielded.
        return internals.isOfThisCopy(yielded)
          ? cannot("wait for the future", "it was yielded bare, write `yield*`", yielded)
          : undefined;
      }
      if (isGenerator(yielded)) hint = "a generator, write `yield*`";
      else if (isThenable(yielded)) hint = "a promise, write `yield* ensureFuture(promise)`";
    } catch {
      // It throws when it is looked at.
    }
    return cannot("wait for what was yielded", `it is ${hint}`, yielded);
  }

  #return(value: T): void {
    if (this.done()) return this.#delist();
    // A request that came too late to be thrown still cancels the task.
    const cancelled = this.#cancellation.takePending();
    if (cancelled) this.#settle(CANCELLED, cancelled.reason);
    else this.#settle(RESULT, value);
  }

  #fail(exception: unknown): void {
    if (this.done()) {
      this.#delist();
      const message = "Task was done before its coroutine failed";
      report(this.getLoop(), { message, exception, task: this as Task<unknown> });
    } else if (isCancelledError(exception)) {
      this.#settle(CANCELLED, exception);
    } else if (this.#cancelRequests > 0 && isAbortError(exception)) {
      // What web APIs throw when the task's signal aborts.
      this.#settle(CANCELLED, this.#cancelReason);
    } else {
      this.#settle(EXCEPTION, new Failure(exception, this.getName()));
    }
  }

  #enlist(loop: EventLoop): void {
    let list = alive.get(loop);
    if (!list) alive.set(loop, list = { latest: undefined });
    this.#list = list;
    this.#earlier = list.latest;
    if (list.latest) list.latest.#later = this as Task<unknown>;
    list.latest = this as Task<unknown>;
  }

  #delist(): void {
    const list = this.#list;
    if (!list) return;
    const earlier = this.#earlier;
    const later = this.#later;
    if (earlier) earlier.#later = later;
    if (later) later.#earlier = earlier;
    else list.latest = earlier;
    // So that one that is done does not keep others alive.
    this.#list = this.#earlier = this.#later = undefined;
  }

  #settle(state: State, outcome: unknown): void {
    this.#delist();
    // Code that the coroutine left behind is not to be cancelled in its place.
    const pending = this.#cancellation.takePending();
    this.#failedBeforeCancel = state === EXCEPTION && pending !== undefined;
    internals.settle(this, state, outcome);
    // Cancelled by its own code, not by a request: the signal says so as well.
    if (state === CANCELLED && this.#cancelRequests === 0) internals.abort(this, outcome);
  }
}

/** The end of a task, which is waited for whatever comes: cancelling it does nothing. */
class TaskEnd extends Future<void> {
  override cancel(): boolean {
    return false;
  }
}
