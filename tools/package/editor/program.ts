/**
 * The program that the servers are asked about, and the places in it that its comments point at.
 *
 * @module
 */

import { ROOT } from "../../install.ts";
import { NAME, type Project } from "../project.ts";

/** The file, in the repository and in a project. */
const FILE = "tests/types/editor.ts";

/** As an editor has it that opens a new project. */
const CONFIG = {
  compilerOptions: {
    strict: true,
    noEmit: true,
    target: "esnext",
    module: "esnext",
    moduleResolution: "bundler",
    lib: ["esnext", "dom"],
    types: [],
  },
  files: ["program.ts"],
};

/** A place in a text; both numbers begin with 0. */
export interface Position {
  line: number;
  character: number;
}

/** A place that a comment points at. */
export interface Place {
  /** Whether a name is pointed at, or is to be completed. */
  kind: "hover" | "completions";
  at: Position;
  /** The line of the program, without its indentation. */
  code: string;
  /** Where in `code` the name begins. */
  column: number;
  /** The name, or what precedes it: `gather`, `task.`. */
  name: string;
  /** Where the arguments begin, if the name is called. */
  argumentsAt: Position | undefined;
}

/** A program in a project. */
export interface Program {
  folder: URL;
  file: URL;
  lines: string[];
  places: Place[];
}

/** Puts the program into a project, where it uses the package that is installed. */
export async function writeProgram(project: Project): Promise<Program> {
  const folder = new URL("editor/", project.folder);
  const file = new URL("program.ts", folder);
  const text = await Deno.readTextFile(new URL(FILE, ROOT));
  await Deno.mkdir(folder, { recursive: true });
  await Deno.writeTextFile(file, text);
  await Deno.writeTextFile(new URL("tsconfig.json", folder), JSON.stringify(CONFIG));
  const lines = text.split("\n");
  return { folder, file, lines, places: placesIn(lines) };
}

/** Finds the places that comments point at, each in the line above the comment. */
function placesIn(lines: string[]): Place[] {
  return lines.flatMap((comment, index) => {
    if (!/^ *\/\/[ ^?|]+$/.test(comment)) return [];
    const line = index - 1;
    const text = lines[line]!;
    const code = text.trim();
    return [...comment.matchAll(/\^([?|])/g)].map((pointer): Place => {
      const kind = pointer[1] === "?" ? "hover" : "completions";
      const before = text.slice(0, pointer.index);
      const start = before.search(/\w*$/);
      const name = kind === "hover" ? text.slice(start).match(/^\w+/)![0] : before.trim();
      const column = start - text.indexOf(code);
      const call = text.slice(start).match(/^\w+(?:<[^()]*>)?\(/);
      const argumentsAt = call ? { line, character: start + call[0].length } : undefined;
      return { kind, at: { line, character: pointer.index }, code, column, name, argumentsAt };
    });
  });
}

/** Returns the file that an address points at, by its path in the package if it is there. */
export function nameOfFile(address: string): string {
  return decodeURIComponent(address).replace(new RegExp(`^.*/node_modules/${NAME}/`), "");
}
