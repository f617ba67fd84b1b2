/**
 * Medians, quartiles and exponents.
 *
 * @module
 */

/** The median of several figures, with the lower and the upper quartile. */
export interface Spread {
  readonly low: number;
  readonly median: number;
  readonly high: number;
}

/** Returns the median and the quartiles of some figures. */
export function spreadOf(figures: readonly number[]): Spread {
  const sorted = figures.toSorted((a, b) => a - b);
  return {
    low: quantile(sorted, 0.25),
    median: quantile(sorted, 0.5),
    high: quantile(sorted, 0.75),
  };
}

/** Returns the value below which a share of the figures lies, interpolated. */
function quantile(sorted: readonly number[], share: number): number {
  const at = (sorted.length - 1) * share;
  const below = sorted[Math.floor(at)]!;
  return below + (sorted[Math.ceil(at)]! - below) * (at % 1);
}

/**
 * Returns the `k` with which `time = c * size ** k` fits best: the slope of the regression line
 * through the logarithms.
 */
export function exponentOf(points: readonly { size: number; time: number }[]): number {
  const xs = points.map(({ size }) => Math.log(size));
  const ys = points.map(({ time }) => Math.log(time));
  const mean = (values: number[]) => values.reduce((a, b) => a + b) / values.length;
  const [meanX, meanY] = [mean(xs), mean(ys)];
  const covariance = xs.reduce((sum, x, i) => sum + (x - meanX) * (ys[i]! - meanY), 0);
  return covariance / xs.reduce((sum, x) => sum + (x - meanX) ** 2, 0);
}
