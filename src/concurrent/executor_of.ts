/**
 * `executorOf()`, which makes an executor of any function that runs calls.
 *
 * @module
 */

import { CancelledError, isDueToRequest } from "../../errors.ts";
import { checkCallback } from "../base/checks.ts";
import { checkOptions } from "../base/options.ts";
import { ConcurrentFuture, endCancelled } from "./concurrent_future.ts";
import {
  type ArgumentsOf,
  checkSubmit,
  Executor,
  type FunctionName,
  type ReturnOf,
  type ShutdownOptions,
} from "./executor.ts";

/**
 * Options that {@linkcode executorOf} passes with each call.
 *
 * @category Executors
 */
export interface CallOptions {
  /** Is aborted when the future of the call is cancelled. */
  signal: AbortSignal;
}

/**
 * Makes an executor of a function that runs calls: of a pool of another library, or of functions of this
 * thread.
 *
 * @typeParam M The type of the module.
 * @param call Runs a function, and returns a promise of its result.
 * @returns The executor.
 * @throws {TypeError} If `call` is not a function.
 * @category Executors
 *
 * @example
 * ```ts
 * import { executorOf } from "@asyncio/future/concurrent";
 * import { assertEquals } from "@std/assert";
 *
 * const functions = { double: (n: number) => 2 * n };
 * await using executor = executorOf<typeof functions>((name, args) =>
 *   functions[name as "double"](...args as [number])
 * );
 * assertEquals(await executor.submit("double", 21), 42);
 * ```
 */
export function executorOf<M = Record<string, (...args: never[]) => unknown>>(
  call: (name: FunctionName<M>, args: unknown[], options: CallOptions) => unknown,
): Executor<M> {
  checkCallback("make an executor", call, "call");
  return new CallingExecutor<M>(call);
}

class CallingExecutor<M> extends Executor<M> {
  readonly #call: (name: FunctionName<M>, args: unknown[], options: CallOptions) => unknown;
  /** The calls that have not begun. */
  readonly #pending = new Set<ConcurrentFuture<unknown>>();
  /** The calls that are not done. */
  readonly #running = new Set<Promise<void>>();
  #isShutDown = false;

  constructor(call: (name: FunctionName<M>, args: unknown[], options: CallOptions) => unknown) {
    super();
    this.#call = call;
  }

  submit<N extends FunctionName<M>>(
    name: N,
    ...args: ArgumentsOf<M, N>
  ): ConcurrentFuture<ReturnOf<M, N>> {
    checkSubmit(name, this.#isShutDown);
    const controller = new AbortController();
    const future = new ConcurrentFuture<ReturnOf<M, N>>({
      cancelRunning: () => controller.abort(new CancelledError()),
    });
    const { signal } = controller;
    const run = async () => {
      try {
        this.#pending.delete(future);
        if (!future.setRunningOrNotifyCancel()) return;
        future.setResult(await this.#call(name, args, { signal }) as ReturnOf<M, N>);
      } catch (error) {
        if (signal.aborted && isDueToRequest(error, signal.reason)) {
          endCancelled(future, signal.reason);
        } else future.setException(error);
      } finally {
        this.#running.delete(running);
      }
    };
    const running = Promise.resolve().then(run);
    this.#pending.add(future);
    this.#running.add(running);
    return future;
  }

  async shutdown(options?: ShutdownOptions): Promise<void> {
    const action = "shut down the executor";
    const { wait = true, cancelFutures = false } = checkOptions(action, options);
    this.#isShutDown = true;
    if (cancelFutures) { for (const future of this.#pending) future.cancel(); }
    if (wait) await Promise.all(this.#running);
  }
}
