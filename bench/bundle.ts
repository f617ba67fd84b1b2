/**
 * Bundles the programs that measure for runtimes that know no TypeScript.
 *
 * @module
 */

import { ROOT, run } from "../tools/install.ts";
import { PEERS } from "./libraries.ts";
import manifest from "../tools/libraries/package.json" with { type: "json" };

/** The folder of the bundles. */
const BUILD = new URL(".runtimes/bench/", ROOT);

/**
 * Bundles programs, and removes older bundles.
 *
 * @param programs The names of the files in `bench/`, without the ending.
 * @returns The folder of the bundles.
 */
export async function bundle(programs: readonly string[]): Promise<URL> {
  await Deno.remove(BUILD, { recursive: true }).catch(() => {});
  await run(Deno.execPath(), [
    "bundle",
    "--quiet",
    "--platform=browser",
    // The other libraries are loaded only if they take part.
    "--code-splitting",
    ...PEERS.map((name) => `--external=${name}`),
    `--outdir=${BUILD.pathname}`,
    ...programs.map((program) => `bench/${program}.ts`),
  ]);
  await Deno.writeTextFile(new URL("package.json", BUILD), '{ "type": "module" }');
  return BUILD;
}

/** Returns the versions of the other libraries, as `tools/libraries/package.json` pins them. */
export function peerVersions(): Record<string, string> {
  const versions: Record<string, string> = manifest.devDependencies;
  return Object.fromEntries(PEERS.map((name) => [name, versions[name]!]));
}
