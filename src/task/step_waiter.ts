/**
 * The waiter by which a future resumes the generator of a task. An `await` has another one,
 * `PromiseWaiter` in `src/future/promises.ts`.
 *
 * @module
 */

import type { Future } from "../../future.ts";
import { isPromiseReplaced } from "../base/engine.ts";
import { observer } from "../base/observer.ts";
import type { Waiter } from "../future/internals.ts";
import { currentFrame, runInFrame, takeSnapshot } from "../context/current.ts";
import type { Context, Frame } from "../context/frame.ts";
import { report } from "../loop/reports.ts";
import type { Cancellation } from "./cancellation.ts";
import type { Task } from "./task.ts";

/** Schedules the next step of a task, in the context in which its generator began to wait. */
export type EnqueueStep = (task: Task<unknown>) => void;

/** A generator that waits for a scope, which goes on in the turn in which the scope's body ends. */
interface Continuation {
  readonly task: Task<unknown>;
  /** The context and the frame in which the generator began to wait. */
  readonly context: Context;
  readonly frame: Frame;
  /** What has to be over first: the last step of the body, mostly. */
  readonly step: object;
}

/** The scope that is being settled in a step, and the code that opened it. */
interface EndingScope {
  readonly scope: Future<unknown>;
  readonly opener: Cancellation;
  readonly step: object;
}

/** Set by `settleInStep()` only. */
let ending: EndingScope | undefined;

/** The generator to go on when that step is over; `undefined` if none waits for the scope. */
let continuation: Continuation | undefined;

/** How many generators may go on inside each other: scopes in scopes would overflow the stack. */
const MAX_NESTING = 50;

/** How many do so now. Changed by `runContinuation()` only. */
let nesting = 0;

/**
 * Calls `settle`, which settles a scope in the last step of its body. The generator that opened the
 * scope, if it waits for that, goes on when the step is over: in asyncio, the body is a part of it.
 */
export function settleInStep(
  scope: Future<unknown>,
  opener: Cancellation,
  step: object,
  settle: () => void,
): void {
  if (nesting < MAX_NESTING) ending = { scope, opener, step };
  try {
    settle();
  } finally {
    ending = undefined;
  }
}

/**
 * Calls `resume` in the context of the generator that has to go on after `step`, if there is one.
 *
 * @param isOfTask Whether the step is one of the generator's task, whose foreign stores are those of
 * the generator. On Deno, a chain of contexts that each run inside the one before is never freed.
 */
export function runContinuation(
  step: object,
  resume: (task: Task<unknown>) => void,
  isOfTask: boolean,
): void {
  if (continuation?.step !== step) return;
  const { task, context, frame } = continuation;
  continuation = undefined;
  nesting++;
  try {
    // zone.js has such chains as well, of the zones in which frames are.
    if (isOfTask && !isPromiseReplaced()) runInFrame(frame, resume, task);
    else context.run(resume, task);
  } finally {
    nesting--;
  }
}

/** The wait of one task's generator on one future. */
export class StepWaiter implements Waiter {
  readonly #task: Task<unknown>;
  readonly #cancellation: Cancellation;
  /** `undefined` once called. */
  #wake: EnqueueStep | undefined;
  /** The context of the wait, if the generator has opened a scope, for which it may wait. */
  readonly #context: Context | undefined;
  readonly #frame: Frame | undefined;

  constructor(task: Task<unknown>, cancellation: Cancellation, wake: EnqueueStep) {
    this.#task = task;
    this.#cancellation = cancellation;
    this.#wake = wake;
    const mayWaitForScope = cancellation.openScopes > 0;
    this.#context = mayWaitForScope ? takeSnapshot() : undefined;
    this.#frame = mayWaitForScope ? currentFrame() : undefined;
  }

  get label(): string {
    return this.#task.getName();
  }

  get cancellation(): Cancellation {
    return this.#cancellation;
  }

  /** Whether the generator has opened a scope, and `future` is that scope, which ends in this step. */
  goesOnAtOnce(future: Future<unknown>): boolean {
    return future === ending?.scope && this.#cancellation === ending.opener &&
      this.#context !== undefined;
  }

  notify(future: Future<unknown>): void {
    const wake = this.#wake;
    // A future of another copy of the module may call back more than once.
    if (wake === undefined) return;
    this.#wake = undefined;
    observer?.woken(this.#cancellation, future);
    const task = this.#task;
    const context = this.#context;
    // Repeats `goesOnAtOnce()` instead of calling it: see docs/performance.md#inlining-depth.
    if (context && future === ending?.scope && this.#cancellation === ending.opener) {
      continuation = { task, context, frame: this.#frame!, step: ending.step };
      return;
    }
    try {
      wake(task);
    } catch (exception) {
      report(task.getLoop(), { message: "Cannot resume the task", exception, task });
    }
  }
}
