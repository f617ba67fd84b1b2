/**
 * Shares tasks and reports among the copies of this module in one program. Libraries and
 * bundlers bring several, of different versions.
 *
 * The record stands under a registered symbol of the global object. Fields may be added to
 * it and to what it holds, but not changed, as older copies read them.
 *
 * @module
 */

import { attempt } from "../base/engine.ts";
import { define } from "../base/inspect.ts";

/** Where a task takes note of the futures that it waits for, those of other copies included. */
export interface SharedCancellation {
  beginWait(future: { cancel(reason: unknown): boolean }): void;
  endWait(future: object): boolean;
  beginDelivery(): void;
  endDelivery(): void;
  takePending(): { readonly reason: unknown } | undefined;
}

/** The context of code that belongs to a task of some copy. */
export interface SharedFrame {
  /** Counts the frames of tasks of all copies: the inner task has the higher number. */
  readonly entered: number;
  /** The waits of the task, if it is an async function. */
  readonly cancellation: SharedCancellation | undefined;
}

/** A copy that has run a task or, where contexts are lost, set a variable. */
interface Copy {
  /** The frame of the code that runs, if this copy has one for it. */
  frame(): SharedFrame | undefined;
  /** Calls `wake`, which wakes code that waits, such that the code goes on in `frame`. */
  wake(frame: SharedFrame, wake: () => void): void;
}

/** The record of all copies in the program. */
interface Shared {
  readonly running: Copy[];
  /** Lists of the `running` copies but one, which holds the list: a copy that awaits futures. */
  readonly awaiting: Copy[][];
  /** The functions that report unretrieved failures at the end of the process, one per copy. */
  readonly reporters: (() => void)[];
  /** How many frames of tasks there were. */
  entered: number;
}

const KEY = Symbol.for("asyncio.copies");

let known: Shared | undefined;

/** Returns the record, and makes it if this is the first copy to ask for it. */
export function shared(): Shared {
  return known ??= findOrMake();
}

function findOrMake(): Shared {
  const host = globalThis as { [KEY]?: Shared };
  const value: Shared = { running: [], awaiting: [], reporters: [], entered: 0 };
  // The global object may be frozen: then each copy is by itself.
  if (!host[KEY]) attempt(() => define(globalThis, KEY, { value, configurable: true }));
  return host[KEY] ?? value;
}

/** The other copies; `undefined` until this copy has joined them. */
let others: Copy[] | undefined;

/**
 * Joins the other copies.
 *
 * @returns The other copies that are `running`; later ones are added.
 */
export function joinCopies(): readonly Copy[] {
  if (!others) {
    const { running, awaiting } = shared();
    awaiting.push(others = [...running]);
  }
  return others;
}

/** Adds this copy to those that are `running`. */
export function announce(copy: Copy): void {
  joinCopies();
  const { running, awaiting } = shared();
  running.push(copy);
  for (const list of awaiting) {
    if (list !== others) list.push(copy);
  }
}
