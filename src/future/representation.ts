/**
 * The text that represents a future, such as `<Future finished result=42>`.
 *
 * @module
 */

import type { Future } from "../../future.ts";
import { show } from "../base/inspect.ts";
import type { Failure } from "./failure.ts";
import { internals } from "./internals.ts";
import { EXCEPTION, RESULT } from "./states.ts";
import { waitersOf } from "./waiters.ts";

/** The names of the states, by their numbers. */
const STATE_NAMES = ["pending", "finished", "finished", "cancelled"] as const;

/**
 * Represents a future of this copy of the module.
 *
 * @param details Texts that stand between the state and the outcome.
 * @param stateName The name of the state, if it is not the usual one.
 */
export function represent(
  future: Future<unknown>,
  details: string[] = [],
  stateName?: string,
): string {
  const state = internals.stateOf(future);
  const outcome = internals.waitersOrOutcome(future);
  const parts = [stateName ?? STATE_NAMES[state], ...details];
  if (state === RESULT) parts.push(`result=${show(outcome)}`);
  if (state === EXCEPTION) parts.push(`exception=${show((outcome as Failure).peek())}`);
  const labels = waitersOf(future).map((waiter) => waiter.label).filter(Boolean);
  if (labels.length > 2) labels.splice(1, labels.length - 2, `<${labels.length - 2} more>`);
  if (labels.length > 0) parts.push(`cb=[${labels.join(", ")}]`);
  return `<${future[Symbol.toStringTag]} ${parts.join(" ")}>`;
}
