/**
 * The rules that every trace keeps.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import type { TraceEvent, TraceFile } from "../../debug.ts";

/** A span of a row. */
export interface Span {
  readonly name: string;
  readonly cat: string;
  readonly row: number;
  readonly begin: number;
  readonly end: number;
  readonly args: TraceEvent["args"];
}

/** The rows of a trace. */
export interface Rows {
  /** The spans of each row by the name of the task, by time: the task itself is the first. */
  readonly rows: ReadonlyMap<string, readonly Span[]>;
  /** The arrows, as names of rows. */
  readonly arrows: readonly (readonly [from: string, to: string])[];
  /** The cancellations. */
  readonly cancellations: readonly TraceEvent[];
}

/**
 * Checks a trace as a viewer reads it: the text is JSON, times go on, each row is one task whose
 * other spans lie in it without overlap, and arrows lead from a row to the beginning of a step.
 */
export function readTrace(file: TraceFile): Rows {
  const { traceEvents } = JSON.parse(JSON.stringify(file)) as TraceFile;
  const names = new Map<number, string>();
  const spans = new Map<number, Span[]>();
  const starts = new Map<number, TraceEvent>();
  const ends = new Map<number, TraceEvent>();
  const cancellations: TraceEvent[] = [];
  let latest = 0;
  for (const event of traceEvents) {
    const { ph, name, cat, ts, dur, tid, id, args } = event;
    assertEquals(event.pid, 1);
    if (ph === "M") {
      if (name === "thread_name") names.set(tid, String(args!.name));
      continue;
    }
    assert(Number.isFinite(ts) && ts >= latest, `${name} comes ${latest - ts} µs too late`);
    latest = ts;
    if (ph === "C") { for (const value of Object.values(args!)) assert(Number(value) >= 0, name); }
    else assert(names.has(tid), `${name} is on a row without a name`);
    if (ph === "s") starts.set(id!, event);
    if (ph === "f") ends.set(id!, event);
    if (ph === "i") cancellations.push(event);
    if (ph !== "X") continue;
    assert(dur! > 0);
    const span = { name, cat: cat!, row: tid, begin: ts, end: ts + dur!, args };
    spans.set(tid, [...spans.get(tid) ?? [], span]);
  }
  for (const row of spans.values()) checkRow(row);
  assertEquals([...spans.keys()].sort(), [...names.keys()].filter((row) => row > 0).sort());
  for (const [id, end] of ends) checkArrow(starts.get(id), end, spans);
  assertEquals(starts.size, ends.size);
  for (const { tid, ts } of cancellations) assert(isInside(spans.get(tid)![0]!, ts));
  return {
    rows: new Map([...spans].map(([row, spans]) => [names.get(row)!, spans])),
    arrows: [...ends].map(([id, { tid }]) => [names.get(starts.get(id)!.tid)!, names.get(tid)!]),
    cancellations,
  };
}

/** A row is a task, and in it one span after another. */
function checkRow([task, ...others]: readonly Span[]): void {
  assertEquals(task!.cat, "task");
  let end = task!.begin;
  for (const span of others) {
    assert(span.cat === "step" || span.cat === "wait", span.cat);
    assert(span.begin > end, `${span.name} of ${task!.name} overlaps by ${end - span.begin} µs`);
    end = span.end;
  }
  assert(end < task!.end, `${task!.name} ends ${end - task!.end} µs too early`);
}

function isInside({ begin, end }: Span, time: number): boolean {
  return begin <= time && time <= end;
}

/** An arrow leads from inside of a task to the beginning of a step of another. */
function checkArrow(
  start: TraceEvent | undefined,
  end: TraceEvent,
  spans: ReadonlyMap<number, readonly Span[]>,
): void {
  assert(start, "an arrow has no start");
  assert(start.ts < end.ts && start.tid !== end.tid);
  assertEquals([start.name, start.cat], [end.name, end.cat]);
  assert(isInside(spans.get(start.tid)![0]!, start.ts), "an arrow starts outside of its task");
  const step = spans.get(end.tid)!.find(({ begin }) => begin === end.ts);
  assertEquals(step?.cat, "step", "an arrow does not end at a step");
}

/** The names of the spans in a row, without the task itself. */
export function namesIn({ rows }: Rows, task: string): string[] {
  return rows.get(task)!.slice(1).map(({ name }) => name);
}
