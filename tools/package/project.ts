/**
 * A project of somebody who uses the package: empty but for the package, and
 * outside of this one.
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
  /** The folder of the package in it. */
  installed: URL;
}

/** Packs the package and installs it into a new project. */
export async function makeProject(): Promise<Project> {
  const folder = new URL(`file://${await Deno.makeTempDir()}/`);
  const tarball = await pack(folder, "--allow-dirty");
  const file = new URL("package.json", folder);
  await Deno.writeTextFile(file, JSON.stringify({ private: true, type: "module" }));
  await run("npm", ["install", "--no-audit", "--no-fund", tarball], { cwd: folder });
  return { folder, installed: new URL(`node_modules/${NAME}/`, folder) };
}

/** Something that has to hold. */
export interface Check {
  name: string;
  /**
   * Finds out whether it holds.
   *
   * @returns Figures to show, if there are any.
   * @throws {Error} If it does not hold.
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

/** Throws if there are other files than expected. */
export function expectFiles(actual: string[], expected: string[]): void {
  const missing = expected.filter((file) => !actual.includes(file));
  const others = actual.filter((file) => !expected.includes(file));
  const problems = [
    ...missing.map((file) => `${file} is missing`),
    ...others.map((file) => `${file} does not belong there`),
  ];
  if (problems.length > 0) throw new Error(problems.join(", "));
}
