/**
 * The programs of `docs/debugging.md`: puts them, and what they print, into the page anew.
 *
 * A block of the page is between markers, such as `<!-- hang.ts -->` for a program, and
 * `<!-- hang.ts prints -->` for what it prints.
 *
 * @module
 */

import { block, replaceBetween, textBetween, withoutHeader } from "./markers.ts";

const ROOT = new URL("../", import.meta.url);
const PAGE = new URL("docs/debugging.md", ROOT);

/** The programs, which are in `examples/debugging/`. */
export const PROGRAMS = ["hang", "locks", "vanished", "slow", "leak", "flaky"] as const;

/** The name of a program. */
export type Program = typeof PROGRAMS[number];

/** A program and what it prints, as blocks of Markdown. */
interface Blocks {
  readonly program: string;
  readonly printed: string;
}

/** Reads the page. */
export function readPage(): Promise<string> {
  return Deno.readTextFile(PAGE);
}

/** Returns the blocks that are in the page. */
export function blocksOf(page: string, name: Program): Blocks {
  return {
    program: textBetween(page, `${name}.ts`),
    printed: textBetween(page, `${name}.ts prints`),
  };
}

/** Runs a program, and returns the blocks that the page should have. */
export async function makeBlocks(name: Program): Promise<Blocks> {
  const source = await Deno.readTextFile(new URL(`examples/debugging/${name}.ts`, ROOT));
  // Examples of a page are run, which a program that hangs is not made for.
  const program = block("ts ignore", withoutHeader(source));
  const shown = `$ deno run examples/debugging/${name}.ts\n${await outputOf(name)}`;
  return { program, printed: block("text", shown) };
}

/**
 * Runs a program without permissions.
 *
 * @returns What the program prints, to either of its outputs, in the order in which it comes.
 */
export async function outputOf(name: Program): Promise<string> {
  const program = `examples/debugging/${name}.ts`;
  const script = '"$0" run --no-prompt "$1" 2>&1';
  const { stdout } = await new Deno.Command("sh", {
    args: ["-c", script, Deno.execPath(), program],
    cwd: ROOT,
    env: { NO_COLOR: "1" },
  }).output();
  const text = new TextDecoder().decode(stdout).replaceAll(ROOT.href, "file:///");
  // Debug mode itself may be slow on a machine that is busy.
  return name === "slow" ? text : text.replaceAll(/^Executing .* took .*\n/gm, "");
}

/**
 * Replaces what differs from run to run: how long something took, the module's own frames, and the
 * columns of places, which are others while coverage is collected.
 */
export function withoutFigures(text: string): string {
  return text.replaceAll(/\d+(?:\.\d+)? m?s\b/g, "…").replaceAll("… to …", "…")
    .replaceAll(/… \d+ frames?\b/g, "… frames").replaceAll(/(\.ts:\d+):\d+/g, "$1");
}

if (import.meta.main) {
  let page = await readPage();
  for (const name of PROGRAMS) {
    const { program, printed } = await makeBlocks(name);
    page = replaceBetween(page, `${name}.ts`, program);
    // Other figures are no reason to write the page anew.
    if (withoutFigures(blocksOf(page, name).printed) !== withoutFigures(printed)) {
      page = replaceBetween(page, `${name}.ts prints`, printed);
    }
  }
  await Deno.writeTextFile(PAGE, page);
}
