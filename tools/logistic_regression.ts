/**
 * Logistic regression with weights and a ridge, by Newton's method (iteratively reweighted least squares, Nelder and
 * Wedderburn 1972, doi:10.2307/2344614): for the ten coefficients of the merge criterion.
 */

/** One observation: what was measured, the share of yes, and how much it counts. */
export interface Observation {
  /** (D) */
  readonly x: readonly number[];
  /** 0 to 1. */
  readonly y: number;
  /** >= 0. */
  readonly weight: number;
}

/** What {@linkcode logisticRegression} found: log-odds are constant + sum of coefficients times x. */
export interface Regression {
  readonly constant: number;
  /** (D) */
  readonly coefficients: readonly number[];
}

/** Newton steps: a logistic regression on standardised data is at its optimum after five to eight. */
const STEPS = 12;
/** Ridge, as a share of the total weight, on standardised coefficients: keeps collinear ones finite. */
const RIDGE = 1e-4;

/**
 * Fits log-odds to shares.
 *
 * @param observations At least one with weight.
 * @returns Coefficients in the units of x.
 */
export function logisticRegression(observations: readonly Observation[]): Regression {
  const D = observations[0]!.x.length, total = observations.reduce((sum, { weight }) => sum + weight, 0);
  const average = (value: (o: Observation) => number) =>
    observations.reduce((sum, o) => sum + o.weight * value(o), 0) / total;
  const mean = Array.from({ length: D }, (_, d) => average(({ x }) => x[d]!));
  const deviation = mean.map((m, d) => Math.sqrt(average(({ x }) => (x[d]! - m) ** 2)) || 1);
  const rows = observations.map(({ x }) => [1, ...x.map((value, d) => (value - mean[d]!) / deviation[d]!)]);
  let b = new Array<number>(D + 1).fill(0);
  for (let step = 0; step < STEPS; step++) {
    const slope = b.map((value, i) => i === 0 ? 0 : RIDGE * total * value);
    const curvature = b.map((_, i) => b.map((_, j) => i === j && i > 0 ? RIDGE * total : 0));
    rows.forEach((row, n) => {
      const { y, weight } = observations[n]!;
      const p = 1 / (1 + Math.exp(-row.reduce((sum, z, i) => sum + z * b[i]!, 0)));
      for (let i = 0; i <= D; i++) {
        slope[i]! += weight * (p - y) * row[i]!;
        for (let j = 0; j <= i; j++) curvature[i]![j]! += weight * p * (1 - p) * row[i]! * row[j]!;
      }
    });
    for (let i = 0; i <= D; i++) for (let j = 0; j < i; j++) curvature[j]![i] = curvature[i]![j]!;
    const change = solve(curvature, slope);
    b = b.map((value, i) => value - change[i]!);
  }
  const coefficients = deviation.map((s, d) => b[d + 1]! / s);
  return { constant: b[0]! - coefficients.reduce((sum, c, d) => sum + c * mean[d]!, 0), coefficients };
}

/**
 * The share of the variance of y that a regression explains.
 *
 * @param observations Others than it was fitted to, if the figure is to mean something.
 * @param regression The regression.
 * @returns At most 1.
 */
export function explainedVariance(
  observations: readonly Observation[],
  { constant, coefficients }: Regression,
): number {
  const total = observations.reduce((sum, { weight }) => sum + weight, 0);
  const mean = observations.reduce((sum, { weight, y }) => sum + weight * y, 0) / total;
  let left = 0, all = 0;
  for (const { x, y, weight } of observations) {
    const p = 1 / (1 + Math.exp(-coefficients.reduce((sum, c, d) => sum + c * x[d]!, constant)));
    left += weight * (y - p) ** 2;
    all += weight * (y - mean) ** 2;
  }
  return 1 - left / all;
}

/** Gaussian elimination with row exchanges; A and b are overwritten. */
function solve(A: number[][], b: number[]): number[] {
  const n = b.length;
  for (let i = 0; i < n; i++) {
    let pivot = i;
    for (let r = i + 1; r < n; r++) if (Math.abs(A[r]![i]!) > Math.abs(A[pivot]![i]!)) pivot = r;
    [A[i], A[pivot]] = [A[pivot]!, A[i]!];
    [b[i], b[pivot]] = [b[pivot]!, b[i]!];
    for (let r = i + 1; r < n; r++) {
      const factor = A[r]![i]! / A[i]![i]!;
      for (let c = i; c < n; c++) A[r]![c]! -= factor * A[i]![c]!;
      b[r]! -= factor * b[i]!;
    }
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let c = i + 1; c < n; c++) b[i]! -= A[i]![c]! * b[c]!;
    b[i]! /= A[i]![i]!;
  }
  return b;
}
