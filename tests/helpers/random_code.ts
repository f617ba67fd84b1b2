/**
 * Random programs: code that waits in many ways, and what happens to that code meanwhile, at any
 * microtask. `queue_programs.ts` and `lock_programs.ts` say what the code waits for.
 *
 * @module
 */

import fc from "fast-check";
import { CancelledError, type Future, type Task, timeout, waitFor } from "../../mod.ts";
import { has } from "./capabilities.ts";
import { kinds, type Wait } from "./kinds.ts";
import { makeManualLoop } from "./manual_loop.ts";
import { microtasks } from "./turns.ts";

/** How code waits for a future. */
const WAYS = [
  "plain",
  "signal",
  "waitFor",
  "waitFor twice",
  "timeout",
  "timeout of a function",
  "Promise.race",
] as const;

/** A step of code: what it does, how it waits, and numbers that choose. */
export interface Step<Action extends string = string> {
  readonly does: Action;
  readonly way: typeof WAYS[number];
  readonly ms: number;
  readonly choice: number;
}

/** A task, as one of `kinds`. */
export interface Code<Action extends string = string> {
  readonly form: number;
  readonly steps: readonly Step<Action>[];
}

/** What happens between two steps of the loop, to the code or the signal that `choice` chooses. */
export interface Event<Action extends string = string> {
  readonly does: Action | "run" | "microtasks" | "cancel" | "abort" | "advance";
  readonly choice: number;
}

/** Makes code with actions. */
export function arbitraryCode<A extends string>(actions: readonly A[]): fc.Arbitrary<Code<A>> {
  const step = fc.record({
    does: fc.constantFrom(...actions),
    way: fc.constantFrom(...WAYS),
    ms: fc.nat(6),
    choice: fc.nat(7),
  });
  return fc.record({
    form: fc.nat(1),
    steps: fc.array(step, { minLength: 1, maxLength: 6, size: "max" }),
  });
}

/** Makes events, some of which are actions. */
export function arbitraryEvents<A extends string>(
  actions: readonly A[],
): fc.Arbitrary<Event<A>[]> {
  const usual = ["run", "run", "microtasks", "cancel", "cancel", "abort", "advance"] as const;
  const event = fc.record({ does: fc.constantFrom(...usual, ...actions), choice: fc.nat(7) });
  return fc.array(event as fc.Arbitrary<Event<A>>, { minLength: 5, maxLength: 50, size: "max" });
}

const SIGNALS = 3;

/** The code of a program, with the loop, the signals and the tasks. */
export class Run {
  readonly loop = makeManualLoop();
  readonly #signals = Array.from({ length: SIGNALS }, () => new AbortController());
  readonly tasks: Task<unknown>[] = [];
  /** Whether code has to end when it is cancelled, and to wait no more. */
  isStopping = false;
  /** How many waits and events there were. */
  operations = 0;

  /**
   * Starts code, which calls `act` for each of its steps.
   *
   * @param act Waits by `wait`, and counts what it was given. What it throws ends the code if it is
   * no cancellation and no end of time.
   */
  start<A extends string>(
    { form, steps }: Code<A>,
    act: (step: Step<A>, wait: Wait, isAsync: boolean) => Generator<unknown, void>,
    isExpected: (error: unknown) => boolean,
  ): void {
    const run = this as Run;
    const coroutine = kinds[form]![1](function* (wait) {
      for (const step of steps) {
        if (run.isStopping) return;
        run.operations++;
        try {
          yield* act(step, wait, form === 1);
        } catch (error) {
          if (!isExpected(error)) throw error;
          if (error instanceof CancelledError && run.isStopping) return;
        }
      }
    });
    this.tasks.push(this.loop.createTask(() => coroutine(undefined)));
  }

  /** Waits for the future that `make` makes, in the way of a step. */
  *wait<T>(
    { way, ms, choice }: Step,
    wait: Wait,
    isAsync: boolean,
    make: (options?: { signal: AbortSignal }) => Future<T>,
  ): Generator<unknown, T> {
    if (way === "signal") {
      return yield* wait(make({ signal: this.#signals[choice % SIGNALS]!.signal }));
    }
    if (way === "waitFor") return yield* wait(waitFor(make(), ms));
    if (way === "waitFor twice") return yield* wait(waitFor(waitFor(make(), ms), choice));
    if (way === "timeout of a function") return yield* wait(timeout(ms, () => make()));
    if (way === "timeout") {
      const body = kinds[choice % 2]![1]((wait) => wait(make()));
      return yield* wait(timeout(ms, () => body(undefined)));
    }
    if (way === "Promise.race" && isAsync && has.contextOfPromises) {
      const promise = Promise.race([make(), new Promise<never>(() => {})]);
      return yield* wait(promise as unknown as Future<T>);
    }
    return yield* wait(make());
  }

  /** Does what an event says, unless it is an action. */
  async happen({ does, choice }: Event): Promise<void> {
    this.operations++;
    if (does === "run") {
      for (let i = 0; i <= choice; i++) this.loop.ready.shift()?.();
      if (choice % 2 === 0) await microtasks(choice);
    } else if (does === "microtasks") {
      await microtasks(choice);
    } else if (does === "cancel") {
      this.tasks[choice % this.tasks.length]!.cancel("stop");
    } else if (does === "abort") {
      const i = choice % SIGNALS;
      this.#signals[i]!.abort("aborted");
      this.#signals[i] = new AbortController();
    } else if (does === "advance") {
      this.loop.advance(choice);
    }
  }

  /** Cancels all code until it has ended, and returns the errors that ended some of it. */
  async stop(): Promise<unknown[]> {
    this.isStopping = true;
    for (let i = 0; i < 50 && !this.tasks.every((task) => task.done()); i++) {
      for (const task of this.tasks) task.cancel("the end");
      this.loop.advance(1);
      this.loop.drain();
      await microtasks(30);
    }
    // Events that are left, such as timers that find nothing to do.
    this.loop.advance(1_000);
    this.loop.drain();
    await microtasks(30);
    return this.tasks.flatMap((task) => {
      if (!task.done()) return [`${task} does not end`];
      return task.cancelled() || !task.exception() ? [] : [task.exception()];
    });
  }
}
