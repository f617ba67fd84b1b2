/**
 * Type-checks everything: the module, the tests, the examples and the tools. The programs of
 * `tests/field/` are not in it, as they import packages that only they have installed.
 *
 * @module
 */

import { ROOT } from "./install.ts";
import { findStd } from "./std.ts";

const std = await findStd();
const { code } = await new Deno.Command(Deno.execPath(), {
  args: ["check", ...std.flags, "--doc", ...list(""), ...list("tests/")],
  cwd: ROOT,
  stdout: "inherit",
  stderr: "inherit",
}).spawn().status;
Deno.exit(code);

/** The files and folders in a folder that are checked as a whole. */
function list(folder: string): string[] {
  return [...Deno.readDirSync(new URL(folder, ROOT))]
    .filter(({ name, isDirectory }) => isDirectory || /\.(ts|md)$/.test(name))
    .map(({ name }) => folder + name)
    .filter((path) => !path.startsWith(".") && path !== "tests" && path !== "tests/field")
    .sort();
}
