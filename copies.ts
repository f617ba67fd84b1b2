/**
 * What the copies of this module share that one program may have, of the same version or
 * of others: a library brings its own, bundlers make some.
 *
 * It is under a registered symbol of the global object, from the first use on. What is in
 * it can be changed only such that older versions can go on using it.
 *
 * @module
 */

import { attempt } from "./engine.ts";
import { define } from "./inspect.ts";

/** Where a task takes note of the futures of another copy that it waits for. */
export interface ForeignWaits {
  /** Takes note that the task waits for `future`, which is pending. */
  begin(future: { cancel(reason: unknown): boolean }): void;
  /** Takes note that `future` is done. */
  end(future: object): unknown;
}

/** The waits of the task whose code runs, if it is a task of a certain copy. */
type LookForWaits = () => ForeignWaits | undefined;

interface Copies {
  /** Of each copy that has run a task. */
  readonly running: LookForWaits[];
  /** For each copy that has awaited a future: those of the other copies. */
  readonly awaiting: LookForWaits[][];
  /** For each copy that has something to report: what does so when the process ends. */
  readonly reporters: (() => void)[];
}

const KEY = Symbol.for("asyncio.copies");

/** What all copies share. */
export function copies(): Copies {
  const host = globalThis as { [KEY]?: Copies };
  const value: Copies = { running: [], awaiting: [], reporters: [] };
  // The global object may be frozen: then each copy is by itself.
  if (!host[KEY]) attempt(() => define(globalThis, KEY, { value, configurable: true }));
  return host[KEY] ?? value;
}

/** Of the other copies that have run a task; empty until this copy has joined them. */
const others: LookForWaits[] = [];
let hasJoined = false;

/**
 * Joins the other copies.
 *
 * @returns What tells the waits of their running tasks, of those to come as well.
 */
export function joinCopies(): readonly LookForWaits[] {
  if (!hasJoined) {
    hasJoined = true;
    const { running, awaiting } = copies();
    others.push(...running);
    awaiting.push(others);
  }
  return others;
}

/** Tells the other copies that this one runs tasks. */
export function announceTasks(look: LookForWaits): void {
  joinCopies();
  const { running, awaiting } = copies();
  running.push(look);
  for (const list of awaiting) {
    if (list !== others) list.push(look);
  }
}
