/**
 * The region table: what a caller wants to know about each region of a label map without walking its pixels.
 */
import { type Image, isImage } from "./image/image.ts";
import { adjacency } from "./superpixels/adjacency.ts";

/** A region of a label map. */
export interface Region {
  /** Its id in the label map. */
  readonly label: number;
  /** Pixels. */
  readonly area: number;
  /** Smallest box that holds the region: left, top, width, height in pixels. */
  readonly bbox: readonly [x: number, y: number, width: number, height: number];
  /** Mean position of the region's pixels, in pixels from the centre of the top left one. */
  readonly centroid: readonly [x: number, y: number];
  /** Mean of the sRGB bytes, 0 to 255 each, rounded. */
  readonly color: readonly [r: number, g: number, b: number];
  /** Labels that share a boundary edge (not only a corner), ascending. */
  readonly neighbors: readonly number[];
}

/**
 * Measures every region of a label map.
 *
 * @param image The image that was segmented.
 * @param labels (H, W) region of each pixel, 0 to M - 1, every id used.
 * @returns M regions; entry r describes label r.
 * @throws {TypeError} If `image` is not an image, or `labels` has another length than width * height.
 * @throws {RangeError} If a label is negative or an id below the highest has no pixels.
 *
 * @example
 * ```ts
 * import { regionTable } from "./regions.ts";
 * import assert from "node:assert/strict";
 *
 * // a black pixel left of two white ones
 * const image = { width: 3, height: 1, data: Uint8Array.of(0, 0, 0, 255, 255, 255, 255, 255, 255) };
 * const [, white] = regionTable(image, Int32Array.of(0, 1, 1));
 * assert.deepEqual(white, {
 *   label: 1,
 *   area: 2,
 *   bbox: [1, 0, 2, 1],
 *   centroid: [1.5, 0],
 *   color: [255, 255, 255],
 *   neighbors: [0],
 * });
 * ```
 */
export function regionTable(image: Image, labels: Int32Array): Region[] {
  if (!isImage(image)) {
    throw new TypeError("Cannot describe regions: want an image { width, height, data } with RGB bytes");
  }
  const { width, height } = image;
  if (labels.length !== width * height) {
    throw new TypeError(`Cannot describe regions: want ${width} x ${height} labels, got ${labels.length}`);
  }
  const count = countLabels(labels);
  const sums = measure(image, labels, count);
  const { offsets, neighbors } = adjacency(labels, width, height, count);
  const regions = new Array<Region>(count);
  for (let r = 0; r < count; r++) {
    const s = r * FIELDS, area = sums[s + AREA]!;
    const left = sums[s + LEFT]!, top = sums[s + TOP]!;
    regions[r] = {
      label: r,
      area,
      bbox: [left, top, sums[s + RIGHT]! - left + 1, sums[s + BOTTOM]! - top + 1],
      centroid: [sums[s + X]! / area, sums[s + Y]! / area],
      color: [
        Math.round(sums[s + RED]! / area),
        Math.round(sums[s + GREEN]! / area),
        Math.round(sums[s + BLUE]! / area),
      ],
      neighbors: Array.from(neighbors.subarray(offsets[r]!, offsets[r + 1]!)),
    };
  }
  return regions;
}

// the layout of one region's row of sums; doubles hold every sum exactly
const AREA = 0, X = 1, Y = 2, RED = 3, GREEN = 4, BLUE = 5, LEFT = 6, RIGHT = 7, TOP = 8, BOTTOM = 9;
const FIELDS = 10;

function measure(image: Image, labels: Int32Array, count: number): Float64Array {
  const { width, height, data } = image;
  const sums = new Float64Array(count * FIELDS);
  for (let s = 0; s < sums.length; s += FIELDS) {
    sums[s + LEFT] = sums[s + TOP] = Infinity;
    sums[s + RIGHT] = sums[s + BOTTOM] = -Infinity;
  }
  for (let y = 0, p = 0; y < height; y++) {
    // one update per run of equal labels in a row
    for (let x = 0; x < width;) {
      const r = labels[p]!, start = x;
      let red = 0, green = 0, blue = 0;
      do {
        red += data[p * 3]!;
        green += data[p * 3 + 1]!;
        blue += data[p * 3 + 2]!;
        x++;
        p++;
      } while (x < width && labels[p] === r);
      const s = r * FIELDS, n = x - start;
      sums[s + AREA]! += n;
      sums[s + X]! += n * (start + x - 1) / 2;
      sums[s + Y]! += n * y;
      sums[s + RED]! += red;
      sums[s + GREEN]! += green;
      sums[s + BLUE]! += blue;
      if (start < sums[s + LEFT]!) sums[s + LEFT] = start;
      if (x - 1 > sums[s + RIGHT]!) sums[s + RIGHT] = x - 1;
      if (y < sums[s + TOP]!) sums[s + TOP] = y;
      sums[s + BOTTOM] = y;
    }
  }
  for (let r = 0; r < count; r++) {
    if (sums[r * FIELDS + AREA] === 0) {
      throw new RangeError(
        `Cannot describe regions: labels must use every id from 0 to ${count - 1}, got none of ${r}`,
      );
    }
  }
  return sums;
}

function countLabels(labels: Int32Array): number {
  let max = -1;
  for (let p = 0; p < labels.length; p++) {
    const r = labels[p]!;
    if (r < 0) throw new RangeError(`Cannot describe regions: labels must be from 0, got ${r}`);
    if (r > max) max = r;
  }
  // more ids than pixels cannot all be used; said here, before tables of that size are made
  if (max >= labels.length) {
    throw new RangeError(
      `Cannot describe regions: labels must use every id from 0, got ${max} in ${labels.length} pixels`,
    );
  }
  return max + 1;
}
