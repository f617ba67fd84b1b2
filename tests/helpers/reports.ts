/**
 * Collects what nobody handles.
 *
 * @module
 */

import { type EventLoop, type ExceptionContext, getEventLoop } from "../../mod.ts";

/** Collects what a loop's exception handler is told, until the end of the block. */
export function collectReports(
  loop: EventLoop = getEventLoop(),
): ExceptionContext[] & Disposable {
  const previous = loop.getExceptionHandler();
  const reports: ExceptionContext[] = [];
  loop.setExceptionHandler((_loop, context) => reports.push(context));
  return Object.assign(reports, {
    [Symbol.dispose]: () => loop.setExceptionHandler(previous),
  });
}

/**
 * Collects what nobody handles, until the end of the block, and keeps the host
 * from ending for it. Some hosts have an event for it, others ask the process.
 */
export function collectUnhandled(
  kind: "error" | "unhandledrejection",
): { all(): unknown[] } & Disposable {
  const unhandled = new Set<unknown>();
  const onEvent = (event: Event) => {
    event.preventDefault();
    unhandled.add("reason" in event ? event.reason : (event as ErrorEvent).error);
  };
  const onThrown = (thrown: unknown) => void unhandled.add(thrown);
  const event = kind === "error" ? "uncaughtException" : "unhandledRejection";
  const host: { process?: Partial<NodeJS.Process> } & Partial<typeof globalThis> = globalThis;
  host.addEventListener?.(kind, onEvent);
  host.process?.on?.(event as "uncaughtException", onThrown);
  return {
    all: () => [...unhandled],
    [Symbol.dispose]() {
      host.removeEventListener?.(kind, onEvent);
      host.process?.off?.(event, onThrown);
    },
  };
}
