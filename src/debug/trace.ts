/**
 * `startTrace()`: records how the tasks of a program run, for Perfetto and the DevTools of browsers.
 *
 * @module
 */

import { cannot } from "../base/checks.ts";
import { addObserver, removeObserver } from "../base/observer.ts";
import { checkOptions } from "../base/options.ts";
import { dispose } from "../base/symbols.ts";
import { eventsOf, type TraceEvent } from "./trace_events.ts";
import { measureRecords } from "./trace_measures.ts";
import { TraceRecorder } from "./trace_recorder.ts";
import type { TraceRecord } from "./trace_records.ts";

export type { TraceEvent };

/**
 * Options of {@linkcode startTrace}.
 *
 * @category Debugging
 */
export interface TraceOptions {
  /**
   * How many steps, waits and cancellations are kept, a whole number from 1 on. Of more, the oldest
   * are dropped, so that a trace can run for as long as the program and tell how it came to its end.
   * One takes about 50 bytes.
   *
   * @default {500_000}
   */
  limit?: number | undefined;
}

/**
 * A trace in the JSON object form of the Chrome trace event format, which
 * [Perfetto](https://ui.perfetto.dev) and the DevTools of Chromium open.
 *
 * @category Debugging
 */
export interface TraceFile {
  /** The events by time; the names of the rows come first. */
  traceEvents: TraceEvent[];
  /** The unit in which viewers show times. */
  displayTimeUnit: "ms";
  /** How many records were dropped, as there were more than {@linkcode TraceOptions.limit}. */
  otherData: Record<"dropped", number>;
}

const LIMIT = 500_000;

/**
 * Begins to record how the tasks of the program run, on all of its loops.
 *
 * Each task has a row of its own. A span for the whole task tells the outcome. Inside are its steps,
 * as `running`, and its waits, named by what the task waits on: `sleep`, `Queue.get`, the name of
 * another task, or `promise` for anything that is not a future of this module. Arrows lead from the
 * step that made or woke a task to the step of that task. Cancellations are instants, with the reason
 * and who asked. Counters tell how many tasks were alive, how many were ready to run, and how many
 * timers there were.
 *
 * The code of an async function that goes on after a native promise is not seen, only what is between
 * two waits for futures. A trace keeps no task alive. Meanwhile, tasks take at most twice as long.
 *
 * @param options How much is kept.
 * @returns The trace, which runs until it is stopped. Several traces may run at once.
 * @throws {TypeError} If the options are not an object, or the limit is not a whole number from 1 on.
 * @category Debugging
 *
 * @example
 * ```ts
 * import { createTask, sleep } from "@asyncio/future";
 * import { startTrace } from "@asyncio/future/debug";
 * import { assert } from "@std/assert";
 *
 * const trace = startTrace();
 * await createTask(() => sleep(1), { name: "sleeper" });
 * const { traceEvents } = trace.stop();
 *
 * assert(traceEvents.some(({ ph, name }) => ph === "X" && name === "sleeper"));
 * // await Deno.writeTextFile("trace.json", JSON.stringify(trace.stop())); // for ui.perfetto.dev
 * ```
 */
export function startTrace(options?: TraceOptions): Trace {
  const { limit = LIMIT } = checkOptions("start a trace", options);
  if (!Number.isSafeInteger(limit) || limit < 1) {
    throw cannot("start a trace", "the limit is not a whole number from 1 on", limit);
  }
  return new Trace(limit);
}

/**
 * A trace: see {@linkcode startTrace}.
 *
 * @category Debugging
 *
 * @example
 * ```ts
 * import { createTask, sleep } from "@asyncio/future";
 * import { startTrace } from "@asyncio/future/debug";
 * import { assertEquals } from "@std/assert";
 *
 * const trace = startTrace();
 * await createTask(() => sleep(1), { name: "sleeper" });
 * trace.measure(); // for the Performance panel of DevTools
 *
 * assertEquals(performance.getEntriesByName("sleeper").length, 1);
 * ```
 */
export class Trace {
  readonly #recorder: TraceRecorder;
  /** The time of the beginning by `performance.now()`, in nanoseconds. */
  readonly #base: number;
  #isStopped = false;
  /** The records, once somebody has asked. */
  #records: TraceRecord[] | undefined = undefined;
  #file: TraceFile | undefined = undefined;
  #isMeasured = false;

  /** Begins a trace that keeps so many records; called by {@linkcode startTrace}. */
  constructor(limit: number) {
    const { performance } = globalThis as { performance?: Performance };
    this.#recorder = new TraceRecorder(limit, performance ? () => performance.now() : Date.now);
    this.#base = performance ? Math.floor(this.#recorder.start * 1e6) : 0;
    addObserver(this.#recorder);
  }

  /** Stops the trace, and returns the records. */
  #stop(): TraceRecord[] {
    this[dispose]();
    return this.#records ??= [...this.#recorder.records];
  }

  /**
   * Stops the trace, and returns what it has recorded. A trace that was stopped returns the same
   * once more.
   *
   * @returns The trace, for `JSON.stringify()`.
   */
  stop(): TraceFile {
    return this.#file ??= {
      // Where the clock counts from 1970, as on Workers, nanoseconds are too many for a number.
      traceEvents: eventsOf(this.#stop(), Number.isSafeInteger(this.#base) ? this.#base : 0),
      displayTimeUnit: "ms",
      otherData: { dropped: this.#recorder.records.dropped },
    };
  }

  /**
   * Stops the trace, and puts its spans on the timeline of `performance`: in the Performance panel of
   * DevTools, each task has a track in the group `asyncio`. Does nothing if called once more.
   *
   * Source: [DevTools](https://developer.chrome.com/docs/devtools/performance/extension).
   *
   * @throws {TypeError} If `performance` has no `measure()` or no `mark()`.
   */
  measure(): void {
    const records = this.#stop();
    if (this.#isMeasured) return;
    measureRecords(records, this.#base);
    this.#isMeasured = true;
  }

  /** Stops the trace, at the end of a `using` block. */
  [dispose](): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    removeObserver(this.#recorder);
    this.#recorder.end();
  }
}
