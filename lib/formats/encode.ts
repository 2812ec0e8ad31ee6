/**
 * A segmentation in any of the forms of {@linkcode FORMATS}.
 */
import { OptionError } from "../errors.ts";
import { encodeLabelPng, encodePng } from "../image/png.ts";
import { colorizeLabels, meanColorImage, overlayBoundaries } from "../image/render.ts";
import { encodeNpy } from "../npy.ts";
import type { SegmentationData } from "../segmentation.ts";
import { cocoFile } from "./coco.ts";
import { geoJson } from "./geojson.ts";
import { boundariesPng, hierarchyJson } from "./hierarchy.ts";
import { regionsJson } from "./regions_json.ts";
import { regionsSvg } from "./svg.ts";
import { FORMAT_NAMES, type FormatName, formatsOf, isFormatName } from "./table.ts";

/** Options of {@linkcode encodeFormat}. */
export interface FormatOptions {
  /** Members to put first in regions.json, for example an identifier. */
  readonly members?: Readonly<Record<string, unknown>>;
}

// a line of one pixel is lost where an image of this size is shown whole
const THICK_LINE_PIXELS = 1_500_000;

type Encoder = (segmentation: SegmentationData, options: FormatOptions) => string | Uint8Array<ArrayBuffer>;

const ENCODERS: Readonly<Record<FormatName, Encoder>> = {
  "regions.json": (segmentation, { members }) => regionsJson(segmentation, members),
  "labels.png": ({ labels, width, height }) => encodeLabelPng(labels, width, height),
  "overlay.png": ({ image, labels }) =>
    encodePng(overlayBoundaries(image, labels, { thickness: labels.length > THICK_LINE_PIXELS ? 2 : 1 })),
  "mean.png": ({ image, labels }) => encodePng(meanColorImage(image, labels)),
  "colors.png": ({ labels, width, height }) => encodePng(colorizeLabels(labels, width, height)),
  "superpixels.png": ({ superpixels, width, height }) => encodeLabelPng(superpixels, width, height),
  "image.png": ({ image }) => encodePng(image),
  "smoothed.png": ({ smoothed }) => encodePng(smoothed),
  "coco.json": (segmentation) => JSON.stringify(cocoFile(segmentation)),
  "regions.geojson": (segmentation) => JSON.stringify(geoJson(segmentation)),
  "regions.svg": (segmentation) => regionsSvg(segmentation),
  "labels.npy": ({ labels, width, height }) => encodeNpy(labels, [height, width]),
  "hierarchy.json": (segmentation) => JSON.stringify(hierarchyJson(segmentation)),
  "boundaries.png": (segmentation) => boundariesPng(segmentation),
};

/**
 * Encodes a segmentation. Equal segmentations give equal bytes.
 *
 * @param segmentation The segmentation.
 * @param format A name of the table, such as `labels.png`.
 * @returns The file.
 * @throws {RangeError} if the format is not known or cannot hold the segmentation.
 * @throws {OptionError} if the segmentation has no hierarchy and the format needs one.
 */
export function encodeFormat(
  segmentation: SegmentationData,
  format: FormatName,
  options: FormatOptions = {},
): Uint8Array<ArrayBuffer> {
  if (!isFormatName(format)) {
    throw new RangeError(`Cannot encode segmentation: want one of ${FORMAT_NAMES.join(", ")}, got ${format}`);
  }
  const has = formatsOf(segmentation);
  if (!has.includes(format)) {
    const { method } = segmentation.settings;
    throw new OptionError(
      "invalid_option",
      "format",
      format,
      `one that method ${method} has: ${has.join(", ")}`,
    );
  }
  const file = ENCODERS[format](segmentation, options);
  return typeof file === "string" ? new TextEncoder().encode(file) : file;
}
