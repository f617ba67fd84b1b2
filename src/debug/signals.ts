/**
 * The signals of the process that make it print its tasks.
 *
 * A signal has one listener for all who ask for it, so that it prints the tasks once.
 *
 * @module
 */

import { attempt, builtinModule, globalOf } from "../base/engine.ts";
import { show } from "../base/inspect.ts";
import { timersBelongToRequests } from "../loop/host.ts";

/** The part of `process` that Deno, Node and Bun share. */
interface Process {
  readonly platform?: string | undefined;
  on?(event: string, listener: () => void): unknown;
  off?(event: string, listener: () => void): unknown;
}

/** `node:os`, as far as it is used. */
interface Os {
  readonly constants?: { readonly signals?: Record<string, number> };
}

/** `node:worker_threads`, as far as it is used. */
interface WorkerThreads {
  readonly isMainThread?: boolean;
}

interface Listener {
  /** How many have asked for the signal. */
  users: number;
  readonly onSignal: () => void;
}

/** The signals that no program can listen to. Bun takes a listener that it never calls. */
const RESERVED = ["SIGKILL", "SIGSTOP"];

/** By the name of the signal. */
const listeners = new Map<string, Listener>();

/** The system's name of a signal: Ctrl-\ is no signal on Windows, but Ctrl-Break is. */
export function nameHere(signal: string): string {
  const onWindows = attempt(() => globalOf<Process>("process")?.platform === "win32");
  return onWindows && signal === "SIGQUIT" ? "SIGBREAK" : signal;
}

/**
 * Calls `callback` at a signal, unless another call listens to the same signal already.
 *
 * @param signal The name, as {@linkcode nameHere} gives it.
 * @param callback Must not throw, and must be the same in all calls.
 * @returns A function that ends this. Must be called once.
 * @throws {Error} If no signal reaches this code, or not this one.
 */
export function followSignal(signal: string, callback: (signal: string) => void): () => void {
  const process = processWith(signal);
  let listener = listeners.get(signal);
  if (!listener) {
    const onSignal = () => callback(signal);
    listener = { users: 0, onSignal };
    try {
      process.on(signal, onSignal);
    } catch (cause) {
      throw refusal("the system refuses it", signal, cause);
    }
    listeners.set(signal, listener);
  }
  const { onSignal } = listener;
  listener.users++;
  return () => {
    if (--listener.users > 0) return;
    listeners.delete(signal);
    attempt(() => process.off(signal, onSignal));
  };
}

/** Returns `process`, if a signal of that name exists and reaches this code. */
function processWith(signal: string): Required<Process> {
  const process = globalOf<Process>("process");
  const signals = (builtinModule("node:os") as Os | undefined)?.constants?.signals;
  // Where timers belong to requests, `process` is an imitation.
  const isReal = !timersBelongToRequests && attempt(() => typeof process!.on === "function");
  if (!isReal || !signals) {
    throw refusal("there are no signals here: only Deno, Node and Bun have them", signal);
  }
  const threads = builtinModule("node:worker_threads") as WorkerThreads | undefined;
  // A worker of Deno gets the signals of the process, a thread of Node and Bun does not.
  if (threads?.isMainThread === false && globalOf("Deno") === undefined) {
    throw refusal("only the main thread gets signals", signal);
  }
  if (!Object.hasOwn(signals, signal)) throw refusal("there is no such signal here", signal);
  if (RESERVED.includes(signal)) throw refusal("no program can listen to this signal", signal);
  return process as Required<Process>;
}

function refusal(why: string, signal: string, cause?: unknown): Error {
  const message = `Cannot dump the tasks on a signal as ${why}: received ${show(signal)}`;
  return new Error(message, cause === undefined ? undefined : { cause });
}
