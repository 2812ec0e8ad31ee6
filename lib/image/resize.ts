/**
 * Resizing with half-pixel centres, one axis after the other: where an axis shrinks, each new pixel is the average of
 * the area it covers (no aliasing, no ringing); where it grows, linear interpolation. sRGB values are averaged as they
 * are, as image tools commonly do. Labels are never mixed: they take the nearest pixel.
 */
import { type Image, isImage } from "./image.ts";

/**
 * Resizes an image.
 *
 * @param image The image.
 * @param width New pixels per row, 1 or more.
 * @param height New rows, 1 or more.
 * @returns The resized image; `image` itself where the size stays.
 * @throws {TypeError} `image` is not an image.
 * @throws {RangeError} A side is not a whole number of 1 or more.
 *
 * @example
 * ```ts
 * import { resizeImage } from "./resize.ts";
 * import assert from "node:assert/strict";
 *
 * const image = { width: 2, height: 1, data: Uint8Array.of(0, 0, 0, 200, 100, 50) };
 * assert.deepEqual([...resizeImage(image, 1, 1).data], [100, 50, 25]);
 * ```
 */
export function resizeImage(image: Image, width: number, height: number): Image {
  if (!isImage(image)) {
    throw new TypeError("Cannot resize: image must be { width, height, data } of (H, W, 3) bytes");
  }
  checkSides(width, height);
  const { width: W, height: H, data } = image;
  if (width === W && height === H) return image;

  const across = axisWeights(W, width);
  const down = axisWeights(H, height);
  // (H, width, 3): rows shrunk or stretched, then columns
  const rows = new Float32Array(H * width * 3);
  for (let y = 0, q = 0; y < H; y++) {
    for (let x = 0; x < width; x++, q += 3) {
      const end = across.offset[x + 1]!;
      let p = (y * W + across.start[x]!) * 3;
      let r = 0, g = 0, b = 0;
      for (let k = across.offset[x]!; k < end; k++, p += 3) {
        const w = across.weight[k]!;
        r += w * data[p]!;
        g += w * data[p + 1]!;
        b += w * data[p + 2]!;
      }
      rows[q] = r;
      rows[q + 1] = g;
      rows[q + 2] = b;
    }
  }
  const stride = width * 3;
  const resized = new Uint8Array(stride * height);
  const sum = new Float32Array(stride);
  for (let y = 0; y < height; y++) {
    sum.fill(0.5); // rounds: storing as a byte cuts off
    const end = down.offset[y + 1]!;
    let p = down.start[y]! * stride;
    for (let k = down.offset[y]!; k < end; k++) {
      const w = down.weight[k]!;
      for (let i = 0; i < stride; i++) sum[i] = sum[i]! + w * rows[p++]!;
    }
    resized.set(sum, y * stride);
  }
  return { width, height, data: resized };
}

/**
 * Shrinks an image to at most `maxPixels` pixels, keeping its shape to within rounding. Never enlarges.
 *
 * @param image The image.
 * @param maxPixels Pixels allowed, 1 or more.
 * @returns The shrunk image; `image` itself where it fits.
 * @throws {TypeError} `image` is not an image.
 * @throws {RangeError} `maxPixels` is below 1.
 *
 * @example
 * ```ts
 * import { fitWithin } from "./resize.ts";
 * import assert from "node:assert/strict";
 *
 * const { width, height } = fitWithin({ width: 40, height: 20, data: new Uint8Array(2400) }, 200);
 * assert.deepEqual([width, height], [20, 10]);
 * ```
 */
export function fitWithin(image: Image, maxPixels: number): Image {
  if (!isImage(image)) {
    throw new TypeError("Cannot resize: image must be { width, height, data } of (H, W, 3) bytes");
  }
  if (!(maxPixels >= 1)) throw new RangeError(`Cannot resize: maxPixels must be 1 or more, got ${maxPixels}`);
  const { width: W, height: H } = image;
  if (W * H <= maxPixels) return image;
  const scale = Math.sqrt(maxPixels / (W * H));
  // a side of less than one pixel becomes one, and the other then takes what is allowed
  const width = Math.max(1, Math.min(Math.floor(W * scale), Math.floor(maxPixels)));
  const height = Math.max(1, Math.min(Math.floor(H * scale), Math.floor(maxPixels / width)));
  return resizeImage(image, Math.min(width, Math.floor(maxPixels / height)), height);
}

/**
 * Resizes a label map: each new pixel takes the label at its centre.
 *
 * @param labels (H, W) labels.
 * @param width Pixels per row of `labels`.
 * @param height Rows of `labels`.
 * @param newWidth New pixels per row, 1 or more.
 * @param newHeight New rows, 1 or more.
 * @returns (newHeight, newWidth) labels, always a new array. Labels of small regions may be gone when shrinking.
 * @throws {TypeError} The length of `labels` is not `width * height`.
 * @throws {RangeError} A side is not a whole number of 1 or more.
 *
 * @example
 * ```ts
 * import { resizeLabels } from "./resize.ts";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual([...resizeLabels(Int32Array.of(3, 7), 2, 1, 4, 1)], [3, 3, 7, 7]);
 * ```
 */
export function resizeLabels(
  labels: Int32Array,
  width: number,
  height: number,
  newWidth: number,
  newHeight: number,
): Int32Array<ArrayBuffer> {
  checkSides(width, height);
  checkSides(newWidth, newHeight);
  if (labels.length !== width * height) {
    throw new TypeError(`Cannot resize: want ${width} x ${height} labels, got ${labels.length}`);
  }
  const columns = new Int32Array(newWidth);
  // (x + 1/2) W / width, in whole numbers so that no rounding can move a border
  for (let x = 0; x < newWidth; x++) columns[x] = Math.floor(((2 * x + 1) * width) / (2 * newWidth));
  const resized = new Int32Array(newWidth * newHeight);
  for (let y = 0, q = 0; y < newHeight; y++) {
    const row = Math.floor(((2 * y + 1) * height) / (2 * newHeight)) * width;
    for (let x = 0; x < newWidth; x++) resized[q++] = labels[row + columns[x]!]!;
  }
  return resized;
}

function checkSides(width: number, height: number): void {
  if (!(Number.isInteger(width) && Number.isInteger(height) && width > 0 && height > 0)) {
    throw new RangeError(`Cannot resize: sides must be whole numbers of 1 or more, got ${width} x ${height}`);
  }
}

/** For each new pixel of an axis: its first old pixel, and its weights at `offset[i]` to `offset[i + 1]`; they sum to 1. */
interface AxisWeights {
  readonly start: Int32Array;
  readonly offset: Int32Array;
  readonly weight: Float64Array;
}

function axisWeights(from: number, to: number): AxisWeights {
  const scale = from / to;
  const start = new Int32Array(to);
  const offset = new Int32Array(to + 1);
  // an area of `scale` old pixels touches at most two more than it covers; interpolation uses two
  const weight = new Float64Array(to * (Math.ceil(scale) + 2));
  let k = 0;
  for (let i = 0; i < to; i++) {
    if (scale > 1) {
      const left = i * scale;
      const right = Math.min(from, (i + 1) * scale);
      start[i] = Math.floor(left);
      for (let j = start[i]!; j < right; j++) {
        weight[k++] = (Math.min(j + 1, right) - Math.max(j, left)) / (right - left);
      }
    } else {
      const position = Math.min(from - 1, Math.max(0, (i + 0.5) * scale - 0.5));
      start[i] = Math.min(Math.floor(position), Math.max(0, from - 2));
      const fraction = position - start[i]!;
      weight[k++] = 1 - fraction;
      if (from > 1) weight[k++] = fraction;
    }
    offset[i + 1] = k;
  }
  return { start, offset, weight };
}
