/**
 * The common part of `timeout()` and `taskGroup()`: a scope runs its body as a part of the task
 * around it, and is a future that passes requests to cancel it on to the body.
 *
 * @module
 */

import type { CancelledError } from "../../errors.ts";
import type { Future } from "../../future.ts";
import type { EventLoop } from "../../loop.ts";
import {
  cannot,
  checkCallback,
  isAsyncGeneratorFunction,
  isGenerator,
  isThenable,
} from "../base/checks.ts";
import { show } from "../base/inspect.ts";
import { checkOptions } from "../base/options.ts";
import { currentTaskFrame } from "../context/current.ts";
import { isFuture } from "../future/brand.ts";
import { cancelTarget } from "../future/cancel_target.ts";
import { internals } from "../future/internals.ts";
import { type Outcome, outcomeOf } from "../future/outcome.ts";
import { prepareSignal } from "../future/signals.ts";
import { CANCELLED, RESULT } from "../future/states.ts";
import { whenDone } from "../future/waiters.ts";
import { currentLoop } from "../loop/running.ts";
import type { Cancellation } from "../task/cancellation.ts";
import { taskInternals } from "../task/internals.ts";
import { deliverFirst } from "../task/delivery.ts";
import { makeScopeError, scopeErrors, unanswered } from "../task/passing.ts";
import { settleInStep } from "../task/step_waiter.ts";
import { Task } from "../task/task.ts";
import { DelegatingFuture, settleAs } from "../waiting/delegating.ts";

/**
 * The function that a scope runs: async, generator or plain. Its argument is the scope.
 *
 * @typeParam S The type of the scope: {@linkcode Timeout} or {@linkcode TaskGroup}.
 * @typeParam T The type of the result.
 * @category Scopes
 */
export type ScopeBody<S, T> = (scope: S) => Generator<unknown, T, unknown> | PromiseLike<T> | T;

/**
 * Options of {@linkcode timeout}, {@linkcode timeoutAt} and {@linkcode taskGroup}.
 *
 * @category Scopes
 */
export interface ScopeOptions {
  /**
   * A signal that cancels the body and the tasks of the scope. If the signal is already aborted,
   * the body never runs. Its reason is the `cause` of the `CancelledError`; in a `catch`,
   * `signal.throwIfAborted()` throws that reason itself.
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
    : body === undefined
    ? "no function (pass the block, as in `async () => { … }`)"
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

/** The number of no pass, for a request that is renewed. */
const RENEWED = 0;

/** How many bodies may start inside each other, each at once. */
const MAX_NESTING = 50;

/** How many are starting now. Changed by the constructor of `RunningBody` only. */
let nesting = 0;

/** The body of a scope, which runs as a part of the code that opened the scope. */
export class RunningBody<T> {
  /** The task of the body: outside of tasks one of the loop, otherwise one that nobody else sees. */
  readonly task: Task<T>;
  /** The code that opened the scope; `undefined` outside of tasks. */
  readonly #parent: Cancellation | undefined;
  /** The result of a body that is a task of its own: a late request may have cancelled the task. */
  #returned: Outcome | undefined;
  /** How many requests the scope made to a task of another copy of the module. */
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
    onDone: (body: RunningBody<T>) => void,
    usesSignal = false,
  ) {
    const { code } = currentTaskFrame();
    this.#parent = code?.task?.done() === false ? code : undefined;
    const body = this.#parent ? run : this.#keepResult(run);
    // The task reads the function's `length` to see whether the signal may be used. Rest parameters
    // do not count there.
    const coro = usesSignal
      ? (signal: AbortSignal) => body(signal)
      : (...args: [AbortSignal]) => body(...args);
    // Deeper down, bodies start in a later turn: scopes in scopes would overflow the stack.
    const eagerStart = nesting < MAX_NESTING;
    nesting++;
    try {
      this.task = this.#parent
        ? taskInternals.startBody(this.#parent, coro, { loop, eagerStart })
        : loop.createTask(coro, { eagerStart });
    } finally {
      nesting--;
    }
    // A task factory may return anything.
    if (!isFuture(this.task)) {
      throw cannot("run the body of the scope", "the loop has made no task of it", this.task);
    }
    if (this.#parent) this.#parent.openScopes++;
    whenDone(this.task, { notify: () => onDone(this), label });
  }

  /** Wraps a body that is a task of its own, to keep what it returns. */
  #keepResult(run: ScopeBody<AbortSignal, T>): ScopeBody<AbortSignal, T> {
    const keep = (value: T) => {
      this.#returned = [RESULT, value];
      return value;
    };
    return (signal) => {
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
  }

  /** Cancels the body on behalf of the scope. */
  cancel(): void {
    const { task } = this;
    if (isOwnTask(task)) taskInternals.cancelBody(task);
    else if (cancelTarget(task, undefined)) this.#ownRequests++;
  }

  /** The end of a sentence, which names the futures that the body waits for; empty for none. */
  get waitingFor(): string {
    if (!isOwnTask(this.task)) return "";
    const targets = [...taskInternals.cancellationOf(this.task)].map(show);
    return targets.length > 0 ? `, which waits for ${targets.join(" and ")}` : "";
  }

  /** Whether somebody other than the scope cancelled the body. */
  get cancelledByOthers(): boolean {
    const { task } = this;
    if (!isOwnTask(task)) return task.cancelling() > this.#ownRequests;
    const { requests, ownRequests } = taskInternals.cancellationOf(task);
    return requests > ownRequests;
  }

  /** Whether the body ended before it was thrown a request from outside. */
  get leftUnanswered(): boolean {
    return unanswered.has(this.task);
  }

  /** The reason of the request from outside. */
  get reason(): unknown {
    return taskInternals.reasonOf(this.task);
  }

  /** The outcome of the body, which is done. What it returned is what the scope returns. */
  get outcome(): Outcome {
    const outcome = outcomeOf(this.task);
    return this.#returned ?? outcome;
  }

  /**
   * Throws a request at the parent's next wait if the parent was cancelled, even if its code
   * caught that error. A group that fails does so.
   *
   * Source: [Task groups](https://docs.python.org/3.14/library/asyncio-task.html#task-groups),
   * "simultaneous internal and external cancellations".
   */
  renewRequest(): void {
    const parent = this.#parent;
    const task = parent?.task;
    if (!task || parent.visibleRequests === 0) return;
    const isAsked = taskInternals.cancellationOf(task).requests > 0;
    const reason = isAsked ? taskInternals.reasonOf(task) : makeScopeError();
    const fromScope = scopeErrors.has(reason as CancelledError);
    parent.postpone({ reason, fromScope, isOwn: false, since: RENEWED, pass: RENEWED });
  }

  /**
   * Ends the scope.
   *
   * @param isLast Whether the outcome reaches the parent before any request that comes later: the
   * scope did not wait after its body, or ends with errors.
   * @param step Given if a generator that opened the scope and waits for it goes on when that step
   * is over, in this turn, as its code would in asyncio.
   */
  endScope(
    outer: Future<unknown>,
    outcome: Outcome,
    isLast: boolean,
    step: object | undefined,
  ): void {
    const settle = () => settleAs(outer, outcome, this.task);
    if (!this.#parent) return settle();
    this.#parent.openScopes--;
    // The code around has passed nothing on that a group in the body renewed, and the body left.
    if (unanswered.get(this.task) === RENEWED) this.renewRequest();
    if (isLast) deliverFirst(outer, this.#parent);
    if (step) settleInStep(outer, this.#parent, step, settle);
    else settle();
  }

  /** The step in which the body ends, if it is a generator and that step is on the stack. */
  get lastStep(): object | undefined {
    return taskInternals.endsInStep(this.task) ? this.task : undefined;
  }
}

/** Whether a task is of this copy of the module: a task factory may make others. */
function isOwnTask(task: Task<unknown>): boolean {
  return task instanceof Task;
}
