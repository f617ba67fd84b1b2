/**
 * Bundles of the package: whether they hold what is used and no more, whether
 * they work, and how large they are.
 *
 * @module
 */

import { gzipSync } from "node:zlib";
import { installed, installedEsbuild, installedNode, ROOT, run } from "../install.ts";
import { checkProgram } from "./programs.ts";
import { type Check, NAME, type Project } from "./project.ts";

/** How large the whole module may be, in bytes, minified and gzipped. */
const MAX_WHOLE = 10_000;
/** How large `Future` alone may be. */
const MAX_FUTURE = 5_000;

const TERSER = "5.51.4";
const ROLLUP = "4.68.8";
const ROLLUP_RESOLVE = "16.0.3";

const WHOLE = `export * from "${NAME}";\n`;
const FUTURE = `export { Future } from "${NAME}";\n`;

/** What a bundle of `Future` alone holds nothing of. */
const LEFT_OUT = [
  "Task",
  "allTasks",
  "asCompleted",
  "createTask",
  "gather",
  "run",
  "shield",
  "sleep",
  "taskGroup",
  "timeout",
  "timeoutAt",
  "wait",
  "waitFor",
];

const FUTURE_ALONE = [
  "<Future finished result=42>",
  "answer: 42",
  "failed: no such host",
  "cancelled: true, aborted: true",
  "later: a timer",
  "no task: Cannot create a task as the bundle has none: import Task or createTask",
  "Future exception was never retrieved",
];

/** What works if only this name is imported. */
const ALONE: [name: string, expression: string][] = [
  ["Task", "new Task(coroutine)"],
  ["asCompleted", "asCompleted([coroutine()])[Symbol.asyncIterator]().next()"],
  ["createTask", "createTask(coroutine)"],
  ["ensureFuture", "ensureFuture(coroutine())"],
  ["gather", "gather(coroutine())"],
  ["getEventLoop", "getEventLoop().createFuture().cancel()"],
  ["getEventLoop", "getEventLoop().createTask(coroutine)"],
  ["run", "run(coroutine)"],
  ["shield", "shield(coroutine())"],
  ["sleep", "sleep(1)"],
  ["taskGroup", "taskGroup((group) => group.createTask(coroutine))"],
  ["timeout", "timeout(1_000, coroutine)"],
  ["waitFor", "waitFor(coroutine(), 1_000)"],
  [
    "wrapFuture",
    "wrapFuture({ addDoneCallback: (call) => call(), cancel() {}, cancelled: () => false, " +
    "exception: () => null, result() {} })",
  ],
];

/** The checks of bundles. */
export const BUNDLE_CHECKS: Check[] = [
  {
    name: "esbuild leaves tasks and task groups out of Future",
    async run(project) {
      const { code, files } = await bundleFuture(project);
      checkLeftOut(code);
      const others = await filesOf(LEFT_OUT, project);
      const held = others.filter((file) => files.includes(file));
      if (held.length > 0) throw new Error(`the bundle has parts of ${held.join(" and ")}`);
    },
  },
  {
    name: "Rollup leaves tasks and task groups out of Future",
    run: async (project) => checkLeftOut(await rollUpFuture(project)),
  },
  ...["esbuild", "Rollup"].map((bundler) => ({
    name: `Future alone works when ${bundler} has bundled it`,
    run: (project: Project) =>
      checkProgram(20, project, ["future_alone.mjs", `./future.${bundler}.mjs`], FUTURE_ALONE),
  })),
  { name: "what is imported alone works when it is bundled", run: checkAlone },
  {
    name: "using works where the runtime does not know Symbol.dispose",
    async run(project) {
      await Deno.copyFile(
        new URL("tests/package/no_dispose.mjs", ROOT),
        new URL("no_dispose.mjs", project.folder),
      );
      await esbuild(project, "no_dispose.mjs", "no_dispose.js", "--format=iife");
      await checkProgram(20, project, ["in_context.cjs", "no_dispose.js"], [
        "Symbol.dispose: undefined",
        "<Future cancelled>",
        '<Task cancelled name="sleeper" coro=<anonymous>>',
        "a method called undefined: false",
      ]);
    },
  },
  { name: "whole module", run: (project) => checkSize(project, WHOLE, MAX_WHOLE) },
  { name: "Future alone", run: (project) => checkSize(project, FUTURE, MAX_FUTURE) },
];

/** Bundles a file of a project with esbuild. */
async function esbuild(
  { folder }: Project,
  from: string,
  to: string,
  ...options: string[]
): Promise<void> {
  const always = ["--bundle", "--target=es2022", "--log-level=error", `--outfile=${to}`];
  await run(await installedEsbuild(), [from, ...always, ...options], folder);
}

const read = (name: string, { folder }: Project) => Deno.readTextFile(new URL(name, folder));

const write = (name: string, { folder }: Project, code: string) =>
  Deno.writeTextFile(new URL(name, folder), code);

/** The code of the bundle of `Future` alone, and the files that are part of it. */
async function bundleFuture(project: Project): Promise<{ code: string; files: string[] }> {
  await write("future.mjs", project, FUTURE);
  const bundle = "future.esbuild.mjs";
  await esbuild(project, "future.mjs", bundle, "--format=esm", "--metafile=future.json");
  const { outputs } = JSON.parse(await read("future.json", project));
  const inputs = Object.entries<{ bytesInOutput: number }>(outputs[bundle].inputs);
  const files = inputs.flatMap(([file, { bytesInOutput }]) => bytesInOutput > 0 ? [file] : []);
  return { code: await read(bundle, project), files };
}

async function rollUpFuture(project: Project): Promise<string> {
  const folder = new URL(`.runtimes/rollup@${ROLLUP}/`, ROOT);
  const program = await installed("rollup", ROLLUP, "dist/bin/rollup", folder);
  await installed("@rollup/plugin-node-resolve", ROLLUP_RESOLVE, "package.json", folder);
  await write("future.mjs", project, FUTURE);
  const options = ["--format=es", "--plugin=node-resolve", "--file=future.Rollup.mjs"];
  await run(await installedNode(20), [program, "future.mjs", ...options], project.folder);
  return await read("future.Rollup.mjs", project);
}

/** Throws if a bundle declares what is to be left out. */
function checkLeftOut(code: string): void {
  const declarations = new RegExp(
    String.raw`^(?:class|const|function\*?|let|var) (?:${LEFT_OUT.join("|")})(?:\$?\d+)?\b`,
    "gm",
  );
  const held = code.match(declarations);
  if (held) throw new Error(`the bundle has ${held.join(" and ")}`);
  if (!/\bclass _?Future\b/.test(code)) throw new Error("the bundle has no class Future");
}

/** The files that the names are exported from, as esbuild calls them. */
async function filesOf(names: string[], { installed }: Project): Promise<string[]> {
  const index = await Deno.readTextFile(new URL("mod.js", installed));
  const files = new Map<string, string>();
  for (const [, exported, file] of index.matchAll(/export \{([^}]*)\} from "\.\/([^"]*)"/g)) {
    for (const name of exported!.split(",")) files.set(name.trim(), file!);
  }
  const unknown = names.find((name) => !files.has(name));
  if (unknown) throw new Error(`mod.js does not say which file ${unknown} is exported from`);
  return [...new Set(names.map((name) => `node_modules/${NAME}/${files.get(name)}`))];
}

async function checkAlone(project: Project): Promise<void> {
  const node = await installedNode(20);
  const failures: string[] = [];
  for (const [name, expression] of ALONE) {
    await write(
      "alone.mjs",
      project,
      `import { ${name} } from "${NAME}";\n` +
        "function* coroutine() { yield; }\n" +
        `await ${expression};\n`,
    );
    await esbuild(project, "alone.mjs", "alone.js", "--format=esm");
    await run(node, ["alone.js"], project.folder).catch(({ message }) =>
      failures.push(`${expression}: ${message}`)
    );
  }
  if (failures.length > 0) throw new Error(failures.join("\n"));
}

/** Checks what some code and all it imports comes to. */
async function checkSize(project: Project, code: string, max: number): Promise<string> {
  await write("entry.mjs", project, code);
  await esbuild(project, "entry.mjs", "minified.mjs", "--format=esm", "--minify");
  const terser = await installed("terser", TERSER, "bin/terser");
  const options = ["--module", "--ecma=2022", "--compress=passes=3", "--mangle"];
  const args = [terser, "minified.mjs", ...options, "--output=smaller.mjs"];
  await run(await installedNode(20), args, project.folder);
  const sizes = await Promise.all(["minified.mjs", "smaller.mjs"].map(async (name) => {
    const bytes = await Deno.readFile(new URL(name, project.folder));
    return { minified: bytes.length, gzipped: gzipSync(bytes, { level: 9 }).length };
  }));
  const { minified, gzipped } = sizes.reduce((a, b) => b.gzipped < a.gzipped ? b : a);
  const n = (size: number) => size.toLocaleString("en");
  const text = `${n(minified)} B minified, ${n(gzipped)} B gzipped (at most ${n(max)})`;
  if (gzipped > max) throw new Error(text);
  return text;
}
