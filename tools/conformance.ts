/**
 * Compares with Python's asyncio, and fails for a difference that nobody knows.
 *
 * First come the cells of the table of outcomes: what the callers get and the order of everything.
 * `tests/waiting/differences.ts` has the known differences; one that is none fails as well. Then
 * come random programs, see `tools/conformance/`.
 *
 * Runs the newest Python on the machine, or the one that the argument names. Options:
 *
 * - `--programs 1000`: how many random programs to compare.
 * - `--minutes 30`: goes on with random programs for so long instead.
 * - `--seed 1`: the seed of the first program; each further one has the next. `--programs 1` and
 *   the seed of a difference show it again.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { DIFFERENCES, explain } from "../tests/waiting/differences.ts";
import { comparePrograms } from "./conformance/random_programs.ts";
import { findPython, isOlder, runPython, type Version } from "./python.ts";
import { lineOf, listCells, nameOf, runCell, type Trace } from "../tests/waiting/outcomes.ts";

const OLDEST: Version = [3, 11];
/** The version that the list of differences was made with. */
const LISTED: Version = [3, 13];

const { values: options, positionals } = parseArgs({
  options: {
    programs: { type: "string", default: "1000" },
    seed: { type: "string", default: "1" },
    minutes: { type: "string" },
  },
  allowPositionals: true,
});
const amount = {
  seed: numberOf("seed"),
  programs: numberOf("programs"),
  minutes: options.minutes === undefined ? undefined : numberOf("minutes"),
};
const found = await findPython(OLDEST, positionals.length > 0 ? positionals : undefined);
if (!found) {
  console.log(`Nothing is compared, as there is no Python ${OLDEST.join(".")} or later.`);
  Deno.exit(0);
}
const { python, version } = found;

const cells = listCells();
const output = await runPython(python, ["tools/conformance/cells.py"], JSON.stringify(cells));
if (output === undefined) Deno.exit(1);
const traces: (Trace | null)[] = JSON.parse(output);

let compared = 0;
let unknown = 0;
const counts = new Map(DIFFERENCES.map((difference) => [difference, 0]));
for (const [i, cell] of cells.entries()) {
  const theirs = traces[i];
  if (!theirs) continue;
  compared++;
  const ours = runCell(cell);
  if (lineOf(ours) === lineOf(theirs)) continue;
  const difference = explain(cell, ours, theirs, version);
  if (difference) {
    counts.set(difference, counts.get(difference)! + 1);
  } else {
    unknown++;
    console.log(`${nameOf(cell)}\n  Python: ${lineOf(theirs)}\n  here:   ${lineOf(ours)}`);
  }
}

let outdated = 0;
for (const [{ reason, until, count }, actual] of counts) {
  if (actual > 0) console.log(`${String(actual).padStart(5)} cells differ: ${reason}`);
  if (until || isOlder(version, LISTED)) continue;
  // In a later version, the same reason may count for more cells or fewer.
  const isListed = !isOlder(LISTED, version);
  if (actual > 0 && (actual === count || !isListed)) continue;
  outdated++;
  console.log(`Listed are ${count} cells and not ${actual}: ${reason}`);
}
const skipped = cells.length - compared;
console.log(
  `${compared} cells compared with Python ${version.join(".")}` +
    (skipped > 0 ? `, ${skipped} left out that it cannot do` : "") +
    `: ${unknown} unknown differences, ${outdated} that the list has wrong`,
);

let different = 0;
if (isOlder(version, LISTED)) {
  console.log(
    `No random programs are compared, as this needs Python ${LISTED.join(".")} or later.`,
  );
} else {
  different = await comparePrograms(python, amount);
}
Deno.exit(unknown + outdated + different > 0 ? 1 : 0);

/** Returns the number that an option stands for, or exits if it stands for none. */
function numberOf(name: "minutes" | "programs" | "seed"): number {
  const value = options[name]!;
  if (/^\d+(\.\d+)?$/.test(value)) return Number(value);
  console.error(`Cannot compare programs as --${name} is not a number: received ${value}`);
  Deno.exit(1);
}
