/**
 * Deep Superpixel Cut: segments images into regions, without labels.
 *
 * @example
 * ```ts
 * import { encodeFormat, segment } from "./mod.ts";
 * import assert from "node:assert/strict";
 *
 * // left half red, right half blue; the bytes of a PNG, JPEG or GIF file do as well
 * const data = new Uint8Array(32 * 24 * 3).map((_, i) => [i % 96 < 48 ? 220 : 20, 30, i % 96 < 48 ? 20 : 220][i % 3]!);
 * const result = await segment({ width: 32, height: 24, data }, { partitions: 2, superpixels: 24 });
 * assert.notEqual(result.labels[0], result.labels[31]);
 * assert.equal(encodeFormat(result, "labels.png").slice(1, 4).join(), "80,78,71"); // P, N, G
 * ```
 *
 * @module
 */
export { segment, type SegmentOptions } from "./segment.ts";
export { Segmentation, type SegmentationData } from "./segmentation.ts";
export { Hierarchy, type HierarchyParts, type Scale } from "./hierarchy/tree.ts";
export type { ContourMap } from "./metrics/contour_map.ts";
export type { MergeTree } from "./metrics/label_map.ts";
export type { Region } from "./regions.ts";
export type { LossPoint } from "./dsc/mod.ts";
export type { Image } from "./image/mod.ts";
export type { SuperAEWeights } from "./superae/mod.ts";
export type { OnProgress, Progress, Stage } from "./progress.ts";
export {
  type BackendChoice,
  type BackendName,
  type ChoiceOption,
  type Method,
  type NumberOption,
  type OptionName,
  type Reach,
  type ResolvedSettings,
  SEGMENT_OPTIONS,
  type SegmentSettings,
  type SuperpixelMethod,
} from "./options.ts";
export { parseSettings } from "./settings.ts";
export {
  encodeFormat,
  FORMAT_NAMES,
  type FormatInfo,
  type FormatName,
  type FormatOptions,
  FORMATS,
} from "./formats/mod.ts";
export {
  BackendError,
  type BackendErrorCode,
  ImageDecodeError,
  type ImageDecodeErrorCode,
  LimitError,
  type LimitErrorCode,
  OptionError,
  type OptionErrorCode,
} from "./errors.ts";
export { MODEL_VERSION, VERSION } from "./version.ts";
