/**
 * What can be held, such as a lock: the options of `acquire()`, the guard that it hands over, and
 * `run()`, which calls a function while holding it.
 *
 * @module
 */

import type { Future } from "../../future.ts";
import { checkCallback, isGenerator } from "../base/checks.ts";
import { checkOptions } from "../base/options.ts";
import { dispose } from "../base/symbols.ts";
import { LoopTimers } from "../loop/loop_timers.ts";
import { currentLoop, isHostLoop } from "../loop/running.ts";
import type { Cancellation } from "../task/cancellation.ts";
import { timeout } from "../scopes/timeout.ts";

/**
 * Options of the methods that wait, such as {@linkcode Lock.prototype.acquire}.
 *
 * @category Synchronisation
 */
export interface AcquireOptions {
  /**
   * A signal that cancels the wait; its reason is the `cause` of the `CancelledError`. In a `catch`,
   * `signal.throwIfAborted()` throws that reason itself.
   */
  signal?: AbortSignal | undefined;
}

/** Returns the code that asked for a guard. Set by the static block of {@linkcode Guard}. */
export let acquirerOf: (guard: Guard) => Cancellation | undefined;

/**
 * What {@linkcode Lock.prototype.acquire} and {@linkcode Semaphore.prototype.acquire} hand over. The
 * end of a `using` block releases what is held, once, unless that was released before.
 *
 * @category Synchronisation
 *
 * @example
 * ```ts
 * import { Lock } from "@asyncio/future";
 * import { assertEquals } from "@std/assert";
 *
 * const lock = new Lock();
 * {
 *   using _ = await lock.acquire();
 *   assertEquals(lock.locked(), true);
 * }
 * assertEquals(lock.locked(), false);
 * ```
 */
export class Guard {
  readonly #release: (guard: Guard) => void;
  readonly #code: Cancellation | undefined;

  static {
    acquirerOf = (guard) => guard.#code;
  }

  /**
   * Makes a guard, which calls `release` at the end of a `using` block.
   *
   * @param code The code that asked for the guard; `undefined` outside of tasks.
   */
  constructor(release: (guard: Guard) => void, code?: Cancellation) {
    this.#release = release;
    this.#code = code;
  }

  /** Releases what is held, unless that was released before. */
  [dispose](): void {
    this.#release(this);
  }
}

/** Releases what a guard holds, unless that was released before. */
export function disposeGuard(guard: Guard): void {
  guard[dispose]();
}

/**
 * The function that `run()` calls: async, generator or plain.
 *
 * @typeParam T The type of the result.
 *
 * @category Synchronisation
 */
export type HeldBody<T> = () => Generator<unknown, T, unknown> | PromiseLike<T> | T;

/**
 * Tells a scheduler that code is about to take something that can be held. Called while there are
 * schedulers.
 *
 * @param countFree Returns how many more can hold it.
 */
export function noteUse(owner: object, countFree: () => number): void {
  const loop = currentLoop();
  if (isHostLoop(loop)) LoopTimers.schedulerOf(loop)?.noteUse?.(owner, countFree);
}

/** Calls a function while something is held, and releases that when the function has ended. */
export function runHeld<T>(
  action: string,
  held: { acquire(options?: AcquireOptions): Future<Guard> },
  fn: HeldBody<T>,
  options: AcquireOptions | undefined,
): Future<T> {
  checkOptions(action, options);
  checkCallback(action, fn, "function");
  return timeout(null, async () => {
    const guard = await held.acquire(options);
    try {
      const made = fn();
      // A task would not be a part of the task around.
      return await (isGenerator(made) ? timeout(null, () => made) : made as PromiseLike<T> | T);
    } finally {
      guard[dispose]();
    }
  });
}
