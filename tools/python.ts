/**
 * The Python on the machine, if there is one.
 *
 * @module
 */

/** The newest first. */
const PYTHONS = ["python3.14", "python3.13", "python3.12", "python3"];

/** The first two numbers of a version of Python. */
export type Version = [major: number, minor: number];

/** Whether one version comes before another. */
export function isOlder([major, minor]: Version, other: Version): boolean {
  return major < other[0] || (major === other[0] && minor < other[1]);
}

/** A Python that runs. */
export interface Python {
  python: string;
  version: Version;
}

/**
 * Finds the first Python that runs and is new enough.
 *
 * @param oldest The oldest version that is.
 * @param names The programs to try. Default: from the newest on.
 */
export async function findPython(
  oldest: Version,
  names: readonly string[] = PYTHONS,
): Promise<Python | undefined> {
  for (const python of names) {
    const code = "import sys; print(*sys.version_info[:2])";
    const version = (await runPython(python, ["-c", code]))?.split(" ").map(Number) as Version;
    if (version && !isOlder(version, oldest)) return { python, version };
  }
}

/**
 * Runs Python.
 *
 * @param python The program.
 * @param args Its arguments.
 * @param input What it reads. Without any, it may fail and say nothing.
 * @returns What it prints, or nothing if it cannot be run or fails.
 */
export async function runPython(
  python: string,
  args: string[],
  input = "",
): Promise<string | undefined> {
  let child;
  try {
    child = new Deno.Command(python, {
      args,
      stdin: "piped",
      stdout: "piped",
      stderr: input ? "inherit" : "null",
    }).spawn();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
  const written = new Blob([input]).stream().pipeTo(child.stdin).catch(() => {});
  const { success, stdout } = await child.output();
  await written;
  return success ? new TextDecoder().decode(stdout) : undefined;
}
