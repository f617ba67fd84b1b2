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

  /** Cancels what the task waits on, or else its next wait. */
  cancel(reason: unknown): void {
    // Tasks that wait on each other in a circle come back here.
    if (this.#cancelling) return;
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
    }
    if (!delivered) this.#undelivered = { reason };
    if (depth > 0) return;
    for (let next = deferred.pop(); next; next = deferred.pop()) next[0].cancel(next[1]);
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
