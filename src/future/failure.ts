/**
 * Exceptions of futures, and the report of those that nobody looked at.
 *
 * @module
 */

import type { Future } from "../../future.ts";
import type { EventLoop } from "../../loop.ts";
import { attempt, globalOf } from "../base/engine.ts";
import { shared } from "../context/copies.ts";
import { internals } from "./internals.ts";
import { EXCEPTION } from "./states.ts";
import { type ExceptionContext, report } from "../loop/reports.ts";
import { sourceTraceback } from "../loop/tracebacks.ts";

/** Where a failure comes from that nobody has looked at. */
interface Origin {
  readonly loop: EventLoop;
  readonly future: WeakRef<Future<unknown>> | undefined;
  /** What can be said of the future when it is gone. */
  readonly context: ExceptionContext;
}

/** The failures that nobody has looked at. */
const unretrieved = new Map<Failure, Origin>();

/** The exception of one future. */
export class Failure {
  readonly #exception: unknown;
  readonly #taskName: string | undefined;
  #retrieved = false;

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
    unretrieved.delete(this);
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
  reportUnlessRetrieved(future: Future<unknown>): void {
    if (this.#retrieved) return;
    const taskName = this.#taskName;
    unretrieved.set(this, {
      loop: future.getLoop(),
      future: globalThis.WeakRef && new WeakRef(future),
      context: {
        message: `${future[Symbol.toStringTag]} exception was never retrieved`,
        exception: this.#exception,
        ...(taskName !== undefined && { taskName }),
        ...sourceTraceback(future),
      },
    });
    registry?.register(future, this);
    reportAtExit();
  }

  /** Reports the exception, if nobody has looked at it until now. */
  report(): void {
    const origin = unretrieved.get(this);
    if (!origin) return;
    this.retrieve();
    const future = origin.future?.deref();
    report(origin.loop, { ...origin.context, ...(future && { future }) });
  }
}

const registry = globalThis.FinalizationRegistry &&
  new FinalizationRegistry<Failure>((failure) => failure.report());

/**
 * Reports the exceptions of futures that nobody looked at.
 *
 * @param loop The loop of the futures. Default: all loops.
 */
export function reportUnretrieved(loop?: EventLoop): void {
  // What the handler does may fail in turn; that is for the next time.
  for (const [failure, origin] of [...unretrieved]) {
    if (loop === undefined || loop === origin.loop) failure.report();
  }
}

let reportsAtExit = false;

interface NodeProcess {
  on?(event: "exit", listener: () => void): void;
}

/**
 * Listens for the end of the process once this copy may have a failure to report. One listener
 * serves all copies of the module.
 */
function reportAtExit(): void {
  if (reportsAtExit) return;
  reportsAtExit = true;
  const { reporters } = shared();
  if (reporters.push(() => reportUnretrieved()) > 1) return;
  const reportAll = () => reporters.forEach((reportCopy) => reportCopy());
  // Node's `exit` exists in Deno too, but Deno.exit() does not fire it.
  if (globalOf("Deno")) addEventListener("unload", reportAll);
  else attempt(() => globalOf<NodeProcess>("process")?.on?.("exit", reportAll));
}

/**
 * Makes a future done with whatever was thrown, be it a class of errors, which
 * {@linkcode Future.prototype.setException} would instantiate.
 */
export function fail(future: Future<unknown>, exception: unknown): void {
  if (isErrorClass(exception) && internals.isOfThisCopy(future) && !future.done()) {
    internals.settle(future, EXCEPTION, new Failure(exception));
  } else {
    future.setException(exception);
  }
}

/**
 * Makes the error that `setException()` was given the class of. Its stack begins where
 * that was called: otherwise it holds the future, which could never be collected.
 *
 * @param caller `setException()` itself.
 */
export function instantiate(ErrorClass: new () => unknown, caller: unknown): unknown {
  const error = new ErrorClass();
  const { captureStackTrace } = Error as { captureStackTrace?(error: unknown, fn: unknown): void };
  try {
    // A constructor may return another one. To look at the stack would keep what it holds.
    if (Object.getPrototypeOf(error) === ErrorClass.prototype) {
      captureStackTrace?.(error, caller);
    }
  } catch {
    // It is frozen, for instance.
  }
  return error;
}

/** `Error` or a class that extends it, of this realm or of another. */
export function isErrorClass(value: unknown): value is new () => unknown {
  if (typeof value !== "function") return false;
  try {
    for (let owner = value.prototype; owner; owner = Object.getPrototypeOf(owner)) {
      if (owner.constructor.name === "Error" && Object.hasOwn(owner, "message")) return true;
    }
  } catch {
    // A proxy or a getter threw.
  }
  return false;
}
