/**
 * The cell of the code that runs now, and the functions that give a cell to each task and to each
 * registered callback.
 *
 * `cells.ts` says what a cell is.
 *
 * @module
 */

import type { Cancellation } from "../task/cancellation.ts";
import { bind, call } from "./calls.ts";
import { type Cell, type CellFunctions, cells, provideCells } from "./cells.ts";
import { currentFrame, runWithCell } from "./current.ts";
import type { Frame } from "./frame.ts";

/** The values of code in which no variable is set. */
export const NO_VALUES: Cell["values"] = new Map();

/**
 * The cells of tasks whose frames have none, by the code of the task: the task began before the
 * first variable was made, or runs in a given context that was captured outside of tasks.
 */
const cellsOfCode = new WeakMap<Cancellation, Cell>();

/** The cell of the code that runs now; `undefined` if no variable can be set there, or none is. */
export function currentCell({ cell, code }: Frame = currentFrame()): Cell | undefined {
  return cell ?? (code && cellsOfCode.get(code.outermost));
}

/** The cell to change; `undefined` outside of tasks, loop callbacks and copies of contexts. */
export function cellToChange(): Cell | undefined {
  const frame = currentFrame();
  const known = currentCell(frame);
  const { code } = frame;
  if (known || !code) return known;
  const cell: Cell = { values: NO_VALUES };
  cellsOfCode.set(code.outermost, cell);
  return cell;
}

/** Makes a cell with the values of the current one. */
export function copyOfCell(frame?: Frame): Cell {
  return { values: currentCell(frame)?.values ?? NO_VALUES };
}

const functions: CellFunctions = {
  copy<A extends unknown[], R>(register: (...args: A) => R, ...args: A): R {
    const frame = currentFrame();
    return runWithCell(copyOfCell(frame), call<R>, () => register(...args), frame);
  },
  withCell<A>(callback: (arg: A) => unknown) {
    if (currentFrame().cell) return callback;
    return (...args: [A]) =>
      runWithCell({ values: NO_VALUES }, call<unknown>, bind(callback, args));
  },
  enter: (context, fn) => context.run(fn),
};

/**
 * Gives each task and each callback that is registered from now on a cell of its own.
 *
 * The first variable calls this, and not the first `set()`: a callback that runs then must have
 * had a cell before, as a runtime does not let code change its frame.
 */
export function useCells(): void {
  if (!cells) provideCells(functions);
}

/** Sets how the module enters a context, which `copied_context.ts` knows. */
export function provideEnter(enter: CellFunctions["enter"]): void {
  functions.enter = enter;
}
