/**
 * Runs all tests on every runtime, and prints how many passed where.
 *
 * The runtimes come from npm, in fixed versions; Chromium comes from the machine or from
 * Debian. The README's table of what the context follows where is compared with what was
 * found. The last line is the total: `1234 passed, 0 failed`. The task fails if a test
 * does, if a runtime cannot be installed or runs only some of the tests, or if
 * the table differs.
 *
 * - `--write` writes the README's table anew.
 * - `--runtime NAME`, which may be repeated, runs only some.
 * - `--deno-output FILE` takes what `deno task test` has just printed for Deno,
 *   rather than run the same once more.
 *
 * @module
 */

import {
  installedBun,
  installedNode,
  installedWorkerd,
  type Node,
  run,
  VERSIONS,
} from "./install.ts";
import { bundleTests } from "./runtimes/bundle.ts";
import { startChromium } from "./runtimes/chromium.ts";
import { hasContextTable, makeContextTable, writeContextTable } from "./runtimes/context_table.ts";
import { Counts } from "./runtimes/counts.ts";
import { runDeno } from "./runtimes/deno.ts";
import { runProgram } from "./runtimes/program.ts";
import { alignRows } from "./runtimes/rows.ts";
import { runWorker } from "./runtimes/workerd.ts";

/** No file of tests takes as long, and no runtime for all of them. */
const FILE_MS = 180_000;
const RUNTIME_MS = 600_000;

/** A runtime that is ready to run tests. */
interface Runtime {
  version: string;
  /** Runs a file of {@linkcode bundleTests}, which ends when `limit` aborts. */
  run(file: string, limit: AbortSignal): Promise<Counts>;
  close?(): Promise<void>;
}

/** How to get each of them ready but Deno, which runs the tests as they are. */
const SOURCES: Record<string, () => Promise<Runtime>> = {
  "Node 20": () => node("Node 20"),
  "Node 22": () => node("Node 22"),
  "Node 24": () => node("Node 24"),
  "Node 26": () => node("Node 26"),
  "Bun": bun,
  "workerd": workerd,
  "Chromium": startChromium,
  "bare engine": () => node("Node 24", "--bare"),
};

async function node(name: Node, ...mode: string[]): Promise<Runtime> {
  const program = await installedNode(name);
  const args = ["--expose-gc", "main.mjs"];
  return {
    version: (await run(program, ["--version"])).slice(1) + (mode.length > 0 ? " of Node" : ""),
    run: (file, limit) => runProgram(program, [...args, file, ...mode], limit),
  };
}

async function bun(): Promise<Runtime> {
  const program = await installedBun();
  return {
    version: await run(program, ["--version"]),
    run: (file, limit) => runProgram(program, ["main.mjs", file], limit),
  };
}

async function workerd(): Promise<Runtime> {
  const program = await installedWorkerd();
  return { version: VERSIONS.workerd, run: (file, limit) => runWorker(program, file, limit) };
}

/** A row of the table. */
interface Row {
  name: string;
  version: string;
  counts: Counts;
}

const ALL = ["Deno", ...Object.keys(SOURCES)];
const write = Deno.args.includes("--write");
const [denoOutput] = optionsOf("--deno-output");
const names = namesToRun();
let bundles: Promise<string[]> | undefined;
const rows: Row[] = [];
for (const name of names) {
  const start = performance.now();
  const row = name === "Deno" ? await onDeno() : await onOther(name);
  rows.push(row);
  report(row, performance.now() - start);
}
printTable();
const passed = rows.reduce((sum, { counts }) => sum + counts.passed, 0);
const failed = rows.reduce((sum, { counts }) => sum + counts.failed.length, 0);
let ok = failed === 0 && passed > 0;
if (names.length === ALL.length) ok = await checkContextTable(ok) && ok;
console.log(`${passed} passed, ${failed} failed`);
Deno.exit(ok ? 0 : 1);

/** The values of an option. */
function optionsOf(option: string): string[] {
  return Deno.args.flatMap((arg, i) => Deno.args[i - 1] === option ? [arg] : []);
}

/** The runtimes that the arguments name, or all. */
function namesToRun(): string[] {
  const chosen = ALL.filter((name) => optionsOf("--runtime").includes(name));
  const unknown = optionsOf("--runtime").find((name) => !ALL.includes(name));
  if (unknown !== undefined) {
    console.error(`Cannot run the tests as there are only ${ALL.join(", ")}: received ${unknown}`);
    Deno.exit(1);
  }
  return chosen.length > 0 ? chosen : ALL;
}

/** Runs the tests on Deno. */
async function onDeno(): Promise<Row> {
  const counts = await runDeno(AbortSignal.timeout(RUNTIME_MS), denoOutput);
  return { name: "Deno", version: Deno.version.deno, counts };
}

/** Runs the tests on a runtime that has to be installed. */
async function onOther(name: string): Promise<Row> {
  const row = { name, version: "", counts: new Counts() };
  const { counts } = row;
  let runtime: Runtime | undefined;
  try {
    const files = await (bundles ??= bundleTests());
    runtime = await SOURCES[name]!();
    row.version = runtime.version;
    const limit = AbortSignal.timeout(RUNTIME_MS);
    for (const file of files) {
      counts.add(await runtime.run(file, AbortSignal.any([limit, AbortSignal.timeout(FILE_MS)])));
      if (limit.aborted) throw new Error(`it takes more than ${RUNTIME_MS / 1000} s`);
    }
  } catch (error) {
    counts.failed.push(`it could not be run: ${(error as Error).message}`);
  } finally {
    await runtime?.close?.();
  }
  const deno = rows.find((row) => row.name === "Deno")?.counts;
  if (deno && deno.failed.length + counts.failed.length === 0 && deno.tests !== counts.tests) {
    counts.failed.push(`it ran ${counts.tests} tests of the ${deno.tests} that Deno ran`);
  }
  return row;
}

/** Says how a runtime did, as soon as it is known. */
function report({ name, version, counts: { passed, failed } }: Row, ms: number): void {
  for (const failure of failed) console.log(`${name}: ${failure}\n`);
  const seconds = Math.round(ms / 1000);
  console.log(`${name} ${version}: ${passed} passed, ${failed.length} failed, in ${seconds} s`);
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
  const head = ["runtime", "version", "passed", "failed", "skipped", "skipped as the runtime …"];
  const lines = alignRows([head, ...cells]).map((cells) => cells.join("  ").trimEnd());
  console.log(`\n${lines.join("\n")}\n`);
}

/** Compares the README's table with what was found, or writes it; returns whether they agree. */
async function checkContextTable(testsPassed: boolean): Promise<boolean> {
  if (!testsPassed) {
    console.log("README.md's table of context support was not looked at, as tests failed.\n");
    return false;
  }
  const table = makeContextTable(rows.map(({ name, counts }) => {
    const version = VERSIONS[name as keyof typeof VERSIONS] as string | undefined;
    // "Node 20" is "Node 20.20.2", for one.
    return { label: version ? `${name.replace(/ \d+$/, "")} ${version}` : name, counts };
  }));
  if (await hasContextTable(table)) return true;
  if (write) {
    await writeContextTable(table);
    return true;
  }
  console.log(
    "README.md's table of context support is not what was found, " +
      `which deno task test:runtimes --write writes there:\n\n${table}`,
  );
  return false;
}
