/**
 * `pooledMap()`: maps an iterable with a bounded number of tasks.
 *
 * @module
 */

import { isCancelledError } from "../../errors.ts";
import type { Future } from "../../future.ts";
import type { EventLoop } from "../../loop.ts";
import { cannot, checkCallback, isAsyncGeneratorFunction, isThenable } from "../base/checks.ts";
import { checkOptions } from "../base/options.ts";
import { isFuture } from "../future/brand.ts";
import { cancelTargets } from "../future/cancel_target.ts";
import { hasFailed, outcomeOf } from "../future/outcome.ts";
import { CANCELLED, RESULT } from "../future/states.ts";
import { whenDone } from "../future/waiters.ts";
import { closedError, report } from "../loop/reports.ts";
import { currentLoop } from "../loop/running.ts";
import type { Coroutine } from "../task/coroutine.ts";
import { createTask } from "../task/current.ts";
import { endOf } from "../task/end.ts";
import { ANY_CODE, deliverFirst } from "../task/delivery.ts";
import { passOn } from "../task/passing.ts";
import type { Task } from "../task/task.ts";
import { DelegatingFuture, settleAs } from "./delegating.ts";
import { ensureFuture } from "./ensure.ts";
import { onEnd } from "./watch.ts";

/**
 * Options of {@linkcode pooledMap}.
 *
 * @category Waiting
 */
export interface PooledMapOptions {
  /** A signal that ends the iteration, with a `CancelledError` of the signal's reason. */
  signal?: AbortSignal | undefined;
}

/**
 * Calls a function for each item of an iterable, in tasks of which a bounded number runs at a time.
 *
 * asyncio has no such function; the name and the order of the arguments are those of Deno's `@std/async`.
 *
 * The results come in the order of the items. The iteration begins with the first `next()`. No
 * further item is taken while `poolLimit` tasks run, or while that many results are not yet taken.
 *
 * When a task fails, the others are cancelled, the source is closed, and when all have ended, `next()`
 * throws the exception, after the results that came before in the order of the items. The same holds
 * when the source fails. Leaving a `for await` loop, and cancelling the task that loops, cancels the
 * tasks, closes the source and waits for their end. If the source is just being asked for an item,
 * its end is not waited for, as a stream may never have another one.
 *
 * An exception that no `next()` throws any more, such as one of a clean-up, is reported.
 *
 * @param poolLimit How many tasks run at a time: a positive integer, or `Infinity`.
 * @param source The items: an iterable or an async iterable.
 * @param fn The function to call (async, generator or plain), with the item and the signal of its
 * task.
 * @param options A signal that ends the iteration.
 * @returns An async iterator of the results.
 * @throws {TypeError} If the limit is not a positive integer, the source is not iterable, `fn` is not a
 * function (an async generator function is refused), or an option is not valid.
 * @category Waiting
 *
 * @example
 * ```ts
 * import { pooledMap, sleep } from "@asyncio/future";
 * import { assertEquals } from "@std/assert";
 *
 * const results: string[] = [];
 * for await (
 *   const text of pooledMap(2, [3, 1, 2], (ms) => sleep(ms, { result: `slept ${ms} ms` }))
 * ) results.push(text);
 * assertEquals(results, ["slept 3 ms", "slept 1 ms", "slept 2 ms"]);
 * ```
 */
export function pooledMap<T, R>(
  poolLimit: number,
  source: (Iterable<T> | AsyncIterable<T>) & { readonly then?: "await it first" },
  fn: (item: T, signal: AbortSignal) => Generator<unknown, R, unknown> | PromiseLike<R> | R,
  options?: PooledMapOptions,
): AsyncIterableIterator<R> {
  const action = "map the items";
  if (!(poolLimit >= 1 && (Number.isInteger(poolLimit) || poolLimit === Infinity))) {
    throw cannot(action, "the pool limit is not a positive integer", poolLimit);
  }
  const isIterable = source !== null && source !== undefined && !isFuture(source) &&
    (Symbol.asyncIterator in Object(source) || Symbol.iterator in Object(source));
  if (!isIterable) {
    const hint = isThenable(source) ? " (await them first)" : "";
    throw cannot(action, `they come in no iterable, such as an array${hint}`, source);
  }
  if (isAsyncGeneratorFunction(fn)) {
    throw cannot(action, "the function is an async generator, which yields values", fn);
  }
  checkCallback(action, fn, "function");
  const { signal } = checkOptions(action, options);
  return new Pool<R>(
    poolLimit,
    source,
    (item) => (signal) => fn(item as T, signal),
    signal,
  );
}

/** An iteration, which a task of its own drives: that reads the source and starts the tasks. */
class Pool<R> implements AsyncIterableIterator<R> {
  readonly #limit: number;
  readonly #source: Iterable<unknown> | AsyncIterable<unknown>;
  readonly #coroutineOf: (item: unknown) => Coroutine<R>;
  readonly #signal: AbortSignal | undefined;
  #loop: EventLoop = currentLoop();
  /** The task that drives the iteration; `undefined` before the first `next()`. */
  #driver: Task<void> | undefined;
  /** The tasks that run. */
  readonly #running = new Set<Task<R>>();
  /** The tasks whose results were not taken, in the order of the items. */
  #untaken: Task<R>[] = [];
  /** The calls of `next()` that have no result. */
  readonly #steps: DelegatingFuture<IteratorResult<R, undefined>>[] = [];
  /** The task that failed first, or the driver, until a `next()` has thrown that. */
  #failed: Task<unknown> | undefined;
  /** Whether the iteration has to end early. */
  #isStopping = false;
  /** The future that the driver awaits until a task ends or a result is taken. */
  #change: Future<void> | undefined;

  constructor(
    limit: number,
    source: Iterable<unknown> | AsyncIterable<unknown>,
    coroutineOf: (item: unknown) => Coroutine<R>,
    signal: AbortSignal | undefined,
  ) {
    this.#limit = limit;
    this.#source = source;
    this.#coroutineOf = coroutineOf;
    this.#signal = signal;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Future<IteratorResult<R, undefined>> {
    if (!this.#driver && !this.#isStopping) this.#start();
    const step = new DelegatingFuture<IteratorResult<R, undefined>>(this.#loop, (reason) => {
      if (this.#failed || this.#driver!.done()) return false;
      this.#untaken = [];
      this.#stop(reason);
      return true;
    }, { operation: "pooledMap", futures: [this.#driver!] });
    // A result is delivered before a request that comes later, whose error would skip `return()`.
    deliverFirst(step, ANY_CODE);
    this.#steps.push(step);
    this.#serve();
    return step;
  }

  return(): Future<IteratorResult<R, undefined>> {
    const result = { done: true, value: undefined } as const;
    this.#untaken = [];
    if (this.#driver) {
      this.#stop();
      return endOf<IteratorResult<R, undefined>>(this.#driver, result);
    }
    this.#isStopping = true;
    const end = this.#loop.createFuture<IteratorResult<R, undefined>>();
    end.setResult(result);
    deliverFirst(end, ANY_CODE);
    return end;
  }

  #start(): void {
    const loop = this.#loop = currentLoop();
    if (loop.isClosed()) throw closedError();
    const options = { loop, name: "pooledMap", signal: this.#signal };
    const driver = this.#driver = createTask(() => this.#drive(), options);
    const notify = () => {
      if (hasFailed(driver) || (driver.cancelled() && !this.#isStopping)) this.#failed ??= driver;
      // The iteration was cancelled by the signal, or at the end of `run()`.
      if (this.#failed === driver && driver.cancelled()) this.#untaken = [];
      this.#serve();
    };
    whenDone(driver, { notify, label: "pooledMap" });
  }

  async #drive(): Promise<void> {
    const iterator = this.#openSource();
    /** Whether the source may have more items. */
    let isOpen = true;
    let isReading = false;
    try {
      while (isOpen) {
        while (this.#isFull) await this.#waitForChange();
        isReading = true;
        const made = iterator.next();
        const { done, value } = isThenable(made) ? await this.#itemOf(made) : made;
        isReading = false;
        if (done) isOpen = false;
        else if (this.#driver!.cancelling() > 0) break;
        else this.#startTask(value);
      }
      while (this.#running.size > 0) await this.#waitForChange();
    } catch (error) {
      // A source that failed is not to be closed.
      if (isReading && !isCancelledError(error)) isOpen = false;
      if (!this.#isStopping) {
        this.#isStopping = true;
        this.#failed = this.#driver;
        passOn(() => cancelTargets(this.#running, error));
      }
      throw error;
    } finally {
      const closing = isOpen ? this.#closeSource(iterator) : undefined;
      for (const task of this.#running) await endOf(task);
      if (!isReading) await closing;
      else closing?.catch((exception) => this.#report(exception));
    }
  }

  #openSource(): Iterator<unknown> | AsyncIterator<unknown> {
    const source = Object(this.#source);
    return (source[Symbol.asyncIterator] ?? source[Symbol.iterator]).call(this.#source);
  }

  /** Returns a future of the next item, so that the driver can be cancelled while it waits. */
  #itemOf(made: PromiseLike<IteratorResult<unknown>>): Future<IteratorResult<unknown>> {
    return ensureFuture(made, { loop: this.#loop });
  }

  async #closeSource(iterator: Iterator<unknown> | AsyncIterator<unknown>): Promise<void> {
    await iterator.return?.();
  }

  #report(exception: unknown): void {
    report(this.#loop, { message: "Cannot close the source of pooledMap()", exception });
  }

  get #isFull(): boolean {
    const running = this.#running.size;
    return running >= this.#limit || this.#untaken.length - running >= this.#limit;
  }

  #waitForChange(): Future<void> {
    const change = this.#change = this.#loop.createFuture<void>();
    onEnd(change, () => {}, { operation: "pool", futures: this.#running });
    return change;
  }

  #startTask(item: unknown): void {
    const task = createTask(this.#coroutineOf(item), { loop: this.#loop });
    this.#running.add(task);
    this.#untaken.push(task);
    const notify = () => {
      this.#running.delete(task);
      if (!this.#isStopping && (hasFailed(task) || task.cancelled())) {
        this.#failed = task;
        this.#stop();
      }
      this.#change?.setResultUnlessDone();
      this.#serve();
    };
    whenDone(task, { notify, label: "pooledMap" });
  }

  /** Cancels the driver, which closes the source, and the tasks. */
  #stop(reason?: unknown): void {
    if (this.#isStopping) return;
    this.#isStopping = true;
    passOn(() => cancelTargets([this.#driver!, ...this.#running], reason));
  }

  /** Settles the calls of `next()` that can be. */
  #serve(): void {
    while (this.#steps.length > 0) {
      const first = this.#untaken[0];
      if (first?.done() && !first.cancelled() && !hasFailed(first)) {
        this.#untaken.shift();
        this.#change?.setResultUnlessDone();
        settleAs(this.#steps.shift()!, [RESULT, { done: false, value: first.result() }]);
      } else if (!this.#driver || this.#driver.done()) {
        this.#untaken = [];
        this.#endStep(this.#steps.shift()!);
      } else return;
    }
  }

  /** Settles a call of `next()` after the end. */
  #endStep(step: DelegatingFuture<unknown>): void {
    const request = DelegatingFuture.requestOf(step);
    const failed = this.#failed;
    if (request) return settleAs(step, [CANCELLED, request]);
    if (!failed) return settleAs(step, [RESULT, { done: true, value: undefined }]);
    this.#failed = undefined;
    settleAs(step, outcomeOf(failed));
  }
}
