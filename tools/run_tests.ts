/**
 * Runs the tests, those in the documentation included.
 *
 * The first line says where `@std` comes from, the last one is the counts:
 * `123 passed, 0 failed`. With `--coverage` it also measures how much of the
 * module the tests reach, and fails below the bars. Other arguments, such as
 * `--filter` or a file, go to `deno test`.
 *
 * @module
 */

import { findStd } from "./std.ts";

const MIN_LINES = 98;
const MIN_BRANCHES = 95;

const coverage = Deno.args.includes("--coverage");
const args = Deno.args.filter((arg) => arg !== "--coverage");
const files = args.some((arg) => !arg.startsWith("-")) ? [] : ["--doc"];

const std = await findStd();
console.log(`The tests run with ${std.description}.`);

const profile = coverage ? await Deno.makeTempDir() : undefined;
const { code, passed, failed } = await test([
  "-A",
  "--sanitize-ops",
  "--sanitize-resources",
  "--v8-flags=--expose-gc",
  ...std.flags,
  ...(profile ? [`--coverage=${profile}`, "--coverage-raw-data-only"] : []),
  ...files,
  ...args,
]);
let ok = code === 0;
if (profile) {
  ok = await checkCoverage(profile) && ok;
  await Deno.remove(profile, { recursive: true });
}
console.log(`${passed} passed, ${failed} failed`);
Deno.exit(ok ? 0 : 1);

/** Runs `deno test` and passes its output on. */
async function test(args: string[]): Promise<{ code: number; passed: number; failed: number }> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["test", ...args],
    env: Deno.stdout.isTerminal() ? { FORCE_COLOR: "1" } : {},
    stdout: "piped",
  }).spawn();
  // What ends this, as it takes too long, is to end the tests as well.
  Deno.addSignalListener("SIGTERM", () => child.kill("SIGKILL"));
  let output = "";
  const decoder = new TextDecoder();
  for await (const chunk of child.stdout) {
    await Deno.stdout.write(chunk);
    output += decoder.decode(chunk, { stream: true });
  }
  const { code } = await child.status;
  // deno-lint-ignore no-control-regex
  const plain = output.replaceAll(/\x1b\[[\d;]*m/g, "");
  const [, passed, failed] = plain.match(/(\d+) passed.*\| (\d+) failed/) ?? [];
  return { code, passed: Number(passed ?? 0), failed: Number(failed ?? 0) };
}

/** Prints the coverage of each module file, and returns whether it is enough. */
async function checkCoverage(profile: string): Promise<boolean> {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["coverage", "--lcov", profile],
  }).output();
  const total = { LF: 0, LH: 0, BRF: 0, BRH: 0 };
  for (const record of new TextDecoder().decode(stdout).split("end_of_record")) {
    const file = record.match(/^SF:(.*)$/m)?.[1];
    // The module's files are those beside deno.json.
    if (!file || file.slice(Deno.cwd().length + 1).includes("/")) continue;
    for (const name of Object.keys(total) as (keyof typeof total)[]) {
      total[name] += Number(record.match(new RegExp(`^${name}:(\\d+)$`, "m"))?.[1] ?? 0);
    }
  }
  await new Deno.Command(Deno.execPath(), { args: ["coverage", profile], stdout: "inherit" })
    .output();
  const lines = 100 * total.LH / total.LF;
  const branches = 100 * total.BRH / total.BRF;
  console.log(
    `Coverage of the module: ${lines.toFixed(1)} % of lines (at least ${MIN_LINES}), ` +
      `${branches.toFixed(1)} % of branches (at least ${MIN_BRANCHES})`,
  );
  return lines >= MIN_LINES && branches >= MIN_BRANCHES;
}
