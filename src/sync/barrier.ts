/**
 * The class `Barrier`.
 *
 * @module
 */

import type { Future } from "../../future.ts";
import { cannot } from "../base/checks.ts";
import { inspectAsText } from "../base/inspect.ts";
import { checkOptions } from "../base/options.ts";
import { markAsEndOfWait } from "../task/delivery.ts";
import { BrokenBarrierError } from "./errors.ts";
import type { AcquireOptions } from "./held.ts";
import { Line } from "./line.ts";

/**
 * A point at which a number of tasks wait for each other. When all have come, all go on, and the
 * barrier is as new.
 *
 * Source: [`asyncio.Barrier`](https://docs.python.org/3.14/library/asyncio-sync.html#asyncio.Barrier).
 *
 * @category Synchronisation
 *
 * @example
 * ```ts
 * import { Barrier, gather } from "@asyncio/future";
 * import { assertEquals } from "@std/assert";
 *
 * const barrier = new Barrier(3);
 * const places = await gather(barrier.wait(), barrier.wait(), barrier.wait());
 * assertEquals(places, [0, 1, 2]);
 * ```
 */
export class Barrier {
  readonly #parties: number;
  readonly #line = new Line<number>(this, "Barrier.wait");
  #broken = false;

  static {
    inspectAsText(this.prototype);
  }

  /**
   * Makes a barrier. Source:
   * [`asyncio.Barrier`](https://docs.python.org/3.14/library/asyncio-sync.html#asyncio.Barrier).
   *
   * @param parties How many tasks have to come.
   * @throws {TypeError} If the number is not a whole one, or is less than 1.
   */
  constructor(parties: number) {
    if (!(Number.isInteger(parties) && parties >= 1)) {
      throw cannot("create a barrier", "the parties are not a whole number from 1 on", parties);
    }
    this.#parties = parties;
  }

  /**
   * Waits until all parties have come. A party that is cancelled while it waits does not count.
   *
   * Source: [`Barrier.wait`](https://docs.python.org/3.14/library/asyncio-sync.html#asyncio.Barrier.wait).
   *
   * @param options A signal that cancels the wait.
   * @returns A future of the place, from 0 on, in the order of coming. The future fails with a
   * `BrokenBarrierError` if the barrier is reset or aborted meanwhile.
   * @throws {TypeError} If the signal is not an `AbortSignal`.
   * @throws {BrokenBarrierError} If the barrier is broken.
   */
  wait(options?: AcquireOptions): Future<number> {
    const { signal } = checkOptions("wait at the barrier", options);
    if (this.#broken) {
      throw new BrokenBarrierError(`Cannot wait at the barrier as it is broken: ${this}`);
    }
    const last = this.#parties - 1;
    if (this.#line.size < last) return this.#line.wait(signal, undefined);
    return Line.done(signal, () => {
      for (let place = 0; place < last; place++) this.#line.handOver(place);
      return last;
    });
  }

  /**
   * Makes the barrier as new. All waiting parties fail with a `BrokenBarrierError`.
   *
   * Source: [`Barrier.reset`](https://docs.python.org/3.14/library/asyncio-sync.html#asyncio.Barrier.reset).
   */
  reset(): void {
    this.#broken = false;
    this.#failAll("was reset");
  }

  /**
   * Breaks the barrier. Those who wait fail with a `BrokenBarrierError`, and so does whoever waits
   * from now on, until the barrier is reset.
   *
   * Source: [`Barrier.abort`](https://docs.python.org/3.14/library/asyncio-sync.html#asyncio.Barrier.abort).
   */
  abort(): void {
    this.#broken = true;
    this.#failAll("was aborted");
  }

  #failAll(why: string): void {
    for (let left = this.#line.size; left > 0; left--) {
      const message = `Cannot wait at the barrier as it ${why}: ${this}`;
      this.#line.fail(markAsEndOfWait(new BrokenBarrierError(message)));
    }
  }

  /**
   * How many tasks have to come.
   *
   * Source: [`Barrier.parties`](https://docs.python.org/3.14/library/asyncio-sync.html#asyncio.Barrier.parties).
   */
  get parties(): number {
    return this.#parties;
  }

  /**
   * How many tasks wait.
   *
   * Source: [`Barrier.n_waiting`](https://docs.python.org/3.14/library/asyncio-sync.html#asyncio.Barrier.n_waiting).
   */
  get nWaiting(): number {
    return this.#line.size;
  }

  /**
   * Whether the barrier is broken.
   *
   * Source: [`Barrier.broken`](https://docs.python.org/3.14/library/asyncio-sync.html#asyncio.Barrier.broken).
   */
  get broken(): boolean {
    return this.#broken;
  }

  /** Returns a representation, such as `<Barrier filling waiters=1/3>`. */
  toString(): string {
    return `<Barrier ${
      this.#broken ? "broken" : "filling"
    } waiters=${this.nWaiting}/${this.parties}>`;
  }
}
