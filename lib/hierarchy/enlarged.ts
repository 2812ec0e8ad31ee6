/**
 * The size at which the hierarchy looks at an image: what is fine and coarse is measured in pixels, and photographs of
 * 481x321 are seen best enlarged by a third (docs/experiments.md).
 */
import type { Image } from "../image/image.ts";
import { resizeImage } from "../image/resize.ts";

/** Most that sides are multiplied by: from 1.35 on the figures level off, and the time does not. */
const MOST = 1.35;
/** Pixels up to which images are enlarged: those of a photograph of 481x321, by {@linkcode MOST}. */
const PIXELS = 281_000;

/**
 * Enlarges a small image to the size at which it is seen best.
 *
 * @param image Any image.
 * @returns A larger one, or the image itself where it is large enough.
 *
 * @example
 * ```ts
 * import { enlarged } from "./enlarged.ts";
 * import assert from "node:assert/strict";
 *
 * const { width, height } = enlarged({ width: 480, height: 320, data: new Uint8Array(480 * 320 * 3) });
 * assert.deepEqual([width, height], [648, 432]);
 * ```
 */
export function enlarged(image: Image): Image {
  const { width, height } = image;
  const scale = Math.min(MOST, Math.sqrt(PIXELS / (width * height)));
  if (scale <= 1) return image;
  return resizeImage(image, Math.round(scale * width), Math.round(scale * height));
}
