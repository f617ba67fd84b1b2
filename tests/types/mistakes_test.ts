import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { needs } from "../helpers/capabilities.ts";
import type { Mistakes } from "./mistake.ts";
import { callbacks } from "./mistakes/callbacks.ts";
import { coroutines } from "./mistakes/coroutines.ts";
import { futures } from "./mistakes/futures.ts";
import { generators } from "./mistakes/generators.ts";
import { iteration } from "./mistakes/iteration.ts";
import { lists } from "./mistakes/lists.ts";
import { names } from "./mistakes/names.ts";
import { options } from "./mistakes/options.ts";

const MISTAKES: Mistakes = {
  ...callbacks,
  ...coroutines,
  ...futures,
  ...generators,
  ...iteration,
  ...lists,
  ...names,
  ...options,
};

/** The section of README.md about messages of the compiler. */
const SECTION = /^### What the compiler says$(.*?)^##/ms;

/** What comes of a mistake: the messages of an error, or else the text of a value. */
async function outcomeOf(make: () => unknown): Promise<string> {
  try {
    return String(await make());
  } catch (error) {
    const errors = error instanceof AggregateError ? error.errors : [error];
    return errors.map(String).join("\n");
  }
}

for (const [code, { make, says }] of Object.entries(MISTAKES)) {
  if (says === undefined) continue;
  Deno.test(`${code} has a message at run time`, async () => {
    assertStringIncludes(await outcomeOf(make), says);
  });
}

Deno.test("README.md quotes messages that the mistakes have", async () => {
  needs("sources");
  const readme = await Deno.readTextFile(new URL("../../README.md", import.meta.url));
  const rows = readme.match(SECTION)![1]!.matchAll(/^\| `([^`]+)`/gm);
  const quotes = Array.from(rows, ([, quote]) => quote!);
  assert(quotes.length > 5, "too few messages were found");
  let messages = "";
  const folder = new URL("mistakes/", import.meta.url);
  for await (const { name } of Deno.readDir(folder)) {
    const text = await Deno.readTextFile(new URL(name, folder));
    messages += text.match(/@ts-expect-error: .+/g)?.join("\n") ?? "";
  }
  assertEquals(quotes.filter((quote) => !messages.includes(quote)), []);
});
