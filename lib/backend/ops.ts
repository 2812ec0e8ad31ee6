/**
 * The operations of the networks, with right gradients on every backend. Tensors are internal: nothing here is part of
 * the public interface. Shapes are NHWC: B images, H rows, W columns, C channels.
 */
import * as tf from "@tensorflow/tfjs-core";
import { registerGradients } from "./gradients.ts";
import { NORM_RELU } from "./kernels/names.ts";

registerGradients();

/** Options of {@linkcode conv2d}. */
export interface Conv2dOptions {
  /** Pixels from one output to the next. @default 1 */
  stride?: 1 | 2;
  /** What follows the bias. @default "none" */
  activation?: "relu" | "none";
}

/**
 * 3x3 or 1x1 convolution with bias and activation. Zero padding is symmetric (1 for 3x3, none for 1x1), so that output y
 * sits on input `stride * y`; the output is ceil(H / stride) by ceil(W / stride).
 *
 * @param x (B, H, W, C).
 * @param filter (3, 3, C, O) or (1, 1, C, O).
 * @param bias (O) or null.
 * @param options See {@linkcode Conv2dOptions}.
 * @returns (B, ceil(H / stride), ceil(W / stride), O).
 * @throws {TypeError} If the filter is neither 3x3 nor 1x1, or channels do not fit.
 */
export function conv2d(
  x: tf.Tensor4D,
  filter: tf.Tensor4D,
  bias: tf.Tensor1D | null,
  options: Conv2dOptions = {},
): tf.Tensor4D {
  const { stride = 1, activation = "none" } = options;
  const [rows, columns, channels] = filter.shape;
  if (rows !== columns || (rows !== 1 && rows !== 3) || channels !== x.shape[3]) {
    throw new TypeError(
      `Cannot convolve: filter must be (3, 3, ${x.shape[3]}, O) or (1, 1, ${
        x.shape[3]
      }, O), got (${filter.shape})`,
    );
  }
  const edge = (rows - 1) / 2;
  return tf.engine().runKernel(tf.FusedConv2D, bias ? { x, filter, bias } : { x, filter }, {
    strides: [stride, stride],
    pad: [[0, 0], [edge, edge], [edge, edge], [0, 0]],
    dataFormat: "NHWC",
    dilations: [1, 1],
    dimRoundingMode: "floor",
    activation: activation === "relu" ? "relu" : "linear",
    leakyreluAlpha: 0,
  }) as tf.Tensor4D;
}

/**
 * Sums rows by segment. The gradient is a gather.
 *
 * @param x (N, C).
 * @param ids (N) int32, 0 to count - 1.
 * @param count M, number of segments; an empty one sums to 0.
 * @returns (M, C).
 */
export function segmentSum(x: tf.Tensor2D, ids: tf.Tensor1D, count: number): tf.Tensor2D {
  return tf.unsortedSegmentSum(x, ids, count);
}

/**
 * Means of rows by segment.
 *
 * @param x (N, C).
 * @param ids (N) int32, 0 to count - 1.
 * @param count M, number of segments; an empty one has mean 0.
 * @returns (M, C).
 */
export function segmentMean(x: tf.Tensor2D, ids: tf.Tensor1D, count: number): tf.Tensor2D {
  const sizes = segmentSum(tf.ones([ids.shape[0], 1]), ids, count);
  return tf.div(segmentSum(x, ids, count), tf.maximum(sizes, 1));
}

/**
 * Bilinear upsampling by a whole factor: output `factor * y` equals input y, and past the last input its value repeats.
 * This is the grid of {@linkcode conv2d} with stride, so that the two undo each other's sampling.
 *
 * @param x (B, H, W, C).
 * @param factor Whole number, >= 1.
 * @returns (B, factor * H, factor * W, C).
 */
export function upsample(x: tf.Tensor4D, factor: number): tf.Tensor4D {
  // neither corners aligned nor half-pixel centres: source row = output row / factor
  return tf.image.resizeBilinear(x, [x.shape[1] * factor, x.shape[2] * factor]);
}

/** {@linkcode upsample} by 2: (B, H, W, C) to (B, 2H, 2W, C). */
export function upsample2(x: tf.Tensor4D): tf.Tensor4D {
  return upsample(x, 2);
}

/**
 * Makes 2 x 2 pixels of each pixel's channels: channel `(2 * dy + dx) * C + c` becomes channel c of pixel (2y + dy, 2x + dx)
 * (Shi et al. 2016, doi:10.1109/CVPR.2016.207).
 *
 * @param x (B, H, W, 4C).
 * @returns (B, 2H, 2W, C).
 */
export function pixelShuffle2(x: tf.Tensor4D): tf.Tensor4D {
  return tf.depthToSpace(x, 2, "NHWC");
}

/** Softmax of each row of an (N, K) matrix. */
export function softmaxRows(x: tf.Tensor2D): tf.Tensor2D {
  return tf.softmax(x);
}

/**
 * Batch normalisation with the batch's own statistics (Ioffe and Szegedy 2015, arXiv:1502.03167), then relu.
 *
 * @param x (B, H, W, C).
 * @param gamma (C) scale. @param beta (C) shift.
 * @param epsilon Added to the variance, > 0.
 * @returns (B, H, W, C).
 */
export function normRelu(x: tf.Tensor4D, gamma: tf.Tensor1D, beta: tf.Tensor1D, epsilon = 1e-5): tf.Tensor4D {
  if (x.shape[3] % 4 === 0 && tf.getKernel(NORM_RELU, tf.getBackend())) {
    return (tf.engine().runKernel(NORM_RELU, { x, gamma, beta }, { epsilon }) as tf.Tensor4D[])[0]!;
  }
  const centred = tf.sub(x, tf.mean(x, [0, 1, 2]));
  const scale = tf.mul(gamma, tf.rsqrt(tf.add(tf.mean(tf.square(centred), [0, 1, 2]), epsilon)));
  return tf.relu(tf.add(tf.mul(centred, scale), beta));
}
