/**
 * An exponential race: ten times, two tasks run at the same time, and the program fails only if the
 * second task is faster at three particular ones of these times. One order in eight fails; with each
 * further time at which the second task has to be faster, half as many orders do.
 *
 * Run it with `deno run examples/testing/explore.ts exponential`.
 *
 * @module
 */

import { createTask, gather } from "@asyncio/future";
import { runVirtual } from "@asyncio/future/testing";

const ROUNDS = 10;

/** Makes a test that fails if the second task is faster in each of some rounds. */
export function testOf(fatal: readonly number[]): () => Promise<void> {
  return async () => {
    const early: number[] = [];
    for (let round = 1; round <= ROUNDS; round++) {
      let hasRequest = false;
      const request = createTask(() => {
        hasRequest = true;
      }, { name: `request ${round}` });
      const answer = createTask(() => {
        if (!hasRequest) early.push(round);
      }, { name: `answer ${round}` });
      await gather(request, answer);
    }
    if (fatal.every((round) => early.includes(round))) {
      throw new Error(`the answers ${early} came before their requests`);
    }
  };
}

/** Passes, as one order is tried. */
export const usualTest = () => runVirtual(test);

/** Is to be explored. */
export const test = testOf([3, 6, 9]);

/** Passes: there is no eleventh round. */
export const mendedTest = testOf([3, 6, 11]);
