/**
 * Exceptions of futures, and the report of those that nobody looked at.
 *
 * @module
 */

import { type EventLoop, type ExceptionContext, report, sourceTraceback } from "./loop.ts";
import type { Future } from "./future.ts";

/** Where a failure that nobody has looked at comes from. */
interface Origin {
  readonly loop: EventLoop;
  readonly future: { deref(): Future<unknown> | undefined };
  /** What can be said of the future when it is gone. */
  readonly context: ExceptionContext;
}

/** The failures that nobody has looked at. */
const unretrieved = new Map<EventLoop, Set<Failure>>();

/** The exception of one future. */
export class Failure {
  readonly #exception: unknown;
  readonly #taskName: string | undefined;
  #retrieved = false;
  #origin: Origin | undefined;

  /**
   * @param exception What was thrown.
   * @param taskName The name of the task, if the future is one.
   */
  constructor(exception: unknown, taskName?: string) {
    this.#exception = exception;
    this.#taskName = taskName;
  }

  /** The exception for somebody who looks at it, so that it is not reported. */
  retrieve(): unknown {
    this.#retrieved = true;
    this.#forget();
    return this.#exception;
  }

  /** The exception, for a representation. */
  peek(): unknown {
    return this.#exception;
  }

  /**
   * Has the exception reported, unless somebody looks at it before: when the
   * future is garbage-collected, when `run()` ends or when the process exits.
   *
   * @param future The future, which is not kept alive.
   */
  watch(future: Future<unknown>): void {
    if (this.#retrieved) return;
    const loop = future.getLoop();
    const kind = future[Symbol.toStringTag];
    this.#origin = {
      loop,
      future: typeof WeakRef === "function" ? new WeakRef(future) : { deref: () => undefined },
      context: {
        message: `${kind} exception was never retrieved`,
        exception: this.#exception,
        ...(this.#taskName === undefined ? {} : { taskName: this.#taskName }),
        ...sourceTraceback(future),
      },
    };
    const failures = unretrieved.get(loop);
    if (failures) failures.add(this);
    else unretrieved.set(loop, new Set([this]));
    registry?.register(future, this);
    reportAtExit();
  }

  /** Reports the exception, if nobody has looked at it until now. */
  report(): void {
    const origin = this.#origin;
    if (!origin) return;
    this.#forget();
    const future = origin.future.deref();
    report(origin.loop, { ...origin.context, ...(future ? { future } : {}) });
  }

  #forget(): void {
    if (!this.#origin) return;
    const { loop } = this.#origin;
    this.#origin = undefined;
    const failures = unretrieved.get(loop);
    failures?.delete(this);
    if (failures?.size === 0) unretrieved.delete(loop);
  }
}

const registry = typeof FinalizationRegistry === "function"
  ? new FinalizationRegistry<Failure>((failure) => failure.report())
  : undefined;

/** Reports the exceptions of a loop's futures that nobody looked at. */
export function reportUnretrieved(loop: EventLoop): void {
  // What the handler does may fail in turn; that is for the next time.
  for (const failure of [...unretrieved.get(loop) ?? []]) failure.report();
}

let reportsAtExit = false;

/** Listens for the end of the process, once there is something to report. */
function reportAtExit(): void {
  if (reportsAtExit) return;
  reportsAtExit = true;
  const { Deno, process, addEventListener } = globalThis as unknown as {
    Deno?: object;
    process?: { on?(event: "exit", listener: () => void): void };
    addEventListener(event: "unload", listener: () => void): void;
  };
  const reportAll = () => {
    for (const loop of [...unretrieved.keys()]) reportUnretrieved(loop);
  };
  // Node's `exit` exists in Deno too, but Deno.exit() does not fire it.
  if (Deno) addEventListener("unload", reportAll);
  else process?.on?.("exit", reportAll);
}
