/**
 * Whether TypeScript takes the declarations of the package, finds what `tests/types_test.ts` and
 * its neighbours assert of them, takes the programs of `tests/types/programs/` and
 * explains the mistakes of `tests/types/mistakes/`.
 *
 * @module
 */

import { installed, installedNode, installLibraries, ROOT, run, versionOf } from "../install.ts";
import programs from "../programs/package.json" with { type: "json" };
import { filesIn } from "./files.ts";
import { compareMessages, expectationsIn, withoutExpectations } from "./mistakes.ts";
import { type Check, NAME, type Project } from "./project.ts";

const { dependencies } = programs;

/** Names in the manifest: the first with `using`, the last two in JavaScript, and the newest. */
const COMPILERS = ["typescript5", "typescript", "typescript6", "typescript7"] as const;

/** The tests whose types are looked at, with what they import. */
const TYPES = [
  "tests/types_test.ts",
  "tests/types_sync_test.ts",
  "tests/types_queues_test.ts",
  "tests/types_concurrent_test.ts",
  "tests/types_debug_test.ts",
  "tests/types_testing_test.ts",
  "tests/helpers/same_type.ts",
];
const DISPOSAL = ["tests/disposal_types_test.ts", "tests/helpers/same_type.ts"];

/** Declarations of what the tests use beside the package, as no library of Deno or Node is there. */
const GLOBALS = `
declare namespace Deno {
  function test(name: string, fn: () => void | Promise<void>): void;
}
declare module "@std/assert" {
  type Class<T> = new (...args: never[]) => T;
  export function assertEquals<T>(actual: T, expected: T): void;
  export function assertInstanceOf<T>(actual: unknown, type: Class<T>): asserts actual is T;
  export function assertStrictEquals<T>(actual: unknown, expected: T): asserts actual is T;
  export function assertThrows(fn: () => unknown, type: Class<Error>): void;
}
`;

const NODE16 = { module: "node16", moduleResolution: "node16" };
const BUNDLER = { module: "esnext", moduleResolution: "bundler" };
const ES2022 = { lib: ["es2022", "dom"] };
const STRICTER = { exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true };

/** Settings of `tsconfig.json`, and the tests that must compile with them. */
const CONFIGS: { name: string; options: object; files: string[] }[] = [
  { name: "node16, lib es2022", options: { ...NODE16, ...ES2022 }, files: TYPES },
  {
    name: "bundler, lib es2022, stricter than strict",
    options: { ...BUNDLER, ...ES2022, ...STRICTER },
    files: TYPES,
  },
  {
    name: "bundler, lib esnext, stricter than strict",
    options: { ...BUNDLER, ...STRICTER, lib: ["esnext", "dom"] },
    files: [...TYPES, ...DISPOSAL],
  },
];

/** Settings for programs, some of which use Node's own modules. */
const PROGRAMS = {
  ...BUNDLER,
  lib: ["esnext", "dom"],
  types: ["node"],
  typeRoots: [new URL("tools/libraries/node_modules/@types", ROOT).pathname],
  // The types of Node take long, and the other checks look at those of the package.
  skipLibCheck: true,
};

/** What the programs and the mistakes import beside the package. */
const HELPERS = ["tests/helpers/same_type.ts", "tests/types/mistake.ts"];

/** The compilers of the programs and the mistakes. */
const PROGRAM_CONFIGS = [
  { compiler: "typescript", name: "strict", options: {} },
  { compiler: "typescript5", name: "stricter than strict", options: STRICTER },
  { compiler: "typescript", name: "stricter than strict", options: STRICTER },
  { compiler: "typescript7", name: "stricter than strict", options: STRICTER },
] as const;

/** The checks of the declarations. */
export const TYPE_CHECKS: Check[] = [
  ...COMPILERS.flatMap((compiler) =>
    CONFIGS.map(({ name, options, files }): Check => ({
      name: `TypeScript ${versionOf(dependencies[compiler])} takes the types: ${name}`,
      run: async (project) => compile(project, compiler, options, await readTexts(files)),
    }))
  ),
  ...PROGRAM_CONFIGS.map(({ compiler, name, options }): Check => ({
    name: `TypeScript ${versionOf(dependencies[compiler])} takes the programs ` +
      `and explains the mistakes: ${name}`,
    run: (project) => compilePrograms(project, compiler, { ...PROGRAMS, ...options }),
  })),
];

/** Compiles the programs, which have no errors, and the mistakes, which have the expected ones. */
async function compilePrograms(project: Project, name: string, options: object): Promise<void> {
  await installLibraries();
  const folders = ["tests/types/programs/", "tests/types/mistakes/"];
  const files = await Promise.all(
    folders.map((folder) => filesIn(new URL(folder, ROOT), folder)),
  );
  const texts = await readTexts([...HELPERS, ...files.flat()]);
  const expected = new Map([...texts].flatMap(([file, text]) => expectationsIn(file, text)));
  for (const [file, text] of texts) texts.set(file, withoutExpectations(text));
  const output = await compile(project, name, options, texts).then(() => "", String);
  compareMessages(output, expected);
}

/** Compiles files of TypeScript with the package. */
async function compile(
  { folder }: Project,
  name: string,
  options: object,
  texts: Map<string, string>,
): Promise<void> {
  const compiler = await installed(`${name}/bin/tsc`);
  const project = new URL("types/", folder);
  const config = {
    compilerOptions: {
      strict: true,
      noEmit: true,
      skipLibCheck: false,
      target: "es2022",
      types: [],
      allowImportingTsExtensions: true,
      ...options,
    },
    files: ["globals.d.ts", ...texts.keys()],
  };
  const others = {
    "mod.ts": `export * from "${NAME}";\n`,
    "concurrent.ts": `export * from "${NAME}/concurrent";\n`,
    "debug.ts": `export * from "${NAME}/debug";\n`,
    "testing.ts": `export * from "${NAME}/testing";\n`,
    "globals.d.ts": GLOBALS,
    "tsconfig.json": JSON.stringify(config),
  };
  for (const [file, text] of [...texts, ...Object.entries(others)]) {
    const copy = new URL(file, project);
    await Deno.mkdir(new URL(".", copy), { recursive: true });
    await Deno.writeTextFile(copy, text);
  }
  await run(await installedNode("Node 20"), [compiler, "--project", "tsconfig.json"], {
    cwd: project,
  });
}

/** The texts of files of this project. */
async function readTexts(files: string[]): Promise<Map<string, string>> {
  const texts = files.map(async (file) =>
    [file, await Deno.readTextFile(new URL(file, ROOT))] as const
  );
  return new Map(await Promise.all(texts));
}
