/**
 * What the hierarchy itself says about boundaries, as targets for the network that feeds it (self-training): the share of
 * a few cuts, coarse to fine, in which a pixel is parted from the one right of it or below it. Coarse boundaries are in
 * all cuts and count most; no human label is involved.
 */
import type { Hierarchy } from "../lib/hierarchy/tree.ts";

/** Numbers of regions of the cuts, about evenly spaced in logarithm over what annotators draw (BSDS500: 2 to 150). */
const CUTS = [3, 5, 8, 13, 22, 36, 60];

/**
 * Soft boundary map of a hierarchy.
 *
 * @param hierarchy Of an image of H x W pixels.
 * @returns (H, W) 0 to 255.
 */
export function boundaryTargets(hierarchy: Hierarchy): Uint8Array {
  const { width, height } = hierarchy;
  const cuts = new Uint8Array(width * height);
  for (const regions of CUTS) {
    const labels = hierarchy.at({ regions });
    for (let y = 0, p = 0; y < height; y++) {
      for (let x = 0; x < width; x++, p++) {
        const right = x + 1 < width && labels[p] !== labels[p + 1];
        const below = y + 1 < height && labels[p] !== labels[p + width];
        if (right || below) cuts[p]!++;
      }
    }
  }
  return cuts.map((count) => Math.round(255 * count / CUTS.length));
}
