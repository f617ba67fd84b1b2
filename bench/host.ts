/**
 * What Deno, Node and Bun call differently.
 *
 * @module
 */

interface Host {
  gc?: () => void;
  Bun?: { gc(force: boolean): void };
  process: { argv: string[]; memoryUsage(): { heapUsed: number } };
}

const host = globalThis as unknown as Host;

/** The arguments of the program. */
export const args: readonly string[] = host.process.argv.slice(2);

/** Collects all garbage; Deno and Node have to be started with `--expose-gc`. */
export function collectGarbage(): void {
  if (host.Bun) host.Bun.gc(true);
  else if (host.gc) host.gc();
  else throw new Error("Cannot collect garbage as the program was started without --expose-gc");
}

/** The bytes that the objects on the heap take, garbage included. */
export function heapUsed(): number {
  return host.process.memoryUsage().heapUsed;
}

/** The value after an option in the arguments. */
export function option(name: string): string | undefined {
  const index = args.indexOf(name);
  return index < 0 ? undefined : args[index + 1];
}
