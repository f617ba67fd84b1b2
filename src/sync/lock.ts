/**
 * The class `Lock`.
 *
 * @module
 */

import type { Future } from "../../future.ts";
import { inspectAsText } from "../base/inspect.ts";
import { checkOptions } from "../base/options.ts";
import { currentTaskFrame } from "../context/current.ts";
import { haveSchedulers } from "../loop/turns.ts";
import {
  type AcquireOptions,
  acquirerOf,
  disposeGuard,
  Guard,
  type HeldBody,
  noteUse,
  runHeld,
} from "./held.ts";
import { Line } from "./line.ts";

/** What a condition does with its lock. */
interface LockInternals {
  /** Returns the guard of whoever holds the lock. */
  holderOf(lock: Lock): Guard | undefined;
  /** Waits for the lock, to hold it with the guard given. */
  acquireAs(lock: Lock, guard: Guard): Future<Guard>;
}

/** Set by the static block of {@linkcode Lock}. */
export let lockInternals: LockInternals;

/**
 * A lock: only one at a time holds it. The lock goes to those who wait in the order in which they
 * came; whoever is cancelled while it is handed over passes it on.
 *
 * A task that holds the lock and acquires it again waits for itself, for ever.
 *
 * Source: [`asyncio.Lock`](https://docs.python.org/3.14/library/asyncio-sync.html#asyncio.Lock).
 *
 * @category Synchronisation
 *
 * @example
 * ```ts
 * import { gather, Lock, sleep } from "@asyncio/future";
 * import { assertEquals } from "@std/assert";
 *
 * const lock = new Lock();
 * let balance = 0;
 * async function deposit(amount: number) {
 *   using _ = await lock.acquire();
 *   const before = balance;
 *   await sleep(1);
 *   balance = before + amount;
 * }
 * await gather(deposit(1), deposit(2));
 * assertEquals(balance, 3);
 * ```
 */
export class Lock {
  /** The guard of whoever holds the lock. A condition that waits has the same one again. */
  #holder: Guard | undefined = undefined;
  readonly #line = new Line<Guard, Guard>(this, "Lock.acquire", disposeGuard, () => {
    return this.#holder && acquirerOf(this.#holder);
  });
  /** Releases the lock, unless the guard was released before. The same function for all guards. */
  readonly #releaseGuard = (guard: Guard): void => {
    if (this.#holder === guard) this.release();
  };

  static {
    inspectAsText(this.prototype);
    lockInternals = {
      holderOf: (lock) => lock.#holder,
      acquireAs: (lock, guard) => lock.#acquireAs(guard, undefined),
    };
  }

  /**
   * Waits until the lock is free, and holds it.
   *
   * Source: [`Lock.acquire`](https://docs.python.org/3.14/library/asyncio-sync.html#asyncio.Lock.acquire).
   *
   * @param options A signal that cancels the wait.
   * @returns A future of a guard: `using _ = await lock.acquire()` releases the lock at the end of the
   * block. {@linkcode Lock.prototype.release} does so as well.
   * @throws {TypeError} If the signal is not an `AbortSignal`.
   */
  acquire(options?: AcquireOptions): Future<Guard> {
    const { signal } = checkOptions("acquire the lock", options);
    return this.#acquireAs(new Guard(this.#releaseGuard, currentTaskFrame().code), signal);
  }

  #acquireAs(guard: Guard, signal: AbortSignal | undefined): Future<Guard> {
    if (haveSchedulers()) noteUse(this, () => this.#holder ? 0 : 1);
    return this.#holder
      ? this.#line.wait(signal, guard)
      : Line.done(signal, () => this.#holder = guard, disposeGuard);
  }

  /**
   * Releases the lock, which goes to the first who waits.
   *
   * Source: [`Lock.release`](https://docs.python.org/3.14/library/asyncio-sync.html#asyncio.Lock.release).
   *
   * @throws {Error} If the lock is not held.
   */
  release(): void {
    if (!this.#holder) throw new Error(`Cannot release the lock as it is not held: ${this}`);
    if (this.#line.size === 0) {
      this.#holder = undefined;
      return;
    }
    this.#holder = this.#line.first;
    this.#line.handOver(this.#holder);
  }

  /**
   * Returns whether the lock is held.
   *
   * Source: [`Lock.locked`](https://docs.python.org/3.14/library/asyncio-sync.html#asyncio.Lock.locked).
   */
  locked(): boolean {
    return this.#holder !== undefined;
  }

  /**
   * Calls a function while holding the lock, and releases it when the function has ended. asyncio has
   * `async with lock` for that.
   *
   * @param fn The function (async, generator or plain), which runs as a part of the task around it.
   * @param options A signal that cancels the wait for the lock.
   * @returns A future of the outcome of the function.
   * @throws {TypeError} If `fn` is not a function, or the signal is not an `AbortSignal`.
   */
  run<T>(fn: HeldBody<T>, options?: AcquireOptions): Future<T> {
    return runHeld("run with the lock", this, fn, options);
  }

  /** Returns a representation, such as `<Lock locked waiters=2>`. */
  toString(): string {
    return `<Lock ${this.locked() ? "locked" : "unlocked"}${this.#line.show()}>`;
  }
}
