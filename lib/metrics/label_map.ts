/**
 * What the metrics measure: label maps, and trees of merges over superpixels.
 */

/**
 * A label map, (H, W) row by row: any numbers from 0 to {@linkcode LARGEST_LABEL}, gaps allowed; pixels of one number are
 * one region, connected or not. 0 is a region like any other.
 */
export type Labels = Int32Array | Uint16Array | Uint32Array | Uint8Array;

/** The largest label, so that tables indexed by label stay small. */
export const LARGEST_LABEL = 67_108_863;

/** Label maps of one image: several annotators', or one method's at several scales. */
export interface LabelMaps {
  /** W, pixels per row. */
  readonly width: number;
  /** H, rows. */
  readonly height: number;
  /** Each (H, W). */
  readonly maps: readonly Int32Array[];
}

/**
 * A hierarchy over M superpixels as a list of merges from fine to coarse. Merge i joins the two regions that hold
 * superpixels `a[i]` and `b[i]` (any of a region's superpixels may stand for it; M + j stands for the region that merge j
 * made) at `height[i]`. Cut at threshold t: all merges with height <= t are made.
 */
export interface MergeTree {
  /** One region of each merge. */
  readonly a: Int32Array;
  /** The other. */
  readonly b: Int32Array;
  /** Not falling. */
  readonly height: Float32Array | Float64Array;
}

/**
 * Checks a label map.
 *
 * @param labels The map.
 * @param pixels Width times height.
 * @param what What the error calls it.
 * @returns The largest label.
 * @throws {TypeError} When it has another number of pixels.
 * @throws {RangeError} When a label is negative or above {@linkcode LARGEST_LABEL}.
 */
export function checkLabels(labels: Labels, pixels: number, what: string): number {
  if (labels.length !== pixels) {
    throw new TypeError(`Cannot compare label maps: ${what} has ${labels.length} pixels, want ${pixels}`);
  }
  let largest = 0;
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i]!;
    if (label > largest) largest = label;
    if (label < 0 || label > LARGEST_LABEL) {
      throw new RangeError(
        `Cannot compare label maps: labels of ${what} must be 0 to ${LARGEST_LABEL}, got ${label}`,
      );
    }
  }
  return largest;
}
