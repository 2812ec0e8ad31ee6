/**
 * L1, the pseudo-label cross-entropy (Lin, Zhong and Lu, arXiv:2103.06031). Each pixel's class is the arg max of its
 * probabilities; the most frequent class among a superpixel's pixels becomes the label of them all:
 *
 *     c_n = argmax_k p_n^k,   C_j = the most frequent c_n in S_j,   L1 = - sum_n log p_n^(C_j)
 */
import * as tf from "@tensorflow/tfjs-core";
import { segmentSum } from "../backend/ops.ts";

/**
 * One-hot pseudo-labels of superpixels.
 *
 * @param logits (N, K) of pixels.
 * @param weights (N) weight of each pixel in the vote.
 * @param ids (N) superpixel of each pixel.
 * @param count M.
 * @returns (M, K) one-hot rows; ties, and superpixels without pixels, go to the lowest class. Not differentiable.
 */
export function pseudoLabels(
  logits: tf.Tensor2D,
  weights: tf.Tensor1D,
  ids: tf.Tensor1D,
  count: number,
): tf.Tensor2D {
  const K = logits.shape[1];
  const votes = tf.mul(tf.oneHot(tf.argMax(logits, 1), K), tf.expandDims(weights, 1)) as tf.Tensor2D;
  return tf.oneHot(tf.argMax(segmentSum(votes, ids, count), 1), K) as tf.Tensor2D;
}

/**
 * Mean cross-entropy of pixels to their superpixel's pseudo-label.
 *
 * @param logits (N, K) of pixels; differentiable.
 * @param targets (N, K) one-hot.
 * @param weights (N) weight of each pixel; they sum to 1.
 * @returns A scalar, in nats.
 */
export function pseudoLabelLoss(logits: tf.Tensor2D, targets: tf.Tensor2D, weights: tf.Tensor1D): tf.Scalar {
  const picked = tf.sum(tf.mul(tf.logSoftmax(logits), targets), 1);
  return tf.neg(tf.sum(tf.mul(picked, weights)));
}
