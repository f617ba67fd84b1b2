/**
 * Programs that are explored: in many orders, as async functions and as generators, with each task
 * cancelled at each of its waits.
 *
 * @module
 */

import { cancelAndWait, createTask, wait } from "../../mod.ts";
import { explore, type ExploreOptions, type TestMain } from "../../testing.ts";
import { kinds, type Wait } from "./kinds.ts";

/** Makes functions of one kind, which can be coroutines and bodies of scopes. */
export type CoroutineOf = <T>(
  body: (wait: Wait) => Generator<unknown, T>,
) => () => Generator<unknown, T> | Promise<T>;

/** How many runs each exploration makes: without cancellations, and with them. */
const RUNS = { orders: 20, cancellations: 80 };

/**
 * Explores a program as async functions and as generators: each in many orders, and with tasks
 * cancelled.
 *
 * @param program Makes the test out of coroutines of one kind.
 */
export async function exploreAll(
  program: (coroutine: CoroutineOf) => TestMain<unknown>,
  cancelAnywhere: ExploreOptions["cancelAnywhere"] = true,
): Promise<void> {
  for (const [, kind] of kinds) {
    const coroutine: CoroutineOf = (body) => {
      const coro = kind((wait, _: void) => body(wait));
      return () => coro(undefined);
    };
    await explore(program(coroutine), { runs: RUNS.orders });
    await explore(program(coroutine), { runs: RUNS.cancellations, cancelAnywhere });
  }
}

/**
 * Runs coroutines as tasks until all of them have ended, and then asserts, even if somebody was
 * cancelled.
 *
 * @param coros The coroutines, by the names of their tasks. One that fails, fails the test.
 * @param assertions What holds then.
 * @param timeout When to cancel those that are left, which may wait for somebody who was cancelled.
 */
export async function together(
  coros: Readonly<Record<string, () => unknown>>,
  assertions: () => void = () => {},
  timeout: number | null = null,
): Promise<void> {
  const tasks = Object.entries(coros).map(([name, coro]) => createTask(coro, { name }));
  try {
    await wait(tasks, { timeout });
  } finally {
    await cancelAndWait(tasks);
    assertions();
  }
}
