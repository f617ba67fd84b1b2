/**
 * Type-checks everything: the module, the tests, the examples and the tools.
 *
 * @module
 */

import { findStd } from "./std.ts";

const std = await findStd();
const { code } = await new Deno.Command(Deno.execPath(), {
  args: ["check", ...std.flags, "--doc", "."],
  stdout: "inherit",
  stderr: "inherit",
}).spawn().status;
Deno.exit(code);
