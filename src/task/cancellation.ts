/**
 * The futures that a task waits on, which is where its cancellation is
 * delivered.
 *
 * @module
 */

/** What a task can wait on. */
export interface WaitTarget {
  /** Returns `false` if it is done, so that nothing can be delivered there. */
  cancel(reason: unknown): boolean;
}

/** How far a chain of tasks, each waiting on the next, is followed by recursion. */
const MAX_DEPTH = 100;

let depth = 0;

let deferring = false;

const deferred: [Cancellation, unknown][] = [];

/** A request to cancel a task. */
interface Request {
  readonly reason: unknown;
  /** Whether what has arrived for the code goes before it. */
  readonly afterDelivery: boolean;
}

/**
 * What is on its way to the code that waits: a CancelledError; to a generator, what a
 * scope ended with; or only its turn, so that nothing else can arrive.
 */
type Delivery = "cancellation" | "end of a scope" | "turn" | undefined;

/**
 * What one task waits on, and the request to cancel it that could not be
 * delivered yet.
 *
 * A generator waits on one future at a time. An async function may wait on
 * several: `Promise.all([a, b])` awaits both at once.
 */
export class Cancellation {
  #waitedOn: WaitTarget | Set<WaitTarget> | undefined;
  #pending: Request | undefined;
  #cancelling = false;
  /** Whether the latest request has been thrown in the code. */
  #thrown = false;
  #delivering: Delivery = undefined;

  /** Takes note that the task waits on `waited`, which is pending. */
  beginWait(target: WaitTarget): void {
    const others = this.#waitedOn;
    if (others === undefined) this.#waitedOn = target;
    else if (others instanceof Set) others.add(target);
    else this.#waitedOn = new Set([others, target]);
    // The task was cancelled while it ran, or while it waited on something else.
    const pending = this.#pending;
    if (pending !== undefined && target.cancel(pending.reason)) {
      this.#pending = undefined;
    }
  }

  /** Takes note that `waited` is done, and returns whether the task waited on it. */
  endWait(target: WaitTarget): boolean {
    const all = this.#waitedOn;
    if (all !== target) return all instanceof Set && all.delete(target);
    this.#waitedOn = undefined;
    return true;
  }

  /**
   * Takes note that what the task waited on was cancelled. Until its code goes
   * on, further requests come to the same: it is thrown one CancelledError, unless
   * they reach something else that it waits on.
   */
  beginDelivery(): void {
    this.#delivering = "cancellation";
    this.#thrown = true;
    // What else it waits on has refused it.
    this.#pending = undefined;
  }

  /** Takes note that the code of the task goes on. */
  endDelivery(): void {
    this.#delivering = undefined;
  }

  /**
   * Takes note that a scope ends, if that is what a generator waits on: what comes out
   * of a scope in asyncio, no request can come before.
   */
  deliverScopeEndFirst(scope: WaitTarget): void {
    if (this.#waitedOn === scope) this.#delivering = "end of a scope";
  }

  /**
   * Cancels what the task waits on, or else its next wait.
   *
   * @param afterDelivery Whether a generator is to be handed first what it waited for,
   * as an async function is.
   */
  cancel(reason: unknown, afterDelivery = false): void {
    // Tasks that wait on each other in a circle come back here.
    if (this.#cancelling) return;
    const delivering = this.#delivering;
    this.#thrown = false;
    if (depth === MAX_DEPTH) {
      deferred.push([this, reason]);
      return;
    }
    depth++;
    this.#cancelling = true;
    let delivered = false;
    try {
      const target = this.#waitedOn;
      if (target instanceof Set) {
        // A future that is done removes itself, so the set changes meanwhile.
        for (const one of [...target]) {
          if (one.cancel(reason)) delivered = true;
        }
      } else if (target) {
        delivered = target.cancel(reason);
      }
    } finally {
      this.#cancelling = false;
      depth--;
      if (!delivered) {
        // It comes to the CancelledError that is on its way, if there is one.
        if (delivering === "cancellation") this.#thrown = true;
        else this.#postpone(reason, afterDelivery || delivering === "end of a scope");
      }
    }
    if (depth > 0 || deferring) return;
    deferring = true;
    try {
      for (let next = deferred.pop(); next; next = deferred.pop()) next[0].cancel(next[1]);
    } finally {
      deferring = false;
    }
  }

  /** Cancels the next wait of the task, unless the latest request has been thrown. */
  cancelNextWait(reason: unknown): void {
    if (!this.#thrown) this.#postpone(reason, true);
  }

  #postpone(reason: unknown, afterDelivery: boolean): void {
    const waitsForMore = this.#delivering !== "turn" && this.#pending?.afterDelivery !== false;
    this.#pending = { reason, afterDelivery: afterDelivery && waitsForMore };
  }

  /** Takes note that the task waits for its turn only, which cannot be cancelled. */
  beginTurn(): void {
    this.#delivering = "turn";
    const pending = this.#pending;
    if (pending) this.#pending = { reason: pending.reason, afterDelivery: false };
  }

  /** Takes note that a generator goes on, and takes over the delivery of a request to it. */
  resume(): Request | undefined {
    this.#delivering = undefined;
    const due = this.#pending;
    return due === undefined || due.afterDelivery ? undefined : this.takePending();
  }

  /** Takes over the delivery of a request that could not be delivered yet. */
  takePending(): Request | undefined {
    const pending = this.#pending;
    if (pending) this.#thrown = true;
    this.#pending = undefined;
    return pending;
  }

  /** Whether a request to cancel waits for the task's next wait. */
  get hasPending(): boolean {
    return this.#pending !== undefined;
  }

  /** What the task waits on. */
  *[Symbol.iterator](): Generator<WaitTarget> {
    if (this.#waitedOn instanceof Set) yield* this.#waitedOn;
    else if (this.#waitedOn) yield this.#waitedOn;
  }
}
