/**
 * Imports further copies of the module.
 *
 * @module
 */

/** Imports a second copy of the module, which shares nothing with the first. */
export async function importCopy(): Promise<typeof import("../../mod.ts")> {
  const root = new URL("../../", import.meta.url);
  const copy = new URL(`file://${await Deno.makeTempDir()}/`);
  await copyModule(root, copy);
  try {
    return await import(new URL("mod.ts", copy).href);
  } finally {
    await Deno.remove(copy, { recursive: true });
  }
}

/** Copies the module's files, which are in the folder of the project and in `src/`. */
async function copyModule(from: URL, to: URL, isInSource = false): Promise<void> {
  await Deno.mkdir(to, { recursive: true });
  for await (const { name, isDirectory } of Deno.readDir(from)) {
    if (name.endsWith(".ts")) {
      await Deno.copyFile(new URL(name, from), new URL(name, to));
    } else if (isDirectory && (isInSource || name === "src")) {
      await copyModule(new URL(`${name}/`, from), new URL(`${name}/`, to), true);
    }
  }
}
