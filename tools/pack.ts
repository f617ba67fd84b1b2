/**
 * Packs the module for npm, as a tarball in the folder of the project.
 *
 * `deno pack` makes the JavaScript, the declarations and a package file. The package file is then
 * completed by what bundlers and readers of the registry want to know, and a build for CommonJS is
 * added. The arguments go to `deno pack`.
 *
 * @module
 */

import { installed, installedNode, ROOT, run } from "./install.ts";

/** Where the sources are. */
export const REPOSITORY = "https://github.com/asyncio/future";

/** The fields of package.json that `deno.json` lacks. */
const FIELDS = {
  description: "Python's asyncio.Future for TypeScript: futures, tasks, timeouts, task groups, " +
    "an event loop and its context, with AbortSignal and promises.",
  keywords: [
    "abortsignal",
    "async-context",
    "asyncio",
    "cancellation",
    "coroutine",
    "future",
    "promise",
    "structured-concurrency",
    "task",
    "timeout",
  ],
  homepage: "https://jsr.io/@asyncio/future",
  repository: { type: "git", url: `git+${REPOSITORY}.git` },
  bugs: { url: `${REPOSITORY}/issues` },
  author: "The asyncio/future authors",
  publishConfig: { access: "public" },
  // The releases from which on contexts follow promises without an import.
  engines: { node: "^20.16.0 || >=22.3.0" },
  // Bundlers may leave out unused files, but for those of `./debug`: its import alone makes debug
  // mode print the tasks.
  sideEffects: ["./debug.js", "./src/debug/*.js", "./cjs/debug.js", "./cjs/tasks.js"],
};

/** The names of the files that programs import, without their endings. */
export const ENTRY_POINTS = ["mod", "concurrent", "debug", "testing"];

/** The fields of package.json that say where the files are. */
const PLACES = {
  main: "./cjs/mod.js",
  module: "./mod.js",
  types: "./mod.d.ts",
  exports: {
    ".": conditionsOf("mod"),
    // Who knows no `exports`, as the resolution "node10" of TypeScript, finds these by their names.
    "./concurrent": conditionsOf("concurrent"),
    "./debug": conditionsOf("debug"),
    "./testing": conditionsOf("testing"),
    "./package.json": "./package.json",
  },
};

/**
 * Returns which file who imports an entry point gets. The first condition that holds decides.
 *
 * A program must get one copy of the module, however often it imports and requires the entry points:
 * `currentTask()` of one copy does not know the tasks of another.
 */
function conditionsOf(name: string) {
  return {
    // Bun, Node from 20.19 and 22.12 on, Deno: these can require an ES module.
    bun: withTypes(`./${name}.js`),
    "module-sync": withTypes(`./${name}.js`),
    // Bundlers, which can leave out parts of an ES module only.
    module: withTypes(`./${name}.js`),
    // Older releases of Node, Jest.
    require: withTypes(`./cjs/${name}.js`),
    node: { types: `./${name}.d.ts`, default: `./cjs/${name}.mjs` },
    // Browsers.
    default: withTypes(`./${name}.js`),
  };
}

function withTypes(file: string): { types: string; default: string } {
  return { types: file.replace(/\.js$/, ".d.ts"), default: file };
}

/**
 * Makes the tarball.
 *
 * @param folder Where to.
 * @param options Options of `deno pack`.
 * @returns Its path.
 */
export async function pack(folder: URL, ...options: string[]): Promise<string> {
  const work = await Deno.makeTempDir();
  try {
    const made = `${work}/made.tgz`;
    await run(Deno.execPath(), ["pack", "--no-source-maps", ...options, `--output=${made}`]);
    await run("tar", ["-xzf", made], { cwd: work });
    const file = `${work}/package/package.json`;
    const { name, version, ...others } = JSON.parse(await Deno.readTextFile(file));
    const completed = { name, version, ...FIELDS, ...others, ...PLACES };
    await Deno.writeTextFile(file, `${JSON.stringify(completed, null, 2)}\n`);
    await addCommonJs(`${work}/package`);
    const args = ["pack", "--silent", `--pack-destination=${folder.pathname}`];
    return new URL(await run("npm", args, { cwd: `${work}/package` }), folder).pathname;
  } finally {
    await Deno.remove(work, { recursive: true });
  }
}

/**
 * Adds a folder with the entry points as CommonJS, the files `shared.js` and `tasks.js` with what
 * several of them need, and the declarations.
 */
async function addCommonJs(folder: string): Promise<void> {
  const target = `${folder}/cjs`;
  await copyDeclarations(folder, target);
  await Deno.writeTextFile(`${target}/package.json`, '{ "type": "commonjs" }\n');
  // For `import`, where `require()` does not give the ES module.
  for (const name of ENTRY_POINTS) {
    await Deno.writeTextFile(`${target}/${name}.mjs`, `export * from "./${name}.js";\n`);
  }
  // Rollup rather than esbuild, which renames classes and drops comments.
  const rollup = await installed("rollup/dist/bin/rollup");
  const config = await Deno.makeTempFile({ suffix: ".mjs" });
  await Deno.writeTextFile(config, rollupConfig(folder, target));
  await run(await installedNode("Node 20"), [rollup, `--config=${config}`, "--silent"]);
  await Deno.remove(config);
}

/**
 * Returns the settings that put all but the files of `./debug` and `./testing` into one file, which
 * all entry points require: the functions of one file call each other without a look into `exports`.
 * Rollup puts what `./testing` needs of `./debug` into a file of its own, `tasks.js`.
 */
function rollupConfig(folder: string, target: string): string {
  const input = ENTRY_POINTS.map((name) => `${folder}/${name}.js`);
  const output = { dir: target, format: "cjs", exports: "named", chunkFileNames: "[name].js" };
  const apart = ENTRY_POINTS.filter((name) => name !== "mod")
    .flatMap((name) => [`${folder}/${name}.js`, `${folder}/src/${name}/`]);
  return `
    const { input, output, apart } = ${JSON.stringify({ input, output, apart })};
    const manualChunks = (file) =>
      apart.some((path) => file.startsWith(path)) ? undefined : "shared";
    export default { input, output: { ...output, manualChunks } };
  `;
}

/** Copies the declarations of a folder and its subfolders. */
async function copyDeclarations(from: string, to: string): Promise<void> {
  await Deno.mkdir(to, { recursive: true });
  for await (const { name, isDirectory } of Deno.readDir(from)) {
    if (isDirectory && name !== "cjs") await copyDeclarations(`${from}/${name}`, `${to}/${name}`);
    else if (name.endsWith(".d.ts")) await Deno.copyFile(`${from}/${name}`, `${to}/${name}`);
  }
}

if (import.meta.main) console.log(await pack(ROOT, ...Deno.args));
