/**
 * Runs the programs that measure on each runtime, in processes of their own.
 *
 * @module
 */

import { installedBun, installedNode, ROOT, run } from "../tools/install.ts";
import { bundle } from "./bundle.ts";
import type { Limits } from "./scenarios.ts";

/** A runtime that is ready to measure. */
export interface Runtime {
  /** The name in {@linkcode Limits}. */
  readonly name: keyof Limits;
  /** The name with the version, for tables. */
  readonly title: string;
  /**
   * Runs a program that prints JSON.
   *
   * @param program The name of the file in `bench/`, without the ending.
   * @param args The arguments of the program.
   * @returns The parsed output.
   */
  measure(program: (typeof PROGRAMS)[number], args: string[]): Promise<unknown>;
}

/** The size of the heap in MiB, enough for a million tasks. */
const HEAP = 8_192;
const V8_FLAGS = ["--expose-gc", `--max-old-space-size=${HEAP}`];

/** The programs that measure, by the names of their files. */
const PROGRAMS = ["run", "memory", "scaling"] as const;

/** Functions that prepare each runtime. */
export const RUNTIMES: Record<keyof Limits, () => Promise<Runtime>> = {
  deno: async () => ({
    name: "deno",
    title: `Deno ${Deno.version.deno}`,
    measure: (program, args) =>
      runJson(Deno.execPath(), [
        "run",
        "-A",
        `--v8-flags=${V8_FLAGS.join(",")}`,
        `bench/${program}.ts`,
        ...args,
      ]),
  }),
  node24: async () => onBundles("node24", "Node", await installedNode("Node 24"), V8_FLAGS),
  bun: async () => onBundles("bun", "Bun", await installedBun(), []),
};

/** Prepares a runtime that runs bundles instead of the files. */
async function onBundles(
  name: keyof Limits,
  label: string,
  path: string,
  flags: string[],
): Promise<Runtime> {
  const folder = await bundle(PROGRAMS);
  const version = (await run(path, ["--version"])).replace(/^v/, "");
  return {
    name,
    title: `${label} ${version}`,
    measure: (program, args) =>
      runJson(path, [...flags, new URL(`${program}.js`, folder).pathname, ...args]),
  };
}

/** Runs a program to its end, and parses its output. */
async function runJson(program: string, args: string[]): Promise<unknown> {
  const { success, stdout } = await new Deno.Command(program, {
    args,
    cwd: ROOT,
    env: { NO_COLOR: "1" },
    stderr: "inherit",
  }).output();
  if (!success) throw new Error(`${program} ${args.join(" ")} failed`);
  return JSON.parse(new TextDecoder().decode(stdout));
}
