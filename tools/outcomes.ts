/**
 * Writes the table of how the functions that wait end, which the tests compare
 * with.
 *
 * @module
 */

import { findStd } from "./std.ts";

if (Deno.args.includes("--here")) {
  const { writeTable } = await import("../tests/waiting/outcomes_table.ts");
  console.log(`${await writeTable()} cells written`);
} else {
  const std = await findStd();
  const { code } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", ...std.flags, import.meta.filename!, "--here"],
    stdout: "inherit",
    stderr: "inherit",
  }).spawn().status;
  Deno.exit(code);
}
