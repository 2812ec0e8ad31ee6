/**
 * COCO annotations with compressed run-length masks, as pycocotools reads them.
 *
 * T.-Y. Lin et al., Microsoft COCO: Common Objects in Context, ECCV 2014, doi:10.1007/978-3-319-10602-1_48. The mask code
 * is that of the COCO API's maskApi: runs down the columns, starting with zeros; from the third run on, differences to the
 * run before the last; each number in groups of 5 bits from the lowest, one printable character each.
 */
import type { SegmentationData } from "../segmentation.ts";

/** A mask as pycocotools keeps it. */
export interface CocoRle {
  /** The mask's shape. */
  readonly size: readonly [height: number, width: number];
  /** Lengths of runs, compressed into printable characters. */
  readonly counts: string;
}

/** A COCO file of one image. */
export interface CocoFile {
  /** Where it is from. */
  readonly info: { readonly description: string };
  /** The one image, with `id` 1. */
  readonly images: readonly { readonly id: number; readonly width: number; readonly height: number }[];
  /** The one category, with `id` 1. */
  readonly categories: readonly { readonly id: number; readonly name: string }[];
  /** One for each region. */
  readonly annotations: readonly CocoAnnotation[];
}

/** One region. Its `id` is its label plus one, since COCO reserves 0. */
export interface CocoAnnotation {
  /** Label plus one. */
  readonly id: number;
  /** 1. */
  readonly image_id: number;
  /** 1. */
  readonly category_id: number;
  /** 0: it is one thing, not a crowd of them. */
  readonly iscrowd: 0;
  /** Pixels. */
  readonly area: number;
  /** Left, top, width, height in pixels. */
  readonly bbox: readonly number[];
  /** The region's mask. */
  readonly segmentation: CocoRle;
}

/**
 * One annotation for each region, in the order of labels.
 *
 * @param segmentation The segmentation; regions have no class, so all share the one category.
 * @returns A COCO file's content, ready for `JSON.stringify`.
 */
export function cocoFile(segmentation: SegmentationData): CocoFile {
  const { width, height, labels, regions } = segmentation;
  const masks = encodeMasks(labels, width, height, regions.length);
  return {
    info: { description: "Deep Superpixel Cut regions" },
    images: [{ id: 1, width, height }],
    categories: [{ id: 1, name: "region" }],
    annotations: regions.map(({ label, area, bbox }) => ({
      id: label + 1,
      image_id: 1,
      category_id: 1,
      iscrowd: 0,
      area,
      bbox,
      segmentation: masks[label]!,
    })),
  };
}

/**
 * The mask of every label, in one pass over the image.
 *
 * @param labels (H, W) labels, 0 to `count - 1`.
 * @returns One mask for each label.
 *
 * @example
 * ```ts
 * import { encodeMasks } from "./coco.ts";
 * import assert from "node:assert/strict";
 *
 * // the left column is 0, the right one 1
 * const [left, right] = encodeMasks(Int32Array.of(0, 1, 0, 1), 2, 2, 2);
 * assert.equal(left!.counts, "022"); // 0 zeros, 2 ones, 2 zeros
 * assert.equal(right!.counts, "22"); // 2 zeros, 2 ones
 * ```
 */
export function encodeMasks(labels: Int32Array, width: number, height: number, count: number): CocoRle[] {
  const size = width * height;
  const runs: number[][] = Array.from({ length: count }, () => []);
  const ends = new Int32Array(count); // where the last run of ones of each label ended, column-major
  const put = (label: number, start: number, end: number) => {
    runs[label]!.push(start - ends[label]!, end - start);
    ends[label] = end;
  };
  let current = labels[0]!;
  let start = 0;
  let p = 0; // column-major position
  for (let x = 0; x < width; x++) {
    for (let y = 0; y < height; y++, p++) {
      const label = labels[y * width + x]!;
      if (label === current) continue;
      put(current, start, p);
      current = label;
      start = p;
    }
  }
  put(current, start, size);
  return runs.map((counts, label) => {
    if (ends[label]! < size) counts.push(size - ends[label]!);
    return { size: [height, width], counts: compressCounts(counts) };
  });
}

/** Writes run lengths as maskApi's rleToString does. */
export function compressCounts(counts: readonly number[]): string {
  let text = "";
  for (let i = 0; i < counts.length; i++) {
    let x = counts[i]!;
    if (i > 2) x -= counts[i - 2]!;
    for (let more = true; more;) {
      let bits = x & 0x1f;
      x >>= 5; // arithmetic: the sign is carried down
      more = (bits & 0x10) !== 0 ? x !== -1 : x !== 0;
      if (more) bits |= 0x20;
      text += String.fromCharCode(bits + 48);
    }
  }
  return text;
}
