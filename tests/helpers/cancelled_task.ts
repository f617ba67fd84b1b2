/**
 * A task that shows how it is cancelled.
 *
 * @module
 */

import { createTask, Future, type Task } from "../../mod.ts";
import type { kinds } from "./kinds.ts";

/**
 * Starts a task that waits until it is cancelled, and then does as told.
 *
 * @param coroutine Makes the coroutine, of either kind.
 * @param onCancel The clean-up: yields the futures to wait for, and returns the result of
 * the task, or `""` for a task that ends as cancelled.
 * @returns The task, and a log that begins with the name of the error that it was thrown.
 */
export function startCancellable(
  coroutine: (typeof kinds)[number][1],
  onCancel: (log: unknown[]) => Generator<unknown, string>,
): { log: unknown[]; inner: Task<string> } {
  const log: unknown[] = [];
  const inner: Task<string> = createTask(coroutine(function* (wait) {
    try {
      yield* wait(new Future<void>());
    } catch (error) {
      log.push((error as Error).name);
      const generator = onCancel(log);
      let step = generator.next();
      while (!step.done) {
        yield* wait(step.value as Future<unknown>);
        step = generator.next();
      }
      if (step.value) return step.value;
      throw error;
    }
    return "not cancelled";
  }));
  return { log, inner };
}
