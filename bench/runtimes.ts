/**
 * Runs the programs that measure, each in a process of its own.
 *
 * @module
 */

import { installedBun, installedNode, ROOT, run } from "../tools/install.ts";
import { bundle } from "./bundle.ts";
import type { Limits } from "./scenarios.ts";

/** A runtime that is ready to measure. */
export interface Runtime {
  /** The name that its limits stand under. */
  readonly name: keyof Limits;
  /** Its name and version. */
  readonly title: string;
  /**
   * Runs a program that prints JSON.
   *
   * @param program The name of its file in `bench/`, without the ending.
   * @param args Its arguments.
   * @returns What it printed.
   */
  measure(program: (typeof PROGRAMS)[number], args: string[]): Promise<unknown>;
}

/** Room for a million tasks, in MiB. */
const HEAP = 8_192;
const V8_FLAGS = ["--expose-gc", `--max-old-space-size=${HEAP}`];

/** The programs that measure. */
const PROGRAMS = ["run", "memory", "scaling"] as const;

/** How to get each runtime ready. */
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

/** A runtime that has to be given bundles. */
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

/** Runs a program to its end, and parses what it prints. */
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
