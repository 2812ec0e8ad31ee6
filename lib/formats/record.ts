/**
 * A segmentation as one block of bytes, to be kept or sent whole: what a store holds, whatever the store is. Made to be
 * small and quick, not for exchange; the other formats are for that.
 *
 * Label maps are kept as runs where that is shorter, the image as the file it came from where there is one, and what was
 * smoothed as PNG where it is large: at 12 megapixels 120 MB of planes become a few.
 *
 * Layout: "DSC1"; length of the header in bytes, 32 bit little-endian; the header, JSON; the planes that it lists, each
 * aligned to 4 bytes, little-endian (as is every machine that runs Deno).
 */
import { decodeImage } from "../image/decode.ts";
import { encodePng } from "../image/png.ts";
import type { Image } from "../image/image.ts";
import type { SegmentationData } from "../segmentation.ts";
import { decodeRuns, encodeRuns } from "./regions_json.ts";

const MAGIC = 0x31435344; // "DSC1"
/** Below, compressing what was smoothed takes longer than it is worth. */
const COMPRESS_PIXELS = 1_000_000;

type PlaneData = Uint8Array | Uint16Array | Int32Array | Float64Array;
type PlaneType = "u8" | "u16" | "i32" | "f64";

interface Plane {
  readonly name: string;
  readonly type: PlaneType;
  readonly length: number;
}

/**
 * Packs a segmentation. Timings are left out, so that equal segmentations give equal bytes.
 *
 * @param segmentation The segmentation.
 * @param file The image file it was made of, which is kept instead of the pixels.
 * @returns The record.
 */
export function encodeRecord(segmentation: SegmentationData, file?: Uint8Array): Uint8Array<ArrayBuffer> {
  const { labels, superpixels, image, smoothed, merges, timings: _, ...rest } = segmentation;
  const planes: [string, PlaneData][] = [
    packMap("labels", labels, segmentation.regions.length),
    packMap("superpixels", superpixels, segmentation.superpixelCount),
    file ? ["imageFile", file] : ["image", image.data],
    labels.length > COMPRESS_PIXELS ? ["smoothedFile", encodePng(smoothed)] : ["smoothed", smoothed.data],
  ];
  if (merges) {
    planes.push(
      ["mergeA", merges.a],
      ["mergeB", merges.b],
      ["mergeHeight", new Float64Array(merges.height)],
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
 * @param record The record; may be a view into a larger buffer.
 * @param options `smoothed: false` spares the decoding of what was smoothed and leaves it black.
 * @returns The segmentation.
 * @throws {RangeError} if the bytes are not such a record.
 */
export async function decodeRecord(
  record: Uint8Array<ArrayBuffer>,
  options: { smoothed?: boolean } = {},
): Promise<SegmentationData> {
  const { smoothed: wantsSmoothed = true } = options;
  const view = new DataView(record.buffer, record.byteOffset, record.byteLength);
  if (record.length < 8 || view.getUint32(0, true) !== MAGIC) {
    throw new RangeError("Cannot read record: want bytes that begin with DSC1");
  }
  const end = 8 + view.getUint32(4, true);
  const { planes, ...rest } = JSON.parse(new TextDecoder().decode(record.subarray(8, end)));
  const data = readPlanes(record, align(end), planes);
  const { width, height } = rest;
  const merges = data.has("mergeHeight")
    ? { a: data.get("mergeA"), b: data.get("mergeB"), height: data.get("mergeHeight") }
    : undefined;
  return {
    ...rest,
    labels: unpackMap("labels", data, width * height),
    superpixels: unpackMap("superpixels", data, width * height),
    ...(merges && { merges }),
    image: await unpackImage("image", data, width, height),
    smoothed: wantsSmoothed || data.has("smoothed")
      ? await unpackImage("smoothed", data, width, height)
      : { width, height, data: new Uint8Array(width * height * 3) },
    timings: {},
  };
}

function readPlanes(
  record: Uint8Array<ArrayBuffer>,
  start: number,
  planes: readonly Plane[],
): Map<string, PlaneData> {
  const data = new Map<string, PlaneData>();
  let offset = start;
  for (const { name, type, length } of planes) {
    const bytes = length * { u8: 1, u16: 2, i32: 4, f64: 8 }[type];
    if (offset + bytes > record.length) throw new RangeError(`Cannot read record: it ends within ${name}`);
    const copy = record.slice(offset, offset + bytes).buffer; // aligned, whatever the view it came in
    data.set(name, new { u8: Uint8Array, u16: Uint16Array, i32: Int32Array, f64: Float64Array }[type](copy));
    offset = align(offset + bytes);
  }
  return data;
}

/** As runs, or as it is where that is shorter: superpixels of a few pixels each. */
function packMap(name: string, labels: Int32Array, count: number): [string, PlaneData] {
  const plain = count <= 65536 ? new Uint16Array(labels) : labels;
  const runs = new Int32Array(encodeRuns(labels));
  return runs.byteLength < plain.byteLength ? [`${name}Runs`, runs] : [name, plain];
}

function unpackMap(name: string, data: ReadonlyMap<string, PlaneData>, size: number): Int32Array {
  const runs = data.get(`${name}Runs`);
  return runs ? decodeRuns(runs, size) : new Int32Array(data.get(name)!);
}

async function unpackImage(
  name: string,
  data: ReadonlyMap<string, PlaneData>,
  width: number,
  height: number,
): Promise<Image> {
  const file = data.get(`${name}File`) as Uint8Array | undefined;
  // it was decoded before, so its size is known to be right
  if (file) return await decodeImage(file, { maxPixels: width * height });
  return { width, height, data: data.get(name) as Uint8Array };
}

function typeOf(data: PlaneData): PlaneType {
  if (data instanceof Uint8Array) return "u8";
  if (data instanceof Uint16Array) return "u16";
  return data instanceof Int32Array ? "i32" : "f64";
}

function align(offset: number): number {
  return (offset + 3) & ~3;
}
