/**
 * Installs what the tests and the tools need, and runs programs.
 *
 * Two manifests, each with a lock file that has the checksums, name the packages of npm:
 * `tools/libraries/package.json` what the tests, the benches and the tools import, and
 * `tools/programs/package.json` programs; `tests/field/` has its own. Run as a program, this file
 * installs the libraries.
 *
 * @module
 */

import manifest from "./programs/package.json" with { type: "json" };
import { dots } from "./dots.ts";

/** The folder of the project. */
export const ROOT = new URL("../", import.meta.url);

const LIBRARIES = new URL("tools/libraries/", ROOT);
const PROGRAMS = new URL("tools/programs/", ROOT);

/** No program takes as long, not even an installation over a slow line. */
const TIMEOUT_MS = 600_000;

/** How often to try, and how long to wait before the next time. */
const TRIES = 3;
const PAUSE_MS = 5_000;

const { os, arch } = Deno.build;
const isX64 = arch === "x86_64";

/** The platform, as most packages of programs have it in their names. */
const PLATFORM = `${os}-${isX64 ? "x64" : "arm64"}`;

/** The releases of the runtimes that the tests run on. */
export const VERSIONS = {
  "Node 20": versionOf(manifest.optionalDependencies["node20-linux-x64"]),
  "Node 22": versionOf(manifest.optionalDependencies["node22-linux-x64"]),
  "Node 24": versionOf(manifest.optionalDependencies["node24-linux-x64"]),
  "Node 26": versionOf(manifest.optionalDependencies["node26-linux-x64"]),
  "Bun": manifest.dependencies.bun,
  "workerd": manifest.dependencies.workerd,
};

/** A version of Node that the tests run on, or the oldest one that the package is for. */
export type Node = Extract<keyof typeof VERSIONS, `Node ${number}`> | `oldest Node ${20 | 22}`;

/** The version of a dependency that has another name here: `npm:name@1.2.3`. */
export function versionOf(dependency: string): string {
  return dependency.slice(dependency.lastIndexOf("@") + 1);
}

/** Installs Node, and returns the path of the program. */
export function installedNode(node: Node): Promise<string> {
  const name = node.toLowerCase().replace(/ (?=\d)/, "").replace(" ", "-");
  return installed(`${name}-${PLATFORM}/bin/node`);
}

/** Installs Bun, and returns the path of the program. */
export function installedBun(): Promise<string> {
  return installed(`@oven/bun-${os}-${isX64 ? "x64" : "aarch64"}/bin/bun`);
}

/** Installs workerd, and returns the path of the program. */
export function installedWorkerd(): Promise<string> {
  return installed(`@cloudflare/workerd-${os}-${isX64 ? "64" : "arm64"}/bin/workerd`);
}

/** Installs esbuild, and returns the path of the program. */
export function installedEsbuild(): Promise<string> {
  return installed(`@esbuild/${PLATFORM}/bin/esbuild`);
}

/** Installs the native compiler of TypeScript 7, and returns the path of the program. */
export function installedTypeScript7(): Promise<string> {
  return installed(`@typescript/typescript-${PLATFORM}/lib/tsc`);
}

/** Installs the libraries, where files in any folder of the project find them. */
export async function installLibraries(): Promise<void> {
  await installLocked(LIBRARIES);
  // Node and Deno look for packages in the folders above the file that imports them.
  const link = new URL("node_modules", ROOT);
  if (!await Deno.stat(link).catch(() => undefined)) {
    await Deno.symlink("tools/libraries/node_modules", link);
  }
}

/** Installs the programs, and returns the path of a file among them. */
export async function installed(file: string): Promise<string> {
  await installLocked(PROGRAMS);
  return new URL(`node_modules/${file}`, PROGRAMS).pathname;
}

/** Installs what the lock file of a folder names, unless it is there. */
export async function installLocked(folder: URL): Promise<void> {
  const done = new URL("node_modules/.installed", folder);
  const wanted = await Deno.readTextFile(new URL("package-lock.json", folder));
  if (await Deno.readTextFile(done).catch(() => "") === wanted) return;
  const file = new URL("package.json", folder).pathname.slice(ROOT.pathname.length);
  console.log(`Installing the packages of ${file}`);
  using _ = dots();
  // Native programs come as packages: no install script is needed.
  const args = ["ci", "--ignore-scripts", "--no-audit", "--no-fund"];
  await retry(async () => void await run("npm", args, { cwd: folder }));
  await Deno.writeTextFile(done, wanted);
}

/**
 * Installs a package of Debian, which takes root.
 *
 * @param name Its name.
 */
export async function installDebian(name: string): Promise<void> {
  const env = { DEBIAN_FRONTEND: "noninteractive" };
  const options = ["-o", "DPkg::Lock::Timeout=300", "-o", "Acquire::Retries=3"];
  await retry(async () => {
    // If one of many sources is down, the package may be in another one.
    await run("apt-get", [...options, "update"], { env }).catch(() => {});
    await run("apt-get", [...options, "install", "-y", "--no-install-recommends", name], { env });
  });
}

/** Calls again what fails for a moment, as networks do. */
async function retry(fn: () => Promise<void>): Promise<void> {
  for (let i = 1; i < TRIES; i++) {
    try {
      return await fn();
    } catch {
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }
  await fn();
}

/** Options of {@linkcode run}. */
export interface ProgramOptions {
  /** The folder to run it in. Default: that of the project. */
  cwd?: string | URL;
  /** Further variables of its environment. */
  env?: Record<string, string>;
  /** After how many milliseconds it is stopped, and has failed then. */
  timeout?: number;
}

/**
 * Runs a program to its end.
 *
 * @param program The program.
 * @param args Its arguments.
 * @param options The folder, the environment, how long it may take.
 * @returns What it prints.
 * @throws {Error} With what it prints, if it fails or does not end.
 */
export async function run(
  program: string,
  args: string[],
  { cwd = ROOT, env = {}, timeout = TIMEOUT_MS }: ProgramOptions = {},
): Promise<string> {
  const signal = AbortSignal.timeout(timeout);
  const command = new Deno.Command(program, { args, cwd, env, signal, stdin: "null" });
  const { success, stdout, stderr } = await command.output();
  const decoder = new TextDecoder();
  const output = decoder.decode(stdout);
  if (success) return output.trim();
  const outcome = signal.aborted ? `took more than ${timeout} ms` : "failed";
  throw new Error(
    `${program} ${args.slice(0, 4).join(" ")} … ${outcome}:\n${output}${decoder.decode(stderr)}`,
  );
}

if (import.meta.main) await installLibraries();
