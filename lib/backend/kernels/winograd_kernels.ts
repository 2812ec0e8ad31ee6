/** 3x3 convolutions of stride 1 by Winograd's filtering, where it pays: see assembly/winograd.ts. */
import type * as tf from "@tensorflow/tfjs-core";
import type { ConvGeometry } from "./conv_geometry.ts";
import type { Heap } from "./heap.ts";

/** Matrices of a 4x4 transform. */
const MATRICES = 16;

/** Where each matrix of the filter turned by 180 degrees comes from: rows and columns 0 and 3 change places. */
const TURNED = [15, 13, 14, 12, 7, 5, 6, 4, 11, 9, 10, 8, 3, 1, 2, 0];

/** Tiles in a row below which the filter gradient by definition is faster: its sums are read and written for every row. */
const FEW_TILES = 24;

/** Whether channels fit and are many enough to pay for the transforms. */
export function winogradCovers({ size, stride, C, O }: ConvGeometry): boolean {
  return size === 3 && stride === 1 && C % 4 === 0 && O % 4 === 0 && C >= 8 && O >= 8;
}

/** Likewise for the filter gradient. */
export function winogradCoversFilterGradient(g: ConvGeometry): boolean {
  return winogradCovers(g) && tilesOf(g.W) >= FEW_TILES;
}

/** An image's tiles from left to right. */
function tilesOf(W: number): number {
  return Math.ceil(W / 2);
}

/** Tiles at a time: two sets of 16 matrices of them stay within half a second-level cache of 256 kB; evenly divided. */
function stripOf(W: number, channels: number): number {
  const tiles = tilesOf(W), most = Math.max(24, Math.floor(32768 / MATRICES / channels));
  return Math.ceil(tiles / Math.ceil(tiles / most));
}

/**
 * y = x * filter + bias, at least `floor`; or with `turned` the input gradient, where x is dy, masked, and the filter's
 * channels change places.
 */
export function winogradConvolve(
  heap: Heap,
  g: ConvGeometry,
  x: number,
  mask: number,
  filter: tf.TensorInfo,
  turned: boolean,
  bias: tf.TensorInfo | undefined,
  out: number,
  floor: number,
): void {
  const { kernels } = heap, { B, H, W } = g, n = g.C * g.O, [C, O] = turned ? [g.O, g.C] : [g.C, g.O];
  const strip = stripOf(W, n / C + C);
  const [order, u, packed, biases, zeros, work] = heap.scratch(
    1,
    MATRICES * n,
    MATRICES * n,
    O,
    O,
    5 * (W + 3) * C + 8 + MATRICES * (strip * (C + O) + 256),
  );
  heap.integers(order!, 1)[0] = 0;
  heap.floats(zeros!, O).fill(0);
  heap.floats(biases!, O).fill(0);
  if (bias) heap.floats(biases!, O).set(heap.floats(heap.at(bias), O));
  kernels.winogradFilter(heap.at(filter), u!, n);
  for (let p = 0; p < MATRICES; p++) {
    const from = u! + 4 * n * (turned ? TURNED[p]! : p), to = packed! + 4 * n * p;
    kernels.pack(from, to, order!, 1, C, O, n, turned ? 1 : O, turned ? C : 1);
  }
  for (let b = 0; b < B; b++) {
    const skip = 4 * b * H * W * C, to = out + 4 * b * H * W * O;
    kernels.winograd3x3(
      x + skip,
      mask && mask + skip,
      packed!,
      4 * n,
      biases!,
      zeros!,
      to,
      work!,
      H,
      W,
      C,
      O,
      strip,
      floor,
    );
  }
}

/** Gradients of filter and bias, written to `dfilter` and `dbias`. */
export function winogradFilterGradient(
  heap: Heap,
  { B, H, W, C, O }: ConvGeometry,
  x: number,
  dy: number,
  mask: number,
  dfilter: number,
  dbias: number,
): void {
  const { kernels } = heap, n = C * O, strip = stripOf(W, C + O);
  const workFloats = 5 * (W + 3) * C + 2 * (W + 1) * O + 8 + MATRICES * (strip * (C + O) + 256);
  const [sums, work] = heap.scratch(MATRICES * n, workFloats);
  heap.floats(sums!, MATRICES * n).fill(0);
  heap.floats(dbias, O).fill(0);
  for (let b = 0; b < B; b++) {
    const skip = 4 * b * H * W * O;
    kernels.winogradFilterSums(
      x + 4 * b * H * W * C,
      dy + skip,
      mask && mask + skip,
      sums!,
      dbias,
      work!,
      H,
      W,
      C,
      O,
      strip,
    );
  }
  kernels.winogradFilterGradient(sums!, dfilter, n);
}
