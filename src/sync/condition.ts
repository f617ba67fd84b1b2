/**
 * The class `Condition`.
 *
 * @module
 */

import type { Future } from "../../future.ts";
import { cannot, checkCallback, isThenable } from "../base/checks.ts";
import { inspectAsText } from "../base/inspect.ts";
import { checkOptions } from "../base/options.ts";
import { cancelTarget } from "../future/cancel_target.ts";
import { internals } from "../future/internals.ts";
import { outcomeOf } from "../future/outcome.ts";
import { prepareSignal } from "../future/signals.ts";
import { CANCELLED, EXCEPTION, RESULT } from "../future/states.ts";
import { captureFor } from "../loop/schedule.ts";
import { currentLoop, runCallback } from "../loop/running.ts";
import { DelegatingFuture, settleAs } from "../waiting/delegating.ts";
import { giveBackIfUndelivered, setGiveBack } from "../waiting/late.ts";
import { onEnd } from "../waiting/watch.ts";
import { type AcquireOptions, type Guard, type HeldBody, runHeld } from "./held.ts";
import { Line } from "./line.ts";
import { Lock, lockInternals } from "./lock.ts";

/**
 * A lock, and a way to wait for what others change while they hold it.
 *
 * Source: [`asyncio.Condition`](https://docs.python.org/3.14/library/asyncio-sync.html#asyncio.Condition).
 *
 * @category Synchronisation
 *
 * @example
 * ```ts
 * import { Condition, createTask } from "@asyncio/future";
 * import { assertEquals } from "@std/assert";
 *
 * const condition = new Condition();
 * const free: string[] = [];
 * const task = createTask(async () => {
 *   using _ = await condition.acquire();
 *   await condition.waitFor(() => free.length > 0);
 *   return free.pop();
 * });
 * await condition.run(() => {
 *   free.push("connection");
 *   condition.notify();
 * });
 * assertEquals(await task, "connection");
 * ```
 */
export class Condition {
  readonly #lock: Lock;
  /** Those who wait to be notified. A notification that was not noticed goes to the next. */
  readonly #line = new Line<true>(this, "Condition.wait", () => this.#notify(1));

  static {
    inspectAsText(this.prototype);
  }

  /**
   * Makes a condition. Source:
   * [`asyncio.Condition`](https://docs.python.org/3.14/library/asyncio-sync.html#asyncio.Condition).
   *
   * @param lock The lock, which several conditions may share. Default: a new one.
   * @throws {TypeError} If the lock is not a {@linkcode Lock}.
   */
  constructor(lock: Lock = new Lock()) {
    if (!(lock instanceof Lock)) throw cannot("create a condition", "the lock is no Lock", lock);
    this.#lock = lock;
  }

  /**
   * Waits until the lock is free, and holds it: see {@linkcode Lock.prototype.acquire}.
   *
   * Source: [`Condition.acquire`](https://docs.python.org/3.14/library/asyncio-sync.html#asyncio.Condition.acquire).
   *
   * @param options A signal that cancels the wait.
   * @returns A future of a guard: `using _ = await condition.acquire()` releases the lock at the end
   * of the block.
   * @throws {TypeError} If the signal is not an `AbortSignal`.
   */
  acquire(options?: AcquireOptions): Future<Guard> {
    return this.#lock.acquire(options);
  }

  /**
   * Releases the lock.
   *
   * Source: [`Condition.release`](https://docs.python.org/3.14/library/asyncio-sync.html#asyncio.Condition.release).
   *
   * @throws {Error} If the lock is not held.
   */
  release(): void {
    this.#lock.release();
  }

  /**
   * Returns whether the lock is held.
   *
   * Source: [`Condition.locked`](https://docs.python.org/3.14/library/asyncio-sync.html#asyncio.Condition.locked).
   */
  locked(): boolean {
    return this.#lock.locked();
  }

  /**
   * Calls a function while holding the lock, and releases it when the function has ended. asyncio has
   * `async with condition` for that.
   *
   * @param fn The function (async, generator or plain), which runs as a part of the task around it.
   * @param options A signal that cancels the wait for the lock.
   * @returns A future of the outcome of the function.
   * @throws {TypeError} If `fn` is not a function, or the signal is not an `AbortSignal`.
   */
  run<T>(fn: HeldBody<T>, options?: AcquireOptions): Future<T> {
    return runHeld("run with the condition", this, fn, options);
  }

  /**
   * Releases the lock, waits until {@linkcode Condition.prototype.notify} is called, and holds the
   * lock again.
   *
   * The lock is held again whatever comes, so that code that is cancelled here still holds it and has
   * to release it. Whoever is notified and cancelled at the same time passes the notification on.
   *
   * Source: [`Condition.wait`](https://docs.python.org/3.14/library/asyncio-sync.html#asyncio.Condition.wait).
   *
   * @param options A signal that cancels the wait. If it is aborted, the lock is not released.
   * @returns A future of `true`.
   * @throws {TypeError} If the signal is not an `AbortSignal`.
   * @throws {Error} If the lock is not held.
   */
  wait(options?: AcquireOptions): Future<true> {
    const { signal } = checkOptions("wait for the condition", options);
    const guard = this.#holder("wait");
    if (signal?.aborted) return currentLoop().createFuture({ signal });
    prepareSignal(signal);
    const notified = this.#line.wait(undefined, undefined);
    /** The future of the lock, once the notification has come. */
    let taken: Future<unknown> | undefined;
    const outer = new DelegatingFuture<true>(currentLoop(), (reason) => {
      // A request that comes after the notification waits until the lock is held again.
      cancelTarget(notified, reason);
      return true;
    }, {
      operation: "Condition.wait",
      get futures() {
        return [taken ?? notified];
      },
    });
    const passOn = () => this.#notify(1);
    setGiveBack(outer, passOn);
    const finish = () => {
      const request = DelegatingFuture.requestOf(outer);
      if (!request) giveBackIfUndelivered(outer, passOn);
      else if (!notified.cancelled()) passOn();
      settleAs(outer, request ? [CANCELLED, request] : [RESULT, true]);
    };
    onEnd(notified, () => {
      taken = lockInternals.acquireAs(this.#lock, guard);
      onEnd(taken, finish);
    });
    this.#lock.release();
    if (signal) internals.followSignal(outer, signal);
    return outer;
  }

  /**
   * Waits until a predicate is true, which is asked at once and whenever the condition is notified.
   *
   * Source: [`Condition.wait_for`](https://docs.python.org/3.14/library/asyncio-sync.html#asyncio.Condition.wait_for).
   *
   * @param predicate Returns a value that counts as true or false, while the lock is held.
   * @param options A signal that cancels the wait.
   * @returns A future of the value of the predicate that counted as true. The future fails with what
   * the predicate throws. The lock is held in any case.
   * @throws {TypeError} If the predicate is not a function or returns a promise, or the signal is not
   * an `AbortSignal`.
   * @throws {Error} If the lock is not held.
   */
  waitFor<T>(predicate: () => T, options?: AcquireOptions): Future<T> {
    checkCallback("wait for the condition", predicate, "predicate");
    const { signal } = checkOptions("wait for the condition", options);
    this.#holder("wait");
    if (signal?.aborted) return currentLoop().createFuture({ signal });
    prepareSignal(signal);
    const loop = currentLoop();
    let waiting: Future<true> | undefined;
    const outer = new DelegatingFuture<T>(loop, (reason) => {
      if (waiting) cancelTarget(waiting, reason);
      return true;
    }, {
      operation: "Condition.waitFor",
      get futures() {
        return waiting && [waiting];
      },
    });
    const passOn = () => this.#notify(1);
    setGiveBack(outer, passOn);
    const ask = () => {
      const request = DelegatingFuture.requestOf(outer);
      if (request) {
        // The notification came first, and goes to somebody else.
        passOn();
        return settleAs(outer, [CANCELLED, request]);
      }
      const value = predicate();
      if (isThenable(value)) {
        throw cannot("wait for the condition", "the predicate returned a promise", value);
      }
      if (value) {
        giveBackIfUndelivered(outer, passOn);
        return settleAs(outer, [RESULT, value]);
      }
      const askSoon = captureFor(
        loop,
        () => runCallback(loop, askOrFail, undefined, "future", outer),
      );
      const next = waiting = this.wait();
      onEnd(next, () => {
        const outcome = outcomeOf(next);
        if (outcome[0] === RESULT) askSoon(undefined);
        else settleAs(outer, outcome, next);
      });
    };
    const askOrFail = () => {
      try {
        ask();
      } catch (exception) {
        settleAs(outer, [EXCEPTION, exception]);
      }
    };
    askOrFail();
    if (signal) internals.followSignal(outer, signal);
    return outer;
  }

  /**
   * Wakes some of those who wait; they go on one after the other, as each gets the lock.
   *
   * Source: [`Condition.notify`](https://docs.python.org/3.14/library/asyncio-sync.html#asyncio.Condition.notify).
   *
   * @param n How many. Default: 1.
   * @throws {TypeError} If `n` is not a whole number from 0 on.
   * @throws {Error} If the lock is not held.
   */
  notify(n = 1): void {
    if (!(n >= 0 && (Number.isInteger(n) || n === Infinity))) {
      throw cannot("notify", "the number is not a whole number from 0 on", n);
    }
    this.#holder("notify");
    this.#notify(n);
  }

  /**
   * Wakes all who wait; they go on one after the other, as each gets the lock.
   *
   * Source: [`Condition.notify_all`](https://docs.python.org/3.14/library/asyncio-sync.html#asyncio.Condition.notify_all).
   *
   * @throws {Error} If the lock is not held.
   */
  notifyAll(): void {
    this.notify(Infinity);
  }

  #notify(n: number): void {
    for (let left = Math.min(n, this.#line.size); left > 0; left--) this.#line.handOver(true);
  }

  /** Returns the guard of whoever holds the lock. */
  #holder(action: string) {
    const guard = lockInternals.holderOf(this.#lock);
    if (!guard) throw new Error(`Cannot ${action} as the lock is not held: ${this}`);
    return guard;
  }

  /** Returns a representation, such as `<Condition locked waiters=2>`. */
  toString(): string {
    return `<Condition ${this.locked() ? "locked" : "unlocked"}${this.#line.show()}>`;
  }
}
