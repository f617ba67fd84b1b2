/**
 * The class `Task`: runs a coroutine on a loop, and is the future of its outcome.
 *
 * `cancellation.ts` decides where a request to cancel goes, `step_waiter.ts` waits for a future.
 *
 * @module
 */

import {
  CancelledError,
  InvalidStateError,
  isCancelledError,
  isDueToRequest,
  toCancelledError,
} from "../../errors.ts";
import { Future } from "../../future.ts";
import type { EventLoop } from "../../loop.ts";
import { cannot, isGenerator } from "../base/checks.ts";
import { isPromiseReplaced } from "../base/engine.ts";
import { show } from "../base/inspect.ts";
import { observer } from "../base/observer.ts";
import { asyncDispose } from "../base/symbols.ts";
import { cells } from "../context/cells.ts";
import { currentTaskFrame, runAsTask, takeSnapshot } from "../context/current.ts";
import type { Context } from "../context/frame.ts";
import { standardPrototypes } from "../future/cancel_target.ts";
import { Failure } from "../future/failure.ts";
import { internals } from "../future/internals.ts";
import { takeYielded } from "../future/iterator.ts";
import { prepareSignal } from "../future/signals.ts";
import { CANCELLED, EXCEPTION, PENDING, RESULT, type State } from "../future/states.ts";
import { whenDone } from "../future/waiters.ts";
import { provideTasks } from "../loop/host_loop.ts";
import { closedError, report, reportThrown } from "../loop/reports.ts";
import { currentLoop, enterLoop, isHostLoop, leaveLoop, runCallback } from "../loop/running.ts";
import { callSoonOn, captureHere } from "../loop/schedule.ts";
import { takeChainLength } from "../loop/turns.ts";
import { Cancellation } from "./cancellation.ts";
import {
  callCoroutine,
  checkCoroutine,
  checkTaskOptions,
  checkUnclaimed,
  claimedGenerators,
  type Coroutine,
  coroutineName,
  nameSourceOf,
  problemOfYield,
  type TaskOptions,
} from "./coroutine.ts";
import { endOf } from "./end.ts";
import { provideTaskInternals } from "./internals.ts";
import { warnIfLost } from "./lost_cancel.ts";
import {
  comesFromScope,
  currentPass,
  makeScopeError,
  passOn,
  scopeErrors,
  unanswered,
} from "./passing.ts";
import { type EnqueueStep, runContinuation, StepWaiter } from "./step_waiter.ts";

/** Head of the linked list of a loop's tasks: see docs/performance.md#list-of-tasks. */
interface TaskList {
  latest: Task<unknown> | undefined;
}

/** The tasks that are not done. A loop keeps them alive, even if nobody else holds them. */
const alive = new WeakMap<EventLoop, TaskList>();

/** The number in the latest default name. Changed by the constructor only, never reset. */
let lastNumber = 0;

/** The task whose generator ends in the step on the stack. Changed by `Task.#end` only. */
let ending: Task<unknown> | undefined;

/** The code whose scope opens, while `startBody()` makes the task of its body. */
let parentOfBody: Cancellation | undefined;

/**
 * A coroutine that runs on a loop, and the future of its outcome.
 *
 * Source: [`asyncio.Task`](https://docs.python.org/3.14/library/asyncio-task.html#asyncio.Task).
 *
 * @typeParam T The type of the result.
 * @category Tasks
 *
 * @example
 * ```ts
 * import { CancelledError, sleep, Task } from "@asyncio/future";
 * import { assertRejects } from "@std/assert";
 *
 * const task = new Task(async () => {
 *   try {
 *     await sleep(60_000);
 *   } finally {
 *     await sleep(1); // the clean-up may wait
 *   }
 * });
 * await sleep(1);
 * task.cancel("no longer needed");
 * await assertRejects(async () => await task, CancelledError, "no longer needed");
 * ```
 */
export class Task<T> extends Future<T> {
  /** The coroutine; once the task is done, only what its name is read from. */
  #coro: Coroutine<T> | string;
  #context!: Context;
  /** The context option; without one, each step runs in the context of the step before. */
  readonly #givenContext: Context | undefined;
  readonly #cancellation: Cancellation;
  /** A given name, or N of the default name `Task-N`. */
  #name: string | number;
  /** The coroutine, if it is a generator. */
  #generator: Generator<unknown, T, unknown> | undefined = undefined;
  /** The error for a bad `yield`, which the next step throws into the generator. */
  #misuse: Error | undefined = undefined;
  /** Whether the task has started or, with a given context, that has called the latest step. */
  #entered = false;
  /** The `CancelledError` of the request that counts; `undefined` before the first. */
  #reason: unknown = undefined;
  /** Whether `#reason` comes from a scope or a time limit. */
  #isReasonOfScope = false;
  /** The list that holds the task until it is done, and the neighbours there. */
  #list: TaskList | undefined = undefined;
  #previous: Task<unknown> | undefined = undefined;
  #next: Task<unknown> | undefined = undefined;

  static {
    standardPrototypes.add(this.prototype);
    provideTaskInternals({
      startBody(parent, body, options) {
        parentOfBody = parent;
        try {
          return new Task(body, options);
        } finally {
          parentOfBody = undefined;
        }
      },
      cancelBody(body) {
        if (body.done()) return false;
        return passOn(() => body.#request(makeScopeError(), true), true);
      },
      isTask: (value): value is Task<unknown> => #cancellation in value,
      hasStarted: (task) => task.#entered,
      cancellationOf: (task) => task.#cancellation,
      reasonOf: (task) => task.#reason,
      endsInStep: (task) => task === ending,
      goOn: (step) => runContinuation(step, Task.#goOn, false),
      aliveOn(loop) {
        const tasks: Task<unknown>[] = [];
        for (let task = alive.get(loop)?.latest; task; task = task.#previous) {
          // `Future.prototype.setResult.call(task)` settles a task without delisting it.
          if (internals.stateOf(task) === PENDING) tasks.push(task);
        }
        return tasks.reverse();
      },
    });
  }

  /**
   * Makes a task, which starts in a later turn of the loop, or at once with `eagerStart`. Source:
   * [`asyncio.Task`](https://docs.python.org/3.14/library/asyncio-task.html#asyncio.Task).
   *
   * @param coro The coroutine to run.
   * @param options The loop, the name, the context, a signal that cancels the task, whether the
   * task starts at once.
   * @throws {TypeError} If `coro` is not a coroutine, another task runs it, or an option is not valid.
   * @throws {Error} If the loop is closed.
   */
  constructor(coro: Coroutine<T>, options?: TaskOptions) {
    checkCoroutine("create a task", coro);
    const { loop = currentLoop(), name, context, signal, eagerStart } = checkTaskOptions(options);
    checkUnclaimed("create a task", coro);
    if (loop.isClosed()) throw closedError();
    prepareSignal(signal);
    // Without the signal, which could cancel the task before its private fields exist.
    super(signal ? { loop } : options);
    const parent = parentOfBody;
    parentOfBody = undefined;
    this.#cancellation = new Cancellation(this as Task<unknown>, parent);
    this.#name = parent ? "" : name === undefined || name === null ? ++lastNumber : String(name);
    this.#coro = coro;
    this.#givenContext = context;
    // The body of a scope has the cell of the task around it.
    if (cells && !parent) cells.copy(Task.#begin, this as Task<unknown>, signal, eagerStart);
    else Task.#begin(this as Task<unknown>, signal, eagerStart);
  }

  /** Does the part of the constructor that captures the context. */
  static #begin(task: Task<unknown>, signal?: AbortSignal, eagerStart?: boolean): void {
    const coro = task.#coro as Coroutine<unknown>;
    task.#context = task.#givenContext ?? takeSnapshot();
    if (!eagerStart) Task.#stepSoon(task, Task.#start);
    // Only now: if `callSoon` of the loop throws, another task may still run the generator.
    if (typeof coro !== "function") claimedGenerators.add(coro);
    // A loop of another class may have called the first step at once.
    if (!task.done() && !task.#cancellation.parent) task.#enlist(task.getLoop());
    if (signal) internals.followSignal(task, signal);
    if (!eagerStart) return;
    try {
      Task.#start(task);
    } catch (error) {
      // The stack overflowed before the coroutine could start: the task will never run.
      task.#delist();
      throw error;
    }
  }

  /**
   * Requests cancellation: a `CancelledError` is thrown where the task's code waits.
   *
   * The task's {@linkcode Task.prototype.signal | signal} aborts. If the code waits on futures,
   * they are cancelled; if it waits on something else, its next wait on a future throws; if it has
   * not started, it never will. A future that is done keeps its result, and the wait on it throws
   * all the same, unless the code has gone on. The code may clean up, waiting if need be, and may
   * catch the error and go on.
   *
   * Source: [`Task.cancel`](https://docs.python.org/3.14/library/asyncio-task.html#asyncio.Task.cancel).
   *
   * @param reason Why. A string becomes the message of the `CancelledError`, a `CancelledError` is
   * used as it is, anything else becomes its `cause`.
   * @returns `true`, or `false` if the task is done: then nothing changes.
   */
  override cancel(reason?: unknown): boolean {
    if (this.done()) return false;
    // The error is made here: see docs/performance.md#cancelled-tasks.
    const error = reason === undefined ? new CancelledError() : toCancelledError(reason);
    // A listener of a signal may cancel this task while a request of a scope is passed on.
    return passOn(() => this.#request(error, false), comesFromScope() && scopeErrors.has(error));
  }

  #request(error: CancelledError, isOwn: boolean): true {
    const cancellation = this.#cancellation;
    const fromScope = comesFromScope();
    // Several requests before one is thrown are one error, which is also the signal's reason.
    if (cancellation.requests === 0 || (this.#isReasonOfScope && !fromScope)) {
      this.#reason = error;
      this.#isReasonOfScope = fromScope;
    }
    observer?.cancelled(this, error);
    cancellation.requests++;
    if (isOwn) cancellation.ownRequests++;
    const pass = currentPass();
    cancellation.cancel({ reason: error, fromScope, isOwn, since: pass, pass });
    // Listeners of the signal run here, and may cancel again.
    internals.abort(this, error);
    const mayBeLost = isPromiseReplaced() && this.#entered && !this.#generator;
    if (mayBeLost && currentTaskFrame().code !== cancellation) {
      warnIfLost(this, this.#coro, () => !this.done() && cancellation.hasPending);
    }
    return true;
  }

  /**
   * Returns how many requests to cancel the task there were, less those that
   * {@linkcode Task.prototype.uncancel | uncancel()} took back. In the body of a scope, the requests
   * of that scope count as well.
   *
   * Source: [`Task.cancelling`](https://docs.python.org/3.14/library/asyncio-task.html#asyncio.Task.cancelling).
   */
  cancelling(): number {
    return this.#runningCode.visibleRequests;
  }

  /**
   * Takes back one request to cancel. If none remains, a `CancelledError` that waits for the
   * task's next wait is not thrown any more.
   *
   * Source: [`Task.uncancel`](https://docs.python.org/3.14/library/asyncio-task.html#asyncio.Task.uncancel).
   *
   * @returns How many requests remain.
   */
  uncancel(): number {
    const cancellation = this.#cancellation;
    const code = this.#runningCode;
    if (cancellation.requests > 0) cancellation.takeBack();
    else code.takeBackOwn();
    return code.visibleRequests;
  }

  /** The code that asks: the body of a scope that runs now, or else the coroutine. */
  get #runningCode(): Cancellation {
    const { code } = currentTaskFrame();
    return code && code.task === this as unknown ? code : this.#cancellation;
  }

  /**
   * A signal that aborts when the task is cancelled, with the `CancelledError` as its reason. A
   * coroutine that is a function gets this signal as its argument.
   */
  override get signal(): AbortSignal {
    const signal = super.signal;
    if (this.#cancellation.requests > 0 && !signal.aborted) internals.abort(this, this.#reason);
    return signal;
  }

  /**
   * Returns the name of the task.
   *
   * Source: [`Task.get_name`](https://docs.python.org/3.14/library/asyncio-task.html#asyncio.Task.get_name).
   */
  getName(): string {
    const { parent } = this.#cancellation;
    if (parent) return parent.task?.getName() ?? "";
    return typeof this.#name === "number" ? `Task-${this.#name}` : this.#name;
  }

  /**
   * Names the task.
   *
   * Source: [`Task.set_name`](https://docs.python.org/3.14/library/asyncio-task.html#asyncio.Task.set_name).
   *
   * @param name The name, which is converted to a string.
   */
  setName(name: unknown): void {
    this.#name = String(name);
  }

  /**
   * Returns the coroutine that the task runs; `null` once the task is done, as it keeps nothing
   * alive that its code enclosed.
   *
   * Source: [`Task.get_coro`](https://docs.python.org/3.14/library/asyncio-task.html#asyncio.Task.get_coro).
   */
  getCoro(): Coroutine<T> | null {
    return typeof this.#coro === "string" ? null : this.#coro;
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
   * Throws an error, as the result of a task comes from its coroutine.
   * @deprecated A task makes its own result: return it from the coroutine.
   * @throws {InvalidStateError} Always.
   */
  override setResult(_value: never): void {
    throw new InvalidStateError(`Cannot set the result as a task makes its own: ${this}`);
  }

  /**
   * Throws an error, as the exception of a task comes from its coroutine.
   * @deprecated A task makes its own exception: throw it in the coroutine.
   * @throws {InvalidStateError} Always.
   */
  override setException(_exception: never): void {
    throw new InvalidStateError(`Cannot set the exception as a task makes its own: ${this}`);
  }

  /**
   * Throws an error unless the task is done, as {@linkcode Task.prototype.setResult} does.
   * @deprecated A task makes its own result: return it from the coroutine.
   */
  declare setResultUnlessDone: (value: never) => boolean;

  /**
   * Throws an error unless the task is done, as {@linkcode Task.prototype.setException} does.
   * @deprecated A task makes its own exception: throw it in the coroutine.
   */
  declare setExceptionUnlessDone: (exception: never) => boolean;

  /**
   * Cancels the task and waits until it is done, at the end of an `await using` block.
   *
   * An exception of the task is not thrown there, but reported if nobody retrieves it.
   *
   * Source: [TC39](https://github.com/tc39/proposal-explicit-resource-management).
   */
  [asyncDispose](): Promise<void> {
    this.cancel();
    return endOf(this);
  }

  /** `"Task"`. */
  override get [Symbol.toStringTag](): string {
    return "Task";
  }

  /** Returns a representation, such as `<Task pending name="Task-1" coro=main>`. */
  override toString(): string {
    const details = [`name=${show(this.getName())}`, `coro=${coroutineName(this.#coro, this)}`];
    for (const waited of this.#cancellation) {
      // A task is shown by its name only: tasks may wait on each other in a circle.
      details.push(`wait_for=${waited instanceof Task ? show(waited.getName()) : show(waited)}`);
    }
    const state = this.#cancellation.requests > 0 && !this.done() ? "cancelling" : undefined;
    return internals.represent(this, details, state);
  }

  // The functions below are static and bound to the task: neither methods nor closures. V8 keeps the
  // receivers and the functions on an error's stack alive, and so the task, whose own exception,
  // unretrieved, would never be reported.

  static #stepSoon(task: Task<unknown>, step: (task: Task<unknown>) => void): void {
    callSoonOn(task.getLoop(), step.bind(undefined, task), task.#loopContext, task);
  }

  /** The context for `callSoon` of another loop. On a standard loop, the steps enter it. */
  get #loopContext(): Context | undefined {
    return this.#givenContext && !isHostLoop(this.getLoop()) ? this.#givenContext : undefined;
  }

  static #start(task: Task<unknown>): void {
    Task.#runInContext(task, Task.#enter);
  }

  /** Runs a step in the given context, if there is one. */
  static #runInContext(task: Task<unknown>, step: (task: Task<unknown>) => void): void {
    const context = task.#givenContext;
    if (!context) return Task.#runStep(task, step);
    task.#entered = false;
    try {
      if (cells) cells.enter(context, Task.#runStep.bind(undefined, task, step));
      else context.run(Task.#runStep, task, step);
    } catch (exception) {
      if (!task.#entered) return task.done() ? undefined : task.#fail(exception);
      const message = "Cannot leave the context of the task";
      return report(task.getLoop(), { message, exception, task });
    }
    if (task.#entered || task.done()) return;
    task.#fail(cannot("run the task", "its context did not call the function", context));
  }

  static #runStep(task: Task<unknown>, step: (task: Task<unknown>) => void): void {
    // A method of `Future.prototype` settled the task, or the given context calls too late.
    if (task.done()) return task.#delist();
    task.#entered = true;
    step(task);
  }

  /** Calls a coroutine that is a function, then runs the first step if there is a generator. */
  static #enter(task: Task<unknown>): void {
    const coro = task.#coro as Coroutine<unknown>;
    if (typeof coro !== "function") task.#generator = coro;
    else runCallback(task.getLoop(), Task.#enterFunction, task, "task", task);
    if (task.#generator) Task.#stepAsTask(task);
  }

  static #enterFunction(task: Task<unknown>): void {
    const cancelled = task.#cancellation.takePending();
    if (cancelled) return task.#settle(CANCELLED, cancelled.reason);
    let body;
    try {
      observer?.stepBegan(task.#cancellation);
      body = runAsTask(task.#cancellation, task.#cancellation, Task.#call, task);
      // Inside the `try`, as reading the properties of a returned proxy may throw.
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
    } finally {
      observer?.stepEnded(task.#cancellation);
    }
    task.#return(body);
  }

  /** Calls a coroutine that is a function. Runs in the task's frame. */
  static #call(task: Task<unknown>): unknown {
    return callCoroutine(task.#coro as (signal?: AbortSignal) => unknown, task);
  }

  /** Runs a step in a new frame of the task. */
  static #stepAsTask(this: void, task: Task<unknown>): void {
    runAsTask(task.#cancellation, undefined, Task.#step, task);
  }

  /** Runs a step in the given context and a new frame of the task. */
  static #stepInContext(this: void, task: Task<unknown>): void {
    Task.#runInContext(task, Task.#stepAsTask);
  }

  /** Ends a generator. One that waits for this body of a scope goes on then. */
  static #end(task: Task<unknown>, outcome: unknown, hasThrown: boolean): void {
    ending = task;
    if (hasThrown) task.#fail(outcome);
    else task.#return(outcome);
    ending = undefined;
    runContinuation(task, Task.#goOn, true);
  }

  static #goOn(this: void, task: Task<unknown>): void {
    Task.#resumptionOf(task)(task);
  }

  /** Returns the function that runs a further step, in the given context or the captured one. */
  static #resumptionOf(task: Task<unknown>): (task: Task<unknown>) => void {
    return task.#givenContext ? Task.#stepInContext : Task.#step;
  }

  /**
   * Runs the generator until it waits or ends.
   *
   * Repeats `runCallback` instead of calling it: see docs/performance.md#inlining-depth.
   */
  static #step(this: void, task: Task<unknown>): void {
    const loop = task.getLoop();
    const outer = enterLoop(loop, takeChainLength(task.#cancellation));
    observer?.stepBegan(task.#cancellation);
    try {
      const cancelled = task.#cancellation.resume();
      // Code outside of tasks may have used `yield*` since the latest step.
      takeYielded(undefined);
      let done, value;
      try {
        ({ done, value } = cancelled === undefined && task.#misuse === undefined
          ? task.#generator!.next()
          : Task.#throw(task, cancelled));
      } catch (error) {
        return Task.#end(task, error, true);
      }
      if (done) Task.#end(task, value, false);
      else if (takeYielded(value) && !Task.#isOf(task, value)) Task.#wait(task, value);
      else Task.#suspend(task, value);
    } catch (exception) {
      // `#wait` or `#suspend` threw: the loop is closed, or a future of another copy threw.
      reportThrown(loop, Task.#step, exception, "task", task);
    } finally {
      observer?.stepEnded(task.#cancellation);
      leaveLoop(loop, outer, task, task);
    }
  }

  /** Throws the request into the generator or, without one, the error for a bad `yield`. */
  static #throw(task: Task<unknown>, cancelled?: { reason: unknown }): IteratorResult<unknown> {
    const error = cancelled === undefined ? task.#misuse : toCancelledError(cancelled.reason);
    task.#misuse = undefined;
    return task.#generator!.throw(error);
  }

  /** Schedules the next step for when a future is done. */
  static #wait(task: Task<unknown>, future: Future<unknown>): void {
    const cancellation = task.#cancellation;
    const resume = Task.#resumptionOf(task);
    const wake: EnqueueStep = captureHere(task.getLoop(), resume, task.#loopContext);
    // Before `whenDone`, as a future of another copy may call back at once and end the wait.
    cancellation.beginStepWait(future);
    whenDone(future, new StepWaiter(task, cancellation, wake));
  }

  /** Schedules the next step after a `yield` that is not a `yield*` of a future of this copy. */
  static #suspend(task: Task<unknown>, yielded: unknown): void {
    const problem = Task.#isOf(task, yielded)
      ? cannot("wait for the task", "it would wait for itself", task)
      : yielded === undefined
      ? undefined
      : problemOfYield(yielded);
    if (yielded !== undefined && !problem) return Task.#wait(task, yielded as Future<unknown>);
    task.#misuse = problem;
    Task.#stepSoon(task, Task.#resumptionOf(task));
  }

  /** Whether code would wait for its own task, which the body of a scope knows as well. */
  static #isOf(task: Task<unknown>, yielded: unknown): boolean {
    const { parent } = task.#cancellation;
    return yielded === (parent?.task ?? task);
  }

  #return(value: T): void {
    if (this.done()) return this.#delist();
    const request = this.#cancellation.takePending();
    // No wait is left that could throw the request: see footnote 4 at the head of cancellation.ts.
    if (request && !request.fromScope && !this.#cancellation.parent) {
      return this.#settle(CANCELLED, request.reason);
    }
    if (request && !request.isOwn) unanswered.set(this, request.since);
    this.#settle(RESULT, value);
  }

  #fail(exception: unknown): void {
    if (this.done()) {
      this.#delist();
      const message = "Task was done before its coroutine failed";
      report(this.getLoop(), { message, exception, task: this as Task<unknown> });
    } else if (isCancelledError(exception)) {
      this.#settle(CANCELLED, this.#replaceScopeError(exception));
    } else if (this.#cancellation.requests > 0 && isDueToRequest(exception, this.#reason)) {
      // Libraries throw errors of their own when the task's signal aborts.
      this.#settle(CANCELLED, this.#reason);
    } else {
      this.#settle(EXCEPTION, new Failure(exception, this.getName()));
    }
  }

  /** Returns the error that the task ends with: a request from outside goes before a scope's. */
  #replaceScopeError(error: CancelledError): unknown {
    return scopeErrors.has(error) && !this.#isReasonOfScope ? this.#reason ?? error : error;
  }

  #enlist(loop: EventLoop): void {
    let list = alive.get(loop);
    if (!list) alive.set(loop, list = { latest: undefined });
    this.#list = list;
    this.#previous = list.latest;
    if (list.latest) list.latest.#next = this as Task<unknown>;
    list.latest = this as Task<unknown>;
    observer?.taskMade(this as Task<unknown>);
  }

  #delist(): void {
    const list = this.#list;
    if (!list) return;
    const earlier = this.#previous;
    const later = this.#next;
    if (earlier) earlier.#next = later;
    if (later) later.#previous = earlier;
    else list.latest = earlier;
    // Otherwise, whoever holds a task that is done would keep its neighbours alive.
    this.#list = this.#previous = this.#next = undefined;
  }

  #settle(state: State, outcome: unknown): void {
    this.#delist();
    // Async code that the coroutine left running shares the `Cancellation`, and would be thrown the
    // pending request at its next wait.
    const request = this.#cancellation.takePending();
    if (request && !request.isOwn && state === EXCEPTION) unanswered.set(this, request.since);
    observer?.taskEnds?.(this as Task<unknown>);
    this.#coro = nameSourceOf(this.#coro);
    internals.settle(this, state, outcome);
    observer?.taskDone(this as Task<unknown>);
    this.#generator = undefined;
    // The code threw a CancelledError of its own: no request has aborted the signal yet.
    if (state === CANCELLED && this.#cancellation.requests === 0) internals.abort(this, outcome);
    for (const body of this.#cancellation.close()) {
      body.#name = ++lastNumber;
      body.#enlist(body.getLoop());
    }
  }
}

/** Makes a task, for `createTask()` of a standard loop. */
export function makeTask<T>(coro: Coroutine<T>, options: TaskOptions): Task<T> {
  return new Task(coro, options);
}

provideTasks(makeTask);
