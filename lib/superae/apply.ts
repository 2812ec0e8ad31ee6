/**
 * SuperAE applied: the deep embedding F and the smoothed image x^R of one image, as typed arrays.
 */
import * as tf from "@tensorflow/tfjs-core";
import type { Image } from "../image/image.ts";
import { EMBEDDING_CHANNELS } from "./architecture.ts";
import {
  boundaryLogits,
  createParameters,
  decode,
  disposeParameters,
  encode,
  imageTensor,
  withoutMargin,
} from "./model.ts";
import type { SuperAEWeights } from "./weights.ts";

/** A map of (height, width, channels) interleaved values, on every second pixel of the image: sample (y, x) sits on pixel (2y, 2x). */
export interface HalfMap {
  /** ceil(W / 2). */
  readonly width: number;
  /** ceil(H / 2). */
  readonly height: number;
  /** Values per sample. */
  readonly channels: number;
  /** (height, width, channels) interleaved. */
  readonly data: Float32Array;
}

/** What {@linkcode applySuperAE} gives. */
export interface SuperAEOutput {
  /** F at half resolution, D = 24 channels; see {@linkcode fullResolution} for (H, W, D). */
  readonly features: HalfMap;
  /** x^R. */
  readonly smoothed: Image;
  /** Probability, 0 to 1, that a boundary passes, at half resolution, one channel. */
  readonly boundary: HalfMap;
}

/**
 * Runs encoder, decoder and boundary head over an image. Run it where the backend is yours.
 *
 * @param image Any size from 1 x 1; memory is about 200 bytes a pixel.
 * @param weights Pretrained or from {@linkcode trainSuperAE}.
 * @returns F, x^R and the boundary map.
 */
export async function applySuperAE(image: Image, weights: SuperAEWeights): Promise<SuperAEOutput> {
  const parameters = createParameters(weights);
  const [features, smoothed, boundary] = tf.tidy(() => {
    const F = encode(parameters, imageTensor(image));
    return [
      withoutMargin(F, image, 2),
      withoutMargin(decode(parameters, F), image, 1),
      tf.sigmoid(withoutMargin(boundaryLogits(parameters, F), image, 2)),
    ];
  }) as [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D];
  try {
    const half = { width: Math.ceil(image.width / 2), height: Math.ceil(image.height / 2) };
    return {
      features: { ...half, channels: EMBEDDING_CHANNELS, data: await features.data<"float32">() },
      smoothed: { width: image.width, height: image.height, data: toBytes(await smoothed.data<"float32">()) },
      boundary: { ...half, channels: 1, data: await boundary.data<"float32">() },
    };
  } finally {
    tf.dispose([features, smoothed, boundary]);
    disposeParameters(parameters);
  }
}

/**
 * A half-resolution map at full resolution (H, W, C), bilinear, for those who want a feature of every pixel.
 *
 * @param map A map of {@linkcode applySuperAE}.
 * @param width W of the image.
 * @param height H of the image.
 * @returns (H, W, C) interleaved values.
 *
 * @example
 * ```ts
 * import { fullResolution } from "./apply.ts";
 * import assert from "node:assert/strict";
 *
 * const map = { width: 2, height: 1, channels: 1, data: Float32Array.of(0, 1) };
 * assert.deepEqual([...fullResolution(map, 4, 1)], [0, 0.5, 1, 1]);
 * ```
 */
export function fullResolution(map: HalfMap, width: number, height: number): Float32Array {
  const { channels: C, data } = map;
  const full = new Float32Array(width * height * C);
  for (let y = 0, p = 0; y < height; y++) {
    const top = (y >> 1) * map.width, bottom = Math.min((y + 1) >> 1, map.height - 1) * map.width;
    for (let x = 0; x < width; x++) {
      const left = x >> 1, right = Math.min((x + 1) >> 1, map.width - 1);
      const a = (top + left) * C, b = (top + right) * C, c = (bottom + left) * C, d = (bottom + right) * C;
      // on even coordinates two or four of the samples are the same one
      for (let k = 0; k < C; k++) full[p++] = (data[a + k]! + data[b + k]! + data[c + k]! + data[d + k]!) / 4;
    }
  }
  return full;
}

/**
 * The network's -0.5 to 0.5 as bytes, rounded, in one pass where tensors would take four; in their 32 bits. A loop, since
 * `Uint8Array.from` with a function takes as long as half of the network.
 */
function toBytes(values: Float32Array): Uint8Array {
  const bytes = new Uint8ClampedArray(values.length), { fround } = Math;
  for (let i = 0; i < bytes.length; i++) {
    const value = fround(fround(values[i]! + 0.5) * 255);
    bytes[i] = value > 0 ? Math.floor(value + 0.5) : 0; // a clamped array rounds halves to even
  }
  return new Uint8Array(bytes.buffer);
}
