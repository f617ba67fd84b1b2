/**
 * The bookkeeping of the requests to cancel one task: each has to be answered exactly once.
 *
 * A request from outside is answered when a `CancelledError` is thrown in the task's code, when the
 * task ends as cancelled, or by `uncancel()`. Several before one is thrown are one. A request that
 * was passed to a child is answered if the child swallowed what it was thrown. If the code fails,
 * its error answers for a request that was not thrown, but only for the task itself: whoever passed
 * the request on is thrown it. A request of a scope or a time limit is thrown in the same way, but
 * a task may return though it was made. A group cancels its tasks from outside, unless such a
 * request cancels the group. A group that fails renews the request of its parent, which stays what
 * it was: one from outside, or one of a scope.
 *
 * @module
 */

import {
  CancelledError,
  type Coroutine,
  type Future,
  Task,
  type TaskGroup,
  type TaskOptions,
  type Timeout,
  TimeoutError,
} from "../../mod.ts";

/** Makes the reason of a request from outside. */
export function makeReason(): CancelledError {
  const reason = new CancelledError("asked from outside");
  reasons.add(reason);
  return reason;
}

/** The reasons of all requests from outside. */
const reasons = new WeakSet<object>();

/** The purpose of a wait, as far as the rules differ. */
export interface Wait {
  /** Whether nobody but the task can end the wait early, and whether it really waits. */
  readonly isOwn?: boolean;
  /** The tasks to which the wait passes a request on. */
  readonly children?: readonly Requests[];
  /** Whether the outcome goes before a request that comes later, as with a scope. */
  readonly isFirst?: boolean;
}

/** A wait that the task alone can end early. */
export const OWN: Wait = { isOwn: true };

/** A wait for the end of a scope. */
export const SCOPE: Wait = { isFirst: true };

/** A scope whose body runs as a part of the task. */
interface Scope {
  /** Whether the scope has cancelled its body. */
  hasCancelled(): boolean;
  /** Whether the scope cancels its body once only. */
  readonly isOnce: boolean;
  /** Whether the body was thrown that one request; stays `false` without `isOnce`. */
  wasThrown: boolean;
}

/** Who made a request. */
type Origin = "by a scope" | "from outside";

function originOf(reason: unknown): Origin {
  return reasons.has(reason as object) ? "from outside" : "by a scope";
}

/** The requests to cancel one task. */
export class Requests {
  readonly #scopes: Scope[] = [];
  readonly isCounted: boolean;
  readonly #kind: string;
  readonly #report: (fault: string) => void;
  /** Whether a request was made since one was thrown last, and by whom. */
  #asked: "no" | Origin = "no";
  /** The reasons of the requests since then. */
  #reasons: unknown[] = [];
  /** Whether a request may be thrown that the test cannot know of. */
  #mayBeThrown = false;
  /** Who made the request that a group would renew: one from outside goes first. */
  #renewable: Origin = "by a scope";
  /** Whether a group renewed a request, whose reason the test does not know. */
  #isRenewed = false;
  #wasThrown = false;
  /** Whether `uncancel()`, or a child that went on, has answered a request. */
  #wasAnswered = false;
  /** `undefined` until it is made. */
  #task: Task<unknown> | undefined = undefined;
  /** The error that was thrown last. */
  #latest: unknown = undefined;
  /** The order of events, for the message of a fault. */
  readonly #events: string[] = [];

  constructor(isCounted: boolean, kind: string, report: (fault: string) => void) {
    this.isCounted = isCounted;
    this.#kind = kind;
    this.#report = report;
  }

  /** Whether a request that was passed to the task has been answered, though it goes on. */
  get hasSwallowed(): boolean {
    return this.#wasAnswered || (this.#wasThrown && this.#task?.cancelled() !== true);
  }

  /** Notes a request. */
  note(reason: unknown): void {
    this.#reasons.push(reason);
    const origin = originOf(reason);
    this.#events.push(`was asked ${origin}`);
    if (origin === "from outside") this.#asked = this.#renewable = origin;
    else if (this.#asked === "no") this.#asked = origin;
  }

  /** Notes that `uncancel()` took the last request back. */
  noteTakenBack(): void {
    this.#events.push("took it back");
    if (this.#asked !== "no") this.#wasAnswered = true;
    this.#renewable = "by a scope";
    this.#forget();
  }

  /** Notes that a group renewed the request that its parent had got, thrown or not. */
  noteRenewed(): void {
    this.#events.push("had it renewed");
    this.#asked = this.#renewable;
    this.#isRenewed = true;
  }

  #forget(): void {
    this.#asked = "no";
    this.#reasons = [];
    this.#isRenewed = false;
  }

  /** Waits in a generator. */
  *yields<T>(future: Future<T>, wait: Wait = {}): Generator<unknown, T> {
    const isPending = !future.done();
    try {
      const result = yield* future;
      this.#goOn(wait, isPending);
      return result;
    } catch (error) {
      this.#catch(error, wait, isPending);
      retrieve(future);
      throw error;
    }
  }

  /** Gives way for a turn in a generator. */
  *givesWay(): Generator<unknown, void> {
    try {
      yield;
      this.#goOn(OWN, true);
    } catch (error) {
      this.#catch(error, OWN, true);
      throw error;
    }
  }

  /** Waits in an async function. */
  async awaits<T>(future: Future<T>, wait: Wait = {}): Promise<T> {
    // An async function that is about to go on when it is asked is thrown the request at its next
    // wait, so only a request that was there before is known to be thrown here.
    const mustThrow = wait.isOwn === true && this.#asked !== "no";
    try {
      const result = await future;
      this.#goOn(wait, mustThrow);
      return result;
    } catch (error) {
      this.#catch(error, wait, mustThrow, true);
      retrieve(future);
      throw error;
    }
  }

  /** Runs code of the task that waits in a way of its own. */
  async tries<T>(code: () => Promise<T>): Promise<T> {
    try {
      return await code();
    } catch (error) {
      if (error instanceof CancelledError && error !== this.#latest) this.#noteThrown(error, true);
      throw error;
    }
  }

  /** Does the same for a generator. */
  *triesInSteps<T>(code: Generator<unknown, T>): Generator<unknown, T> {
    try {
      return yield* code;
    } catch (error) {
      if (error instanceof CancelledError && error !== this.#latest) this.#noteThrown(error, false);
      throw error;
    }
  }

  /** Runs the body of a `timeout()` in an async function. */
  async inLimit<T>(scope: Timeout, body: () => Promise<T>): Promise<T> {
    this.#scopes.push({ hasCancelled: () => scope.expired(), wasThrown: false, isOnce: true });
    try {
      return await body();
    } finally {
      this.#scopes.pop();
    }
  }

  /** Does the same in a generator. */
  *inLimitInSteps<T>(scope: Timeout, body: Generator<unknown, T>): Generator<unknown, T> {
    this.#scopes.push({ hasCancelled: () => scope.expired(), wasThrown: false, isOnce: true });
    try {
      return yield* body;
    } finally {
      this.#scopes.pop();
    }
  }

  /** Runs the body of a `taskGroup()` in a generator. */
  *inGroupInSteps<T>(group: TaskGroup, body: Generator<unknown, T>): Generator<unknown, T> {
    const hasCancelled = () => group.signal.aborted;
    this.#scopes.push({ hasCancelled, wasThrown: false, isOnce: false });
    try {
      return yield* body;
    } finally {
      this.#scopes.pop();
    }
  }

  /** @param mustThrow Whether a request that was made has to be thrown by this wait. */
  #goOn(wait: Wait, mustThrow: boolean): void {
    this.#events.push("went on");
    if (wait.children?.some((child) => child.hasSwallowed)) {
      this.#wasAnswered = true;
      // Only if the request came in time for the child, which the test does not know.
      if (this.#asked !== "no") this.#mayBeThrown = true;
      this.#forget();
    } else if (mustThrow && !wait.isFirst) {
      // A request of a scope that a child left unanswered is thrown at the next wait.
      if (this.#asked === "from outside" || (this.#asked === "by a scope" && wait.isOwn)) {
        this.#fault(`went on though asked ${this.#asked}`);
      }
    }
  }

  #catch(error: unknown, wait: Wait, mustThrow: boolean, isAsync = false): void {
    if (!(error instanceof CancelledError)) return this.#goOn(wait, mustThrow);
    if (this.isCounted && wait.isOwn) {
      const scopes = this.#scopes.filter((scope) => !scope.wasThrown && scope.hasCancelled());
      const isOfScope = scopes.length > 0;
      const isAsked = this.#asked !== "no" || this.#mayBeThrown || isOfScope;
      if (!isAsked) this.#fault("was thrown a request that nobody made");
      // An async body that is thrown another request may be about to be thrown the scope's.
      if (!isAsync || !this.#reasons.includes(error)) {
        for (const scope of scopes) scope.wasThrown = scope.isOnce;
      }
      if (!this.#isExpected(error)) {
        // The request came when it was decided that the async body is thrown its scope's own.
        if (isAsync && isOfScope && !this.#reasons.includes(error)) return this.#keep(error);
        this.#fault(`was thrown ${error}`);
      }
    }
    this.#noteThrown(error, isAsync);
  }

  /** Whether an error may be that of the first request from outside: the test's or an earlier one. */
  #isExpected(error: CancelledError): boolean {
    if (this.#asked !== "from outside" || this.#isRenewed || this.#mayBeThrown) return true;
    const first = this.#reasons.findIndex((reason) => originOf(reason) === "from outside");
    return this.#reasons.slice(0, first + 1).includes(error);
  }

  /** Notes an error, which need not answer the requests. */
  #keep(error: CancelledError): void {
    this.#events.push(`was thrown a request ${originOf(error)}`);
    this.#wasThrown = true;
    this.#latest = error;
  }

  #noteThrown(error: CancelledError, isAsync: boolean): void {
    // A request that comes when it is decided what an async function is thrown, and before the
    // function goes on, is thrown at its next wait.
    this.#mayBeThrown = isAsync && this.#reasons.some((reason) => reason !== error);
    this.#forget();
    this.#keep(error);
  }

  /** Checks how the task ends. */
  watch(task: Task<unknown>): void {
    this.#task = task;
    task.addDoneCallback(() => {
      // Also retrieves the exception.
      const exception = task.cancelled() ? undefined : task.exception();
      if (exception && !isDoom(exception)) this.#fault(`failed with ${exception}`);
      if (!this.isCounted) return;
      if (exception === null && this.#asked === "from outside") {
        this.#fault("returned though asked from outside");
      }
      const isAsked = this.#wasThrown || this.#asked !== "no" || this.#mayBeThrown;
      if (task.cancelled() && !isAsked) this.#fault("was cancelled though nobody asked");
    });
  }

  #fault(problem: string): void {
    this.#report(`${this.#kind} ${problem}: it ${this.#events.join(", ")}`);
  }
}

/** Whether an error is of a kind that the tasks of the test fail with. */
export function isDoom(error: unknown): boolean {
  return error instanceof RangeError || error instanceof TimeoutError ||
    error instanceof AggregateError;
}

/** Looks at a failure that a wait was not given, as it was thrown a request in its place. */
function retrieve(future: Future<unknown>): void {
  if (future.done() && !future.cancelled()) future.exception();
}

/** The requests to each task, by its coroutine, as a task may be cancelled while it is made. */
const requestsOf = new WeakMap<object, Requests>();

/** A task that notes each request. */
class CountingTask<T> extends Task<T> {
  override cancel(reason?: unknown): boolean {
    // Requests of scopes and time limits have a reason.
    reason ??= makeReason();
    if (!this.done()) requestsOf.get(this.getCoro()!)!.note(reason);
    return super.cancel(reason);
  }
}

/** Lets the tasks of a coroutine note their requests, if the loop makes them by `makeTask()`. */
export function count(coro: Coroutine<unknown>, requests: Requests): void {
  if (requests.isCounted) requestsOf.set(coro, requests);
}

/** The task factory of the test. */
export function makeTask<T>(
  loop: TaskOptions["loop"],
  coro: Coroutine<T>,
  options: TaskOptions,
): Task<T> {
  const Class = requestsOf.has(coro) ? CountingTask : Task;
  return new Class(coro, { ...options, loop });
}
