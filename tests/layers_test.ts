/**
 * The files of the module: which file may import which, how long a file may be, and whether the
 * headings and the tests that comments refer to exist.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { anchorsOf } from "../tools/markers.ts";
import { needs } from "./helpers/capabilities.ts";

/** From the lowest to the highest: a file may import the values of its own layer and of lower ones. */
const LAYERS = [
  "src/base/",
  "errors.ts",
  "src/context/",
  "src/loop/",
  "src/future/",
  "future.ts",
  "src/task/",
  "loop.ts",
  "src/waiting/",
  "src/scopes/",
  "src/sync/",
  "src/process.ts",
  "src/debug_mode/",
  "src/shutdown.ts",
  "src/run.ts",
  "src/debug/",
  "mod.ts",
  "debug.ts",
  "src/testing/",
  "testing.ts",
  "src/concurrent/",
  "concurrent.ts",
];

const MAX_LINES = 300;
/** The two classes that everything else is about. */
const MAX_LINES_OF: Record<string, number> = { "future.ts": 650, "src/task/task.ts": 650 };

/** A place in the page about optimisations, as a comment refers to it. */
const ANCHOR = /docs\/performance\.md#([\w-]+)/g;
/** A test in quotation marks, as a comment refers to it. */
const QUOTED_TEST = /\btests?: "([^"]+)"/gi;

const ROOT = new URL("../", import.meta.url);

interface Import {
  /** The file that imports. */
  readonly from: string;
  /** The file that is imported. */
  readonly to: string;
}

/** The files of TypeScript in a folder and below, and their texts. */
async function readFolder(folder: string, files = new Map<string, string>()) {
  for await (const { name, isDirectory } of Deno.readDir(new URL(folder, ROOT))) {
    const path = folder + name;
    if (isDirectory) await readFolder(`${path}/`, files);
    else if (name.endsWith(".ts")) files.set(path, await Deno.readTextFile(new URL(path, ROOT)));
  }
  return files;
}

/** The names of tests that comments quote; a name may go on in the next line. */
function quotedTestsOf(text: string): string[] {
  const joined = text.replaceAll(/\n\s*(?:\/\/|\*)/g, "");
  return [...joined.matchAll(QUOTED_TEST)].map(([, name]) => name!);
}

/**
 * Patterns of the names of a file's tests. An expression in a template stands for any text, so that
 * templates that begin with an expression are left out: these would fit too many names.
 */
function testNamesOf(text: string): RegExp[] {
  const names = text.matchAll(
    /\bDeno\.test\(\s*(?:"((?:[^"\\]|\\.)*)"|`(?!\$\{)((?:[^`\\]|\\.)*)`)/g,
  );
  return [...names].map(([, plain, template]) => {
    const parts = template === undefined ? [plain!] : template.split(/\$\{[^}]*\}/);
    return new RegExp(`^${parts.map(escape).join(".+")}$`);
  });
}

/** Escapes a text for a regular expression, as `RegExp.escape()` does, which Node 20 lacks. */
function escape(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\/]/g, "\\$&");
}

/** The module's files and their texts. */
async function readFiles(folder = "", files = new Map<string, string>()) {
  for await (const { name, isDirectory } of Deno.readDir(new URL(folder || "./", ROOT))) {
    const path = folder + name;
    if (isDirectory) {
      if (path.startsWith("src")) await readFiles(`${path}/`, files);
    } else if (name.endsWith(".ts")) {
      files.set(path, await Deno.readTextFile(new URL(path, ROOT)));
    }
  }
  return files;
}

/** The imports of values; those of types only are erased, and may point anywhere. */
function valueImportsOf(file: string, text: string): Import[] {
  const code = text.replaceAll(/\/\*[\s\S]*?\*\//g, "");
  const statements = code.matchAll(
    /^(?:import|export)\b(?! type\b)(?:([^;"']*?)\bfrom )?\s*"([^"]+)"/gm,
  );
  return [...statements]
    .filter(([, bindings]) => !areTypes(bindings))
    .map(([, , to]) => ({ from: file, to: pathOf(file, to!) }));
}

/** Whether every name between the braces is a type. */
function areTypes(bindings: string | undefined): boolean {
  const names = bindings?.match(/^\s*\{([^}]*)\}\s*$/)?.[1]?.split(",");
  return names?.every((name) => /^\s*(type\s.*)?$/.test(name)) ?? false;
}

function pathOf(file: string, to: string): string {
  return new URL(to, new URL(file, ROOT)).href.slice(ROOT.href.length);
}

function layerOf(file: string): number {
  return LAYERS.findIndex((layer) => layer.endsWith("/") ? file.startsWith(layer) : file === layer);
}

async function readImports(): Promise<{ files: Map<string, string>; imports: Import[] }> {
  needs("sources");
  const files = await readFiles();
  const imports = [...files].flatMap(([file, text]) => valueImportsOf(file, text));
  return { files, imports };
}

/** Finds a way along the imports that leads back to where it began. */
function findCycle(imports: readonly Import[]): string[] | undefined {
  const finished = new Set<string>();
  const visit = (file: string, path: string[]): string[] | undefined => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
    if (finished.has(file)) return undefined;
    finished.add(file);
    const next = imports.filter(({ from }) => from === file);
    return next.map(({ to }) => visit(to, [...path, file])).find(Boolean);
  };
  return imports.map(({ from }) => visit(from, [])).find(Boolean);
}

Deno.test("every file of the module belongs to a layer", async () => {
  const { files } = await readImports();
  assert(files.size > 40, "too few files were found");
  assertEquals([...files.keys()].filter((file) => layerOf(file) < 0), []);
});

Deno.test("the module imports its own files only", async () => {
  const { files, imports } = await readImports();
  assertEquals(imports.filter(({ to }) => !files.has(to)), []);
});

Deno.test("values are imported from the same layer or a lower one", async () => {
  const { imports } = await readImports();
  assert(imports.length > 100, "too few imports were found");
  assertEquals(imports.filter(({ from, to }) => layerOf(to) > layerOf(from)), []);
});

Deno.test("no file of the core imports src/concurrent/, src/debug/ or src/testing/, not even their types", async () => {
  const { files } = await readImports();
  const isApart = (file: string) => /^(src\/)?(concurrent|debug|testing)(\.ts|\/)/.test(file);
  const core = [...files].filter(([file]) => !isApart(file));
  const imports = core.flatMap(([file, text]) =>
    [...text.matchAll(/\bfrom "(\.[^"]+)"/g)].map(([, to]) => ({
      from: file,
      to: pathOf(file, to!),
    }))
  );
  assert(imports.length > 100, "too few imports were found");
  assertEquals(imports.filter(({ to }) => isApart(to)), []);
});

Deno.test("no imports lead back to where they began", async () => {
  const { imports } = await readImports();
  assertEquals(findCycle(imports), undefined);
  const circle = [{ from: "a.ts", to: "b.ts" }, { from: "b.ts", to: "a.ts" }];
  assertEquals(findCycle(circle), ["a.ts", "b.ts", "a.ts"]);
});

Deno.test("no file of the module imports an entry point", async () => {
  const { imports } = await readImports();
  const { exports } = JSON.parse(await Deno.readTextFile(new URL("deno.json", ROOT)));
  const addresses: string[] = typeof exports === "string" ? [exports] : Object.values(exports);
  const entryPoints = addresses.map((address) => pathOf("mod.ts", address));
  assertEquals(imports.filter(({ to }) => entryPoints.includes(to)), []);
});

Deno.test("a file can be read in one sitting", async () => {
  const { files } = await readImports();
  const tooLong = [...files].map(([file, text]) => ({ file, lines: text.split("\n").length - 1 }))
    .filter(({ file, lines }) => lines > (MAX_LINES_OF[file] ?? MAX_LINES));
  assertEquals(tooLong, []);
});

Deno.test("every anchor of docs/performance.md in the code leads to a heading", async () => {
  const { files } = await readImports();
  const page = await Deno.readTextFile(new URL("docs/performance.md", ROOT));
  const anchors = anchorsOf(page);
  const links = [...files, ...await readFolder("bench/")].flatMap(([file, text]) =>
    [...text.matchAll(ANCHOR)].map(([, anchor]) => ({ file, anchor: anchor! }))
  );
  assert(links.length > 20, "too few links were found");
  assertEquals(links.filter(({ anchor }) => !anchors.has(anchor)), []);
});

Deno.test("every test that a comment quotes exists", async () => {
  const { files } = await readImports();
  const tests = [...(await readFolder("tests/")).values()].flatMap(testNamesOf);
  assert(tests.length > 500, "too few tests were found");
  const quoted = [...files].flatMap(([file, text]) =>
    quotedTestsOf(text).map((name) => ({ file, name }))
  );
  assert(quoted.length > 0, "no quoted test was found");
  assertEquals(quoted.filter(({ name }) => !tests.some((pattern) => pattern.test(name))), []);
});

Deno.test("anchorsOf() drops punctuation, and takes no comment of a shell for a heading", () => {
  const page = "# One waiter for gather()\n\n```sh\n# not a heading\n```\n\n### `A_b` &\n";
  assertEquals([...anchorsOf(page)], ["one-waiter-for-gather", "a_b-"]);
});

Deno.test("quotedTestsOf() joins lines, and testNamesOf() reads templates", () => {
  const comment = '// Test:\n    // "a is thrown\n    // into b".\n/** Tests: "c". */';
  assertEquals(quotedTestsOf(comment), ["a is thrown into b", "c"]);
  const [plain, template] = testNamesOf('Deno.test(\n  "a (b)", f);\nDeno.test(`x ${y} z`, f);');
  assert(plain!.test("a (b)"));
  assert(!plain!.test("a (b) c"));
  assert(template!.test("x whatever z"));
  assert(!template!.test("x whatever"));
});

Deno.test("valueImportsOf() finds imports, exports and bare imports, but no types", () => {
  const text = `import { a } from "./a.ts";
    import type { B } from "./b.ts";
import type { C } from "./c.ts";
import {
  type D,
  e,
} from "./d.ts";
import { type F } from "../f.ts";
import "./g.ts";
export { h } from "./h.ts";
export { type I } from "./i.ts";
/* import { j } from "./j.ts"; */
export const k = "./k.ts";
`;
  const found = valueImportsOf("src/x/y.ts", text).map(({ to }) => to);
  assertEquals(found, ["src/x/a.ts", "src/x/d.ts", "src/x/g.ts", "src/x/h.ts"]);
});
