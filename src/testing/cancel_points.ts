/**
 * Where tasks of a run can be cancelled.
 *
 * @module
 */

import type { Ready } from "../loop/scheduler.ts";
import type { Task } from "../task/task.ts";
import type { Follower } from "./decisions.ts";
import { labelOf } from "./labels.ts";
import { taskOf } from "./order.ts";
import type { Deviation } from "./schedule.ts";

/** Follows a run in which nothing is cancelled, and finds where it could be. */
export class CancelPoints implements Follower {
  readonly #chosen: true | string | ((task: Task<unknown>) => boolean);
  /** The steps of the tasks to cancel, until main has ended. */
  readonly #steps = new Map<Task<unknown>, number[]>();
  #step = 0;
  #isOver = false;
  /** What the function that chooses has thrown. */
  #failure: { readonly error: unknown } | undefined = undefined;

  /** @param chosen Which tasks to cancel: all, those of a name, or those for which it returns `true`. */
  constructor(chosen: true | string | ((task: Task<unknown>) => boolean)) {
    this.#chosen = chosen;
  }

  stepBegins(ready: readonly Ready[], index: number): void {
    this.#step++;
    const task = taskOf(ready[index]!);
    if (!task || this.#isOver) return;
    const known = this.#steps.get(task);
    if (known) known.push(this.#step);
    else if (this.#isChosen(task)) this.#steps.set(task, [this.#step]);
  }

  mainHasEnded(): void {
    this.#isOver = true;
  }

  #isChosen(task: Task<unknown>): boolean {
    const chosen = this.#chosen;
    if (typeof chosen === "function") return this.#ask(chosen, task);
    return chosen === true || chosen === labelOf(task) || chosen === task.getName();
  }

  /** Asks the function. The run goes on if that throws, as the driver of the loop is the caller. */
  #ask(choose: (task: Task<unknown>) => boolean, task: Task<unknown>): boolean {
    try {
      return Boolean(choose(task));
    } catch (error) {
      this.#failure ??= { error };
      return false;
    }
  }

  /** Throws what the function that chooses has thrown. */
  check(): void {
    if (this.#failure) throw this.#failure.error;
  }

  /** Whether there is any task to cancel. */
  get hasFound(): boolean {
    return this.#steps.size > 0;
  }

  /** Forgets what was found, for another run. */
  clear(): void {
    this.#steps.clear();
    this.#step = 0;
    this.#isOver = false;
  }

  /** Returns each point, one task after the other. */
  all(): Deviation[] {
    return [...this.#steps.values()].flatMap((steps) =>
      steps.flatMap((at, i) => {
        const before = { kind: "cancelBefore", at, value: 1 } as const;
        // After its last step, the task is done.
        return i < steps.length - 1
          ? [before, { ...before, kind: "cancelAfter" } as const]
          : [before];
      })
    );
  }
}
