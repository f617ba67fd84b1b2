/**
 * The row of a task in a trace.
 *
 * @module
 */

import type { Cancellation } from "../task/cancellation.ts";
import type { Words } from "./trace_records.ts";
import { PROMISE, TracedWaits } from "./trace_waits.ts";

/**
 * In nanoseconds. Code that was in no known state for longer has waited for a promise; for less, it
 * went on after a promise that was settled already, such as that of a nested async function.
 */
export const GAP = 20_000;

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
  /** The code of the task. */
  readonly code: Cancellation;
  readonly number: number;
  readonly coro: string;
  readonly begin: number;
  /** How many steps are on the stack: the body of a scope may run inside of a step of its task. */
  depth = 0;
  /** Whether a step has begun. */
  hasRun = false;
  /** When the current state began. */
  since: number;
  /** When the wait before the running step began, and on what it was. */
  waited = 0;
  words: Words | undefined = undefined;
  /** When the task was woken, or 0, and by which row. */
  woken = 0;
  wokenBy = 0;
  /** The marker that is to show whether the latest step went on to a wait at once. */
  marker = 0;
  /** The row that ran when this one began to. */
  outer: Row | undefined = undefined;
  /** The name of the task and how it ended, once it is done. */
  outcome: Words | undefined = undefined;

  constructor(code: Cancellation, number: number, begin: number, coro: string) {
    super();
    this.code = code;
    this.number = number;
    this.coro = coro;
    this.begin = begin;
    this.since = begin + 1;
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
