/**
 * Makes what the page needs of its sample photographs: a small square of each and, of the first, what the library finds in
 * it, so that the page opens with a picture that is already cut. Run by `deno task build:samples` whenever results change,
 * and `deno task build:web` after it, whose service worker names the files by their content; all is committed.
 */
import { Image as Encoder, type JPEGQuality } from "imagescript/ImageScript.js";
import { type HierarchyJson, hierarchyJson } from "../lib/formats/hierarchy.ts";
import { decodeImage, type Image, resizeImage } from "../lib/image/mod.ts";
import { segment } from "../lib/segment.ts";
import { DERIVED, SAMPLES } from "../web/sample_list.ts";

/** Sides of the small squares: shown at up to 120 pixels, on screens with up to two pixels for each. */
const THUMB = 224;
/** JPEG quality of the small squares, and of the smoothed picture, which has little to lose. */
const THUMB_QUALITY = 82, SMOOTHED_QUALITY = 88;

const folder = new URL("../web/static/samples/", import.meta.url);

if (import.meta.main) {
  for (const { name } of Deno.readDirSync(folder)) {
    if (/\.(thumb|smoothed)\.jpg$|\.hierarchy\.json$/.test(name)) await Deno.remove(new URL(name, folder));
  }
  for (const [i, { name }] of SAMPLES.entries()) {
    const photo = await Deno.readFile(new URL(`${name}.jpg`, folder));
    const square = resizeImage(middleSquare(await decodeImage(photo)), THUMB, THUMB);
    await Deno.writeFile(new URL(DERIVED.thumb(name), folder), await encodeJpeg(square, THUMB_QUALITY));
    if (i > 0) continue;
    const result = await segment(photo);
    const hierarchy = JSON.stringify(shortened(hierarchyJson(result)));
    await Deno.writeTextFile(new URL(DERIVED.hierarchy(name), folder), hierarchy);
    const smoothed = await encodeJpeg(result.smoothed, SMOOTHED_QUALITY);
    await Deno.writeFile(new URL(DERIVED.smoothed(name), folder), smoothed);
  }
}

/** The hierarchy in fewer letters: heights have only the digits that tell one single-precision number from the next. */
export function shortened(hierarchy: HierarchyJson): HierarchyJson {
  const { a, b, height } = hierarchy.merges;
  return { ...hierarchy, merges: { a, b, height: height.map(fewestDigits) } };
}

function fewestDigits(value: number): number {
  for (let digits = 1; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === Math.fround(value)) return short;
  }
  return value;
}

/** The largest square around the middle. */
function middleSquare({ width, height, data }: Image): Image {
  const side = Math.min(width, height);
  const left = Math.floor((width - side) / 2), top = Math.floor((height - side) / 2);
  const out = new Uint8Array(3 * side * side);
  for (let y = 0; y < side; y++) {
    const from = 3 * ((top + y) * width + left);
    out.set(data.subarray(from, from + 3 * side), 3 * side * y);
  }
  return { width: side, height: side, data: out };
}

async function encodeJpeg({ width, height, data }: Image, quality: JPEGQuality): Promise<Uint8Array> {
  const encoder = new Encoder(width, height);
  for (let p = 0, q = 0; q < data.length; p += 4, q += 3) {
    encoder.bitmap.set(data.subarray(q, q + 3), p);
    encoder.bitmap[p + 3] = 255;
  }
  return await encoder.encodeJPEG(quality);
}
