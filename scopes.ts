/**
 * Scopes that bound what runs inside them: by a time, or by the lifetime of a
 * group of tasks.
 *
 * @module
 */

import {
  cannot,
  checkCallback,
  checkLimit,
  checkOptions,
  isAsyncGeneratorFunction,
  isGenerator,
  isObject,
  isThenable,
} from "./checks.ts";
import { DelegatingFuture, type Outcome, outcomeOf, settle, timedOut } from "./delegating.ts";
import { Future, internals, whenDone } from "./future.ts";
import { inspectAsText, show } from "./inspect.ts";
import { currentLoop, type EventLoop, type Handle } from "./loop.ts";
import { CANCELLED, EXCEPTION, RESULT } from "./states.ts";
import { type Coroutine, currentTask, Task, taskInternals, type TaskOptions } from "./task.ts";

/** Passes a request to cancel a scope on to what runs in it. */
type Pass = (reason: unknown) => boolean;

/**
 * What runs in a scope: a function like that of a task, which gets the scope.
 *
 * @typeParam S The type of the scope: {@linkcode Timeout} or {@linkcode TaskGroup}.
 * @typeParam T The type of the result.
 *
 * @example Usage
 * ```ts
 * import { type ScopeBody, sleep, type Timeout, timeout } from "@asyncio/future";
 * import { assertEquals } from "@std/assert";
 *
 * function inTime<T>(body: ScopeBody<Timeout, T>) {
 *   return timeout(60_000, body);
 * }
 *
 * const one = await inTime(async ({ signal }) => signal.aborted ? 0 : 1);
 * const two = await inTime(function* () {
 *   return yield* sleep(1, { result: 2 });
 * });
 * assertEquals(one + two, 3);
 * ```
 */
export type ScopeBody<S, T> = (scope: S) => Generator<unknown, T, unknown> | PromiseLike<T> | T;

/**
 * Options of {@linkcode timeout}, {@linkcode timeoutAt} and {@linkcode taskGroup}.
 *
 * @example Usage
 * ```ts
 * import { CancelledError, type ScopeOptions, sleep, taskGroup } from "@asyncio/future";
 * import { assertRejects } from "@std/assert";
 *
 * function loadAll(urls: string[], options?: ScopeOptions) {
 *   return taskGroup((group) => {
 *     for (const url of urls) group.createTask(() => sleep(60_000), { name: url });
 *   }, options);
 * }
 *
 * const controller = new AbortController();
 * const loading = loadAll(["/a", "/b"], { signal: controller.signal });
 * controller.abort("the user left");
 * await assertRejects(() => loading, CancelledError, "the user left");
 * ```
 */
export interface ScopeOptions {
  /** Aborting it cancels what runs in the scope, with the signal's reason as the reason. */
  signal?: AbortSignal | undefined;
}

/** The task that runs the body of a scope. */
class Body<T> {
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
    onDone: (body: Body<T>) => void,
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
   * @param isPatient Whether it is handed first what has arrived for it.
   */
  cancel(isPatient?: boolean): void {
    const { task } = this;
    const isAsked = isPatient && isOwnTask(task)
      ? taskInternals.cancelPatiently(task)
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
    if (isOwnTask(task) && taskInternals.failedUnasked(task)) this.cancelParent();
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
    if (this.#parent) taskInternals.handScopeEnd(this.#parent, outer);
    settle(outer, outcome);
  }
}

/** Whether a task is one of this copy of the module; a task factory may make others. */
function isOwnTask(task: Task<unknown>): boolean {
  return task instanceof Task;
}

/**
 * The scope of {@linkcode timeout}: a deadline that can be moved.
 *
 * Source: [`asyncio.Timeout`](https://docs.python.org/3.14/library/asyncio-task.html#asyncio.Timeout).
 *
 * @example Usage
 * ```ts
 * import { sleep, type Timeout, timeout } from "@asyncio/future";
 * import { assertEquals } from "@std/assert";
 *
 * async function work(scope: Timeout) {
 *   await sleep(1);
 *   scope.reschedule(null); // it goes well
 *   await sleep(20);
 *   return scope.expired();
 * }
 *
 * assertEquals(await timeout(10_000, work), false);
 * ```
 */
export interface Timeout {
  /** Aborts when the body is asked to end, be it by the deadline or from outside. */
  readonly signal: AbortSignal;
  /**
   * Returns the deadline, in milliseconds of the loop's time, or `null`.
   *
   * Source: [`Timeout.when`](https://docs.python.org/3.14/library/asyncio-task.html#asyncio.Timeout.when).
   */
  when(): number | null;
  /**
   * Moves the deadline.
   *
   * Source: [`Timeout.reschedule`](https://docs.python.org/3.14/library/asyncio-task.html#asyncio.Timeout.reschedule).
   *
   * @param when The deadline in milliseconds of the loop's time; one that is over
   * expires in the next turn, `null` is none.
   * @throws {TypeError} If it is neither a number nor `null`, or `NaN`.
   * @throws {Error} If the deadline has expired or the body has ended.
   */
  reschedule(when: number | null): void;
  /**
   * Returns whether the deadline has expired while the body ran, also if the body
   * ended with something else than the cancellation.
   *
   * Source: [`Timeout.expired`](https://docs.python.org/3.14/library/asyncio-task.html#asyncio.Timeout.expired).
   */
  expired(): boolean;
}

class TimeoutScope implements Timeout {
  static {
    inspectAsText(this.prototype);
  }

  readonly #loop: EventLoop;
  /** Let go of in the end: the stack of the error that is made then holds the scope. */
  #outer: DelegatingFuture<unknown> | undefined;
  #when: number | null = null;
  #timer: Handle | undefined;
  #expired = false;
  #body: Body<unknown> | undefined;
  #signal!: AbortSignal;

  private constructor(outer: DelegatingFuture<unknown>) {
    this.#outer = outer;
    this.#loop = outer.getLoop();
  }

  /** Runs `body` with a deadline, and passes its outcome on to `outer`. */
  static run<T>(
    outer: DelegatingFuture<T>,
    body: ScopeBody<Timeout, T>,
    when: number | null,
  ): Pass {
    const scope = new TimeoutScope(outer as DelegatingFuture<unknown>);
    const run = (signal: AbortSignal) => {
      scope.#signal = signal;
      return body(scope);
    };
    scope.reschedule(when);
    try {
      const { task } = scope.#body = new Body<unknown>(
        scope.#loop,
        "timeout",
        run,
        (running) => scope.#end(running),
        body.length > 0,
      );
      return (reason) => task.cancel(reason);
    } catch (error) {
      // A task factory may throw.
      scope.#timer?.cancel();
      throw error;
    }
  }

  get signal(): AbortSignal {
    return this.#signal;
  }

  when(): number | null {
    return this.#when;
  }

  reschedule(when: number | null): void {
    checkLimit("move the deadline", "time", when);
    const state = this.#state;
    if (state !== "active") {
      throw new Error(`Cannot move the deadline as the timeout is ${state}: received ${when}`);
    }
    this.#when = when;
    this.#timer?.cancel();
    if (when === null || when === Infinity) return;
    const expire = () => this.#expire();
    // A deadline that is over expires before any timer that is due.
    this.#timer = when <= this.#loop.time()
      ? this.#loop.callSoon(expire)
      : this.#loop.callAt(when, expire);
  }

  expired(): boolean {
    return this.#expired;
  }

  /** Returns a representation, such as `<Timeout active when=1500>`. */
  toString(): string {
    const state = this.#state;
    const when = state === "active" && this.#when !== null ? ` when=${this.#when}` : "";
    return `<Timeout ${state}${when}>`;
  }

  get #state(): string {
    if (this.#body?.task.done()) return this.#expired ? "expired" : "finished";
    return this.#expired ? "expiring" : "active";
  }

  #expire(): void {
    // The body may have ended just now.
    if (this.#body!.task.done()) return;
    this.#expired = true;
    this.#body!.cancel(true);
  }

  /** Ends the scope, as the body has ended. */
  #end(body: Body<unknown>): void {
    this.#timer?.cancel();
    const outer = this.#outer!;
    this.#outer = undefined;
    const outcome = body.end();
    const isTimeout = this.#expired && !body.cancelledByOthers;
    body.endScope(outer, isTimeout ? timedOut(outcome) : outcome);
  }
}

/**
 * Runs a function with a time limit.
 *
 * The body runs as a task of its own, at once and until it first waits. When the
 * time is over, that task is cancelled and waited for, and the future fails with
 * a `TimeoutError`, unless the body ended otherwise. A cancellation from outside
 * cancels the body and comes out as it is.
 *
 * A body that waits on something else than futures, such as a `fetch`, has to hand
 * it the scope's signal, or else it is waited for: only its own code can end it,
 * and what it returns late is the result.
 *
 * Source: [`asyncio.timeout`](https://docs.python.org/3.14/library/asyncio-task.html#asyncio.timeout).
 *
 * @param delay The time in milliseconds; `null` for no limit. With zero or less it
 * is over in the next turn.
 * @param body What to run: an async function, a generator function or any other.
 * It gets the scope, by which the deadline can be moved.
 * @param options A signal that cancels the body.
 * @returns A future with the outcome of the body.
 * @throws {TypeError} If the time is no number or `NaN`, the body is no function
 * or the signal is no `AbortSignal`.
 *
 * @example Usage
 * ```ts
 * import { Future, timeout, TimeoutError } from "@asyncio/future";
 * import { assertRejects } from "@std/assert";
 *
 * const reply = new Future<string>();
 * await assertRejects(() => timeout(10, async () => await reply), TimeoutError);
 * ```
 */
export function timeout<T>(
  delay: number | null,
  body: ScopeBody<Timeout, T>,
  options?: ScopeOptions,
): Future<T> {
  checkLimit("run with a time limit", "delay", delay);
  return runScope("run with a time limit", body, options, (outer) => {
    const when = delay === null ? null : outer.getLoop().time() + delay;
    return TimeoutScope.run(outer, body, when);
  });
}

/**
 * Runs a function with a deadline: as {@linkcode timeout}, but with a time of the
 * loop's clock.
 *
 * Source: [`asyncio.timeout_at`](https://docs.python.org/3.14/library/asyncio-task.html#asyncio.timeout_at).
 *
 * @param when The deadline in milliseconds of {@linkcode EventLoop.time}; `null`
 * for none.
 * @param body What to run; it gets the scope.
 * @param options A signal that cancels the body.
 * @returns A future with the outcome of the body.
 * @throws {TypeError} If the time is no number or `NaN`, the body is no function
 * or the signal is no `AbortSignal`.
 *
 * @example Usage
 * ```ts
 * import { getEventLoop, sleep, timeoutAt } from "@asyncio/future";
 * import { assertEquals } from "@std/assert";
 *
 * const deadline = getEventLoop().time() + 1_000;
 * const result = await timeoutAt(deadline, async () => {
 *   await sleep(1);
 *   return "in time";
 * });
 * assertEquals(result, "in time");
 * ```
 */
export function timeoutAt<T>(
  when: number | null,
  body: ScopeBody<Timeout, T>,
  options?: ScopeOptions,
): Future<T> {
  checkLimit("run with a deadline", "time", when);
  return runScope(
    "run with a deadline",
    body,
    options,
    (outer) => TimeoutScope.run(outer, body, when),
  );
}

/**
 * The scope of {@linkcode taskGroup}.
 *
 * Source: [`asyncio.TaskGroup`](https://docs.python.org/3.14/library/asyncio-task.html#asyncio.TaskGroup).
 *
 * @example Usage
 * ```ts
 * import { sleep, type TaskGroup, taskGroup } from "@asyncio/future";
 * import { assertEquals } from "@std/assert";
 *
 * function race(group: TaskGroup) {
 *   for (const [name, ms] of [["far", 60_000], ["near", 1]] as const) {
 *     group.createTask(async () => {
 *       await sleep(ms);
 *       log.push(name);
 *       group.cancel(); // the others
 *     });
 *   }
 * }
 *
 * const log: string[] = [];
 * await taskGroup(race);
 * assertEquals(log, ["near"]);
 * ```
 */
export interface TaskGroup {
  /** Aborts when the group is asked to end, for whatever reason, before its tasks are. */
  readonly signal: AbortSignal;
  /**
   * Runs a coroutine as a task of the group.
   *
   * Source: [`TaskGroup.create_task`](https://docs.python.org/3.14/library/asyncio-task.html#asyncio.TaskGroup.create_task).
   *
   * @param coro The coroutine.
   * @param options The name, the context, a signal that cancels the task.
   * @returns The task.
   * @throws {TypeError} If `coro` is no coroutine.
   * @throws {Error} If the group is finished or shutting down.
   */
  createTask<T>(coro: Coroutine<T>, options?: Omit<TaskOptions, "loop">): Task<T>;
  /**
   * Cancels the body and all tasks; the group then ends without an error. It does
   * nothing if the group has ended or is shutting down.
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

  /** Let go of in the end, when the group is finished. */
  #outer: DelegatingFuture<unknown> | undefined;
  readonly #tasks = new Set<Task<unknown>>();
  /** What failed, in the order of failure. */
  readonly #errors: unknown[] = [];
  /** Cancelled when the group is asked to end, for whatever reason. */
  readonly #ending = new Future<never>();
  /** Whether the tasks are asked to end. */
  #shuttingDown = false;
  #body: Body<unknown> | undefined;
  #bodyOutcome: Outcome | undefined;
  /** The `CancelledError` that the group ends with, unless with errors. */
  #cancellation: Outcome | undefined;

  private constructor(outer: DelegatingFuture<unknown>) {
    this.#outer = outer;
  }

  /** Runs `body` with a group, and settles `outer` when all of it has ended. */
  static run<T>(outer: DelegatingFuture<T>, body: ScopeBody<TaskGroup, T>): Pass {
    const group = new Group(outer as DelegatingFuture<unknown>);
    const running = group.#body = new Body<unknown>(
      outer.getLoop(),
      "taskGroup",
      () => body(group),
      (running) => group.#onBodyDone(running),
    );
    // The body may have asked for it before there was a task to be cancelled.
    if (group.#shuttingDown) running.cancel();
    return (reason) => {
      group.#ending.cancel(reason);
      // The body may clean up before the tasks are asked to end, or refuse.
      if (!running.task.cancel(reason)) {
        group.#cancellation ??= [CANCELLED, reason];
        group.cancel();
      }
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
    // A task that starts eagerly may have cancelled the group.
    if (this.#shuttingDown) task.cancel();
    return task;
  }

  cancel(): void {
    if (this.#shuttingDown || !this.#outer) return;
    this.#shuttingDown = true;
    this.#ending.cancel();
    for (const task of this.#tasks) task.cancel();
    this.#body?.cancel();
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
    if (state === EXCEPTION) {
      // A body that awaits a task may be thrown its error before the group hears of it.
      const isKnown = isObject(value) && this.#bodyOutcome?.[0] === EXCEPTION &&
        this.#bodyOutcome[1] === value;
      if (!isKnown) this.#errors.push(value);
      this.cancel();
    }
    this.#endIfDone();
  };

  #onBodyDone(body: Body<unknown>): void {
    // It may have ended while it was made.
    this.#body = body;
    const outcome = body.end();
    const [state, value] = this.#bodyOutcome = outcome;
    // An async body that awaits a task which fails is thrown the same error.
    const isKnown = isObject(value) && this.#errors.includes(value);
    if (state === EXCEPTION && !isKnown) this.#errors.push(value);
    // A body that is cancelled by the group itself is no cancellation of the group.
    if (state === CANCELLED && (!this.#shuttingDown || body.cancelledByOthers)) {
      this.#cancellation = outcome;
    }
    if (state !== RESULT) this.cancel();
    this.#endIfDone();
  }

  #endIfDone(): void {
    const outer = this.#outer;
    if (!outer || !this.#bodyOutcome || this.#tasks.size > 0) return;
    this.#outer = undefined;
    const [state, value] = this.#bodyOutcome;
    let outcome: Outcome = this.#cancellation ?? [RESULT, state === RESULT ? value : undefined];
    if (this.#errors.length > 0) {
      // Unless the body took the request back.
      const isAsked = this.#body!.cancelledByOthers || this.#cancellation;
      if (DelegatingFuture.requestOf(outer) && isAsked) this.#body!.cancelParent();
      outcome = [EXCEPTION, new AggregateError(this.#errors, "Unhandled errors in a task group")];
    }
    this.#body!.endScope(outer, outcome);
  }
}

/**
 * Runs a function with a group of tasks, and leaves none of them running.
 *
 * The body runs as a task of its own, at once and until it first waits. The future
 * is done when the body and all tasks have ended. When one of them fails, the
 * others are cancelled, and the future fails with an `AggregateError` of all that
 * failed, in the order of failure. A cancellation from outside cancels the body
 * and then the tasks, and comes out as a `CancelledError`; errors go before it.
 *
 * Source: [`asyncio.TaskGroup`](https://docs.python.org/3.14/library/asyncio-task.html#asyncio.TaskGroup).
 *
 * @param body What to run: an async function, a generator function or any other.
 * It gets the group.
 * @param options A signal that cancels the group.
 * @returns A future with what the body returns; `undefined` if the group was
 * cancelled with {@linkcode TaskGroup.cancel} before.
 * @throws {TypeError} If the body is no function or the signal is no `AbortSignal`.
 *
 * @example Usage
 * ```ts
 * import { sleep, taskGroup } from "@asyncio/future";
 * import { assertEquals } from "@std/assert";
 *
 * const tasks = await taskGroup((group) => [
 *   group.createTask(() => sleep(2, { result: "one" })),
 *   group.createTask(() => sleep(1, { result: "two" })),
 * ]);
 * assertEquals(tasks.map((task) => task.result()), ["one", "two"]);
 * ```
 *
 * @example Failures
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
export function taskGroup<T>(body: ScopeBody<TaskGroup, T>, options?: ScopeOptions): Future<T> {
  return runScope("run a task group", body, options, (outer) => Group.run(outer, body));
}

/** Starts a scope, unless it is cancelled already. */
function runScope<T>(
  action: string,
  body: unknown,
  options: ScopeOptions | undefined,
  start: (outer: DelegatingFuture<T>) => Pass,
): Future<T> {
  const problem = isThenable(body)
    ? "a promise, which already runs: pass the function itself"
    : isAsyncGeneratorFunction(body)
    ? "an async generator, which yields values"
    : "";
  if (problem) throw cannot(action, `the body is ${problem}`, body);
  checkCallback(action, body, "body");
  const { signal } = checkOptions(action, options);
  let pass!: Pass;
  const outer = new DelegatingFuture<T>(currentLoop(), (reason) => pass(reason));
  if (signal?.aborted) {
    settle(outer, [CANCELLED, signal.reason]);
  } else {
    pass = start(outer);
    if (signal) internals.follow(outer, signal);
  }
  return outer;
}
