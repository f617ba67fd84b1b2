/**
 * The order in which callbacks run that are ready at the same time, on a loop in virtual time.
 *
 * @module
 */

import type { Ready, Scheduler } from "../loop/scheduler.ts";
import type { Cancellation } from "../task/cancellation.ts";
import { cancellationOf } from "../task/internals.ts";
import { Task } from "../task/task.ts";
import type { Random } from "./random.ts";
import type { VirtualLoop } from "./virtual_loop.ts";

/** Decides the order of what is ready, and is told what runs. */
export interface Director {
  /** Told of the loop, before `main` is started. */
  begins?(loop: VirtualLoop): void;
  /** Returns the index of what is to run next. There are at least two to choose from. */
  choose(ready: readonly Ready[]): number;
  /**
   * Told of each step, before it runs.
   *
   * @param ready What is ready, the earliest first.
   * @param index The index of what runs: that of the earliest in its lane.
   */
  stepBegins?(ready: readonly Ready[], index: number): void;
  /** Told when nothing of the step before goes on, possibly several times. */
  stepHasEnded?(): void;
  /**
   * Told when `main` has ended, before the tasks that it has left are cancelled, and when the run
   * has failed, before `main` is cancelled.
   */
  mainHasEnded?(): void;
  /** Told before the loop is closed, when all that could end has ended. */
  closes?(): void;
}

/** The task whose code goes on when something runs, if any. */
export function taskOf({ source }: Ready): Task<unknown> | undefined {
  // The body of a scope is a part of the task around.
  if (source instanceof Task) return cancellationOf(source).task ?? source;
  return (source as { cancellation?: Cancellation } | undefined)?.cancellation?.task;
}

/** Something that code can hold, such as a lock. */
interface Use {
  /** How many could hold it before the program used it. */
  readonly before: number;
  /** Returns how many more can hold it now. */
  readonly countFree: () => number;
}

/** After this many steps without a turn of the host, the driver lets the host have one. */
export const STEPS_PER_TURN = 1_000;

/** Makes a director that chooses at random. */
export function shuffling(random: Random): Director {
  return { choose: ({ length }) => Math.floor(random() * length) };
}

/**
 * What is ready on a loop. Counts the steps of the program.
 *
 * With a director, everything that is ready is kept here, and the driver takes out one
 * thing at a time. Without one, everything runs as on any loop, until the host needs its turn or the
 * program has used up its steps; what is ready after that is kept, in its order.
 */
export class ReadyPool implements Scheduler {
  readonly #director: Director | undefined;
  #kept: Ready[] = [];
  /** The steps since the host had its latest turn, without a director. */
  #sinceTurn = 0;
  /** How many steps there were. */
  steps = 0;
  /** How many steps there may be. */
  maxSteps: number;
  /** How many times something became ready. */
  changes = 0;
  /** Called when something becomes ready. */
  onChange: (() => void) | undefined = undefined;
  /** The locks and semaphores that were used, with how many could hold them before. */
  readonly uses: Map<object, Use> = new Map();
  /** The tasks that refuse to end, whose code never goes on. */
  readonly #abandoned = new Set<Task<unknown>>();

  constructor(maxSteps: number, director: Director | undefined) {
    this.maxSteps = maxSteps;
    this.#director = director;
  }

  /** Whether a director decides the order. */
  get isOrdering(): boolean {
    return this.#director !== undefined;
  }

  /** How much is kept. */
  get size(): number {
    return this.#kept.length;
  }

  /** Whether the program has used up its steps. */
  get isUsedUp(): boolean {
    return this.steps >= this.maxSteps;
  }

  takesOver(): boolean {
    this.changes++;
    this.onChange?.();
    if (this.#director || this.#kept.length > 0 || this.isUsedUp) return true;
    if (this.#abandoned.size > 0) return true;
    if (this.#sinceTurn === STEPS_PER_TURN) return true;
    this.#sinceTurn++;
    this.steps++;
    return false;
  }

  add(ready: Ready): void {
    const task = this.#abandoned.size > 0 && taskOf(ready);
    if (!task || !this.#abandoned.has(task)) this.#kept.push(ready);
  }

  noteUse(owner: object, countFree: () => number): void {
    if (!this.uses.has(owner)) this.uses.set(owner, { before: countFree(), countFree });
  }

  /**
   * Lets the code of a task never go on. On a closed loop, a task that goes on after each error would
   * never give way again.
   */
  abandon(task: Task<unknown>): void {
    this.#abandoned.add(task);
    this.#kept = this.#kept.filter((ready) => taskOf(ready) !== task);
  }

  /** Lets one thing run, which the director chooses, and returns it. There must be one. */
  releaseOne(): Ready {
    const kept = this.#kept;
    const director = this.#director!;
    let index = kept.length > 1 ? director.choose(kept) : 0;
    const { lane } = kept[index]!;
    if (lane && index > 0) index = kept.findIndex((other) => other.lane === lane);
    director.stepBegins?.(kept, index);
    const ready = kept[index]!;
    if (index === 0) kept.shift();
    else kept.splice(index, 1);
    this.steps++;
    ready.enqueue();
    return ready;
  }

  /** Lets everything run that was kept for the turn of the host, in its order. */
  releaseAll(): void {
    const kept = this.#kept;
    this.#kept = [];
    this.#sinceTurn = 0;
    this.steps += kept.length;
    for (const { enqueue } of kept) enqueue();
  }

  /** Notes that the host has had its turn. */
  noteTurn(): void {
    this.#sinceTurn = 0;
  }

  clear(): void {
    this.#kept = [];
  }
}
