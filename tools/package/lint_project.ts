/**
 * A folder with what the linters look at: the programs of `tests/lint/`, the examples, and the
 * TypeScript of the README and of `docs/`, in a project that has the package installed.
 *
 * @module
 */

import { installed, ROOT, run } from "../install.ts";
import { NAME, type Project } from "./project.ts";

/** The name that JSR writes into the package for npm, by which linters know the package then. */
const JSR_NAME = `@jsr/${NAME.slice(1).replace("/", "__")}`;

/** Imports of what has no types here: all that such code does would count as unsafe. */
const UNDECLARED = /from "(@opentelemetry\/|node:diagnostics_channel")/;

/** What the pages and the programs use beside the package and what `deno types` declares. */
const GLOBALS = `
declare function setTimeout(callback: (...args: never[]) => void, ms?: number): number;
declare module "@std/assert" {
  export function assert(value: unknown): asserts value;
  export function assertEquals<T>(actual: T, expected: T): void;
  export function assertInstanceOf<T>(
    actual: unknown,
    type: new (...args: never[]) => T,
  ): asserts actual is T;
  export function assertRejects<E extends Error>(
    fn: () => PromiseLike<unknown>,
    type: new (...args: never[]) => E,
    message?: string,
  ): Promise<E>;
}
declare module "@std/testing/time" {
  export class FakeTime {
    tickAsync(ms: number): Promise<void>;
    [Symbol.dispose](): void;
  }
}
declare module "node:process" {
  const process: {
    pid: number;
    kill(pid: number, signal: string): void;
    once(event: string, listener: () => void): void;
    off(event: string, listener: () => void): void;
  };
  export default process;
}
`;

const CONFIG = {
  compilerOptions: {
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    noEmit: true,
    skipLibCheck: true,
    target: "es2022",
    module: "esnext",
    moduleResolution: "bundler",
    types: [],
  },
};

/** A line of a program that a rule reports. */
export interface Finding {
  /** The file, relative to the folder. */
  file: string;
  /** The number of the line, from 1 on. */
  line: number;
  /** The name of the rule, without that of its plugin. */
  rule: string;
}

/** What the linters look at. */
export interface LintProject {
  /** The folder. */
  folder: URL;
  /**
   * The programs of `tests/lint/`, with the package from npm and, in `jsr/`, from JSR; the examples;
   * the blocks of TypeScript of the pages.
   */
  files: string[];
  /** What must be reported: a comment at the end of a line of the programs names the rules. */
  marks: Finding[];
}

/** The name and the text of a file. */
type File = [name: string, text: string];

/** A block of code in a page of Markdown. */
interface Block {
  /** What the page says of its language. */
  language: string;
  /** The number of its first line in the page. */
  line: number;
  code: string;
}

const projects = new WeakMap<Project, Promise<LintProject>>();

/** Returns the folder for the linters in a project, which is made once. */
export function lintProject(project: Project): Promise<LintProject> {
  const made = projects.get(project) ?? makeLintProject(project);
  projects.set(project, made);
  return made;
}

async function makeLintProject(project: Project): Promise<LintProject> {
  const folder = new URL("lint/", project.folder);
  await copyPackage(project, folder, NAME);
  await copyPackage(project, new URL("jsr/", folder), JSR_NAME);
  for (const name of ["eslint", "typescript-eslint"]) {
    await Deno.symlink(await installed(name), new URL(`node_modules/${name}`, folder));
  }
  // Without this file, Biome looks at no package.
  await Deno.writeTextFile(new URL("package.json", folder), JSON.stringify({ type: "module" }));
  await Deno.writeTextFile(new URL("tsconfig.json", folder), JSON.stringify(CONFIG));
  await Deno.writeTextFile(new URL("globals.d.ts", folder), GLOBALS);
  await Deno.writeTextFile(new URL("deno.d.ts", folder), await run(Deno.execPath(), ["types"]));

  const marked = await readFolder("tests/lint/", ".ts");
  const programs = [...marked, ...marked.map(([name, text]): File => [`jsr/${name}`, text])];
  const examples = await readFolder("examples/", ".ts");
  const files = [...programs, ...examples, ...(await readPages()).flatMap(codeOf)]
    .filter(([, text]) => !UNDECLARED.test(text));
  for (const [name, text] of files) await Deno.writeTextFile(new URL(name, folder), text);
  return { folder, files: files.map(([name]) => name), marks: programs.flatMap(marksOf) };
}

/** Copies the package into a folder, with the name that its own file has from npm or from JSR. */
async function copyPackage({ installed }: Project, folder: URL, name: string): Promise<void> {
  const copy = new URL(`node_modules/${NAME}`, folder);
  await Deno.mkdir(new URL("./", copy), { recursive: true });
  await run("cp", ["-R", installed.pathname, copy.pathname]);
  const file = new URL(`${copy}/package.json`);
  const text = await Deno.readTextFile(file);
  await Deno.writeTextFile(file, text.replace(`"${NAME}"`, `"${name}"`));
}

/** Reads the files of a folder of this repository whose names end so. */
async function readFolder(folder: string, ending: string): Promise<File[]> {
  const url = new URL(folder, ROOT);
  const names = [...Deno.readDirSync(url)].map(({ name }) => name);
  const chosen = names.filter((name) => name.endsWith(ending)).sort();
  return await Promise.all(
    chosen.map(async (name): Promise<File> => [name, await Deno.readTextFile(new URL(name, url))]),
  );
}

/** Reads the README and the pages of `docs/`. */
async function readPages(): Promise<File[]> {
  const readme = await Deno.readTextFile(new URL("README.md", ROOT));
  return [["README.md", readme], ...await readFolder("docs/", ".md")];
}

/** Returns each block of TypeScript of a page as a file, where a line has the number it has there. */
function codeOf([page, text]: File): File[] {
  return blocksOf(text).filter(({ language }) => language === "ts").map(({ line, code }) => [
    `${page}.${line}.ts`,
    "\n".repeat(line - 1) + code,
  ]);
}

function blocksOf(text: string): Block[] {
  return [...text.matchAll(/^```(.*)\n([^]*?)^```$/gm)].map(({ index, 1: language, 2: code }) => ({
    language: language!,
    line: text.slice(0, index).split("\n").length + 1,
    code: code!,
  }));
}

/**
 * Returns the block of the README or of a page of `docs/` whose first line is a comment with a
 * name.
 *
 * @throws {Error} If there is none, or more than one.
 */
export async function namedBlock(name: string): Promise<string> {
  const blocks = (await readPages()).flatMap(([, text]) => blocksOf(text));
  const [block, ...others] = blocks.filter(({ code }) => code.startsWith(`// ${name}\n`));
  if (!block || others.length > 0) {
    throw new Error(`${others.length + Number(!!block)} blocks of the pages are named ${name}`);
  }
  return block.code;
}

/** Returns the findings that the marks of a program ask for. */
function marksOf([file, text]: File): Finding[] {
  return text.split("\n").flatMap((line, i) => {
    const rules = line.match(/; \/\/ ([\w, -]+)$/)?.[1]?.split(", ") ?? [];
    return rules.map((rule) => ({ file, line: i + 1, rule }));
  });
}
