/**
 * What clustering knows of superpixels: mean features, mean positions, areas.
 */

/** Of M superpixels. */
export interface SuperpixelFeatures {
  readonly count: number;
  /** (M, D) mean features. */
  readonly means: Float32Array;
  /** (M, 2) mean positions, pixels. */
  readonly positions: Float32Array;
  /** (M) pixels. */
  readonly areas: Float32Array;
}

/**
 * @param labels (H, W) superpixels, 0 to M - 1, none empty.
 * @param width W.
 * @param features (H, W, D) interleaved.
 * @param dimensions D.
 * @returns Means, positions and areas.
 */
export function superpixelFeatures(
  labels: Int32Array,
  width: number,
  features: Uint8Array | Float32Array,
  dimensions: number,
): SuperpixelFeatures {
  let count = 0;
  for (let p = 0; p < labels.length; p++) if (labels[p]! >= count) count = labels[p]! + 1;
  const sums = new Float64Array(count * dimensions), places = new Float64Array(2 * count);
  const areas = new Float32Array(count);
  for (let p = 0, f = 0; p < labels.length; p++) {
    const label = labels[p]!;
    areas[label]!++;
    places[2 * label]! += p % width;
    places[2 * label + 1]! += Math.floor(p / width);
    for (let d = 0, s = label * dimensions; d < dimensions; d++, f++, s++) sums[s]! += features[f]!;
  }
  return {
    count,
    means: Float32Array.from(sums, (sum, i) => sum / areas[Math.floor(i / dimensions)]!),
    positions: Float32Array.from(places, (sum, i) => sum / areas[i >> 1]!),
    areas,
  };
}

/** Carries labels of superpixels over to their pixels. */
export function paint(superpixels: Int32Array, labels: Int32Array): Int32Array {
  const out = new Int32Array(superpixels.length);
  for (let p = 0; p < out.length; p++) out[p] = labels[superpixels[p]!]!;
  return out;
}
