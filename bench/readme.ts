/**
 * Writes the tables of a recorded run into the page about it.
 *
 * @module
 */

import type { Results } from "./results.ts";
import { asMarkdown, barsOf, growthRuntimesOf, growthsOf, peersOf, runtimesOf } from "./table.ts";

const PAGE = new URL("README.md", import.meta.url);

/** Replaces what stands between the markers of the page. */
export async function fillIn(runs: readonly Results[]): Promise<void> {
  const [first] = runs as [Results];
  const parts: Record<string, string> = {
    run: `Recorded on ${first.date} with ${
      runs.map(({ runtime }) => runtime).join(", ")
    }; medians of ${first.pairs} pairs.`,
    bars: asMarkdown(barsOf(first)),
    runtimes: asMarkdown(runtimesOf(runs)),
    peers: asMarkdown(peersOf(first)),
    growths: asMarkdown(growthsOf(first)),
    growthRuntimes: asMarkdown(growthRuntimesOf(runs)),
  };
  let text = await Deno.readTextFile(PAGE);
  for (const [name, content] of Object.entries(parts)) {
    const [start, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
    const [from, to] = [text.indexOf(start), text.indexOf(end)];
    if (from < 0 || to < from) {
      throw new Error(`Cannot write the table as the page lacks a marker: ${name}`);
    }
    text = `${text.slice(0, from)}${start}\n\n${content}\n\n${text.slice(to)}`;
  }
  await Deno.writeTextFile(PAGE, text);
}
