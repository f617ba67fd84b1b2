/**
 * What an editor shows of a program, however its server is asked.
 *
 * @module
 */

import type { Place, Position, Program } from "./program.ts";

/** What is shown for a name that the mouse points at. */
export interface Hover {
  /** The declaration: `sleep(ms: number): Future<void>`. */
  signature: string;
  /** The documentation, as Markdown. */
  text: string;
}

/** A name that is offered for completion. */
export interface Completion {
  name: string;
  isDeprecated: boolean;
}

/** A text that is shown between the characters of a program: `ms:`. */
export interface Hint {
  at: Position;
  label: string;
}

/** An editor with a program. */
export interface Editor extends AsyncDisposable {
  /** Returns what is shown for the name at a place. */
  hover(at: Position): Promise<Hover>;
  /** Returns the names of the parameters of the call whose arguments begin at a place. */
  parameters(at: Position): Promise<string[]>;
  /** Returns the names that are offered at a place. */
  completions(at: Position): Promise<Completion[]>;
  /** Returns the hints in the whole program. */
  hints(): Promise<Hint[]>;
}

/** All that an editor shows of a program. */
export interface Shown {
  /** The version of TypeScript. */
  version: string;
  hovers: {
    place: Place;
    signature: string;
    /** The description, and then each tag, such as `@param`. */
    texts: string[];
    /** The names of the parameters of the call; empty if the name is not called. */
    parameters: string[];
  }[];
  completions: { place: Place; offered: Completion[] }[];
  /** The lines of the program, with the hints in them. */
  lines: string[];
}

/**
 * Asks an editor for all that it shows, and ends it.
 *
 * @param version The version of TypeScript.
 * @param started The editor.
 * @param program The program that it has open.
 */
export async function show(
  version: string,
  started: Promise<Editor>,
  program: Program,
): Promise<Shown> {
  await using editor = await started;
  const shown: Shown = { version, hovers: [], completions: [], lines: [] };
  for (const place of program.places) {
    if (place.kind === "hover") {
      const { signature, text } = await editor.hover(place.at);
      const parameters = place.argumentsAt ? await editor.parameters(place.argumentsAt) : [];
      shown.hovers.push({ place, signature, texts: textsOf(text), parameters });
    } else {
      const offered = await editor.completions(place.at);
      offered.sort((a, b) => a.name < b.name ? -1 : 1);
      shown.completions.push({ place, offered });
    }
  }
  shown.lines = withHints(program.lines, await editor.hints());
  return shown;
}

/** Splits a documentation into its description and its tags. */
function textsOf(text: string): string[] {
  return text.split(/\n(?=\*@)/).map((text) => text.replaceAll(/ +$/gm, "").trim());
}

/** Returns the lines of a program, with the hints in them. */
function withHints(lines: string[], hints: Hint[]): string[] {
  return lines.map((line, index) => {
    const here = hints.filter(({ at }) => at.line === index);
    // From the last to the first, as each moves what follows it.
    here.sort((a, b) => b.at.character - a.at.character);
    return here.reduce(
      (text, { at: { character }, label }) =>
        `${text.slice(0, character)}${label} ${text.slice(character)}`,
      line,
    );
  });
}
