/**
 * The README's table of what the context follows on which runtime, made of the outcomes of
 * `tests/context/context_support_test.ts`. `deno task test:runtimes --write` writes the table.
 *
 * @module
 */

import { markdownTable } from "markdown-table";
import { ROOT } from "../install.ts";
import { replaceBetween, textBetween } from "../markers.ts";
import type { Counts } from "./counts.ts";

const README = new URL("README.md", ROOT);
const MARKER = "context support";

/** A row of the table. */
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
  return markdownTable([["runtime", ...columns], ...rows]);
}

/** Whether the README has this very table. */
export async function hasContextTable(table: string): Promise<boolean> {
  return textBetween(await Deno.readTextFile(README), MARKER) === table;
}

/** Puts the table into the README. */
export async function writeContextTable(table: string): Promise<void> {
  const page = await Deno.readTextFile(README);
  await Deno.writeTextFile(README, replaceBetween(page, MARKER, table));
}
