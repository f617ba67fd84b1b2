/**
 * Draws a recorded run: each contender as a multiple of what is native.
 *
 * @module
 */

import * as vega from "vega";
import { compile, type TopLevelSpec } from "vega-lite";
import { contendersOf, type Results } from "./results.ts";

const FILE = new URL("results.svg", import.meta.url);

/** Readable on white and on black. */
const INK = "#7b838d";
const FAINT = "#7b838d40";
const COLORS = ["#0a84ff", "#e8743b", "#b07aff", "#d4a017", "#2fa56a", "#e0529c", "#7b838d"];
const SHAPES = [
  "circle",
  "square",
  "triangle-up",
  "diamond",
  "cross",
  "triangle-down",
  "triangle-left",
];

/** What a character is wide on average, as a share of the font's size. */
const CHARACTER = 0.53;

const { textMetrics } = vega as unknown as {
  textMetrics: { width(item: { fontSize?: number }, text: string | string[]): number };
};

// Without a canvas to measure on, Vega takes each character for half as wide again.
textMetrics.width = ({ fontSize = 11 }, text) => CHARACTER * fontSize * String(text).length;

/** One mark of the picture. */
interface Point {
  readonly scenario: string;
  readonly library: string;
  readonly ratio: number;
}

/** Draws a run into `bench/results.svg`. */
export async function draw(results: Results): Promise<void> {
  const view = new vega.View(vega.parse(compile(specOf(results)).spec), { renderer: "none" });
  const svg = await view.toSVG();
  await Deno.writeTextFile(FILE, `${svg}\n`);
}

/** What the picture is to show. */
function specOf(results: Results): TopLevelSpec {
  const { rows, versions } = results;
  const points: Point[] = rows.flatMap(({ title, contenders }) =>
    Object.entries(contenders)
      .filter(([name]) => name !== "native" && name !== "floor")
      .map(([name, { ratio }]) => ({
        scenario: plain(title),
        library: labelOf(name, versions),
        ratio: ratio.median,
      }))
  );
  const limits = rows.map(({ title, limit }) => ({ scenario: plain(title), limit }));
  const libraries = contendersOf(results).map((name) => labelOf(name, versions));
  const y = {
    field: "scenario",
    type: "nominal",
    sort: rows.map(({ title }) => plain(title)),
    axis: { title: null, labelLimit: 0, domain: false, ticks: false, grid: true },
  } as const;
  return {
    $schema: "https://vega.github.io/schema/vega-lite/v6.json",
    title: {
      text: `What each takes beside promises, timers and listeners of ${results.runtime}`,
      subtitle: "Further left is better. A short line is the most that @asyncio/future may take.",
      anchor: "start",
      frame: "group",
    },
    width: 480,
    height: { step: 26 },
    background: "transparent",
    padding: 8,
    layer: [
      {
        data: { values: [{ native: 1 }] },
        mark: { type: "rule", color: INK },
        encoding: { x: { field: "native", type: "quantitative" } },
      },
      {
        data: { values: limits },
        mark: { type: "tick", thickness: 2, size: 18, color: COLORS[0]! },
        encoding: { y, x: { field: "limit", type: "quantitative" } },
      },
      {
        data: { values: points },
        mark: { type: "point", filled: true, size: 70, opacity: 1 },
        encoding: {
          y,
          x: {
            field: "ratio",
            type: "quantitative",
            scale: { type: "log", nice: true },
            axis: {
              title: "multiple of the native counterpart, log scale",
              format: "~r",
              values: powersAround(points),
            },
          },
          color: {
            field: "library",
            type: "nominal",
            scale: { domain: libraries, range: COLORS },
            legend: { title: null, orient: "right" },
          },
          shape: {
            field: "library",
            type: "nominal",
            scale: { domain: libraries, range: SHAPES },
          },
        },
      },
    ],
    config: {
      font: "system-ui, sans-serif",
      title: { color: INK, subtitleColor: INK, fontSize: 14 },
      axis: {
        labelColor: INK,
        titleColor: INK,
        gridColor: FAINT,
        domainColor: FAINT,
        tickColor: FAINT,
        labelFontSize: 12,
      },
      legend: { labelColor: INK, labelFontSize: 12, labelLimit: 0 },
      view: { stroke: null },
    },
  };
}

/** The powers of ten from below the least ratio to above the greatest. */
function powersAround(points: readonly Point[]): number[] {
  const exponents = points.map(({ ratio }) => Math.log10(ratio));
  const least = Math.floor(Math.min(...exponents));
  const greatest = Math.ceil(Math.max(...exponents));
  return Array.from({ length: greatest - least + 1 }, (_, i) => 10 ** (least + i));
}

function labelOf(name: string, versions: Record<string, string>): string {
  if (name === "ours") return "@asyncio/future";
  return `${name} ${versions[name] ?? ""}`.trim();
}

function plain(title: string): string {
  return title.replaceAll("`", "");
}
