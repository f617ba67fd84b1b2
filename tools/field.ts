/**
 * Runs the package in other surroundings, with the real programs from npm or Debian:
 * Cloudflare Workers, Next.js, pages in Chromium, zone.js and other libraries that replace the
 * global `Promise`, Hermes, test runners with their fake timers, servers, matchers, compilers, pools
 * of connections and of workers, bundlers, the engine of DevTools.
 *
 * The packages are installed into `.runtimes/field/`, from the lock files of `tests/field/`.
 * Each program there prints a line for each question, which begins with `ok` or `FAULT`, or with
 * `skip` for what cannot be tried on this machine; the last line here is how many there were:
 * `123 passed, 0 failed`. The arguments are names of programs, without the ending, to run only
 * those.
 *
 * @module
 */

import { installedBun, installedNode, installLocked, ROOT, run } from "./install.ts";
import { pack } from "./pack.ts";
import { linesOf } from "./runtimes/program.ts";
import { findChromium } from "./runtimes/chromium.ts";
import { findDatabases } from "./databases.ts";

const SOURCE = new URL("tests/field/", ROOT);
const FOLDER = new URL(".runtimes/field/", ROOT);

/** The folders that have packages of their own: two versions of Next.js cannot share one. */
const PACKAGES = ["", "next15/", "next16/"];

/** The programs, each with its argument, if it has one. */
const PROGRAMS = [
  ["workers"],
  ["next", "next15"],
  ["next", "next16"],
  ["indexeddb"],
  ["promises"],
  ["zones"],
  ["frames"],
  ["runners"],
  ["signals"],
  ["aborts"],
  ["copies"],
  ["harmless"],
  ["matchers"],
  ["servers"],
  ["compiled"],
  ["shared_work"],
  ["pools"],
  ["executors"],
  ["worker_bundles"],
  ["traces"],
] as const;

/** A program that runs longer hangs. */
const TIMEOUT_MS = 300_000;

const known = new Set<string>(PROGRAMS.map(([name]) => name));
const unknown = Deno.args.find((name) => !known.has(name));
if (unknown !== undefined) {
  const all = [...known].join(", ");
  console.error(`Cannot run the program as there are only ${all}: received ${unknown}`);
  Deno.exit(1);
}

let passed = 0;
let failed = 0;
await install();
const isWanted = (name: string) => Deno.args.length === 0 || Deno.args.includes(name);
const env = {
  CHROMIUM: await findChromium(),
  BUN: await installedBun(),
  DENO: Deno.execPath(),
  ...(isWanted("pools") ? await findDatabases() : {}),
};
for (const [name, ...args] of PROGRAMS) {
  if (isWanted(name)) await runProgram(name, args);
}
console.log(`${passed} passed, ${failed} failed`);
Deno.exit(failed > 0 || passed === 0 ? 1 : 0);

/** Copies the programs, and installs what they need and the package. */
async function install(): Promise<void> {
  await Deno.mkdir(FOLDER, { recursive: true });
  await run("cp", ["-r", `${SOURCE.pathname}.`, FOLDER.pathname]);
  const work = await Deno.makeTempDir();
  try {
    const tarball = await pack(new URL(`file://${work}/`), "--allow-dirty");
    await run("tar", ["-xzf", tarball], { cwd: work });
    for (const name of PACKAGES) {
      const folder = new URL(name, FOLDER);
      await installLocked(folder);
      const target = new URL("node_modules/@asyncio/", folder);
      await Deno.remove(target, { recursive: true }).catch(() => {});
      await Deno.mkdir(target, { recursive: true });
      await run("cp", ["-r", `${work}/package`, new URL("future", target).pathname]);
    }
  } finally {
    await Deno.remove(work, { recursive: true });
  }
}

/** Runs a program, passes on what it prints, and counts the lines. */
async function runProgram(name: string, args: string[]): Promise<void> {
  const start = performance.now();
  const before = failed;
  const child = new Deno.Command(await installedNode("Node 24"), {
    args: [`${name}.mjs`, ...args],
    cwd: FOLDER,
    env,
    stdin: "null",
    stdout: "piped",
    signal: AbortSignal.timeout(TIMEOUT_MS),
  }).spawn();
  let lines = 0;
  for await (const line of linesOf(child.stdout)) {
    if (line.startsWith("ok ")) passed++;
    else if (line.startsWith("FAULT")) failed++;
    else if (failed === before && !line.startsWith("skip")) continue;
    lines++;
    if (!line.startsWith("ok ")) console.log(line);
  }
  const { code } = await child.status;
  if (code !== 0 || lines === 0) {
    failed++;
    console.log(`FAULT ${name} ${args.join(" ")} ended with ${code}`);
  }
  const seconds = Math.round((performance.now() - start) / 1000);
  const outcome = failed === before ? "ok   " : "FAULT";
  console.log(`${outcome} ${[name, ...args].join(" ")}: ${lines} lines, in ${seconds} s`);
}
