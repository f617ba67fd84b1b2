/**
 * The events of the process that `run()` follows: interrupts, the signal that prints the tasks, and
 * that the process is about to end.
 *
 * An event has one listener for all calls of `run()`, which is there only while one of them needs
 * it. Hosts without a process, such as browsers, have no such events.
 *
 * @module
 */

import { attempt, globalOf } from "./base/engine.ts";
import { holdProcess, requestHostTurn, timersBelongToRequests } from "./loop/host.ts";

/** The methods of `process` that Deno, Node and Bun share; `undefined` in browsers. */
const process = globalOf<{
  on?(event: string, listener: () => void): unknown;
  off?(event: string, listener: () => void): unknown;
}>("process");

/** In a worker of Deno, a listener would catch the interrupts of the whole process. */
const isWorker = globalOf("DedicatedWorkerGlobalScope") !== undefined;

/** Adds or removes a listener. Some sandboxes have a `process` whose methods throw. */
function toggle(method: "on" | "off", event: string, listener: () => void): void {
  if (!isWorker) attempt(() => process?.[method]?.(event, listener));
}

/** The callbacks that the next interrupt calls. */
let interruptible = new Set<() => void>();

/** The callbacks that an interrupt has called and whose code has not ended yet. */
let interrupted = new Set<() => void>();

/** Whether `onInterrupt` is listening. Changed by `updateListener()` only. */
let listening = false;

/**
 * Calls `callback` at an interrupt (Ctrl-C, `SIGINT`).
 *
 * @param callback Must not throw, and belong to no other call.
 * @returns A function that ends this.
 */
export function followInterrupts(callback: () => void): () => void {
  interruptible.add(callback);
  updateListener();
  return () => {
    interruptible.delete(callback);
    interrupted.delete(callback);
    updateListener();
  };
}

/**
 * Adds or removes the one listener for all callbacks. The listener is removed while interrupted
 * code ends, so that another interrupt ends the process.
 */
function updateListener(): void {
  const listens = interruptible.size > 0 && interrupted.size === 0;
  if (listens === listening) return;
  listening = listens;
  toggle(listens ? "on" : "off", "SIGINT", onInterrupt);
}

function onInterrupt(): void {
  // `interrupted` is empty, or this function would not be listening.
  [interruptible, interrupted] = [interrupted, interruptible];
  updateListener();
  for (const callback of interrupted) callback();
}

/** Begins to print the tasks on a signal; `undefined` without `@asyncio/future/debug`. */
let startDumps: (() => () => void) | undefined;

/**
 * Called by `@asyncio/future/debug`, which no file of the core may import.
 *
 * @param start Begins to print the tasks on a signal, and returns a function that ends this. May
 * throw where there are no signals.
 */
export function provideDumps(start: () => () => void): void {
  startDumps = start;
}

/**
 * Prints the tasks on a signal (Ctrl-\), if `@asyncio/future/debug` is imported and signals exist.
 *
 * @returns A function that ends this.
 */
export function dumpOnSignal(): () => void {
  return attempt(() => startDumps?.()) ?? (() => {});
}

/** The callbacks to call when the process is about to end. Changed by `untilStalled()` only. */
const stallCallbacks = new Set<() => void>();

/** A function such as {@linkcode untilStalled}. */
export type UntilStalled = typeof untilStalled;

/**
 * Waits for a future or a promise that may never be settled.
 *
 * @param awaited The future or the promise.
 * @param onStall Called each time that the process is about to end, as nothing is left that could
 * wake anything. Gets a function that ends the wait, with a value or with a promise of the outcome.
 * @returns A promise of the outcome.
 */
export async function untilStalled<T>(
  awaited: PromiseLike<T>,
  onStall: (end: (outcome: T | PromiseLike<T>) => void) => void,
): Promise<T> {
  let callback!: () => void;
  try {
    return await new Promise<T>((resolve, reject) => {
      callback = () => onStall(resolve);
      if (stallCallbacks.size === 0) toggle("on", "beforeExit", onBeforeExit);
      stallCallbacks.add(callback);
      awaited.then(resolve, reject);
    });
  } finally {
    stallCallbacks.delete(callback);
    if (stallCallbacks.size === 0) toggle("off", "beforeExit", onBeforeExit);
  }
}

function onBeforeExit(): void {
  // With something to do, the process goes on, and fires the event again if nothing comes of it.
  requestHostTurn(() => {});
  for (const callback of [...stallCallbacks]) callback();
}

/**
 * Keeps the process from ending, where it would end by itself.
 *
 * @param signal Its abort ends this.
 * @returns A function that ends this.
 */
export function keepProcess(signal?: AbortSignal): () => void {
  const hasEnd = attempt(() => typeof process?.on === "function");
  if (!hasEnd || isWorker || timersBelongToRequests) return () => {};
  const release = holdProcess();
  signal?.addEventListener("abort", release);
  return () => {
    signal?.removeEventListener("abort", release);
    release();
  };
}
