/**
 * The figures of a run of the benchmark, and whether they meet their bars.
 *
 * @module
 */

import type { Samples } from "./measure.ts";
import { LIKE_NATIVE, LINEAR } from "./growths.ts";
import { exponentOf, type Spread, spreadOf } from "./statistics.ts";

/** All figures of a run. */
export interface Results {
  /** The day of the run, as in `2025-01-31`. */
  readonly date: string;
  /** The runtime with its version. */
  readonly runtime: string;
  /** How many pairs a median stands for. */
  readonly pairs: number;
  /** The version of each library, and of Python, that took part. */
  readonly versions: Record<string, string>;
  readonly rows: Row[];
  readonly growths: GrowthRow[];
}

/** Who has figures beside the native counterpart: ours first, then as in the versions. */
export function contendersOf({ rows, versions }: Results): string[] {
  return ["ours", ...Object.keys(versions)]
    .filter((name) => rows.some(({ contenders }) => name in contenders));
}

/** One line of the table: ours beside the native counterpart. */
export interface Row {
  readonly name: string;
  readonly title: string;
  readonly counterpart: string;
  /** `ns` per operation or `B` per object. */
  readonly unit: "ns" | "B";
  /** The most that ours may take, as a multiple of what the native one takes. */
  readonly limit: number;
  readonly contenders: Record<string, Figures>;
}

/** What one contender takes. */
export interface Figures {
  /** In the unit of the row. */
  readonly amount: Spread;
  /** As a multiple of what the native one takes, pair by pair. */
  readonly ratio: Spread;
}

/** Whether ours takes no more than it may. */
export function isMet({ contenders, limit }: Row): boolean {
  return !contenders.ours || contenders.ours.ratio.median <= limit;
}

/** What has to grow linearly, and what is measured beside it. */
export interface GrowthRow {
  readonly name: string;
  readonly title: string;
  readonly counterpart?: string | undefined;
  readonly native?: Growing | undefined;
  readonly ours: Growing;
  /** The most that ours may take in the largest size, as a multiple of the native one. */
  readonly limit?: number | undefined;
  /** The greatest exponent of ours, if that is more than {@linkcode LINEAR}. */
  readonly maxExponent?: number | undefined;
}

/** Whether the cost of ours grows linearly, and stays within its limit. */
export function isLinear(row: GrowthRow): boolean {
  const { native, ours, limit } = row;
  const isWithin = !native || !limit || largestCostOf(ours) <= limit * largestCostOf(native);
  return ours.exponent <= largestExponentOf(row) && isWithin;
}

function largestCostOf({ costs }: Growing): number {
  return Object.values(costs).at(-1)!;
}

/** The greatest exponent that counts as linear growth. */
export function largestExponentOf({ native, maxExponent = LINEAR }: GrowthRow): number {
  return Math.max(maxExponent, native ? native.exponent + LIKE_NATIVE : 0);
}

/** How the cost grows. */
export interface Growing {
  /** Nanoseconds per item, by how many there were. */
  readonly costs: Record<number, number>;
  /** The `k` in `time = c * size ** k`. */
  readonly exponent: number;
}

/** Sums the samples of one scenario up. */
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

/** Sums the samples of several sizes up. */
export function growingOf(samples: Record<number, number[]>): Growing {
  const costs = Object.entries(samples).map(([size, figures]) =>
    [Number(size), spreadOf(figures).median] as const
  );
  return {
    costs: Object.fromEntries(costs),
    exponent: exponentOf(costs.map(([size, cost]) => ({ size, time: cost * size }))),
  };
}
