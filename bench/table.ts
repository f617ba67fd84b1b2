/**
 * Tables of figures, for a terminal and for a page of Markdown.
 *
 * @module
 */

import { GROWTHS, LIKE_NATIVE, LINEAR } from "./growths.ts";
import { contendersOf, type Growing, type GrowthRow, type Results, type Row } from "./results.ts";

/** Rows of cells; the first one is the head. */
type Table = string[][];

/** The bars: ours beside the native counterpart. */
export function barsOf(results: Results): Table {
  return [
    [
      ...["scenario", "native counterpart", "native", "ours", "ratio", "quartiles", "at most", ""],
      "floor",
    ],
    ...results.rows.filter(({ contenders }) => contenders.ours).map((row) => {
      const { amount, ratio } = row.contenders.ours!;
      return [
        row.title,
        row.counterpart,
        `${round(row.contenders.native!.amount.median)} ${row.unit}`,
        `${round(amount.median)} ${row.unit}`,
        round(ratio.median),
        `${round(ratio.low)}–${round(ratio.high)}`,
        round(row.limit),
        isMet(row) ? "ok" : "over",
        floorOf(row),
      ];
    }),
  ];
}

/** The least that anybody can take, as a multiple of what is native. */
function floorOf({ contenders }: Row): string {
  return contenders.floor ? round(contenders.floor.ratio.median) : "–";
}

/** Whether ours takes no more than it may. */
export function isMet({ contenders, limit }: Row): boolean {
  return !contenders.ours || contenders.ours.ratio.median <= limit;
}

/** Ours on several runtimes, as a multiple of what is native there. */
export function runtimesOf(runs: readonly Results[]): Table {
  return onEach("scenario", runs, ({ rows }) => rows, (row) => {
    if (!row.contenders.ours) return "–";
    const { median } = row.contenders.ours.ratio;
    const floor = isMet(row) || !row.contenders.floor ? "" : ` (floor ${floorOf(row)})`;
    return `${compared(median, row.limit)}${floor}`;
  });
}

/** A table with a row for each of the first runtime's, and a column for each runtime. */
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

/** Ours and the other libraries, each as a multiple of the native counterpart. */
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

/** What has to grow linearly, with its native counterpart and its floor below it. */
export function growthsOf({ growths }: Results): Table {
  const sizes = [...new Set(Object.values(GROWTHS).flatMap(({ sizes }) => [...sizes]))]
    .sort((a, b) => a - b);
  const cells = ({ costs, exponent }: Growing) => [
    ...sizes.map((size) => costs[size] === undefined ? "–" : round(costs[size])),
    round(exponent),
  ];
  return [
    ["ns per item", ...sizes.map((size) => size.toLocaleString("en")), "exponent", ""],
    ...growths.flatMap((row) => [
      [row.title, ...cells(row.ours), verdictOn(row)],
      ...(row.native ? [[row.counterpart!, ...cells(row.native), "native"]] : []),
      ...(row.floor ? [[`${row.title}, in the least form`, ...cells(row.floor), "floor"]] : []),
    ]),
  ];
}

/** How ours grows on several runtimes. */
export function growthRuntimesOf(runs: readonly Results[]): Table {
  return onEach(
    "exponent",
    runs,
    ({ growths }) => growths,
    (row) => compared(row.ours.exponent, mostOf(row)),
  );
}

/** Whether it grows linearly, and within what it may take. */
export function isLinear(row: GrowthRow): boolean {
  const { ours, limit } = row;
  const largest = Object.values(ours.costs).at(-1)!;
  return ours.exponent <= mostOf(row) && (limit === undefined || largest <= limit);
}

/** The greatest exponent that is linear growth. */
function mostOf({ native }: GrowthRow): number {
  return Math.max(LINEAR, native ? native.exponent + LIKE_NATIVE : 0);
}

function compared(figure: number, most: number): string {
  return `${round(figure)} ${figure <= most ? "≤" : ">"} ${round(most)}`;
}

function verdictOn(row: GrowthRow): string {
  const verdict = isLinear(row) ? "ok" : "over";
  return row.limit === undefined
    ? verdict
    : `${verdict} (at most ${row.limit.toLocaleString("en")} ns)`;
}

/** Lays a table out for a terminal. */
export function asText([head, ...rows]: Table): string {
  const plain = [head!, ...rows].map((row) => row.map((cell) => cell.replaceAll("`", "")));
  const widths = head!.map((_, i) => Math.max(...plain.map((row) => row[i]!.length)));
  return plain
    .map((row) =>
      row.map((cell, i) => isFigure(rows, i) ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!))
        .join("  ").trimEnd()
    )
    .join("\n");
}

/** Lays a table out as Markdown, as `deno fmt` does. */
export function asMarkdown([head, ...rows]: Table): string {
  const widths = head!.map((_, i) => Math.max(3, ...[head!, ...rows].map((row) => row[i]!.length)));
  const line = (row: string[]) =>
    `| ${
      row.map((cell, i) => isFigure(rows, i) ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!))
        .join(" | ")
    } |`;
  const rule = widths.map((width, i) =>
    isFigure(rows, i) ? `${"-".repeat(width - 1)}:` : "-".repeat(width)
  );
  return [line(head!), `| ${rule.join(" | ")} |`, ...rows.map(line)].join("\n");
}

/** Whether a column holds figures, which stand to the right. */
function isFigure(rows: Table, column: number): boolean {
  return rows.length > 0 && rows.every((row) => /^[\d.,–]/.test(row[column]!));
}

/** Three digits that count. */
function round(figure: number): string {
  if (figure >= 100) return Math.round(figure).toLocaleString("en");
  return String(Number(figure.toPrecision(figure < 0.1 ? 2 : 3)));
}
