/**
 * A project that uses the package, as a user would have it: in a folder of its own, outside of this
 * repository, with nothing but the package installed.
 *
 * @module
 */

import { run } from "../install.ts";
import { pack } from "../pack.ts";

/** The name of the package. */
export const NAME = "@asyncio/future";

/** A project that has the package installed. */
export interface Project {
  /** Its folder. */
  folder: URL;
  /** The folder into which the package is installed. */
  installed: URL;
  /** The path of the package as npm packs it. */
  tarball: string;
}

/** Creates a project in a temporary folder, and installs the package as npm packs it. */
export async function makeProject(): Promise<Project> {
  const folder = new URL(`file://${await Deno.makeTempDir()}/`);
  const tarball = await pack(folder, "--allow-dirty");
  const file = new URL("package.json", folder);
  await Deno.writeTextFile(file, JSON.stringify({ private: true, type: "module" }));
  await run("npm", ["install", "--no-audit", "--no-fund", tarball], { cwd: folder });
  return { folder, installed: new URL(`node_modules/${NAME}/`, folder), tarball };
}

/** A check of the package. */
export interface Check {
  /** The name, which states what must hold. */
  name: string;
  /**
   * Runs the check.
   *
   * @returns Figures to show, if there are any.
   * @throws {Error} If the check fails.
   */
  run(project: Project): Promise<string | void>;
}

/** Throws if a text, or a value as JSON, is not as expected. */
export function expectSame(what: string, actual: unknown, expected: unknown): void {
  const [a, e] = [actual, expected].map((value) =>
    typeof value === "string" ? value : JSON.stringify(value)
  );
  if (a !== e) throw new Error(`${what} is\n${a}\nand not\n${e}`);
}

/** Throws if files are missing, or if there are files that are not expected. */
export function expectFiles(actual: string[], expected: string[]): void {
  const missing = expected.filter((file) => !actual.includes(file));
  const others = actual.filter((file) => !expected.includes(file));
  const problems = [
    ...missing.map((file) => `${file} is missing`),
    ...others.map((file) => `${file} does not belong there`),
  ];
  if (problems.length > 0) throw new Error(problems.join(", "));
}
