/**
 * What `segment()` returns: the maps and tables of one image, and, from methods that make a hierarchy, every other scale
 * of it in milliseconds.
 */
import type { LossPoint } from "./dsc/mod.ts";
import { Hierarchy, type Scale } from "./hierarchy/tree.ts";
import type { Image } from "./image/image.ts";
import type { ContourMap } from "./metrics/contour_map.ts";
import type { ResolvedSettings } from "./options.ts";
import { type Region, regionTable } from "./regions.ts";
import type { MergeTree } from "./metrics/label_map.ts";

/** A segmentation as plain data. Maps are (H, W), row by row. */
export interface SegmentationData {
  /** Pixels per row. */
  readonly width: number;
  /** Rows. */
  readonly height: number;
  /** Region of each pixel, 0 to `regions.length - 1`; each region is 4-connected. */
  readonly labels: Int32Array;
  /** Area, box, centroid, mean colour and neighbours of each region. */
  readonly regions: readonly Region[];
  /** Superpixel of each pixel, 0 to `superpixelCount - 1`. */
  readonly superpixels: Int32Array;
  /** M, how many superpixels there are. */
  readonly superpixelCount: number;
  /** The order and heights at which superpixels merge; absent for methods without a hierarchy. */
  readonly merges?: MergeTree;
  /** The image that was segmented: decoded, upright, opaque. */
  readonly image: Image;
  /** x^R, the image as SuperAE smoothed it. */
  readonly smoothed: Image;
  /** One point per iteration of the cut; empty for methods without one. */
  readonly losses: readonly LossPoint[];
  /** Milliseconds by stage, and their `total`. */
  readonly timings: Readonly<Record<string, number>>;
  /** Where the tensors were: wasm, webgpu or cpu. */
  readonly backend: string;
  /** Every setting, as used. */
  readonly settings: ResolvedSettings;
}

/**
 * A segmentation that can be cut again.
 *
 * @example
 * ```ts
 * import { segment } from "./segment.ts";
 * import assert from "node:assert/strict";
 *
 * // four grey stripes
 * const image = { width: 64, height: 48, data: new Uint8Array(64 * 48 * 3).map((_, i) => 60 * (i % 192 / 48 | 0)) };
 * const result = await segment(image);
 * assert.equal(result.at({ regions: 2 }).regions.length, 2);
 * ```
 */
export class Segmentation implements SegmentationData {
  readonly width: number;
  readonly height: number;
  readonly labels: Int32Array;
  readonly regions: readonly Region[];
  readonly superpixels: Int32Array;
  readonly superpixelCount: number;
  declare readonly merges?: MergeTree;
  readonly image: Image;
  readonly smoothed: Image;
  readonly losses: readonly LossPoint[];
  readonly timings: Readonly<Record<string, number>>;
  readonly backend: string;
  readonly settings: ResolvedSettings;
  #hierarchy: Hierarchy | undefined;

  /** Wraps data, as it came from a worker or a store. */
  constructor(data: SegmentationData) {
    this.width = data.width;
    this.height = data.height;
    this.labels = data.labels;
    this.regions = data.regions;
    this.superpixels = data.superpixels;
    this.superpixelCount = data.superpixelCount;
    if (data.merges) this.merges = data.merges;
    this.image = data.image;
    this.smoothed = data.smoothed;
    this.losses = data.losses;
    this.timings = data.timings;
    this.backend = data.backend;
    this.settings = data.settings;
  }

  /** Every scale at once; indexed when first asked for. @throws {RangeError} If the method made no hierarchy. */
  get hierarchy(): Hierarchy {
    if (!this.merges) {
      throw new RangeError(
        `Cannot cut segmentation again: method ${this.settings.method} makes no hierarchy, want method dsc`,
      );
    }
    const { width, height, superpixels, superpixelCount: count, merges } = this;
    return this.#hierarchy ??= new Hierarchy({ width, height, superpixels, count, merges });
  }

  /**
   * The same image at another scale, in milliseconds.
   *
   * @param scale `{ regions }`: as many regions, or the number of superpixels if that is less. `{ threshold }`: all merges
   * of at most this height are made. Nothing: the default cut.
   * @returns A segmentation whose labels and regions are those of that scale; all else is shared with this one.
   * @throws {RangeError} If the method made no hierarchy, or the scale is out of range.
   */
  at(scale?: Scale): Segmentation {
    const labels = this.hierarchy.at(scale);
    const again = new Segmentation({ ...this, labels, regions: regionTable(this.image, labels) });
    again.#hierarchy = this.#hierarchy;
    return again;
  }

  /**
   * The ultrametric contour map at double resolution, (2H + 1, 2W + 1): the height at which the regions on both sides
   * merge.
   *
   * @throws {RangeError} If the method made no hierarchy.
   */
  ucm(): ContourMap {
    return this.hierarchy.ucm();
  }
}
