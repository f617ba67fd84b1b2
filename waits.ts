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

/**
 * What one task waits on, and the request to cancel it that could not be
 * delivered yet.
 *
 * A generator waits on one future at a time. An async function may wait on
 * several: `Promise.all([a, b])` awaits both at once.
 */
export class Waits {
  #waited: Waited | Set<Waited> | undefined;
  #undelivered: { readonly reason: unknown } | undefined;
  #cancelling = false;
  /** Whether a CancelledError is on its way to the code that waits. */
  #arriving = false;

  /** Takes note that the task waits on `waited`, which is pending. */
  begin(waited: Waited): void {
    const others = this.#waited;
    if (others instanceof Set) others.add(waited);
    else this.#waited = others ? new Set([others, waited]) : waited;
    // The task was cancelled while it ran, or while it waited on something else.
    if (this.#undelivered && waited.cancel(this.#undelivered.reason)) {
      this.#undelivered = undefined;
    }
  }

  /** Takes note that `waited` is done. */
  end(waited: Waited): void {
    if (this.#waited === waited) this.#waited = undefined;
    else if (this.#waited instanceof Set) this.#waited.delete(waited);
  }

  /**
   * Takes note that what the task waited on was cancelled. Until its code goes
   * on, further requests come to the same: it is thrown one CancelledError.
   */
  beginArrival(): void {
    this.#arriving = true;
    this.#undelivered = undefined;
  }

  /** Takes note that the code of the task goes on. */
  endArrival(): void {
    this.#arriving = false;
  }

  /** Cancels what the task waits on, or else its next wait. */
  cancel(reason: unknown): void {
    // Tasks that wait on each other in a circle come back here.
    if (this.#cancelling || this.#arriving) return;
    if (depth === MAX_DEPTH) {
      deferred.push([this, reason]);
      return;
    }
    depth++;
    this.#cancelling = true;
    let delivered = false;
    try {
      // A future that is done removes itself, so the set changes meanwhile.
      for (const waited of [...this]) {
        if (waited.cancel(reason)) delivered = true;
      }
    } finally {
      this.#cancelling = false;
      depth--;
      if (!delivered) this.#undelivered = { reason };
    }
    if (depth > 0 || deferring) return;
    deferring = true;
    try {
      for (let next = deferred.pop(); next; next = deferred.pop()) next[0].cancel(next[1]);
    } finally {
      deferring = false;
    }
  }

  /** Takes over the delivery of a request that could not be delivered yet. */
  takeUndelivered(): { readonly reason: unknown } | undefined {
    const undelivered = this.#undelivered;
    this.#undelivered = undefined;
    return undelivered;
  }

  /** What the task waits on. */
  *[Symbol.iterator](): Generator<Waited> {
    if (this.#waited instanceof Set) yield* this.#waited;
    else if (this.#waited) yield this.#waited;
  }
}
