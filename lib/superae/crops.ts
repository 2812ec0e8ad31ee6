/**
 * Random windows of training images, as tensors.
 */
import * as tf from "@tensorflow/tfjs-core";
import type { Image } from "../image/image.ts";
import type { Random } from "../random.ts";
import { SIDE_MULTIPLE } from "./architecture.ts";
import { superpixelMeans } from "./loss.ts";

/** An image, the superpixels whose means its reconstruction is drawn to, and perhaps the boundaries to learn. */
export interface TrainingImage {
  /** The image. */
  readonly image: Image;
  /** (H, W) superpixel of each pixel, 0 to `superpixelCount - 1`. */
  readonly superpixels: Int32Array;
  /** How many superpixels there are. */
  readonly superpixelCount: number;
  /** (H, W) how much of a boundary each pixel is, 0 to 255: pseudo-labels from the hierarchy itself. */
  readonly boundary?: Uint8Array;
}

/** A window and what is done to it. */
export interface Crop {
  readonly source: TrainingImage;
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  readonly flipX: boolean;
  readonly flipY: boolean;
  /** Contrast about mid-grey, and brightness, of each channel. */
  readonly gain: readonly [number, number, number];
  readonly offset: readonly [number, number, number];
}

/** What a training step sees. */
export interface Batch {
  /** (B, h, w, 3) pixels about [-0.5, 0.5]. */
  readonly x: tf.Tensor4D;
  /** (B, h, w, 3) mean of each pixel's superpixel within the window. */
  readonly means: tf.Tensor4D;
  /** (B, h / 2, w / 2, 1) boundary pseudo-labels, 0 to 1, where every window has them. */
  readonly boundary?: tf.Tensor4D;
}

/** Windows of one size, drawn uniformly over images and places; `augment` flips them and shifts their colours. */
export function drawCrops(
  images: readonly TrainingImage[],
  count: number,
  cropSize: number,
  augment: boolean,
  random: Random,
): Crop[] {
  const sources = Array.from({ length: count }, () => images[Math.floor(random() * images.length)]!);
  // a step takes one shape: that of the smallest image in the batch
  const width = side(cropSize, Math.min(...sources.map(({ image }) => image.width)));
  const height = side(cropSize, Math.min(...sources.map(({ image }) => image.height)));
  return sources.map((source) => {
    const left = Math.floor(random() * Math.max(1, source.image.width - width + 1));
    const top = Math.floor(random() * Math.max(1, source.image.height - height + 1));
    const window = { source, left, top, width, height };
    if (!augment) return { ...window, flipX: false, flipY: false, gain: [1, 1, 1], offset: [0, 0, 0] };
    const contrast = 0.8 + 0.4 * random(), brightness = 0.15 * (random() - 0.5);
    // a little of it different in each channel: another light
    const vary = (center: number, spread: number) => center + spread * (random() - 0.5);
    return {
      ...window,
      flipX: random() < 0.5,
      flipY: random() < 0.5,
      gain: [vary(contrast, 0.1), vary(contrast, 0.1), vary(contrast, 0.1)],
      offset: [vary(brightness, 0.05), vary(brightness, 0.05), vary(brightness, 0.05)],
    };
  });
}

/** The tensors of a batch of windows. */
export function cropTensors(crops: readonly Crop[]): Batch {
  const { width, height } = crops[0]!;
  const size = width * height, shape: [number, number, number, number] = [crops.length, height, width, 3];
  const x = new Float32Array(crops.length * size * 3), means = new Float32Array(x.length);
  const boundary = crops.every(({ source }) => source.boundary)
    ? new Float32Array(crops.length * size / 4)
    : undefined;
  const labels = new Int32Array(size);
  crops.forEach((crop, n) => {
    const values = x.subarray(n * size * 3, (n + 1) * size * 3);
    const target = boundary?.subarray(n * size / 4, (n + 1) * size / 4);
    readCrop(crop, values, labels, target);
    means.set(superpixelMeans(values, labels, crop.source.superpixelCount), n * size * 3);
  });
  return {
    x: tf.tensor4d(x, shape),
    means: tf.tensor4d(means, shape),
    ...(boundary && { boundary: tf.tensor4d(boundary, [crops.length, height / 2, width / 2, 1]) }),
  };
}

function readCrop(
  crop: Crop,
  values: Float32Array,
  labels: Int32Array,
  target: Float32Array | undefined,
): void {
  const { source: { image, superpixels, boundary }, left, top, width, height, flipX, flipY, gain, offset } =
    crop;
  for (let y = 0, i = 0; y < height; y++) {
    // smaller than a window, the image repeats its last row and column
    const row = Math.min(top + (flipY ? height - 1 - y : y), image.height - 1) * image.width;
    for (let x = 0; x < width; x++, i++) {
      const p = row + Math.min(left + (flipX ? width - 1 - x : x), image.width - 1);
      labels[i] = superpixels[p]!;
      for (let c = 0; c < 3; c++) {
        values[3 * i + c] = (image.data[3 * p + c]! / 255 - 0.5) * gain[c]! + offset[c]!;
      }
      if (!target) continue;
      const half = (y >> 1) * (width >> 1) + (x >> 1);
      target[half] = Math.max(target[half]!, boundary![p]! / 255);
    }
  }
}

/** The longest side up to `cropSize` and `length` that the encoder takes. */
function side(cropSize: number, length: number): number {
  const most = Math.min(cropSize, length);
  return Math.max(SIDE_MULTIPLE, most - most % SIDE_MULTIPLE);
}
