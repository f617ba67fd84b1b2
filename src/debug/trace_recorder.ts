/**
 * The observer behind a trace: turns the events of tasks into records.
 *
 * @module
 */

import type { Code, Observer } from "../base/observer.ts";
import { show } from "../base/inspect.ts";
import { enqueue } from "../context/capture.ts";
import { currentTaskFrame } from "../context/current.ts";
import type { CancelTarget } from "../future/cancel_target.ts";
import { waiting } from "../loop/timers.ts";
import { allRunningLoops } from "../loop/running.ts";
import { Cancellation } from "../task/cancellation.ts";
import { aliveOn, cancellationOf } from "../task/internals.ts";
import type { Task } from "../task/task.ts";
import { Rows } from "./trace_rows.ts";
import { outcomeOf, pendingWords, wordsOf } from "./trace_outcomes.ts";
import { CANCEL, STEP, TASK, TIMERS, TraceRecords, WAIT, type Words } from "./trace_records.ts";
import { GAP, Row, RowTimes } from "./trace_row.ts";

/** Records the events of all tasks. A body of a scope belongs to the row of the task around it. */
export class TraceRecorder implements Observer {
  readonly records: TraceRecords;
  readonly #clock: () => number;
  /** What the clock said when the trace began, in milliseconds. */
  readonly start: number;
  /** The latest time that was recorded. All times differ, even if the clock stands still. */
  #latest = 0;
  /** The rows of tasks that are not done, by their code. */
  readonly #rows = new Rows();
  readonly #times = new RowTimes();
  #rowCount = 0;
  /** The code that the latest event was about, and its row. */
  #latestCode: Code | undefined = undefined;
  #latestRow: Row | undefined = undefined;
  /** The bodies of scopes that their tasks left behind. */
  #leftBodies: WeakSet<Cancellation> | undefined = undefined;
  /** The row whose step is on the stack. */
  #running: Row | undefined = undefined;
  /**
   * The latest marker that a row waits for, the latest that was enqueued, and the latest that has
   * run. A marker is a microtask: an `await` in a step calls `then` before a marker that is enqueued
   * when the step ends.
   */
  #wantedMarker = 0;
  #enqueuedMarker = 0;
  #pastMarker = 0;
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
      for (const task of aliveOn(loop)) {
        this.#rowOf(cancellationOf(task));
      }
    }
  }

  /** The current time, in whole nanoseconds since the trace began. */
  #now(): number {
    const time = Math.floor((this.#clock() - this.start) * 1e6);
    return this.#latest = time > this.#latest ? time : this.#latest + 1;
  }

  taskMade(task: Task<unknown>): void {
    const code = cancellationOf(task);
    // A loop of another class may have called the first step before.
    if (this.#rows.get(code)) return;
    const row = this.#addRow(code);
    this.#latestCode = code;
    this.#latestRow = row;
    if (this.#leftBodies?.delete(code)) addWaits(row, code);
    if (!this.#running) return;
    row.woken = row.begin;
    row.wokenBy = this.#running.number;
  }

  /** The row of code; `undefined` if its task is done. */
  #rowOf(code: Code): Row | undefined {
    if (code === this.#latestCode) return this.#latestRow;
    this.#latestCode = code;
    return this.#latestRow = this.#findRow(code);
  }

  #findRow(code: Code): Row | undefined {
    // A future of this copy of the module may resume code of another copy.
    if (!(code instanceof Cancellation)) return undefined;
    const { outermost } = code;
    const row = this.#rows.get(outermost);
    const { task } = outermost;
    if (row || !task || task.done()) return row;
    const added = this.#addRow(outermost);
    addWaits(added, outermost);
    return added;
  }

  #addRow(code: Cancellation): Row {
    const row = new Row(this.#rows, code, ++this.#rowCount, this.#times, this.#now());
    this.#latest = row.since;
    this.#rows.add(row);
    return row;
  }

  stepBegan(code: Code): void {
    const row = this.#rowOf(code);
    if (row) this.#beginStep(row, false);
  }

  #beginStep(row: Row, mayFollowPromise: boolean): void {
    if (row.depth++ > 0) return;
    row.words = row.wordsUntil(this.#now(), mayFollowPromise);
    row.waited = row.since;
    row.since = ++this.#latest;
    row.hasRun = true;
    row.outer = this.#running;
    this.#running = row;
  }

  stepEnded(code: Code): void {
    const row = this.#rowOf(code);
    if (row && row.depth > 0 && --row.depth === 0) this.#endStep(row, this.#now());
  }

  #endStep(row: Row, time: number): void {
    if (waiting.timers !== this.#timers) this.#addTimers(time);
    if (this.#running !== row) this.#leaveAbove(row);
    this.#leave(row);
  }

  /** Ends the steps inside of a step that ends: if the stack overflowed, nobody told their ends. */
  #leaveAbove(row: Row): void {
    let outer = this.#running;
    while (outer && outer !== row) outer = outer.outer;
    while (outer && this.#running !== row) this.#leave(this.#running!);
  }

  /** Ends the span of the row that runs. */
  #leave(row: Row): void {
    row.depth = 0;
    if (!row.isEnding) this.#addStep(row, this.#latest);
    row.since = ++this.#latest;
    row.isEnding = false;
    this.#running = row.outer;
    row.outer = undefined;
    if (row.outcome) this.#addTask(row, row.outcome, row.since);
    else if (!row.isWaiting) this.#mark(row);
  }

  #addStep(row: Row, end: number): void {
    const { number, since, words, wokenBy, waited, woken } = row;
    this.records.add(STEP, number, since, end, words, wokenBy, waited, woken);
    row.woken = row.wokenBy = 0;
  }

  /** Records a whole task, and forgets its row. */
  #addTask(row: Row, outcome: Words, end: number): void {
    this.records.add(TASK, row.number, row.begin, end, outcome, 0, 0, 0);
    this.#rows.delete(row);
    if (this.#latestRow === row) this.#latestRow = undefined;
    row.free();
  }

  /** Sets a marker for a step that has ended. */
  #mark(row: Row): void {
    // A marker that is in the queue already may come too early.
    row.marker = this.#wantedMarker = this.#enqueuedMarker + 1;
    if (this.#pastMarker === this.#enqueuedMarker) this.#enqueueMarker();
  }

  #enqueueMarker(): void {
    this.#enqueuedMarker++;
    enqueue(this.#onMarker);
  }

  readonly #onMarker = () => {
    this.#pastMarker = this.#enqueuedMarker;
    if (this.#wantedMarker > this.#pastMarker) this.#enqueueMarker();
  };

  waitBegan(code: Code, target: CancelTarget): void {
    const row = this.#rowOf(code);
    if (!row) return;
    const isLate = row.depth === 0 && row.marker <= this.#pastMarker && !row.isWaiting;
    if (isLate) this.#endGap(row, this.#now());
    row.addWait(target);
  }

  /** Ends the time in which a row, which begins to wait for a future, was in no known state. */
  #endGap(row: Row, time: number): void {
    if (time - row.since <= GAP) return;
    this.#addWait(row, time);
    row.since = ++this.#latest;
  }

  /** Records a wait that no step follows. */
  #addWait(row: Row, time: number): void {
    const words = row.wordsUntil(time, true);
    if (words) this.records.add(WAIT, row.number, row.since, time, words, 0, 0, 0);
  }

  waitEnded(code: Code, target: CancelTarget): void {
    const row = this.#rowOf(code);
    if (!row) return;
    // A generator has begun its step already, with this wait in its words.
    if (row.depth > 0) row.deleteWait(target);
    else row.endWait(target);
  }

  woken(code: Code): void {
    const row = this.#rowOf(code);
    if (!row || row.woken > 0 || row.depth > 0) return;
    row.wokenBy = this.#runningRow()?.number ?? 0;
    row.woken = this.#now();
  }

  /** The row whose code runs, as far as is known: a promise may have resumed it. */
  #runningRow(): Row | undefined {
    if (this.#running) return this.#running;
    const { code } = currentTaskFrame();
    const row = code && this.#findRow(code);
    // A row that waits has only started what runs, such as a timer.
    return row?.isWaiting ? undefined : row;
  }

  cancelled(task: Task<unknown>, reason: unknown): void {
    const row = this.#rowOf(cancellationOf(task));
    if (!row) return;
    const by = this.#runningRow()?.number ?? 0;
    const words = { name: "cancel", facts: { reason: show(reason) } };
    const time = this.#now();
    this.records.add(CANCEL, row.number, time, time, words, by, 0, 0);
  }

  taskEnds(task: Task<unknown>): void {
    const code = cancellationOf(task);
    const row = this.#rowOf(code);
    if (!row) return;
    if (!code.parent) row.outcome = wordsOf(task);
    if (row.depth === 0) {
      // What a promise has resumed is not shown, nor is the time that it takes to settle the task.
      if (row.isWaiting || row.marker <= this.#pastMarker) this.#addWait(row, this.#now());
      row.isEnding = true;
      row.outer = this.#running;
      this.#running = row;
    }
    row.depth++;
  }

  taskDone(task: Task<unknown>): void {
    const code = cancellationOf(task);
    const row = this.#rowOf(code);
    if (!row) return;
    if (!code.parent) {
      row.outcome = outcomeOf(task, row.outcome);
      for (const body of code.bodies ?? []) (this.#leftBodies ??= new WeakSet()).add(body);
    }
    // No code runs while a future is settled, so that the clock need not be read again.
    if (row.depth > 0 && --row.depth === 0) this.#endStep(row, ++this.#latest);
  }

  #addTimers(time: number): void {
    this.#timers = waiting.timers;
    this.records.add(TIMERS, this.#timers, time, time, undefined, 0, 0, 0);
  }

  /** Records what is not over yet. The recorder is not told of anything from now on. */
  end(): void {
    const end = this.#now();
    for (const row of this.#rows) {
      if (row.depth > 0 && !row.isEnding) this.#addStep(row, end);
      else this.#addWait(row, end);
      this.#addTask(row, row.outcome ?? pendingWords(row.code.task), end + 1);
    }
    this.#latestCode = this.#latestRow = this.#running = undefined;
  }
}

/** Adds what code waits on already, and the bodies of its scopes. */
function addWaits(row: Row, code: Cancellation): void {
  for (const target of code) row.addWait(target);
  for (const body of code.bodies ?? []) addWaits(row, body);
}
