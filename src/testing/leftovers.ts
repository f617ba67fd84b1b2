/**
 * What a program leaves behind: tasks, timers, locks and listeners.
 *
 * @module
 */

import { show } from "../base/inspect.ts";
import { aliveOn, cancellationOf } from "../task/internals.ts";
import { Describer, showWords } from "../waiting/words.ts";
import type { Follower } from "./decisions.ts";
import { labelOf } from "./labels.ts";
import type { VirtualLoop } from "./virtual_loop.ts";

/** One kind of what is left. */
interface Leftover {
  /** How many there are. */
  count: number;
  /** What is left, in words. */
  readonly text: string;
}

/** The listeners of a signal, counted by the methods of that one object. */
export class CountedListeners {
  readonly #listeners = new Set<unknown>();
  readonly #signal: AbortSignal;

  /** @param signal Gets methods of its own. */
  constructor(signal: AbortSignal) {
    this.#signal = signal;
    const { addEventListener, removeEventListener } = signal;
    const listeners = this.#listeners;
    signal.addEventListener = function (this: AbortSignal, ...given: [string, unknown]) {
      listeners.add(given[1]);
      return Reflect.apply(addEventListener, this, given);
    };
    signal.removeEventListener = function (this: AbortSignal, ...given: [string, unknown]) {
      listeners.delete(given[1]);
      return Reflect.apply(removeEventListener, this, given);
    };
  }

  /** How many there are; none after the signal has called them. */
  get count(): number {
    return this.#signal.aborted ? 0 : this.#listeners.size;
  }
}

/** Follows a run, and finds what the program leaves behind. */
export class Leftovers implements Follower {
  #loop: VirtualLoop | undefined = undefined;
  readonly #found = new Map<string, Leftover>();
  /** The listeners of the signal that main was given, if main has asked for it. */
  listeners: CountedListeners | undefined = undefined;

  begins(loop: VirtualLoop): void {
    this.#loop = loop;
  }

  mainHasEnded(): void {
    const describer = new Describer();
    for (const task of aliveOn(this.#loop!)) {
      // Somebody has told the task to end.
      if (cancellationOf(task).requests > 0) continue;
      const { words } = describer.task(task);
      const label = labelOf(task);
      this.#add(`task ${label}`, `task ${label}, pending: ${showWords(words, [words])}`);
    }
  }

  closes(): void {
    const { clock, pool } = this.#loop!;
    if (clock.size > 0) this.#add("timers", "a timer that nobody has cancelled", clock.size);
    for (const [owner, { before, countFree }] of pool.uses) {
      const held = before - countFree();
      if (held > 0) this.#add(owner.constructor.name, `${show(owner)}, which is held`, held);
    }
    const listeners = this.listeners?.count ?? 0;
    if (listeners > 0) this.#add("listeners", "a listener on the signal", listeners);
  }

  #add(key: string, text: string, count = 1): void {
    const known = this.#found.get(key);
    if (known) known.count += count;
    else this.#found.set(key, { count, text });
  }

  /** Returns in words what is left here, but not in another run. */
  beyond(other: Leftovers): string[] {
    return [...this.#found].flatMap(([key, { count, text }]) => {
      const more = count - (other.#found.get(key)?.count ?? 0);
      return more > 0 ? [more > 1 ? `${text} (${more} of them)` : text] : [];
    });
  }
}
