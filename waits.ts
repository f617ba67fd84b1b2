/**
 * The futures that a task waits on, which is where its cancellation is
 * delivered.
 *
 * @module
 */

/** What a task can wait on. */
export interface Waited {
  /** Returns `false` if it is done, so that nothing can be delivered there. */
  cancel(reason: unknown): boolean;
}

/** How far a chain of tasks, each waiting on the next, is followed by recursion. */
const MAX_DEPTH = 100;
let depth = 0;
let deferring = false;
const deferred: [Waits, unknown][] = [];

/** A request to cancel a task. */
interface Request {
  readonly reason: unknown;
  /** Whether what has arrived for the code goes before it. */
  readonly isPatient: boolean;
}

/**
 * What is on its way to the code that waits: a CancelledError; to a generator, what a
 * scope ended with; or only its turn, so that nothing else can arrive.
 */
type Arriving = "cancellation" | "end of a scope" | "turn" | undefined;

/**
 * What one task waits on, and the request to cancel it that could not be
 * delivered yet.
 *
 * A generator waits on one future at a time. An async function may wait on
 * several: `Promise.all([a, b])` awaits both at once.
 */
export class Waits {
  #waited: Waited | Set<Waited> | undefined;
  #undelivered: Request | undefined;
  #cancelling = false;
  /** Whether the latest request has been thrown in the code. */
  #thrown = false;
  #arriving: Arriving = undefined;

  /** Takes note that the task waits on `waited`, which is pending. */
  begin(waited: Waited): void {
    const others = this.#waited;
    if (others === undefined) this.#waited = waited;
    else if (others instanceof Set) others.add(waited);
    else this.#waited = new Set([others, waited]);
    // The task was cancelled while it ran, or while it waited on something else.
    const undelivered = this.#undelivered;
    if (undelivered !== undefined && waited.cancel(undelivered.reason)) {
      this.#undelivered = undefined;
    }
  }

  /** Takes note that `waited` is done, and returns whether the task waited on it. */
  end(waited: Waited): boolean {
    const all = this.#waited;
    if (all !== waited) return all instanceof Set && all.delete(waited);
    this.#waited = undefined;
    return true;
  }

  /**
   * Takes note that what the task waited on was cancelled. Until its code goes
   * on, further requests come to the same: it is thrown one CancelledError, unless
   * they reach something else that it waits on.
   */
  beginArrival(): void {
    this.#arriving = "cancellation";
    this.#thrown = true;
    // What else it waits on has refused it.
    this.#undelivered = undefined;
  }

  /** Takes note that the code of the task goes on. */
  endArrival(): void {
    this.#arriving = undefined;
  }

  /**
   * Takes note that a scope ends, if that is what a generator waits on: what comes out
   * of a scope in asyncio, no request can come before.
   */
  beginScopeEnd(scope: Waited): void {
    if (this.#waited === scope) this.#arriving = "end of a scope";
  }

  /**
   * Cancels what the task waits on, or else its next wait.
   *
   * @param isPatient Whether a generator is to be handed first what it waited for,
   * as an async function is.
   */
  cancel(reason: unknown, isPatient = false): void {
    // Tasks that wait on each other in a circle come back here.
    if (this.#cancelling) return;
    const arriving = this.#arriving;
    this.#thrown = false;
    if (depth === MAX_DEPTH) {
      deferred.push([this, reason]);
      return;
    }
    depth++;
    this.#cancelling = true;
    let delivered = false;
    try {
      const waited = this.#waited;
      if (waited instanceof Set) {
        // A future that is done removes itself, so the set changes meanwhile.
        for (const one of [...waited]) {
          if (one.cancel(reason)) delivered = true;
        }
      } else if (waited) {
        delivered = waited.cancel(reason);
      }
    } finally {
      this.#cancelling = false;
      depth--;
      if (!delivered) {
        // It comes to the CancelledError that is on its way, if there is one.
        if (arriving === "cancellation") this.#thrown = true;
        else this.#keep(reason, isPatient || arriving === "end of a scope");
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
  cancelNext(reason: unknown): void {
    if (!this.#thrown) this.#keep(reason, true);
  }

  #keep(reason: unknown, isPatient: boolean): void {
    const waitsForMore = this.#arriving !== "turn" && this.#undelivered?.isPatient !== false;
    this.#undelivered = { reason, isPatient: isPatient && waitsForMore };
  }

  /** Takes note that the task waits for its turn only, which cannot be cancelled. */
  beginTurn(): void {
    this.#arriving = "turn";
    const undelivered = this.#undelivered;
    if (undelivered) this.#undelivered = { reason: undelivered.reason, isPatient: false };
  }

  /** Takes note that a generator goes on, and takes over the delivery of a request to it. */
  goOn(): Request | undefined {
    this.#arriving = undefined;
    const due = this.#undelivered;
    return due === undefined || due.isPatient ? undefined : this.takeUndelivered();
  }

  /** Takes over the delivery of a request that could not be delivered yet. */
  takeUndelivered(): Request | undefined {
    const undelivered = this.#undelivered;
    if (undelivered) this.#thrown = true;
    this.#undelivered = undefined;
    return undelivered;
  }

  /** Whether a request to cancel waits for the task's next wait. */
  get hasPending(): boolean {
    return this.#undelivered !== undefined;
  }

  /** What the task waits on. */
  *[Symbol.iterator](): Generator<Waited> {
    if (this.#waited instanceof Set) yield* this.#waited;
    else if (this.#waited) yield this.#waited;
  }
}
