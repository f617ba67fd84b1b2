/**
 * Cancellation by an `AbortSignal`. Each signal has a single abort listener, however many futures
 * it cancels: runtimes keep listeners in a list, which is searched to add or remove one.
 *
 * @module
 */

import { enqueueNative } from "../base/engine.ts";

/** Something that a signal can cancel. */
interface Cancellable {
  cancel(reason: unknown): unknown;
}

/**
 * Cancels `target` with the signal's reason when `signal` aborts; now if it is aborted already.
 *
 * @returns The links that `delete(target)` ends; `undefined` if `signal` is aborted already.
 */
export function linkSignal(signal: AbortSignal, target: Cancellable): SignalLinks | undefined {
  // The listener of the signal's links may be yet to run, and would cancel `target` only then.
  if (signal.aborted) {
    target.cancel(signal.reason);
    return undefined;
  }
  return (linksOf.get(signal) ?? new SignalLinks(signal)).add(target);
}

/** The targets of one signal, and its one abort listener. */
export class SignalLinks {
  readonly #signal: AbortSignal;
  readonly #targets = new Set<Cancellable>();
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

  add(target: Cancellable): this {
    this.#targets.add(target);
    return this;
  }

  /** Removes a target, and with the last one the listener. */
  delete(target: Cancellable): void {
    this.#targets.delete(target);
    if (this.#targets.size === 0) this.#close();
  }

  #cancelAll(): void {
    // An earlier event enqueued a microtask, the signal aborts and cancels all targets, and then
    // that microtask runs: nothing is left to do.
    if (linksOf.get(this.#signal) !== this) return;
    const errors: unknown[] = [];
    // Targets that are cancelled may delete themselves or others from the set meanwhile.
    for (const target of this.#targets) {
      try {
        target.cancel(this.#signal.reason);
      } catch (error) {
        // The `cancel()` of a subclass threw. The other targets are cancelled all the same.
        errors.push(error);
      }
    }
    this.#close();
    if (errors.length > 0) throw errors[0];
  }

  #close(): void {
    linksOf.delete(this.#signal);
    this.#signal.removeEventListener("abort", this.#onAbort);
  }
}

/** The links of each signal that has a target. */
const linksOf = new WeakMap<AbortSignal, SignalLinks>();

/** The signals of one future. */
export interface Signals {
  /** The links of the signal that cancels the future; `undefined` once the future is done. */
  source: SignalLinks | undefined;
  /** The controller of the future's own signal, made when somebody first reads that. */
  controller: AbortController | undefined;
}
