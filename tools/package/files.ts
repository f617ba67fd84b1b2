/**
 * Checks of the files that are published to JSR and to npm, and of package.json; two of them are
 * programs that know what package managers, bundlers and TypeScript make of a package.
 *
 * @module
 */

import { installed, installedNode, ROOT, run } from "../install.ts";
import { ENTRY_POINTS } from "../pack.ts";
import { type Check, expectFiles, expectSame, type Project } from "./project.ts";

/** The files that several entry points of the build for CommonJS require. */
const COMMON_PARTS = ["cjs/shared.js", "cjs/tasks.js"];

/** The files of the build for CommonJS, beside its declarations. */
const COMMON_JS = [
  ...ENTRY_POINTS.flatMap((name) => [`cjs/${name}.js`, `cjs/${name}.mjs`]),
  "cjs/package.json",
  ...COMMON_PARTS,
];

/** The files that are published beside the module's own. */
const DOCUMENTS = ["CHANGELOG.md", "LICENSE", "README.md"];

interface Config {
  name: string;
  version: string;
  license: string;
  exports: string | Record<string, string>;
}

async function readConfig(): Promise<Config> {
  return JSON.parse(await Deno.readTextFile(new URL("deno.json", ROOT)));
}

async function entryPoints(): Promise<string[]> {
  const { exports } = await readConfig();
  return typeof exports === "string" ? [exports] : Object.values(exports);
}

/** Returns the entry points and all files that they import, by their names in the project. */
async function moduleFiles(): Promise<string[]> {
  const files = new Set<string>();
  for (const entry of await entryPoints()) {
    const info = await run(Deno.execPath(), ["info", "--json", entry]);
    for (const { specifier } of JSON.parse(info).modules) files.add(nameInProject(specifier));
  }
  return [...files];
}

function nameInProject(address: string): string {
  return address.startsWith(ROOT.href) ? address.slice(ROOT.href.length) : address;
}

/** Returns the files of a folder and of its subfolders, by their paths relative to it. */
export async function filesIn(folder: URL, prefix = ""): Promise<string[]> {
  const files = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory) files.push(...await filesIn(new URL(`${name}/`, folder), `${prefix}${name}/`));
    else files.push(prefix + name);
  }
  return files;
}

/** Returns the output of a dry run of `deno publish`, which must succeed without a warning. */
async function dryRun(): Promise<string> {
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["publish", "--dry-run", "--allow-dirty"],
    cwd: ROOT,
    env: { NO_COLOR: "1" },
  }).output();
  const output = new TextDecoder().decode(stderr);
  if (!success || /warning/i.test(output)) throw new Error(output);
  return output;
}

/** The checks of the published files. */
export const FILE_CHECKS: Check[] = [
  {
    name: "JSR gets the module, the documents and deno.json, and no warning is given",
    async run() {
      const published = [...(await dryRun()).matchAll(/^\s+(file:\S+) \(.*\)$/gm)]
        .map(([, address]) => nameInProject(address!));
      expectFiles(published, [...await moduleFiles(), ...DOCUMENTS, "deno.json"]);
    },
  },
  {
    name: "npm gets the module, the documents and package.json",
    async run({ installed }) {
      const modules = (await moduleFiles()).map((file) => file.replace(/\.ts$/, ""));
      const isDeclaration = (file: string) =>
        modules.some((name) => file === `${name}.d.ts` || file === `cjs/${name}.d.ts`);
      const packed = (await filesIn(installed)).filter((file) => !isDeclaration(file));
      const scripts = modules.map((name) => `${name}.js`);
      expectFiles(packed, [...scripts, ...COMMON_JS, ...DOCUMENTS, "package.json"]);
    },
  },
  {
    name: "package.json declares the versions of Node, no dependency, and ./debug as a side effect",
    run: checkPackageFile,
  },
  {
    name: "the functions of the build for CommonJS do not look into exports for each other",
    async run({ installed }) {
      for (const file of COMMON_PARTS) {
        const text = await Deno.readTextFile(new URL(file, installed));
        // An export that changes is written, and read, as a property of `exports` everywhere.
        const [body] = text.split(/^exports\./m);
        const looks = body!.match(/\bexports\.\w+/g) ?? [];
        if (looks.length > 0) {
          const names = [...new Set(looks)].join(", ");
          throw new Error(
            `src/debug or src/testing imports variables that change of ${file}: ${names}`,
          );
        }
      }
    },
  },
  {
    name: "publint finds nothing",
    async run({ installed: folder }) {
      await lint("publint/src/cli.js", folder.pathname, "--strict");
    },
  },
  {
    name: "TypeScript finds the right types in every way to resolve a package (attw)",
    async run({ tarball }) {
      await lint("@arethetypeswrong/cli/dist/index.js", tarball);
    },
  },
];

/** Runs a program of npm, which fails if something is wrong with the package. */
async function lint(program: string, ...args: string[]): Promise<void> {
  await run(await installedNode("Node 24"), [await installed(program), ...args]);
}

async function checkPackageFile({ installed }: Project): Promise<void> {
  const { name, version, license } = await readConfig();
  const found = JSON.parse(await Deno.readTextFile(new URL("package.json", installed)));
  const expected = { name, version, license, type: "module" };
  const part = Object.fromEntries(Object.keys(expected).map((key) => [key, found[key]]));
  expectSame("package.json", part, expected);
  for (const field of ["author", "bugs", "description", "homepage", "keywords", "repository"]) {
    if (!found[field]) throw new Error(`there is no ${field}`);
  }
  if (!found.engines?.node) throw new Error("there are no versions of Node");
  const withSideEffects = ["./debug.js", "./src/debug/*.js", "./cjs/debug.js", "./cjs/tasks.js"];
  expectSame("sideEffects", found.sideEffects, withSideEffects);
  expectSame("publishConfig", found.publishConfig, { access: "public" });
  const others = Object.keys(found).filter((key) => /dependencies/i.test(key));
  if (others.length > 0) throw new Error(`there are ${others.join(" and ")}`);
}
