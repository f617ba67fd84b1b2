/**
 * Runs random programs of queues, locks, semaphores and conditions, until there were so many waits
 * and events. Fails at the first program after which an item is lost or doubled, a lock or a permit
 * is not free, or something waits, and prints it as short as possible.
 *
 * - `--operations 1000000`: how many waits and events.
 * - `--seed 1`: the seed of the first 1,000 programs of each kind; the next ones have the next.
 *
 * @module
 */

import fc from "fast-check";
import { parseArgs } from "node:util";
import { lockProgram, runLockProgram } from "../tests/helpers/lock_programs.ts";
import { queueProgram, runQueueProgram } from "../tests/helpers/queue_programs.ts";

const { values } = parseArgs({
  options: {
    operations: { type: "string", default: "1000000" },
    seed: { type: "string", default: "1" },
  },
});
const wanted = Number(values.operations);
const first = Number(values.seed);
if (!(wanted > 0 && Number.isInteger(first))) {
  console.error("Give --operations a number and --seed a whole number");
  Deno.exit(2);
}

/** How many programs have one seed. */
const PROGRAMS = 1_000;

let operations = 0;
let programs = 0;

/** Runs the programs of a seed. */
async function runAll<P>(
  arbitrary: fc.Arbitrary<P>,
  run: (program: P) => Promise<number>,
  seed: number,
): Promise<void> {
  const property = fc.asyncProperty(arbitrary, async (program) => {
    operations += await run(program);
    programs++;
  });
  await fc.assert(property, { numRuns: PROGRAMS, seed });
}

let seed = first;
for (; operations < wanted; seed++) {
  await runAll(queueProgram, runQueueProgram, seed);
  await runAll(lockProgram, runLockProgram, seed);
  console.log(`seed ${seed}: ${operations} operations in ${programs} programs`);
}
console.log(`Nothing was lost or doubled in ${operations} operations (seeds ${first}–${seed - 1})`);
