/**
 * The reports of failures that nobody has retrieved yet.
 *
 * A report must not keep its exception alive for ever. The exception may lead to the future, which
 * would then never be collected, and so never reported. So only young reports keep exceptions; old
 * ones keep excerpts.
 *
 * @module
 */

import type { Future } from "../../future.ts";
import type { EventLoop } from "../../loop.ts";
import { isObject } from "../base/checks.ts";
import { attempt, globalOf } from "../base/engine.ts";
import { excerptOf, restore } from "../base/excerpts.ts";
import { shared } from "../context/copies.ts";
import { report } from "../loop/reports.ts";
import { sourceTraceback } from "../loop/tracebacks.ts";

/** The pending reports of each loop that has some, in the order of the failures. */
const byLoop = new Map<EventLoop, Set<PendingReport>>();

/** How many of the latest failures keep their exceptions, at least; at most twice as many do. */
const MAX_YOUNG = 250;

/** How many stacks of older failures are read between two garbage collections: reading is slow. */
const MAX_STACKS = 50;

/** How many more stacks of older failures are read until the next garbage collection. */
let stacksLeft = MAX_STACKS;

/** The reports that keep their exceptions alive, and some that were made or discarded since. */
let young: PendingReport[] = [];

/** Reports the failure of a future that was collected; some hosts have no such registry. */
const futures = globalThis.FinalizationRegistry &&
  new FinalizationRegistry<PendingReport>((pending) => pending.make());

/** Calls back after each garbage collection, as its targets are garbage from the start. */
const collections = globalThis.FinalizationRegistry && new FinalizationRegistry<void>(ageYoung);

/** The report of a failure, which is made unless somebody retrieves the exception before. */
export class PendingReport {
  readonly #message: string;
  readonly #taskName: string | undefined;
  readonly #source: { sourceTraceback: string } | undefined;
  /** The loop; let go once the report was made or discarded, as the registry keeps the report. */
  #loop: EventLoop | undefined;
  readonly #ofLoop: Set<PendingReport>;
  readonly #future: WeakRef<Future<unknown>> | undefined;
  /**
   * | the report                       | `#exception` | `#reference` | `#excerpt`                   |
   * | -------------------------------- | ------------ | ------------ | ---------------------------- |
   * | has an age of 0 or 1             | set          | –            | –                            |
   * | has an age of 2                  | set          | –            | with stacks                  |
   * | has an age of 3                  | –            | set          | with stacks                  |
   * | is not among the latest any more | –            | set          | with stacks for `MAX_STACKS` |
   * | was made or discarded            | –            | –            | –                            |
   */
  #exception: unknown;
  #reference: WeakRef<object> | undefined = undefined;
  #excerpt: unknown = undefined;
  /** How many garbage collections have been announced since the failure, up to 3. */
  #age = 0;

  /**
   * @param future The future, which the report does not keep alive.
   * @param exception The exception of the future.
   * @param taskName The name of the task, if the future is a task.
   */
  constructor(future: Future<unknown>, exception: unknown, taskName: string | undefined) {
    this.#message = `${future[Symbol.toStringTag]} exception was never retrieved`;
    this.#taskName = taskName;
    this.#source = sourceTraceback(future);
    const loop = this.#loop = future.getLoop();
    this.#ofLoop = byLoop.get(loop) ?? addLoop(loop);
    this.#future = globalThis.WeakRef && new WeakRef(future);
    this.#exception = exception;
    this.#ofLoop.add(this);
    futures?.register(future, this);
    addYoung(this);
    reportAtExit();
  }

  /** Makes the report, unless it was made or discarded. */
  make(): void {
    const exception = this.#reference
      ? this.#reference.deref() ?? restore(this.#excerpt)
      : this.#exception;
    const loop = this.#loop;
    if (!this.discard() || !loop) return;
    const taskName = this.#taskName;
    const future = this.#future?.deref();
    report(loop, {
      message: this.#message,
      exception,
      ...(taskName !== undefined && { taskName }),
      ...this.#source,
      ...(future && { future }),
    });
  }

  /** Discards the report; returns `false` if it was made or discarded already. */
  discard(): boolean {
    if (!this.#ofLoop.delete(this)) return false;
    this.#exception =
      this.#reference =
      this.#excerpt =
      this.#loop =
        undefined;
    return true;
  }

  /**
   * Called after a garbage collection, which may have been before the failure if it is the first.
   *
   * The excerpt is taken one collection before the exception is let go. On Node, reading the stack
   * of an error frees the frames, so that most futures are collected, and the report is made, while
   * the exception itself is still there.
   *
   * @returns Whether the report still keeps an exception alive.
   */
  age(): boolean {
    if (!isObject(this.#exception)) return false;
    // If the future has been collected, the report is about to be made.
    if (this.#future?.deref() === undefined) return true;
    this.#age++;
    if (this.#age === 2) this.#excerpt = excerptOf(this.#exception);
    if (this.#age === 3) this.weaken();
    return this.#age < 3;
  }

  /** Lets the exception go, except on hosts without `WeakRef`. */
  weaken(): void {
    const exception = this.#exception;
    if (!isObject(exception) || !globalThis.WeakRef) return;
    this.#excerpt ??= excerptOf(exception, stacksLeft-- > 0);
    this.#reference = new WeakRef(exception);
    this.#exception = undefined;
  }
}

/** Adds a loop, and removes those that have no pending reports any more. */
function addLoop(loop: EventLoop): Set<PendingReport> {
  for (const [other, { size }] of byLoop) {
    if (size === 0) byLoop.delete(other);
  }
  const ofLoop = new Set<PendingReport>();
  byLoop.set(loop, ofLoop);
  return ofLoop;
}

/** Adds a report that keeps its exception alive; if there are too many, the oldest let theirs go. */
function addYoung(report: PendingReport): void {
  if (young.length === 0) collections?.register({}, undefined);
  young.push(report);
  if (young.length <= 2 * MAX_YOUNG) return;
  for (const old of young.splice(0, MAX_YOUNG)) old.weaken();
}

function ageYoung(): void {
  stacksLeft = MAX_STACKS;
  const reports = young;
  young = [];
  for (const report of reports) {
    if (report.age()) addYoung(report);
  }
}

/**
 * Makes the pending reports.
 *
 * @param loop The loop of the futures. Default: all loops.
 */
export function reportUnretrieved(loop?: EventLoop): void {
  const sets = loop ? [byLoop.get(loop) ?? []] : [...byLoop.values()];
  if (loop) byLoop.delete(loop);
  // The copy leaves futures that fail inside an exception handler to the next call.
  for (const report of sets.flatMap((set) => [...set])) report.make();
}

/** Whether {@linkcode reportAtExit} has run; never reset. */
let hasExitListener = false;

interface NodeProcess {
  on?(event: "exit", listener: () => void): void;
}

/**
 * Reports unretrieved exceptions when the process exits. All copies of the module share a listener,
 * and join it with their first failure.
 */
function reportAtExit(): void {
  if (hasExitListener) return;
  hasExitListener = true;
  const { reporters } = shared();
  if (reporters.push(() => reportUnretrieved()) > 1) return;
  const reportAll = () => reporters.forEach((reportCopy) => reportCopy());
  // Deno has the `exit` event of Node, but `Deno.exit()` does not fire it.
  if (globalOf("Deno")) addEventListener("unload", reportAll);
  else attempt(() => globalOf<NodeProcess>("process")?.on?.("exit", reportAll));
}
