/**
 * Checks that every link of the pages and of the module's docs to a file of the project leads
 * somewhere, and that the module doc has the README's tables of names.
 *
 * The README and the docs of the module travel without `docs/`, `examples/` and the like: on JSR, on
 * npm and in an editor, a relative link leads nowhere there. Prints each problem.
 *
 * @module
 */

import { ROOT } from "./install.ts";
import { anchorsOf } from "./markers.ts";
import { REPOSITORY } from "./pack.ts";

/** A link of Markdown, and its target. */
const LINK = /\]\(([^)\s]+)\)/g;

/** The files that every copy of the package has. */
const PUBLISHED = ["CHANGELOG.md", "LICENSE", "README.md"];

/** The tables of the README that the module doc repeats, by their headings. */
const TABLES = ["From asyncio to here", "From promises to here"];

const problems: string[] = [];
const pages = ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "bench/README.md"];
for await (const { name } of Deno.readDir(new URL("docs/", ROOT))) pages.push(`docs/${name}`);
for (const page of pages) await checkLinks(page, await read(page));

const sources = [
  "mod.ts",
  "concurrent.ts",
  "debug.ts",
  "testing.ts",
  "future.ts",
  "loop.ts",
  "errors.ts",
];
for await (const file of filesOf("src/")) sources.push(file);
for (const source of sources) await checkLinks(source, docsOf(await read(source)));

const [readme, module] = [await read("README.md"), docsOf(await read("mod.ts"))];
for (const heading of TABLES) {
  const [here, there] = [readme, module].map((text) => tableBelow(heading, text));
  if (!here || here !== there) {
    problems.push(`mod.ts has another table "${heading}" than README.md`);
  }
}

for (const problem of problems) console.error(problem);
console.log(
  `Problems with the links of ${pages.length + sources.length} files: ${problems.length}`,
);
Deno.exit(problems.length > 0 ? 1 : 0);

/** Checks the links of a file to files of the project, and their anchors. */
async function checkLinks(file: string, text: string): Promise<void> {
  for (const [, target] of text.replaceAll(/^```[\s\S]*?^```/gm, "").matchAll(LINK)) {
    const [path, anchor] = pathOf(file, target!) ?? [];
    if (path === undefined) continue;
    const travels = PUBLISHED.includes(file) || file.endsWith(".ts");
    const isRelative = !target!.startsWith("http") && path !== file;
    if (travels && isRelative && !PUBLISHED.includes(path)) {
      problems.push(`${file} has a relative link to ${path}, which is not published`);
    }
    const page = await read(path).catch(() => undefined);
    const exists = page !== undefined ||
      await Deno.stat(new URL(path, ROOT)).catch(() => undefined);
    if (!exists) problems.push(`${file} has a link to ${path}, which is not there`);
    else if (anchor && !anchorsOf(page ?? "").has(anchor)) {
      problems.push(`${file} has a link to ${path}#${anchor}, which has no such heading`);
    }
  }
}

/** Returns the file of the project that a link leads to, and the anchor there. */
function pathOf(file: string, target: string): [path: string, anchor?: string] | undefined {
  if (target === `${REPOSITORY}#readme`) return ["README.md"];
  const inRepository = target.startsWith(`${REPOSITORY}/`);
  const { href } = inRepository
    ? new URL(target.slice(REPOSITORY.length).replace(/^\/(?:blob|tree)\/main\//, ""), ROOT)
    : new URL(target, new URL(file, ROOT));
  if (!href.startsWith(ROOT.href)) return undefined;
  return href.slice(ROOT.href.length).split("#") as [string, string?];
}

/** Returns the text of the docs of a source. */
function docsOf(source: string): string {
  const docs = source.match(/\/\*\*[\s\S]*?\*\//g) ?? [];
  return docs.join("\n").replaceAll(/^ *(?:\/\*\*|\*\/|\*) ?/gm, "");
}

/** Returns the table below a heading. */
function tableBelow(heading: string, text: string): string | undefined {
  return new RegExp(`^#+ ${heading}\n\n((?:\\|.*\n)+)`, "m").exec(text)?.[1];
}

async function* filesOf(folder: string): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(new URL(folder, ROOT))) {
    if (isDirectory) yield* filesOf(`${folder}${name}/`);
    else yield folder + name;
  }
}

function read(path: string): Promise<string> {
  return Deno.readTextFile(new URL(path, ROOT));
}
