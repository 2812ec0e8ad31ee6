/**
 * SuperAE as tensors: encoder, decoder and boundary head (layers in architecture.ts). Internal: the public face is
 * apply.ts and train.ts, which take and give typed arrays.
 */
import * as tf from "@tensorflow/tfjs-core";
import type { Image } from "../image/image.ts";
import { conv2d, pixelShuffle2, upsample2 } from "../backend/ops.ts";
import {
  BOUNDARY_HEAD,
  DECODER,
  ENCODER,
  type Layer,
  LAYERS,
  LEVEL_WIDTHS,
  SIDE_MULTIPLE,
} from "./architecture.ts";
import { layerWeights, type SuperAEWeights } from "./weights.ts";

/** A layer's weights as tensors; variables while training. */
export type Parameters = Readonly<
  Record<string, { readonly filter: tf.Tensor4D; readonly bias: tf.Tensor1D }>
>;

const layerByName = new Map(LAYERS.map((layer) => [layer.name, layer]));

/** Uploads weights; `trainable` makes variables of them. Dispose with {@linkcode disposeParameters}. */
export function createParameters(weights: SuperAEWeights, trainable: readonly Layer[] = []): Parameters {
  return Object.fromEntries(LAYERS.map((layer) => {
    const { filter, bias } = layerWeights(weights, layer);
    const shape: [number, number, number, number] = [layer.size, layer.size, layer.input, layer.output];
    const tensors = { filter: tf.tensor4d(filter, shape), bias: tf.tensor1d(bias) };
    if (!trainable.includes(layer)) return [layer.name, tensors];
    const variables = { filter: tf.variable(tensors.filter), bias: tf.variable(tensors.bias) };
    tf.dispose(tensors);
    return [layer.name, variables];
  }));
}

/** Reads weights back from tensors. */
export async function readParameters(parameters: Parameters): Promise<SuperAEWeights> {
  const weights: Record<string, { filter: Float32Array; bias: Float32Array }> = {};
  for (const [name, { filter, bias }] of Object.entries(parameters)) {
    weights[name] = { filter: await filter.data<"float32">(), bias: await bias.data<"float32">() };
  }
  return weights;
}

/** Frees what {@linkcode createParameters} made. */
export function disposeParameters(parameters: Parameters): void {
  tf.dispose(Object.values(parameters).flatMap(({ filter, bias }) => [filter, bias]));
}

/**
 * The image as a (1, H', W', 3) tensor in [-0.5, 0.5], mirrored past its frame by a margin and on to a multiple of 16:
 * there the convolutions would else see zeros, which look like a boundary and mark the frame in every feature.
 */
export function imageTensor({ width, height, data }: Image): tf.Tensor4D {
  const columns = mirroredIndices(width), rows = mirroredIndices(height);
  const values = new Float32Array(columns.length * rows.length * 3);
  let p = 0;
  for (const row of rows) {
    for (const column of columns) {
      const q = 3 * (row * width + column);
      values[p++] = data[q]! / 255 - 0.5;
      values[p++] = data[q + 1]! / 255 - 0.5;
      values[p++] = data[q + 2]! / 255 - 0.5;
    }
  }
  return tf.tensor4d(values, [1, rows.length, columns.length, 3]);
}

/**
 * The part of a map that lies on the image: (1, H', W', C) at 1 / `step` of the resolution, without its margin. Sliced as
 * a matrix, a row of pixels at a time: with four axes tfjs's wasm backend makes a view of every pixel, which takes as long
 * as a layer.
 */
export function withoutMargin(map: tf.Tensor4D, { width, height }: Image, step: 1 | 2): tf.Tensor4D {
  const [, H, W, C] = map.shape, start = MARGIN / step;
  const h = Math.ceil(height / step), w = Math.ceil(width / step);
  const inner = tf.slice(tf.reshape(map, [H, W * C]), [start, start * C], [h, w * C]);
  return tf.reshape(inner, [1, h, w, C]);
}

/** Pixels of margin on each side: one sample of the coarsest level, at a seventh more work for a photo of 481 x 321. */
const MARGIN = SIDE_MULTIPLE;

/** Which pixel stands at each place of a padded row: -MARGIN, ..., length - 1 + MARGIN or more, mirrored into 0, ..., length - 1. */
function mirroredIndices(length: number): Int32Array {
  const padded = Math.ceil(length / SIDE_MULTIPLE) * SIDE_MULTIPLE + 2 * MARGIN;
  return Int32Array.from({ length: padded }, (_, i) => {
    // period 2 * length: 0 1 2 2 1 0 0 1 2 ...
    const phase = (((i - MARGIN) % (2 * length)) + 2 * length) % (2 * length);
    return phase < length ? phase : 2 * length - 1 - phase;
  });
}

/** F at half resolution: (B, H', W', 3) to (B, H'/2, W'/2, D). Call inside tf.tidy. */
export function encode(parameters: Parameters, x: tf.Tensor4D): tf.Tensor4D {
  const laterals: tf.Tensor4D[] = [];
  let level = x;
  for (let i = 0; i < LEVEL_WIDTHS.length; i++) {
    level = convolve(parameters, `conv${i}`, convolve(parameters, `down${i}`, level));
    laterals.push(convolve(parameters, `lateral${i}`, level));
  }
  let sum = laterals[laterals.length - 1]!;
  for (let i = laterals.length - 2; i >= 0; i--) sum = tf.add(upsample2(sum), laterals[i]!);
  return convolve(parameters, ENCODER[ENCODER.length - 1]!.name, sum);
}

/** x^R from F: (B, H'/2, W'/2, D) to (B, H', W', 3), in [-0.5, 0.5] but not clamped. Call inside tf.tidy. */
export function decode(parameters: Parameters, features: tf.Tensor4D): tf.Tensor4D {
  return pixelShuffle2(chain(parameters, DECODER, features));
}

/** Log-odds of a boundary from F: (B, H'/2, W'/2, D) to (B, H'/2, W'/2, 1). Call inside tf.tidy. */
export function boundaryLogits(parameters: Parameters, features: tf.Tensor4D): tf.Tensor4D {
  return chain(parameters, BOUNDARY_HEAD, features);
}

function chain(parameters: Parameters, layers: readonly Layer[], x: tf.Tensor4D): tf.Tensor4D {
  return layers.reduce((h, layer) => convolve(parameters, layer.name, h), x);
}

function convolve(parameters: Parameters, name: string, x: tf.Tensor4D): tf.Tensor4D {
  const { stride, activation } = layerByName.get(name)!;
  const { filter, bias } = parameters[name]!;
  return conv2d(x, filter, bias, { stride, activation });
}
