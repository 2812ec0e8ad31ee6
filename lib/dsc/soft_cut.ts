/**
 * L2, the soft superpixel cut (Lin, Zhong and Lu, arXiv:2103.06031): superpixels that are similar pay for lying in
 * different partitions.
 *
 *     L2 = sum_k Q_k' W (1 - Q_k),      dL2/dQ_k = W 1 - 2 W Q_k
 *
 * As printed it is least, zero, when every superpixel lies in one partition. Our default divides each partition's cut
 * by its volume, as normalised cut does (Shi and Malik 2000, doi:10.1109/34.868688): then the one-partition solution and
 * the uniform one both cost (K - 1) / K, the most that any solution can, and collapse is uphill.
 */
import * as tf from "@tensorflow/tfjs-core";

/** How the cut is balanced: `volume` as normalised cut, `none` as printed in the paper. */
export type CutNormalization = "volume" | "none";

/**
 * The soft cut of Q under W.
 *
 * @param Q (M, K) partition probabilities of superpixels, rows sum to 1.
 * @param W (M, M) similarity, symmetric.
 * @param normalization `volume`: mean over k of cut_k / volume_k, 0 to 1. `none`: the paper's sum, over the sum of W.
 * @returns A scalar; differentiable in Q.
 */
export function softCut(
  Q: tf.Tensor2D,
  W: tf.Tensor2D,
  normalization: CutNormalization = "volume",
): tf.Scalar {
  if (normalization === "none") {
    return tf.div(tf.sum(tf.mul(Q, tf.matMul(W, tf.sub(1, Q)))), tf.add(tf.sum(W), TINY));
  }
  const degrees = tf.sum(W, 1, true);
  const associations = tf.sum(tf.mul(Q, tf.matMul(W, Q)), 0);
  const volumes = tf.sum(tf.mul(Q, degrees), 0);
  // an empty partition has 0 / TINY = 0 association: it costs a full 1, and nothing divides by zero
  return tf.mean(tf.sub(1, tf.div(associations, tf.add(volumes, TINY))));
}

/** Against division by zero where W is all zeros or a partition is empty. */
const TINY = 1e-12;
