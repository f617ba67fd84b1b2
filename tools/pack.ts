/**
 * Packs the module for npm, as a tarball in the folder of the project.
 *
 * `deno pack` makes the JavaScript, the declarations and a package file, which is
 * then completed by what bundlers and readers of the registry want to know. The
 * arguments go to `deno pack`.
 *
 * @module
 */

import { ROOT, run } from "./install.ts";

/** Where the sources are. */
export const REPOSITORY = "https://github.com/asyncio/future";

/** The fields of package.json that `deno.json` lacks. */
const FIELDS = {
  description: "Python's asyncio.Future for TypeScript: futures, tasks, timeouts, task groups, " +
    "an event loop and its context, with AbortSignal and promises.",
  keywords: [
    "abortsignal",
    "async-context",
    "asyncio",
    "cancellation",
    "coroutine",
    "future",
    "promise",
    "structured-concurrency",
    "task",
    "timeout",
  ],
  // The releases from which on contexts follow promises without an import.
  engines: { node: "^20.16.0 || >=22.3.0" },
  // Bundlers may leave out unused files.
  sideEffects: false,
};

/**
 * Makes the tarball.
 *
 * @param folder Where to.
 * @param options Options of `deno pack`.
 * @returns Its path.
 */
export async function pack(folder: URL, ...options: string[]): Promise<string> {
  const work = await Deno.makeTempDir();
  try {
    const made = `${work}/made.tgz`;
    await run(Deno.execPath(), ["pack", "--no-source-maps", ...options, `--output=${made}`]);
    await run("tar", ["-xzf", made], { cwd: work });
    const file = `${work}/package/package.json`;
    const { name, version, ...others } = JSON.parse(await Deno.readTextFile(file));
    const completed = { name, version, ...FIELDS, ...others };
    await Deno.writeTextFile(file, `${JSON.stringify(completed, null, 2)}\n`);
    const args = ["pack", "--silent", `--pack-destination=${folder.pathname}`];
    return new URL(await run("npm", args, { cwd: `${work}/package` }), folder).pathname;
  } finally {
    await Deno.remove(work, { recursive: true });
  }
}

if (import.meta.main) console.log(await pack(ROOT, ...Deno.args));
