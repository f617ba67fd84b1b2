/**
 * In debug mode: since when, and where in the source, the code of a task waits for a future.
 *
 * @module
 */

import type { Code } from "../base/observer.ts";
import type { CancelTarget } from "../future/cancel_target.ts";
import type { Cancellation } from "./cancellation.ts";

/** A wait of the code of a task. */
export interface WaitRecord {
  /** When the wait began, in milliseconds of the loop's clock. */
  readonly since: number;
  /** The stack of the code that waits; `undefined` if the engine has none. */
  readonly stack: string | undefined;
}

const records = new WeakMap<Code, Map<CancelTarget, WaitRecord>>();

/** Notes that code begins to wait for a future. */
export function recordWait(code: Code, future: CancelTarget, record: WaitRecord): void {
  let waits = records.get(code);
  if (!waits) records.set(code, waits = new Map());
  waits.set(future, record);
}

/** Notes that code waits for a future no more. */
export function forgetWait(code: Code, future: CancelTarget): void {
  records.get(code)?.delete(future);
}

/** Returns what is known of the wait of code for a future: nothing outside of debug mode. */
export function waitRecordOf(code: Code, future: CancelTarget): WaitRecord | undefined {
  return records.get(code)?.get(future);
}

/**
 * Returns the stacks of a wait, the innermost first: of code that waits for a future, and of the code
 * around that waits for the scope, as `lock.run()` waits in this module's own code.
 */
export function stacksOfWait(code: Code, future: CancelTarget): (string | undefined)[] {
  const stacks = [waitRecordOf(code, future)?.stack];
  for (let outer = (code as Cancellation).parent; outer; outer = outer.parent) {
    for (const awaited of outer) stacks.push(waitRecordOf(outer, awaited)?.stack);
  }
  return stacks;
}
