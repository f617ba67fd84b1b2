/**
 * The waiter by which a future resumes the generator of a task. An `await` has another one,
 * `PromiseWaiter` in `src/future/promises.ts`.
 *
 * @module
 */

import type { Future } from "../../future.ts";
import type { Waiter } from "../future/internals.ts";
import { report } from "../loop/reports.ts";
import type { Cancellation } from "./cancellation.ts";
import type { Task } from "./task.ts";

/** Schedules the next step of a task, in the context in which its generator began to wait. */
export type EnqueueStep = (task: Task<unknown>) => void;

/** The wait of one task's generator on one future. */
export class StepWaiter implements Waiter {
  readonly #task: Task<unknown>;
  readonly #cancellation: Cancellation;
  /** `undefined` once called. */
  #wake: EnqueueStep | undefined;

  constructor(task: Task<unknown>, cancellation: Cancellation, wake: EnqueueStep) {
    this.#task = task;
    this.#cancellation = cancellation;
    this.#wake = wake;
  }

  get label(): string {
    return this.#task.getName();
  }

  get cancellation(): Cancellation {
    return this.#cancellation;
  }

  notify(_future: Future<unknown>): void {
    const wake = this.#wake;
    // A future of another copy of the module may call back more than once.
    if (wake === undefined) return;
    this.#wake = undefined;
    const task = this.#task;
    try {
      wake(task);
    } catch (exception) {
      report(task.getLoop(), { message: "Cannot resume the task", exception, task });
    }
  }
}
