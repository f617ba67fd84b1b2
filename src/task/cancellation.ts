/**
 * The cancellation of one task: the requests to cancel it, and the futures that it waits on,
 * which take these requests.
 *
 * A request that no future takes is *pending*. A generator is thrown a pending request when it
 * resumes, or, if the request is *later*, at its next wait; an async function always at its next
 * wait. If two requests are pending, the reason of the latest counts.
 *
 * | state of the code                   | `cancel()`                     | a generator resumes   |
 * | ----------------------------------- | ------------------------------ | --------------------- |
 * | not started, running, waiting on    | pending                        | is thrown the pending |
 * | something foreign, or its result is |                                | request, unless that  |
 * | being delivered                     |                                | is later              |
 * | waiting on futures                  | cancels each future; pending   | –                     |
 * |                                     | if all of them refuse          |                       |
 * | a `CancelledError` is being         | cancels the other futures; if  | is thrown that error  |
 * | delivered                           | none takes it, merged with the |                       |
 * |                                     | error                          |                       |
 * | the end of a scope is being         | pending, later                 | gets how the scope    |
 * | delivered (generators only)         |                                | ended ¹               |
 * | its turn, or the error for a bad    | pending, never later           | is thrown the pending |
 * | `yield`, is being delivered         |                                | request               |
 *
 * ¹ Unless a request that is not later was pending before: no further request is later then.
 *
 * In every state:
 *
 * - `beginWait(f)`: `f` takes the pending request, unless `f` refuses.
 * - `endWait(f)`, then `beginDelivery()` if `f` was cancelled: a `CancelledError` is being
 *   delivered, which replaces the pending request.
 * - `cancelNextWait()`: pending, later, unless the latest request was thrown.
 * - `beginTurn()`: the pending request is not later any more.
 * - `takePending()`: the caller throws the request at an `await` of a future that is done; cancels
 *   the task when its function is about to be called, or when its code returns; and drops the
 *   request when the code throws, or when `uncancel()` takes back the last one.
 *
 * @module
 */

/** Something that a task waits on: a future, perhaps of another copy of the module. */
export interface WaitTarget {
  /** Returns `false` if the target refuses the request, as it is done or about to be. */
  cancel(reason: unknown): boolean;
}

interface Request {
  readonly reason: unknown;
  /** Whether the request is *later*: the result that is being delivered comes first. */
  readonly afterDelivery: boolean;
}

/**
 * The kind of outcome that the scheduled resumption of the code delivers.
 *
 * - `undefined`: a result or an exception, or no resumption is scheduled.
 * - `"cancellation"`: a `CancelledError`.
 * - `"end of a scope"`: the result or the exception of a scope, to a generator.
 * - `"turn"`: nothing, after a bare `yield`; or the error for a bad `yield`.
 */
type Delivery = "cancellation" | "end of a scope" | "turn" | undefined;

/**
 * The requests to cancel one task, and the futures that the task waits on.
 *
 * A generator waits on one future at a time. An async function may wait on several:
 * `Promise.all([a, b])` awaits both at once.
 */
export class Cancellation {
  /** `undefined`: nothing; a target: that one; a set: any number, even none. */
  #waitedOn: WaitTarget | Set<WaitTarget> | undefined;
  #pending: Request | undefined;
  /** Whether `cancel()` is passing a request on. */
  #cancelling = false;
  /**
   * Whether the latest request need not be thrown any more: it was thrown, will be thrown by the
   * resumption that is scheduled, or was taken back.
   */
  #isLatestHandled = false;
  #delivering: Delivery = undefined;

  /** Notes that the task waits on `target`, which is not done. A pending request goes to it. */
  beginWait(target: WaitTarget): void {
    const others = this.#waitedOn;
    if (others === undefined) this.#waitedOn = target;
    else if (others instanceof Set) others.add(target);
    else this.#waitedOn = new Set([others, target]);
    const pending = this.#pending;
    if (pending !== undefined && target.cancel(pending.reason)) {
      this.#pending = undefined;
    }
  }

  /** Notes that `target` is done, and returns whether the task waited on it. */
  endWait(target: WaitTarget): boolean {
    const all = this.#waitedOn;
    if (all !== target) return all instanceof Set && all.delete(target);
    this.#waitedOn = undefined;
    return true;
  }

  /**
   * Notes that a target was cancelled, so that the code is about to be thrown a `CancelledError`.
   * Until then, further requests are merged with that error, unless another target takes them.
   */
  beginDelivery(): void {
    this.#delivering = "cancellation";
    this.#isLatestHandled = true;
    // The error stands for a pending request, too: no other target took that.
    this.#pending = undefined;
  }

  /** Notes that the code of an async function is about to resume. */
  endDelivery(): void {
    this.#delivering = undefined;
  }

  /**
   * Notes that a scope is about to end, if a generator waits on it. In asyncio, the scope ends in
   * the task's own code, so that no request can come before its outcome.
   */
  deliverScopeEndFirst(scope: WaitTarget): void {
    if (this.#waitedOn === scope) this.#delivering = "end of a scope";
  }

  /**
   * Cancels the targets that the task waits on or, if all of them refuse, its next wait.
   *
   * @param afterDelivery Whether the request is *later* if it has to be pending.
   */
  cancel(reason: unknown, afterDelivery = false): void {
    // Tasks that wait on each other in a circle come back here.
    if (this.#cancelling) return;
    // Read first, as a target that is cancelled below calls `beginDelivery()`. Test:
    // "Task.cancel() twice in a turn throws one CancelledError into a task that waits on several futures".
    const delivering = this.#delivering;
    this.#isLatestHandled = false;
    if (nesting === MAX_NESTING) {
      deferred.push([this, reason]);
      return;
    }
    nesting++;
    this.#cancelling = true;
    let isTaken = false;
    try {
      const all = this.#waitedOn;
      if (all instanceof Set) {
        // A copy, as a target that is cancelled removes itself from the set.
        for (const target of [...all]) {
          if (target.cancel(reason)) isTaken = true;
        }
      } else if (all) {
        isTaken = all.cancel(reason);
      }
    } finally {
      this.#cancelling = false;
      nesting--;
      if (!isTaken) {
        if (delivering === "cancellation") this.#isLatestHandled = true;
        else this.#postpone(reason, afterDelivery || delivering === "end of a scope");
      }
    }
    if (nesting > 0 || isDraining) return;
    isDraining = true;
    try {
      for (let next = deferred.pop(); next; next = deferred.pop()) next[0].cancel(next[1]);
    } finally {
      isDraining = false;
    }
  }

  /** Cancels the next wait of the task, unless the latest request was thrown. */
  cancelNextWait(reason: unknown): void {
    if (!this.#isLatestHandled) this.#postpone(reason, true);
  }

  /** Makes a request pending; *later* only if no other is thrown when the generator resumes. */
  #postpone(reason: unknown, afterDelivery: boolean): void {
    const isDue = this.#delivering === "turn" || this.#pending?.afterDelivery === false;
    this.#pending = { reason, afterDelivery: afterDelivery && !isDue };
  }

  /** Notes that the generator waits for its turn only, which cannot be cancelled. */
  beginTurn(): void {
    this.#delivering = "turn";
    const pending = this.#pending;
    if (pending) this.#pending = { reason: pending.reason, afterDelivery: false };
  }

  /** Notes that a generator resumes, and returns the request that the caller has to throw. */
  resume(): Request | undefined {
    this.#delivering = undefined;
    const pending = this.#pending;
    return pending === undefined || pending.afterDelivery ? undefined : this.takePending();
  }

  /** Removes the pending request, and returns it to the caller, who has to deliver it. */
  takePending(): Request | undefined {
    const pending = this.#pending;
    if (pending) this.#isLatestHandled = true;
    this.#pending = undefined;
    return pending;
  }

  /** Whether a request is pending. */
  get hasPending(): boolean {
    return this.#pending !== undefined;
  }

  /** The targets that the task waits on. */
  *[Symbol.iterator](): Generator<WaitTarget> {
    if (this.#waitedOn instanceof Set) yield* this.#waitedOn;
    else if (this.#waitedOn) yield this.#waitedOn;
  }
}

/** How far `cancel()` follows a chain of tasks, each waiting on the next, by recursion. */
const MAX_NESTING = 100;

/** How many calls of `cancel()` are on the stack. Changed by `cancel()` only. */
let nesting = 0;

/** The requests beyond `MAX_DEPTH`. The outermost `cancel()` passes them on when it unwinds. */
const deferred: [Cancellation, unknown][] = [];

/** Whether a `cancel()` is passing on the deferred requests. */
let isDraining = false;
