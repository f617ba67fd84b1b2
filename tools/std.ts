/**
 * Where the tests get `@std` from: from JSR, as `deno.json` says, or from the
 * stand-ins of `tests/std/` where JSR does not answer.
 *
 * @module
 */

const TIMEOUT_MS = 20_000;

/** What {@linkcode findStd} found. */
export interface StdSource {
  /** The flags that make Deno resolve `@std`. */
  flags: string[];
  /** Says in a few words which of the two it is. */
  description: string;
}

/** Finds out whether JSR answers. */
export async function findStd(): Promise<StdSource> {
  // Not literals in the import: the type checker would look for them.
  const names = ["@std/assert", "@std/async", "@std/testing/mock", "@std/testing/time"];
  const imports = Promise.all(names.map((name) => import(name))).then(() => true, () => false);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const timeout = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), TIMEOUT_MS);
  });
  const reachable = await Promise.race([imports, timeout]);
  clearTimeout(timer);
  return reachable ? { flags: [], description: "@std from JSR" } : {
    flags: ["--import-map=tests/std/import_map.json"],
    description: "the stand-ins of tests/std for @std, as JSR does not answer",
  };
}
