/**
 * `loopRef()`: functions of this thread that other threads may call.
 *
 * @module
 */

import type { EventLoop } from "../../loop.ts";
import { isObject } from "../base/checks.ts";
import { nameOf } from "../base/inspect.ts";
import { checkOptions } from "../base/options.ts";
import { currentLoop } from "../loop/running.ts";
import { createTask } from "../task/current.ts";
import type { Task } from "../task/task.ts";
import { answer, type FunctionTable, notExposed, refuse, type Send, tableOf } from "./answers.ts";
import { ring } from "./blocking.ts";
import { LOOP_REF, post, type ToLoop, transfer } from "./messages.ts";

/**
 * Options of {@linkcode loopRef}.
 *
 * @category Executors
 */
export interface LoopRefOptions {
  /** The loop that runs the calls. Default: the running loop, or else the standard one. */
  loop?: EventLoop | undefined;
}

/**
 * Stands for a loop in another thread: an argument of a call, made by {@linkcode loopRef}.
 *
 * @typeParam F The type of the functions: `typeof functions`.
 * @category Executors
 */
export interface LoopRef<F> {
  /** Tells a reference from other objects. */
  readonly type: "LoopRef";
  /** The way to the loop. */
  readonly port: MessagePort;
  /** Never set: tells TypeScript the type of the functions. */
  readonly module?: F;
}

/**
 * Lets a worker call functions of this thread, as tasks of a loop. The reference is an argument of one
 * call, moves to its worker, and is closed when that call ends: what still runs then is cancelled.
 *
 * Source: the loop argument of [`asyncio.run_coroutine_threadsafe`](https://docs.python.org/3.14/library/asyncio-task.html#asyncio.run_coroutine_threadsafe).
 *
 * @param functions The functions by their names.
 * @param options The loop.
 * @returns The reference.
 * @throws {TypeError} If one of them is not a function, or the loop is not an event loop.
 * @category Executors
 *
 * @example
 * ```ts
 * import { sleep } from "@asyncio/future";
 * import { loopRef, runCoroutineThreadsafe } from "@asyncio/future/concurrent";
 * import { assertEquals } from "@std/assert";
 *
 * const functions = { ask: (question: string) => sleep(1, { result: `${question} Yes.` }) };
 * const ref = loopRef(functions); // pool.submit("compute", loopRef(functions))
 *
 * // In a worker, result() may block: runCoroutineThreadsafe(ref, "ask", "Ready?").result()
 * assertEquals(await runCoroutineThreadsafe(ref, "ask", "Ready?"), "Ready? Yes.");
 * ref.port.close();
 * ```
 */
export function loopRef<F extends object>(functions: F, options?: LoopRefOptions): LoopRef<F> {
  const action = "expose functions";
  const table = tableOf(action, functions);
  const { loop = currentLoop() } = checkOptions(action, options);
  const { port1, port2 } = new MessageChannel();
  const way = serve(table, loop, port1);
  const ref: LoopRef<F> = transfer({ type: LOOP_REF, port: port2 }, [port2]);
  ways.set(ref, way);
  return ref;
}

/** The side of a reference that stays in this thread. */
export interface Way {
  /** Takes no more calls, and cancels those that run. */
  close(): void;
  /** Fulfilled once nothing arrives any more. */
  readonly closed: Promise<void>;
}

const ways = new WeakMap<object, Way>();

/** The ways of the references among some arguments. */
export function waysOf(args: readonly unknown[]): Way[] {
  return args.flatMap((arg) => isObject(arg) ? ways.get(arg) ?? [] : []);
}

/** Runs the calls that arrive. */
function serve(
  table: FunctionTable,
  loop: EventLoop,
  port: MessagePort & { unref?(): void },
): Way {
  const tasks = new Map<number, Task<unknown>>();
  let bell: Int32Array<SharedArrayBuffer> | undefined;
  const send: Send = (message, list = []) => {
    post(port, message, list);
    ring(bell);
  };
  let resolveClosed!: () => void;
  const closed = new Promise<void>((resolve) => resolveClosed = resolve);
  const close = () => {
    port.close();
    resolveClosed();
    for (const task of tasks.values()) task.cancel();
  };
  // Some browsers have no such event: the worker of a call that ends says so itself.
  port.addEventListener("close", close);
  port.onmessage = ({ data }: MessageEvent<ToLoop>) => {
    if ("bell" in data) bell = data.bell;
    else if ("end" in data) close();
    else if ("cancel" in data) tasks.get(data.cancel)?.cancel();
    else {
      const { name, args } = data;
      const fn = table.get(name) as ((...args: unknown[]) => PromiseLike<unknown>) | undefined;
      if ("soon" in data) {
        loop.callSoon(() => {
          if (!fn) throw notExposed(table, name);
          fn(...args);
        });
        return;
      }
      const { call } = data;
      if (!fn) return refuse(send, table, call, name);
      const task = createTask(() => fn(...args), { loop, name: nameOf(fn) });
      tasks.set(call, task);
      task.addDoneCallback(() => {
        tasks.delete(call);
        answer(send, call, name, task);
      });
    }
  };
  // Whoever waits for the worker's call holds the process.
  port.unref?.();
  return { close, closed };
}
