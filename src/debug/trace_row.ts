/**
 * The row of a task in a trace.
 *
 * @module
 */

import type { Cancellation } from "../task/cancellation.ts";
import type { Words } from "./trace_records.ts";
import type { Rows } from "./trace_rows.ts";
import { PROMISE, TracedWaits } from "./trace_waits.ts";

/**
 * In nanoseconds. Code that was in no known state for longer has waited for a promise; for less, it
 * went on after a promise that was settled already, such as that of a nested async function.
 */
export const GAP = 20_000;

/** How many times a row has. */
const TIMES = 4;

/** The times of the rows, by the numbers of their places. As fields, each would be an object. */
export class RowTimes {
  #times = new Float64Array(256);
  /** The number of places that were ever taken. */
  #count = 0;
  readonly #free: number[] = [];

  /** Takes a place. */
  take(): number {
    const place = this.#free.pop() ?? TIMES * this.#count++;
    if (place === this.#times.length) {
      const longer = new Float64Array(2 * place);
      longer.set(this.#times);
      this.#times = longer;
    }
    return place;
  }

  /** Gives a place back. */
  giveBack(place: number): void {
    this.#free.push(place);
  }

  get(place: number): number {
    return this.#times[place]!;
  }

  set(place: number, time: number): void {
    this.#times[place] = time;
  }
}

/**
 * A row, which is in one state after another. Each change ends one span and begins the next, so that
 * the spans of a row never overlap:
 *
 * | state               | `depth` | `isWaiting` | span                                             |
 * | ------------------- | ------- | ----------- | ------------------------------------------------ |
 * | runs                | > 0     | either      | a step                                           |
 * | waits for a future  | 0       | yes         | a wait, named by what the row waits on           |
 * | waits for a promise | 0       | no          | a wait on a promise, if it takes {@linkcode GAP} |
 * | is about to run     | 0       | no          | none                                             |
 */
export class Row extends TracedWaits {
  /** The rows of the trace, and the neighbours there. */
  readonly rows: Rows;
  previous: Row | undefined = undefined;
  next: Row | undefined = undefined;
  /** The code of the task. */
  readonly code: Cancellation;
  readonly number: number;
  readonly #times: RowTimes;
  readonly #place: number;
  /** How many steps are on the stack: the body of a scope may run inside of a step of its task. */
  depth = 0;
  /** Whether a step has begun. */
  hasRun = false;
  /** Whether the running step only settles the task, and is not shown. */
  isEnding = false;
  /** What the wait before the running step was on. */
  words: Words | undefined = undefined;
  /** The row that woke the task. */
  wokenBy = 0;
  /** The marker that is to show whether the latest step went on to a wait at once. */
  marker = 0;
  /** The row that ran when this one began to. */
  outer: Row | undefined = undefined;
  /** The name of the task and how it ended, once it is done. */
  outcome: Words | undefined = undefined;

  constructor(rows: Rows, code: Cancellation, number: number, times: RowTimes, begin: number) {
    super();
    this.rows = rows;
    this.code = code;
    this.number = number;
    this.#times = times;
    this.#place = times.take();
    times.set(this.#place, begin);
    this.since = begin + 1;
    this.waited = this.woken = 0;
  }

  /** Gives the place of the times back. The row is not used any more. */
  free(): void {
    this.#times.giveBack(this.#place);
  }

  /** When the task was made, or when the trace began. */
  get begin(): number {
    return this.#times.get(this.#place);
  }

  /** When the current state began. */
  get since(): number {
    return this.#times.get(this.#place + 1);
  }

  set since(time: number) {
    this.#times.set(this.#place + 1, time);
  }

  /** When the wait before the running step began. */
  get waited(): number {
    return this.#times.get(this.#place + 2);
  }

  set waited(time: number) {
    this.#times.set(this.#place + 2, time);
  }

  /** When the task was woken; 0 if it was not. */
  get woken(): number {
    return this.#times.get(this.#place + 3);
  }

  set woken(time: number) {
    this.#times.set(this.#place + 3, time);
  }

  /**
   * Returns what the row, which does not run, has waited on until now, and removes the waits that are
   * over.
   *
   * @param mayBePromise Whether a promise may have resumed the code.
   */
  wordsUntil(time: number, mayBePromise: boolean): Words | undefined {
    const isLong = time - this.since > GAP;
    if (this.isWaiting) return this.takeWords(isLong);
    return mayBePromise && this.hasRun && isLong ? PROMISE : undefined;
  }
}
