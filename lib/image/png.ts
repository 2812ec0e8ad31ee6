/**
 * PNG files (W3C PNG third edition) of equal bytes for equal pixels: no clock, no metadata, one filter, and a
 * compressor in JavaScript whose version is pinned, where the runtime's own would change with the runtime.
 *
 * Every row is filtered with Up. On photographs that is 30 % smaller and faster than unfiltered rows (229 against
 * 324 KB at 481 x 321, 15 against 28 ms), Paeth gains nothing more, and in label maps it turns repeated rows to zeros.
 */
import { zlibSync } from "fflate";
import { type Image, isImage } from "./image.ts";
import { labelPalette } from "./palette.ts";

const GRAY = 0;
const RGB = 2;
const INDEXED = 3;
const UP = 2;
/** Of 0 to 9: higher levels are slower by more than they are smaller. */
const COMPRESSION_LEVEL = 3;
const SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);

/** Options of {@linkcode encodeLabelPng}. */
export interface LabelPngOptions {
  /**
   * Stores {@linkcode labelPalette} with the labels: viewers show colours, while the stored values stay the labels.
   * For up to 256 labels. @default false
   */
  palette?: boolean;
}

/**
 * Encodes an image as an 8-bit RGB PNG file.
 *
 * @param image The image.
 * @returns The file.
 * @throws {TypeError} `image` is not an image.
 *
 * @example
 * ```ts
 * import { encodePng } from "./png.ts";
 * import { readImageHeader } from "./header.ts";
 * import assert from "node:assert/strict";
 *
 * const file = encodePng({ width: 2, height: 1, data: Uint8Array.of(255, 0, 0, 0, 0, 255) });
 * assert.equal(readImageHeader(file).width, 2);
 * ```
 */
export function encodePng(image: Image): Uint8Array<ArrayBuffer> {
  if (!isImage(image)) {
    throw new TypeError("Cannot encode PNG: image must be { width, height, data } of (H, W, 3) bytes");
  }
  const { width, height, data } = image;
  return encode(width, height, 8, RGB, data, width * 3);
}

/**
 * Encodes a label map as a PNG file whose values are the labels: 8-bit grey up to 256 labels, else 16-bit grey.
 *
 * @param labels (H, W) labels, 0 to 65,535.
 * @param width Pixels per row.
 * @param height Rows.
 * @param options Whether to add a palette.
 * @returns The file.
 * @throws {TypeError} The length of `labels` is not `width * height`.
 * @throws {RangeError} A label is negative or too large: above 65,535, or with a palette above 255.
 *
 * @example
 * ```ts
 * import { encodeLabelPng } from "./png.ts";
 * import assert from "node:assert/strict";
 *
 * const few = encodeLabelPng(Int32Array.of(0, 1, 1, 255), 2, 2);
 * const many = encodeLabelPng(Int32Array.of(0, 1, 1, 256), 2, 2);
 * assert.equal(few[24], 8); // bits per value
 * assert.equal(many[24], 16);
 * ```
 */
export function encodeLabelPng(
  labels: Int32Array,
  width: number,
  height: number,
  options: LabelPngOptions = {},
): Uint8Array<ArrayBuffer> {
  const { palette = false } = options;
  checkShape(labels.length, width, height);
  let largest = 0;
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i]!;
    if (label < 0) throw new RangeError(`Cannot encode PNG: labels must be 0 or more, got ${label}`);
    if (label > largest) largest = label;
  }
  const limit = palette ? 255 : 65535;
  if (largest > limit) {
    const kind = palette ? "with a palette" : "of 16 bits";
    throw new RangeError(`Cannot encode PNG: labels ${kind} go up to ${limit}, got ${largest}`);
  }
  if (largest > 255) return encodeGray16(labels, width, height);
  const colors = palette ? labelPalette(largest + 1) : null;
  return encode(width, height, 8, colors === null ? GRAY : INDEXED, Uint8Array.from(labels), width, colors);
}

/**
 * Encodes grey values as a PNG file, for soundness maps and the like: bytes as 8-bit, `Uint16Array` as 16-bit.
 *
 * @param gray (H, W) values.
 * @param width Pixels per row.
 * @param height Rows.
 * @returns The file.
 * @throws {TypeError} The length of `gray` is not `width * height`.
 *
 * @example
 * ```ts
 * import { encodeGrayPng } from "./png.ts";
 * import { decodeImage } from "./decode.ts";
 * import assert from "node:assert/strict";
 *
 * const { data } = await decodeImage(encodeGrayPng(Uint8Array.of(0, 128), 2, 1));
 * assert.deepEqual([...data], [0, 0, 0, 128, 128, 128]);
 * ```
 */
export function encodeGrayPng(
  gray: Uint8Array | Uint16Array,
  width: number,
  height: number,
): Uint8Array<ArrayBuffer> {
  checkShape(gray.length, width, height);
  if (gray instanceof Uint16Array) return encodeGray16(gray, width, height);
  return encode(width, height, 8, GRAY, gray, width);
}

function checkShape(length: number, width: number, height: number): void {
  if (
    !(Number.isInteger(width) && Number.isInteger(height) && width > 0 && height > 0 &&
      length === width * height)
  ) {
    throw new TypeError(`Cannot encode PNG: want ${width} x ${height} values, got ${length}`);
  }
}

function encodeGray16(
  values: Uint16Array | Int32Array,
  width: number,
  height: number,
): Uint8Array<ArrayBuffer> {
  const bigEndian = new Uint8Array(values.length * 2);
  for (let i = 0, q = 0; i < values.length; i++, q += 2) {
    bigEndian[q] = values[i]! >> 8;
    bigEndian[q + 1] = values[i]!;
  }
  return encode(width, height, 16, GRAY, bigEndian, width * 2);
}

/** `data` holds the rows, `rowBytes` each; `palette` the colours of an indexed image, 3 bytes each. */
function encode(
  width: number,
  height: number,
  depth: number,
  colorType: number,
  data: Uint8Array,
  rowBytes: number,
  palette: Uint8Array | null = null,
): Uint8Array<ArrayBuffer> {
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header[8] = depth;
  header[9] = colorType;
  const body = zlibSync(filterUp(data, rowBytes, height), { level: COMPRESSION_LEVEL });
  const chunks = [SIGNATURE, chunk("IHDR", header)];
  if (palette !== null) chunks.push(chunk("PLTE", palette));
  chunks.push(chunk("IDAT", body), chunk("IEND", new Uint8Array(0)));

  const file = new Uint8Array(chunks.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of chunks) {
    file.set(part, offset);
    offset += part.length;
  }
  return file;
}

/** Each row as its difference to the row above, modulo 256, behind a byte that names the filter. */
function filterUp(data: Uint8Array, rowBytes: number, height: number): Uint8Array {
  const filtered = new Uint8Array((rowBytes + 1) * height);
  filtered[0] = UP;
  filtered.set(data.subarray(0, rowBytes), 1); // above the first row lie zeros
  for (let y = 1, p = rowBytes, q = rowBytes + 1; y < height; y++) {
    filtered[q++] = UP;
    for (const end = p + rowBytes; p < end; p++, q++) filtered[q] = data[p]! - data[p - rowBytes]!;
  }
  return filtered;
}

function chunk(name: string, content: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(content.length + 12);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, content.length);
  for (let i = 0; i < 4; i++) bytes[4 + i] = name.charCodeAt(i);
  bytes.set(content, 8);
  view.setUint32(content.length + 8, crc32(bytes.subarray(4, content.length + 8)));
  return bytes;
}

/** CRC-32 of ISO 3309, a byte at a time. */
function crc32(bytes: Uint8Array): number {
  let crc = -1;
  for (let i = 0; i < bytes.length; i++) crc = CRC_TABLE[(crc ^ bytes[i]!) & 255]! ^ (crc >>> 8);
  return ~crc >>> 0;
}

const CRC_TABLE = new Int32Array(256);
for (let i = 0; i < 256; i++) {
  let crc = i;
  for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  CRC_TABLE[i] = crc;
}
