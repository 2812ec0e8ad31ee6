/**
 * G: mean deep features of superpixels, g_j = sum_i t_ij f_i / sum_i t_ij.
 */
import type { HalfMap, SuperAEOutput } from "./apply.ts";

/**
 * Averages a half-resolution map over superpixels. Samples sit on every second pixel of every second row, which is
 * enough for a mean; a superpixel that holds none takes the sample nearest its first pixel.
 *
 * @param map (H/2, W/2, C) features.
 * @param labels (H, W) superpixel of each pixel, 0 to count - 1.
 * @param width W.
 * @param count M.
 * @returns (M, C) means; zeros for a superpixel without pixels.
 *
 * @example
 * ```ts
 * import { poolFeatures } from "./pool.ts";
 * import assert from "node:assert/strict";
 *
 * const map = { width: 2, height: 1, channels: 1, data: Float32Array.of(3, 5) };
 * const means = poolFeatures(map, Int32Array.of(0, 0, 1, 2), 4, 3);
 * assert.deepEqual([...means], [3, 5, 5]);
 * ```
 */
export function poolFeatures(map: HalfMap, labels: Int32Array, width: number, count: number): Float32Array {
  const { channels: C, data } = map;
  const sums = new Float64Array(count * C), samples = new Int32Array(count);
  const add = (label: number, sample: number) => {
    samples[label]!++;
    for (let k = 0, s = label * C, p = sample * C; k < C; k++) sums[s++]! += data[p++]!;
  };
  for (let y = 0, sample = 0; y < map.height; y++) {
    for (let x = 0; x < map.width; x++, sample++) add(labels[2 * y * width + 2 * x]!, sample);
  }
  for (let p = 0; p < labels.length; p++) {
    if (samples[labels[p]!] === 0) {
      add(labels[p]!, (Math.floor(p / width) >> 1) * map.width + ((p % width) >> 1));
    }
  }
  return Float32Array.from(sums, (sum, i) => sum / Math.max(1, samples[Math.floor(i / C)]!));
}

/**
 * What the flat cut knows of superpixels: mean embedding and mean x^R. The colour is a function of the embedding, but not
 * a linear one, and k-means and the linear head see linear ones: the embedding alone, taught boundaries, tells the rim of
 * an object from its inside better than one object from the next.
 *
 * @param output Of `applySuperAE`.
 * @param labels (H, W) superpixel of each pixel, 0 to count - 1.
 * @param count M.
 * @returns (M, D + 3) means, x^R in [-0.5, 0.5] as the network has it, and channel weights that give both halves one say.
 */
export function superpixelFeatures(
  { features, smoothed }: SuperAEOutput,
  labels: Int32Array,
  count: number,
): { features: Float32Array; channelWeights: Float32Array } {
  const D = features.channels, C = D + 3;
  const deep = poolFeatures(features, labels, smoothed.width, count);
  const sums = new Float64Array(3 * count), areas = new Int32Array(count);
  for (let p = 0, q = 0; p < labels.length; p++, q += 3) {
    const j = labels[p]!;
    areas[j]!++;
    for (let c = 0; c < 3; c++) sums[3 * j + c]! += smoothed.data[q + c]!;
  }
  const all = new Float32Array(count * C);
  for (let j = 0; j < count; j++) {
    all.set(deep.subarray(j * D, (j + 1) * D), j * C);
    for (let c = 0; c < 3; c++) all[j * C + D + c] = sums[3 * j + c]! / Math.max(1, areas[j]!) / 255 - 0.5;
  }
  return { features: all, channelWeights: new Float32Array(C).fill(1).fill(Math.sqrt(D / 3), D) };
}
