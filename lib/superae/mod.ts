/**
 * SuperAE, the superpixelwise autoencoder: learns a deep embedding and a smoothed image without labels.
 *
 * @example
 * ```ts
 * import { applySuperAE, trainSuperAE } from "./mod.ts";
 * import { withBackend } from "../backend/mod.ts";
 * import assert from "node:assert/strict";
 *
 * const image = { width: 32, height: 32, data: new Uint8Array(32 * 32 * 3).map((_, i) => i % 96 < 48 ? 30 : 220) };
 * const superpixels = Int32Array.from({ length: 32 * 32 }, (_, i) => i % 32 < 16 ? 0 : 1);
 * const { weights, losses } = await withBackend(
 *   "cpu",
 *   () => trainSuperAE([{ image, superpixels, superpixelCount: 2 }], { iterations: 3, batchSize: 1 }),
 * );
 * assert.equal(losses.length, 3);
 * const { features } = await withBackend("cpu", () => applySuperAE(image, weights));
 * assert.deepEqual([features.width, features.height, features.channels], [16, 16, 24]);
 * ```
 *
 * @module
 */
export type { Random } from "../random.ts";
export { applySuperAE, fullResolution, type HalfMap, type SuperAEOutput } from "./apply.ts";
export { poolFeatures, superpixelFeatures } from "./pool.ts";
export type { TrainingImage } from "./crops.ts";
export { type TrainedSuperAE, type TrainOptions, trainSuperAE } from "./train.ts";
export { pretrainedWeights } from "./pretrained.ts";
export { decodeWeights, encodeWeights, initialWeights, type SuperAEWeights, weightCount } from "./weights.ts";
