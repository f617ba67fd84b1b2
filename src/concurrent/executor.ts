/**
 * The abstract class `Executor`.
 *
 * @module
 */

import { cannot } from "../base/checks.ts";
import { asyncDispose } from "../base/symbols.ts";
import type { ConcurrentFuture } from "./concurrent_future.ts";
import { mapCalls } from "./map.ts";

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
 * Runs the functions of a module elsewhere: in another thread, or on another machine. Executors of your
 * own extend the class.
 *
 * Source: [`concurrent.futures.Executor`](https://docs.python.org/3.14/library/concurrent.futures.html#executor-objects).
 *
 * @typeParam M The type of the module: `typeof import("./work.ts")`.
 * @category Executors
 *
 * @example
 * ```ts
 * import { type Executor, executorOf } from "@asyncio/future/concurrent";
 * import { assertEquals } from "@std/assert";
 *
 * const functions = { double: (n: number) => 2 * n };
 * const doubleAll = async (executor: Executor<typeof functions>, numbers: number[]) => {
 *   const results: number[] = [];
 *   for await (const result of executor.map("double", numbers)) results.push(result);
 *   return results;
 * };
 *
 * await using here = executorOf<typeof functions>((name, args) => functions[name](args[0] as number));
 * assertEquals(await doubleAll(here, [1, 2, 3]), [2, 4, 6]); // a WorkerPoolExecutor does as well
 * ```
 */
export abstract class Executor<M = Record<string, (...args: never[]) => unknown>> {
  /** Never set: tells TypeScript the type of the module. */
  declare readonly module?: M;

  /**
   * Calls a function of the module.
   *
   * Source: [`Executor.submit`](https://docs.python.org/3.14/library/concurrent.futures.html#concurrent.futures.Executor.submit).
   *
   * @param name The name of the function.
   * @param args The arguments.
   * @returns The future of the call.
   * @throws {TypeError} If the executor does not take the arguments.
   * @throws {Error} If the executor was shut down.
   */
  abstract submit<N extends FunctionName<M>>(
    name: N,
    ...args: ArgumentsOf<M, N>
  ): ConcurrentFuture<ReturnOf<M, N>>;

  /**
   * Takes no more calls, and frees what the executor uses once the calls that it has are done.
   *
   * Source: [`Executor.shutdown`](https://docs.python.org/3.14/library/concurrent.futures.html#concurrent.futures.Executor.shutdown).
   *
   * @param options Whether to wait, and whether calls that have not begun are cancelled.
   * @returns A promise that is fulfilled once nothing of the executor is left.
   * @throws {TypeError} If an option is not valid.
   */
  abstract shutdown(options?: ShutdownOptions): Promise<void>;

  /**
   * Calls a function of the module with each item of `iterable`, and gives the results in that order.
   *
   * Source: [`Executor.map`](https://docs.python.org/3.14/library/concurrent.futures.html#concurrent.futures.Executor.map).
   *
   * @param name The name of the function.
   * @param iterable The arguments, one for each call.
   * @param options How many calls are submitted ahead, and how long all may take.
   * @returns The results, for `for await` and, blocking, for `for`.
   * @throws {TypeError} If the arguments are not iterable, or an option is not valid.
   * @throws {Error} If the executor was shut down.
   */
  map<N extends FunctionName<M>>(
    name: N,
    iterable: Iterable<ArgumentsOf<M, N>[0]>,
    options?: MapOptions,
  ): MappedResults<ReturnOf<M, N>> {
    const submit = (item: unknown) => this.submit(name, ...[item] as ArgumentsOf<M, N>);
    return mapCalls(submit, iterable, options);
  }

  /** Shuts the executor down at the end of a block, `await using executor = …`, and waits. */
  [asyncDispose](): Promise<void> {
    return this.shutdown();
  }
}

/** Throws unless a call can be submitted. */
export function checkSubmit(name: unknown, isShutDown: boolean): void {
  if (typeof name !== "string") throw cannot("submit a call", "its name is not a string", name);
  if (isShutDown) {
    throw new Error(`Cannot submit a call as the executor was shut down: received ${name}`);
  }
}
