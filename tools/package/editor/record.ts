/**
 * The text of what editors show, in `tests/types/editor.txt`. What all editors show has no mark;
 * what only one shows has its version of TypeScript before each line.
 *
 * @module
 */

import { ROOT } from "../../install.ts";
import type { Place, Program } from "./program.ts";
import type { Completion, Shown } from "./shown.ts";

/** The file. */
export const RECORD = new URL("tests/types/editor.txt", ROOT);

/** The width of the column of versions. */
const MARGIN = 6;

/**
 * Makes the text.
 *
 * @param program The program.
 * @param all What each editor shows of the program.
 */
export function makeRecord(program: Program, all: Shown[]): string {
  const [first] = all as [Shown, ...Shown[]];
  const versions = all.map(({ version }) => version).join(" and ");
  const hovers = first.hovers.map(({ place }, index) => {
    const shown = all.map(({ version, hovers }) => {
      const { signature, texts } = hovers[index]!;
      // An empty line between the parts.
      return { version, parts: [signature, ...texts].map((text) => `\n${text}`) };
    });
    return [...pointAt(place), ...merge(shown)];
  });
  const completions = first.completions.map(({ place }, index) => {
    const shown = all.map(({ version, completions }) => (
      { version, parts: [completions[index]!.offered.map(nameOf).join("\n")] }
    ));
    return [`${place.name}…`, "", ...merge(shown)];
  });
  const hinted = program.lines.flatMap((line, index) => {
    if (all.every(({ lines }) => lines[index] === line)) return [];
    return merge(all.map(({ version, lines }) => ({ version, parts: [lines[index]!.trim()] })));
  });
  const sections = [
    [
      `What an editor shows of tests/types/editor.ts, with TypeScript ${versions}.`,
      "`deno task editor` writes this file.",
    ],
    ["THE MOUSE POINTS AT A NAME"],
    ...hovers,
    ["A NAME IS COMPLETED"],
    ...completions,
    ["HINTS IN THE PROGRAM", "", ...hinted],
  ];
  return sections.map((lines) => `${lines.map((line) => line.trimEnd()).join("\n")}\n`).join(
    "\n\n",
  );
}

function pointAt({ code, column, name }: Place): string[] {
  return [code, " ".repeat(column) + "^".repeat(name.length)];
}

function nameOf({ name, isDeprecated }: Completion): string {
  return isDeprecated ? `${name} (deprecated)` : name;
}

/** Returns the lines of parts that belong to each other: once, where they are the same. */
function merge(shown: { version: string; parts: string[] }[]): string[] {
  const longest = Math.max(...shown.map(({ parts }) => parts.length));
  return Array.from({ length: longest }).flatMap((_, index) => {
    const parts = shown.map(({ version, parts }) => ({ version, part: parts[index] ?? "" }));
    const isSame = parts.every(({ part }) => part === parts[0]!.part);
    return (isSame ? [{ version: "", part: parts[0]!.part }] : parts).flatMap(
      ({ version, part }) => part.split("\n").map((line) => line && version.padEnd(MARGIN) + line),
    );
  });
}
