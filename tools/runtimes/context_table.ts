/**
 * The README's table of what the context follows on which runtime. It is made of
 * the outcomes of `tests/context/context_support_test.ts` on each.
 *
 * @module
 */

import { ROOT } from "../install.ts";
import type { Counts } from "./counts.ts";
import { alignRows } from "./rows.ts";

const README = new URL("README.md", ROOT);

/** What the table is between. */
const BEGIN = "<!-- context support, by deno task test:runtimes --write -->\n\n";
const END = "\n<!-- end of context support -->";

/** What of a runtime is in the table. */
export interface Support {
  /** Its name, with the version if that is always the same. */
  label: string;
  counts: Counts;
}

/** Makes the table, in the form that `deno fmt` gives it. */
export function makeContextTable(runtimes: Support[]): string {
  const columns = [...runtimes[0]!.counts.support.keys()];
  const rows = runtimes.map(({ label, counts: { support } }) => [
    label,
    ...columns.map((column) => support.get(column) ? "yes" : "no"),
  ]);
  const [head, ...body] = alignRows([["runtime", ...columns], ...rows]);
  const lines = [head!, head!.map((cell) => "-".repeat(cell.length)), ...body];
  return lines.map((cells) => `| ${cells.join(" | ")} |\n`).join("");
}

/** Whether the README has this very table. */
export async function hasContextTable(table: string): Promise<boolean> {
  return (await readParts()).table === table;
}

/** Puts the table into the README. */
export async function writeContextTable(table: string): Promise<void> {
  const { before, after } = await readParts();
  await Deno.writeTextFile(README, before + table + after);
}

async function readParts(): Promise<{ before: string; table: string; after: string }> {
  const text = await Deno.readTextFile(README);
  const begin = text.indexOf(BEGIN) + BEGIN.length;
  const end = text.indexOf(END, begin);
  if (begin < BEGIN.length || end < 0) {
    throw new Error("Cannot find the table of context support as README.md has not its marks");
  }
  return { before: text.slice(0, begin), table: text.slice(begin, end), after: text.slice(end) };
}
