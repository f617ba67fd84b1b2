/**
 * Coroutines and groups that end in one certain way.
 *
 * @module
 */

import { Future, type ScopeOptions, sleep, type TaskGroup, taskGroup } from "../../mod.ts";
import type { kinds } from "./kinds.ts";

/** Never ends by itself, and logs that it was ended. */
export function* endless(log: string[], name: string): Generator<unknown, never> {
  try {
    yield* new Future<never>();
    throw new Error("not reached");
  } finally {
    log.push(`${name} ended`);
  }
}

/** Fails in the next turn. */
export function* failing(error: Error): Generator<unknown, never> {
  yield* sleep(0);
  throw error;
}

/**
 * Starts a task group that never ends by itself, and whose only task throws
 * `RangeError: clean-up` when it is cancelled.
 *
 * @param coroutine Makes coroutines of one kind.
 */
export function failWhenCancelled(
  coroutine: typeof kinds[number][1],
  options?: ScopeOptions,
): Future<void> {
  return taskGroup(
    coroutine(function* (wait, group: TaskGroup) {
      group.createTask(coroutine(function* (wait) {
        try {
          yield* wait(new Future<void>());
        } catch {
          throw new RangeError("clean-up");
        }
      }));
      yield* wait(new Future<void>());
    }),
    options,
  );
}
