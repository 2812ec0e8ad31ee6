/**
 * The loss of SuperAE (Lin, Zhong and Lu, arXiv:2103.06031),
 *
 *     L_r = ||x - x^R||^2 + lambda * sum_i sum_j t_ij ||x^R_i - v_j||^2,
 *
 * reconstruction plus K-means with superpixels as clusters. v_j is the mean ORIGINAL colour of superpixel j, so it does
 * not depend on the network: the second term needs no more than the mean-colour image as a second target.
 */
import * as tf from "@tensorflow/tfjs-core";

/**
 * L_r divided by the number of pixels, so that lambda and learning rates mean the same at every size.
 *
 * @param x The image, (B, H, W, 3).
 * @param reconstructed x^R, (B, H, W, 3).
 * @param means Each pixel's superpixel mean v_j, (B, H, W, 3).
 * @param lambda Weight of the superpixel term, >= 0.
 * @returns A scalar.
 */
export function superAELoss(
  x: tf.Tensor4D,
  reconstructed: tf.Tensor4D,
  means: tf.Tensor4D,
  lambda: number,
): tf.Scalar {
  const reconstruction = tf.mean(tf.square(tf.sub(reconstructed, x)));
  const superpixel = tf.mean(tf.square(tf.sub(reconstructed, means)));
  // mean over the three channels as well, hence 3: the paper sums squared distances of colour vectors
  return tf.mul(3, tf.add(reconstruction, tf.mul(lambda, superpixel)));
}

/**
 * Cross-entropy of boundary log-odds to soft pseudo-labels, boundary pixels weighted ten times as much as the others: they
 * are about a tenth of all, as in holistically nested edge detection (Xie and Tu 2015, doi:10.1109/ICCV.2015.164).
 *
 * @param logits (B, h, w, 1).
 * @param targets (B, h, w, 1), 0 to 1.
 * @returns A scalar, the weighted mean in nats.
 */
export function boundaryLoss(logits: tf.Tensor4D, targets: tf.Tensor4D): tf.Scalar {
  // -y log s(z) - (1 - y) log(1 - s(z)) = max(z, 0) - z y + log(1 + exp(-|z|)), which never overflows
  const softplus = tf.log(tf.add(1, tf.exp(tf.neg(tf.abs(logits)))));
  const entropy = tf.add(tf.sub(tf.relu(logits), tf.mul(logits, targets)), softplus);
  return tf.mean(tf.mul(entropy, tf.add(1, tf.mul(9, targets))));
}

/**
 * The mean colour of each pixel's superpixel.
 *
 * @param values (N, 3) interleaved colours.
 * @param labels (N) superpixel of each pixel, 0 to count - 1.
 * @param count M, number of superpixels; those without pixels are harmless.
 * @returns (N, 3) v_j of the superpixel of each pixel.
 *
 * @example
 * ```ts
 * import { superpixelMeans } from "./loss.ts";
 * import assert from "node:assert/strict";
 *
 * const means = superpixelMeans(Float32Array.of(0, 0, 0, 2, 4, 6), Int32Array.of(0, 0), 1);
 * assert.deepEqual([...means], [1, 2, 3, 1, 2, 3]);
 * ```
 */
export function superpixelMeans(values: Float32Array, labels: Int32Array, count: number): Float32Array {
  const sums = new Float64Array(3 * count), sizes = new Float64Array(count);
  for (let i = 0, p = 0; i < labels.length; i++, p += 3) {
    const q = 3 * labels[i]!;
    sizes[labels[i]!]!++;
    sums[q]! += values[p]!;
    sums[q + 1]! += values[p + 1]!;
    sums[q + 2]! += values[p + 2]!;
  }
  const means = new Float32Array(values.length);
  for (let i = 0, p = 0; i < labels.length; i++, p += 3) {
    const q = 3 * labels[i]!, size = sizes[labels[i]!]!;
    means[p] = sums[q]! / size;
    means[p + 1] = sums[q + 1]! / size;
    means[p + 2] = sums[q + 2]! / size;
  }
  return means;
}
