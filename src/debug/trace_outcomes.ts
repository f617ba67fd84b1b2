/**
 * How the tasks of a trace ended, in words.
 *
 * @module
 */

import { attempt } from "../base/engine.ts";
import { ANONYMOUS, readName, show } from "../base/inspect.ts";
import { GENERATOR } from "../base/text_names.ts";
import { peekOutcome } from "../future/outcome.ts";
import { CANCELLED, RESULT } from "../future/states.ts";
import { nameSourceOf } from "../task/coroutine.ts";
import type { Task } from "../task/task.ts";
import type { Facts, Words } from "./trace_records.ts";
import { nameOfTask } from "./trace_waits.ts";

/** The words for a task that has no outcome yet: later, the task does not know its coroutine. */
export function wordsOf(task: Task<unknown>): Words {
  // The class of the task may throw, and so may its loop.
  const source = attempt(() => nameSourceOf(task.getCoro() ?? ""));
  return { name: nameOfTask(task), facts: factsOf(source ?? "", task) };
}

/** The words for a task that is not done at the end of a trace, and may be gone. */
export function pendingWords(task: Task<unknown> | undefined): Words {
  const { name, facts } = task ? wordsOf(task) : { name: "", facts: undefined };
  return { name, facts: { ...facts, outcome: "pending" } };
}

/** The words for a task that is done. Its exception does not count as retrieved. */
export function outcomeOf(task: Task<unknown>, words: Words = wordsOf(task)): Words {
  const [state, outcome] = peekOutcome(task);
  // Most tasks have a result, so that the facts are those for a result until now.
  if (state === RESULT) return words;
  const facts: Facts = state === CANCELLED
    ? { outcome: "cancelled", reason: show(outcome) }
    : { outcome: "exception", exception: show(outcome) };
  return { name: words.name, facts: { ...words.facts, ...facts } };
}

/** The facts of tasks that have a result, by the names or texts of coroutines, of which there are few. */
const results = new Map<string, Facts>();

/** How many names are kept: a program may make up names. */
const MAX_RESULTS = 1_000;

function factsOf(source: string, task: Task<unknown>): Facts {
  const known = results.get(source);
  if (known) return known;
  const coro = readName(source, task);
  const isKnown = coro !== "" && coro !== ANONYMOUS && coro !== GENERATOR;
  const facts: Facts = { ...(isKnown && { coro }), outcome: "result" };
  if (results.size > MAX_RESULTS) results.clear();
  // In debug mode, the name has the place where the task was made.
  if (attempt(() => task.getLoop().getDebug()) === false) results.set(source, facts);
  return facts;
}
