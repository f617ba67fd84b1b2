/**
 * The class `WorkerPoolExecutor`.
 *
 * @module
 */

import { cannot, checkMilliseconds } from "../base/checks.ts";
import { checkOptions } from "../base/options.ts";
import type { ContextVar } from "../context/context_var.ts";
import type { ConcurrentFuture } from "./concurrent_future.ts";
import {
  type ArgumentsOf,
  checkSubmit,
  Executor,
  type FunctionName,
  type ReturnOf,
  type ShutdownOptions,
} from "./executor.ts";
import { Pool } from "./pool.ts";
import type { TypedWorkerModule, WorkerModule } from "./pool_worker.ts";

/**
 * Options of {@linkcode WorkerPoolExecutor}.
 *
 * @category Executors
 */
export interface WorkerPoolOptions {
  /** How many workers there may be. Default: `navigator.hardwareConcurrency`. */
  maxWorkers?: number | undefined;
  /** A function of the module that each worker calls first, and its arguments. Default: none. */
  initializer?: readonly [name: string, ...args: unknown[]] | undefined;
  /**
   * How long a worker may have nothing to do, in milliseconds, before the pool ends it.
   *
   * @default {10_000}
   */
  idleTimeout?: number | undefined;
  /**
   * How long a call that was cancelled may go on, in milliseconds, before its worker is ended.
   * Default: `Infinity`, for as long as the call takes.
   */
  terminate?: number | undefined;
  /** Context variables whose values go along with each call. Default: none. */
  variables?: readonly ContextVar<unknown>[] | undefined;
}

/**
 * Says of which type a module is, for {@linkcode toThread} and {@linkcode WorkerPoolExecutor}.
 *
 * @typeParam M The type of the module: `typeof import("./work.ts")`.
 * @param module The address of the module, or a function that starts a worker of it.
 * @returns The same.
 * @category Executors
 *
 * @example
 * ```ts
 * import { workerModule, WorkerPoolExecutor } from "@asyncio/future/concurrent";
 * import { assertEquals } from "@std/assert";
 *
 * const work = workerModule<typeof import("../../examples/concurrent/work.ts")>(
 *   new URL("../../examples/concurrent/work.ts", import.meta.url),
 * );
 * await using pool = new WorkerPoolExecutor(work, { maxWorkers: 1 });
 * assertEquals(await pool.submit("fibonacci", 20), 6765);
 * ```
 */
export function workerModule<M>(module: WorkerModule): TypedWorkerModule<M> {
  return module;
}

/**
 * Runs the functions of a module in workers: in web workers on Deno, Bun and browsers, in
 * `node:worker_threads` on Node. The workers are started when there is something to do for them.
 *
 * The module has to call {@linkcode expose}. Arguments and results are cloned when they are submitted
 * and returned; {@linkcode transfer} moves them instead. What a function throws arrives with its class,
 * message, cause, and the stacks of both sides.
 *
 * Cancelling the future of a call that waits removes the call. Cancelling one that is running aborts
 * its {@linkcode callSignal}, and cancels the task of an async function; with the option `terminate` its
 * worker is ended if that does not help. A worker that dies fails its call with a
 * {@linkcode BrokenExecutor}, and another one takes its place. No call is run twice.
 *
 * Deno needs the permission to read the module. There, a worker that has nothing to do holds the process
 * until `idleTimeout` is over or the pool is shut down.
 *
 * Source: [`concurrent.futures.ThreadPoolExecutor`](https://docs.python.org/3.14/library/concurrent.futures.html#threadpoolexecutor).
 *
 * @typeParam M The type of the module: `typeof import("./work.ts")`.
 * @category Executors
 *
 * @example
 * ```ts
 * import { WorkerPoolExecutor } from "@asyncio/future/concurrent";
 * import { assertEquals } from "@std/assert";
 *
 * const module = new URL("../../examples/concurrent/work.ts", import.meta.url);
 * type Work = typeof import("../../examples/concurrent/work.ts");
 *
 * await using pool = new WorkerPoolExecutor<Work>(module, { maxWorkers: 2 });
 * const futures = [10, 20].map((n) => pool.submit("fibonacci", n));
 * assertEquals([await futures[0], futures[1]!.result()], [55, 6765]);
 * ```
 */
export class WorkerPoolExecutor<M = Record<string, (...args: never[]) => unknown>>
  extends Executor<M> {
  readonly #pool: Pool;

  /**
   * Makes a pool without workers. Source:
   * [`concurrent.futures.ThreadPoolExecutor`](https://docs.python.org/3.14/library/concurrent.futures.html#concurrent.futures.ThreadPoolExecutor).
   *
   * @param module The address of the module, or a function that starts a worker of it.
   * @param options How many workers there are, when they begin and end, and what goes along.
   * @throws {TypeError} If the module or an option is not valid.
   */
  constructor(module: TypedWorkerModule<M>, options?: WorkerPoolOptions) {
    super();
    const action = "create a worker pool";
    const {
      maxWorkers = globalThis.navigator?.hardwareConcurrency ?? 4,
      initializer,
      idleTimeout = 10_000,
      terminate = Infinity,
      variables = [],
    } = checkOptions(action, options);
    if (typeof module !== "function" && !(module instanceof URL) && !URL.canParse(module)) {
      const why = 'the module is not an absolute address (write new URL("…", import.meta.url))';
      throw cannot(action, why, module);
    }
    if (!(Number.isInteger(maxWorkers) && maxWorkers > 0)) {
      throw cannot(action, "maxWorkers is not a positive whole number", maxWorkers);
    }
    if (initializer !== undefined && typeof initializer[0] !== "string") {
      throw cannot(action, "the initializer does not begin with a name", initializer);
    }
    checkMilliseconds(action, "idleTimeout", idleTimeout);
    checkMilliseconds(action, "terminate option", terminate);
    const settings = { maxWorkers, initializer, idleTimeout, terminate, variables };
    this.#pool = new Pool(module, settings);
  }

  /**
   * Calls a function of the module in a worker.
   *
   * Source: [`Executor.submit`](https://docs.python.org/3.14/library/concurrent.futures.html#concurrent.futures.Executor.submit).
   *
   * @param name The name of the function.
   * @param args The arguments, which are cloned at once.
   * @returns The future of the call.
   * @throws {TypeError} If an argument cannot be cloned, or the name is not a string.
   * @throws {BrokenExecutor} If the initializer has failed, or the host starts no worker.
   * @throws {Error} If the pool was shut down.
   */
  submit<N extends FunctionName<M>>(
    name: N,
    ...args: ArgumentsOf<M, N>
  ): ConcurrentFuture<ReturnOf<M, N>> {
    checkSubmit(name, this.#pool.isClosed);
    const { submit } = WorkerPoolExecutor.prototype;
    return this.#pool.submit(name, args, submit) as ConcurrentFuture<ReturnOf<M, N>>;
  }

  /**
   * Takes no more calls, and ends the workers once the calls that there are have ended.
   *
   * Source: [`Executor.shutdown`](https://docs.python.org/3.14/library/concurrent.futures.html#concurrent.futures.Executor.shutdown).
   *
   * @param options Whether to wait, and whether calls that have not begun are cancelled.
   * @returns A promise that is fulfilled once all workers have ended.
   * @throws {TypeError} If an option is not valid.
   */
  shutdown(options?: ShutdownOptions): Promise<void> {
    const { wait = true, cancelFutures = false } = checkOptions("shut down the pool", options);
    const ended = this.#pool.close(cancelFutures);
    return wait ? ended : Promise.resolve();
  }
}
