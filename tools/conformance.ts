/**
 * Runs the cells of the table of outcomes in Python's asyncio, and compares what
 * the callers get and the order of everything. It fails for a difference that
 * `tests/differences.ts` does not know, and for one that is known and is none.
 *
 * It takes the newest Python there is, or the one that is its argument.
 *
 * @module
 */

import { DIFFERENCES, explain, isBefore } from "../tests/differences.ts";
import { lineOf, listCells, nameOf, runCell, type Trace } from "../tests/outcomes.ts";

const PYTHONS = ["python3.14", "python3.13", "python3.12", "python3"];
const OLDEST: Version = [3, 11];
/** The version that the list of differences was made with. */
const LISTED: Version = [3, 13];

type Version = [major: number, minor: number];

const found = await findPython(Deno.args.length > 0 ? Deno.args : PYTHONS);
if (!found) {
  console.log(`Nothing is compared, as there is no Python ${OLDEST.join(".")} or later.`);
  Deno.exit(0);
}
const { python, version } = found;

const cells = listCells();
const output = await run(python, ["tools/conformance.py"], JSON.stringify(cells));
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
  if (until || isBefore(version, LISTED)) continue;
  // In a later version, the same reason may count for more cells or fewer.
  const isListed = !isBefore(LISTED, version);
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

/** Finds the first that runs and is new enough. */
async function findPython(
  names: string[],
): Promise<{ python: string; version: Version } | undefined> {
  for (const python of names) {
    const code = "import sys; print(*sys.version_info[:2])";
    const version = (await run(python, ["-c", code], ""))?.split(" ").map(Number) as Version;
    if (version && !isBefore(version, OLDEST)) return { python, version };
  }
}

/** What a command prints, or nothing if it cannot be run or fails. */
async function run(command: string, args: string[], input: string): Promise<string | undefined> {
  let child;
  try {
    child = new Deno.Command(command, {
      args,
      stdin: "piped",
      stdout: "piped",
      stderr: input ? "inherit" : "null",
    }).spawn();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
  const written = new Blob([input]).stream().pipeTo(child.stdin).catch(() => {});
  const { success, stdout } = await child.output();
  await written;
  return success ? new TextDecoder().decode(stdout) : undefined;
}
