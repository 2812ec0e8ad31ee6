/**
 * Gaussian blur of one channel.
 */

/**
 * Blurs a map with a separable Gaussian; what lies outside repeats the border.
 *
 * @param map (H, W), finite.
 * @param W Columns.
 * @param H Rows.
 * @param sigma Standard deviation in samples, > 0; the kernel ends at three of them.
 * @returns (H, W).
 *
 * @example
 * ```ts
 * import { gaussianBlur } from "./gaussian_blur.ts";
 * import assert from "node:assert/strict";
 *
 * const [left, middle, right] = gaussianBlur(Float32Array.of(0, 1, 0), 3, 1, 0.5);
 * assert(left === right && left! > 0 && middle! > 0.7);
 * ```
 */
export function gaussianBlur(map: Float32Array, W: number, H: number, sigma: number): Float32Array {
  const radius = Math.ceil(3 * sigma), taps = new Float64Array(2 * radius + 1);
  let sum = 0;
  for (let k = 0; k < taps.length; k++) sum += taps[k] = Math.exp(-0.5 * ((k - radius) / sigma) ** 2);
  for (let k = 0; k < taps.length; k++) taps[k]! /= sum;
  const out = new Float32Array(W * H), line = new Float64Array(W + 2 * radius), result = new Float64Array(W);
  // tap by tap over a whole line: a loop over taps inside the loop over samples takes twice as long
  for (let y = 0; y < H; y++) {
    line.fill(0);
    for (let k = 0; k < taps.length; k++) {
      const row = Math.min(H - 1, Math.max(0, y + k - radius)) * W, tap = taps[k]!;
      for (let x = 0; x < W; x++) line[radius + x]! += tap * map[row + x]!;
    }
    line.fill(line[radius]!, 0, radius).fill(line[radius + W - 1]!, radius + W);
    result.fill(0);
    for (let k = 0; k < taps.length; k++) {
      const tap = taps[k]!;
      for (let x = 0; x < W; x++) result[x]! += tap * line[x + k]!;
    }
    out.set(result, y * W);
  }
  return out;
}
