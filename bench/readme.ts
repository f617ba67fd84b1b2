/**
 * Writes the tables of a recorded run into `bench/README.md`.
 *
 * @module
 */

import { replaceBetween } from "../tools/markers.ts";
import type { Results } from "./results.ts";
import { asMarkdown, barsOf, growthRuntimesOf, growthsOf, peersOf, runtimesOf } from "./table.ts";

const PAGE = new URL("README.md", import.meta.url);

/** Replaces the text between the markers of the page. The first run is that of Deno. */
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
  let page = await Deno.readTextFile(PAGE);
  for (const [name, text] of Object.entries(parts)) page = replaceBetween(page, name, text);
  await Deno.writeTextFile(PAGE, page);
}
