/**
 * The record that the copies of this module in one program share, so that a task of one copy can
 * await a future of another. Libraries and bundlers bring several copies, of different versions.
 *
 * A registered symbol of the global object leads to the record. New versions may add fields to
 * the interfaces below but must not change any, as older copies read them.
 *
 * @module
 */

import { attempt, define } from "../base/engine.ts";

/** The part of a task's `Cancellation` that the futures of other copies may call. */
export interface SharedCancellation {
  /** Whether the task has a request to cancel it that is not answered yet. */
  readonly hasRequest: boolean;
  /** Records that the task waits on `future`, and passes a pending request on to it. */
  beginWait(future: { cancel(reason: unknown): boolean }): void;
  /**
   * Records that the task is about to go on with the outcome of `future`. Returns a request that
   * the caller must throw in place of the outcome.
   */
  endWait(future: { cancel(reason: unknown): boolean }): { readonly reason: unknown } | undefined;
}

/** The part of a frame that all copies know. */
export interface SharedFrame {
  /** The serial number among the frames of tasks of all copies; an inner task has a higher one. */
  readonly serial: number;
  /** The `Cancellation` of the task, if its coroutine is an async function. */
  readonly cancellation: SharedCancellation | undefined;
}

/** A copy of the module, for the others to call. */
interface Copy {
  /** The current frame of this copy; `undefined` if that is the empty frame. */
  frame(): SharedFrame | undefined;
  /** Calls `wake`, which resumes waiting code, so that this code runs in `frame`. */
  wake(frame: SharedFrame, wake: () => void): void;
}

/** The record of all copies in the program. */
interface Shared {
  /** The copies that have run a task or, where `await` loses the context, set a variable. */
  readonly running: Copy[];
  /** For each copy that joined, its own list: all `running` copies except itself. */
  readonly awaiting: Copy[][];
  /** The functions that report unretrieved failures when the process ends, one per copy. */
  readonly reporters: (() => void)[];
  /** The number of frames of tasks so far, of all copies. */
  frameCount: number;
}

const KEY = Symbol.for("asyncio.copies");

/** The record, once `shared()` has been called. */
let known: Shared | undefined;

/** Returns the record; the first copy that asks makes it. */
export function shared(): Shared {
  return known ??= findOrMake();
}

function findOrMake(): Shared {
  const host = globalThis as { [KEY]?: Shared };
  const value: Shared = { running: [], awaiting: [], reporters: [], frameCount: 0 };
  // If the global object is frozen, each copy has a record of its own.
  if (!host[KEY]) attempt(() => define(globalThis, KEY, { value, configurable: true }));
  return host[KEY] ?? value;
}

/** The list of this copy in `awaiting`; `undefined` until this copy has joined. */
let others: Copy[] | undefined;

/**
 * Joins the other copies at the first call, and returns those that are `running`. The list grows
 * when further copies announce themselves.
 */
export function joinCopies(): readonly Copy[] {
  if (!others) {
    const { running, awaiting } = shared();
    awaiting.push(others = [...running]);
  }
  return others;
}

/** Adds this copy to the `running` ones, and to the lists of all other copies. */
export function announce(copy: Copy): void {
  joinCopies();
  const { running, awaiting } = shared();
  running.push(copy);
  for (const list of awaiting) {
    if (list !== others) list.push(copy);
  }
}
