/**
 * What Deno, Node and Bun call differently.
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
 * Collects the garbage of now, where that can be told from what is older.
 *
 * When V8 collects all garbage, it also drops the compiled code of whatever held one
 * of the objects that went, such as a closure of the sample before, and who has most
 * code that is compiled would pay for it in the next sample.
 */
export function collectYoungGarbage(): void {
  if (host.gc) host.gc({ type: "minor" });
  else collectGarbage();
}

/** Collects all garbage; Deno and Node have to be started with `--expose-gc`. */
export function collectGarbage(): void {
  if (host.Bun) host.Bun.gc(true);
  else if (host.gc) host.gc();
  else throw new Error("Cannot collect garbage as the program was started without --expose-gc");
}

/** Returns a function for the bytes that the objects on the heap take, garbage included. */
export async function heapMeter(): Promise<() => number> {
  if (!host.Bun) return () => host.process.memoryUsage().heapUsed;
  // What Bun's memoryUsage() says is not up to date. Not a literal in the import:
  // only Bun knows the module.
  const name = "bun:jsc";
  const { heapStats } = await import(name) as { heapStats(): { heapSize: number } };
  return () => heapStats().heapSize;
}

/** The value after an option in the arguments. */
export function option(name: string): string | undefined {
  const index = args.indexOf(name);
  return index < 0 ? undefined : args[index + 1];
}
