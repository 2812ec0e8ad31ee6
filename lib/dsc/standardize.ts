/**
 * Deep features of different scales made comparable: zero mean and unit variance of each channel over the image. What
 * the similarity, the starting point and the head all see.
 */

/** Per-channel shift and scale. */
export interface Standardization {
  readonly mean: Float32Array;
  readonly deviation: Float32Array;
}

/**
 * Area-weighted mean and deviation of each channel.
 *
 * @param features G (M, D).
 * @param areas (M) weight of each row, > 0 in sum.
 * @param channels D.
 * @param weights (D) factor on each channel, > 0. @default all 1
 * @returns (D) means and deviations; a constant channel gets deviation 1, so that it maps to zero rather than NaN.
 *
 * @example
 * ```ts
 * import { standardization } from "./standardize.ts";
 * import assert from "node:assert/strict";
 *
 * const { mean, deviation } = standardization(Float32Array.of(1, 5, 3, 5), Float32Array.of(1, 1), 2);
 * assert.deepEqual([...mean, ...deviation], [2, 5, 1, 1]);
 * ```
 */
export function standardization(
  features: Float32Array,
  areas: ArrayLike<number>,
  channels: number,
  weights?: Float32Array,
): Standardization {
  const sum = new Float64Array(channels), squares = new Float64Array(channels);
  let total = 0;
  for (let i = 0, p = 0; i < areas.length; i++) {
    const area = areas[i]!;
    total += area;
    for (let c = 0; c < channels; c++, p++) {
      const value = features[p]!;
      sum[c]! += area * value;
      squares[c]! += area * value * value;
    }
  }
  const mean = Float32Array.from(sum, (s) => s / total);
  const deviation = Float32Array.from(squares, (s, c) => {
    const variance = s / total - (sum[c]! / total) ** 2;
    return variance > CONSTANT ? Math.sqrt(variance) / (weights?.[c] ?? 1) : 1;
  });
  return { mean, deviation };
}

/** Variance below this is rounding, not signal: features are of order 1, in single precision. */
const CONSTANT = 1e-9;

/** Applies it: (M, D) to (M, D). */
export function standardize(features: Float32Array, { mean, deviation }: Standardization): Float32Array {
  const D = mean.length;
  return features.map((value, p) => (value - mean[p % D]!) / deviation[p % D]!);
}
