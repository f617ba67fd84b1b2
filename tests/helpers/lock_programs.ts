/**
 * Random programs of code that holds locks and permits, and waits for conditions.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  CancelledError,
  Condition,
  type Future,
  Lock,
  Semaphore,
  sleep,
  TimeoutError,
} from "../../mod.ts";
import type { Wait } from "./kinds.ts";
import {
  arbitraryCode,
  arbitraryEvents,
  type Code,
  type Event,
  Run,
  type Step,
} from "./random_code.ts";

type Action = "lock" | "semaphore" | "condition" | "notify" | "notify all";

/** Code that shares a lock, two conditions of it, and a semaphore. */
export interface LockProgram {
  readonly permits: number;
  readonly codes: readonly Code<Action>[];
  readonly events: readonly Event<never>[];
}

const ACTIONS = ["lock", "semaphore", "condition", "condition", "notify", "notify all"] as const;

/** Makes programs. */
export const lockProgram: fc.Arbitrary<LockProgram> = fc.record({
  permits: fc.integer({ min: 1, max: 3 }),
  codes: fc.array(arbitraryCode<Action>(ACTIONS), { minLength: 2, maxLength: 6, size: "max" }),
  events: arbitraryEvents<never>([]),
});

/** What the code shares, and how many hold it. */
class Shared {
  readonly lock = new Lock();
  readonly conditions = [new Condition(this.lock), new Condition(this.lock)] as const;
  readonly semaphore: Semaphore;
  readonly permits: number;
  holders = 0;
  permitted = 0;

  constructor(permits: number) {
    this.permits = permits;
    this.semaphore = new Semaphore(permits);
  }

  hold(change: 1 | -1): void {
    this.holders += change;
    assertEquals([this.holders < 0, this.holders > 1], [false, false], "one holds the lock");
    if (change > 0) assertEquals(this.lock.locked(), true);
  }

  permit(change: 1 | -1): void {
    this.permitted += change;
    assertEquals(this.permitted <= this.permits, true, `${this.permitted} of ${this.permits}`);
  }
}

/** Runs a program, checks that all is free at its end, and returns how much there was to do. */
export async function runLockProgram(program: LockProgram): Promise<number> {
  const run = new Run();
  const reports: unknown[] = [];
  run.loop.setExceptionHandler((_loop, context) => reports.push(context));
  const shared = new Shared(program.permits);
  const isExpected = (error: unknown) =>
    error instanceof CancelledError || error instanceof TimeoutError;
  for (const code of program.codes) {
    run.start(code, (step, wait, isAsync) => act(run, shared, step, wait, isAsync), isExpected);
  }
  for (const event of program.events) await run.happen(event);
  assertEquals(await run.stop(), [], "code ends by cancellation only");
  assertEquals(reports, []);
  const { lock, conditions, semaphore, permits } = shared;
  assertEquals(String(lock), "<Lock unlocked>");
  for (const condition of conditions) assertEquals(String(condition), "<Condition unlocked>");
  for (let i = 0; i < permits; i++) assertEquals(semaphore.acquire().done(), true, "a free permit");
  assertEquals(semaphore.locked(), true, "no permit is doubled");
  return run.operations;
}

/** Does a step of code. */
function* act(
  run: Run,
  shared: Shared,
  step: Step<Action>,
  wait: Wait,
  isAsync: boolean,
): Generator<unknown, void> {
  const { lock, semaphore } = shared;
  const condition = shared.conditions[step.choice % 2]!;
  const pause = () => wait(sleep(step.choice) as Future<unknown>);
  if (step.does === "semaphore") {
    using _ = yield* run.wait(step, wait, isAsync, (options) => semaphore.acquire(options));
    shared.permit(1);
    try {
      yield* pause();
    } finally {
      shared.permit(-1);
    }
    return;
  }
  const way = step.does === "condition" ? "plain" : step.way;
  using _ = yield* run.wait({ ...step, way }, wait, isAsync, (options) => lock.acquire(options));
  shared.hold(1);
  try {
    if (step.does === "lock") {
      yield* pause();
    } else if (step.does === "condition") {
      shared.hold(-1);
      try {
        // A cancelled `waitFor()` without any time leaves at once, without the lock.
        const later = { ...step, ms: step.ms + 1, choice: step.choice + 1 };
        yield* run.wait(later, wait, isAsync, (options) => condition.wait(options));
      } finally {
        shared.hold(1);
      }
    } else {
      condition.notify(step.does === "notify" ? 1 : Infinity);
    }
  } finally {
    shared.hold(-1);
  }
}
