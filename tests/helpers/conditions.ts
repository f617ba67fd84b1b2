/**
 * Tasks that wait for a condition.
 *
 * @module
 */

import { type Condition, createTask, sleep, type Task } from "../../mod.ts";
import type { kinds } from "./kinds.ts";

/** Starts a task that waits, and notes that it was notified and holds the lock. */
export type Start = (
  condition: Condition,
  log: string[],
  name: string,
  signal?: AbortSignal,
) => Task<void>;

/** Makes a function that starts tasks of one kind. */
export function starterOf(coroutine: typeof kinds[number][1]): Start {
  return (condition, log, name, signal) =>
    createTask(coroutine(function* (wait) {
      using _ = yield* wait(condition.acquire());
      try {
        yield* wait(condition.wait(signal && { signal }));
        log.push(name);
      } finally {
        log.push(condition.locked() ? "" : `${name} does not hold the lock`);
        yield* wait(sleep(0));
      }
    }));
}
