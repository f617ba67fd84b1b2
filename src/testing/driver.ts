/**
 * Drives a loop in virtual time: lets run what is ready and, when nothing can run any more, lets time
 * jump to the next timer.
 *
 * @module
 */

import { requestHostTurn } from "../loop/host.ts";
import type { Ready } from "../loop/scheduler.ts";
import { type UntilStalled, untilStalled } from "../process.ts";
import { allTasks } from "../task/current.ts";
import type { Task } from "../task/task.ts";
import { DeadlockError, RunLimitError } from "./errors.ts";
import { type Director, STEPS_PER_TURN } from "./order.ts";
import type { VirtualLoop } from "./virtual_loop.ts";

/**
 * How many microtasks in which nothing becomes ready count as the end of a step. What is left of the
 * step after that, such as a long chain of native promises, goes on beside the next step.
 */
const QUIET_HOPS = 12;

/** The share of the steps that a program may take to clean up once it has used up all of them. */
const CLEAN_UP_SHARE = 100;

/** The fewest steps to clean up. */
const MIN_CLEAN_UP = 1_000;

/** How many times main is cancelled if it waits again and again for what nothing can wake. */
export const MAX_STALLS = 100;

/** Waits for a turn of the host: all microtasks that are queued now, and those after them, run before. */
function hostTurn(): Promise<void> {
  return new Promise((resolve) => {
    if (!requestHostTurn(resolve)) resolve();
  });
}

function isTimerOf({ source }: Ready): boolean {
  return source !== undefined && "due" in source;
}

/** Drives one loop while one `main` runs on it. */
export class Driver {
  readonly #loop: VirtualLoop;
  /** The time up to which the program may run, in milliseconds of the loop's clock. */
  #lastTime: number;
  readonly #maxTime: number;
  readonly #maxSteps: number;
  readonly #director: Director | undefined;
  /** How many times there was nothing that could go on. */
  #stalls = 0;
  /** What is told that nothing can go on. */
  readonly #stallCallbacks = new Set<() => void>();
  /** What `main` is cancelled with now. */
  #reason: unknown = undefined;
  /** The first error of the run, which is its outcome. */
  failure: DeadlockError | RunLimitError | undefined = undefined;
  /** The task of `main`, once that has begun. */
  main: Task<unknown> | undefined = undefined;

  constructor(loop: VirtualLoop, maxTime: number, director: Director | undefined) {
    this.#loop = loop;
    this.#director = director;
    this.#maxTime = maxTime;
    this.#maxSteps = loop.pool.maxSteps;
    this.#lastTime = loop.time() + maxTime;
  }

  /** Waits as the function of the same name in `process.ts` does; here, the driver tells. */
  readonly untilStalled: UntilStalled = async (awaited, onStall) => {
    let callback!: () => void;
    try {
      return await new Promise((resolve, reject) => {
        callback = () => onStall(resolve);
        this.#stallCallbacks.add(callback);
        awaited.then(resolve, reject);
      });
    } finally {
      this.#stallCallbacks.delete(callback);
      if (awaited === this.main) this.#director?.mainHasEnded?.();
    }
  };

  /** What `main` is to be cancelled with. */
  get reason(): unknown {
    return this.#reason;
  }

  /** Drives the loop until it is closed. */
  async drive(): Promise<void> {
    const { pool } = this.#loop;
    let sinceTurn = 0;
    while (!this.#loop.isClosed()) {
      this.#director?.stepHasEnded?.();
      if (pool.isUsedUp && pool.size > 0) {
        this.#stopAtSteps();
      } else if (pool.isOrdering && pool.size > 0) {
        const isTimer = isTimerOf(pool.releaseOne());
        // By the number of steps, not by the time that they took: that differs from run to run.
        if (++sinceTurn % STEPS_PER_TURN !== 0) {
          for (let quiet = 0, changes; quiet < QUIET_HOPS; quiet++) {
            changes = pool.changes;
            await undefined;
            if (pool.changes === changes) continue;
            // A timer makes others ready at once, and then does nothing more.
            if (isTimer) break;
            quiet = -1;
          }
          continue;
        }
      }
      await hostTurn();
      if (pool.isOrdering) this.#arrive();
      if (pool.size === 0) await this.#goOn();
      else if (!pool.isOrdering && !pool.isUsedUp) pool.releaseAll();
    }
  }

  /** Lets the outcomes of the outside world arrive. */
  #arrive(): void {
    for (const arrive of this.#loop.arrivals.splice(0)) arrive();
  }

  /** Does what has to be done when nothing is ready, in a turn of the host. */
  async #goOn(): Promise<void> {
    const { clock, pool } = this.#loop;
    pool.noteTurn();
    if (this.#loop.isClosed()) return;
    if (this.#loop.holds > 0) return await this.#waitForWorld();
    const { next } = clock;
    if (next === undefined) return this.#stall(() => new DeadlockError(this.#loop));
    if (next > this.#lastTime) {
      this.#lastTime = Infinity;
      return this.#stall(() => new RunLimitError(this.#loop, "maxTime", this.#maxTime));
    }
    for (const timer of clock.jump()) {
      const enqueue = timer.fire.bind(timer);
      if (pool.takesOver()) pool.add({ enqueue, source: timer });
      else enqueue();
    }
  }

  /** Waits until something becomes ready, or nothing of the outside world is waited for any more. */
  async #waitForWorld(): Promise<void> {
    const { pool } = this.#loop;
    const woken = new Promise<void>((resolve) => pool.onChange = resolve);
    let hasStalled = false;
    await untilStalled<void>(woken, (end) => {
      hasStalled = true;
      end();
    });
    pool.onChange = undefined;
    if (hasStalled) this.#stall(() => new DeadlockError(this.#loop));
  }

  /** Ends a program that has used up its steps, and gives it some more to clean up. */
  #stopAtSteps(): void {
    const { pool } = this.#loop;
    const error = () => new RunLimitError(this.#loop, "maxSteps", this.#maxSteps);
    this.#stall(error);
    if (this.#isShuttingDown) { for (const task of allTasks(this.#loop)) pool.abandon(task); }
    const share = Math.ceil(this.#maxSteps / CLEAN_UP_SHARE);
    pool.maxSteps = pool.steps + Math.max(MIN_CLEAN_UP, share);
    if (!pool.isOrdering) pool.releaseAll();
  }

  /** Whether main has ended, or is left behind. */
  get #isShuttingDown(): boolean {
    return this.main?.done() || this.#stalls > MAX_STALLS;
  }

  /** Tells those who wait that nothing can go on, which fails the run unless `main` has ended. */
  #stall(makeError: () => DeadlockError | RunLimitError): void {
    const error = this.#reason = makeError();
    if (!this.failure) this.#director?.mainHasEnded?.();
    if (!this.#isShuttingDown || error instanceof RunLimitError) this.failure ??= error;
    if (this.main && ++this.#stalls > MAX_STALLS) this.#loop.pool.abandon(this.main);
    for (const callback of [...this.#stallCallbacks]) callback();
  }
}
