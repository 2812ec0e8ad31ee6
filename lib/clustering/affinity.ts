/**
 * Affinities between superpixels for spectral clustering: alike in features and close together, as in Shi and Malik (2000,
 * doi:10.1109/34.868688), section 4, on superpixels instead of pixels. Both widths are relative, so that one setting serves
 * colours and deep features, small images and large.
 */

/** Options of {@linkcode featureAffinity}. */
export interface AffinityOptions {
  /**
   * Width of the feature kernel in root mean square feature distances over all pairs, above 0. Smaller separates finer
   * differences. Try 0.05 to 0.5. @default 0.12
   */
  featureWidth?: number;
  /**
   * Width of the position kernel in root mean square distances over all pairs, above 0; Infinity ignores positions.
   * Smaller keeps groups compact. Try 0.1 to 1. @default 0.15
   */
  positionWidth?: number;
}

/**
 * W_ij = exp(-|f_i - f_j|^2 / (2 s^2)) exp(-|x_i - x_j|^2 / (2 r^2)), with 0 on the diagonal, where a node's likeness to
 * itself would only damp the cut (Ng, Jordan and Weiss 2002).
 *
 * @param features (n, D) features, finite.
 * @param positions (n, 2) positions, finite, in any unit.
 * @param count Nodes n, 1 or more.
 * @param dimensions Features D of each node, 1 or more.
 * @param options See {@linkcode AffinityOptions}.
 * @returns (n, n) symmetric, 0 to 1.
 * @throws {TypeError} When lengths do not match.
 * @throws {RangeError} When an option is out of range.
 *
 * @example
 * ```ts
 * import { featureAffinity } from "./affinity.ts";
 * import assert from "node:assert/strict";
 *
 * const w = featureAffinity(new Float32Array([0, 0, 9]), new Float32Array(6), 3, 1);
 * assert.equal(w[1], 1); // nodes 0 and 1 are equal
 * assert.ok(w[2]! < 0.01);
 * ```
 */
export function featureAffinity(
  features: Float32Array | Float64Array,
  positions: Float32Array | Float64Array,
  count: number,
  dimensions: number,
  options: AffinityOptions = {},
): Float64Array {
  const { featureWidth = 0.12, positionWidth = 0.15 } = options;
  if (features.length !== count * dimensions || positions.length !== 2 * count) {
    throw new TypeError(
      `Cannot make affinity: ${count} nodes of ${dimensions} need ${count * dimensions} features and ` +
        `${2 * count} coordinates, got ${features.length} and ${positions.length}`,
    );
  }
  if (!(featureWidth > 0) || !(positionWidth > 0)) {
    throw new RangeError(
      `Cannot make affinity: widths must be above 0, got ${featureWidth} and ${positionWidth}`,
    );
  }
  const inFeatures = squaredDistances(features, count, dimensions);
  const inPositions = squaredDistances(positions, count, 2);
  const f = exponent(inFeatures, featureWidth), p = exponent(inPositions, positionWidth);
  const affinity = inFeatures; // written over: two (n, n) arrays are enough
  for (let i = 0; i < affinity.length; i++) affinity[i] = Math.exp(-f * affinity[i]! - p * inPositions[i]!);
  for (let i = 0; i < count; i++) affinity[i * count + i] = 0;
  return affinity;
}

/** (n, n) squared distances. */
function squaredDistances(points: ArrayLike<number>, n: number, D: number): Float64Array {
  const out = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) {
      let sum = 0;
      for (let d = 0, p = i * D, q = j * D; d < D; d++, p++, q++) {
        const t = points[p]! - points[q]!;
        sum += t * t;
      }
      out[i * n + j] = out[j * n + i] = sum;
    }
  }
  return out;
}

/** 1 / (2 s^2) for s = width times the root mean square distance; 0 where all points coincide. */
function exponent(squares: Float64Array, width: number): number {
  let sum = 0;
  for (let i = 0; i < squares.length; i++) sum += squares[i]!;
  return sum > 0 ? squares.length / (2 * width * width * sum) : 0;
}
