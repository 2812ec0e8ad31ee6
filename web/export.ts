/**
 * The worker that makes files of a segmentation in the page: what was edited by hand, or never was on the service. It
 * starts when the first such file is asked for, since it holds every encoder, and leaves the page free to move meanwhile:
 * a picture of 12 megapixels takes seconds.
 */
import { encodeFormat } from "../lib/formats/encode.ts";
import { encodeGrayPng } from "../lib/image/png.ts";
import type { Image } from "../lib/image/image.ts";
import { regionTable } from "../lib/regions.ts";
import { parseSettings } from "../lib/settings.ts";
import { type JobOutcome, serveJobs } from "../workers/serve_jobs.ts";
import type { CutParts, Exported, ExportProtocol } from "./export_protocol.ts";

/** What a picture this large needs of memory is given back by ending the worker. */
const RETIRE_PIXELS = 4_000_000;

serveJobs<ExportProtocol>({
  file: (job) => Promise.resolve(outcomeOf(job, encode(job))),

  mask(job) {
    const { superpixels, width, height } = job;
    const isSelected = selectedSuperpixels(job);
    const gray = new Uint8Array(superpixels.length);
    for (let p = 0; p < gray.length; p++) gray[p] = isSelected[superpixels[p]!]!;
    return Promise.resolve(outcomeOf(job, encodeGrayPng(gray, width, height)));
  },

  async cutOut(job) {
    const { superpixels, width, height, rgba } = job;
    const isSelected = selectedSuperpixels(job);
    for (let p = 0; p < superpixels.length; p++) rgba[4 * p + 3] = isSelected[superpixels[p]!]!;
    const canvas = new OffscreenCanvas(width, height);
    canvas.getContext("2d")!.putImageData(new ImageData(rgba as ImageDataArray, width, height), 0, 0);
    const file = await canvas.convertToBlob({ type: "image/png" });
    return outcomeOf(job, new Uint8Array(await file.arrayBuffer()));
  },
});

function outcomeOf(
  { width, height }: CutParts,
  file: Uint8Array<ArrayBuffer>,
): JobOutcome<Uint8Array<ArrayBuffer>> {
  return { result: file, transfer: [file.buffer], retire: width * height > RETIRE_PIXELS };
}

function encode(exported: Exported): Uint8Array<ArrayBuffer> {
  const { width, height, superpixels, regionOf, merges, settings, format } = exported;
  const labels = superpixels.map((j) => regionOf[j]!);
  const image = withoutAlpha(exported.rgba, width, height);
  return encodeFormat({
    width,
    height,
    labels,
    regions: regionTable(image, labels),
    superpixels,
    superpixelCount: regionOf.length,
    ...(merges && {
      merges: {
        a: Int32Array.from(merges.a),
        b: Int32Array.from(merges.b),
        height: Float32Array.from(merges.height),
      },
    }),
    image,
    smoothed: exported.smoothed ? withoutAlpha(exported.smoothed, width, height) : image,
    losses: [],
    timings: {},
    backend: "wasm",
    settings: parseSettings(settings),
  }, format);
}

/** (M) 255 for superpixels of selected regions, 0 for others. */
function selectedSuperpixels({ regionOf, selected }: ExportProtocol["mask"]["job"]): Uint8Array {
  const chosen = new Set(selected);
  return Uint8Array.from(regionOf, (region) => chosen.has(region) ? 255 : 0);
}

function withoutAlpha(rgba: Uint8ClampedArray, width: number, height: number): Image {
  const data = new Uint8Array(width * height * 3);
  for (let p = 0, q = 0; q < data.length; p += 4, q += 3) {
    data[q] = rgba[p]!;
    data[q + 1] = rgba[p + 1]!;
    data[q + 2] = rgba[p + 2]!;
  }
  return { width, height, data };
}
