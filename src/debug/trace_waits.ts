/**
 * The waits of one row of a trace, and what each waits on, in words.
 *
 * @module
 */

import type { Future } from "../../future.ts";
import { attempt } from "../base/engine.ts";
import { nameOf } from "../base/inspect.ts";
import type { CancelTarget } from "../future/cancel_target.ts";
import type { Source } from "../future/internals.ts";
import { Task } from "../task/task.ts";
import { sourceOf } from "../waiting/sources.ts";
import type { Facts, Words } from "./trace_records.ts";

/** How many of the futures that an operation waits for are named. */
const MAX_NAMED = 8;

/** How many different waits are named in the name of a span. */
const MAX_WORDS = 3;

/**
 * What a row waits on.
 *
 * | `#target` | `#words` | `#several` | waits                                                   |
 * | --------- | -------- | ---------- | ------------------------------------------------------- |
 * | –         | –        | –          | none                                                    |
 * | the one   | its own  | –          | one, as most tasks have: nothing is allocated for these |
 * | –         | –        | all        | more than one                                           |
 */
export class TracedWaits {
  #target: CancelTarget | undefined = undefined;
  #words: WaitWords | undefined = undefined;
  #several: Map<CancelTarget, WaitWords> | undefined = undefined;
  /** Whether the row is about to go on from the only target. */
  #isEnded = false;
  /** The targets that the row is about to go on from, if there are several waits. */
  #ended: CancelTarget[] | undefined = undefined;

  /** Whether the row waits on something. */
  get isWaiting(): boolean {
    return this.#target !== undefined || this.#several !== undefined;
  }

  /** Adds a wait. */
  addWait(target: CancelTarget): void {
    if (this.#several) {
      if (!this.#several.has(target)) this.#several.set(target, describe(target));
    } else if (this.#target === undefined) {
      this.#target = target;
      this.#words = describe(target);
    } else if (this.#target !== target) {
      this.#several = new Map([[this.#target, this.#words!], [target, describe(target)]]);
      if (this.#isEnded) this.#ended = [this.#target];
      this.#target = this.#words = undefined;
      this.#isEnded = false;
    }
  }

  /** Notes that a wait is over. The wait counts until {@linkcode TracedWaits.takeWords}. */
  endWait(target: CancelTarget): void {
    if (this.#target === target) this.#isEnded = true;
    else if (this.#several) (this.#ended ??= []).push(target);
  }

  /**
   * Returns what the row waits on, and removes the waits that are over.
   *
   * @param isLong Whether the row has waited for long enough to have waited for a promise.
   */
  takeWords(isLong: boolean): Words {
    if (this.#several) return this.#takeWordsOfSeveral(this.#several, isLong);
    const words = wordsFor(this.#words!, isLong);
    if (this.#isEnded) this.deleteWait(this.#target!);
    return words;
  }

  #takeWordsOfSeveral(several: ReadonlyMap<CancelTarget, WaitWords>, isLong: boolean): Words {
    const all = [...several.values()];
    for (const target of this.#ended ?? []) this.deleteWait(target);
    this.#ended = undefined;
    // What the body of a scope waits on says more than the scope around it.
    const inner = all.filter(({ body }) => !body);
    const shown = inner.length > 0 ? inner : all.slice(-1);
    if (shown.length === 1) return wordsFor(shown[0]!, isLong);
    return { name: listOf(shown.map(({ name }) => name)), facts: { waits: shown.length } };
  }

  /** Removes a wait at once. */
  deleteWait(target: CancelTarget): void {
    if (this.#target === target) {
      this.#target = this.#words = undefined;
      this.#isEnded = false;
    } else if (this.#several?.delete(target) && this.#several.size === 0) {
      this.#several = undefined;
    }
  }
}

/** What a task waits on. */
interface WaitWords extends Words {
  /** The body, if the task waits for a scope. The body is a part of the task, and may wait, too. */
  readonly body?: Future<unknown> | undefined;
}

/** The words for a wait on something that is not a future of this module. */
export const PROMISE: Words = { name: "promise", facts: undefined };

/** The words for the only wait of a row. A body that runs and waits on no future awaits a promise. */
function wordsFor(words: WaitWords, isLong: boolean): Words {
  if (!words.body) return words;
  return isLong && !words.body.done() ? PROMISE : plain(words.name);
}

/** Lists names, each with the number of times that it occurs, such as `3 sleep, Queue.get`. */
function listOf(names: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  const parts = [...counts].map(([name, count]) => count > 1 ? `${count} × ${name}` : name);
  const rest = parts.length - MAX_WORDS;
  return rest > 0 ? `${parts.slice(0, MAX_WORDS).join(", ")}, ${rest} more` : parts.join(", ");
}

/** Says what a target is. */
function describe(target: CancelTarget, withFacts = true): WaitWords {
  if (target instanceof Task) return { name: nameOfTask(target), facts: undefined };
  const source = sourceOf(target as Future<unknown>);
  if (!source) return plain(tagOf(target as Future<unknown>));
  const { operation: name, body } = source;
  if (body) return { name, facts: undefined, body };
  const facts = withFacts ? factsOf(source) : undefined;
  return facts ? { name, facts } : plain(name);
}

/** The words without facts, of which there are few, by the name. */
const plainWords = new Map<string, WaitWords>();

/** Words without facts. */
function plain(name: string): WaitWords {
  let words = plainWords.get(name);
  if (!words) plainWords.set(name, words = { name, facts: undefined });
  return words;
}

/** The name of a task. A subclass is not asked, which could throw. */
export function nameOfTask(task: Task<unknown>): string {
  return Task.prototype.getName.call(task);
}

/** What a future calls itself: a subclass may say so, and may throw. */
function tagOf(future: Future<unknown>): string {
  try {
    const tag: unknown = future[Symbol.toStringTag];
    if (typeof tag === "string") return tag;
  } catch {
    // The getter threw.
  }
  return "Future";
}

/** What there is to say of an operation. */
function factsOf({ owner, ms, futures }: Source): Facts | undefined {
  if (owner !== undefined) return { of: labelOf(owner) };
  if (ms !== undefined) return { ms };
  if (futures === undefined) return undefined;
  const names: string[] = [];
  let count = 0;
  for (const future of futures) {
    if (count++ < MAX_NAMED) {
      names.push(describe(future, false).name);
    }
  }
  if (count > MAX_NAMED) names.push(`${count - MAX_NAMED} more`);
  return { on: names.join(", ") };
}

/** Names for locks and queues, such as `Queue 2`, which stay the same while a trace runs. */
const labels = new WeakMap<object, string>();

/** The latest number of each class. */
const numbers = new Map<string, number>();

/** The name of a lock or a queue: the class, and a number. */
function labelOf(owner: object): string {
  let label = labels.get(owner);
  if (label === undefined) {
    const name = attempt(() => nameOf(owner.constructor)) ?? "";
    const number = (numbers.get(name) ?? 0) + 1;
    numbers.set(name, number);
    labels.set(owner, label = `${name} ${number}`);
  }
  return label;
}
