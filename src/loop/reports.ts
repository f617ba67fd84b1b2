/**
 * Reports of exceptions that nobody else can be given.
 *
 * @module
 */

import type { Future } from "../../future.ts";
import type { EventLoop } from "../../loop.ts";
import { nameOf, show, showException } from "../base/inspect.ts";
import type { Context } from "../context/frame.ts";
import type { Handle } from "./handles.ts";
import { sourceTraceback } from "./tracebacks.ts";
import type { Task } from "../task/task.ts";

/**
 * What an exception handler is told.
 *
 * Source: [`loop.call_exception_handler`](https://docs.python.org/3.14/library/asyncio-eventloop.html#asyncio.loop.call_exception_handler).
 */
export interface ExceptionContext {
  /** What happened. */
  message: string;
  /** What was thrown. */
  exception?: unknown;
  /** The future it happened to. */
  future?: Future<unknown>;
  /** The task it happened to. */
  task?: Task<unknown>;
  /**
   * The name of a task whose exception nobody looked at. The task itself is the
   * `future`, unless it is gone.
   */
  taskName?: string;
  /** The callback it happened in. */
  handle?: Handle;
  /** In debug mode: the stack of where the future or the handle was made. */
  sourceTraceback?: string;
  /** Anything else that helps. */
  [field: string]: unknown;
}

/**
 * A function that takes what could not be delivered anywhere else.
 *
 * What it throws is printed, and what it was told as well.
 *
 * Source: [`loop.set_exception_handler`](https://docs.python.org/3.14/library/asyncio-eventloop.html#asyncio.loop.set_exception_handler).
 *
 * @param loop The loop it happened on.
 * @param context What happened.
 */
export type ExceptionHandler = (loop: EventLoop, context: ExceptionContext) => void;

/** Reports what a callback, or a step of a task, has thrown, in the context of now. */
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
  ofCallback.add(context);
  report(loop, context);
}

/** The reports of what callbacks have thrown, which are made in the contexts of those. */
const ofCallback = new WeakSet<ExceptionContext>();

/** The context of the task that a report is about, which its handler is called in. */
export function contextOf(report: ExceptionContext): Context | undefined {
  if (ofCallback.has(report)) return undefined;
  // What somebody put into Object.prototype is not of the report.
  const { task, future } = Object.assign(Object.create(null), report) as ExceptionContext;
  return (task ?? future as Partial<Task<unknown>> | undefined)?.getContext?.();
}

/** Calls the exception handler of any loop, one that throws included. */
export function report(loop: EventLoop, context: ExceptionContext): void {
  handOver(context, () => loop.callExceptionHandler(context));
}

/** Calls `handle`, and if that throws, has `context` and what it threw handled otherwise. */
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

/** What a closed loop throws. */
export function closedError(): Error {
  return new Error("Event loop is closed");
}

/** Prints what happened; it never throws. */
export function printException(context: ExceptionContext): void {
  let text;
  try {
    text = textOf(context);
  } catch {
    text = `Unhandled error: ${show(context)}`;
  }
  print("error", text);
}

function textOf(context: ExceptionContext): string {
  const { message = "", exception, ...fields } = context;
  let text = typeof message === "string" ? message : show(message);
  text ||= "Unhandled exception in event loop";
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined) continue;
    text += `\n${name}: ${name === "sourceTraceback" ? value : show(value)}`;
  }
  if (Object.hasOwn(context, "exception")) text += `\n${showException(exception)}`;
  return text;
}

/** Prints a text, unless the console throws. */
export function print(method: "error" | "warn", text: string): void {
  try {
    console[method](text);
  } catch {
    // Somebody replaced the console; there is nowhere left to say it.
  }
}
