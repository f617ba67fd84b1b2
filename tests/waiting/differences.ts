/**
 * Where a cell of the table of outcomes ends differently in Python's asyncio, and
 * why. `deno task conformance:python` compares; the README has the list in prose.
 *
 * @module
 */

import { isOlder, type Version } from "../../tools/python.ts";
import { type Cell, functionOf, type Trace } from "./outcomes.ts";

/** A reason why cells differ. */
export interface Difference {
  reason: string;
  /** The first version of Python that does as this module does. */
  until?: Version;
  /** How many cells differ for the reason in Python 3.13, if any do. */
  count?: number;
  /** Whether the difference can occur in a cell. */
  covers(cell: Cell): boolean;
  /** The part of a trace that is the same on both sides. */
  common(trace: Trace): unknown;
}

/** The known differences. */
export const DIFFERENCES: Difference[] = [
  {
    reason: "a gather() that is cancelled counts as cancelled, for the reason of the request",
    count: 148,
    covers: (cell) => functionOf(cell) === "gather" && cell.event !== "none",
    common: asCancelled,
  },
  {
    reason: "a gather() that is cancelled is done only when all it gathers has ended",
    count: 10,
    covers: ({ target, event }) => target === "gather" && event !== "none",
    common: (trace) => [asCancelled(trace)[0], asCancelled(trace)[1].sort()],
  },
  {
    reason: "a cancel() from outside goes before the request of a time limit in the same turn, " +
      "so that its reason is what comes out",
    count: 50,
    covers: ({ event }) => event.includes("timeout") && event.includes("cancel"),
    common: ({ outcome, events }) => [withoutMessage(outcome), events.map(withoutMessage)],
  },
  {
    reason: "a cancel() is not used up by the error of a child that was never thrown it",
    count: 2,
    covers: ({ target, child, event }) =>
      target === "gather" && child.endsWith("exception") && event === "cancel",
    common: ({ events }) => events.slice(0, 2),
  },
  {
    reason: "a CancelledError keeps its message in shield(), among the results of gather() and " +
      "after the errors of a taskGroup()",
    count: 21,
    covers: ({ target, child, event }) =>
      (target === "shield" && child.endsWith("cancelled")) ||
      (target === "gather returnExceptions" && child.endsWith("cancelled") && event === "none") ||
      (target.startsWith("taskGroup") && child === "exception" && event.includes("cancel")),
    common: ({ outcome, events }) => [withoutMessage(outcome), events.map(withoutMessage)],
  },
  {
    reason: "waitFor() and asCompleted() keep what arrives in the turn of the timeout",
    count: 9,
    covers: ({ target, child, when, event }) =>
      /^(waitFor|asCompleted)/.test(target) && child.startsWith("future") &&
      when === "same turn, before" && event === "timeout",
    common: ({ events }) => events[0],
  },
  {
    reason: "a step of asCompleted() is a future: once it is cancelled, the reason of a cancel() " +
      "in the same turn comes too late",
    count: 2,
    covers: ({ target, child, when }) =>
      target === "asCompleted, for" && child.endsWith("cancelled") && /^\d/.test(when),
    common: ({ outcome, events }) => [withoutMessage(outcome), events.map(withoutMessage)],
  },
  {
    reason: "TaskGroup lost a cancellation that errors went before",
    until: [3, 13],
    covers: (cell) => functionOf(cell) === "taskGroup" && cell.event.includes("cancel"),
    common: ({ outcome, events }) => [
      outcome,
      events.filter((event) => !/caller (is thrown|goes on)/.test(event)),
    ],
  },
  {
    reason: "wait_for() waited in another way, and could lose a cancellation or a result",
    until: [3, 12],
    covers: ({ target, event }) => target === "waitFor" && event !== "none",
    common: () => undefined,
  },
  {
    reason: "gather() took a turn for what is done already",
    until: [3, 12],
    covers: ({ target, when }) => target === "gather" && when === "before call",
    common: ({ outcome, events }) => [outcome, events.toSorted()],
  },
];

/** A trace of gather() in which it counts as cancelled on both sides. */
function asCancelled({ outcome, events }: Trace): [string, string[]] {
  const ended = (event: string) =>
    withoutMessage(event).replace("future: exception CancelledError", "future: cancelled");
  return [withoutMessage(outcome), events.map(ended)];
}

function withoutMessage(text: string): string {
  return text.replaceAll(/CancelledError: \w+/g, "CancelledError");
}

/** The reason why a cell ends differently in Python, if the reason is known. */
export function explain(
  cell: Cell,
  here: Trace,
  python: Trace,
  version: Version,
): Difference | undefined {
  return DIFFERENCES.find(({ until, covers, common }) =>
    (!until || isOlder(version, until)) && covers(cell) &&
    JSON.stringify(common(here)) === JSON.stringify(common(python))
  );
}
