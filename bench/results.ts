/**
 * The figures of a run of the benchmark, and whether they meet their bars.
 *
 * @module
 */

import type { Samples } from "./measure.ts";
import { LIKE_NATIVE, LINEAR } from "./growths.ts";
import { exponentOf, type Spread, spreadOf } from "./statistics.ts";

/** All figures of a run on one runtime. */
export interface Results {
  /** The day of the run, as in `2025-01-31`. */
  readonly date: string;
  /** The runtime with its version. */
  readonly runtime: string;
  /** The number of pairs of samples from which a median is taken. */
  readonly pairs: number;
  /** The versions of the libraries that took part, and of Python. */
  readonly versions: Record<string, string>;
  readonly rows: Row[];
  readonly growths: GrowthRow[];
}

/** Returns the names of the contenders that have figures: ours first, then those of `versions`. */
export function contendersOf({ rows, versions }: Results): string[] {
  return ["ours", ...Object.keys(versions)]
    .filter((name) => rows.some(({ contenders }) => name in contenders));
}

/** A row of the table: ours beside the native counterpart. */
export interface Row {
  readonly name: string;
  readonly title: string;
  readonly counterpart: string;
  /** Nanoseconds per operation, or bytes per object. */
  readonly unit: "ns" | "B";
  /** The bar: the greatest ratio of ours to the native counterpart. */
  readonly limit: number;
  /** The figures of each contender, by its name. */
  readonly contenders: Record<string, Figures>;
}

/** The figures of one contender. */
export interface Figures {
  /** Time or memory, in the unit of the row. */
  readonly amount: Spread;
  /** The multiple of the native counterpart, taken from each pair of samples. */
  readonly ratio: Spread;
}

/** How far the best of several measurements may be over a bar on a machine that does other things. */
const NOISE = 0.15;

/** Whether ours meets the bar of a row; always true if ours did not take part. */
export function isMet(row: Row): boolean {
  return excessOf(row) <= 1;
}

/** Whether ours is over the bar of a row by no more than other processes can make it. */
export function isNearlyMet(row: Row): boolean {
  return excessOf(row) <= 1 + NOISE;
}

/** The ratio of ours as a multiple of the bar; 0 if ours did not take part. */
export function excessOf({ contenders, limit }: Row): number {
  return contenders.ours ? contenders.ours.ratio.median / limit : 0;
}

/** The growth of ours beside that of the native counterpart. */
export interface GrowthRow {
  readonly name: string;
  readonly title: string;
  readonly counterpart?: string | undefined;
  readonly native?: Growing | undefined;
  readonly ours: Growing;
  /** The bar of the largest size, as a multiple of the native counterpart. */
  readonly limit?: number | undefined;
  /** The bar of the exponent, if that is more than {@linkcode LINEAR}. */
  readonly maxExponent?: number | undefined;
}

/** Whether the cost of ours grows linearly, and the largest size is within its limit. */
export function isLinear(row: GrowthRow): boolean {
  const { native, ours, limit } = row;
  const isWithin = !native || !limit || largestCostOf(ours) <= limit * largestCostOf(native);
  return ours.exponent <= largestExponentOf(row) && isWithin;
}

function largestCostOf({ costs }: Growing): number {
  return Object.values(costs).at(-1)!;
}

/** Returns the greatest exponent that counts as linear growth in a row. */
export function largestExponentOf({ native, maxExponent = LINEAR }: GrowthRow): number {
  return Math.max(maxExponent, native ? native.exponent + LIKE_NATIVE : 0);
}

/** The cost for several numbers of items. */
export interface Growing {
  /** Nanoseconds per item, by the number of items. */
  readonly costs: Record<number, number>;
  /** The `k` in `time = c * size ** k`. */
  readonly exponent: number;
}

/** Summarises the samples of one scenario. */
export function figuresOf(samples: Samples): Record<string, Figures> {
  const native = samples.native;
  if (!native) return {};
  return Object.fromEntries(
    Object.entries(samples).map(([name, figures]) => [name, {
      amount: spreadOf(figures.filter((figure) => figure !== null)),
      ratio: spreadOf(figures.flatMap((figure, i) => figure === null ? [] : figure / native[i]!)),
    }]),
  );
}

/** Summarises the samples of several sizes. */
export function growingOf(samples: Record<number, number[]>): Growing {
  const costs = Object.entries(samples).map(([size, figures]) =>
    [Number(size), spreadOf(figures).median] as const
  );
  return {
    costs: Object.fromEntries(costs),
    exponent: exponentOf(costs.map(([size, cost]) => ({ size, time: cost * size }))),
  };
}
