/**
 * Runs the cells of the table of outcomes in Python's asyncio, and compares what
 * the callers get and the order of everything. Fails for a difference that
 * `tests/waiting/differences.ts` does not know, and for one that is known and is none.
 *
 * Runs the newest Python on the machine, or the one that the argument names.
 *
 * @module
 */

import { DIFFERENCES, explain } from "../tests/waiting/differences.ts";
import { findPython, isOlder, runPython, type Version } from "./python.ts";
import { lineOf, listCells, nameOf, runCell, type Trace } from "../tests/waiting/outcomes.ts";

const OLDEST: Version = [3, 11];
/** The version that the list of differences was made with. */
const LISTED: Version = [3, 13];

const found = await findPython(OLDEST, Deno.args.length > 0 ? Deno.args : undefined);
if (!found) {
  console.log(`Nothing is compared, as there is no Python ${OLDEST.join(".")} or later.`);
  Deno.exit(0);
}
const { python, version } = found;

const cells = listCells();
const output = await runPython(python, ["tools/conformance.py"], JSON.stringify(cells));
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
Deno.exit(unknown + outdated > 0 ? 1 : 0);
