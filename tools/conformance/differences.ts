/**
 * Where random programs may end differently in asyncio, and why. The cells of the table of outcomes
 * have a list of their own, `tests/waiting/differences.ts`.
 *
 * @module
 */

import type { Answer } from "./asyncio.ts";
import type { Trace } from "./play.ts";

/** The reasons, by the names that `programs.py` has for them. */
export const REASONS = {
  "early gather": "a gather() that is cancelled is done only when all it gathers has ended",
  "cancelled gather": "a gather() that is cancelled counts as cancelled, for the first request",
  "late deadline": "a time limit never discards an outcome",
  "late completion": "asCompleted() keeps what arrives in the turn of the timeout",
  "late end of a completion":
    "asCompleted() waits some microtasks for what ends in the turn of its time limit",
  "eaten request": "a time limit never takes back a request from outside with its own",
  "swallowed request": "the error of a task never uses up a request that was passed on to it",
  "pending request": "a request that is pending when a time limit is set is not the limit's",
  "await": "an await gives way, and is thrown a pending request, even if nothing is to wait for",
  "late end":
    "an async function has ended a microtask after it returned, and is cancelled till then",
  "just begun":
    "an async function whose await has just begun has what is handed over, whatever request comes",
  "answered request": "the CancelledError of a scope answers a request that its body left pending",
  "merged requests": "of several requests, the message of the first counts",
  "begun": "what is waited for with a time limit of 0 has begun, and may be done",
  "hand-over": "a lock, an item and room belong at once to the one that they are handed over to",
  "cancelled waiter": "whoever is cancelled leaves the line at once",
  "lock of a condition":
    "a Condition.wait() that is woken waits for the lock from then on, and keeps its place",
  "one a turn":
    "a task that a condition has woken goes on a turn after the lock was released, never in that turn",
  "predicate": "the predicate of Condition.waitFor() is asked in a turn before the code goes on",
  "unlocked condition": "Condition.waitFor() needs the lock, even if the predicate is true",
  "spurious notification": "a Condition.wait() that is cancelled notifies nobody",
  "free permit": "a free permit is there for all, although others have not gone on with theirs",
  "bound": "a BoundedSemaphore never has more permits than at the beginning",
  "place": "the places at a barrier have no gaps",
  "guard": "a guard releases a lock only for the one that it was made for",
  "no message": "a CancelledError keeps its message where asyncio makes another",
};

/** Differences that only async functions have. */
const ASYNC_ONLY = ["await", "late end", "late end of a completion", "just begun"];
/** Differences of the order in turns alone, which is compared for generators only. */
const GENERATORS_ONLY = ["one a turn", "predicate"];
/** Differences of messages alone. */
const MESSAGE_ONLY = ["merged requests", "no message"];

/**
 * Finds the known difference of a program, if it has one: asyncio has met it, and what the tasks saw
 * before is the same.
 *
 * @param isAsync Whether async functions ran here.
 */
export function findDifference(
  here: Trace,
  python: Trace & Pick<Answer, "met">,
  isAsync: boolean,
): string | undefined {
  const [ours, theirs] = [here, python].map(textsOf) as [string[], string[]];
  const isSameBut = (differ: (ours: string, theirs: string) => boolean) =>
    ours.length === theirs.length &&
    ours.every((text, i) => text === theirs[i] || differ(text, theirs[i]!));
  const differInMessage = (a: string, b: string) => withoutMessages(a) === withoutMessages(b);
  if (isSameBut(hasMoreMessages)) return "no message";
  if ("merged requests" in python.met && isSameBut(differInMessage)) return "merged requests";

  const seen = new Set(ours.map(withoutMessages));
  return Object.keys(python.met).find((name) =>
    !(isAsync ? GENERATORS_ONLY : ASYNC_ONLY).includes(name) && !MESSAGE_ONLY.includes(name) &&
    python.met[name]!.every((event) => seen.has(withoutMessages(event.join(" "))))
  );
}

/** The parts of a trace that are compared: the events, and how everything ended. */
export function textsOf({ events, states }: Trace): string[] {
  return [...events, ...Object.entries(states).sort()].map((event) => event.join(" "));
}

/** Whether two texts are the same, but for messages of cancellations that only the first has. */
function hasMoreMessages(text: string, other: string): boolean {
  const [parts, others] = [text, other].map((each) => each.split("CancelledError"));
  return parts!.length === others!.length &&
    parts!.every((part, i) => part === others![i] || part.replace(/^: \w+/, "") === others![i]);
}

function withoutMessages(text: string): string {
  return text.replaceAll(/CancelledError: \w+/g, "CancelledError");
}
