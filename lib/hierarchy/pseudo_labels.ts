/**
 * What the hierarchy teaches the network: where boundaries are, at all scales at once (self-training in the sense of
 * Scudder 1965, doi:10.1109/TIT.1965.1053799, with a segmentation as the teacher). It is the paper's L1, cross-entropy to
 * the method's own labels (Lin, Zhong and Lu, arXiv:2103.06031), taken from one image to a whole set of images.
 */
import type { Hierarchy } from "./tree.ts";

/**
 * Soft boundary map: the height of each boundary, which is about the probability that people see it. Heights compare
 * between images: the first boundary of a dull image is lower than the hundredth of a busy one. The pixel above or to the
 * left of a boundary carries it.
 *
 * @param hierarchy Any hierarchy with heights from 0 to 1.
 * @returns (H, W) 0 to 255.
 *
 * @example
 * ```ts
 * import { boundaryPseudoLabels } from "./pseudo_labels.ts";
 * import { Hierarchy } from "./tree.ts";
 * import assert from "node:assert/strict";
 *
 * const merges = { a: Int32Array.of(0, 0), b: Int32Array.of(1, 2), height: Float32Array.of(0.2, 0.8) };
 * const tree = new Hierarchy({ width: 3, height: 1, superpixels: Int32Array.of(0, 1, 2), count: 3, merges });
 * assert.deepEqual([...boundaryPseudoLabels(tree)], [51, 204, 0]);
 * ```
 */
export function boundaryPseudoLabels(hierarchy: Hierarchy): Uint8Array<ArrayBuffer> {
  const { width, height, superpixels } = hierarchy;
  const out = new Uint8Array(width * height);
  for (let y = 0, p = 0; y < height; y++) {
    for (let x = 0; x < width; x++, p++) {
      const here = superpixels[p]!;
      const right = x + 1 < width ? superpixels[p + 1]! : here;
      const below = y + 1 < height ? superpixels[p + width]! : here;
      out[p] = Math.round(
        255 * Math.max(hierarchy.mergeHeight(here, right), hierarchy.mergeHeight(here, below)),
      );
    }
  }
  return out;
}
