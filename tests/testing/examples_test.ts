/**
 * The examples of `examples/testing/`: in each, the usual test misses the fault, and `explore()` finds
 * it.
 *
 * @module
 */

import { assert, assertEquals, assertLess, assertMatch, assertRejects } from "@std/assert";
import { ExplorationError, explore, replay } from "../../testing.ts";
import { examples } from "../../examples/testing/all.ts";
import { testOf } from "../../examples/testing/exponential.ts";
import { readPage, renew } from "../../tools/testing.ts";
import { type Capability, needs } from "../helpers/capabilities.ts";

const RUNS = 200;

/** What is found. */
const ERRORS: Record<string, RegExp> = {
  bank: /^the balance is 70, not 120$/,
  cache: /^the page was loaded 2 times$/,
  connect: /^1 connections are left open$/,
  exponential: /^the answers .* came before their requests$/,
  limiter: /^two jobs have one token$/,
  locks: /^Circle 1, each waits for the next: "from ada" → "from grace" → "from ada"$/m,
  pool: /^a request made its query although it was cancelled before$/,
  queue: /^3 items were put, and 2 are left$/,
  retry: /^the invoice was paid [2-7] times$/,
};

/** How many deviations a message may have. The exponential race takes three. */
const MOST_DEVIATIONS: Record<string, number> = { exponential: 3 };

/** A task, or its loop, has to be known after an `await` of a promise. */
const NEEDS: Record<string, Capability[]> = {
  limiter: ["contextOfPromises"],
  pool: ["contextOfPromises"],
  queue: ["contextOfPromises"],
  retry: ["contextOfPromises"],
};

for (const [name, { usualTest, test, mendedTest, options }] of Object.entries(examples)) {
  Deno.test(`examples/testing/${name}.ts has a usual test that misses the fault`, async () => {
    needs(...NEEDS[name] ?? []);
    await usualTest();
  });

  Deno.test(`examples/testing/${name}.ts has a fault that explore() finds and shrinks`, async () => {
    needs(...NEEDS[name] ?? []);
    const found = () => explore(test, { runs: RUNS, ...options });
    const { cause, deviations, schedule } = await assertRejects(found, ExplorationError);
    assertMatch((cause as Error).message, ERRORS[name]!);
    assert(deviations.length <= (MOST_DEVIATIONS[name] ?? 2), deviations.join("\n"));
    // The first run, which is first come, first served, misses the fault.
    assert(deviations.length > 0, schedule);
    await assertRejects(() => replay(test, schedule), Error);
  });

  Deno.test(`examples/testing/${name}.ts passes ${RUNS} runs when it is mended`, async () => {
    needs(...NEEDS[name] ?? []);
    const { runs, orders } = await explore(mendedTest, { runs: RUNS, ...options });
    assertEquals(runs, RUNS);
    assertLess(1, orders);
  });
}

Deno.test("docs/testing.md says how many runs some orders in ten take", async () => {
  needs("sources");
  const [, cells] = /^\| runs until it is found +\|(.*)\|$/m.exec(await readPage())!;
  const figures = cells!.split("|").map(Number);
  for (let count = 1; count <= 3; count++) {
    const fatal = [3, 6, 9].slice(0, count);
    let sum = 0;
    for (let i = 0; i < 10; i++) sum += await firstRunOf(fatal, 1_000 * i);
    assertEquals(Math.round(sum / 10), figures[count - 1]);
  }
});

/** Returns which run of an exploration is the first one that would fail. */
async function firstRunOf(fatal: readonly number[], seed: number): Promise<number> {
  const test = testOf(fatal);
  let calls = 0;
  let found = 0;
  await explore(async () => {
    // The first two runs are made twice, to see whether the program is deterministic.
    const run = ++calls > 2 ? Math.max(2, calls - 2) : 1;
    if (calls > 4 && found > 0) return;
    await test().catch(() => found ||= run);
  }, { runs: 40, seed });
  return found;
}

Deno.test("docs/testing.md has examples/testing/bank.ts, and what is found in it", async () => {
  needs("programs", "sources");
  const page = await readPage();
  assertEquals(page, await renew(page, "bank"));
});
