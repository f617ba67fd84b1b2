/**
 * Circles of tasks that wait for each other. Most wait for ever: a request to cancel one of the tasks
 * goes around the circle, and ends it only if one of them waits for a lock.
 *
 * @module
 */

import type { Code } from "../base/observer.ts";
import type { CancelTarget } from "../future/cancel_target.ts";
import { internals } from "../future/internals.ts";
import type { Future } from "../../future.ts";
import type { Cancellation } from "../task/cancellation.ts";
import { cancellationOf } from "../task/internals.ts";
import { Task } from "../task/task.ts";
import { sourceOf } from "../waiting/sources.ts";

/** The most futures whose own waits are looked at for one wait. */
const MAX_LOOKS = 250;

/** The operations that end when any one of their futures does, or may. */
const ENDED_BY_ANY = new Set(["race", "asCompleted", "wait"]);

/** Returns the task whose code has a lock. */
function taskWith(code: Cancellation | undefined): Task<unknown> | undefined {
  return code?.parent ? taskWith(code.parent) : code?.task;
}

/** A wait of a task in a circle: the code, and the future that the code waits for. */
export interface Link {
  readonly task: Task<unknown>;
  readonly code: Code;
  readonly future: CancelTarget;
}

/** The tasks that were found in a circle. */
const found = new WeakSet<Task<unknown>>();

/**
 * Finds the circle that closes when code begins to wait for a future.
 *
 * @param task The task of the code.
 * @returns The waits in the circle, this one first; `undefined` if there is no circle, or if it was
 * found before.
 */
export function findCircle(
  task: Task<unknown>,
  code: Code,
  future: CancelTarget,
): Link[] | undefined {
  const path = new Search(task).wayBack(future);
  const circle = path && [{ task, code, future }, ...path];
  if (!circle || circle.every((link) => found.has(link.task))) return undefined;
  for (const link of circle) found.add(link.task);
  return circle;
}

/** The search for the way from a future back to a task. */
class Search {
  readonly #goal: Task<unknown>;
  readonly #seen = new Set<unknown>();

  constructor(goal: Task<unknown>) {
    this.#goal = goal;
  }

  /** Returns the waits on the way to the goal; `undefined` if the future can be done without it. */
  wayBack(future: CancelTarget): Link[] | undefined {
    if (future === this.#goal) return [];
    if (this.#seen.has(future) || this.#seen.size >= MAX_LOOKS) return undefined;
    this.#seen.add(future);
    if (!internals.isOfThisCopy(future) || (future as Future<unknown>).done()) return undefined;
    if (future instanceof Task) return this.#wayOfTask(future);
    const source = sourceOf(future as Future<unknown>);
    // A time limit ends the wait.
    if (!source || typeof source.due === "number") return undefined;
    const { body, futures = [], operation, holder } = source;
    const holding = taskWith(holder?.());
    const all = [...body ? [body] : [], ...futures, ...holding ? [holding] : []];
    return this.#wayOfSeveral(all, ENDED_BY_ANY.has(operation));
  }

  #wayOfTask(task: Task<unknown>): Link[] | undefined {
    const code = cancellationOf(task);
    const targets = [...code];
    // Code that waits for several futures may go on with any of them, as with `Promise.race()`.
    const path = this.#wayOfSeveral(targets, true);
    // The body of a scope is a part of the task around it, which is on the way already.
    return path && (code.parent ? path : [{ task, code, future: targets[0]! }, ...path]);
  }

  /** @param every Whether one future that can be done is enough. */
  #wayOfSeveral(futures: CancelTarget[], every: boolean): Link[] | undefined {
    // Of the many tasks of a group, this finds the one that waits for the group.
    if (!every && futures.includes(this.#goal)) return [];
    let way: Link[] | undefined;
    for (const future of futures) {
      const found = this.wayBack(future);
      if (!found && every) return undefined;
      way ??= found;
      if (way && !every) return way;
    }
    return way;
  }
}
