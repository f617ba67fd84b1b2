/**
 * The command `deno task bench`: measures this module beside its native counterparts.
 *
 * ```sh
 * deno task bench                       # everything, on Deno
 * deno task bench --filter gather       # rows with "gather" in name or title; may be repeated
 * deno task bench --no-peers            # without other libraries and Python
 * deno task bench --pairs 21            # medians of 21 pairs of samples
 * deno task bench --runtime node24      # on Node, or bun, instead of Deno; may be repeated
 * deno task bench --json results.json   # writes the figures to a file
 * deno task bench --check               # fails if the best of three is over a bar by more than 15 %
 * deno task bench --write               # on all runtimes, into bench/README.md
 * ```
 *
 * @module
 */

import { fillIn } from "./readme.ts";
import { record } from "./record.ts";
import { isLinear, isNearlyMet, type Results } from "./results.ts";
import { RUNTIMES } from "./runtimes.ts";
import { asMarkdown, barsOf, growthsOf, peersOf } from "./table.ts";

const PAIRS = 11;
const ATTEMPTS = 3;
const RECORDED = new URL("results.json", import.meta.url);

const isWritten = has("--write");
const options = {
  pairs: Number(values("--pairs")[0] ?? PAIRS),
  filters: values("--filter"),
  attempts: has("--check") ? ATTEMPTS : 1,
};

type RuntimeName = keyof typeof RUNTIMES;

const runs: Results[] = [];
for (const name of namesToRun()) {
  const runtime = await RUNTIMES[name]();
  // The page shows other libraries on the first runtime only.
  const hasPeers = !has("--no-peers") && !(isWritten && runs.length > 0);
  const results = await record(runtime, { ...options, hasPeers });
  print(results);
  runs.push(results);
}

const [json] = values("--json");
if (json !== undefined) await write(json);
if (isWritten) {
  await write(RECORDED);
  await fillIn(runs);
}
if (has("--check")) {
  const isPassed = runs.every(({ rows, growths }) =>
    rows.every(isNearlyMet) && growths.every(isLinear)
  );
  Deno.exit(isPassed ? 0 : 1);
}

/** Returns the runtimes that the arguments name. Default: Deno, or all with `--write`. */
function namesToRun(): RuntimeName[] {
  const all = Object.keys(RUNTIMES) as RuntimeName[];
  const chosen = values("--runtime") as RuntimeName[];
  const unknown = chosen.find((name) => !all.includes(name));
  if (unknown !== undefined) {
    console.error(`There is no runtime ${unknown}, only ${all.join(", ")}.`);
    Deno.exit(1);
  }
  if (chosen.length > 0) return chosen;
  return isWritten ? all : all.slice(0, 1);
}

/** Prints the tables of a run. */
function print(results: Results): void {
  console.log(`${results.runtime}, medians of ${results.pairs} pairs\n`);
  for (const table of [barsOf(results), peersOf(results), growthsOf(results)]) {
    if (table.length > 1) console.log(`${asMarkdown(table)}\n`);
  }
}

/** Writes the figures of all runs to a file, as JSON. */
async function write(file: string | URL): Promise<void> {
  await Deno.writeTextFile(file, `${JSON.stringify(runs, null, 2)}\n`);
}

/** Whether an option is among the arguments. */
function has(name: string): boolean {
  return Deno.args.includes(name);
}

/** Returns the arguments that follow an option, one for each time that the option is there. */
function values(name: string): string[] {
  return Deno.args.flatMap((arg, i) => Deno.args[i - 1] === name ? [arg] : []);
}
