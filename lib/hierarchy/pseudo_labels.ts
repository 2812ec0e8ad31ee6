/**
 * What the hierarchy teaches the network: where boundaries are, at several scales at once (self-training in the sense of
 * Scudder 1965, doi:10.1109/TIT.1965.1053799, with a segmentation as the teacher). It is the paper's L1, cross-entropy to
 * the method's own labels (Lin, Zhong and Lu, arXiv:2103.06031), taken from one image to a whole set of images.
 */
import type { Hierarchy } from "./tree.ts";

/**
 * Heights to cut at. Heights and not numbers of regions, because heights compare between images: a boundary that would be
 * the first of a dull image is the hundredth of a busy one. Spaced so that the share of cuts in which a boundary passes is
 * about how often people mark it where the hierarchy does (docs/experiments.md).
 */
export const PSEUDO_LABEL_HEIGHTS: readonly number[] = [0.2, 0.3, 0.4, 0.45, 0.5, 0.55, 0.6, 0.64];

/**
 * Soft boundary map: the share of cuts in which a boundary passes a pixel. The pixel above or to the left of a boundary
 * carries it.
 *
 * @param hierarchy Any hierarchy.
 * @param heights Heights to cut at. @default PSEUDO_LABEL_HEIGHTS
 * @returns (H, W) 0 to 255.
 *
 * @example
 * ```ts
 * import { boundaryPseudoLabels } from "./pseudo_labels.ts";
 * import { Hierarchy } from "./tree.ts";
 * import assert from "node:assert/strict";
 *
 * const merges = { a: Int32Array.of(0, 0), b: Int32Array.of(1, 2), height: Float32Array.of(0.25, 0.75) };
 * const tree = new Hierarchy({ width: 3, height: 1, superpixels: Int32Array.of(0, 1, 2), count: 3, merges });
 * assert.deepEqual([...boundaryPseudoLabels(tree, [0.2, 0.5])], [128, 255, 0]);
 * ```
 */
export function boundaryPseudoLabels(
  hierarchy: Hierarchy,
  heights: readonly number[] = PSEUDO_LABEL_HEIGHTS,
): Uint8Array<ArrayBuffer> {
  const { width, height, superpixels, merges } = hierarchy;
  // a boundary passes while the merge that removes it is above the cut
  const share = Uint8Array.from(merges.height, (merged) => {
    return Math.round(255 * heights.filter((cut) => merged > cut).length / heights.length);
  });
  const out = new Uint8Array(width * height);
  for (let y = 0, p = 0; y < height; y++) {
    for (let x = 0; x < width; x++, p++) {
      const here = superpixels[p]!;
      const right = x + 1 < width ? superpixels[p + 1]! : here;
      const below = y + 1 < height ? superpixels[p + width]! : here;
      // a region that merges later is in more of the cuts
      const merge = Math.max(hierarchy.mergeOf(here, right), hierarchy.mergeOf(here, below));
      if (merge >= 0) out[p] = share[merge]!;
    }
  }
  return out;
}
