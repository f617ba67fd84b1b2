/**
 * The context as data: one immutable {@linkcode Frame}.
 *
 * @module
 */

import type { SharedFrame } from "./copies.ts";
import type { Cancellation } from "../task/cancellation.ts";
import type { Task } from "../task/task.ts";

/**
 * Anything that runs a function in a context: an `AsyncContext.Snapshot` of
 * this module or a native one.
 *
 * Source: [PEP 567](https://peps.python.org/pep-0567/#contextvars-context),
 * [TC39 AsyncContext](https://github.com/tc39/proposal-async-context).
 */
export interface Context {
  /**
   * Calls `fn` in this context.
   *
   * @param fn The function to call.
   * @param args Its arguments.
   * @returns What `fn` returns.
   * @throws {TypeError} If `fn` is no function.
   */
  run<A extends unknown[], R>(fn: (...args: A) => R, ...args: A): R;
}

/** All that this module keeps in a context. It is never changed, only replaced. */
export interface Frame extends SharedFrame {
  /** The task whose code runs in this context. */
  readonly task: Task<unknown> | undefined;
  /** What that task waits on, if it is an async function, which waits unseen. */
  readonly cancellation: Cancellation | undefined;
  readonly values: ReadonlyMap<object, unknown>;
}

/** The context of code that has set nothing and belongs to no task. */
export const emptyFrame: Frame = {
  task: undefined,
  cancellation: undefined,
  values: new Map(),
  entered: 0,
};
