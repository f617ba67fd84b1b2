/**
 * Where the tests get `@std` from: from JSR, as `deno.json` says, or from the stand-ins of
 * `tests/std/` where JSR does not answer.
 *
 * As a program, it runs `deno` with its arguments, and with `@std` from there.
 *
 * @module
 */

import { dots } from "./dots.ts";

/** How long JSR may take to answer. */
const TIMEOUT_MS = 20_000;

/** The result of `findStd()`. */
export interface StdSource {
  /** The file that maps the names of `@std`. */
  importMap: string;
  /** The flags that make Deno resolve `@std`. */
  flags: string[];
}

/** Finds out whether JSR answers, and prints where `@std` comes from. */
export async function findStd(): Promise<StdSource> {
  using _ = dots();
  console.log("Asking whether JSR answers, where @std comes from");
  // Names in variables are not looked up by the type checker.
  const names = ["@std/assert", "@std/async", "@std/testing/mock", "@std/testing/time"];
  const imports = Promise.all(names.map((name) => import(name))).then(() => true, () => false);
  let timer;
  const timeout = new Promise<false>((resolve) => {
    timer = setTimeout(resolve, TIMEOUT_MS, false);
  });
  const answers = await Promise.race([imports, timeout]);
  clearTimeout(timer);
  if (answers) {
    console.log("JSR answers: @std comes from there.");
    return { importMap: "deno.json", flags: [] };
  }
  console.log("JSR does not answer: the stand-ins of tests/std take the place of @std.");
  const importMap = "tests/std/import_map.json";
  return { importMap, flags: [`--import-map=${importMap}`] };
}

if (import.meta.main) {
  const { flags } = await findStd();
  const [command, ...args] = Deno.args as [string, ...string[]];
  const child = new Deno.Command(Deno.execPath(), { args: [command, ...flags, ...args] }).spawn();
  Deno.exit((await child.status).code);
}
