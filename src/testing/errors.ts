/**
 * The errors with which a run in virtual time fails.
 *
 * @module
 */

import { allTasks } from "../task/current.ts";
import type { Task } from "../task/task.ts";
import type { VirtualLoop } from "./virtual_loop.ts";

/** The most tasks that a message lists. */
const MAX_LISTED = 50;

/** Lists the tasks of a loop that are not done. */
function list(tasks: readonly Task<unknown>[]): string {
  const lines = tasks.slice(0, MAX_LISTED).map((task) => `\n  ${task}`);
  if (tasks.length > MAX_LISTED) lines.push(`\n  … and ${tasks.length - MAX_LISTED} more`);
  return lines.join("");
}

/**
 * Thrown when nothing of a program in virtual time can run any more: no callback is ready, no timer
 * is left, and no promise of the outside world is waited for.
 *
 * @category Testing
 */
export class DeadlockError extends Error {
  static {
    this.prototype.name = "DeadlockError";
  }

  /** The tasks that were not done. */
  readonly tasks: readonly Task<unknown>[];

  /** @param loop The loop on which nothing can run any more. */
  constructor(loop: VirtualLoop) {
    const tasks = [...allTasks(loop)];
    super(
      "Cannot go on as nothing is left that could wake any task " +
        "(if main waits for the outside world, pass that promise to real()):" + list(tasks),
    );
    this.tasks = tasks;
  }
}

/**
 * Thrown when a program in virtual time takes more steps, or more time, than it may.
 *
 * @category Testing
 */
export class RunLimitError extends Error {
  static {
    this.prototype.name = "RunLimitError";
  }

  /** The option that was exceeded. */
  readonly limit: "maxSteps" | "maxTime";
  /** The tasks that were not done. */
  readonly tasks: readonly Task<unknown>[];

  /**
   * @param loop The loop that does not come to rest.
   * @param limit The option that was exceeded.
   * @param value Its value.
   */
  constructor(loop: VirtualLoop, limit: "maxSteps" | "maxTime", value: number) {
    const tasks = [...allTasks(loop)];
    const allowed = limit === "maxSteps" ? `${value} steps` : `${value} ms of virtual time`;
    super(
      `Cannot go on as the program has not ended within ${allowed} ` +
        `(to allow more, pass { ${limit} }):` + list(tasks),
    );
    this.limit = limit;
    this.tasks = tasks;
  }
}
