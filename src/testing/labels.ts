/**
 * Names for the tasks of a run, which are the same in each run of a program.
 *
 * @module
 */

import { attempt } from "../base/engine.ts";
import { coroutineName } from "../task/coroutine.ts";
import type { Task } from "../task/task.ts";
import { nameOfTask } from "../waiting/words.ts";

/** A name that a task has been given by default: the numbers go on from run to run. */
const BY_DEFAULT = /^Task-\d+$/;

/** The name that a task was given or, if there is none, that of its coroutine. */
export function labelOf(task: Task<unknown>): string {
  const name = nameOfTask(task);
  if (!BY_DEFAULT.test(name)) return name;
  return attempt(() => coroutineName(task.getCoro() ?? "", task)) || name;
}

/** Tells the tasks of a run apart: the second one of a name is `load#2`. */
export class Labels {
  readonly #known = new Map<Task<unknown>, string>();
  readonly #counts = new Map<string, number>();

  of(task: Task<unknown>): string {
    let label = this.#known.get(task);
    if (label === undefined) {
      const name = labelOf(task);
      const count = (this.#counts.get(name) ?? 0) + 1;
      this.#counts.set(name, count);
      this.#known.set(task, label = count > 1 ? `${name}#${count}` : name);
    }
    return label;
  }
}
