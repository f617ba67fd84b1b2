/**
 * A trace as measures of `performance`, which DevTools shows on tracks of their own.
 *
 * @module
 */

import { cannot } from "../base/checks.ts";
import { type Span, spansOf, tasksOf } from "./trace_events.ts";
import { CANCEL, STEP, TASK, type TraceRecord, WAIT, type Words } from "./trace_records.ts";

/** The colours of DevTools for the kinds of spans. */
const COLORS = { [TASK]: "tertiary", [STEP]: "primary", [WAIT]: "secondary-light" } as const;

/**
 * Puts the spans and the cancellations of a trace on the timeline of `performance`.
 *
 * @param records The records of the trace.
 * @param base The time of the beginning in nanoseconds.
 * @throws {TypeError} If `performance` has no `measure()` or no `mark()`.
 */
export function measureRecords(records: readonly TraceRecord[], base: number): void {
  const { performance } = globalThis as { performance?: Partial<Performance> };
  if (!performance?.measure || !performance.mark) {
    throw cannot("measure the trace", "performance has no measure() and mark()", performance);
  }
  const tasks = tasksOf(records);
  const nameOf = (row: number) => tasks.get(row)!.words!.name;
  const timeOf = (ns: number) => (base + ns) / 1e6;
  for (const span of spansOf(records)) {
    const detail = { devtools: entryOf(span, nameOf(span.row)) };
    performance.measure(span.name, { start: timeOf(span.begin), end: timeOf(span.end), detail });
  }
  for (const { kind, row, begin, words } of records) {
    if (kind !== CANCEL || !tasks.has(row)) continue;
    const devtools = { dataType: "marker", color: "error", properties: propertiesOf(words!) };
    const name = `cancel ${nameOf(row)}`;
    performance.mark(name, { startTime: timeOf(begin), detail: { devtools } });
  }
}

/** What DevTools needs to know to show a span on a track of its task. */
function entryOf(span: Span, task: string): Record<string, unknown> {
  const { kind, row, name } = span;
  return {
    dataType: "track-entry",
    track: `${task} (${row})`,
    trackGroup: "asyncio",
    color: COLORS[kind],
    properties: propertiesOf(span),
    tooltipText: kind === WAIT ? `waits: ${name}` : name,
  };
}

function propertiesOf({ facts = {} }: Words): [string, string][] {
  return Object.entries(facts).map(([name, value]) => [name, String(value)]);
}
