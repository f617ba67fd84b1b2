/**
 * Imports further copies of the module.
 *
 * @module
 */

/** Imports a second copy of the module, which shares nothing with the first. */
export async function importCopy(): Promise<typeof import("../../mod.ts")> {
  const root = new URL("../../", import.meta.url);
  const copy = new URL(`file://${await Deno.makeTempDir()}/`);
  for await (const { name } of Deno.readDir(root)) {
    if (name.endsWith(".ts")) await Deno.copyFile(new URL(name, root), new URL(name, copy));
  }
  try {
    return await import(new URL("mod.ts", copy).href);
  } finally {
    await Deno.remove(copy, { recursive: true });
  }
}
