/**
 * The side of a worker: `expose()` and `callSignal()`.
 *
 * @module
 */

import { CancelledError } from "../../errors.ts";
import type { Task } from "../task/task.ts";
import { isObject } from "../base/checks.ts";
import { builtinModule, define } from "../base/engine.ts";
import { nameOf, show } from "../base/inspect.ts";
import { checkOptions } from "../base/options.ts";
import type { ContextVar } from "../context/context_var.ts";
import { createTask, currentTask } from "../task/current.ts";
import { answer, type FunctionTable, refuse, tableOf } from "./answers.ts";
import { ring } from "./blocking.ts";
import type { LoopRef } from "./loop_ref.ts";
import {
  type FromWorker,
  HELLO,
  type Hello,
  LOOP_REF,
  post,
  type ToLoop,
  type ToWorker,
} from "./messages.ts";

/**
 * Options of {@linkcode expose}.
 *
 * @category Executors
 */
export interface ExposeOptions {
  /** Context variables that get the values of the caller, by their names. */
  variables?: readonly ContextVar<unknown>[] | undefined;
}

interface ParentPort {
  on?(event: "message", listener: (message: unknown) => void): void;
}

interface WorkerThreads {
  isMainThread: boolean;
  parentPort: ParentPort | null;
}

/** The functions by which a process or a thread tells that it ends. */
interface ProcessLike {
  on?(event: string, listener: (error: unknown) => void): void;
}

let isExposed = false;

/** The call that a worker runs. */
interface CurrentCall {
  readonly number: number;
  /** In shared memory: the number of the call that was cancelled last. */
  readonly cancelled: Int32Array<SharedArrayBuffer> | undefined;
  task?: Task<unknown>;
  /** Made when somebody asks for the signal. */
  controller?: AbortController;
  isCancelled?: boolean;
}

/** The call that this worker runs: one at a time. */
let current: CurrentCall | undefined;

/**
 * Lets executors call the functions of this module: the one line that a module needs to run in a
 * `WorkerPoolExecutor`. In the main thread, the function does nothing.
 *
 * Each call is a task of the worker's loop, and a worker runs one call at a time. A plain function may
 * block its worker. An async function or a generator function is cancelled as a task is.
 *
 * @param functions The functions by their names.
 * @param options Context variables that get the values of the caller.
 * @throws {TypeError} If one of them is not a function.
 * @throws {Error} If the worker has exposed functions already.
 * @category Executors
 *
 * @example
 * ```ts
 * // work.ts
 * import { expose } from "@asyncio/future/concurrent";
 *
 * export function double(n: number): number {
 *   return 2 * n;
 * }
 *
 * expose({ double });
 * ```
 */
export function expose(
  functions: Readonly<Record<string, (...args: never[]) => unknown>>,
  options?: ExposeOptions,
): void {
  const action = "expose functions";
  const table = tableOf(action, functions);
  const { variables = [] } = checkOptions(action, options);
  const parent = parentOfWorker();
  if (!parent) return;
  if (isExposed) {
    throw new Error(
      `Cannot ${action} as this worker has done so already: received ${show(functions)}`,
    );
  }
  isExposed = true;
  parent((message) => {
    const hello = isObject(message) ? (message as Partial<Hello>)[HELLO] : undefined;
    if (hello) serve(table, variables, hello);
  });
}

/**
 * Returns the signal of the call that this worker runs. The signal is aborted when the future of the
 * call is cancelled, and shows this to a plain function that looks at `aborted` in its loop, too.
 *
 * @returns The signal.
 * @throws {Error} If the worker runs no call.
 * @category Executors
 *
 * @example
 * ```ts
 * // work.ts
 * import { callSignal, expose } from "@asyncio/future/concurrent";
 *
 * export function search(limit: number): number {
 *   const signal = callSignal();
 *   let n = 0;
 *   while (n < limit && !signal.aborted) n++;
 *   return n;
 * }
 *
 * expose({ search });
 * ```
 */
export function callSignal(): AbortSignal {
  if (current) return (current.controller ??= watchFlag(new AbortController(), current)).signal;
  throw new Error(
    "Cannot get the signal of a call as this thread runs no call: received undefined",
  );
}

/** Returns how to listen to the thread that has started this worker; `undefined` if this is none. */
function parentOfWorker(): ((listener: (message: unknown) => void) => void) | undefined {
  const scope = (globalThis as { WorkerGlobalScope?: new () => unknown }).WorkerGlobalScope;
  if (scope && globalThis instanceof scope) {
    return (listener) =>
      addEventListener("message", (event) => listener((event as MessageEvent).data));
  }
  const threads = builtinModule("node:worker_threads") as WorkerThreads | undefined;
  if (!threads || threads.isMainThread || !threads.parentPort?.on) return undefined;
  const { parentPort } = threads;
  return (listener) => parentPort.on!("message", listener);
}

/** Runs the calls that arrive. */
function serve(
  functions: FunctionTable,
  variables: readonly ContextVar<unknown>[],
  { port, bell, cancelled }: Hello[typeof HELLO],
): void {
  const send = (message: FromWorker, list: Transferable[] = []) => {
    post(port, message, list);
    ring(bell);
  };
  tellDeath(send);
  send({ ready: true });
  port.onmessage = ({ data }: MessageEvent<ToWorker>) => {
    if ("cancel" in data) {
      if (current?.number === data.cancel) cancel(current);
      return;
    }
    const { call: number, name, args } = data;
    const fn = functions.get(name);
    if (!fn) return refuse(send, functions, number, name);
    const call: CurrentCall = current = { number, cancelled };
    const task = createTask(() => {
      call.task = currentTask()!;
      for (const variable of variables) {
        if (data.variables && Object.hasOwn(data.variables, variable.name)) {
          variable.set(data.variables[variable.name]);
        }
      }
      return fn(...args as never[]) as PromiseLike<unknown>;
    }, { name: nameOf(fn), eagerStart: true });
    task.addDoneCallback(() => {
      current = undefined;
      // Who has the answer may rely on the end of the references to arrive.
      for (const arg of args) closeRef(arg);
      answer(send, number, name, task);
    });
  };
}

/** Closes a reference to a loop that was an argument of a call; what was sent there still arrives. */
function closeRef(arg: unknown): void {
  const { type, port } = (isObject(arg) ? arg : {}) as Partial<LoopRef<unknown>>;
  if (type !== LOOP_REF || !port) return;
  port.postMessage({ end: true } satisfies ToLoop);
  port.close();
}

/** Cancels the task of a call, and aborts the signal of the call. */
function cancel(call: CurrentCall): void {
  if (call.isCancelled) return;
  call.isCancelled = true;
  call.task?.cancel();
  call.controller?.abort(new CancelledError());
}

/**
 * Lets a signal show an abort that a busy worker has not heard of yet: the flag in shared memory is read
 * each time that somebody looks at the signal.
 */
function watchFlag(controller: AbortController, call: CurrentCall): AbortController {
  const { signal } = controller;
  const { cancelled } = call;
  for (const key of ["aborted", "reason"] as const) {
    const getter = Object.getOwnPropertyDescriptor(AbortSignal.prototype, key)!.get!;
    const get = () => {
      if (cancelled && Atomics.load(cancelled, 0) === call.number) cancel(call);
      return getter.call(signal);
    };
    define(signal, key, { get, configurable: true });
  }
  const throwIfAborted = () => {
    if (signal.aborted) throw signal.reason;
  };
  define(signal, "throwIfAborted", { value: throwIfAborted, configurable: true });
  if (call.isCancelled) controller.abort(new CancelledError());
  return controller;
}

/** Tells the pool of the worker's death, which a pool that blocks does not hear of otherwise. */
function tellDeath(send: (message: FromWorker) => void): void {
  const scope = globalThis as { process?: ProcessLike; close?(): void };
  const { process, close } = scope;
  const tellEnd = () => send({ dying: "the worker has ended" });
  if (process?.on) {
    process.on("uncaughtExceptionMonitor", (error) => send({ dying: show(error) }));
    process.on("exit", tellEnd);
  } else if (close) {
    // The port of a worker of a browser that closes itself is not closed.
    scope.close = () => {
      tellEnd();
      close.call(scope);
    };
  }
}
