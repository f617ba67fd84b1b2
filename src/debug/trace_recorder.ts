/**
 * The observer behind a trace: turns the events of tasks into records.
 *
 * Each task is a row, a body of a scope belongs to the row of the task around the scope. A row is in
 * one state after another, and each change ends one span and begins the next, so that the spans of a
 * row never overlap:
 *
 * | state               | `depth` | `waits` | span                                                 |
 * | ------------------- | ------- | ------- | ---------------------------------------------------- |
 * | runs                | > 0     | any     | a step                                               |
 * | waits for a future  | 0       | some    | a wait, named by what the row waits on               |
 * | waits for a promise | 0       | none    | a wait on a promise, if it takes {@linkcode GAP}     |
 * | is about to run     | 0       | none    | none                                                 |
 *
 * @module
 */

import type { Code, Observer } from "../base/observer.ts";
import { show } from "../base/inspect.ts";
import { enqueue } from "../context/capture.ts";
import { currentTaskFrame } from "../context/current.ts";
import type { CancelTarget } from "../future/cancel_target.ts";
import type { Failure } from "../future/failure.ts";
import { internals } from "../future/internals.ts";
import { CANCELLED, EXCEPTION } from "../future/states.ts";
import { LoopTimers } from "../loop/loop_timers.ts";
import { allRunningLoops, isHostLoop } from "../loop/running.ts";
import { Cancellation } from "../task/cancellation.ts";
import { coroutineName } from "../task/coroutine.ts";
import { taskInternals } from "../task/internals.ts";
import type { Task } from "../task/task.ts";
import {
  CANCEL,
  type Facts,
  STEP,
  TASK,
  TIMERS,
  TraceRecords,
  WAIT,
  type Words,
} from "./trace_records.ts";
import { nameOfTask, TracedWaits } from "./trace_waits.ts";

/**
 * In nanoseconds. Code that was in no known state for longer waited for a promise; for less, it went
 * on after a promise that was settled already, as any nested async function is.
 */
const GAP = 20_000;

/** The words for a wait on something that is not a future of this module. */
const PROMISE: Words = { name: "promise", facts: undefined };

/** In nanoseconds: how often the timers are counted. */
const TIMERS_EVERY = 1_000_000;

/** The row of a task. Nothing in here keeps the task alive. */
class Row {
  readonly number: number;
  readonly begin: number;
  readonly coro: string;
  name: string;
  /** How many steps are on the stack: the body of a scope may run inside of a step of its task. */
  depth = 0;
  /** Whether a step has begun. */
  hasRun = false;
  /** When the current state began. */
  since: number;
  readonly waits = new TracedWaits();
  /** The marker that is to show whether the latest step went on to a wait at once. */
  marker = 0;
  /** When the task was woken, and by which row. */
  wokenAt = 0;
  wokenBy = 0;
  /** The row that ran when this one began to. */
  outer: Row | undefined = undefined;
  /** What the wait before the running step was on, and when it began. */
  words: Words | undefined = undefined;
  waited = 0;
  /** The outcome, once the task is done. */
  outcome: Facts | undefined = undefined;
  /** Whether the last step is over, too. */
  isClosed = false;

  constructor(number: number, begin: number, name: string, coro: string) {
    this.number = number;
    this.begin = begin;
    this.since = begin + 1;
    this.name = name;
    this.coro = coro;
  }
}

/** Records the events of all tasks. */
export class TraceRecorder implements Observer {
  readonly records: TraceRecords;
  readonly #clock: () => number;
  /** What the clock said when the trace began, in milliseconds. */
  readonly start: number;
  /** The latest time that was recorded. All times differ, even if the clock stands still. */
  #latest = 0;
  /** The rows by the code of their tasks, also those of tasks that are done. */
  readonly #rows = new WeakMap<Code, Row>();
  /** The rows of tasks that are not done. */
  readonly #open = new Set<Row>();
  #rowCount = 0;
  /** The code that the latest event was about, and its row. */
  #latestCode: Code | undefined = undefined;
  #latestRow: Row | undefined = undefined;
  #leftBodies: WeakSet<Cancellation> | undefined = undefined;
  /** The row whose step is on the stack. */
  #running: Row | undefined = undefined;
  /**
   * The latest marker, the latest that was enqueued, and the latest that has run. A marker is a
   * microtask: an `await` in a step calls `then` before a marker that is enqueued when the step ends.
   */
  #lastMarker = 0;
  #enqueuedMarker = 0;
  #pastMarker = 0;
  #timersCountedAt = -Infinity;
  #timers = 0;

  /**
   * @param limit How many records are kept.
   * @param clock Returns the time in milliseconds.
   */
  constructor(limit: number, clock: () => number) {
    this.records = new TraceRecords(limit);
    this.#clock = clock;
    this.start = clock();
    for (const loop of allRunningLoops) {
      for (const task of taskInternals.aliveOn(loop)) {
        this.#rowOf(taskInternals.cancellationOf(task));
      }
    }
  }

  /** The current time, in whole nanoseconds since the trace began. */
  #now(): number {
    const time = Math.floor((this.#clock() - this.start) * 1e6);
    return this.#latest = time > this.#latest ? time : this.#latest + 1;
  }

  taskMade(task: Task<unknown>): void {
    const code = taskInternals.cancellationOf(task);
    // A loop of another class may have called the first step before.
    if (this.#rows.has(code)) return;
    const row = this.#addRow(code, task);
    if (this.#leftBodies?.delete(code)) addWaits(row, code);
    if (this.#running) this.#wake(row, this.#running, row.begin);
  }

  /** The row of code; `undefined` if its task is done. */
  #rowOf(code: Code): Row | undefined {
    if (code !== this.#latestCode) {
      this.#latestCode = code;
      this.#latestRow = this.#findRow(code);
    }
    const row = this.#latestRow;
    return row?.isClosed ? undefined : row;
  }

  #findRow(code: Code): Row | undefined {
    // A future of this copy of the module may resume code of another copy.
    if (!(code instanceof Cancellation)) return undefined;
    const { outermost } = code;
    const row = this.#rows.get(outermost);
    if (row || !outermost.task) return row;
    const added = this.#addRow(outermost, outermost.task);
    addWaits(added, outermost);
    return added;
  }

  #addRow(code: Cancellation, task: Task<unknown>): Row {
    const name = nameOfTask(task);
    const coro = coroutineName(task.getCoro() ?? "");
    const given = coro.startsWith("<") ? "" : coro;
    const row = new Row(++this.#rowCount, this.#now(), name, given);
    this.#latest = row.since;
    this.#rows.set(code, row);
    this.#open.add(row);
    return row;
  }

  stepBegan(code: Code): void {
    const row = this.#rowOf(code);
    if (row) this.#beginStep(row, false);
  }

  /** @param afterPromise Whether the code was not resumed by a future or by the loop. */
  #beginStep(row: Row, afterPromise: boolean): void {
    if (row.depth++ > 0) return;
    row.words = this.#wordsOf(row, this.#now(), afterPromise);
    row.waited = row.since;
    row.hasRun = true;
    row.since = ++this.#latest;
    row.outer = this.#running;
    this.#running = row;
  }

  /** What a row that does not run has waited on. */
  #wordsOf(row: Row, time: number, isPromise: boolean): Words | undefined {
    if (row.waits.isEmpty) {
      return isPromise && row.hasRun && time - row.since > GAP ? PROMISE : undefined;
    }
    const words = row.waits.describe();
    row.waits.settle();
    return words;
  }

  /** Records a wait of a row that no step follows. */
  #addWait(row: Row, time: number): void {
    const words = this.#wordsOf(row, time, true);
    if (words) this.records.add(WAIT, row.number, row.since, time, words, 0, 0, 0);
  }

  stepEnded(code: Code): void {
    const row = this.#rowOf(code);
    if (row) this.#endStep(row);
  }

  #endStep(row: Row): void {
    if (row.depth === 0 || --row.depth > 0) return;
    const time = this.#now();
    if (this.#running !== row) this.#leaveAbove(row);
    this.#leave(row);
    if (time - this.#timersCountedAt >= TIMERS_EVERY) this.#countTimers(time);
  }

  /** Ends the steps inside of a step that ends: if the stack overflowed, nobody told their ends. */
  #leaveAbove(row: Row): void {
    let outer = this.#running;
    while (outer && outer !== row) outer = outer.outer;
    if (outer) { while (this.#running !== row) this.#leave(this.#running!); }
  }

  /** Ends the span of the row that runs. */
  #leave(row: Row): void {
    this.#addStep(row, this.#latest);
    row.depth = 0;
    row.since = ++this.#latest;
    this.#running = row.outer;
    row.outer = undefined;
    if (row.outcome) this.#close(row);
    else if (row.waits.isEmpty) this.#mark(row);
  }

  #addStep(row: Row, end: number): void {
    const { number, since, words, wokenBy, waited, wokenAt } = row;
    this.records.add(STEP, number, since, end, words, wokenBy, waited, wokenAt);
    row.wokenBy = row.wokenAt = 0;
  }

  waitBegan(code: Code, target: CancelTarget): void {
    const row = this.#rowOf(code);
    if (!row) return;
    if (row.depth === 0 && row.marker <= this.#pastMarker && row.waits.isEmpty) {
      const time = this.#now();
      if (time - row.since > GAP) {
        this.#addWait(row, time);
        row.since = ++this.#latest;
      }
    }
    row.waits.add(target);
  }

  /** Sets a marker for a step that has ended: one that is enqueued from now on. */
  #mark(row: Row): void {
    // One marker at a time is in the queue, for all rows.
    row.marker = this.#lastMarker = this.#enqueuedMarker + 1;
    if (this.#pastMarker === this.#enqueuedMarker) this.#enqueueMarker();
  }

  #enqueueMarker(): void {
    this.#enqueuedMarker++;
    enqueue(this.#onMarker);
  }

  readonly #onMarker = () => {
    this.#pastMarker = this.#enqueuedMarker;
    if (this.#lastMarker > this.#pastMarker) this.#enqueueMarker();
  };

  waitEnded(code: Code, target: CancelTarget): void {
    const row = this.#rowOf(code);
    if (!row) return;
    if (row.depth > 0) row.waits.delete(target);
    else row.waits.end(target);
  }

  woken(code: Code): void {
    const row = this.#rowOf(code);
    if (row && row.wokenAt === 0 && row.depth === 0) {
      this.#wake(row, this.#runningRow(), this.#now());
    }
  }

  #wake(row: Row, by: Row | undefined, time: number): void {
    row.wokenAt = time;
    row.wokenBy = by?.number ?? 0;
  }

  /** The row whose code runs, as far as is known: a promise may have resumed it. */
  #runningRow(): Row | undefined {
    if (this.#running) return this.#running;
    const { code } = currentTaskFrame();
    const row = code && this.#findRow(code);
    // A row that waits has only started what runs, such as a timer.
    return row?.waits.isEmpty && !row.isClosed ? row : undefined;
  }

  cancelled(task: Task<unknown>, reason: unknown): void {
    const row = this.#rowOf(taskInternals.cancellationOf(task));
    if (!row) return;
    const by = this.#runningRow();
    const words = { name: "cancel", facts: { reason: show(reason) } };
    const time = this.#now();
    this.records.add(CANCEL, row.number, time, time, words, by?.number ?? 0, 0, 0);
  }

  taskEnds(task: Task<unknown>): void {
    const row = this.#rowOf(taskInternals.cancellationOf(task));
    if (row) this.#beginStep(row, true);
  }

  taskDone(task: Task<unknown>): void {
    const code = taskInternals.cancellationOf(task);
    const row = this.#rowOf(code);
    if (!row) return;
    if (!code.parent) {
      row.name = nameOfTask(task);
      row.outcome = outcomeOf(task);
      // The bodies of scopes that the task leaves behind become tasks.
      for (const body of code.bodies ?? []) (this.#leftBodies ??= new WeakSet()).add(body);
    }
    this.#endStep(row);
  }

  /** Records the whole task of a row. */
  #close(row: Row): void {
    row.isClosed = true;
    this.#open.delete(row);
    this.#addTask(row, this.#latest, row.outcome!);
  }

  #addTask(row: Row, end: number, outcome: Facts): void {
    const facts = row.coro === "" ? outcome : { coro: row.coro, ...outcome };
    this.records.add(TASK, row.number, row.begin, end, { name: row.name, facts }, 0, 0, 0);
  }

  #countTimers(time: number): void {
    this.#timersCountedAt = time;
    let timers = 0;
    for (const loop of allRunningLoops) if (isHostLoop(loop)) timers += LoopTimers.count(loop);
    if (timers === this.#timers) return;
    this.#timers = timers;
    this.records.add(TIMERS, timers, time, time, undefined, 0, 0, 0);
  }

  /** Records what is not over yet. */
  end(): number {
    const end = this.#now();
    this.#latestCode = undefined;
    for (const loop of allRunningLoops) {
      for (const task of taskInternals.aliveOn(loop)) {
        const row = this.#rows.get(taskInternals.cancellationOf(task));
        if (row) row.name = nameOfTask(task);
      }
    }
    for (const row of this.#open) {
      if (row.depth === 0) this.#addWait(row, end);
      else this.#addStep(row, end);
      this.#addTask(row, end + 1, { outcome: "pending" });
    }
    return end + 2;
  }
}

/** Adds what code waits on already, and the bodies of its scopes. */
function addWaits(row: Row, code: Cancellation): void {
  for (const target of code) row.waits.add(target);
  for (const body of code.bodies ?? []) addWaits(row, body);
}

/** Says how a task ended. Its exception does not count as retrieved. */
function outcomeOf(task: Task<unknown>): Facts {
  const state = internals.stateOf(task);
  const outcome = internals.waitersOrOutcome(task);
  if (state === CANCELLED) return { outcome: "cancelled", reason: show(outcome) };
  if (state !== EXCEPTION) return { outcome: "result" };
  return { outcome: "exception", exception: show((outcome as Failure).peek()) };
}
