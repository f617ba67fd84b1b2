/**
 * What the code of a task waits on, in words.
 *
 * @module
 */

import type { Future } from "../../future.ts";
import type { EventLoop } from "../../loop.ts";
import { attempt } from "../base/engine.ts";
import { show } from "../base/inspect.ts";
import { currentTaskFrame } from "../context/current.ts";
import type { CancelTarget } from "../future/cancel_target.ts";
import type { Source } from "../future/internals.ts";
import type { Cancellation } from "../task/cancellation.ts";
import { coroutineName } from "../task/coroutine.ts";
import { taskInternals } from "../task/internals.ts";
import type { Task } from "../task/task.ts";
import {
  type Around,
  type Bottom,
  bottomOf,
  codeOfBody,
  futuresOf,
  isOfSeveral,
  isPending,
  isTask,
  Sources,
  type Waits,
  waitsOf,
} from "./waits.ts";

/** How many futures that are awaited at once are named, and how many scopes around them. */
const MAX_NAMED = 3;

/** Stands for a time in a text, so that texts which differ in nothing else are alike. */
const TIME = "\0";

/** What the code of a task is said to wait on if it waits on nothing that the module knows. */
export const UNKNOWN = "nothing that is known (a promise, or code that runs)";

/** The end of the representation of a future. */
const CALLBACKS = / cb=\[.*\]>$/;

/** A name that needs no quotation marks. */
const PLAIN_NAME = /^[^\s"'`<>()[\],:;]{1,80}$/;

/** A text about times that go by. */
export interface Words {
  /** The text, with a mark in the place of each time. */
  readonly text: string;
  /** The times, in milliseconds from now. */
  readonly times: readonly number[];
}

/** Shows a time in a few characters, such as `12.3 s`. */
export function showTime(ms: number): string {
  if (!(ms >= 0)) return "0 ms";
  if (ms < 1_000) return `${Number(ms.toFixed(ms < 10 ? 1 : 0))} ms`;
  if (ms < 120_000) return `${Number((ms / 1_000).toFixed(1))} s`;
  const minutes = Math.round(ms / 60_000);
  return minutes < 120 ? `${minutes} min` : `${Number((ms / 3_600_000).toFixed(1))} h`;
}

/** Puts the times into a text: a range, if several texts that are alike stand in one line. */
export function showWords({ text }: Words, all: readonly Words[]): string {
  let index = 0;
  return text.replaceAll(TIME, () => {
    let [least, most] = [Infinity, -Infinity];
    for (const { times } of all) {
      least = Math.min(least, times[index]!);
      most = Math.max(most, times[index]!);
    }
    index++;
    const [from, to] = [showTime(least), showTime(most)];
    return from === to ? to : `${from} to ${to}`;
  });
}

/** A task as it is described. */
export interface TaskWords {
  readonly name: string;
  readonly coroutine: string;
  readonly state: "pending" | "cancelling";
  readonly waits: Waits;
  readonly words: Words;
}

/** A future that is not a task, as it is described. */
interface FutureWords {
  readonly bottom: Bottom;
  /** What the body waits on, if the future is that of a scope. */
  readonly waits: Waits | undefined;
  readonly words: Words;
}

/** Describes tasks and waits as they are at one moment. Shows each object once. */
export class Describer {
  readonly #shown = new Map<object, string>();
  readonly #counts = new Map<object, string>();
  readonly #times = new Map<EventLoop, number>();
  readonly #sources = new Sources();
  readonly #current: Task<unknown> | undefined = currentTaskFrame().code?.task;
  /** Told of each future on the way from what a task awaits to what that comes down to. */
  readonly onStep: ((future: CancelTarget) => void) | undefined;

  constructor(onStep?: (future: CancelTarget) => void) {
    this.onStep = onStep;
  }

  /** The time of a loop, which the user may have written. */
  timeOf(loop: EventLoop): number {
    let time = this.#times.get(loop);
    if (time === undefined) this.#times.set(loop, time = attempt(() => loop.time()) ?? NaN);
    return time;
  }

  /** The time of the loop of a future, which may be of another copy of the module. */
  timeOfFuture(future: Future<unknown>): number {
    const loop = attempt(() => future.getLoop());
    return loop ? this.timeOf(loop) : NaN;
  }

  /**
   * Describes a future that is not a task.
   *
   * @param owner The task whose scopes are known to be shown here.
   */
  future(future: Future<unknown>, owner?: Task<unknown>): FutureWords {
    const bottom = bottomOf(future, this.#sources, undefined, this.onStep);
    const { source, around } = bottom;
    const body = codeOfBody(source?.body);
    const now = this.timeOfFuture(future);
    if (source && body && body.task === owner) {
      const scope = { source, outer: around };
      const waits = waitsOf(body, this.#sources, this.onStep, scope);
      if (waits.waits.length > 0) return { bottom, waits, words: this.#all(waits, now) };
    }
    return { bottom, waits: undefined, words: this.wait(bottom, now) };
  }

  /** Describes a task, which is not done. */
  task(task: Task<unknown>): TaskWords {
    const code = taskInternals.cancellationOf(task);
    const waits = waitsOf(code, this.#sources, this.onStep);
    return {
      name: nameOfTask(task),
      coroutine: this.#coroutine(task),
      state: code.requests > 0 ? "cancelling" : "pending",
      waits,
      words: this.#waitsOfTask(task, code, waits),
    };
  }

  #coroutine(task: Task<unknown>): string {
    const name = attempt(() => coroutineName(task.getCoro() ?? "", task)) ?? "<unshowable>";
    return name.replaceAll(TIME, "");
  }

  #waitsOfTask(task: Task<unknown>, code: Cancellation, waits: Waits): Words {
    if (waits.waits.length > 0) return this.#all(waits, this.timeOfFuture(task));
    const text = task === this.#current
      ? "runs now"
      : taskInternals.hasStarted(task) || code.parent
      ? UNKNOWN
      : "not started yet";
    return { text, times: [] };
  }

  #all({ waits }: Waits, now: number): Words {
    const named = waits.slice(0, MAX_NAMED).map((wait) => this.wait(wait, now));
    const rest = waits.length - named.length;
    const texts = named.map(({ text }) => text);
    if (rest > 0) texts.push(`${rest} more`);
    return { text: joined(texts), times: named.flatMap(({ times }) => times) };
  }

  /** Describes what a future comes down to. */
  wait({ target, source, around }: Bottom, now: number): Words {
    const times: number[] = [];
    let text = this.#target(target, source, now, times);
    let operation = source?.operation ?? (isTask(target) ? nameOfTask(target) : "");
    let left = MAX_NAMED;
    for (let scope: Around | undefined = around; scope && left > 0; scope = scope.outer) {
      const { source } = scope;
      // `lock.run()` is a `timeout()` without a limit.
      const isPlain = source.operation === operation ||
        (source.operation === "timeout" && !hasDue(source));
      operation = source.operation;
      if (isPlain) continue;
      text += `; in ${operation}${timeLeft(source, now, times)}`;
      left--;
    }
    return { text, times };
  }

  #target(target: CancelTarget, source: Source | undefined, now: number, times: number[]): string {
    if (!isPending(target)) return `about to go on with ${this.#show(target)}`;
    if (isTask(target)) return nameOfTask(target);
    // Who is to be told that the future is done says little about who is to settle it.
    if (!source) return this.#show(target).replace(CALLBACKS, ">");
    const { operation, owner } = source;
    if (isOfSeveral(source)) return this.#several(source) + timeLeft(source, now, times);
    if (owner) return `${operation} of ${this.#show(owner)}${holderOf(source)}`;
    return operation + timeLeft(source, now, times);
  }

  #several(source: Source): string {
    const futures = futuresOf(source);
    let count = this.#counts.get(futures);
    if (count === undefined) {
      let [all, done] = [0, 0];
      for (const future of futures) {
        all++;
        if (!isPending(future)) done++;
      }
      count = `${all}${done > 0 ? `, ${done} ${done === 1 ? "is" : "are"} done` : ""}`;
      this.#counts.set(futures, count);
    }
    return `${source.operation} of ${count}`;
  }

  #show(value: object): string {
    let text = this.#shown.get(value);
    if (text === undefined) this.#shown.set(value, text = show(value).replaceAll(TIME, ""));
    return text;
  }
}

function joined(texts: string[]): string {
  if (texts.length < 2) return texts.join();
  return `${texts.slice(0, -1).join(", ")} and ${texts.at(-1)}`;
}

/** The name of a task, of which a subclass may throw. */
function ownNameOf(task: Task<unknown>): string {
  return attempt(() => String(task.getName())) ?? "<unshowable name>";
}

/** The name of a task, in quotation marks. */
export function quotedName(task: Task<unknown>): string {
  return show(ownNameOf(task));
}

/** The name of a task, in quotation marks if it has blanks. */
export function nameOfTask(task: Task<unknown>): string {
  const name = ownNameOf(task);
  return PLAIN_NAME.test(name) ? name.replaceAll(TIME, "") : show(name);
}

/** Who has what an operation waits for, as the end of a sentence. */
function holderOf({ holder }: Source): string {
  if (!holder) return "";
  const code = holder();
  if (!code) return ", held by code outside of tasks";
  const { task } = code;
  return task ? `, held by ${nameOfTask(task)}` : ", held by a task that is done";
}

function hasDue({ due }: Source): boolean {
  return typeof due === "number" && Number.isFinite(due);
}

/** How long an operation still takes, as the end of a sentence. */
function timeLeft(source: Source, now: number, times: number[]): string {
  const { due, ms } = source;
  if (ms === Infinity) return " without an end";
  if (hasDue(source)) times.push(due! - now);
  if (ms === undefined) return hasDue(source) ? `, ${TIME} left` : "";
  times.push(ms);
  return hasDue(source) ? `, ${TIME} of ${TIME} left` : ` of ${TIME}`;
}
