/**
 * Label maps made visible: boundaries over the photograph, each region in its mean colour, each label in a colour of
 * its own.
 */
import { type Image, isImage } from "./image.ts";
import { labelPalette, PALETTE_SIZE } from "./palette.ts";

/** Options of {@linkcode overlayBoundaries}. */
export interface OverlayOptions {
  /** Colour of the line, sRGB, 0 to 255 each. @default [255, 255, 0] */
  color?: readonly [r: number, g: number, b: number];
  /** Width of the line in pixels, 1 to 64; 1 suits photographs of up to about 1,000 pixels. @default 1 */
  thickness?: number;
  /**
   * Darkens the pixels along the line, so that it stays visible on ground of its own colour. Turn it off where regions
   * are only some pixels wide. @default true
   */
  rim?: boolean;
}

const RIM = 1;
const LINE = 2;

/**
 * Draws the boundaries between labels over an image: a sharp line with a dark rim.
 *
 * @param image The image.
 * @param labels (H, W) labels of its pixels.
 * @param options Look of the line.
 * @returns A new image.
 * @throws {TypeError} `image` is not an image, or `labels` is not of its size.
 * @throws {RangeError} An option is out of range.
 *
 * @example
 * ```ts
 * import { overlayBoundaries } from "./render.ts";
 * import assert from "node:assert/strict";
 *
 * const image = { width: 3, height: 1, data: new Uint8Array(9).fill(200) };
 * const { data } = overlayBoundaries(image, Int32Array.of(0, 0, 1), { rim: false });
 * assert.deepEqual([...data], [200, 200, 200, 255, 255, 0, 200, 200, 200]);
 * ```
 */
export function overlayBoundaries(image: Image, labels: Int32Array, options: OverlayOptions = {}): Image {
  const { color = [255, 255, 0], thickness = 1, rim = true } = options;
  checkSizes("draw boundaries", image, labels);
  if (color.length !== 3 || !color.every((v) => Number.isInteger(v) && v >= 0 && v <= 255)) {
    throw new RangeError(`Cannot draw boundaries: color must be 3 whole numbers of 0 to 255, got [${color}]`);
  }
  if (!Number.isInteger(thickness) || thickness < 1 || thickness > 64) {
    throw new RangeError(
      `Cannot draw boundaries: thickness must be a whole number of 1 to 64, got ${thickness}`,
    );
  }
  const { width, height } = image;
  const mask = boundaryMask(labels, width, height);
  // a line of two pixels covers both sides of the boundary; an odd one has its middle on the upper left side
  const before = (thickness - 1) >> 1;
  const after = thickness - 1 - before;
  if (rim) widen(mask, width, height, before + 1, after + 1, RIM);
  widen(mask, width, height, before, after, LINE);

  const data = image.data.slice();
  const [r, g, b] = color;
  for (let i = 0, p = 0; i < mask.length; i++, p += 3) {
    if (mask[i]! >= LINE) {
      data[p] = r;
      data[p + 1] = g;
      data[p + 2] = b;
    } else if (mask[i] === RIM) {
      // to half: dark enough to part the line from a white sky, light enough to leave the photograph readable
      data[p] = data[p]! >> 1;
      data[p + 1] = data[p + 1]! >> 1;
      data[p + 2] = data[p + 2]! >> 1;
    }
  }
  return { width, height, data };
}

/**
 * Paints each region in the mean colour of its pixels.
 *
 * @param image The image.
 * @param labels (H, W) labels of its pixels, 0 or more.
 * @returns A new image.
 * @throws {TypeError} `image` is not an image, or `labels` is not of its size.
 * @throws {RangeError} A label is negative or not below the number of pixels.
 *
 * @example
 * ```ts
 * import { meanColorImage } from "./render.ts";
 * import assert from "node:assert/strict";
 *
 * const image = { width: 2, height: 1, data: Uint8Array.of(0, 10, 255, 100, 20, 255) };
 * assert.deepEqual([...meanColorImage(image, Int32Array.of(0, 0)).data], [50, 15, 255, 50, 15, 255]);
 * ```
 */
export function meanColorImage(image: Image, labels: Int32Array): Image {
  checkSizes("paint mean colours", image, labels);
  const { width, height, data } = image;
  let count = 0;
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i]!;
    if (label < 0 || label >= labels.length) {
      throw new RangeError(
        `Cannot paint mean colours: labels must be 0 to ${labels.length - 1}, got ${label}`,
      );
    }
    if (label >= count) count = label + 1;
  }
  const sums = new Float64Array(count * 3);
  const areas = new Int32Array(count);
  for (let i = 0, p = 0; i < labels.length; i++, p += 3) {
    const label = labels[i]!;
    const s = label * 3;
    sums[s] = sums[s]! + data[p]!;
    sums[s + 1] = sums[s + 1]! + data[p + 1]!;
    sums[s + 2] = sums[s + 2]! + data[p + 2]!;
    areas[label] = areas[label]! + 1;
  }
  const means = new Uint8Array(count * 3);
  for (let label = 0, s = 0; label < count; label++) {
    const area = areas[label]! || 1; // a label that no pixel has is asked for by none
    for (const end = s + 3; s < end; s++) means[s] = Math.round(sums[s]! / area);
  }
  return { width, height, data: paint(labels, means, count) };
}

/**
 * Paints each label in a colour of its own, out of {@linkcode labelPalette}; from label 256 on colours repeat.
 *
 * @param labels (H, W) labels, 0 or more.
 * @param width Pixels per row.
 * @param height Rows.
 * @returns A new image.
 * @throws {TypeError} The length of `labels` is not `width * height`.
 * @throws {RangeError} A label is negative.
 *
 * @example
 * ```ts
 * import { colorizeLabels } from "./render.ts";
 * import assert from "node:assert/strict";
 *
 * const { data } = colorizeLabels(Int32Array.of(0, 1), 2, 1);
 * assert.deepEqual([...data], [230, 159, 0, 86, 180, 233]);
 * ```
 */
export function colorizeLabels(labels: Int32Array, width: number, height: number): Image {
  if (
    !(Number.isInteger(width) && Number.isInteger(height) && width > 0 && labels.length === width * height)
  ) {
    throw new TypeError(`Cannot colour labels: want ${width} x ${height} labels, got ${labels.length}`);
  }
  let largest = 0;
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i]!;
    if (label < 0) throw new RangeError(`Cannot colour labels: labels must be 0 or more, got ${label}`);
    if (label > largest) largest = label;
  }
  const count = Math.min(largest + 1, PALETTE_SIZE);
  return { width, height, data: paint(labels, labelPalette(count), count) };
}

function checkSizes(action: string, image: Image, labels: Int32Array): void {
  if (!isImage(image)) {
    throw new TypeError(`Cannot ${action}: image must be { width, height, data } of (H, W, 3) bytes`);
  }
  if (labels.length !== image.width * image.height) {
    throw new TypeError(
      `Cannot ${action}: want ${image.width} x ${image.height} labels as the image has pixels, got ${labels.length}`,
    );
  }
}

/** (H, W, 3) bytes: label l in colour l modulo `count` of `colors`. */
function paint(labels: Int32Array, colors: Uint8Array, count: number): Uint8Array {
  const data = new Uint8Array(labels.length * 3);
  for (let i = 0, q = 0; i < labels.length; i++, q += 3) {
    const c = (labels[i]! % count) * 3;
    data[q] = colors[c]!;
    data[q + 1] = colors[c + 1]!;
    data[q + 2] = colors[c + 2]!;
  }
  return data;
}

/** Marks with BOUNDARY the pixels whose right or lower neighbour has another label. */
function boundaryMask(labels: Int32Array, width: number, height: number): Uint8Array {
  const mask = new Uint8Array(labels.length);
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      const label = labels[i]!;
      if ((x + 1 < width && labels[i + 1] !== label) || (y + 1 < height && labels[i + width] !== label)) {
        mask[i] = BOUNDARY;
      }
    }
  }
  return mask;
}

const BOUNDARY = 3;

/**
 * Raises to `value` all that lies within a square around a boundary pixel: `before` pixels left and above it, `after`
 * right and below.
 */
function widen(
  mask: Uint8Array,
  width: number,
  height: number,
  before: number,
  after: number,
  value: number,
): void {
  if (before + after === 0) return;
  for (let y = 0, i = 0; y < height; y++) {
    const top = Math.max(0, y - before);
    const bottom = Math.min(height - 1, y + after);
    for (let x = 0; x < width; x++, i++) {
      if (mask[i] !== BOUNDARY) continue;
      const left = Math.max(0, x - before);
      const right = Math.min(width - 1, x + after);
      for (let v = top; v <= bottom; v++) {
        for (let p = v * width + left, end = v * width + right; p <= end; p++) {
          if (mask[p]! < value) mask[p] = value;
        }
      }
    }
  }
}
