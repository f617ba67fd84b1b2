/**
 * The decisions of one run of an exploration: makes them by a strategy, and notes them.
 *
 * @module
 */

import { attempt } from "../base/engine.ts";
import type { Ready } from "../loop/scheduler.ts";
import type { Task } from "../task/task.ts";
import type { Draws } from "./draws.ts";
import { type Director, taskOf } from "./order.ts";
import { makeRandom, type Random } from "./random.ts";
import type { Deviation, DeviationKind } from "./schedule.ts";
import type { Strategy } from "./strategies.ts";
import type { VirtualLoop } from "./virtual_loop.ts";

/** What the `Decisions` of a run tell somebody who follows it. */
export interface Follower extends Omit<Director, "choose"> {
  /** Told that something is held back, before the step that runs in place of it. */
  holds?(ready: Ready): void;
  /** Told that a task is cancelled, in the middle of `stepBegins()` or `stepHasEnded()`. */
  cancels?(task: Task<unknown>): void;
}

type Noted = { -readonly [K in keyof Deviation]: Deviation[K] };

/** Something that is ready and held back. */
interface Held {
  readonly ready: Ready;
  /** For how many more steps. */
  left: number;
  /** Counts the steps for which this was held back. */
  readonly deviation: Noted;
}

/** Decides what runs next and what happens by chance, and notes in what the run differs. */
export class Decisions implements Director, Draws {
  readonly random: Random;
  readonly #strategy: Strategy;
  readonly #cancels: ReadonlySet<string>;
  readonly #followers: readonly Follower[];
  #chances = 0;
  #delays = 0;
  /** How many steps have begun. */
  steps = 0;
  /** In which steps there was a choice, and how many things were ready then. */
  readonly choices: { readonly step: number; readonly count: number }[] = [];
  /** In what the run differs. */
  readonly deviations: Deviation[] = [];
  /** What is held back. */
  #held: Held[] = [];
  /** The task of the latest step, which is to be cancelled when the step has ended. */
  #toCancel: Task<unknown> | undefined = undefined;

  /**
   * @param seed The seed of the program's random numbers.
   * @param cancels The steps at which tasks are cancelled.
   */
  constructor(
    strategy: Strategy,
    seed: number,
    cancels: readonly Deviation[] = [],
    followers: readonly Follower[] = [],
  ) {
    this.#strategy = strategy;
    this.random = makeRandom(seed, 1);
    this.#cancels = new Set(cancels.map(({ kind, at }) => kind + at));
    this.#followers = followers;
  }

  begins(loop: VirtualLoop): void {
    for (const follower of this.#followers) follower.begins?.(loop);
  }

  choose(ready: readonly Ready[]): number {
    let open = this.#openIn(ready);
    const step = this.steps + 1;
    const holds = open.length > 1 ? this.#strategy.hold(step) : 0;
    if (open.length > 1) this.choices.push({ step, count: open.length });
    if (holds > 0) open = this.#hold(open, holds);
    // All that is ready is held back, or waits behind that.
    if (open.length === 0) return 0;
    for (const held of this.#held) {
      held.left--;
      held.deviation.value++;
    }
    let place = open.length > 1 ? this.#strategy.choose(open, step) : 0;
    const { lane } = open[place]!;
    if (lane) place = open.findIndex((one) => one.lane === lane);
    if (place > 0) this.#note("step", step, place);
    return open === ready ? place : ready.indexOf(open[place]!);
  }

  /** Holds the first one back, unless all others wait behind it. Returns what is open then. */
  #hold(open: readonly Ready[], steps: number): readonly Ready[] {
    const [first] = open;
    const others = open.filter((one) => one !== first && !(one.lane && one.lane === first!.lane));
    if (others.length === 0) return open;
    const deviation = this.#note("hold", this.steps + 1, 0);
    this.#held.push({ ready: first!, left: steps, deviation });
    for (const follower of this.#followers) follower.holds?.(first!);
    return others;
  }

  /** What is ready and not held back, nor behind something in its lane that is. */
  #openIn(ready: readonly Ready[]): readonly Ready[] {
    if (this.#held.length > 0) this.#held = this.#held.filter(({ left }) => left > 0);
    if (this.#held.length === 0) return ready;
    return ready.filter((one) =>
      !this.#held.some(({ ready }) => ready === one || (ready.lane && ready.lane === one.lane))
    );
  }

  chance(probability: number): boolean {
    const happens = this.#strategy.chance(probability, ++this.#chances);
    if (happens) this.#note("chance", this.#chances, 1);
    return happens;
  }

  share(): number {
    const value = this.#strategy.delay(++this.#delays);
    if (value > 0) this.#note("delay", this.#delays, value);
    return value;
  }

  stepBegins(ready: readonly Ready[], index: number): void {
    this.steps++;
    const task = taskOf(ready[index]!);
    if (this.#held.length > 0) {
      this.#held = this.#held.filter((held) => held.ready !== ready[index]);
    }
    for (const follower of this.#followers) follower.stepBegins?.(ready, index);
    if (this.#cancels.size === 0) return;
    if (this.#mustCancel("cancelBefore")) this.#cancel("cancelBefore", task);
    this.#toCancel = this.#mustCancel("cancelAfter") ? task : undefined;
  }

  stepHasEnded(): void {
    for (const follower of this.#followers) follower.stepHasEnded?.();
    const task = this.#toCancel;
    this.#toCancel = undefined;
    this.#cancel("cancelAfter", task);
  }

  mainHasEnded(): void {
    for (const follower of this.#followers) follower.mainHasEnded?.();
  }

  closes(): void {
    for (const follower of this.#followers) follower.closes?.();
  }

  #note(kind: DeviationKind, at: number, value: number): Noted {
    const isOfStep = kind === "step" || kind === "hold";
    const deviation = { kind, at, value, during: isOfStep ? at : this.steps };
    this.deviations.push(deviation);
    return deviation;
  }

  #mustCancel(kind: DeviationKind): boolean {
    return this.#cancels.has(kind + this.steps);
  }

  #cancel(kind: DeviationKind, task: Task<unknown> | undefined): void {
    if (!task || task.done()) return;
    this.#note(kind, this.steps, 1);
    for (const follower of this.#followers) follower.cancels?.(task);
    // The method of a subclass may throw.
    attempt(() => task.cancel("cancelAnywhere"));
  }
}
