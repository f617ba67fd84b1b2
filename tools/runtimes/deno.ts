/**
 * Runs the tests on Deno, as they are, with those in the documentation.
 *
 * @module
 */

import { Counts } from "./counts.ts";
import { ROOT } from "../install.ts";
import { linesOf } from "./program.ts";

const FAILED = "what failed is in the output of deno task test";

/**
 * Runs the tests as `deno task test` does.
 *
 * @param limit Ends the tests when it aborts.
 * @param output A file with what `deno task test` printed, which is taken instead.
 */
export async function runDeno(limit: AbortSignal, output?: string): Promise<Counts> {
  if (output !== undefined) return countLines((await Deno.readTextFile(output)).split("\n"));
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", new URL("tools/run_tests.ts", ROOT).pathname],
    cwd: ROOT,
    env: { NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    signal: limit,
  }).spawn();
  const lines = await Array.fromAsync(linesOf(child.stdout));
  const { success } = await child.status;
  const counts = countLines(lines);
  if (!success && counts.failed.length === 0) counts.failed.push(FAILED);
  if (!success) console.log(lines.join("\n"));
  return counts;
}

/** Counts the tests by what `deno task test` prints. */
function countLines(lines: string[]): Counts {
  const counts = new Counts();
  for (const line of lines) {
    // `deno test` says before the tests of each file how many they are. Counting lines with a name and
    // an outcome would miss tests: a worker that dies prints its error between the two. Tests in the
    // documentation run on Deno only, so their files do not count.
    const [, count] = line.match(/^running (\d+) tests? from .+_test[.]ts$/) ?? [];
    counts.tests += Number(count ?? 0);
    const [, name, outcome] = line.match(/^(.+) \.{3,} (ok|FAILED) \(/) ?? [];
    if (name) counts.noteSupport(name, outcome === "ok");
  }
  const total = /^(\d+) passed, (\d+) failed$/;
  const [, passed, failed] = lines.findLast((line) => total.test(line))?.match(total) ?? [];
  counts.passed = Number(passed ?? 0);
  for (let i = 0; i < Number(failed ?? 1); i++) counts.failed.push(FAILED);
  return counts;
}
