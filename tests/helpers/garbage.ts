/**
 * Collects the garbage and measures the heap.
 *
 * @module
 */

import { hostTurn, leastOf } from "./turns.ts";

/** Collects the garbage until `isDone`, at most so many times. */
export async function collectGarbage(isDone: () => boolean, times = 200): Promise<void> {
  const { gc } = globalThis as unknown as { gc(): void };
  // A collector that looks at the stack finds there what calls and reactions left behind.
  const overwrite = (depth: number): number => depth === 0 ? 0 : 1 + overwrite(depth - 1);
  for (let i = 0; i < times && !isDone(); i++) {
    // A target that `deref()` returned stays alive until the turn ends.
    await new Promise((resolve) => setTimeout(resolve, 10));
    await Promise.resolve({}).then((value) => value);
    overwrite(100);
    gc();
  }
}

/** How many bytes are in use once the garbage is collected. */
export async function heapUsed(): Promise<number> {
  const { gc } = globalThis as unknown as { gc(): void };
  // What a weak table or a finalizer kept is garbage only once its own collection is over.
  for (let i = 0; i < 3; i++) {
    await hostTurn();
    gc();
  }
  return Deno.memoryUsage().heapUsed;
}

/**
 * Measures how many bytes each of many rounds leaves in use.
 *
 * @param limit Measures again, as {@linkcode leastOf} does, until it is fewer.
 */
export async function bytesPerRound(limit: number, round: () => unknown): Promise<number> {
  const use = async (rounds: number) => {
    for (let i = 0; i < rounds; i++) await round();
    await collectGarbage(() => false, 5);
    return await heapUsed();
  };
  await use(1_000);
  return await leastOf(limit, async () => {
    const before = await use(1_000);
    return (await use(10_000) - before) / 10_000;
  });
}
