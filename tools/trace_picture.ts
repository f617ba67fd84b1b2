/**
 * Draws the picture of the README: records a trace of `examples/crawler.ts`, and draws the rows of
 * its tasks. With arguments, draws another trace: `trace_picture.ts TRACE.json PICTURE.svg`.
 *
 * @module
 */

import { parse, type Spec, View } from "vega";
import type { TraceEvent, TraceFile } from "../debug.ts";
import { ROOT, run } from "./install.ts";

const PICTURE = new URL("docs/crawler.svg", ROOT);

/** In pixels. */
const WIDTH = 800;
const ROW = 9;

/** The colours of the kinds of spans; waits by their names, then all other waits. */
const COLORS = {
  running: "#c2410c",
  promise: "#7dd3fc",
  "Semaphore.acquire": "#fde68a",
  "another wait": "#e2e8f0",
};

/** A span as Vega draws it. Times are milliseconds since the beginning. */
interface Bar {
  readonly row: string;
  readonly kind: string;
  readonly begin: number;
  readonly end: number;
}

/** An arrow between two rows. */
interface Arrow {
  readonly from: string;
  readonly to: string;
  readonly time: number;
}

const [trace, picture = PICTURE] = Deno.args;
await Deno.writeTextFile(picture, await draw(trace ? await read(trace) : await record()));

/** Records the crawler. */
async function record(): Promise<TraceFile> {
  const file = await Deno.makeTempFile();
  try {
    const args = ["run", "-A", "--preload", "tools/record_trace.ts", "examples/crawler.ts"];
    await run(Deno.execPath(), args, { env: { TRACE: file } });
    return await read(file);
  } finally {
    await Deno.remove(file);
  }
}

async function read(file: string): Promise<TraceFile> {
  return JSON.parse(await Deno.readTextFile(file));
}

/** Draws a trace, and returns the text of an SVG. */
async function draw({ traceEvents }: TraceFile): Promise<string> {
  const spans = traceEvents.filter(({ ph }) => ph === "X");
  const start = Math.min(...spans.map(({ ts }) => ts));
  const msOf = (ts: number) => Math.round((ts - start) / 10) / 100;
  const names = new Map(
    traceEvents.filter(({ name }) => name === "thread_name")
      .map(({ tid, args }) => [tid, String(args!.name)]),
  );
  const bars = spans.filter(({ cat }) => cat !== "task").map((span): Bar => ({
    row: names.get(span.tid)!,
    kind: span.name in COLORS ? span.name : "another wait",
    begin: msOf(span.ts),
    end: msOf(span.ts + span.dur!),
  }));
  const spec = specOf([...names.values()], bars, arrowsOf(traceEvents, names, msOf));
  const svg = await new View(parse(spec), { renderer: "none" }).toSVG();
  return `${shorten(svg)}\n`;
}

/** The arrows, from the ends that have the same id. */
function arrowsOf(
  events: readonly TraceEvent[],
  names: ReadonlyMap<number, string>,
  msOf: (ts: number) => number,
): Arrow[] {
  const starts = new Map(events.filter(({ ph }) => ph === "s").map((event) => [event.id, event]));
  return events.filter(({ ph }) => ph === "f").map(({ id, tid, ts }) => ({
    from: names.get(starts.get(id)!.tid)!,
    to: names.get(tid)!,
    time: msOf(ts),
  }));
}

/** Vega's description of the picture. */
function specOf(rows: string[], bars: Bar[], arrows: Arrow[]): Spec {
  const text = { labelColor: "#64748b", titleColor: "#64748b", labelFontSize: 9 };
  return {
    width: WIDTH,
    height: rows.length * ROW,
    padding: 4,
    background: "white",
    data: [
      { name: "bars", values: bars },
      { name: "steps", values: bars.filter(({ kind }) => kind === "running") },
      { name: "arrows", values: arrows },
    ],
    scales: [
      {
        name: "x",
        type: "linear",
        domain: { data: "bars", fields: ["begin", "end"] },
        range: "width",
      },
      { name: "y", type: "band", domain: rows, range: "height", paddingInner: 0.15 },
      {
        name: "color",
        type: "ordinal",
        domain: Object.keys(COLORS),
        range: Object.values(COLORS),
      },
    ],
    axes: [
      {
        orient: "bottom",
        scale: "x",
        title: "ms",
        ...text,
        titleFontSize: 9,
        titleFontWeight: "normal",
      },
      { orient: "left", scale: "y", ticks: false, domain: false, ...text, labelFontSize: 8 },
    ],
    legends: [{ fill: "color", orient: "top", direction: "horizontal", ...text }],
    marks: [
      {
        type: "rect",
        from: { data: "bars" },
        encode: {
          enter: {
            x: { scale: "x", field: "begin" },
            x2: { scale: "x", field: "end" },
            y: { scale: "y", field: "row" },
            height: { scale: "y", band: 1 },
            fill: { scale: "color", field: "kind" },
          },
        },
      },
      {
        type: "rule",
        from: { data: "arrows" },
        encode: {
          enter: {
            x: { scale: "x", field: "time" },
            y: { scale: "y", field: "from", band: 0.5 },
            y2: { scale: "y", field: "to", band: 0.5 },
            stroke: { value: "#334155" },
            strokeWidth: { value: 0.4 },
          },
        },
      },
      {
        // Most steps take less than a pixel.
        type: "rule",
        from: { data: "steps" },
        encode: {
          enter: {
            x: { scale: "x", field: "begin" },
            y: { scale: "y", field: "row" },
            y2: { scale: "y", field: "row", band: 1 },
            stroke: { value: COLORS.running },
            strokeWidth: { value: 0.8 },
          },
        },
      },
    ],
  };
}

/** Rounds the coordinates, and leaves out what only a screen reader of a chart would need. */
function shorten(svg: string): string {
  return svg.replaceAll(/\d+\.\d{2,}/g, (number) => String(Math.round(Number(number) * 10) / 10))
    .replaceAll(/ (aria-\w+|role|class|pointer-events|opacity)="[^"]*"/g, "");
}
