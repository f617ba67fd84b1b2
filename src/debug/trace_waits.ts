/**
 * The waits of one row of a trace, and what each waits on, in words.
 *
 * @module
 */

import { Future } from "../../future.ts";
import { nameOf } from "../base/inspect.ts";
import type { CancelTarget } from "../future/cancel_target.ts";
import { internals, type Source } from "../future/internals.ts";
import { Task } from "../task/task.ts";
import { sourceOf } from "../waiting/sources.ts";
import type { Facts, Words } from "./trace_records.ts";

/** How many of the futures that an operation waits for are named. */
const MAX_NAMED = 8;

/** How many different waits are named in the name of a span. */
const MAX_WORDS = 3;

/** A wait of a task. */
interface TracedWait {
  readonly target: CancelTarget;
  /** What the task waits on. */
  readonly words: Words;
  /** Whether the task waits for a scope, whose body is a part of the task and may wait, too. */
  readonly isScope: boolean;
  /** How many times the task waits on the target. */
  count: number;
}

/** What a row waits on. */
export class TracedWaits {
  /** The only wait, or all of them by their targets. Most tasks wait on one thing at a time. */
  #waits: TracedWait | Map<CancelTarget, TracedWait> | undefined = undefined;
  /** The targets that the task is about to go on from. */
  #ended: CancelTarget[] | undefined = undefined;

  /** Whether there are none. */
  get isEmpty(): boolean {
    return this.#waits === undefined;
  }

  /** Adds a wait. */
  add(target: CancelTarget): void {
    const waits = this.#waits;
    if (waits === undefined) {
      this.#waits = describe(target);
    } else if (waits instanceof Map) {
      const known = waits.get(target);
      if (known) known.count++;
      else waits.set(target, describe(target));
    } else if (waits.target === target) {
      waits.count++;
    } else {
      this.#waits = new Map([[waits.target, waits], [target, describe(target)]]);
    }
  }

  /** Notes that a wait is over, which stays in the words until {@linkcode TracedWaits.settle}. */
  end(target: CancelTarget): void {
    (this.#ended ??= []).push(target);
  }

  /** Removes the waits that are over. */
  settle(): void {
    const ended = this.#ended;
    if (!ended) return;
    this.#ended = undefined;
    for (const target of ended) this.delete(target);
  }

  /** Removes a wait. */
  delete(target: CancelTarget): void {
    const waits = this.#waits;
    if (waits === undefined) return;
    const wait = waits instanceof Map ? waits.get(target) : waits;
    if (wait?.target !== target || --wait.count > 0) return;
    if (!(waits instanceof Map)) this.#waits = undefined;
    else if (waits.delete(target) && waits.size === 0) this.#waits = undefined;
  }

  /** What the row waits on. */
  describe(): Words {
    const waits = this.#waits!;
    if (!(waits instanceof Map)) return waits.words;
    const all = [...waits.values()];
    // What the body of a scope waits on says more than the scope around it.
    const inner = all.filter(({ isScope }) => !isScope);
    const shown = inner.length > 0 ? inner : all.slice(-1);
    if (shown.length === 1) return shown[0]!.words;
    return { name: listOf(shown.map(({ words }) => words.name)), facts: { waits: shown.length } };
  }
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
function describe(target: CancelTarget, withFacts = true): TracedWait {
  if (target instanceof Task) {
    return makeWait(target, { name: nameOfTask(target), facts: undefined });
  }
  const source = sourceOf(target as Future<unknown>);
  if (!source) return makeWait(target, plain(classOf(target)));
  const isScope = source.body !== undefined;
  const facts = withFacts ? factsOf(source, isScope) : undefined;
  const words = facts ? { name: source.operation, facts } : plain(source.operation);
  return makeWait(target, words, isScope);
}

function makeWait(target: CancelTarget, words: Words, isScope = false): TracedWait {
  return { target, words, isScope, count: 1 };
}

/** The words of which there are few, by the name. */
const plainWords = new Map<string, Words>();

/** Words without facts. */
function plain(name: string): Words {
  let words = plainWords.get(name);
  if (!words) plainWords.set(name, words = { name, facts: undefined });
  return words;
}

/** The name of a task. A subclass is not asked, which could throw. */
export function nameOfTask(task: Task<unknown>): string {
  return Task.prototype.getName.call(task);
}

/** The class of a future: a getter of a subclass is not asked. */
function classOf(target: CancelTarget): string {
  if (!internals.isOfThisCopy(target)) return "Future";
  const { constructor } = Object.getPrototypeOf(target) as { constructor: unknown };
  return constructor === Future || typeof constructor !== "function"
    ? "Future"
    : nameOf(constructor);
}

/** What there is to say of an operation. */
function factsOf({ owner, ms, futures }: Source, isScope: boolean): Facts | undefined {
  if (owner !== undefined) return { of: labelOf(owner) };
  if (ms !== undefined) return { ms };
  if (futures === undefined || isScope) return undefined;
  const names: string[] = [];
  let count = 0;
  for (const future of futures) {
    if (count++ < MAX_NAMED) {
      names.push(describe(future, false).words.name);
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
    const name = nameOf(owner.constructor);
    const number = (numbers.get(name) ?? 0) + 1;
    numbers.set(name, number);
    labels.set(owner, label = `${name} ${number}`);
  }
  return label;
}
