/**
 * One worker of a pool, as the pool sees it.
 *
 * @module
 */

import { builtinModule } from "../base/engine.ts";
import { show } from "../base/inspect.ts";
import { addSource, bellOfThread, receive, removeSource, type Source } from "./blocking.ts";
import {
  type Answer,
  type CallMessage,
  type FromWorker,
  HELLO,
  type Hello,
  post,
  type ToWorker,
} from "./messages.ts";

/** The methods of a web `Worker` and of one of `node:worker_threads`. */
export interface AnyWorker {
  postMessage(message: unknown, transfer: Transferable[]): void;
  terminate(): unknown;
  addEventListener?(type: string, listener: (event: unknown) => void): void;
  on?(event: string, listener: (value: unknown) => void): void;
  ref?(): void;
  unref?(): void;
}

/**
 * Where the functions of a module are: its address, or a function that starts a worker of it, as bundlers
 * want to see: `() => new Worker(new URL("./work.ts", import.meta.url), { type: "module" })`.
 *
 * @category Executors
 */
export type WorkerModule = URL | string | (() => object);

/**
 * Where the functions of a module are, with their types.
 *
 * @typeParam M The type of the module: `typeof import("./work.ts")`.
 * @category Executors
 */
export type TypedWorkerModule<M> = WorkerModule & {
  /** Only there for the compiler. */
  readonly "~module"?: M;
};

interface WorkerThreads {
  Worker: new (address: URL) => AnyWorker;
}

/** Starts a worker of the host's own kind. */
export function startWorker(module: WorkerModule): AnyWorker {
  if (typeof module === "function") return module() as AnyWorker;
  if (globalThis.Worker) return new Worker(module, { type: "module" }) as unknown as AnyWorker;
  const threads = builtinModule("node:worker_threads") as WorkerThreads | undefined;
  if (threads) return new threads.Worker(new URL(module));
  throw new Error(`Cannot start a worker as this runtime has none: received ${show(module)}`);
}

/** How long a worker may take to start, in milliseconds. */
const START_MS = 30_000;

/** Calls back with the outcomes that a worker sends, and once with why the worker has died. */
export interface WorkerEvents {
  onAnswer(answer: Answer): void;
  onDeath(why: unknown): void;
}

/** A worker, which runs one call at a time. */
export class PoolWorker implements Source {
  readonly #worker: AnyWorker;
  readonly #port: MessagePort & Partial<Pick<AnyWorker, "ref" | "unref">>;
  readonly #cancelled: Int32Array<SharedArrayBuffer> | undefined;
  readonly #events: WorkerEvents;
  /** Runs until the worker says that it takes calls. */
  readonly #startTimer: ReturnType<typeof setTimeout>;
  #isAlive = true;
  /** Whether a call was sent that has no answer yet. */
  #isBusy = false;
  /** Whether the worker holds the process, where workers can be told not to. */
  #isHolding = true;
  /** The error of the worker, which says more than that its port was closed. */
  #error: unknown = undefined;

  /** @throws What the host throws if a worker cannot be started. */
  constructor(module: WorkerModule, events: WorkerEvents) {
    this.#events = events;
    const worker = this.#worker = startWorker(module);
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    const bell = bellOfThread();
    if (bell) this.#cancelled = new Int32Array(new SharedArrayBuffer(4));
    const fail = (event: unknown) => {
      const { error, message, preventDefault } = event as Partial<ErrorEvent>;
      preventDefault?.call(event);
      this.#error ??= error ?? (event instanceof Error ? event : message);
      this.#die();
    };
    if (worker.addEventListener) {
      for (const type of ["error", "messageerror"]) worker.addEventListener(type, fail);
    } else {
      for (const type of ["error", "messageerror"]) worker.on?.(type, fail);
      worker.on?.("exit", () => this.#die());
    }
    port1.addEventListener("close", () => this.#die());
    port1.onmessage = ({ data }) => this.#receive(data);
    const hello: Hello = { [HELLO]: { port: port2, bell, cancelled: this.#cancelled } };
    worker.postMessage(hello, [port2]);
    this.#startTimer = setTimeout(() => {
      this.#error = `the module has not called expose() within ${START_MS} ms`;
      this.#die();
    }, START_MS);
    addSource(this);
  }

  /** Sends a call. */
  call(message: CallMessage, list: Transferable[]): void {
    post(this.#port, message, list);
    this.#isBusy = true;
    this.#hold(true);
  }

  /** Asks the worker to cancel a call. */
  cancel(call: number): void {
    if (this.#cancelled) Atomics.store(this.#cancelled, 0, call);
    this.#port.postMessage({ cancel: call } satisfies ToWorker);
  }

  /** Lets the process end, as the worker has nothing to do. */
  rest(): void {
    this.#hold(false);
  }

  /** Ends the worker, without a callback. */
  end(): void {
    if (!this.#isAlive) return;
    this.#isAlive = false;
    this.#isBusy = false;
    clearTimeout(this.#startTimer);
    removeSource(this);
    this.#port.close();
    this.#worker.terminate();
  }

  isOpen(): boolean {
    return this.#isBusy;
  }

  drain(): void {
    for (let got = receive(this.#port); got && this.#isAlive; got = receive(this.#port)) {
      this.#receive(got.message as FromWorker);
    }
  }

  #receive(message: FromWorker): void {
    if (!this.#isAlive) return;
    if ("ready" in message) clearTimeout(this.#startTimer);
    else if ("dying" in message) {
      this.#error ??= message.dying;
      this.#die();
    } else {
      this.#isBusy = false;
      this.#events.onAnswer(message);
    }
  }

  #die(): void {
    if (!this.#isAlive) return;
    // A result may be on its way, sent before the death.
    this.drain();
    this.end();
    this.#events.onDeath(this.#error);
  }

  #hold(isHolding: boolean): void {
    if (isHolding === this.#isHolding) return;
    this.#isHolding = isHolding;
    const method = isHolding ? "ref" : "unref";
    this.#worker[method]?.();
    this.#port[method]?.();
  }
}
