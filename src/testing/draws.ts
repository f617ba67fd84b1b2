/**
 * `chance()` and `delay()`: faults and delays that a run in virtual time draws by lot.
 *
 * @module
 */

import type { Future } from "../../future.ts";
import { cannot, checkMilliseconds } from "../base/checks.ts";
import { currentLoop } from "../loop/running.ts";
import { sleep } from "../waiting/sleep.ts";
import { makeRandom, type Random } from "./random.ts";
import { VirtualLoop } from "./virtual_loop.ts";

/** What a run draws by lot. */
export interface Draws {
  /** Returns a number from 0 up to, but not including, 1. */
  readonly random: Random;
  /** Whether something happens that has a probability. */
  chance(probability: number): boolean;
  /** Returns a number like `random()`, which is 0 in a run without faults. */
  share(): number;
}

/** Makes the draws that a seed decides. */
export function seededDraws(seed: number): Draws {
  const faults = makeRandom(seed, 2);
  return {
    random: makeRandom(seed, 1),
    chance: (probability) => faults() < probability,
    share: faults,
  };
}

/**
 * Decides by lot whether a fault happens: `if (chance(0.1)) throw new Error("connection reset")`.
 *
 * In {@linkcode explore}, faults are a part of the schedule: they are left out one by one as long as
 * the program still fails. In {@linkcode runVirtual}, the seed decides.
 *
 * @param probability From 0, never, to 1, always.
 * @throws {TypeError} If the probability is not a number from 0 to 1.
 * @throws {Error} Outside of a run in virtual time.
 * @category Testing
 *
 * @example
 * ```ts
 * import { chance, runVirtual } from "@asyncio/future/testing";
 * import { assertEquals } from "@std/assert";
 *
 * const toss = () => Array.from({ length: 5 }, () => chance(0.5));
 * assertEquals(await runVirtual(toss, { seed: 1 }), await runVirtual(toss, { seed: 1 }));
 * ```
 */
export function chance(probability: number): boolean {
  if (typeof probability !== "number" || !(probability >= 0 && probability <= 1)) {
    throw cannot("decide by chance", "the probability is not from 0 to 1", probability);
  }
  return virtualLoop("decide by chance").draws.chance(probability);
}

/**
 * Sleeps for a time that is drawn by lot: a slow network, a server that is late.
 *
 * @param min The shortest time, in milliseconds.
 * @param max The longest time, in milliseconds.
 * @returns The future of the sleep.
 * @throws {TypeError} If a time is not a number from 0 on, or `max` is less than `min`.
 * @throws {Error} Outside of a run in virtual time.
 * @category Testing
 *
 * @example
 * ```ts
 * import { getRunningLoop } from "@asyncio/future";
 * import { delay, runVirtual } from "@asyncio/future/testing";
 * import { assert } from "@std/assert";
 *
 * const time = await runVirtual(async () => {
 *   await delay(10, 1_000);
 *   return getRunningLoop().time();
 * }, { seed: 1 });
 * assert(time >= 10 && time < 1_000);
 * ```
 */
export function delay(min: number, max: number): Future<void> {
  checkMilliseconds("sleep for a random time", "min", min);
  checkMilliseconds("sleep for a random time", "max", max);
  if (!(min >= 0 && min <= max && max < Infinity)) {
    throw cannot("sleep for a random time", "the times are not in order, from 0 on", [min, max]);
  }
  const { draws } = virtualLoop("sleep for a random time");
  return sleep(min + (max - min) * draws.share());
}

/** The loop of the run. */
function virtualLoop(action: string): VirtualLoop {
  const loop = currentLoop();
  if (loop instanceof VirtualLoop) return loop;
  throw new Error(`Cannot ${action} as no run in virtual time is here: use runVirtual or explore`);
}
