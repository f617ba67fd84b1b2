/**
 * Cells, which hold the values of `ContextVar`s, and the functions that give each task and each
 * registered callback a cell of its own.
 *
 * A program without a `ContextVar` has no cells: `own_cells.ts` provides the functions when the
 * first variable is made.
 *
 * @module
 */

import type { Context } from "./frame.ts";

/** The values of `ContextVar`s, for all code of one task, of one callback or of one context. */
export interface Cell {
  /** The values, keyed by variable. A map never changes; `set()` puts a new one into the cell. */
  values: ReadonlyMap<object, unknown>;
}

/** The functions that give code a cell. */
export interface CellFunctions {
  /** Calls `register`, which captures the context, in a frame that has a copy of the cell. */
  copy<A extends unknown[], R>(register: (...args: A) => R, ...args: A): R;
  /**
   * Returns the callback, in a cell of its own if the frame has none: the callback was registered
   * before the first variable was made, when no variable had a value.
   */
  withCell<A>(callback: (arg: A) => unknown): (arg: A) => unknown;
  /** Calls `context.run(fn)`, even if the context has been entered already. */
  enter<R>(context: Context, fn: () => R): R;
}

/** The functions; `undefined` until the first variable or copy of a context is made. */
export let cells: CellFunctions | undefined;

/** Sets {@linkcode cells}. */
export function provideCells(given: CellFunctions): void {
  cells = given;
}
