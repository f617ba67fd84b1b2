/**
 * Cancellation by `AbortSignal`, with one abort listener per signal, however
 * many futures hang on it: runtimes keep listeners in a list, so that adding or
 * removing the 100,000th one takes hundreds of microseconds.
 *
 * @module
 */

import { enqueueNative } from "../base/engine.ts";

/** What a signal can cancel. */
interface Cancellable {
  cancel(reason: unknown): unknown;
}

/** The signals that something hangs on; an entry goes when its set is empty. */
const links = new WeakMap<AbortSignal, SignalLinks>();

/** The one listener of a signal. */
export class SignalLinks {
  readonly #signal: AbortSignal;
  readonly #targets = new Set<Cancellable>();
  /** A function: the signals of libraries do not accept an object with `handleEvent`. */
  readonly #onAbort = () => {
    if (this.#signal.aborted) this.#cancelAll();
    // Some libraries set `aborted` only after the last listener has run. After an event that
    // somebody dispatched, it stays false, and nothing is cancelled.
    else enqueueNative(() => this.#signal.aborted && this.#cancelAll());
  };

  constructor(signal: AbortSignal) {
    this.#signal = signal;
    signal.addEventListener("abort", this.#onAbort);
    links.set(signal, this);
  }

  add(target: Cancellable): this {
    this.#targets.add(target);
    return this;
  }

  delete(target: Cancellable): void {
    this.#targets.delete(target);
    if (this.#targets.size === 0) this.#close();
  }

  #cancelAll(): void {
    // A microtask of an earlier event may come after the abort itself.
    if (links.get(this.#signal) !== this) return;
    const errors: unknown[] = [];
    // Whatever is cancelled may remove itself or others from the set.
    for (const target of this.#targets) {
      try {
        target.cancel(this.#signal.reason);
      } catch (error) {
        // That of a subclass; the others must not suffer from it.
        errors.push(error);
      }
    }
    this.#close();
    if (errors.length > 0) throw errors[0];
  }

  #close(): void {
    links.delete(this.#signal);
    this.#signal.removeEventListener("abort", this.#onAbort);
  }
}

/**
 * Has `signal` cancel `target` with its reason; at once if it is aborted already.
 *
 * @returns What undoes it with `delete(target)`; the last one out takes the
 * listener along.
 */
export function linkSignal(signal: AbortSignal, target: Cancellable): SignalLinks | undefined {
  // It may be, although its hub has not heard of it yet.
  if (signal.aborted) {
    target.cancel(signal.reason);
    return undefined;
  }
  return (links.get(signal) ?? new SignalLinks(signal)).add(target);
}
