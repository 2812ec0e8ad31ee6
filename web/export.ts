/**
 * Files of a segmentation made in the page: what was edited by hand, or never was on the service. Loaded when the first
 * such file is asked for, since it holds every encoder.
 */
import { encodeFormat } from "../lib/formats/encode.ts";
import type { FormatName } from "../lib/formats/table.ts";
import { encodeGrayPng } from "../lib/image/png.ts";
import type { Image } from "../lib/image/image.ts";
import { regionTable } from "../lib/regions.ts";
import { parseSettings } from "../lib/settings.ts";
import type { Merges } from "./model/merge_tree.ts";

/** What is written into files. */
export interface Exported {
  readonly width: number;
  readonly height: number;
  /** (H, W) labels, 0 to M - 1, each region connected. */
  readonly labels: Int32Array;
  readonly superpixels: Int32Array;
  readonly superpixelCount: number;
  readonly merges?: Merges;
  /** (H, W, 4) the picture. */
  readonly rgba: Uint8ClampedArray;
  /** (H, W, 4) the smoothed picture, where there is one. */
  readonly smoothed?: Uint8ClampedArray;
  readonly settings: Readonly<Record<string, string | number>>;
}

/** Encodes one file with the library's own encoders: the bytes are those that the service would send. */
export function encode(exported: Exported, format: FormatName): Uint8Array<ArrayBuffer> {
  const { width, height, labels, superpixels, superpixelCount, merges, settings } = exported;
  const image = withoutAlpha(exported.rgba, width, height);
  return encodeFormat({
    width,
    height,
    labels,
    regions: regionTable(image, labels),
    superpixels,
    superpixelCount,
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

/** A mask: white where the label is one of these, black elsewhere. */
export function encodeMask(
  labels: Int32Array,
  selected: ReadonlySet<number>,
  width: number,
  height: number,
): Uint8Array<ArrayBuffer> {
  const gray = new Uint8Array(labels.length);
  for (let p = 0; p < gray.length; p++) if (selected.has(labels[p]!)) gray[p] = 255;
  return encodeGrayPng(gray, width, height);
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
