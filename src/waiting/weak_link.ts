/**
 * `WeakLink`: what futures and timers hold in place of something that nobody may need any more.
 *
 * @module
 */

import type { Future } from "../../future.ts";
import type { EventLoop } from "../../loop.ts";
import { startTimer, watch } from "./watch.ts";

/**
 * A link to an object that its users hold. When the object is garbage-collected, the link is told,
 * so that the link can be removed from where it is registered.
 *
 * Links are strong on hosts without `FinalizationRegistry`.
 */
export class WeakLink<T extends object> {
  /** The target while the link is strong. */
  #strong: T | undefined;
  readonly #weak: WeakRef<T> | undefined;
  /** Removes the link from where it is registered. Called when the target is collected. */
  release: () => void = () => {};

  constructor(target: T) {
    if (registry) {
      this.#weak = new WeakRef(target);
      // The registry holds the link weakly, as the link may lead to the target in the end.
      registry.register(target, new WeakRef(this));
    } else {
      this.#strong = target;
    }
  }

  /** The object; `undefined` once it is collected. */
  get target(): T | undefined {
    return this.#strong ?? this.#weak?.deref();
  }

  /** Makes the link strong, until {@linkcode WeakLink.loosen}. */
  hold(target: T): void {
    this.#strong = target;
  }

  /** Makes the link weak. */
  loosen(): void {
    if (registry) this.#strong = undefined;
  }
}

/** Releases the links whose targets were collected; some hosts have no such registry. */
const registry = globalThis.WeakRef && globalThis.FinalizationRegistry &&
  new FinalizationRegistry<WeakRef<WeakLink<object>>>((link) => link.deref()?.release());

/** Something that waits for futures, perhaps with a time limit. */
export interface Watcher {
  readonly onDone: (future: Future<unknown>) => void;
  readonly onTimeout: () => void;
}

/**
 * Calls a watcher when a future is done and when the time is over, through a link alone. This
 * function is not part of the watcher's code, as a callback made there would hold the watcher.
 *
 * @param label The name in the representation of a future.
 * @returns A function that removes the callbacks and cancels the timer.
 */
export function watchWeakly(
  link: WeakLink<Watcher>,
  loop: EventLoop,
  futures: Set<Future<unknown>>,
  label: string,
  timeout: number | null,
): () => void {
  const onDone = (future: Future<unknown>) => link.target?.onDone(future);
  const timer = startTimer(loop, timeout, () => link.target?.onTimeout());
  return link.release = watch(futures, label, onDone, timer);
}
