/**
 * The data of a context: one immutable {@linkcode Frame}, and the public type `Context`.
 *
 * `carriers.ts` transports frames, `current.ts` reads and enters them.
 *
 * @module
 */

import type { Cell } from "./cells.ts";
import type { SharedFrame } from "./copies.ts";
import type { Cancellation } from "../task/cancellation.ts";

/**
 * A context to run functions in: an `AsyncContext.Snapshot` of this module, a native one, or any
 * object with such a `run()`.
 *
 * Source: [PEP 567](https://peps.python.org/pep-0567/#contextvars-context),
 * [TC39 AsyncContext](https://github.com/tc39/proposal-async-context).
 *
 * @category Context
 */
export interface Context {
  /**
   * Calls `fn` in this context.
   *
   * @param fn The function to call.
   * @param args The arguments of `fn`.
   * @returns The return value of `fn`.
   * @throws {TypeError} If `fn` is not a function.
   */
  run<A extends unknown[], R>(fn: (...args: A) => R, ...args: A): R;
}

/** Everything that this module keeps in a context. A frame never changes; a new one replaces it. */
export interface Frame extends SharedFrame {
  /**
   * The `Cancellation` of the code that runs in this context; `undefined` if that code belongs to
   * no task. A `Cancellation` leads to its task, and lets go of a task that is done.
   */
  readonly code: Cancellation | undefined;
  /**
   * The same `Cancellation` if the code is an async function: `then()` registers its waits there.
   * `undefined` for a generator, whose waits `Task.#wait` registers.
   */
  readonly cancellation: Cancellation | undefined;
  /** The values of the `AsyncContext.Variable`s that are set, keyed by variable. */
  readonly values: ReadonlyMap<object, unknown>;
  /**
   * The values of `ContextVar`s, which the frames of one task share. `undefined` outside of tasks and
   * callbacks, and in those that began before the program made a variable.
   */
  readonly cell: Cell | undefined;
}

/** The frame of code that belongs to no task and has set no variable. */
export const emptyFrame: Frame = {
  code: undefined,
  cancellation: undefined,
  values: new Map(),
  cell: undefined,
  serial: 0,
};
