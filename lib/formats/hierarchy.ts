/**
 * A hierarchy as files: the merges themselves, for programs, and the ultrametric contour map, to look at.
 *
 * P. Arbelaez, M. Maire, C. Fowlkes, J. Malik, Contour Detection and Hierarchical Image Segmentation, PAMI 2011,
 * doi:10.1109/TPAMI.2010.161, has the map: its value between two pixels is the height at which their regions merge, so
 * that cutting at a threshold is keeping what is above it.
 */
import { Hierarchy } from "../hierarchy/tree.ts";
import { encodeGrayPng } from "../image/png.ts";
import type { SegmentationData } from "../segmentation.ts";
import { encodeRuns } from "./regions_json.ts";

/** What hierarchy.json holds. */
export interface HierarchyJson {
  /** Pixels per row. */
  readonly width: number;
  /** Rows. */
  readonly height: number;
  /** How many superpixels there are. */
  readonly superpixelCount: number;
  /** Height of the default cut. */
  readonly threshold: number;
  /**
   * One list each. Merge i joins the regions that hold superpixels `a[i]` and `b[i]` (`superpixelCount + j` stands for the
   * region that merge j made) at `height[i]`. Heights never fall.
   */
  readonly merges: {
    readonly a: readonly number[];
    readonly b: readonly number[];
    readonly height: readonly number[];
  };
  /** The (H, W) superpixel map in rows: superpixel, length, superpixel, length, ... */
  readonly superpixelRuns: readonly number[];
}

/**
 * Describes a hierarchy: with it every scale can be cut without the image.
 *
 * @throws {RangeError} if the segmentation has none.
 */
export function hierarchyJson(segmentation: SegmentationData): HierarchyJson {
  const { width, height, superpixelCount, superpixels } = segmentation;
  const { merges, threshold } = hierarchyOf(segmentation);
  return {
    width,
    height,
    superpixelCount,
    threshold,
    merges: { a: [...merges.a], b: [...merges.b], height: [...merges.height] },
    superpixelRuns: encodeRuns(superpixels),
  };
}

/**
 * The ultrametric contour map as a picture of (2 H + 1) x (2 W + 1): pixel (x, y) of the image is at (2 x + 1, 2 y + 1),
 * between pixels is 255 times the square root of the height at which their regions merge, black where they are one
 * superpixel. The root is for people, since most heights are below 0.1; the height is `(value / 255) ** 2`, and exactly so
 * in hierarchy.json.
 *
 * @returns An 8-bit grey PNG file.
 * @throws {RangeError} if the segmentation has no hierarchy.
 */
export function boundariesPng(segmentation: SegmentationData): Uint8Array<ArrayBuffer> {
  const { width, height, data } = hierarchyOf(segmentation).ucm();
  // a loop: Uint8Array.from() with a function would first make a list of all values, 3 GB for a photo of 12 megapixels
  const gray = new Uint8Array(data.length);
  for (let i = 0; i < data.length; i++) {
    gray[i] = Math.round(255 * Math.sqrt(Math.min(1, Math.max(0, data[i]!))));
  }
  return encodeGrayPng(gray, 2 * width + 1, 2 * height + 1);
}

function hierarchyOf(
  { width, height, superpixels, superpixelCount, merges, settings }: SegmentationData,
): Hierarchy {
  if (!merges) throw new RangeError(`Cannot write hierarchy: method ${settings.method} makes none`);
  return new Hierarchy({ width, height, superpixels, count: superpixelCount, merges });
}
