/**
 * The contenders of p-queue. The queue has no bound, and calls a function for each item.
 *
 * @module
 */

import PQueue from "p-queue";
import { BATCH, CONSUMERS, type Contender, type Contenders, immediate } from "../scenarios.ts";

/** Makes a contender that passes items through a queue with a number of consumers. */
function consume(concurrency: number): Contender {
  return immediate(async (count) => {
    let sum = 0;
    const queue = new PQueue({ concurrency });
    for (let i = 0; i < count;) {
      for (const end = Math.min(i + BATCH, count); i < end; i++) {
        const item = i;
        queue.add(async () => {
          sum += item;
        });
      }
      await queue.onIdle();
    }
    return sum;
  });
}

/** The scenarios that have a counterpart in p-queue. */
export const contenders: Contenders = {
  consuming: consume(1),
  consumingByMany: consume(CONSUMERS),
};
