/**
 * W, the deep similarity of superpixels (Lin, Zhong and Lu, arXiv:2103.06031, figure 9): a Gaussian of the distance
 * between their deep features. The paper leaves the kernel open; two choices are ours:
 *
 * - features are standardised first (see standardize.ts), and the exponent divided by 2D, so that `sigma` means the same
 *   for every image and embedding: 1 is the distance of two superpixels drawn at random, roughly;
 * - a second Gaussian of the distance in the image plane makes far superpixels neither attract nor cost: without it the
 *   cut groups the left sky with the right lake, which no annotator does.
 */
import * as tf from "@tensorflow/tfjs-core";

/** Options of {@linkcode deepSimilarity}. */
export interface SimilarityOptions {
  /** Width of the feature kernel, > 0; smaller separates finer differences. Try 0.2 to 1. @default 0.4 */
  sigma?: number;
  /** Width of the spatial kernel as a share of the image diagonal, > 0; Infinity leaves positions out. @default 0.2 */
  radius?: number;
}

/**
 * W (M, M), symmetric, diagonal zero (a superpixel neither helps nor costs itself). A constant for the optimiser: like
 * the paper's dL2/dQ, gradients do not flow into W. Call inside tf.tidy.
 *
 * @param features G (M, D), standardised.
 * @param positions (M, 2) centroids in units of the image diagonal.
 */
export function deepSimilarity(
  features: tf.Tensor2D,
  positions: tf.Tensor2D,
  options: SimilarityOptions = {},
): tf.Tensor2D {
  const { sigma = 0.4, radius = 0.2 } = options;
  const [M, D] = features.shape;
  const exponent = tf.div(squaredDistances(features), -2 * D * sigma * sigma);
  const total = radius === Infinity
    ? exponent
    : tf.sub(exponent, tf.div(squaredDistances(positions), 2 * radius * radius));
  const offDiagonal = tf.sub(1, tf.eye(M));
  return tf.mul(tf.exp(total), offDiagonal) as tf.Tensor2D;
}

/** (M, M) squared Euclidean distances of the rows; by |a|^2 + |b|^2 - 2ab, so clipped at the zero that rounding can miss. */
function squaredDistances(rows: tf.Tensor2D): tf.Tensor2D {
  const squares = tf.sum(tf.square(rows), 1, true);
  const products = tf.matMul(rows, rows, false, true);
  return tf.maximum(0, tf.sub(tf.add(squares, tf.transpose(squares)), tf.mul(2, products))) as tf.Tensor2D;
}
