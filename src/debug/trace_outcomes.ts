/**
 * How the tasks of a trace ended, in words.
 *
 * @module
 */

import { show } from "../base/inspect.ts";
import type { Failure } from "../future/failure.ts";
import { internals } from "../future/internals.ts";
import { CANCELLED, RESULT } from "../future/states.ts";
import type { Task } from "../task/task.ts";
import type { Facts, Words } from "./trace_records.ts";
import { nameOfTask } from "./trace_waits.ts";

/** The name of a task that is done, and how it ended. Its exception does not count as retrieved. */
export function outcomeOf(task: Task<unknown>, coro: string): Words {
  const name = nameOfTask(task);
  const state = internals.stateOf(task);
  if (state === RESULT) return { name, facts: factsOfResult(coro) };
  const outcome = internals.waitersOrOutcome(task);
  const facts: Facts = state === CANCELLED
    ? { outcome: "cancelled", reason: show(outcome) }
    : { outcome: "exception", exception: show((outcome as Failure).peek()) };
  return { name, facts: { ...coroFact(coro), ...facts } };
}

/** The name of a task that is not done; `undefined` stands for one that is gone. */
export function pendingWords(task: Task<unknown> | undefined, coro: string): Words {
  const name = task ? nameOfTask(task) : "";
  return { name, facts: { ...coroFact(coro), outcome: "pending" } };
}

/** The coroutine, unless it has no name. */
function coroFact(coro: string): Facts {
  return coro.startsWith("<") ? {} : { coro };
}

/** The facts of tasks that have a result, by the names of coroutines, of which there are few. */
const results = new Map<string, Facts>();

/** How many names are kept: a program may make up names. */
const MAX_RESULTS = 1_000;

function factsOfResult(coro: string): Facts {
  if (results.size > MAX_RESULTS) results.clear();
  let facts = results.get(coro);
  if (!facts) results.set(coro, facts = { ...coroFact(coro), outcome: "result" });
  return facts;
}
