/**
 * Installs programs from npm and from Debian, and runs programs.
 *
 * @module
 */

/** The folder of the project. */
export const ROOT = new URL("../", import.meta.url);

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
  "Node 20": "20.20.2",
  "Node 22": "22.23.3",
  "Node 24": "24.21.0",
  "Node 26": "26.10.0",
  "Bun": "1.4.5",
  "workerd": "1.20261117.1",
} as const;

/** A version of Node that the tests run on. */
export type Node = Extract<keyof typeof VERSIONS, `Node ${number}`>;

/** Installs Node, and returns the path of the program. */
export function installedNode(node: Node): Promise<string> {
  const name = `${os === "darwin" && !isX64 ? "node-bin" : "node"}-${PLATFORM}`;
  return installed(name, VERSIONS[node], "bin/node");
}

/** Installs Bun, and returns the path of the program. */
export function installedBun(): Promise<string> {
  const name = `@oven/bun-${os}-${isX64 ? "x64" : "aarch64"}`;
  return installed(name, VERSIONS.Bun, "bin/bun");
}

/** Installs workerd, and returns the path of the program. */
export function installedWorkerd(): Promise<string> {
  const name = `@cloudflare/workerd-${os}-${isX64 ? "64" : "arm64"}`;
  return installed(name, VERSIONS.workerd, "bin/workerd");
}

/** Installs esbuild, and returns the path of the program. */
export function installedEsbuild(): Promise<string> {
  return installed(`@esbuild/${PLATFORM}`, "0.28.2", "bin/esbuild");
}

/**
 * Installs a package of npm into `.runtimes/`, unless it is there.
 *
 * @param name Its name.
 * @param version Its version.
 * @param file A file in it.
 * @param folder Where to, if not in a folder of its own.
 * @returns The path of that file.
 */
export async function installed(
  name: string,
  version: string,
  file: string,
  folder: URL = new URL(`.runtimes/${name}@${version}/`, ROOT),
): Promise<string> {
  const target = new URL(`node_modules/${name}/`, folder);
  const path = new URL(file, target).pathname;
  // What is there of one that failed must not pass for the whole.
  const clear = () => Deno.remove(target, { recursive: true }).catch(() => {});
  if (!await exists(path)) await install([`${name}@${version}`], folder, clear);
  return path;
}

/** Installs packages of npm, and nothing else, into a folder of modules. */
export async function install(
  packages: string[],
  folder: URL,
  onFailure: () => Promise<void> = async () => {},
): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  // A package file of its own, or npm would look for one further up.
  const file = new URL("package.json", folder);
  if (!await exists(file)) await Deno.writeTextFile(file, "{}");
  const options = ["--save-exact", "--ignore-scripts", "--no-audit", "--no-fund"];
  await retry(async () => {
    try {
      await run("npm", ["install", ...options, ...packages], { cwd: folder });
    } catch (error) {
      await onFailure();
      throw error;
    }
  });
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

function exists(path: string | URL): Promise<boolean> {
  return Deno.stat(path).then(() => true, () => false);
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
