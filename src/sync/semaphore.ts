/**
 * The classes `Semaphore` and `BoundedSemaphore`.
 *
 * @module
 */

import type { Future } from "../../future.ts";
import { cannot } from "../base/checks.ts";
import { inspectAsText } from "../base/inspect.ts";
import { checkOptions } from "../base/options.ts";
import { haveSchedulers } from "../loop/turns.ts";
import {
  type AcquireOptions,
  disposeGuard,
  Guard,
  type HeldBody,
  noteUse,
  runHeld,
} from "./held.ts";
import { Line } from "./line.ts";

/** Set, as the next one, by the static block of {@linkcode Semaphore}. */
let setBound: (semaphore: Semaphore, bound: number) => void;
/** Whether a semaphore has as many permits as it may have. */
let isFull: (semaphore: Semaphore) => boolean;

/**
 * A number of permits, which are handed out in the order in which they are asked for.
 *
 * Source: [`asyncio.Semaphore`](https://docs.python.org/3.14/library/asyncio-sync.html#asyncio.Semaphore).
 *
 * @category Synchronisation
 *
 * @example
 * ```ts
 * import { gather, Semaphore, sleep } from "@asyncio/future";
 * import { assertEquals } from "@std/assert";
 *
 * const semaphore = new Semaphore(2);
 * let [running, most] = [0, 0];
 * async function load() {
 *   using _ = await semaphore.acquire();
 *   most = Math.max(most, ++running);
 *   await sleep(1);
 *   running--;
 * }
 * await gather(load(), load(), load(), load());
 * assertEquals(most, 2);
 * ```
 */
export class Semaphore {
  #value: number;
  /** The most permits that may be free. */
  #bound = Infinity;
  // A permit that was released once too often is dropped when its code does not get it.
  readonly #line = new Line<Guard>(this, "Semaphore.acquire", (permit) => {
    if (!isFull(this)) disposeGuard(permit);
  });

  static {
    inspectAsText(this.prototype);
    setBound = (semaphore, bound) => void (semaphore.#bound = bound);
    isFull = (semaphore) => semaphore.#value >= semaphore.#bound;
  }

  /**
   * Makes a semaphore with some permits. Source:
   * [`asyncio.Semaphore`](https://docs.python.org/3.14/library/asyncio-sync.html#asyncio.Semaphore).
   *
   * @param value The number of permits. Default: 1.
   * @throws {TypeError} If the number is not a whole one, or is negative.
   */
  constructor(value = 1) {
    if (!(Number.isInteger(value) && value >= 0)) {
      throw cannot("create a semaphore", "the value is not a whole number from 0 on", value);
    }
    this.#value = value;
  }

  /**
   * Waits for a permit.
   *
   * Source: [`Semaphore.acquire`](https://docs.python.org/3.14/library/asyncio-sync.html#asyncio.Semaphore.acquire).
   *
   * @param options A signal that cancels the wait.
   * @returns A future of a guard: `using _ = await semaphore.acquire()` gives the permit back at the
   * end of the block. Call {@linkcode Semaphore.prototype.release} only without such a block.
   * @throws {TypeError} If the signal is not an `AbortSignal`.
   */
  acquire(options?: AcquireOptions): Future<Guard> {
    const { signal } = checkOptions("acquire the semaphore", options);
    if (haveSchedulers()) noteUse(this, () => this.#value);
    if (this.#value === 0) return this.#line.wait(signal, undefined);
    const takePermit = () => {
      this.#value--;
      return this.#newPermit();
    };
    return Line.done<Guard>(signal, takePermit, disposeGuard);
  }

  /**
   * Gives a permit back, or a further one: to the first who waits, if there is one.
   *
   * Source: [`Semaphore.release`](https://docs.python.org/3.14/library/asyncio-sync.html#asyncio.Semaphore.release).
   */
  release(): void {
    if (this.#line.size > 0) this.#line.handOver(this.#newPermit());
    else this.#value++;
  }

  /** Makes a guard, which gives its permit back once. */
  #newPermit(): Guard {
    let isHeld = true;
    return new Guard(() => {
      if (!isHeld) return;
      isHeld = false;
      this.release();
    });
  }

  /**
   * Returns whether there is no permit left.
   *
   * Source: [`Semaphore.locked`](https://docs.python.org/3.14/library/asyncio-sync.html#asyncio.Semaphore.locked).
   */
  locked(): boolean {
    return this.#value === 0;
  }

  /**
   * Calls a function while holding a permit, and gives that back when the function has ended. asyncio
   * has `async with semaphore` for that.
   *
   * @param fn The function (async, generator or plain), which runs as a part of the task around it.
   * @param options A signal that cancels the wait for the permit.
   * @returns A future of the outcome of the function.
   * @throws {TypeError} If `fn` is not a function, or the signal is not an `AbortSignal`.
   */
  run<T>(fn: HeldBody<T>, options?: AcquireOptions): Future<T> {
    return runHeld("run with the semaphore", this, fn, options);
  }

  /** `"Semaphore"`. */
  get [Symbol.toStringTag](): string {
    return "Semaphore";
  }

  /** Returns a representation, such as `<Semaphore unlocked value=2>`. */
  toString(): string {
    const name = this[Symbol.toStringTag];
    if (this.#value > 0) return `<${name} unlocked value=${this.#value}>`;
    return `<${name} locked${this.#line.show()}>`;
  }
}

/**
 * A semaphore that never has more permits than at the beginning: to give back too many is an error.
 *
 * Source: [`asyncio.BoundedSemaphore`](https://docs.python.org/3.14/library/asyncio-sync.html#asyncio.BoundedSemaphore).
 *
 * @category Synchronisation
 *
 * @example
 * ```ts
 * import { BoundedSemaphore } from "@asyncio/future";
 * import { assertThrows } from "@std/assert";
 *
 * const semaphore = new BoundedSemaphore(1);
 * assertThrows(() => semaphore.release(), Error, "all permits are there");
 * ```
 */
export class BoundedSemaphore extends Semaphore {
  /**
   * Makes a semaphore with some permits. Source:
   * [`asyncio.BoundedSemaphore`](https://docs.python.org/3.14/library/asyncio-sync.html#asyncio.BoundedSemaphore).
   *
   * @param value The number of permits. Default: 1.
   * @throws {TypeError} If the number is not a whole one, or is negative.
   */
  constructor(value = 1) {
    super(value);
    setBound(this, value);
  }

  /**
   * Gives a permit back: to the first who waits, if there is one.
   *
   * Source: [`asyncio.BoundedSemaphore`](https://docs.python.org/3.14/library/asyncio-sync.html#asyncio.BoundedSemaphore).
   *
   * @throws {Error} If nobody holds a permit.
   */
  override release(): void {
    if (isFull(this)) {
      throw new Error(`Cannot release the semaphore as all permits are there: ${this}`);
    }
    super.release();
  }

  /** `"BoundedSemaphore"`. */
  override get [Symbol.toStringTag](): string {
    return "BoundedSemaphore";
  }
}
