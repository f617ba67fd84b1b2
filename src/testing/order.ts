/**
 * The order in which callbacks run that are ready at the same time, on a loop in virtual time.
 *
 * @module
 */

import type { Ready, Scheduler } from "../loop/scheduler.ts";
import type { Cancellation } from "../task/cancellation.ts";
import { Task } from "../task/task.ts";

/** Chooses one of several things that are ready: a number from 0 up to, but not including, `count`. */
export type Choose = (count: number) => number;

/** The task whose code goes on when something runs, if any. */
export function taskOf({ source }: Ready): Task<unknown> | undefined {
  if (source instanceof Task) return source;
  return (source as { cancellation?: Cancellation } | undefined)?.cancellation?.task;
}

/** After this many steps without a turn of the host, the driver lets the host have one. */
export const STEPS_PER_TURN = 1_000;

/**
 * What is ready on a loop. Counts the steps of the program.
 *
 * With a function that chooses, everything that is ready is kept here, and the driver takes out one
 * thing at a time. Without one, everything runs as on any loop, until the host needs its turn or the
 * program has used up its steps; what is ready after that is kept, in its order.
 */
export class ReadyPool implements Scheduler {
  readonly #choose: Choose | undefined;
  #kept: Ready[] = [];
  /** The steps since the host had its latest turn, without a function that chooses. */
  #sinceTurn = 0;
  /** How many steps there were. */
  steps = 0;
  /** How many steps there may be. */
  maxSteps: number;
  /** How many times something became ready. */
  changes = 0;
  /** Called when something becomes ready. */
  onChange: (() => void) | undefined = undefined;
  /** The tasks that refuse to end, whose code never goes on. */
  readonly #abandoned = new Set<Task<unknown>>();

  constructor(maxSteps: number, choose: Choose | undefined) {
    this.maxSteps = maxSteps;
    this.#choose = choose;
  }

  /** Whether something that chooses decides the order. */
  get isOrdering(): boolean {
    return this.#choose !== undefined;
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
    if (this.#choose || this.#kept.length > 0 || this.isUsedUp) return true;
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

  /**
   * Lets the code of a task never go on. On a closed loop, a task that goes on after each error would
   * never give way again.
   */
  abandon(task: Task<unknown>): void {
    this.#abandoned.add(task);
    this.#kept = this.#kept.filter((ready) => taskOf(ready) !== task);
  }

  /** Lets one thing run, which is chosen, and returns it. There must be one. */
  releaseOne(): Ready {
    const kept = this.#kept;
    let index = kept.length > 1 ? this.#choose!(kept.length) : 0;
    const { lane } = kept[index]!;
    if (lane && index > 0) index = kept.findIndex((other) => other.lane === lane);
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
