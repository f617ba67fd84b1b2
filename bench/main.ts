/**
 * Measures this module beside what the runtime has, scenario by scenario.
 *
 * ```sh
 * deno task bench                       # everything, in Deno
 * deno task bench --filter gather       # what has "gather" in its name or title
 * deno task bench --pairs 21            # the median of more pairs
 * deno task bench --json results.json   # writes the figures
 * deno task bench --check               # fails if a bar is not met
 * ```
 *
 * @module
 */

import { peerVersions } from "./bundle.ts";
import { GROWTHS } from "./growths.ts";
import { HEAPS } from "./heaps.ts";
import type { Samples } from "./measure.ts";
import { figuresOf, type GrowthRow, type Results, type Row } from "./results.ts";
import { RUNTIMES } from "./runtimes.ts";
import { type Scenario, SCENARIOS } from "./scenarios.ts";
import { exponentOf, spreadOf } from "./statistics.ts";
import { asText, barsOf, growthsOf, isLinear, isMet, peersOf } from "./table.ts";

const PAIRS = 11;
const GROWTH_ROUNDS = 3;

const pairs = Number(option("--pairs") ?? PAIRS);
const filter = option("--filter") ?? "";
const runtime = await RUNTIMES[option("--runtime") ?? "deno"]!();
const only = Deno.args.includes("--no-peers") ? ["--only", "native", "--only", "ours"] : [];

const results: Results = {
  date: new Date().toISOString().slice(0, 10),
  runtime: runtime.title,
  pairs,
  versions: only.length > 0 ? {} : await peerVersions(),
  rows: [...await measureScenarios(), ...await measureHeaps()],
  growths: await measureGrowths(),
};

console.log(`${results.runtime}, medians of ${results.pairs} pairs\n`);
if (results.rows.length > 0) console.log(`${asText(barsOf(results))}\n`);
const peers = peersOf(results);
if (peers.length > 1) console.log(`${asText(peers)}\n`);
if (results.growths.length > 0) console.log(`${asText(growthsOf(results))}\n`);

const json = option("--json");
if (json) await Deno.writeTextFile(json, `${JSON.stringify(results, null, 2)}\n`);

if (Deno.args.includes("--check")) {
  Deno.exit(results.rows.every(isMet) && results.growths.every(isLinear) ? 0 : 1);
}

/** Measures what takes time. */
async function measureScenarios(): Promise<Row[]> {
  const rows: Row[] = [];
  for (const [name, { title, counterpart, limit }] of chosen<Scenario>(SCENARIOS)) {
    progress(title);
    const samples = await runtime.measure("run", [
      ...["--scenario", name, "--pairs", String(pairs)],
      ...only,
    ]) as Samples;
    rows.push({
      name,
      title,
      counterpart,
      unit: "ns",
      limit: limit * runtime.tolerance,
      contenders: figuresOf(samples),
    });
  }
  return rows;
}

/** Measures what takes memory. */
async function measureHeaps(): Promise<Row[]> {
  const heaps = chosen(HEAPS);
  if (heaps.length === 0) return [];
  progress("heap");
  const samples = await runtime.measure("memory", ["--rounds", String(pairs)]) as Record<
    string,
    Samples
  >;
  return heaps.map(([name, { title, counterpart, limit }]) => ({
    name,
    title,
    counterpart,
    unit: "B",
    limit: limit * runtime.tolerance,
    contenders: figuresOf(samples[name]!),
  }));
}

/** Measures what has to grow linearly. */
async function measureGrowths(): Promise<GrowthRow[]> {
  const rows: GrowthRow[] = [];
  for (const [name, growth] of chosen(GROWTHS)) {
    progress(growth.title);
    const samples = await runtime.measure("scaling", [
      ...["--name", name, "--rounds", String(GROWTH_ROUNDS)],
    ]) as Record<number, number[]>;
    const costs = Object.entries(samples).map(([size, figures]) =>
      [Number(size), spreadOf(figures).median] as const
    );
    rows.push({
      name,
      title: growth.title,
      costs: Object.fromEntries(costs),
      exponent: exponentOf(costs.map(([size, cost]) => ({ size, time: cost * size }))),
      limit: "limit" in growth ? growth.limit * runtime.tolerance : undefined,
    });
  }
  return rows;
}

/** Those that the filter lets through. */
function chosen<T extends { title: string }>(all: Record<string, T>): [name: string, item: T][] {
  return Object.entries(all).filter(([name, { title }]) =>
    name.includes(filter) || title.includes(filter)
  );
}

/** Says on a terminal what is being measured. */
function progress(title: string): void {
  if (Deno.stderr.isTerminal()) console.error(title);
}

/** The value after an option in the arguments. */
function option(name: string): string | undefined {
  const index = Deno.args.indexOf(name);
  return index < 0 ? undefined : Deno.args[index + 1];
}
