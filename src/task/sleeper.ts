/**
 * The wait of a generator for a future.
 *
 * @module
 */

import type { Future } from "../../future.ts";
import { internals, type Waiter } from "../future/internals.ts";
import { report } from "../loop/reports.ts";
import type { Cancellation } from "./cancellation.ts";
import type { Task } from "./task.ts";

/** Has a generator resumed that waits. */
export type Wake = (task: Task<unknown>) => void;

/** A wait of a generator for a future. */
export class Sleeper implements Waiter {
  readonly #task: Task<unknown>;
  readonly #cancellation: Cancellation;
  /** Has the generator resumed, in the context in which it began to wait. */
  #wake: Wake | undefined;

  constructor(task: Task<unknown>, cancellation: Cancellation, wake: Wake) {
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

  notify(future: Future<unknown>): void {
    const wake = this.#wake;
    // Futures of other copies may call back more than once.
    if (wake === undefined) return;
    this.#wake = undefined;
    this.#cancellation.endWait(future);
    if (internals.endsInCancellation(future)) this.#cancellation.beginDelivery();
    const task = this.#task;
    try {
      wake(task);
    } catch (exception) {
      report(task.getLoop(), { message: "Cannot resume the task", exception, task });
    }
  }
}
