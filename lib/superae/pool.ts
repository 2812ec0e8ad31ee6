/**
 * G: mean deep features of superpixels, g_j = sum_i t_ij f_i / sum_i t_ij.
 */
import type { HalfMap } from "./apply.ts";

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
