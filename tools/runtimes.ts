/**
 * Runs all tests on every runtime, and prints how many passed where.
 *
 * What the runtimes come in is installed from npm into `.runtimes/`, in the
 * versions below, unless it is there. `--runtime NAME`, which may be repeated,
 * runs only some. The last line is the total: `1234 passed, 0 failed`. It fails
 * if a test does, or if a runtime cannot be installed.
 *
 * @module
 */

import { bundleTests } from "./runtimes/bundle.ts";
import { startChromium } from "./runtimes/chromium.ts";
import { Counts } from "./runtimes/counts.ts";
import { installBun, installed, installNode, NODE_24, ROOT, run } from "./runtimes/install.ts";
import { linesOf, runProgram } from "./runtimes/program.ts";
import { runWorker } from "./runtimes/workerd.ts";

/** A runtime that is ready to run tests. */
interface Runtime {
  version: string;
  /** Runs a file of {@linkcode bundleTests}. */
  run(file: string): Promise<Counts>;
  close?(): Promise<void>;
}

const { os } = Deno.build;
const isX64 = Deno.build.arch === "x86_64";

/** How to get each runtime ready; Deno itself runs the tests as they are. */
const RUNTIMES: Record<string, () => Promise<Runtime>> = {
  "Node 20": () => node("20.20.2"),
  "Node 22": () => node("22.23.3"),
  "Node 24": () => node(NODE_24),
  "Node 26": () => node("26.10.0"),
  "Bun": bun,
  "workerd": workerd,
  "Chromium": startChromium,
  "bare engine": () => node(NODE_24, "--bare"),
};

async function node(version: string, ...mode: string[]): Promise<Runtime> {
  const program = await installNode(version);
  const args = ["--expose-gc", "main.mjs"];
  return {
    version: (await run(program, ["--version"])).slice(1) + (mode.length > 0 ? " of Node" : ""),
    run: (file) => runProgram(program, [...args, file, ...mode]),
  };
}

async function bun(): Promise<Runtime> {
  const program = await installBun();
  return {
    version: await run(program, ["--version"]),
    run: (file) => runProgram(program, ["main.mjs", file]),
  };
}

async function workerd(): Promise<Runtime> {
  const name = `@cloudflare/workerd-${os}-${isX64 ? "64" : "arm64"}`;
  const version = "1.20261117.1";
  const program = await installed(name, version, "bin/workerd");
  return { version, run: (file) => runWorker(program, file) };
}

/** What a row of the table shows. */
interface Row {
  name: string;
  version: string;
  counts: Counts;
}

const names = namesToRun();
const rows: Row[] = [];
if (names.includes("Deno")) rows.push(await onDeno());
const others = names.filter((name) => name !== "Deno");
const files = others.length > 0 ? await bundleTests() : [];
for (const name of others) rows.push(await onOther(name));
printTable();
const passed = rows.reduce((sum, { counts }) => sum + counts.passed, 0);
const failed = rows.reduce((sum, { counts }) => sum + counts.failed.length, 0);
console.log(`${passed} passed, ${failed} failed`);
Deno.exit(failed > 0 || passed === 0 ? 1 : 0);

/** The runtimes that the arguments name, or all. */
function namesToRun(): string[] {
  const all = ["Deno", ...Object.keys(RUNTIMES)];
  const chosen = Deno.args.flatMap((arg, i) => Deno.args[i - 1] === "--runtime" ? [arg] : []);
  const unknown = chosen.find((name) => !all.includes(name));
  if (unknown === undefined) return chosen.length > 0 ? chosen : all;
  console.error(`There is no runtime ${unknown}, only ${all.join(", ")}.`);
  Deno.exit(1);
}

/** Runs the tests as `deno task test` does. */
async function onDeno(): Promise<Row> {
  const row = { name: "Deno", version: Deno.version.deno, counts: new Counts() };
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", new URL("tools/run_tests.ts", ROOT).pathname],
    cwd: ROOT,
    env: { NO_COLOR: "1" },
    stdout: "piped",
  }).spawn();
  const lines = await Array.fromAsync(linesOf(child.stdout));
  const [, passed, failed] = lines.at(-1)!.match(/^(\d+) passed, (\d+) failed$/) ?? [];
  row.counts.passed = Number(passed ?? 0);
  for (let i = 0; i < Number(failed ?? 1); i++) row.counts.failed.push("see above");
  const { success } = await child.status;
  if (!success) console.log(lines.join("\n"));
  if (!success && row.counts.failed.length === 0) row.counts.failed.push("see above");
  report(row);
  return row;
}

/** Runs the tests on a runtime that has to be installed. */
async function onOther(name: string): Promise<Row> {
  const row = { name, version: "", counts: new Counts() };
  let runtime: Runtime | undefined;
  try {
    runtime = await RUNTIMES[name]!();
    row.version = runtime.version;
    for (const file of files) row.counts.add(await runtime.run(file));
  } catch (error) {
    row.counts.failed.push(`it could not be run: ${(error as Error).message}`);
  } finally {
    await runtime?.close?.();
  }
  report(row);
  return row;
}

/** Says how a runtime did, as soon as it is known. */
function report({ name, version, counts }: Row): void {
  for (const failure of counts.failed) console.log(`${name}: ${failure}\n`);
  console.log(`${name} ${version}: ${counts.passed} passed, ${counts.failed.length} failed`);
}

/** Prints all rows, and what was skipped where. */
function printTable(): void {
  const cells = rows.map(({ name, version, counts: { passed, failed, skipped, skippedTotal } }) => [
    name,
    version,
    String(passed),
    String(failed.length),
    String(skippedTotal),
    [...skipped].map(([reason, count]) => `${count} ${reason}`).join(", "),
  ]);
  const table = [
    ["runtime", "version", "passed", "failed", "skipped", "skipped as the runtime …"],
    ...cells,
  ];
  const widths = table[0]!.map((_, column) => Math.max(...table.map((row) => row[column]!.length)));
  console.log();
  for (const row of table) {
    console.log(row.map((cell, i) => cell.padEnd(widths[i]!)).join("  ").trimEnd());
  }
  console.log();
}
