/**
 * `runCoroutineThreadsafe()` and `callSoonThreadsafe()`.
 *
 * @module
 */

import type { CancelledError } from "../../errors.ts";
import { cannot } from "../base/checks.ts";
import { show } from "../base/inspect.ts";
import { addSource, bellOfThread, receive, removeSource, type Source } from "./blocking.ts";
import { ConcurrentFuture, endCancelled } from "./concurrent_future.ts";
import { BrokenExecutor, decodeThrown } from "./errors.ts";
import type { ArgumentsOf, FunctionName, ReturnOf } from "./executor.ts";
import type { LoopRef } from "./loop_ref.ts";
import { type Answer, LOOP_REF, type ToLoop, transferListOf } from "./messages.ts";

/** The way of this thread to a loop in another thread. */
class Client implements Source {
  readonly #port: MessagePort & { ref?(): void; unref?(): void };
  readonly #calls = new Map<number, ConcurrentFuture<unknown>>();
  #lastNumber = 0;
  #isClosed = false;

  constructor(port: MessagePort) {
    this.#port = port;
    port.addEventListener("close", () => this.#close());
    port.onmessage = ({ data }) => this.#settle(data);
    this.#port.unref?.();
    this.post({ bell: bellOfThread() });
  }

  post(message: ToLoop, list: Transferable[] = []): void {
    this.#port.postMessage(message, list);
  }

  call(name: string, args: readonly unknown[]): ConcurrentFuture<unknown> {
    const call = ++this.#lastNumber;
    const future = new ConcurrentFuture({ cancelRunning: () => this.post({ cancel: call }) });
    if (this.#isClosed) throw this.#closedError(name);
    this.post({ call, name, args }, transferListOf(args));
    future.setRunningOrNotifyCancel();
    if (this.#calls.size === 0) {
      addSource(this);
      this.#port.ref?.();
    }
    this.#calls.set(call, future);
    return future;
  }

  isOpen(): boolean {
    return this.#calls.size > 0;
  }

  drain(): void {
    for (let got = receive(this.#port); got; got = receive(this.#port)) {
      this.#settle(got.message as Answer);
    }
  }

  #settle(answer: Answer): void {
    const future = this.#take(answer.call);
    if (!future || future.done()) return;
    if ("result" in answer) future.setResult(answer.result);
    else if ("thrown" in answer) future.setException(decodeThrown(answer.thrown));
    else endCancelled(future, decodeThrown(answer.cancelled) as CancelledError);
  }

  #take(call: number): ConcurrentFuture<unknown> | undefined {
    const future = this.#calls.get(call);
    this.#calls.delete(call);
    if (this.#calls.size === 0) {
      removeSource(this);
      this.#port.unref?.();
    }
    return future;
  }

  #close(): void {
    this.#isClosed = true;
    for (const [call, future] of this.#calls) {
      this.#take(call);
      if (!future.done()) future.setException(this.#closedError("the outcome"));
    }
  }

  #closedError(received: string): BrokenExecutor {
    return new BrokenExecutor(
      `Cannot run a function in the loop as its thread has closed the port: received ${received}`,
    );
  }
}

const clients = new WeakMap<MessagePort, Client>();

function clientOf(action: string, ref: LoopRef<never>, name: string): Client {
  const port = (ref as Partial<LoopRef<never>> | null)?.port;
  if ((ref as Partial<LoopRef<never>> | null)?.type !== LOOP_REF || !port) {
    throw cannot(action, "the reference is not one of loopRef()", ref);
  }
  if (typeof name !== "string") throw cannot(action, "its name is not a string", name);
  let client = clients.get(port);
  if (!client) clients.set(port, client = new Client(port));
  return client;
}

/**
 * Runs a function in the loop of another thread, as a task, and returns a future for this thread: the way
 * of a worker to ask the main thread. `result()` blocks the worker while the loop works.
 *
 * Cancelling the future cancels the task. A thread that waits for this worker in `result()` runs no loop:
 * then both wait for ever.
 *
 * Source: [`asyncio.run_coroutine_threadsafe`](https://docs.python.org/3.14/library/asyncio-task.html#asyncio.run_coroutine_threadsafe).
 *
 * @param ref The reference, which was an argument of this worker's call.
 * @param name The name of the function.
 * @param args The arguments, which are cloned.
 * @returns The future.
 * @throws {TypeError} If the reference is not one, or an argument cannot be cloned.
 * @throws {BrokenExecutor} If the thread of the loop has closed the port.
 * @category Executors
 *
 * @example
 * ```ts
 * // work.ts
 * import { expose, type LoopRef, runCoroutineThreadsafe } from "@asyncio/future/concurrent";
 *
 * export function compute(main: LoopRef<{ ask(question: string): Promise<string> }>): number {
 *   return runCoroutineThreadsafe(main, "ask", "How long?").result().length;
 * }
 *
 * expose({ compute });
 * ```
 */
export function runCoroutineThreadsafe<F, N extends FunctionName<F>>(
  ref: LoopRef<F>,
  name: N,
  ...args: ArgumentsOf<F, N>
): ConcurrentFuture<ReturnOf<F, N>> {
  const action = "run a function in the loop";
  const client = clientOf(action, ref as LoopRef<never>, name);
  try {
    return client.call(name, args) as ConcurrentFuture<ReturnOf<F, N>>;
  } catch (cause) {
    if (cause instanceof BrokenExecutor) throw cause;
    const why = "an argument cannot be cloned";
    throw new TypeError(`Cannot ${action} as ${why}: received ${name}${show(args)}`, { cause });
  }
}

/**
 * Calls a function in the loop of another thread, as soon as that loop runs, without an outcome. What the
 * function throws is reported there.
 *
 * Source: [`loop.call_soon_threadsafe`](https://docs.python.org/3.14/library/asyncio-eventloop.html#asyncio.loop.call_soon_threadsafe).
 *
 * @param ref The reference, which was an argument of this worker's call.
 * @param name The name of the function.
 * @param args The arguments, which are cloned.
 * @throws {TypeError} If the reference is not one, or an argument cannot be cloned.
 * @category Executors
 *
 * @example
 * ```ts
 * import { callSoonThreadsafe, loopRef } from "@asyncio/future/concurrent";
 * import { assertEquals } from "@std/assert";
 *
 * const { promise, resolve } = Promise.withResolvers<number>();
 * const ref = loopRef({ progress: (done: number) => resolve(done) });
 * callSoonThreadsafe(ref, "progress", 50); // in a worker
 * assertEquals(await promise, 50);
 * ref.port.close();
 * ```
 */
export function callSoonThreadsafe<F, N extends FunctionName<F>>(
  ref: LoopRef<F>,
  name: N,
  ...args: ArgumentsOf<F, N>
): void {
  const action = "call a function in the loop";
  const client = clientOf(action, ref as LoopRef<never>, name);
  try {
    client.post({ soon: true, name, args }, transferListOf(args));
  } catch (cause) {
    const why = "an argument cannot be cloned";
    throw new TypeError(`Cannot ${action} as ${why}: received ${name}${show(args)}`, { cause });
  }
}
