/**
 * Installs what the runtimes come in, from npm.
 *
 * @module
 */

/** The folder of the project. */
export const ROOT = new URL("../../", import.meta.url);

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
  const path = new URL(`node_modules/${name}/${file}`, folder).pathname;
  try {
    await Deno.stat(path);
  } catch {
    await install([`${name}@${version}`], folder);
  }
  return path;
}

/** Installs packages of npm, and nothing else, into a folder of modules. */
export async function install(packages: string[], folder: URL): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  // A package file of its own, or npm would look for one further up.
  await Deno.writeTextFile(new URL("package.json", folder), "{}");
  const options = ["--save-exact", "--ignore-scripts", "--no-audit", "--no-fund"];
  await run("npm", ["install", ...options, ...packages], folder);
}

/** The version of Node 24 that everything runs on. */
export const NODE_24 = "24.21.0";
const BUN = "1.4.5";

const { os, arch } = Deno.build;
const isX64 = arch === "x86_64";

/** Installs a version of Node, and returns the path of the program. */
export function installNode(version: string): Promise<string> {
  const name = os === "darwin" && !isX64 ? "node-bin" : "node";
  return installed(`${name}-${os}-${isX64 ? "x64" : "arm64"}`, version, "bin/node");
}

/** Installs Bun, and returns the path of the program. */
export function installBun(): Promise<string> {
  return installed(`@oven/bun-${os}-${isX64 ? "x64" : "aarch64"}`, BUN, "bin/bun");
}

/** Runs a program to its end, and throws what it prints if it fails. */
export async function run(program: string, args: string[], cwd = ROOT): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(program, { args, cwd }).output();
  const decoder = new TextDecoder();
  const output = decoder.decode(stdout);
  if (success) return output.trim();
  throw new Error(
    `${program} ${args.slice(0, 4).join(" ")} … failed:\n${output}${decoder.decode(stderr)}`,
  );
}
