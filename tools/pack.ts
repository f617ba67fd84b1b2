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
  // Bundlers may leave out unused files.
  sideEffects: false,
};

/**
 * Which file who imports the package gets. The first condition that holds decides.
 *
 * A program must get one copy of the module, however often it imports and requires the package:
 * `currentTask()` of one copy does not know the tasks of another.
 */
const ENTRY_POINTS = {
  main: "./cjs/mod.js",
  module: "./mod.js",
  types: "./mod.d.ts",
  exports: {
    ".": {
      // Bun, Node from 20.19 and 22.12 on, Deno: these can require an ES module.
      bun: entryPoint("./mod.js"),
      "module-sync": entryPoint("./mod.js"),
      // Bundlers, which can leave out parts of an ES module only.
      module: entryPoint("./mod.js"),
      // Older releases of Node, Jest.
      require: entryPoint("./cjs/mod.js"),
      node: { types: "./mod.d.ts", default: "./cjs/import.mjs" },
      // Browsers.
      default: entryPoint("./mod.js"),
    },
    "./package.json": "./package.json",
  },
};

function entryPoint(file: string): { types: string; default: string } {
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
    const completed = { name, version, ...FIELDS, ...others, ...ENTRY_POINTS };
    await Deno.writeTextFile(file, `${JSON.stringify(completed, null, 2)}\n`);
    await addCommonJs(`${work}/package`);
    const args = ["pack", "--silent", `--pack-destination=${folder.pathname}`];
    return new URL(await run("npm", args, { cwd: `${work}/package` }), folder).pathname;
  } finally {
    await Deno.remove(work, { recursive: true });
  }
}

/** Adds a folder with the module as one file of CommonJS, and the declarations. */
async function addCommonJs(folder: string): Promise<void> {
  const target = `${folder}/cjs`;
  await copyDeclarations(folder, target);
  await Deno.writeTextFile(`${target}/package.json`, '{ "type": "commonjs" }\n');
  // For `import`, where `require()` does not give the ES module.
  await Deno.writeTextFile(`${target}/import.mjs`, 'export * from "./mod.js";\n');
  // Rollup rather than esbuild, which renames classes and drops comments.
  const rollup = await installed("rollup/dist/bin/rollup");
  const args = [`${folder}/mod.js`, "--format=cjs", "--exports=named", `--file=${target}/mod.js`];
  await run(await installedNode("Node 20"), [rollup, ...args, "--silent"]);
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
