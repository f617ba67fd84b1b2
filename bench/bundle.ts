/**
 * Bundles the programs that measure, for Node and Bun.
 *
 * @module
 */

import { install, ROOT, run } from "../tools/install.ts";
import { PEERS } from "./libraries.ts";

/** The folder into which npm installs the other libraries. */
const LIBRARIES = new URL(".runtimes/bench/", ROOT);
/** The folder of the bundles, inside so that they find the libraries. */
const BUILD = new URL("build/", LIBRARIES);

/**
 * Bundles programs, and removes older bundles.
 *
 * @param programs The names of the files in `bench/`, without the ending.
 * @returns The folder of the bundles.
 */
export async function bundle(programs: readonly string[]): Promise<URL> {
  await installPeers();
  await Deno.remove(BUILD, { recursive: true }).catch(() => {});
  await run(Deno.execPath(), [
    "bundle",
    "--quiet",
    "--platform=browser",
    // Without code splitting, every library would be loaded, even one that does not take part.
    "--code-splitting",
    ...PEERS.map((name) => `--external=${name}`),
    `--outdir=${BUILD.pathname}`,
    ...programs.map((program) => `bench/${program}.ts`),
  ]);
  await Deno.writeTextFile(new URL("package.json", BUILD), '{ "type": "module" }');
  return BUILD;
}

/** Installs the other libraries, unless the pinned versions are there already. */
async function installPeers(): Promise<void> {
  const versions = Object.entries(await peerVersions());
  const present = await Promise.all(versions.map(async ([name, version]) => {
    const file = new URL(`node_modules/${name}/package.json`, LIBRARIES);
    const text = await Deno.readTextFile(file).catch(() => "{}");
    return JSON.parse(text).version === version;
  }));
  if (present.every(Boolean)) return;
  await install(versions.map(([name, version]) => `${name}@${version}`), LIBRARIES);
}

/** Returns the versions of the other libraries, as `deno.json` pins them. */
export async function peerVersions(): Promise<Record<string, string>> {
  const { imports } = JSON.parse(await Deno.readTextFile(new URL("deno.json", ROOT)));
  return Object.fromEntries(
    PEERS.map((name) => [name, (imports[name] as string).slice(`npm:${name}@`.length)]),
  );
}
