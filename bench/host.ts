/**
 * The functions of the host that the programs need, and that Deno, Node and Bun name differently.
 *
 * @module
 */

interface Host {
  gc?: (options?: { type: "minor" }) => void;
  Bun?: { gc(force: boolean): void };
  process: { argv: string[]; memoryUsage(): { heapUsed: number } };
}

const host = globalThis as unknown as Host;

/** The arguments of the program. */
export const args: readonly string[] = host.process.argv.slice(2);

/**
 * Collects the young generation only; all garbage where the host cannot do that.
 *
 * In a full collection, V8 also drops compiled code that refers to objects it collects, such as a
 * closure of the last sample. The contender with the most compiled code would pay for that.
 */
export function collectYoungGarbage(): void {
  if (host.gc) host.gc({ type: "minor" });
  else collectGarbage();
}

/**
 * Collects all garbage.
 *
 * @throws {Error} If Deno or Node was started without `--expose-gc`.
 */
export function collectGarbage(): void {
  if (host.Bun) host.Bun.gc(true);
  else if (host.gc) host.gc();
  else throw new Error("Cannot collect garbage as the program was started without --expose-gc");
}

/** Returns a function that tells how many bytes the heap takes, garbage included. */
export async function heapMeter(): Promise<() => number> {
  if (!host.Bun) return () => host.process.memoryUsage().heapUsed;
  // Bun's memoryUsage() is not up to date. The name is not a literal in the import, as bundlers and
  // other runtimes would look for the module.
  const name = "bun:jsc";
  const { heapStats } = await import(name) as { heapStats(): { heapSize: number } };
  return () => heapStats().heapSize;
}

/** Returns the argument after an option, if the option is there. */
export function option(name: string): string | undefined {
  const index = args.indexOf(name);
  return index < 0 ? undefined : args[index + 1];
}
