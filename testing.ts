/**
 * Tests that control time and order.
 *
 * {@linkcode runVirtual} runs a program in virtual time: the clock jumps to the next timer whenever
 * nothing else can run, so that an hour of waiting takes no time. A program that nothing can wake
 * fails at once, and says what each task waits on.
 *
 * ```sh
 * deno add jsr:@asyncio/future           # Deno
 * npm install --save-dev @asyncio/future # Node, Bun, bundlers
 * ```
 *
 * ```ts
 * import { sleep, timeout, TimeoutError } from "@asyncio/future";
 * import { runVirtual } from "@asyncio/future/testing";
 * import { assertRejects } from "@std/assert";
 *
 * await assertRejects(
 *   () => runVirtual(() => timeout(60_000, () => sleep(3_600_000))), // takes no time
 *   TimeoutError,
 * );
 * ```
 *
 * - **Time:** {@linkcode runVirtual}; {@linkcode real} waits for a promise of the outside world.
 * - **Order:** `{ seed }` puts what is ready at the same time into another order, always the same one.
 * - **Failures:** {@linkcode DeadlockError}, {@linkcode RunLimitError}.
 *
 * @module
 */

export { chance, delay } from "./src/testing/draws.ts";
export { DeadlockError, LeftoverError, RunLimitError } from "./src/testing/errors.ts";
export { ExplorationError, NondeterminismError } from "./src/testing/exploration_errors.ts";
export { type Exploration, explore, type ExploreOptions } from "./src/testing/explore.ts";
export { real } from "./src/testing/real.ts";
export { replay, type ReplayOptions } from "./src/testing/replay.ts";
export { runVirtual, type RunVirtualOptions } from "./src/testing/run_virtual.ts";
export type { TestMain, TestRun } from "./src/testing/runs.ts";
