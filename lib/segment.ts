import type { Image } from "./image/image.ts";
import type { SegmentSettings } from "./options.ts";
import type { OnProgress } from "./progress.ts";

/** Options of `segment()`: the settings plus what cannot travel. */
export interface SegmentOptions extends SegmentSettings {
  /** Refuses larger images before decoding them. @default 25_000_000 */
  maxPixels?: number;
  /** Stops the work; the promise rejects with the signal's reason. */
  signal?: AbortSignal;
  /** Receives progress. */
  onProgress?: OnProgress;
}

/** A connected region of the label map. */
export interface Region {
  readonly label: number;
  readonly area: number;
  /** Smallest box that holds the region: left, top, width, height in pixels. */
  readonly bbox: readonly [x: number, y: number, width: number, height: number];
  /** Mean position of the region's pixels, in pixels from the centre of the top left one. */
  readonly centroid: readonly [x: number, y: number];
  /** Mean sRGB colour, 0 to 255 each, rounded. */
  readonly color: readonly [r: number, g: number, b: number];
  /** Labels that share a boundary edge, ascending. */
  readonly neighbors: readonly number[];
}

/** Losses after one iteration of the cut. */
export interface LossPoint {
  readonly iteration: number;
  readonly total: number;
  readonly pseudoLabel: number;
  readonly cut: number;
}

/** What `segment()` returns. */
export interface Segmentation {
  readonly width: number;
  readonly height: number;
  /** (H, W) region of each pixel, 0 to `regions.length - 1`, each region 4-connected. */
  readonly labels: Int32Array;
  readonly regions: readonly Region[];
  /** (H, W) superpixel of each pixel, 0 to M - 1. */
  readonly superpixels: Int32Array;
  readonly superpixelCount: number;
  /** x^R, the image as SuperAE smoothed it. */
  readonly smoothed: Image;
  /** One point per iteration of the cut; empty for methods without one. */
  readonly losses: readonly LossPoint[];
  /** Milliseconds by stage, and `total`. */
  readonly timings: Readonly<Record<string, number>>;
  readonly backend: string;
}

export declare function segment(image: Image | Uint8Array, options?: SegmentOptions): Promise<Segmentation>;
