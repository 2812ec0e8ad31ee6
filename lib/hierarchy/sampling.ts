/**
 * Where the pixels of a result lie on the grid that was measured: every second sample of an image that may be larger than
 * the result.
 */

/** One axis. */
export interface Sampling {
  /** (pixels) the nearest sample, ties to the lower. */
  readonly near: Int32Array;
  /** (pixels) the sample at or before a pixel. */
  readonly before: Int32Array;
  /** (pixels) how far the pixel lies beyond it, 0 to 1, in samples. */
  readonly beyond: Float32Array;
}

/**
 * Pixels of an axis in samples. Centres of pixels correspond; sample i lies on pixel 2 i of the measured image.
 *
 * @param pixels Length of the axis in the result.
 * @param measured Length of the axis in the measured image; it has ceil(measured / 2) samples.
 * @returns Where each pixel lies.
 *
 * @example
 * ```ts
 * import { sampling } from "./sampling.ts";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual([...sampling(4, 4).near], [0, 0, 1, 1]);
 * assert.deepEqual([...sampling(4, 4).beyond], [0, 0.5, 0, 0]); // nothing lies beyond the last sample
 * assert.deepEqual([...sampling(2, 8).near], [1, 3]); // pixels of 4 each, their centres at 1.5 and 5.5
 * ```
 */
export function sampling(pixels: number, measured: number): Sampling {
  const near = new Int32Array(pixels), before = near.slice(), beyond = new Float32Array(pixels);
  const last = ((measured + 1) >> 1) - 1;
  for (let x = 0; x < pixels; x++) {
    const at = Math.min(last, Math.max(0, ((x + 0.5) * measured / pixels - 0.5) / 2));
    near[x] = Math.ceil(at - 0.5);
    before[x] = Math.floor(at);
    beyond[x] = at - before[x]!;
  }
  return { near, before, beyond };
}

/**
 * The reverse: samples of an axis in pixels.
 *
 * @param pixels Length of the axis in the result.
 * @param measured Length of the axis in the measured image.
 * @returns (ceil(measured / 2)) the pixel in which each sample lies.
 */
export function pixelsOfSamples(pixels: number, measured: number): Int32Array {
  return Int32Array.from({ length: (measured + 1) >> 1 }, (_, i) => {
    return Math.min(pixels - 1, Math.floor((2 * i + 0.5) * pixels / measured));
  });
}

/**
 * The nearest index within a row or column.
 *
 * @param i Any integer.
 * @param size Samples of the row.
 * @returns 0 to size - 1.
 */
export function clamp(i: number, size: number): number {
  return i < 0 ? 0 : i >= size ? size - 1 : i;
}
