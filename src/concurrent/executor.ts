/**
 * The interface `Executor`.
 *
 * @module
 */

import { cannot } from "../base/checks.ts";
import type { asyncDispose } from "../base/symbols.ts";
import type { ConcurrentFuture } from "./concurrent_future.ts";

/**
 * The names of the functions of a module.
 *
 * @typeParam M The type of the module: `typeof import("./work.ts")`.
 * @category Executors
 */
export type FunctionName<M> =
  & { [K in keyof M]: M[K] extends (...args: never[]) => unknown ? K : never }[keyof M]
  & string;

/**
 * The arguments of a function of a module.
 *
 * @typeParam M The type of the module.
 * @typeParam N The name of the function.
 * @category Executors
 */
export type ArgumentsOf<M, N extends FunctionName<M>> = M[N] extends (...args: infer A) => unknown
  ? A
  : never;

/**
 * The result of a function of a module: what its promise is fulfilled with, or its generator returns.
 *
 * @typeParam M The type of the module.
 * @typeParam N The name of the function.
 * @category Executors
 */
export type ReturnOf<M, N extends FunctionName<M>> = M[N] extends (...args: never[]) => infer R
  ? (R extends Generator<unknown, infer T, unknown> ? Awaited<T> : Awaited<R>)
  : never;

/**
 * Options of `Executor.map()`.
 *
 * @category Executors
 */
export interface MapOptions {
  /**
   * How many calls may be submitted whose results were not taken yet. Default: no limit; then all calls
   * are submitted at once.
   */
  bufferSize?: number | undefined;
  /**
   * How long the whole iteration may take, in milliseconds.
   *
   * @default {null}
   */
  timeout?: number | null | undefined;
}

/**
 * The return type of `Executor.map()`: the results, in the order of the arguments. `for await` waits for
 * each; `for` blocks the thread.
 *
 * @typeParam T The type of the results.
 * @category Executors
 */
export interface MappedResults<T> {
  /** Blocks the thread for each result. */
  [Symbol.iterator](): IterableIterator<T>;
  /** Waits for each result. */
  [Symbol.asyncIterator](): AsyncIterableIterator<T>;
}

/**
 * Options of `Executor.shutdown()`.
 *
 * @category Executors
 */
export interface ShutdownOptions {
  /**
   * Whether the returned promise waits for the calls that are not done.
   *
   * @default {true}
   */
  wait?: boolean | undefined;
  /**
   * Whether calls that have not begun are cancelled.
   *
   * @default {false}
   */
  cancelFutures?: boolean | undefined;
}

/**
 * Runs the functions of a module elsewhere: in another thread, or on another machine.
 *
 * Source: [`concurrent.futures.Executor`](https://docs.python.org/3.14/library/concurrent.futures.html#executor-objects).
 *
 * @typeParam M The type of the module: `typeof import("./work.ts")`.
 * @category Executors
 */
export interface Executor<M> {
  /** Never set: tells TypeScript the type of the module. */
  readonly module?: M;
  /**
   * Calls a function of the module.
   *
   * Source: [`Executor.submit`](https://docs.python.org/3.14/library/concurrent.futures.html#concurrent.futures.Executor.submit).
   *
   * @throws {Error} If the executor was shut down.
   */
  submit<N extends FunctionName<M>>(
    name: N,
    ...args: ArgumentsOf<M, N>
  ): ConcurrentFuture<ReturnOf<M, N>>;
  /**
   * Calls a function of the module with each item of `iterable`, and gives the results in that order.
   *
   * Source: [`Executor.map`](https://docs.python.org/3.14/library/concurrent.futures.html#concurrent.futures.Executor.map).
   *
   * @throws {Error} If the executor was shut down.
   */
  map<N extends FunctionName<M>>(
    name: N,
    iterable: Iterable<ArgumentsOf<M, N>[0]>,
    options?: MapOptions,
  ): MappedResults<ReturnOf<M, N>>;
  /**
   * Takes no more calls, and frees what the executor uses once the calls that it has are done.
   *
   * Source: [`Executor.shutdown`](https://docs.python.org/3.14/library/concurrent.futures.html#concurrent.futures.Executor.shutdown).
   */
  shutdown(options?: ShutdownOptions): Promise<void>;
  /** Shuts the executor down at the end of a block, `await using executor = …`, and waits. */
  [asyncDispose](): Promise<void>;
}

/** Throws unless a call can be submitted. */
export function checkSubmit(name: unknown, isShutDown: boolean): void {
  if (typeof name !== "string") throw cannot("submit a call", "its name is not a string", name);
  if (isShutDown) {
    throw new Error(`Cannot submit a call as the executor was shut down: received ${name}`);
  }
}
