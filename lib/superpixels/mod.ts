/**
 * Superpixels: small regions of similar colour that follow the edges of an image. Three methods, connected labels, and
 * the graph of which regions touch.
 *
 * @example
 * ```ts
 * import { adjacency, superpixels } from "./mod.ts";
 * import assert from "node:assert/strict";
 *
 * // four quadrants, L 0, 30, 60 and 90, 8 x 8
 * const lab = new Float32Array(8 * 8 * 3);
 * for (let p = 0; p < 64; p++) lab[p * 3] = 30 * (p % 8 >> 2) + 60 * (p >> 5);
 * const { labels, count } = superpixels(lab, 8, 8, { method: "slic", count: 4 });
 * assert.equal(count, 4);
 * assert.deepEqual([...adjacency(labels, 8, 8, count).length], [4, 4, 4, 4]);
 * ```
 *
 * @module
 */
export { type Adjacency, adjacency } from "./adjacency.ts";
export {
  connectedComponents,
  type ConnectedComponentsOptions,
  type LabelMap,
  mergeSmallRegions,
  type MergeSmallRegionsOptions,
  relabelSequential,
} from "./connectivity.ts";
export { felzenszwalb, type FelzenszwalbOptions } from "./felzenszwalb.ts";
export { meanShift, type MeanShiftOptions } from "./mean_shift.ts";
export { slic, type SlicOptions } from "./slic.ts";
export { superpixels, type SuperpixelsOptions } from "./superpixels.ts";
export type { SuperpixelMethod } from "../options.ts";
