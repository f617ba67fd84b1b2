/**
 * The common part of `timeout()` and `taskGroup()`: a scope runs its body as a task, and is a
 * future that passes requests to cancel it on to that task.
 *
 * @module
 */

import type { Future } from "../../future.ts";
import type { EventLoop } from "../../loop.ts";
import {
  cannot,
  checkCallback,
  isAsyncGeneratorFunction,
  isGenerator,
  isThenable,
} from "../base/checks.ts";
import { checkOptions } from "../base/options.ts";
import { internals } from "../future/internals.ts";
import { type Outcome, outcomeOf } from "../future/outcome.ts";
import { prepareSignal } from "../future/signals.ts";
import { CANCELLED, RESULT } from "../future/states.ts";
import { whenDone } from "../future/waiters.ts";
import { currentLoop } from "../loop/running.ts";
import { currentTask } from "../task/current.ts";
import { Task, taskInternals } from "../task/task.ts";
import { DelegatingFuture, settleAs } from "../waiting/delegating.ts";

/**
 * The function that a scope runs as a task: async, generator or plain. Its argument is the scope.
 *
 * @typeParam S The type of the scope: {@linkcode Timeout} or {@linkcode TaskGroup}.
 * @typeParam T The type of the result.
 */
export type ScopeBody<S, T> = (scope: S) => Generator<unknown, T, unknown> | PromiseLike<T> | T;

/** Options of {@linkcode timeout}, {@linkcode timeoutAt} and {@linkcode taskGroup}. */
export interface ScopeOptions {
  /**
   * A signal that cancels the body and the tasks of the scope, with the signal's reason. If the
   * signal is already aborted, the body never runs.
   */
  signal?: AbortSignal | undefined;
}

/** Passes a request to cancel a scope on; `false` if nobody is left to take the request. */
export type ForwardCancel = (reason: unknown) => boolean;

/**
 * Starts a scope: makes the future that the user gets, and calls `start` to run the body, unless
 * the signal is already aborted.
 */
export function runScope<T>(
  action: string,
  body: unknown,
  options: ScopeOptions | undefined,
  start: (outer: DelegatingFuture<T>) => ForwardCancel,
): Future<T> {
  const problem = isThenable(body)
    ? "a promise, which already runs: pass the function itself"
    : isAsyncGeneratorFunction(body)
    ? "an async generator, which yields values"
    : "";
  if (problem) throw cannot(action, `the body is ${problem}`, body);
  checkCallback(action, body, "body");
  const { signal } = checkOptions(action, options);
  let forward!: ForwardCancel;
  const outer = new DelegatingFuture<T>(currentLoop(), (reason) => forward(reason));
  if (signal?.aborted) {
    settleAs(outer, [CANCELLED, signal.reason]);
  } else {
    prepareSignal(signal);
    forward = start(outer);
    if (signal) internals.followSignal(outer, signal);
  }
  return outer;
}

/** The task that runs the body of a scope, with the requests that the scope made itself. */
export class ScopeTask<T> {
  readonly task: Task<T>;
  /** The task whose code opened the scope. */
  readonly #parent: Task<unknown> | null = currentTask();
  /** The result that the body returned. A late request may still have cancelled the task. */
  #returned: Outcome | undefined;
  /** How many of the requests to cancel the task came from the scope itself. */
  #ownRequests = 0;

  /**
   * Starts the body, which runs until it first waits.
   *
   * @param label The name of the scope in the representation of the task.
   * @param run Calls the body; gets the signal of the task.
   * @param onDone Called as soon as the body has ended, perhaps by this constructor.
   * @param usesSignal Whether the body may use the task's signal. If so, the task does not warn
   * of a request that cancels nothing that the body waits on.
   */
  constructor(
    loop: EventLoop,
    label: string,
    run: ScopeBody<AbortSignal, T>,
    onDone: (body: ScopeTask<T>) => void,
    usesSignal = false,
  ) {
    const keep = (value: T) => {
      this.#returned = [RESULT, value];
      return value;
    };
    const coro = (signal: AbortSignal) => {
      const made = run(signal);
      if (isGenerator(made)) {
        return (function* () {
          return keep(yield* made);
        })();
      }
      if (!isThenable(made)) return made;
      const promise = Promise.resolve(made);
      promise.then(keep, () => {});
      return promise;
    };
    // The task reads the function's `length` to see whether the signal may be used. Rest parameters
    // do not count there.
    const start = usesSignal ? coro : (...args: [AbortSignal]) => coro(...args);
    this.task = loop.createTask(start, { eagerStart: true });
    whenDone(this.task, { notify: () => onDone(this), label });
  }

  /**
   * Cancels the body on behalf of the scope.
   *
   * @param afterDelivery Whether a result that is being delivered to a generator comes first.
   */
  cancel(afterDelivery?: boolean): void {
    const { task } = this;
    const isTaken = afterDelivery && isOwnTask(task)
      ? taskInternals.cancelAfterDelivery(task)
      : task.cancel();
    if (isTaken) this.#ownRequests++;
  }

  /** Whether somebody other than the scope cancelled the body. */
  get cancelledByOthers(): boolean {
    return this.task.cancelling() > this.#ownRequests;
  }

  /**
   * The outcome of the body, which is done. A request of the scope alone that came after the body
   * returned does not count.
   */
  end(): Outcome {
    const { task } = this;
    const outcome = outcomeOf(task);
    if (!this.cancelledByOthers) return this.#returned ?? outcome;
    if (isOwnTask(task) && taskInternals.failedBeforeCancel(task)) this.cancelParent();
    return outcome;
  }

  /**
   * Throws a CancelledError at the parent's next wait, if the parent was cancelled. The scope
   * calls this when it ends with errors in place of that cancellation.
   *
   * Source: [Task groups](https://docs.python.org/3.14/library/asyncio-task.html#task-groups),
   * "simultaneous internal and external cancellations".
   */
  cancelParent(): void {
    if (this.#parent) taskInternals.cancelNextWait(this.#parent);
  }

  /** Ends the scope with an outcome, which reaches the parent before any further request. */
  endScope(outer: Future<unknown>, outcome: Outcome): void {
    if (this.#parent) taskInternals.deliverScopeEndFirst(this.#parent, outer);
    settleAs(outer, outcome);
  }
}

/** Whether a task is of this copy of the module: a task factory may make others. */
function isOwnTask(task: Task<unknown>): boolean {
  return task instanceof Task;
}
