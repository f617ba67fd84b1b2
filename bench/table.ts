/**
 * Makes the tables of figures, for `bench/README.md` and for the terminal.
 *
 * @module
 */

import { markdownTable } from "markdown-table";
import { GROWTHS } from "./growths.ts";
import {
  contendersOf,
  type Growing,
  type GrowthRow,
  isLinear,
  isMet,
  largestExponentOf,
  type Results,
  type Row,
} from "./results.ts";

/** Rows of cells. The first row is the head. */
export type Table = string[][];

/** Makes the table of the bars: ours beside the native counterpart. */
export function barsOf(results: Results): Table {
  return [
    [
      ...["scenario", "native counterpart", "native", "ours", "ratio", "quartiles"],
      ...["at most", "floor"],
    ],
    ...results.rows.filter(({ contenders }) => contenders.ours).map((row) => {
      const { native, ours, floor } = row.contenders;
      return [
        row.title,
        row.counterpart,
        `${round(native!.amount.median)} ${row.unit}`,
        `${round(ours!.amount.median)} ${row.unit}`,
        round(ours!.ratio.median),
        `${round(ours!.ratio.low)}–${round(ours!.ratio.high)}`,
        `${round(row.limit)}${isMet(row) ? "" : " (over)"}`,
        floor ? round(floor.ratio.median) : "–",
      ];
    }),
  ];
}

/** Makes the table of ratios on several runtimes. */
export function runtimesOf(runs: readonly Results[]): Table {
  return onEach("scenario", runs, ({ rows }) => rows, ({ contenders, limit }: Row) => {
    return contenders.ours ? compared(contenders.ours.ratio.median, limit) : "–";
  });
}

/** Makes a table with the rows of the first runtime, and a column for each runtime. */
function onEach<R extends { readonly name: string; readonly title: string }>(
  head: string,
  runs: readonly Results[],
  rowsOf: (results: Results) => readonly R[],
  cellOf: (row: R) => string,
): Table {
  return [
    [head, ...runs.map(({ runtime }) => runtime)],
    ...rowsOf(runs[0]!).map(({ name, title }) => [
      title,
      ...runs.map((results) => {
        const row = rowsOf(results).find((row) => row.name === name);
        return row ? cellOf(row) : "–";
      }),
    ]),
  ];
}

/** Makes the table of other libraries: all ratios to the native counterpart. */
export function peersOf(results: Results): Table {
  const names = contendersOf(results);
  return [
    ["scenario", ...names.map((name) => `${name} ${results.versions[name] ?? ""}`.trim())],
    ...results.rows.filter(({ contenders }) =>
      names.some((name) => name !== "ours" && contenders[name])
    ).map((row) => [
      row.title,
      ...names.map((name) => {
        const ratio = row.contenders[name]?.ratio.median;
        return ratio === undefined ? "–" : round(ratio);
      }),
    ]),
  ];
}

/** Makes the table of growths, each with its native counterpart below. */
export function growthsOf({ growths }: Results): Table {
  const sizes = [...new Set(Object.values(GROWTHS).flatMap(({ sizes }) => [...sizes]))]
    .sort((a, b) => a - b);
  const cells = ({ costs, exponent }: Growing) => [
    ...sizes.map((size) => costs[size] === undefined ? "–" : round(costs[size])),
    round(exponent),
  ];
  return [
    ["ns per item", ...sizes.map((size) => size.toLocaleString("en")), "exponent", "verdict"],
    ...growths.flatMap((row) => [
      [row.title, ...cells(row.ours), verdictOn(row)],
      ...(row.native ? [[row.counterpart!, ...cells(row.native), "native"]] : []),
    ]),
  ];
}

/** Makes the table of exponents on several runtimes. */
export function growthRuntimesOf(runs: readonly Results[]): Table {
  return onEach(
    "exponent",
    runs,
    ({ growths }) => growths,
    (row) => compared(row.ours.exponent, largestExponentOf(row)),
  );
}

function compared(figure: number, most: number): string {
  return `${round(figure)} ${figure <= most ? "≤" : ">"} ${round(most)}`;
}

function verdictOn(row: GrowthRow): string {
  const verdict = isLinear(row) ? "ok" : "over";
  return row.limit === undefined ? verdict : `${verdict} (at most ${row.limit} × native)`;
}

/** Formats a table in Markdown, as `deno fmt` does. Columns of figures are aligned to the right. */
export function asMarkdown([head, ...rows]: Table): string {
  const isFigure = (column: number) => rows.every((row) => /^[\d.,–]/.test(row[column]!));
  return markdownTable([head!, ...rows], { align: head!.map((_, i) => isFigure(i) ? "r" : null) });
}

/** Formats a figure with three significant digits, or two if it is below 0.1. */
function round(figure: number): string {
  if (figure >= 100) return Math.round(figure).toLocaleString("en");
  return String(Number(figure.toPrecision(figure < 0.1 ? 2 : 3)));
}
