/**
 * Makes random calls of a pool of four workers: some fail, kill their worker, are cancelled, or have
 * to be stopped by force. Fails at the first call that is lost, runs twice, or ends as it must not.
 *
 * - `--calls 100000`: how many calls.
 * - `--seed 1`: the seed of the first 10,000 calls; the next ones have the next.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { makeRandomCalls } from "../tests/helpers/pool_calls.ts";

const { values } = parseArgs({
  options: {
    calls: { type: "string", default: "100000" },
    seed: { type: "string", default: "1" },
  },
});
const wanted = Number(values.calls);
const first = Number(values.seed);
if (!(wanted > 0 && Number.isInteger(first))) {
  console.error("Give --calls a number and --seed a whole number");
  Deno.exit(2);
}

/** How many calls have one seed. */
const CALLS = 10_000;

/** How many of a thousand calls kill their worker, or have to be stopped by force. */
const RARE = 2;

let calls = 0;
for (let seed = first; calls < wanted; seed++) {
  const counts = await makeRandomCalls(Math.min(CALLS, wanted - calls), seed, RARE);
  calls += CALLS;
  console.log(`seed ${seed}: ${JSON.stringify(counts)}`);
}
console.log(`No call was lost, and none ran twice, of ${Math.min(calls, wanted)}`);
