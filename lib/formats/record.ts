/**
 * A segmentation as one block of bytes, to be kept or sent whole: what a store holds, whatever the store is. Made for
 * speed and not for exchange; the other formats are for that.
 *
 * Layout: "DSC1"; length of the header in bytes, 32 bit little-endian; the header, JSON; the planes that it lists, each
 * aligned to 4 bytes, little-endian (as is every machine that runs Deno).
 */
import type { SegmentationData } from "../segmentation.ts";

const MAGIC = 0x31435344; // "DSC1"

interface Plane {
  readonly name: "labels" | "superpixels" | "image" | "smoothed" | "mergeA" | "mergeB" | "mergeHeight";
  readonly type: "u8" | "u16" | "i32" | "f64";
  readonly length: number;
}

/**
 * Packs a segmentation. Timings are left out, so that equal segmentations give equal bytes.
 *
 * @returns About 10 bytes a pixel.
 */
export function encodeRecord(segmentation: SegmentationData): Uint8Array<ArrayBuffer> {
  const { labels, superpixels, image, smoothed, merges, timings: _, ...rest } = segmentation;
  const planes: [Plane["name"], Uint8Array | Uint16Array | Int32Array | Float64Array][] = [
    ["labels", narrow(labels, segmentation.regions.length)],
    ["superpixels", narrow(superpixels, segmentation.superpixelCount)],
    ["image", image.data],
    ["smoothed", smoothed.data],
  ];
  if (merges) {
    planes.push(
      ["mergeA", Int32Array.from(merges.a)],
      ["mergeB", Int32Array.from(merges.b)],
      ["mergeHeight", Float64Array.from(merges.height)],
    );
  }
  const list: Plane[] = planes.map(([name, data]) => ({ name, type: typeOf(data), length: data.length }));
  const header = new TextEncoder().encode(JSON.stringify({ ...rest, planes: list }));
  let size = align(8 + header.length);
  for (const [, data] of planes) size = align(size + data.byteLength);

  const record = new Uint8Array(size);
  const view = new DataView(record.buffer);
  view.setUint32(0, MAGIC, true);
  view.setUint32(4, header.length, true);
  record.set(header, 8);
  let offset = align(8 + header.length);
  for (const [, data] of planes) {
    record.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), offset);
    offset = align(offset + data.byteLength);
  }
  return record;
}

/**
 * Unpacks what {@linkcode encodeRecord} packed. Its `timings` are empty.
 *
 * @throws {RangeError} if the bytes are not such a record.
 */
export function decodeRecord(record: Uint8Array<ArrayBuffer>): SegmentationData {
  const view = new DataView(record.buffer, record.byteOffset, record.byteLength);
  if (record.length < 8 || view.getUint32(0, true) !== MAGIC) {
    throw new RangeError("Cannot read record: want bytes that begin with DSC1");
  }
  const end = 8 + view.getUint32(4, true);
  const { planes, ...rest } = JSON.parse(new TextDecoder().decode(record.subarray(8, end)));
  const maps: Partial<Record<Plane["name"], Int32Array>> = {};
  const images: Partial<Record<Plane["name"], Uint8Array>> = {};
  let heights: Float64Array | undefined;
  let offset = align(end);
  for (const { name, type, length } of planes as Plane[]) {
    const bytes = length * { u8: 1, u16: 2, i32: 4, f64: 8 }[type];
    if (offset + bytes > record.length) throw new RangeError(`Cannot read record: it ends within ${name}`);
    const copy = record.slice(offset, offset + bytes).buffer; // aligned, whatever the view it came in
    if (type === "u8") images[name] = new Uint8Array(copy);
    else if (type === "f64") heights = new Float64Array(copy);
    else maps[name] = type === "u16" ? Int32Array.from(new Uint16Array(copy)) : new Int32Array(copy);
    offset = align(offset + bytes);
  }
  const { width, height } = rest;
  return {
    ...rest,
    labels: maps.labels,
    superpixels: maps.superpixels,
    ...(heights && { merges: { a: maps.mergeA, b: maps.mergeB, height: heights } }),
    image: { width, height, data: images.image },
    smoothed: { width, height, data: images.smoothed },
    timings: {},
  };
}

function narrow(labels: Int32Array, count: number): Uint16Array | Int32Array {
  return count <= 65536 ? Uint16Array.from(labels) : labels;
}

function typeOf(data: Uint8Array | Uint16Array | Int32Array | Float64Array): Plane["type"] {
  if (data instanceof Uint8Array) return "u8";
  if (data instanceof Uint16Array) return "u16";
  return data instanceof Int32Array ? "i32" : "f64";
}

function align(offset: number): number {
  return (offset + 3) & ~3;
}
