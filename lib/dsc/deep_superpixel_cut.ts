/**
 * The Deep Superpixel Cut (Lin, Zhong and Lu, arXiv:2103.06031): superpixels grouped into K partitions by
 * backpropagation on L_s = alpha L1 + beta L2 (pseudo_labels.ts, soft_cut.ts).
 *
 * A linear head turns features into log-odds: P = softmax(F A + b) for pixels, Q = softmax(G A + b) for superpixels, G
 * the means of F. Gradients of L2 thus pass through the softmax and through g_j into every pixel's feature with
 * dg_j / df_i = t_ij / sum_i t_ij, as the paper derives. Two reaches of the gradient:
 *
 * - `head`, {@linkcode deepSuperpixelCut}: superpixel features are frozen. A superpixel's pixels then all carry g_j, F
 *   and G are one, and a step costs one M x M x K product (frozen_cut.ts).
 * - `full`, {@linkcode fineTunedCut}: gradients reach the encoder of SuperAE, at some 200 times the work (optimize.ts).
 */
import type { Image } from "../image/image.ts";
import { trainableEncoder } from "../superae/trainable.ts";
import type { SuperAEWeights } from "../superae/weights.ts";
import { cutFrozen } from "./frozen_cut.ts";
import { optimizeCut } from "./optimize.ts";
import type { SimilarityOptions } from "./similarity.ts";
import type { CutNormalization } from "./soft_cut.ts";

/** Losses after one iteration of the cut. */
export interface LossPoint {
  /** From 1. */
  readonly iteration: number;
  /** L_s = alpha L1 + beta L2. */
  readonly total: number;
  /** L1, mean cross-entropy in nats. */
  readonly pseudoLabel: number;
  /** L2, see soft_cut.ts for its unit. */
  readonly cut: number;
}

/** Options of {@linkcode deepSuperpixelCut}. */
export interface DscOptions extends SimilarityOptions {
  /** K, 2 to 256. @default 8 */
  partitions?: number;
  /** Weight of L1, >= 0; larger commits earlier to the current labels. @default 0.05 */
  alpha?: number;
  /** Weight of L2, >= 0. @default 1 */
  beta?: number;
  /** Adam steps, >= 0; 0 returns the starting point. @default 128 */
  iterations?: number;
  /** Step of the head, > 0. @default 0.05 */
  learningRate?: number;
  /** How the cut is balanced. @default "volume" */
  normalization?: CutNormalization;
  /** Starting point of k-means. @default 0 */
  seed?: number;
  /** Stops the work between iterations. */
  signal?: AbortSignal;
  /** Receives each iteration's losses, at once or a few together. */
  onIteration?: (point: LossPoint) => void;
  /** Receives the partition (M) of each superpixel as it is so far, twice a second at most, before the losses of then. */
  onPartitions?: (partitions: Int32Array) => void;
}

/** What the cut starts from: superpixels with deep features. */
export interface SuperpixelGraph {
  /** G (M, D) mean deep feature of each superpixel. */
  readonly features: Float32Array;
  /** (D) factor on each channel after all were brought to unit variance, > 0. @default all 1 */
  readonly channelWeights?: Float32Array;
  /** (M) pixels of each superpixel, >= 1. */
  readonly areas: ArrayLike<number>;
  /** (M, 2) centroids in units of the image diagonal. */
  readonly positions: Float32Array;
}

/** What the cut gives. */
export interface Cut {
  /** (M) partition of each superpixel, 0 to K - 1; partitions may be empty. */
  readonly partitions: Int32Array;
  /** Q (M, K). */
  readonly probabilities: Float32Array;
  /** One point per iteration. */
  readonly losses: readonly LossPoint[];
}

/**
 * Cuts the superpixels of one image into K partitions, their features frozen (reach `head`). Uses no tensors and needs no
 * backend.
 *
 * @param graph Superpixels; see {@linkcode SuperpixelGraph}.
 * @param options See {@linkcode DscOptions}.
 * @returns Partitions, probabilities and the loss curve.
 * @throws {RangeError} If there are no superpixels or an option is out of range.
 * @throws The signal's reason when it stops.
 */
export function deepSuperpixelCut(graph: SuperpixelGraph, options: DscOptions = {}): Promise<Cut> {
  return cutFrozen(graph, options);
}

/** Options of {@linkcode fineTunedCut}. */
export interface FineTuningOptions extends DscOptions {
  /** Step of the encoder, > 0; ten times the default tears the embedding within 30 iterations. @default 0.0002 */
  encoderLearningRate?: number;
}

/**
 * The same with gradients that reach the encoder (reach `full`). Run it where the backend is yours (see backend/mod.ts).
 *
 * @param graph Superpixels with features from `weights`.
 * @param image The image, (H, W, 3).
 * @param superpixels (H, W) superpixel of each pixel.
 * @param weights Of SuperAE; left as they are.
 * @param options See {@linkcode FineTuningOptions}.
 * @returns Partitions, probabilities and the loss curve.
 * @throws {RangeError} If there are no superpixels or an option is out of range.
 * @throws The signal's reason when it stops.
 */
export async function fineTunedCut(
  graph: SuperpixelGraph,
  image: Image,
  superpixels: Int32Array,
  weights: SuperAEWeights,
  options: FineTuningOptions = {},
): Promise<Cut> {
  const { encoderLearningRate: learningRate = 0.0002 } = options;
  const encoder = trainableEncoder(image, weights);
  try {
    return await optimizeCut(graph, options, { ...encoder, ids: superpixels, learningRate });
  } finally {
    encoder.dispose();
  }
}
