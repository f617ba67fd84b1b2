/**
 * Reports exceptions that no code can be given, to the exception handler of a loop or to the
 * console.
 *
 * @module
 */

import type { Future } from "../../future.ts";
import type { EventLoop } from "../../loop.ts";
import { excerptOf, showExcerpt } from "../base/excerpts.ts";
import { nameOf, show, showLine } from "../base/inspect.ts";
import type { Context } from "../context/frame.ts";
import type { Handle } from "./handles.ts";
import { sourceTraceback } from "./tracebacks.ts";
import type { Task } from "../task/task.ts";

/**
 * A report to an exception handler.
 *
 * Source: [`loop.call_exception_handler`](https://docs.python.org/3.14/library/asyncio-eventloop.html#asyncio.loop.call_exception_handler).
 *
 * @category Event loop
 */
export interface ExceptionContext {
  /** A sentence that says what happened. */
  message: string;
  /** The exception: whatever was thrown. */
  exception?: unknown;
  /** The future that the report is about. */
  future?: Future<unknown>;
  /** The task that the report is about. */
  task?: Task<unknown>;
  /**
   * The name of a task whose exception nobody retrieved. The task itself is the
   * `future`, unless it was garbage-collected.
   */
  taskName?: string;
  /** The handle of the callback that threw. */
  handle?: Handle;
  /**
   * What a task that is left behind waits on, in one or more lines; with `@asyncio/future/debug`
   * imported, as a tree.
   */
  waits?: string;
  /** In debug mode: the stack of where the future or the handle was made. */
  sourceTraceback?: string;
  /** Any further field that helps. */
  [field: string]: unknown;
}

/**
 * A function that takes exceptions which could not be delivered anywhere else.
 *
 * If it throws, both that exception and the report are printed.
 *
 * Source: [`loop.set_exception_handler`](https://docs.python.org/3.14/library/asyncio-eventloop.html#asyncio.loop.set_exception_handler).
 *
 * @param loop The loop of the future, the task or the callback.
 * @param context The report.
 * @category Event loop
 */
export type ExceptionHandler = (loop: EventLoop, context: ExceptionContext) => void;

/** The reports of exceptions of callbacks, which are made in the context of the callback. */
const callbackReports = new WeakSet<ExceptionContext>();

/** Reports an exception of a callback or of a task's step, in the current context. */
export function reportThrown(
  loop: EventLoop,
  callback: object,
  exception: unknown,
  field: "future" | "task" | "handle",
  source: Future<unknown> | Handle,
): void {
  const context = {
    message: `Exception in callback ${nameOf(callback)}`,
    exception,
    [field]: source,
    ...sourceTraceback(source),
  };
  callbackReports.add(context);
  report(loop, context);
}

/** Reports a done callback that cannot be called, as its loop is closed. */
export function reportUndelivered(
  future: Future<unknown>,
  callback: object,
  exception: unknown = closedError(),
): void {
  report(future.getLoop(), {
    message: `Cannot call the done callback ${nameOf(callback)}`,
    exception,
    future,
    ...sourceTraceback(future),
  });
}

/** Makes the error that a closed loop throws. */
export function closedError(): Error {
  return new Error("Event loop is closed");
}

/** Calls the exception handler of any loop, and prints the report if that throws. */
export function report(loop: EventLoop, context: ExceptionContext): void {
  handOver(context, () => loop.callExceptionHandler(context));
}

/**
 * Calls `handle`, and never lets it throw.
 *
 * @param context The report.
 * @param handle Handles the report.
 * @param handleOtherwise Called if `handle` throws: with the report, then with another that has
 * the exception.
 */
export function handOver(
  context: ExceptionContext,
  handle: () => void,
  handleOtherwise = printException,
): void {
  try {
    handle();
  } catch (exception) {
    handleOtherwise(context);
    handleOtherwise({ message: "Unhandled error in exception handler", exception });
  }
}

/**
 * Returns the context in which to call the exception handler: that of the task that the report is
 * about. A report of a callback's exception is handled in the current context.
 */
export function contextOf(report: ExceptionContext): Context | undefined {
  if (callbackReports.has(report)) return undefined;
  // A copy of the own properties: a polluted Object.prototype adds no task.
  const { task, future } = Object.assign(Object.create(null), report) as ExceptionContext;
  return (task ?? future as Partial<Task<unknown>> | undefined)?.getContext?.();
}

/** Prints a report with `console.error`, and never throws. */
export function printException(context: ExceptionContext): void {
  let text;
  try {
    text = textOf(context);
  } catch {
    text = `Unhandled error: ${show(context)}`;
  }
  print("error", text);
}

/** The fields whose texts are printed as they are. */
const WHOLE = ["sourceTraceback", "waits"];

function textOf(context: ExceptionContext): string {
  const { message = "", exception, ...fields } = context;
  let text = typeof message === "string" ? message : showLine(message);
  text ||= "Unhandled exception in event loop";
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined) continue;
    text += `\n${name}: ${WHOLE.includes(name) ? value : showLine(value)}`;
  }
  if (Object.hasOwn(context, "exception")) text += `\n${showExcerpt(excerptOf(exception))}`;
  return text;
}

/** Prints a text, and never throws. */
export function print(method: "error" | "warn", text: string): void {
  try {
    console[method](text);
  } catch {
    // Somebody replaced the console by one that throws; there is nowhere left to report that.
  }
}
