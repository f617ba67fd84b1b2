/**
 * The contenders of fastq, with its interface of promises. The queue has no bound, and calls a
 * worker for each item.
 *
 * @module
 */

import * as fastq from "fastq";
import { BATCH, CONSUMERS, type Contender, type Contenders, immediate } from "../scenarios.ts";

/** Makes a contender that passes items through a queue with a number of consumers. */
function consume(consumers: number): Contender {
  return immediate(async (count) => {
    let sum = 0;
    const queue = fastq.promise(async (item: number) => {
      sum += item;
    }, consumers);
    for (let i = 0; i < count;) {
      for (const end = Math.min(i + BATCH, count); i < end; i++) queue.push(i);
      await queue.drained();
    }
    return sum;
  });
}

/** The scenarios that have a counterpart in fastq. */
export const contenders: Contenders = {
  consuming: consume(1),
  consumingByMany: consume(CONSUMERS),
};
