/**
 * NumPy's .npy files, version 1.0 (NEP 1): how label maps and features leave for other evaluators. Little-endian and in C
 * order, the form that every reader takes.
 */

/** Arrays that can be written. */
export type NpyData = Int32Array | Uint16Array | Float32Array;

/** An array with its shape. */
export interface NpyArray {
  /** Lengths of the axes, slowest first, such as [S, H, W]. */
  readonly shape: readonly number[];
  /** Values in C order. */
  readonly data: NpyData;
}

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0]; // "\x93NUMPY", version 1.0
const WIDTH = { "<i4": 4, "<u2": 2, "<f4": 4 } as const;

/**
 * Writes an array as a .npy file.
 *
 * @param data Values in C order.
 * @param shape Lengths of the axes, slowest first.
 * @returns The file.
 * @throws {TypeError} When the shape does not hold as many values.
 *
 * @example
 * ```ts
 * import { decodeNpy, encodeNpy } from "./npy.ts";
 * import assert from "node:assert/strict";
 *
 * const bytes = encodeNpy(new Uint16Array([1, 2, 3, 4, 5, 6]), [1, 2, 3]);
 * assert.deepEqual(decodeNpy(bytes), { shape: [1, 2, 3], data: new Uint16Array([1, 2, 3, 4, 5, 6]) });
 * ```
 */
export function encodeNpy(data: NpyData, shape: readonly number[]): Uint8Array<ArrayBuffer> {
  const count = shape.reduce((product, length) => product * length, 1);
  if (shape.some((length) => !Number.isInteger(length) || length < 0) || count !== data.length) {
    throw new TypeError(`Cannot write .npy: shape [${shape.join(", ")}] does not hold ${data.length} values`);
  }
  const descr = data instanceof Int32Array ? "<i4" : data instanceof Uint16Array ? "<u2" : "<f4";
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
  const dict = `{'descr': '${descr}', 'fortran_order': False, 'shape': ${tuple}, }`;
  // magic, length and header together fill a multiple of 64, so that the data can be mapped into memory
  const start = Math.ceil((MAGIC.length + 2 + dict.length + 1) / 64) * 64;
  const header = dict.padEnd(start - MAGIC.length - 3) + "\n";

  const width = WIDTH[descr];
  const bytes = new Uint8Array(start + data.length * width);
  const view = new DataView(bytes.buffer);
  bytes.set(MAGIC);
  view.setUint16(MAGIC.length, header.length, true);
  for (let i = 0; i < header.length; i++) bytes[MAGIC.length + 2 + i] = header.charCodeAt(i);
  for (let i = 0, at = start; i < data.length; i++, at += width) {
    if (descr === "<i4") view.setInt32(at, data[i]!, true);
    else if (descr === "<u2") view.setUint16(at, data[i]!, true);
    else view.setFloat32(at, data[i]!, true);
  }
  return bytes;
}

/**
 * Reads a .npy file of one of the kinds that {@linkcode encodeNpy} writes.
 *
 * @param bytes The file.
 * @returns The array.
 * @throws {TypeError} When it is no .npy file, or of another version, type or order, or cut short.
 */
export function decodeNpy(bytes: Uint8Array): NpyArray {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 10 || MAGIC.some((byte, i) => bytes[i] !== byte)) {
    throw new TypeError("Cannot read .npy: want a file of version 1.0");
  }
  const start = 10 + view.getUint16(8, true);
  const header = String.fromCharCode(...bytes.subarray(10, start));
  const descr = /'descr': '(<i4|<u2|<f4)'/.exec(header)?.[1] as keyof typeof WIDTH | undefined;
  const tuple = /'shape': \(([\d, ]*)\)/.exec(header)?.[1];
  if (!descr || tuple === undefined || !header.includes("'fortran_order': False")) {
    throw new TypeError(`Cannot read .npy: want int32, uint16 or float32 in C order, got ${header.trim()}`);
  }
  const shape = tuple.split(",").filter((text) => text.trim() !== "").map(Number);
  const count = shape.reduce((product, length) => product * length, 1);
  if (bytes.length !== start + count * WIDTH[descr]) {
    throw new TypeError(
      `Cannot read .npy: want ${start + count * WIDTH[descr]} bytes, got ${bytes.length}`,
    );
  }
  const data = descr === "<i4"
    ? new Int32Array(count)
    : descr === "<u2"
    ? new Uint16Array(count)
    : new Float32Array(count);
  for (let i = 0, at = start; i < count; i++, at += WIDTH[descr]) {
    data[i] = descr === "<i4"
      ? view.getInt32(at, true)
      : descr === "<u2"
      ? view.getUint16(at, true)
      : view.getFloat32(at, true);
  }
  return { shape, data };
}
