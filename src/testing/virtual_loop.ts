/**
 * A standard loop in virtual time.
 *
 * @module
 */

import { HostEventLoop } from "../loop/host_loop.ts";
import { countSchedulers } from "../loop/turns.ts";
import { VirtualClock } from "./clock.ts";
import type { ReadyPool } from "./order.ts";

/** A loop whose time jumps, and whose order somebody may choose. A driver has to keep it going. */
export class VirtualLoop extends HostEventLoop {
  readonly clock: VirtualClock;
  readonly pool: ReadyPool;
  /** How many promises of the outside world hold the clock. */
  holds = 0;
  /** Outcomes from the outside world that wait until the program is at rest. */
  arrivals: (() => void)[] = [];
  #isCounted = true;

  constructor(start: number, pool: ReadyPool) {
    const clock = new VirtualClock(start);
    super(clock, pool);
    this.clock = clock;
    this.pool = pool;
    countSchedulers(1);
  }

  /** Notes that nothing runs on the loop any more. */
  discard(): void {
    this.pool.clear();
    this.pool.onChange?.();
    if (this.#isCounted) countSchedulers(-1);
    this.#isCounted = false;
  }

  override close(): void {
    super.close();
    this.discard();
  }
}
