/**
 * Installs what the runtimes come in, from npm and from Debian.
 *
 * @module
 */

/** The folder of the project. */
export const ROOT = new URL("../../", import.meta.url);

/** No installation takes as long, not even over a slow line. */
const TIMEOUT_MS = 600_000;

/** How often to try, and how long to wait before the next time. */
const TRIES = 3;
const PAUSE_MS = 5_000;

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
  if (await exists(path)) return path;
  await Deno.mkdir(folder, { recursive: true });
  // A package file of its own, or npm would look for one further up.
  await Deno.writeTextFile(new URL("package.json", folder), "{}");
  await retry(async () => {
    const options = ["--save-exact", "--ignore-scripts", "--no-audit", "--no-fund"];
    try {
      await run("npm", ["install", ...options, `${name}@${version}`], folder);
    } catch (error) {
      // What is there of it must not pass for the whole.
      await Deno.remove(target, { recursive: true }).catch(() => {});
      throw error;
    }
  });
  return path;
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
    await run("apt-get", [...options, "update"], ROOT, env).catch(() => {});
    await run("apt-get", [...options, "install", "-y", "--no-install-recommends", name], ROOT, env);
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

function exists(path: string): Promise<boolean> {
  return Deno.stat(path).then(() => true, () => false);
}

/** Runs a program to its end, and throws what it prints if it fails. */
export async function run(
  program: string,
  args: string[],
  cwd = ROOT,
  env: Record<string, string> = {},
): Promise<string> {
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const { success, stdout, stderr } = await new Deno.Command(program, {
    args,
    cwd,
    env,
    signal,
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  const output = decoder.decode(stdout);
  if (success) return output.trim();
  const outcome = signal.aborted ? `took more than ${TIMEOUT_MS} ms` : "failed";
  throw new Error(`${program} ${args.join(" ")} ${outcome}:\n${output}${decoder.decode(stderr)}`);
}
