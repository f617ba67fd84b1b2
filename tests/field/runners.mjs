/**
 * Checks test runners with their fake timers and realms: `node:test`, Jest in both of its
 * environments, Vitest in threads with contexts of their own, and `bun test`.
 */
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { report } from "./report.mjs";

const folder = join(import.meta.dirname, "runners");
const bin = join(import.meta.dirname, "node_modules");

/** Runs a test runner, and reports its output if a test fails. */
function run(name, args, cwd, command = process.execPath) {
  const { status, stdout, stderr } = spawnSync(command, args, {
    cwd: join(folder, cwd),
    encoding: "utf8",
    env: { ...process.env, NO_COLOR: "1", NODE_OPTIONS: "" },
  });
  report(name, status === 0 ? "ok" : `${stdout}${stderr}`.slice(-3_000));
}

for (const file of readdirSync(join(folder, "node"))) {
  run(`node:test, ${file}`, ["--test", file], "node");
}
run("Jest, in node and jsdom", [`${bin}/jest/bin/jest.js`], "jest");
run("Vitest, in vmThreads", [`${bin}/vitest/vitest.mjs`, "run"], "vitest");
run("bun test", ["test"], "bun", process.env.BUN);
