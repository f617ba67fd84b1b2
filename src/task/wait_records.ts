/**
 * In debug mode: since when, and where in the source, the code of a task waits for a future.
 *
 * @module
 */

import type { Code } from "../base/observer.ts";
import type { CancelTarget } from "../future/cancel_target.ts";

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
