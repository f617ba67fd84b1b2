/**
 * Bundles the tests for runtimes that know neither TypeScript nor `Deno`.
 *
 * Each file of tests is a bundle of its own, with its own copy of the module, as
 * each has its own globals in Deno.
 *
 * @module
 */

import { installedEsbuild, ROOT, run } from "../install.ts";
import { findStd } from "../std.ts";

/** Where the bundles are: the tests in `tests/`, the examples in `examples/`. */
export const BUILD = new URL(".runtimes/build/", ROOT);

/** The suite looks for its files beside itself, so that it stays in `node_modules`. */
const APLUS = "promises-aplus-tests";

/** Modules that are replaced where there is no Deno. */
const STAND_INS = {
  "node:assert/strict": "tests/runtimes/assert.ts",
  "node:async_hooks": "tests/runtimes/builtins.ts",
  "node:process": "tests/runtimes/builtins.ts",
  "node:timers": "tests/runtimes/builtins.ts",
  "node:timers/promises": "tests/runtimes/builtins.ts",
  "./tests/helpers/copy.ts": "tests/runtimes/copy.ts",
  "./tests/helpers/work_module.ts": "tests/runtimes/work_module.ts",
};

/**
 * Makes the bundles anew.
 *
 * @returns The files of tests, relative to {@linkcode BUILD}.
 */
export async function bundleTests(): Promise<string[]> {
  await Deno.remove(BUILD, { recursive: true }).catch(() => {});
  await Deno.mkdir(BUILD, { recursive: true });
  const tests = await list("tests/", /_test\.ts$/);
  const programs = ["tests/future/promises_aplus.ts", ...await list("examples/", /\.ts$/)];
  // Workers know no harness.
  const work = "tests/concurrent/work.ts";
  const runner = ["tests/runtimes/harness.ts", "tests/runtimes/main.ts"];

  const importMap = new URL("import_map.json", BUILD);
  await Deno.writeTextFile(importMap, JSON.stringify({ imports: await imports() }));
  await run(Deno.execPath(), [
    "bundle",
    "--quiet",
    "--keep-names",
    "--platform=browser",
    `--external=${APLUS}`,
    `--import-map=${importMap.pathname}`,
    `--outdir=${BUILD.pathname}`,
    "mod.ts",
    ...tests,
    ...programs,
    work,
    ...runner,
  ]);
  // Programs that use several entry points must get one copy of the module.
  await run(Deno.execPath(), [
    "bundle",
    "--quiet",
    "--keep-names",
    "--platform=browser",
    "--code-splitting",
    `--import-map=${importMap.pathname}`,
    `--outdir=${new URL("both/", BUILD).pathname}`,
    "mod.ts",
    "concurrent.ts",
    "debug.ts",
    "testing.ts",
  ]);
  await Deno.writeTextFile(new URL("both/package.json", BUILD), '{ "type": "module" }');
  await lowerSyntax();

  // The new name is the one that tests look for in stacks.
  for (const file of tests) await move(file, `${file}.mjs`, frontOf(file));
  for (const file of programs) {
    await move(file, `${file}.mjs`, `${frontOf(file)}import.meta.main ??= true;\n`);
  }
  await move("mod.ts", "mod.ts.mjs");
  await move(work, `${work}.mjs`);
  const table = await Deno.readTextFile(new URL("tests/waiting/outcomes.txt", ROOT));
  const files = `const FILES = ${JSON.stringify({ "outcomes.txt": table })};\n`;
  await move("tests/runtimes/harness.ts", "harness.mjs", files);
  await move("tests/runtimes/main.ts", "main.mjs");
  const strict = 'module.exports = (function () { "use strict"; return !this; })();\n';
  await Deno.writeTextFile(new URL("strict.cjs", BUILD), strict);
  return tests.map((file) => `${file}.mjs`);
}

/** The import map of the tests, with absolute addresses. */
async function imports(): Promise<Record<string, string>> {
  const map = new URL((await findStd()).importMap, ROOT);
  const { imports } = JSON.parse(await Deno.readTextFile(map)) as {
    imports: Record<string, string>;
  };
  const absolute = (address: string, base: URL) =>
    address.startsWith(".") ? new URL(address, base).href : address;
  return Object.fromEntries([
    ...Object.entries(imports).map(([name, address]) => [name, absolute(address, map)]),
    ...Object.entries(STAND_INS).map((
      [name, path],
    ) => [absolute(name, ROOT), new URL(path, ROOT).href]),
  ]);
}

/** Node before 24 does not know `using`. */
async function lowerSyntax(): Promise<void> {
  const esbuild = await installedEsbuild();
  const files = await list("", /\.js$/, BUILD);
  const options = ["--target=es2022", "--keep-names", "--log-level=error"];
  await run(esbuild, [...options, "--outdir=.", "--allow-overwrite", ...files], { cwd: BUILD });
}

/** The files in a folder and in those below it, relative to `root`, sorted. */
async function list(folder: string, name: RegExp, root: URL = ROOT): Promise<string[]> {
  const names: string[] = [];
  for await (const entry of Deno.readDir(new URL(folder || "./", root))) {
    const path = folder + entry.name;
    if (entry.isDirectory && entry.name !== "field") {
      names.push(...await list(`${path}/`, name, root));
    } else if (name.test(entry.name)) names.push(path);
  }
  return names.sort();
}

/** Gives a bundle its `Deno`, and the way to the folder of bundles. */
function frontOf(file: string): string {
  const build = "../".repeat(file.split("/").length - 1);
  return `import { Deno, require } from "${build}harness.mjs";\nconst BUILD = "${build}";\n`;
}

/** Moves what a file was bundled to, and puts something in front. */
async function move(file: string, to: string, front = ""): Promise<void> {
  const bundle = new URL(file.replace(/\.ts$/, ".js"), BUILD);
  const code = await Deno.readTextFile(bundle);
  await Deno.remove(bundle);
  await Deno.writeTextFile(new URL(to, BUILD), front + code);
}
