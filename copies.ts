/**
 * Shares tasks and reports among the copies of this module in one program. Libraries and
 * bundlers bring several, of different versions.
 *
 * The record stands under a registered symbol of the global object. Fields may be added to
 * it, but not changed, as older copies read them.
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
  /** One function for each copy that has run a task. */
  readonly running: LookForWaits[];
  /** One list for each copy that has awaited a future: the functions of the other copies. */
  readonly awaiting: LookForWaits[][];
  /** One function for each copy that has failures to report when the process ends. */
  readonly reporters: (() => void)[];
}

const KEY = Symbol.for("asyncio.copies");

/** What all copies share. */
export function shared(): Copies {
  const host = globalThis as { [KEY]?: Copies };
  const value: Copies = { running: [], awaiting: [], reporters: [] };
  // The global object may be frozen: then each copy is by itself.
  if (!host[KEY]) attempt(() => define(globalThis, KEY, { value, configurable: true }));
  return host[KEY] ?? value;
}

/** The functions of the other copies; `undefined` until this copy has joined them. */
let others: LookForWaits[] | undefined;

/**
 * Joins the other copies.
 *
 * @returns The functions of the other copies; later ones are added.
 */
export function joinCopies(): readonly LookForWaits[] {
  if (!others) {
    const { running, awaiting } = shared();
    awaiting.push(others = [...running]);
  }
  return others;
}

/** Tells the other copies that this one runs tasks. */
export function announceTasks(look: LookForWaits): void {
  joinCopies();
  const { running, awaiting } = shared();
  running.push(look);
  for (const list of awaiting) {
    if (list !== others) list.push(look);
  }
}
