/**
 * Gaussian smoothing of an interleaved image, separable, truncated at three standard deviations, borders repeated.
 */

/**
 * Smooths each channel with a Gaussian.
 *
 * @param map (H, W, 3) interleaved values.
 * @param width W, pixels.
 * @param height H, pixels.
 * @param sigma Standard deviation in pixels; 0 returns the argument itself.
 * @returns (H, W, 3) smoothed values.
 *
 * @example
 * ```ts
 * import { gaussian } from "./gaussian.ts";
 * import assert from "node:assert/strict";
 *
 * const flat = new Float32Array(5 * 4 * 3).fill(7);
 * assert(gaussian(flat, 5, 4, 0.8).every((value) => Math.abs(value - 7) < 1e-5));
 * ```
 */
export function gaussian(map: Float32Array, width: number, height: number, sigma: number): Float32Array {
  const radius = Math.ceil(3 * sigma);
  if (radius === 0) return map;
  const taps = kernel(sigma, radius), row = width * 3, pad = radius * 3;
  const out = new Float32Array(map.length);
  // Row by row: the columns' sum goes into a line with repeated ends, the line's sum into the image. Tap by tap over
  // a whole line, because a loop over taps inside the loop over pixels is twice as slow.
  const line = new Float64Array(row + 2 * pad), result = new Float64Array(row);
  for (let y = 0; y < height; y++) {
    const center = taps[0]!;
    for (let i = 0, p = y * row; i < row; i++, p++) line[pad + i] = center * map[p]!;
    for (let t = 1; t <= radius; t++) {
      const tap = taps[t]!;
      const up = Math.max(0, y - t) * row, down = Math.min(height - 1, y + t) * row;
      for (let i = 0; i < row; i++) line[pad + i]! += tap * (map[up + i]! + map[down + i]!);
    }
    for (let i = 0; i < pad; i++) {
      line[i] = line[pad + i % 3]!;
      line[pad + row + i] = line[pad + row - 3 + i % 3]!;
    }
    for (let i = 0; i < row; i++) result[i] = center * line[pad + i]!;
    for (let t = 1; t <= radius; t++) {
      const tap = taps[t]!, left = pad - 3 * t, right = pad + 3 * t;
      for (let i = 0; i < row; i++) result[i]! += tap * (line[left + i]! + line[right + i]!);
    }
    out.set(result, y * row);
  }
  return out;
}

/** Taps 0 to radius of a symmetric kernel that sums to 1. */
function kernel(sigma: number, radius: number): Float64Array {
  const taps = new Float64Array(radius + 1);
  let sum = 0;
  for (let t = 0; t <= radius; t++) {
    taps[t] = Math.exp(-t * t / (2 * sigma * sigma));
    sum += t === 0 ? taps[t]! : 2 * taps[t]!;
  }
  for (let t = 0; t <= radius; t++) taps[t]! /= sum;
  return taps;
}
