/**
 * The events of the Chrome trace event format, from the records of a trace.
 *
 * @module
 */

import { CANCEL, STEP, TASK, TIMERS, type TraceRecord, WAIT, type Words } from "./trace_records.ts";

/**
 * An event of a trace.
 *
 * Source: [Trace Event Format](https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU).
 *
 * @category Debugging
 */
export interface TraceEvent {
  /** The name: of a task, what a task waits on, `running`, `cancel`, … */
  name: string;
  /** The kind: `task`, `step`, `wait`, `cancel`, `wake` or `counter`. */
  cat?: string;
  /**
   * The phase: `X` is a span, `i` an instant, `s` and `f` are the ends of an arrow, `C` is a counter,
   * `M` the name of a row.
   */
  ph: "X" | "i" | "s" | "f" | "C" | "M";
  /**
   * The time in microseconds, by `performance.now()`; from the beginning of the trace where there is
   * none, or where it counts from 1970.
   */
  ts: number;
  /** How long a span takes, in microseconds. */
  dur?: number;
  /** The number of the process. */
  pid: number;
  /** The number of the row. */
  tid: number;
  /** Ties the ends of an arrow together. */
  id?: number;
  /** `e`: the arrow ends at the span that it points into. */
  bp?: "e";
  /** `t`: the instant belongs to a row. */
  s?: "t";
  /** What else is known: the outcome of a task, which queue it waits on, … */
  args?: Record<string, string | number>;
}

/** The number of the only process. */
const PID = 1;

/** How many values of a counter are told at most. */
const MAX_VALUES = 1_000;

/**
 * Makes the events of a trace: first the names of the rows, then all others by time.
 *
 * @param records The records.
 * @param base The time of the beginning in nanoseconds.
 */
export function eventsOf(records: readonly TraceRecord[], base: number): TraceEvent[] {
  const tasks = tasksOf(records);
  const timeOf = (ns: number) => (base + ns) / 1_000;
  const events = spansOf(records).map((span) => spanEvent(span, timeOf));
  let arrows = 0;
  for (const record of records) {
    const { kind, row, from, woken } = record;
    if (!tasks.has(row)) continue;
    if (kind === CANCEL) events.push(cancelEvent(record, tasks, timeOf));
    if (kind !== STEP || woken === 0 || from === row || !tasks.has(from)) continue;
    events.push(...arrow(record, ++arrows, timeOf));
  }
  events.push(...counters(records, timeOf));
  // A span comes before what lies in it. No two events but an arrow and its span tie.
  const rank = ({ ph }: TraceEvent) => ph === "X" ? 0 : 1;
  events.sort((a, b) => a.ts - b.ts || rank(a) - rank(b));
  return [...namesOf(tasks), ...events];
}

/**
 * The records of tasks by their rows. Such a record is the last one of its row: if it was dropped, so
 * were all others.
 */
export function tasksOf(records: readonly TraceRecord[]): ReadonlyMap<number, TraceRecord> {
  return new Map(records.filter(({ kind }) => kind === TASK).map((task) => [task.row, task]));
}

/** A span of a row. */
export interface Span extends Words {
  readonly kind: typeof TASK | typeof STEP | typeof WAIT;
  readonly row: number;
  readonly begin: number;
  readonly end: number;
}

const RUNNING: Words = { name: "running", facts: undefined };

/** The spans of the tasks, by time: a task comes before its steps. */
export function spansOf(records: readonly TraceRecord[]): Span[] {
  const tasks = tasksOf(records);
  const spans: Span[] = [];
  for (const { kind, row, begin, end, waited, words } of records) {
    if (kind === CANCEL || kind === TIMERS || !tasks.has(row)) continue;
    if (kind === STEP && words) {
      spans.push({ kind: WAIT, row, begin: waited, end: begin - 1, ...words });
    }
    spans.push({ kind, row, begin, end, ...(kind === STEP ? RUNNING : words!) });
  }
  return spans.sort((a, b) => a.begin - b.begin);
}

type TimeOf = (ns: number) => number;

/** The names of the process and of the rows. */
function namesOf(tasks: ReadonlyMap<number, TraceRecord>): TraceEvent[] {
  const about = { ph: "M", ts: 0, pid: PID } as const;
  const rows = [...tasks.values()].sort((a, b) => a.row - b.row);
  return [
    { name: "process_name", ...about, tid: 0, args: { name: "asyncio" } },
    ...rows.flatMap(({ row, words }): TraceEvent[] => [
      { name: "thread_name", ...about, tid: row, args: { name: words!.name } },
      { name: "thread_sort_index", ...about, tid: row, args: { sort_index: row } },
    ]),
  ];
}

const CATEGORIES = { [TASK]: "task", [STEP]: "step", [WAIT]: "wait" } as const;

function spanEvent({ kind, row, begin, end, name, facts }: Span, timeOf: TimeOf): TraceEvent {
  const dur = (end - begin) / 1_000;
  const where = { ts: timeOf(begin), dur, pid: PID, tid: row };
  return { name, cat: CATEGORIES[kind], ph: "X", ...where, ...(facts && { args: facts }) };
}

function cancelEvent(
  { row, from, begin, words }: TraceRecord,
  tasks: ReadonlyMap<number, TraceRecord>,
  timeOf: TimeOf,
): TraceEvent {
  const { name, facts } = words!;
  const by = tasks.get(from);
  const args = { ...facts, ...(by && { by: by.words!.name }) };
  return { name, cat: "cancel", ph: "i", s: "t", ts: timeOf(begin), pid: PID, tid: row, args };
}

/** The arrow from who woke a task to the step of that task. */
function arrow({ row, from, begin, woken }: TraceRecord, id: number, timeOf: TimeOf): TraceEvent[] {
  const about = { name: "wake", cat: "wake", pid: PID, id };
  return [
    { ...about, ph: "s", ts: timeOf(woken), tid: from },
    { ...about, ph: "f", bp: "e", ts: timeOf(begin), tid: row },
  ];
}

/** A change of a counter. */
type Change = readonly [time: number, difference: number];

/** The counters. The tasks and what is ready follow from the spans. */
function counters(records: readonly TraceRecord[], timeOf: TimeOf): TraceEvent[] {
  const changesOf = (spans: (readonly [begin: number, end: number])[]): Change[] =>
    spans.flatMap(([begin, end]): Change[] => [[begin, 1], [end, -1]]).sort(([a], [b]) => a - b);
  const tasks = records.filter(({ kind }) => kind === TASK);
  const wakes = records.filter(({ kind, woken }) => kind === STEP && woken > 0);
  let latest = 0;
  const timers = records.filter(({ kind }) => kind === TIMERS).map(({ begin, row }): Change => {
    const change = [begin, row - latest] as const;
    latest = row;
    return change;
  });
  return [
    ...counter("tasks", changesOf(tasks.map(({ begin, end }) => [begin, end])), timeOf),
    ...counter("ready", changesOf(wakes.map(({ begin, woken }) => [woken, begin])), timeOf),
    ...counter("timers", timers, timeOf),
  ];
}

/** The events of a counter: of many values in a short time, only the highest. */
function counter(name: string, changes: readonly Change[], timeOf: TimeOf): TraceEvent[] {
  const first = changes[0]?.[0] ?? 0;
  const width = ((changes.at(-1)?.[0] ?? 0) - first + 1) / MAX_VALUES;
  const events: TraceEvent[] = [];
  let value = 0;
  let slot = -1;
  for (const [time, difference] of changes) {
    value += difference;
    const latest = events.at(-1);
    if (changes.length <= MAX_VALUES || Math.floor((time - first) / width) > slot) {
      slot = Math.floor((time - first) / width);
      events.push({ name, ph: "C", ts: timeOf(time), pid: PID, tid: 0, args: { [name]: value } });
    } else {
      latest!.args = { [name]: Math.max(latest!.args![name] as number, value) };
    }
  }
  return events;
}
