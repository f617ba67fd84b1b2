/**
 * Random programs with cancellations, signals, time limits and shutdowns at any moment: nothing is
 * lost or doubled. `deno task stress` runs many more.
 *
 * @module
 */

import { assertLess } from "@std/assert";
import fc from "fast-check";
import { lockProgram, runLockProgram } from "../helpers/lock_programs.ts";
import { queueProgram, runQueueProgram } from "../helpers/queue_programs.ts";

Deno.test("a queue loses and doubles no item in random programs, and keeps the order", async () => {
  let operations = 0;
  const property = fc.asyncProperty(queueProgram, async (program) => {
    operations += await runQueueProgram(program);
  });
  await fc.assert(property, { numRuns: 250, seed: 20_261_201 });
  assertLess(5_000, operations);
});

Deno.test("a lock, a semaphore and conditions lose and double nothing in random programs", async () => {
  let operations = 0;
  const property = fc.asyncProperty(lockProgram, async (program) => {
    operations += await runLockProgram(program);
  });
  await fc.assert(property, { numRuns: 200, seed: 20_261_201 });
  assertLess(4_000, operations);
});
