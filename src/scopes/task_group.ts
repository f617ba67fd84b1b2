/**
 * `taskGroup()`: a scope that waits for the tasks made in it, and cancels them if one fails.
 *
 * @module
 */

import { Future } from "../../future.ts";
import { isObject } from "../base/checks.ts";
import { inspectAsText, show } from "../base/inspect.ts";
import { cancelTarget } from "../future/cancel_target.ts";
import { type Outcome, outcomeOf } from "../future/outcome.ts";
import { CANCELLED, EXCEPTION, RESULT } from "../future/states.ts";
import { callSoonOn } from "../loop/schedule.ts";
import {
  type ForwardCancel,
  RunningBody,
  runScope,
  type ScopeBody,
  type ScopeOptions,
} from "./scope.ts";
import { type StartedCoroutine, startTask } from "./start.ts";
import type { Coroutine, TaskOptions } from "../task/coroutine.ts";
import { taskInternals } from "../task/internals.ts";
import { comesFromScope, makeScopeError, passOn } from "../task/passing.ts";
import type { Task } from "../task/task.ts";
import { DelegatingFuture } from "../waiting/delegating.ts";

/**
 * The scope of {@linkcode taskGroup}.
 *
 * Source: [`asyncio.TaskGroup`](https://docs.python.org/3.14/library/asyncio-task.html#asyncio.TaskGroup).
 *
 * @category Scopes
 */
export interface TaskGroup {
  /** Aborts when the group is cancelled, for whatever reason, before its tasks are cancelled. */
  readonly signal: AbortSignal;
  /**
   * Runs a coroutine as a task of the group.
   *
   * Source: [`TaskGroup.create_task`](https://docs.python.org/3.14/library/asyncio-task.html#asyncio.TaskGroup.create_task).
   *
   * @param coro The coroutine.
   * @param options The name, the context, a signal that cancels the task.
   * @returns The task.
   * @throws {TypeError} As for {@linkcode createTask}.
   * @throws {Error} If the group is finished or shutting down.
   */
  createTask<T>(coro: Coroutine<T>, options?: Omit<TaskOptions, "loop">): Task<T>;
  /**
   * Runs a coroutine as a task of the group, and waits until that says that it is ready.
   *
   * asyncio has no such function; Trio and anyio have `start()`.
   *
   * If the task fails before it calls `started()`, the returned future fails with that exception, and
   * the group does not. Cancelling the returned future cancels the task until then.
   *
   * @param coro A function as for a task. Its first argument is the function to call with what the
   * future is to have as its result, the second is the signal of the task.
   * @param options As for {@linkcode TaskGroup.createTask}.
   * @returns A future of what `started()` is called with; it fails if the task returns before.
   * @throws {TypeError | Error} As for {@linkcode createTask}.
   */
  start<T>(coro: StartedCoroutine<T>, options?: Omit<TaskOptions, "loop">): Future<T>;
  /**
   * Cancels the body and all tasks. The group then ends without an error, unless one of them
   * fails. The result of {@linkcode taskGroup} is `undefined` then, unless the body has returned. A
   * call has no effect if the group has ended or is shutting down.
   *
   * Source: [`TaskGroup.cancel`](https://docs.python.org/3.15/library/asyncio-task.html#asyncio.TaskGroup.cancel)
   * of Python 3.15.
   */
  cancel(): void;
}

class Group implements TaskGroup {
  static {
    inspectAsText(this.prototype);
  }

  /** The future of the group; `undefined` once the group is finished. */
  #outer: DelegatingFuture<unknown> | undefined;
  /** The tasks that are not done. */
  readonly #tasks = new Set<Task<unknown>>();
  /** The tasks of `start()` that are not ready: whoever called that gets their exceptions. */
  readonly #unready = new WeakSet<Task<unknown>>();
  /** The exceptions of the tasks and of the body, in the order of failure. */
  readonly #errors: unknown[] = [];
  /** The owner of the group's signal: cancelled when the group is, for whatever reason. */
  readonly #ending = new Future<never>();
  /** Whether the tasks were cancelled, so that no further task may start. */
  #shuttingDown = false;
  /** Whether the group's wait for its tasks was cancelled, and is about to go on. */
  #isWaking = false;
  /** `undefined` until the body has returned or waits for the first time. */
  #body: RunningBody<unknown> | undefined;
  /** `undefined` until the body has ended. */
  #bodyOutcome: Outcome | undefined;
  /** The `CancelledError` that the group ends with, unless there are errors. */
  #cancellation: Outcome | undefined;

  private constructor(outer: DelegatingFuture<unknown>) {
    this.#outer = outer;
  }

  /** Runs `body` with a group, and settles `outer` when the body and all tasks have ended. */
  static run<T>(outer: DelegatingFuture<T>, body: ScopeBody<TaskGroup, T>): ForwardCancel {
    const group = new Group(outer as DelegatingFuture<unknown>);
    const running = group.#body = new RunningBody<unknown>(
      outer.getLoop(),
      "taskGroup",
      () => body(group),
      (running) => group.#onBodyDone(running),
    );
    // The body may have called `group.cancel()` before its first wait, when `#body` was not set.
    if (group.#shuttingDown) running.cancel();
    const source = { operation: "taskGroup", body: running.task, futures: group.#tasks };
    DelegatingFuture.setSource(outer, source);
    return (reason) => {
      group.#ending.cancel(reason);
      // The body first: while it cleans up, or if it catches the error, the tasks go on.
      if (!cancelTarget(running.task, reason)) group.#cancelWait(reason);
      return true;
    };
  }

  get signal(): AbortSignal {
    return this.#ending.signal;
  }

  createTask<T>(coro: Coroutine<T>, options?: Omit<TaskOptions, "loop">): Task<T> {
    const isFinished = this.#bodyOutcome && this.#tasks.size === 0;
    if (isFinished || this.#shuttingDown) {
      const state = isFinished ? "finished" : "shutting down";
      throw new Error(`Cannot create a task as the task group is ${state}: received ${show(coro)}`);
    }
    const task = this.#outer!.getLoop().createTask(coro, options);
    this.#tasks.add(task as Task<unknown>);
    task.addDoneCallback(this.#onTaskDone as (task: Task<T>) => void);
    // A task that starts at once may have cancelled the group before it was in `#tasks`.
    if (this.#shuttingDown) cancelTarget(task, undefined);
    return task;
  }

  start<T>(coro: StartedCoroutine<T>, options?: Omit<TaskOptions, "loop">): Future<T> {
    return startTask(
      this.#outer?.getLoop(),
      (coro) => this.createTask(coro, options),
      coro,
      this.#unready,
    );
  }

  cancel(): void {
    if (this.#shuttingDown || !this.#outer) return;
    passOn(() => this.#cancelTasks());
  }

  #cancelTasks(): true {
    if (this.#shuttingDown) return true;
    this.#shuttingDown = true;
    this.#ending.cancel();
    const reason = comesFromScope() ? makeScopeError() : undefined;
    for (const task of this.#tasks) cancelTarget(task, reason);
    this.#body?.cancel();
    return true;
  }

  /** Cancels the group's own wait for its tasks: in the next turn, it passes the request on. */
  #cancelWait(reason: unknown): void {
    this.#cancellation ??= [CANCELLED, reason];
    if (this.#isWaking) return;
    const loop = this.#outer!.getLoop();
    const fromScope = comesFromScope();
    const wake = () => {
      this.#isWaking = false;
      passOn(() => this.#cancelTasks(), fromScope);
      this.#endIfDone(false, this);
      taskInternals.goOn(this);
    };
    if (loop.isClosed()) return wake();
    this.#isWaking = true;
    callSoonOn(loop, wake);
  }

  /** Returns a representation, such as `<TaskGroup active tasks=2>`. */
  toString(): string {
    const parts = [!this.#outer ? "finished" : this.#shuttingDown ? "cancelling" : "active"];
    if (this.#tasks.size > 0) parts.push(`tasks=${this.#tasks.size}`);
    if (this.#errors.length > 0) parts.push(`errors=${this.#errors.length}`);
    return `<TaskGroup ${parts.join(" ")}>`;
  }

  readonly #onTaskDone = (task: Task<unknown>): void => {
    this.#tasks.delete(task);
    const [state, value] = outcomeOf(task);
    if (state === EXCEPTION && !this.#unready.has(task)) {
      // A body that awaits the task may have failed with the same error before this callback.
      const isKnown = isObject(value) && this.#bodyOutcome?.[0] === EXCEPTION &&
        this.#bodyOutcome[1] === value;
      if (!isKnown) this.#errors.push(value);
      this.cancel();
    }
    this.#endIfDone();
  };

  #onBodyDone(body: RunningBody<unknown>): void {
    // The body may have ended inside the constructor of its RunningBody.
    this.#body = body;
    const outcome = body.outcome;
    const [state, value] = this.#bodyOutcome = outcome;
    // A body that awaits a task which fails is thrown an error that the group already has.
    const isKnown = isObject(value) && this.#errors.includes(value);
    if (state === EXCEPTION && !isKnown) this.#errors.push(value);
    // If only the group cancelled its body, the group itself was not cancelled.
    if (state === CANCELLED && (!this.#shuttingDown || body.cancelledByOthers)) {
      this.#cancellation = outcome;
    } else if (state === RESULT && body.leftUnanswered && this.#tasks.size > 0) {
      // As in asyncio, the group's wait for its tasks is thrown the request.
      this.#cancelWait(body.reason);
    }
    if (state !== RESULT) this.cancel();
    this.#endIfDone(true, body.lastStep);
  }

  /**
   * @param isLast Whether the body has just ended.
   * @param step As for {@linkcode RunningBody.endScope}.
   */
  #endIfDone(isLast = false, step?: object): void {
    const outer = this.#outer;
    if (!outer || !this.#bodyOutcome || this.#tasks.size > 0 || this.#isWaking) return;
    this.#outer = undefined;
    const [state, value] = this.#bodyOutcome;
    let outcome: Outcome = this.#cancellation ?? [RESULT, state === RESULT ? value : undefined];
    const hasFailed = this.#errors.length > 0;
    if (hasFailed) {
      this.#body!.renewRequest();
      outcome = [EXCEPTION, new AggregateError(this.#errors, "Unhandled errors in a task group")];
    }
    this.#body!.endScope(outer, outcome, isLast || hasFailed, step);
  }
}

/**
 * Runs a function with a group of tasks, and leaves none of them running.
 *
 * The body starts at once and runs until it first waits. In a task, the body is a part of that task;
 * elsewhere, it is a task of its own.
 *
 * The future is done when the body and all tasks have ended. When one of them fails, the others are
 * cancelled, and the future fails with an `AggregateError` of all exceptions, in the order of
 * failure. A cancellation from outside cancels the body and then the tasks, and the future ends
 * with a `CancelledError`, unless there are exceptions. With exceptions, a parent that was cancelled
 * is thrown its `CancelledError` at its next wait.
 *
 * See also: {@linkcode gather}.
 * Source: [`asyncio.TaskGroup`](https://docs.python.org/3.14/library/asyncio-task.html#asyncio.TaskGroup).
 *
 * @param body The function to run (async, generator or plain). Its argument is the group.
 * @param options A signal that cancels the group.
 * @returns A future of what the body returns, or of `undefined` if the group was cancelled by
 * {@linkcode TaskGroup.cancel} before that.
 * @throws {TypeError} If the body is not a function (an async generator function is refused), or
 * the signal is not an `AbortSignal`.
 * @category Scopes
 *
 * @example
 * ```ts
 * import { sleep, taskGroup } from "@asyncio/future";
 * import { assertEquals } from "@std/assert";
 * const found: string[] = [];
 * await taskGroup((group) => {
 *   group.createTask(async () => void found.push(await sleep(1, { result: "one" })));
 *   group.createTask(async () => void found.push(await sleep(2, { result: "two" })));
 * });
 * assertEquals(found, ["one", "two"]);
 * ```
 *
 * @example
 * ```ts
 * import { sleep, taskGroup } from "@asyncio/future";
 * import { assertEquals, assertRejects } from "@std/assert";
 *
 * const error = await assertRejects(() =>
 *   taskGroup(async (group) => {
 *     group.createTask(async () => {
 *       throw new RangeError("no such host");
 *     });
 *     await sleep(60_000); // cancelled
 *   }), AggregateError);
 * assertEquals(error.errors.map(String), ["RangeError: no such host"]);
 * ```
 */
export function taskGroup<T>(
  body: ScopeBody<TaskGroup, T>,
  options?: ScopeOptions,
): Future<T | undefined> {
  return runScope("run a task group", body, options, (outer) => Group.run(outer, body));
}
