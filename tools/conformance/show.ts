/**
 * Shows values, errors and futures in the words that `programs.py` has for them.
 *
 * @module
 */

import { CancelledError, type Future, type WaitResult } from "../../mod.ts";

/** The error of `raise` and `fail`, named as in Python. */
export class ValueError extends Error {
  override name = "ValueError";
}

/** Whether a value is a result of `wait()`. */
export function isWaitResult(value: unknown): value is WaitResult<Future<unknown>> {
  return typeof value === "object" && value !== null && "pending" in value;
}

/** How a future ended. */
export function stateOf(future: Future<unknown>): string {
  if (!future.done()) return "pending";
  if (future.cancelled()) return "cancelled";
  const exception = future.exception();
  // A gather() one of whose awaitables was cancelled. In asyncio, also one that was itself.
  if (exception instanceof CancelledError) return "cancelled";
  return exception === null
    ? `result ${show(future.result())}`
    : `exception ${describe(exception)}`;
}

/** Shows a value. */
export function show(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(show).join(", ")}]`;
  if (value instanceof Error) return describe(value);
  return value === undefined || value === null ? "none" : String(value);
}

/** Shows an error. The errors of a group come in another order in asyncio, and may come twice. */
export function describe(error: unknown): string {
  if (error instanceof AggregateError) {
    return `group of ${[...new Set(error.errors.map(describe))].sort().join(", ")}`;
  }
  if (!(error instanceof Error)) return String(error);
  const isPlain = error instanceof ValueError || error instanceof CancelledError;
  // Where no reason is given, Python has no message.
  const hasMessage = isPlain && error.message !== new CancelledError().message;
  return hasMessage ? `${error.name}: ${error.message}` : error.name;
}
