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
  await run("npm", ["install", "--no-audit", "--no-fund", tarball], folder);
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

/** Throws what differs, unless the two are the same when printed. */
export function expectSame(what: string, actual: unknown, expected: unknown): void {
  const [a, e] = [actual, expected].map((value) =>
    typeof value === "string" ? value : JSON.stringify(value, null, 2)
  );
  if (a !== e) throw new Error(`${what} is\n${a}\nand not\n${e}`);
}
