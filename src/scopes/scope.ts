/**
 * Scopes: a body that runs in a task of its own, and is cancelled with what it belongs to.
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
import { CANCELLED, RESULT } from "../future/states.ts";
import { whenDone } from "../future/waiters.ts";
import { currentLoop } from "../loop/running.ts";
import { currentTask } from "../task/current.ts";
import { Task, taskInternals } from "../task/task.ts";
import { DelegatingFuture, type Outcome, outcomeOf, settleAs } from "../waiting/delegating.ts";

/** Passes a request to cancel a scope on to what runs in it. */
export type ForwardCancel = (reason: unknown) => boolean;

/**
 * What runs in a scope: a function like that of a task, which gets the scope.
 *
 * @typeParam S The type of the scope: {@linkcode Timeout} or {@linkcode TaskGroup}.
 * @typeParam T The type of the result.
 */
export type ScopeBody<S, T> = (scope: S) => Generator<unknown, T, unknown> | PromiseLike<T> | T;

/** Options of {@linkcode timeout}, {@linkcode timeoutAt} and {@linkcode taskGroup}. */
export interface ScopeOptions {
  /** Aborting it cancels what runs in the scope, with the signal's reason as the reason. */
  signal?: AbortSignal | undefined;
}

/** The task that runs the body of a scope. */
export class ScopeTask<T> {
  readonly task: Task<T>;
  /** The task that the scope is a part of. */
  readonly #parent: Task<unknown> | null = currentTask();
  /** What the body returned, though a late request may have cancelled the task. */
  #returned: Outcome | undefined;
  /** How many of the requests to end came from the scope itself. */
  #ownRequests = 0;

  /**
   * Starts the body, which runs until it first waits.
   *
   * @param onDone Called at once when it has ended.
   * @param usesSignal Whether the body may use the signal, so that it can hear a request to
   * cancel although nothing that it waits for is cancelled.
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
    // The length tells the task whether the signal may be used.
    const start = usesSignal ? coro : (...args: [AbortSignal]) => coro(...args);
    this.task = loop.createTask(start, { eagerStart: true });
    whenDone(this.task, { notify: () => onDone(this), label });
  }

  /**
   * Asks the body to end, in the name of the scope.
   *
   * @param afterDelivery Whether it is handed first what has arrived for it.
   */
  cancel(afterDelivery?: boolean): void {
    const { task } = this;
    const isAsked = afterDelivery && isOwnTask(task)
      ? taskInternals.cancelAfterDelivery(task)
      : task.cancel();
    if (isAsked) this.#ownRequests++;
  }

  /** Whether somebody else asked the body to end. */
  get cancelledByOthers(): boolean {
    return this.task.cancelling() > this.#ownRequests;
  }

  /** How the body ended, requests of the scope that came too late left out. */
  end(): Outcome {
    const { task } = this;
    const outcome = outcomeOf(task);
    if (!this.cancelledByOthers) return this.#returned ?? outcome;
    if (isOwnTask(task) && taskInternals.failedBeforeCancel(task)) this.cancelParent();
    return outcome;
  }

  /**
   * Has the parent be thrown a CancelledError where it waits next, as the scope ends
   * with errors instead of the cancellation that was on its way to the parent.
   *
   * Source: [Task groups](https://docs.python.org/3.14/library/asyncio-task.html#task-groups),
   * "simultaneous internal and external cancellations".
   */
  cancelParent(): void {
    if (this.#parent) taskInternals.cancelNextWait(this.#parent);
  }

  /** Ends the scope with an outcome, which no request to its parent can come before. */
  endScope(outer: Future<unknown>, outcome: Outcome): void {
    if (this.#parent) taskInternals.deliverScopeEndFirst(this.#parent, outer);
    settleAs(outer, outcome);
  }
}

/** Whether a task is one of this copy of the module; a task factory may make others. */
function isOwnTask(task: Task<unknown>): boolean {
  return task instanceof Task;
}

/** Starts a scope, unless it is cancelled already. */
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
  let pass!: ForwardCancel;
  const outer = new DelegatingFuture<T>(currentLoop(), (reason) => pass(reason));
  if (signal?.aborted) {
    settleAs(outer, [CANCELLED, signal.reason]);
  } else {
    pass = start(outer);
    if (signal) internals.followSignal(outer, signal);
  }
  return outer;
}
