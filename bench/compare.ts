/**
 * Compares two versions of the module, sample by sample in turn in one process:
 * `compare.ts OLD NEW [SCENARIO]...`.
 *
 * `OLD` and `NEW` are the `mod.ts` of two checkouts or, for Node and Bun, bundles of these. The
 * figure is the time of the new version as a multiple of the old one's: the median with the
 * quartiles. Differences within the quartiles are noise. The order of the two can count as well:
 * run the comparison once more with the versions swapped.
 *
 * ```sh
 * deno run -A --v8-flags=--expose-gc bench/compare.ts ../old/mod.ts ./mod.ts yielding calling
 * node --expose-gc bench/compare.ts old.mjs new.mjs
 * bun bench/compare.ts old.mjs new.mjs
 * ```
 *
 * @module
 */

import process from "node:process";
import { args } from "./host.ts";
import { measure } from "./measure.ts";
import { type Contender, type ScenarioName, SCENARIOS } from "./scenarios.ts";
import { spreadOf } from "./statistics.ts";

const ROUNDS = 25;

// Copies of the module that find each other ask each other for the running task. Here, each copy
// is to work as if alone, so that no copy can store or read the record that they share.
Object.defineProperty(globalThis, Symbol.for("asyncio.copies"), { get: () => undefined });

const [oldFile, newFile, ...chosen] = args as [string, string, ...ScenarioName[]];
const names = chosen.length > 0 ? chosen : Object.keys(SCENARIOS) as ScenarioName[];
const before = await load(oldFile, "old");
const after = await load(newFile, "new");
for (const name of names) {
  const contenders = { before: before[name], after: after[name] };
  const samples = await measure(SCENARIOS[name], contenders, ROUNDS);
  const { low, median, high } = spreadOf(ratiosOf(samples.after!, samples.before!));
  console.log(`${name.padEnd(22)}${median.toFixed(2)} (${low.toFixed(2)} to ${high.toFixed(2)})`);
}
process.exit();

/** The ratios of the rounds in which both versions took part. */
function ratiosOf(after: (number | null)[], before: (number | null)[]): number[] {
  return after.flatMap((figure, i) => {
    const base = before[i];
    return figure === null || base === null || base === undefined ? [] : figure / base;
  });
}

/** Loads the scenarios with the version of the module in a file. */
async function load(file: string, name: string): Promise<Record<ScenarioName, Contender>> {
  // The code is loaded once for each version: engines optimise a function for all that it has seen.
  const { contendersOf } = await import(`./contenders/module.ts?${name}`);
  return contendersOf(await import(new URL(file, `file://${process.cwd()}/`).href));
}
