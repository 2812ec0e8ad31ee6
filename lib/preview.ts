/**
 * Small pictures of work in progress, for people who wait: the picture as it was smoothed, the regions as they are so far in
 * their mean colours. They are made of a few thousand pixels, whatever the image has, so that they cost about a
 * millisecond each.
 */
import type { Image } from "./image/image.ts";
import { resizeImage } from "./image/resize.ts";

/** The long side of a preview, in pixels, at most: as PNG it stays within 30 KB. */
export const PREVIEW_SIDE = 96;

/** Pictures of work that goes in many small steps are this far apart, in milliseconds. */
const PAUSE_MS = 500;

/**
 * An image as a preview.
 *
 * @param image Any size from 1 x 1.
 * @returns The same at most {@linkcode PREVIEW_SIDE} pixels wide and high; `image` itself where it is no larger.
 *
 * @example
 * ```ts
 * import { previewOf } from "./preview.ts";
 * import assert from "node:assert/strict";
 *
 * const { width, height } = previewOf({ width: 960, height: 320, data: new Uint8Array(960 * 320 * 3) });
 * assert.deepEqual([width, height], [96, 32]);
 * ```
 */
export function previewOf(image: Image): Image {
  const scale = PREVIEW_SIDE / Math.max(image.width, image.height);
  if (scale >= 1) return image;
  const shrink = (side: number) => Math.max(1, Math.round(side * scale));
  return resizeImage(image, shrink(image.width), shrink(image.height));
}

/**
 * Regions in the mean colours that the preview of their image has there.
 *
 * @param preview Of the image, see {@linkcode previewOf}.
 * @param labels (height, width) region of each pixel of the image, from 0; looked at once for each pixel of the preview.
 * @param width Pixels per row of `labels`.
 * @param height Rows of `labels`.
 * @param groups Group of each region, from 0, where groups are to be shown. @default each region is one
 * @returns A picture of the preview's size. Regions that fall between its pixels are not in it.
 *
 * @example
 * ```ts
 * import { previewOfRegions } from "./preview.ts";
 * import assert from "node:assert/strict";
 *
 * const image = { width: 3, height: 1, data: Uint8Array.of(10, 0, 0, 20, 0, 0, 90, 0, 0) };
 * const { data } = previewOfRegions(image, Int32Array.of(0, 0, 1), 3, 1);
 * assert.deepEqual([data[0], data[3], data[6]], [15, 15, 90]);
 * ```
 */
export function previewOfRegions(
  preview: Image,
  labels: Int32Array,
  width: number,
  height: number,
  groups?: Int32Array,
): Image {
  const { width: w, height: h, data } = preview;
  const found = new Int32Array(w * h);
  let count = 0;
  for (let y = 0, p = 0; y < h; y++) {
    const row = Math.floor((y + 0.5) * height / h) * width;
    for (let x = 0; x < w; x++, p++) {
      const label = labels[row + Math.floor((x + 0.5) * width / w)]!;
      const group = groups ? groups[label]! : label;
      found[p] = group;
      if (group >= count) count = group + 1;
    }
  }
  const sums = new Float64Array(4 * count); // red, green, blue and pixels of each
  for (let p = 0, q = 0; p < found.length; p++, q += 3) {
    const s = 4 * found[p]!;
    sums[s]! += data[q]!;
    sums[s + 1]! += data[q + 1]!;
    sums[s + 2]! += data[q + 2]!;
    sums[s + 3]!++;
  }
  const means = new Uint8Array(data.length);
  for (let p = 0, q = 0; p < found.length; p++, q += 3) {
    const s = 4 * found[p]!, pixels = sums[s + 3]!;
    means[q] = Math.round(sums[s]! / pixels);
    means[q + 1] = Math.round(sums[s + 1]! / pixels);
    means[q + 2] = Math.round(sums[s + 2]! / pixels);
  }
  return { width: w, height: h, data: means };
}

/**
 * Says whether it is time for another picture.
 *
 * @returns A function that is true when it is first asked, and then twice a second at most.
 */
export function createPace(): () => boolean {
  let last = -Infinity;
  return () => {
    const now = performance.now();
    if (now - last < PAUSE_MS) return false;
    last = now;
    return true;
  };
}
