/**
 * What the hierarchy teaches the network: where boundaries are, at several scales at once (self-training in the sense of
 * Scudder 1965, doi:10.1109/TIT.1965.1053799, with a segmentation as the teacher). It is the paper's L1, cross-entropy to
 * the method's own labels (Lin, Zhong and Lu, arXiv:2103.06031), taken from one image to a whole set of images.
 */
import type { Hierarchy } from "./tree.ts";

/**
 * Region numbers to cut at: about evenly spaced on a logarithmic scale, from fewer to more than people mark (BSDS500's
 * annotators mark 2 to 200 regions, half of them 9 to 28).
 */
export const PSEUDO_LABEL_REGIONS: readonly number[] = [3, 5, 8, 13, 22, 36, 60];

/**
 * Soft boundary map: the share of cuts in which a boundary passes a pixel. The pixel above or to the left of a boundary
 * carries it.
 *
 * @param hierarchy Any hierarchy.
 * @param regions Region numbers to cut at; fewer superpixels than that: all superpixels. @default PSEUDO_LABEL_REGIONS
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
 * assert.deepEqual([...boundaryPseudoLabels(tree, [2, 3])], [128, 255, 0]);
 * ```
 */
export function boundaryPseudoLabels(
  hierarchy: Hierarchy,
  regions: readonly number[] = PSEUDO_LABEL_REGIONS,
): Uint8Array<ArrayBuffer> {
  const { width, height, superpixels, count } = hierarchy;
  // merge i is not yet made in a cut into more than count - 1 - i regions
  const share = new Uint8Array(count);
  for (let merge = 0; merge < count - 1; merge++) {
    const apart = regions.filter((wanted) => wanted > count - 1 - merge).length;
    share[merge] = Math.round(255 * apart / regions.length);
  }
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
