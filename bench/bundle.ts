/**
 * Bundles the programs that measure for runtimes that know no TypeScript.
 *
 * @module
 */

import { install, ROOT, run } from "../tools/install.ts";
import { PEERS } from "./libraries.ts";

/** Where the other libraries are, as they are published. */
const LIBRARIES = new URL(".runtimes/bench/", ROOT);
const BUILD = new URL("build/", LIBRARIES);

/**
 * Makes the bundles anew.
 *
 * @param programs The names of the files in `bench/`, without the ending.
 * @returns Where they are.
 */
export async function bundle(programs: readonly string[]): Promise<URL> {
  await installPeers();
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

/** The versions of the other libraries, as `deno.json` pins them. */
export async function peerVersions(): Promise<Record<string, string>> {
  const { imports } = JSON.parse(await Deno.readTextFile(new URL("deno.json", ROOT)));
  return Object.fromEntries(
    PEERS.map((name) => [name, (imports[name] as string).slice(`npm:${name}@`.length)]),
  );
}
