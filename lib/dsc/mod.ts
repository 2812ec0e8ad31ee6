/**
 * The Deep Superpixel Cut: superpixels with deep features grouped into partitions by backpropagation on a soft cut.
 *
 * @example
 * ```ts
 * import { deepSuperpixelCut } from "./mod.ts";
 * import assert from "node:assert/strict";
 *
 * // four superpixels in a row, two of one kind and two of another
 * const graph = {
 *   features: Float32Array.of(0, 0.1, 1, 0.9),
 *   areas: [10, 10, 10, 10],
 *   positions: Float32Array.of(0, 0, 0.1, 0, 0.2, 0, 0.3, 0),
 * };
 * const { partitions } = await deepSuperpixelCut(graph, { partitions: 2 });
 * assert.equal(partitions[0], partitions[1]);
 * assert.notEqual(partitions[1], partitions[2]);
 * ```
 *
 * @module
 */
export {
  type Cut,
  deepSuperpixelCut,
  type DscOptions,
  fineTunedCut,
  type FineTuningOptions,
  type LossPoint,
  type SuperpixelGraph,
} from "./deep_superpixel_cut.ts";
export type { SimilarityOptions } from "./similarity.ts";
export type { CutNormalization } from "./soft_cut.ts";
