/**
 * Cancellation by an `AbortSignal`. Each signal has a single abort listener, however many futures
 * it cancels: runtimes keep listeners in a list, which is searched to add or remove one.
 *
 * @module
 */

import type { Future } from "../../future.ts";
import { attempt, enqueueNative } from "../base/engine.ts";
import { cancelTarget } from "./cancel_target.ts";

/**
 * Cancels `target` with the signal's reason when `signal` aborts; now if it is aborted already.
 *
 * @returns The links that `delete(target)` ends; `undefined` if `signal` is aborted already.
 */
export function linkSignal(signal: AbortSignal, target: Future<unknown>): SignalLinks | undefined {
  // The listener of the signal's links may be yet to run, and would cancel `target` only then.
  if (signal.aborted) {
    cancelTarget(target, signal.reason);
    return undefined;
  }
  return (linksOf.get(signal) ?? new SignalLinks(signal)).add(target);
}

/**
 * Adds the listener of a signal for a future that is about to be linked. A function that begins work
 * for such a future calls this first: if the signal refuses the listener, no work has begun.
 */
export function prepareSignal(signal: AbortSignal | undefined): void {
  if (!signal || signal.aborted || linksOf.has(signal)) return;
  const links = new SignalLinks(signal);
  enqueueNative(() => links.closeIfUnused());
}

/** The targets of one signal, and its one abort listener. */
export class SignalLinks {
  readonly #signal: AbortSignal;
  readonly #targets = new Set<Future<unknown>>();
  /** The listener is a function, as the signals of some libraries take no `handleEvent` object. */
  readonly #onAbort = () => {
    if (this.#signal.aborted) this.#cancelAll();
    // Some libraries set `aborted` only after the last listener has run. After an event that a
    // program dispatched itself, `aborted` stays false, and nothing is cancelled.
    else enqueueNative(() => this.#signal.aborted && this.#cancelAll());
  };

  constructor(signal: AbortSignal) {
    this.#signal = signal;
    signal.addEventListener("abort", this.#onAbort);
    linksOf.set(signal, this);
  }

  add(target: Future<unknown>): this {
    this.#targets.add(target);
    return this;
  }

  /** Removes a target, and with the last one the listener. */
  delete(target: Future<unknown>): void {
    this.#targets.delete(target);
    this.closeIfUnused();
  }

  /** Removes the listener from the signal once no target is left that the signal would cancel. */
  closeIfUnused(): void {
    // Newer links of the same signal may have taken the place of these.
    if (this.#targets.size === 0 && linksOf.get(this.#signal) === this) this.#close();
  }

  #cancelAll(): void {
    if (nesting === MAX_NESTING) return void deferred.push(this);
    nesting++;
    try {
      this.#cancelTargets();
      if (nesting > 1) return;
      // The loop goes on with links that are deferred meanwhile.
      for (const links of deferred) links.#cancelTargets();
    } finally {
      nesting--;
      if (nesting === 0) deferred.length = 0;
    }
  }

  #cancelTargets(): void {
    // An earlier event enqueued a microtask, the signal aborts and cancels all targets, and then
    // that microtask runs: nothing is left to do.
    if (linksOf.get(this.#signal) !== this) return;
    // Targets that are cancelled may delete themselves or others from the set meanwhile.
    for (const target of this.#targets) cancelTarget(target, this.#signal.reason);
    this.#close();
  }

  #close(): void {
    linksOf.delete(this.#signal);
    // The signal of a library may throw. A listener that stays finds nothing to cancel.
    attempt(() => this.#signal.removeEventListener("abort", this.#onAbort));
  }
}

/**
 * How far a cancellation follows a chain of futures by recursion, each with the signal of the one
 * before. Less than the limit for tasks that wait on each other, which may be mixed with these.
 */
const MAX_NESTING = 16;

/** How many calls of `#cancelAll()` are on the stack. Changed by `#cancelAll()` only. */
let nesting = 0;

/** The links beyond `MAX_NESTING`, in order. The outermost `#cancelAll()` cancels their targets. */
const deferred: SignalLinks[] = [];

/** The links of each signal that has a target. */
const linksOf = new WeakMap<AbortSignal, SignalLinks>();

/** The signals of one future. */
export interface Signals {
  /** The links of the signal that cancels the future; `undefined` once the future is done. */
  source: SignalLinks | undefined;
  /** The controller of the future's own signal, made when somebody first reads that. */
  controller: AbortController | undefined;
}
