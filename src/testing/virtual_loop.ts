/**
 * A standard loop in virtual time.
 *
 * @module
 */

import { awaitLosesContext } from "../context/carriers.ts";
import { HostEventLoop } from "../loop/host_loop.ts";
import type { ExceptionContext } from "../loop/reports.ts";
import { setFallbackLoop } from "../loop/running.ts";
import { countSchedulers } from "../loop/turns.ts";
import { VirtualClock } from "./clock.ts";
import type { Draws } from "./draws.ts";
import type { ReadyPool } from "./order.ts";

/** The loops that are not closed. */
const open = new Set<VirtualLoop>();

/**
 * Where an `await` of a promise loses the task, as in browsers, the loop of a test stands in for the
 * default one while it is the only one: a `sleep()` after that `await` is to take virtual time, too.
 */
function updateFallback(): void {
  const [first] = open;
  if (awaitLosesContext()) setFallbackLoop(open.size === 1 ? first : undefined);
}

/** A loop whose time jumps, and whose order somebody may choose. A driver has to keep it going. */
export class VirtualLoop extends HostEventLoop {
  readonly clock: VirtualClock;
  readonly pool: ReadyPool;
  /** How many promises of the outside world hold the clock. */
  holds = 0;
  /** Outcomes from the outside world that wait until the program is at rest. */
  arrivals: (() => void)[] = [];
  /** The source of the program's random numbers. */
  readonly draws: Draws;
  /** Told of what the loop reports. Default: the console is. */
  onReport: ((context: ExceptionContext) => void) | undefined = undefined;
  /** Called before the loop is closed. */
  onClose: (() => void) | undefined = undefined;

  constructor(start: number, pool: ReadyPool, draws: Draws) {
    const clock = new VirtualClock(start);
    super(clock, pool);
    this.clock = clock;
    this.pool = pool;
    this.draws = draws;
    countSchedulers(1);
    open.add(this);
    updateFallback();
  }

  /** Notes that nothing runs on the loop any more. */
  discard(): void {
    this.pool.clear();
    this.pool.onChange?.();
    if (!open.delete(this)) return;
    countSchedulers(-1);
    updateFallback();
  }

  override defaultExceptionHandler(context: ExceptionContext): void {
    if (this.onReport) this.onReport(context);
    else super.defaultExceptionHandler(context);
  }

  override close(): void {
    this.onClose?.();
    super.close();
    this.discard();
  }
}
