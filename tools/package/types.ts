/**
 * Whether TypeScript takes the declarations of the package, and finds what
 * `tests/types_test.ts` and `tests/types_sync_test.ts` assert of them.
 *
 * @module
 */

import { installed, installedNode, ROOT, run, versionOf } from "../install.ts";
import programs from "../programs/package.json" with { type: "json" };
import { type Check, NAME, type Project } from "./project.ts";

const { dependencies } = programs;

/** Names in the manifest: the first with `using`, the last in JavaScript, and the newest. */
const COMPILERS = ["typescript5", "typescript6", "typescript7"] as const;

/** The tests whose types are looked at, with what they import. */
const TYPES = ["tests/types_test.ts", "tests/types_sync_test.ts", "tests/helpers/same_type.ts"];
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

/** The checks of the declarations. */
export const TYPE_CHECKS: Check[] = COMPILERS.flatMap((compiler) =>
  CONFIGS.map(({ name, options, files }) => ({
    name: `TypeScript ${versionOf(dependencies[compiler])} takes the types: ${name}`,
    run: (project) => compile(project, compiler, options, files),
  }))
);

async function compile(
  { folder }: Project,
  name: string,
  options: object,
  files: string[],
): Promise<void> {
  const compiler = await installed(`${name}/bin/tsc`);
  const project = new URL("types/", folder);
  await Deno.mkdir(new URL("tests/helpers/", project), { recursive: true });
  for (const file of files) await Deno.copyFile(new URL(file, ROOT), new URL(file, project));
  await Deno.writeTextFile(new URL("mod.ts", project), `export * from "${NAME}";\n`);
  await Deno.writeTextFile(new URL("globals.d.ts", project), GLOBALS);
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
    files: ["globals.d.ts", ...files],
  };
  await Deno.writeTextFile(new URL("tsconfig.json", project), JSON.stringify(config));
  await run(await installedNode("Node 20"), [compiler, "--project", "tsconfig.json"], {
    cwd: project,
  });
}
