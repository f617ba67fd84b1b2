/**
 * Failures: the exceptions of futures, which are reported unless somebody retrieves them.
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

/** The exception of one future, and whether somebody has retrieved it. */
export class Failure {
  readonly #exception: unknown;
  readonly #taskName: string | undefined;
  #retrieved = false;

  /**
   * @param exception The exception.
   * @param taskName The name of the task, if the future is a task.
   */
  constructor(exception: unknown, taskName?: string) {
    this.#exception = exception;
    this.#taskName = taskName;
  }

  /** Returns the exception to somebody who handles it: no report will be made. */
  retrieve(): unknown {
    this.#retrieved = true;
    unretrieved.delete(this);
    return this.#exception;
  }

  /** Returns the exception without retrieving it. */
  peek(): unknown {
    return this.#exception;
  }

  /**
   * Reports the exception when the future is garbage-collected, when `run()` ends or when the
   * process exits, unless somebody retrieves it before.
   *
   * @param future The future. The failure does not keep it alive.
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

  /** Reports the exception now, unless somebody has retrieved it. */
  report(): void {
    const origin = unretrieved.get(this);
    if (!origin) return;
    this.retrieve();
    const future = origin.future?.deref();
    report(origin.loop, { ...origin.context, ...(future && { future }) });
  }
}

/** The origin of a failure, for its report. */
interface Origin {
  readonly loop: EventLoop;
  readonly future: WeakRef<Future<unknown>> | undefined;
  /** The report, without the future, which may have been collected by then. */
  readonly context: ExceptionContext;
}

/** The failures that nobody has retrieved. */
const unretrieved = new Map<Failure, Origin>();

/** Reports the failure of a future that was collected; some hosts have no such registry. */
const registry = globalThis.FinalizationRegistry &&
  new FinalizationRegistry<Failure>((failure) => failure.report());

/**
 * Reports the exceptions that nobody has retrieved.
 *
 * @param loop The loop of the futures. Default: all loops.
 */
export function reportUnretrieved(loop?: EventLoop): void {
  // The copy leaves futures that fail inside an exception handler to the next call.
  for (const [failure, origin] of [...unretrieved]) {
    if (loop === undefined || loop === origin.loop) failure.report();
  }
}

/** Whether {@linkcode reportAtExit} has run; never reset. */
let hasExitListener = false;

interface NodeProcess {
  on?(event: "exit", listener: () => void): void;
}

/**
 * Reports unretrieved exceptions when the process exits. All copies of the module share a listener,
 * and join it with their first failure.
 */
function reportAtExit(): void {
  if (hasExitListener) return;
  hasExitListener = true;
  const { reporters } = shared();
  if (reporters.push(() => reportUnretrieved()) > 1) return;
  const reportAll = () => reporters.forEach((reportCopy) => reportCopy());
  // Deno has the `exit` event of Node, but `Deno.exit()` does not fire it.
  if (globalOf("Deno")) addEventListener("unload", reportAll);
  else attempt(() => globalOf<NodeProcess>("process")?.on?.("exit", reportAll));
}

/**
 * Makes a future done with `exception` as it is. `setException()` alone would instantiate an
 * error class that was thrown itself.
 */
export function fail(future: Future<unknown>, exception: unknown): void {
  if (isErrorClass(exception) && internals.isOfThisCopy(future) && !future.done()) {
    internals.settle(future, EXCEPTION, new Failure(exception));
  } else {
    future.setException(exception);
  }
}

/**
 * Makes an error of the class that `setException()` was given. The error's stack begins at the
 * caller of `setException()`, as a call on the stack keeps its receiver, the future, alive.
 *
 * @param caller `setException()` itself.
 */
export function instantiate(ErrorClass: new () => unknown, caller: unknown): unknown {
  const error = new ErrorClass();
  const { captureStackTrace } = Error as { captureStackTrace?(error: unknown, fn: unknown): void };
  try {
    // A constructor may return an error of another class, whose stack stays. The check does not
    // read `stack`, which would keep alive what the stack holds.
    if (Object.getPrototypeOf(error) === ErrorClass.prototype) {
      captureStackTrace?.(error, caller);
    }
  } catch {
    // The error is frozen, for instance.
  }
  return error;
}

/** Whether `value` is `Error` or a class that extends it, of this realm or of another. */
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
