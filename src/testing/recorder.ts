/**
 * The record of a run, in words: for the message of an exploration that has found something.
 *
 * @module
 */

import { placeOf } from "../base/frames.ts";
import { show } from "../base/inspect.ts";
import { DoneCallback } from "../future/done_callback.ts";
import { HostHandle } from "../loop/handles.ts";
import type { Ready } from "../loop/scheduler.ts";
import { sourceTraceback } from "../loop/tracebacks.ts";
import { aliveOn, cancellationOf } from "../task/internals.ts";
import type { Task } from "../task/task.ts";
import { waitRecordOf } from "../task/wait_records.ts";
import { isPending, isTask, Sources, type Wait, waitsOf } from "../waiting/waits.ts";
import { showTime } from "../waiting/words.ts";
import type { Follower } from "./decisions.ts";
import { Labels } from "./labels.ts";
import { taskOf } from "./order.ts";
import type { Outcome } from "./runs.ts";
import type { VirtualLoop } from "./virtual_loop.ts";

/** A step of a run, in words. */
export interface Step {
  /** The number of the step, from 1 on. */
  readonly number: number;
  /** The virtual time, in milliseconds. */
  readonly time: number;
  /** What ran, such as `deposit goes on at bank.ts:31, after sleep of 1 ms`. */
  readonly text: string;
  /** What had been ready before that: the first, and how many there were. */
  readonly overtaken: { readonly first: string; readonly count: number } | undefined;
  /** What is held back from this step on. */
  readonly held: string | undefined;
  /** What was cancelled before or after this step, such as `deposit is cancelled, …`. */
  cancelled: string | undefined;
}

/** A run in words. */
export interface Recording {
  readonly steps: readonly Step[];
  readonly failure: Outcome["failure"];
}

/** What the code of a task waits on. */
interface TaskWait {
  readonly words: string;
  /** Whether that is done, and the code is about to go on. */
  readonly isOver: boolean;
  readonly place: string | undefined;
}

/** Follows a run, and puts its steps into words. In debug mode, these have places. */
export class Recorder implements Follower {
  #loop: VirtualLoop | undefined = undefined;
  readonly #labels = new Labels();
  /** What the tasks that have started wait on. */
  readonly #waits = new Map<Task<unknown>, TaskWait>();
  #main: Task<unknown> | undefined = undefined;
  #running: Task<unknown> | undefined = undefined;
  #held: string | undefined = undefined;
  #number = 0;
  #isOver = false;
  /** The steps until main has ended. */
  readonly steps: Step[] = [];

  begins(loop: VirtualLoop): void {
    this.#loop = loop;
    // Debug mode, which this run is in for the places, prints what takes long.
    loop.slowCallbackDuration = Infinity;
  }

  stepBegins(ready: readonly Ready[], index: number): void {
    this.#number++;
    const task = taskOf(ready[index]!);
    this.#main ??= task;
    // What waits for main is not a part of the program.
    if (this.#isOver || (!task && this.#main?.done())) return;
    // The first one gets its number before the second one of the same name.
    for (let i = 0; i < index; i++) this.#label(ready[i]!);
    const first = index > 0 ? this.#describe(ready[0]!) : "";
    const text = this.#describe(ready[index]!);
    this.#running = task;
    this.steps.push({
      number: this.#number,
      time: this.#loop!.time(),
      text,
      overtaken: index > 0 ? { first, count: index } : undefined,
      held: this.#held,
      cancelled: undefined,
    });
    this.#held = undefined;
  }

  holds(ready: Ready): void {
    this.#held = this.#describe(ready);
  }

  stepHasEnded(): void {
    const task = this.#running;
    this.#running = undefined;
    if (task && !task.done()) this.#waits.set(task, this.#waitOf(task));
  }

  mainHasEnded(): void {
    this.#isOver = true;
  }

  cancels(task: Task<unknown>): void {
    const wait = this.#waits.get(task);
    const words = wait?.words;
    // A task that is cancelled at the beginning of its step has what it was waiting for.
    const why = !words
      ? ""
      : wait.isOver || task === this.#running
      ? `, about to go on with ${words}`
      : `, waiting on ${words}`;
    const step = this.steps.at(-1);
    if (step) step.cancelled = `${this.#labels.of(task)} is cancelled${why}`;
  }

  #waitOf(task: Task<unknown>): TaskWait {
    const [wait] = waitsOf(cancellationOf(task), new Sources()).waits;
    if (!wait) return { words: "", isOver: false, place: undefined };
    const record = waitRecordOf(wait.code, wait.awaited);
    const isOver = !isPending(wait.target);
    return { words: this.#wordsOf(wait), isOver, place: placeOf(record?.stack) };
  }

  #wordsOf({ target, source }: Wait): string {
    if (isTask(target)) return this.#labels.of(target);
    if (!source) return show(target);
    const { operation, owner, ms } = source;
    if (owner) {
      const holder = source.holder?.()?.task;
      const held = holder ? `, held by ${this.#labels.of(holder)}` : "";
      return `${operation} of ${show(owner)}${held}`;
    }
    return ms === undefined ? operation : `${operation} of ${showTime(ms)}`;
  }

  #label(ready: Ready): void {
    const task = taskOf(ready);
    if (task) this.#labels.of(task);
  }

  #describe(ready: Ready): string {
    const { source } = ready;
    const task = taskOf(ready);
    // After `sleep(0)`, it is the task that lets a generator go on, too.
    if (task && task === source && !this.#waits.has(task)) {
      // The exploration makes the task of main, not the code of the test.
      const made = task === this.#main ? undefined : sourceTraceback(task);
      const place = placeOf(made?.sourceTraceback);
      return `${this.#labels.of(task)} starts${place ? `, made at ${place}` : ""}`;
    }
    if (task) {
      const { words, place } = this.#waits.get(task) ?? { words: "", place: undefined };
      const text = `${this.#labels.of(task)} goes on`;
      return `${text}${place ? ` at ${place}` : ""}${words ? `, after ${words}` : ""}`;
    }
    if (source instanceof HostHandle) return `callback ${show(source)}`;
    if (source instanceof DoneCallback) return `done callback ${source.label}`;
    if (!source) return "a callback inside @asyncio/future";
    return "due" in source ? this.#describeTimer(source) : "code outside of tasks goes on";
  }

  /** Describes a timer, such as that of a `sleep()`, by who waits for it. */
  #describeTimer(timer: object): string {
    const sources = new Sources();
    for (const task of aliveOn(this.#loop!)) {
      const wait = waitsOf(cancellationOf(task), sources).waits
        .find(({ source }) => source === timer);
      if (wait) return `timer of ${this.#labels.of(task)}, ${this.#wordsOf(wait)}`;
    }
    return "timer";
  }
}
