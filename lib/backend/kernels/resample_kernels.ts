/** Bilinear upsampling by whole factors, and the pixel shuffle. Each returns undefined where not covered. */
import type * as tf from "@tensorflow/tfjs-core";
import type { Heap } from "./heap.ts";

type Shape4 = [number, number, number, number];

/** The factor, or 0 where the resizing is not one by a whole factor on the grid of strided convolutions. */
function wholeFactor([, H, W]: Shape4, [OH, OW]: [number, number], attributes: tf.NamedAttrMap): number {
  if (attributes.alignCorners || attributes.halfPixelCenters) return 0;
  const factor = OH / H;
  return Number.isInteger(factor) && OW === W * factor ? factor : 0;
}

/** Bilinear upsampling. */
export function resizeBilinear(
  heap: Heap,
  images: tf.TensorInfo,
  attributes: tf.NamedAttrMap,
): tf.TensorInfo | undefined {
  const shape = images.shape as Shape4, [B, H, W, C] = shape, size = attributes.size as [number, number];
  const factor = wholeFactor(shape, size, attributes);
  if (factor === 0 || images.dtype !== "float32") return undefined;
  const out = heap.make([B, size[0], size[1], C]), [row] = heap.scratch(W * C), n = H * W * C;
  for (let b = 0; b < B; b++) {
    heap.kernels.upsample(
      heap.at(images) + 4 * b * n,
      heap.at(out) + 4 * b * n * factor ** 2,
      row!,
      H,
      W,
      C,
      factor,
    );
  }
  return out;
}

/** Its gradient. */
export function resizeBilinearGradient(
  heap: Heap,
  images: tf.TensorInfo,
  dy: tf.TensorInfo,
  attributes: tf.NamedAttrMap,
): tf.TensorInfo | undefined {
  const shape = images.shape as Shape4, [B, H, W, C] = shape;
  const factor = wholeFactor(shape, [dy.shape[1]!, dy.shape[2]!], attributes);
  if (factor === 0) return undefined;
  const dx = heap.make(shape), [row] = heap.scratch(W * C), n = H * W * C;
  for (let b = 0; b < B; b++) {
    heap.kernels.upsampleGradient(
      heap.at(dy) + 4 * b * n * factor ** 2,
      heap.at(dx) + 4 * b * n,
      row!,
      H,
      W,
      C,
      factor,
    );
  }
  return dx;
}

/** Pixel shuffle (B, H, W, s * s * C) to (B, s * H, s * W, C). */
export function depthToSpace(
  heap: Heap,
  x: tf.TensorInfo,
  attributes: tf.NamedAttrMap,
): tf.TensorInfo | undefined {
  const { blockSize: s, dataFormat } = attributes as { blockSize: number; dataFormat: string };
  if (dataFormat !== "NHWC" || x.dtype !== "float32") return undefined;
  const [B, H, W, channels] = x.shape as Shape4, C = channels / (s * s);
  const out = heap.make([B, H * s, W * s, C]);
  heap.kernels.pixelShuffle(heap.at(x), heap.at(out), B * H, W, s, C, 0);
  return out;
}

/** The inverse of {@linkcode depthToSpace}. */
export function spaceToDepth(heap: Heap, x: tf.TensorInfo, attributes: tf.NamedAttrMap): tf.TensorInfo {
  const s = attributes.blockSize as number, [B, OH, OW, C] = x.shape as Shape4, H = OH / s, W = OW / s;
  const out = heap.make([B, H, W, s * s * C]);
  heap.kernels.pixelShuffle(heap.at(x), heap.at(out), B * H, W, s, C, 1);
  return out;
}
