/**
 * Checks the types of the tests and runs them, those in the documentation included.
 *
 * The last line is the counts: `123 passed, 0 failed`. With `--coverage` it also measures how much
 * of the module the tests reach, and fails below the bars in `deno.json`. Other arguments, such as
 * `--filter` or a file, go to `deno test`.
 *
 * @module
 */

import { dots } from "./dots.ts";
import { installLibraries, ROOT } from "./install.ts";
import { findStd } from "./std.ts";

/** The files of the module: those beside `deno.json` and in `src/`. */
const MODULE = `^${RegExp.escape(ROOT.href)}(src/.+|[^/]+)[.]ts$`;

const coverage = Deno.args.includes("--coverage");
const others = Deno.args.filter((arg) => arg !== "--coverage");

await installLibraries();
const std = await findStd();
const args = [
  ...std.flags,
  ...(others.some((arg) => !arg.startsWith("-")) ? [] : ["--doc"]),
  ...others,
];
const profile = coverage ? await Deno.makeTempDir() : undefined;
let ok = false;
let output = "";
console.log("Checking the types of the module, of the tests and of the examples");
if ((await test(["--quiet", "--no-run", ...args])).code === 0) {
  console.log("Running the tests");
  const tests = await test([
    "-A",
    "--no-check",
    "--sanitize-ops",
    "--sanitize-resources",
    "--v8-flags=--expose-gc",
    ...(profile ? [`--coverage=${profile}`, "--coverage-raw-data-only"] : []),
    ...args,
  ]);
  output = tests.output;
  ok = tests.code === 0;
}
if (profile) {
  console.log("Measuring the coverage of the module");
  ok = await checkCoverage(profile) && ok;
  await Deno.remove(profile, { recursive: true });
}
const [, passed = 0, failed = 0] = output.match(/(\d+) passed.*\| (\d+) failed/) ?? [];
console.log(`${passed} passed, ${failed} failed`);
Deno.exit(ok ? 0 : 1);

/** Runs `deno test` and passes its output on, with dots where it prints nothing. */
async function test(args: string[]): Promise<{ code: number; output: string }> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["test", ...args],
    env: Deno.stdout.isTerminal() ? { FORCE_COLOR: "1" } : {},
    stdout: "piped",
  }).spawn();
  // A time limit of the caller ends the tests as well.
  Deno.addSignalListener("SIGTERM", () => child.kill("SIGKILL"));
  using silence = dots();
  let output = "";
  const decoder = new TextDecoder();
  for await (const chunk of child.stdout) {
    silence.reset();
    await Deno.stdout.write(chunk);
    output += decoder.decode(chunk, { stream: true });
  }
  const { code } = await child.status;
  // deno-lint-ignore no-control-regex
  return { code, output: output.replaceAll(/\x1b\[[\d;]*m/g, "") };
}

/** Prints the coverage of each file of the module, and returns whether it is enough. */
async function checkCoverage(profile: string): Promise<boolean> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["coverage", `--include=${MODULE}`, profile],
  }).spawn();
  return (await child.status).success;
}
