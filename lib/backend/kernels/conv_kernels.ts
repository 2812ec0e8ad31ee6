/**
 * Convolutions and their gradients on the SIMD module. Gradients take relu's mask along: multiplying by it in a pass of
 * its own would cost a full-size tensor for every layer.
 */
import * as tf from "@tensorflow/tfjs-core";
import type { ConvGeometry } from "./conv_geometry.ts";
import type { Heap } from "./heap.ts";
import {
  winogradConvolve,
  winogradCovers,
  winogradCoversFilterGradient,
  winogradFilterGradient,
} from "./winograd_kernels.ts";

/** Least output: relu cuts at 0. */
const RELU = 0, LINEAR = -Infinity;

/** Which tap of the filter comes when, in the input gradient: turned by 180 degrees. */
const TAPS = [0, 1, 2, 3, 4, 5, 6, 7, 8], TURNED = [8, 7, 6, 5, 4, 3, 2, 1, 0];

/** Taps met by pixels of dx at (even, even), (even, odd), (odd, even), (odd, odd), stride 2. */
const PARITIES = [[4], [5, 3], [7, 1], [8, 6, 2, 0]];

/** The forward pass: x, filter and bias to y. */
export function convolve(
  heap: Heap,
  g: ConvGeometry,
  x: tf.TensorInfo,
  filter: tf.TensorInfo,
  bias: tf.TensorInfo | undefined,
  relu: boolean,
): tf.TensorInfo {
  const y = heap.make([g.B, g.OH, g.OW, g.O]);
  if (winogradCovers(g)) {
    winogradConvolve(heap, g, heap.at(x), 0, filter, false, bias, heap.at(y), relu ? RELU : LINEAR);
    return y;
  }
  const taps = g.size * g.size, chunk = rowsPerChunk(g.C);
  const [order, weights, biases, work] = heap.scratch(
    9,
    taps * g.C * blocks(g.O),
    blocks(g.O),
    workFloats(g.W, g.C),
  );
  const from = heap.at(x), to = heap.at(y), { kernels } = heap;
  fillBias(heap, biases!, bias, g.O);
  pack(heap, heap.at(filter), weights!, order!, TAPS.slice(0, taps), g.C, g.O, false);
  const floor = relu ? RELU : LINEAR;
  if (g.size === 3) {
    for (let b = 0; b < g.B; b++) {
      const xb = from + 4 * b * g.H * g.W * g.C, yb = to + 4 * b * g.OH * g.OW * g.O;
      kernels.convolve3x3(xb, 0, weights!, biases!, yb, work!, g.H, g.W, g.C, g.O, g.stride, floor);
    }
  } else {
    eachDenseRow(g, (xRow, yRow, n) => {
      const step = 4 * g.stride * g.C;
      kernels.multiply(
        from + 4 * xRow * g.C,
        0,
        step,
        weights!,
        biases!,
        to + 4 * yRow * g.O,
        4 * g.O,
        work!,
        n,
        g.C,
        g.O,
        chunk,
        floor,
      );
    });
  }
  return y;
}

/** The gradient of x. `y` masks dy where it is not positive; absent where there was no relu. */
export function inputGradient(
  heap: Heap,
  g: ConvGeometry,
  dy: tf.TensorInfo,
  filter: tf.TensorInfo,
  y: tf.TensorInfo | undefined,
): tf.TensorInfo {
  const dx = heap.make([g.B, g.H, g.W, g.C]);
  const { kernels } = heap,
    from = heap.at(dy),
    to = heap.at(dx),
    w = heap.at(filter),
    mask = y ? heap.at(y) : 0;
  if (winogradCovers(g)) {
    winogradConvolve(heap, g, from, mask, filter, true, undefined, to, LINEAR);
    return dx;
  }
  const wide = g.O * blocks(g.C), taps = g.size * g.size, chunk = rowsPerChunk(g.O);
  const [order, weights, zeros, work] = heap.scratch(
    9,
    taps * wide,
    blocks(g.C),
    workFloats(g.OW, g.O) + chunk * g.O,
  );
  heap.floats(zeros!, blocks(g.C)).fill(0);
  const image = (b: number) => {
    const skip = 4 * b * g.OH * g.OW * g.O;
    return { dyb: from + skip, maskb: mask && mask + skip, dxb: to + 4 * b * g.H * g.W * g.C };
  };
  if (g.size === 1) {
    pack(heap, w, weights!, order!, [0], g.O, g.C, true);
    if (g.stride === 2) heap.floats(to, g.B * g.H * g.W * g.C).fill(0);
    eachDenseRow(g, (xRow, yRow, n) => {
      const skip = 4 * yRow * g.O, outStep = 4 * g.stride * g.C, at = to + 4 * xRow * g.C;
      kernels.multiply(
        from + skip,
        mask && mask + skip,
        4 * g.O,
        weights!,
        zeros!,
        at,
        outStep,
        work!,
        n,
        g.O,
        g.C,
        chunk,
        LINEAR,
      );
    });
  } else if (g.stride === 1) {
    pack(heap, w, weights!, order!, TURNED, g.O, g.C, true);
    for (let b = 0; b < g.B; b++) {
      const { dyb, maskb, dxb } = image(b);
      kernels.convolve3x3(dyb, maskb, weights!, zeros!, dxb, work!, g.H, g.W, g.O, g.C, 1, LINEAR);
    }
  } else {
    let next = weights!;
    const parts = PARITIES.map((parity) => {
      const part = next;
      pack(heap, w, part, order!, parity, g.O, g.C, true);
      next += 4 * parity.length * wide;
      return part;
    }) as [number, number, number, number];
    for (let b = 0; b < g.B; b++) {
      const { dyb, maskb, dxb } = image(b);
      kernels.inputGradient3x3Stride2(dyb, maskb, ...parts, zeros!, dxb, work!, g.H, g.W, g.C, g.O);
    }
  }
  return dx;
}

/** The gradients of filter and bias. `y` as in {@linkcode inputGradient}. */
export function filterGradient(
  heap: Heap,
  g: ConvGeometry,
  x: tf.TensorInfo,
  dy: tf.TensorInfo,
  y: tf.TensorInfo | undefined,
): [tf.TensorInfo, tf.TensorInfo] {
  const rows = g.size * g.size * g.C, OP = blocks(g.O);
  const dfilter = heap.make([g.size, g.size, g.C, g.O]), dbias = heap.make([g.O]);
  const { kernels } = heap, from = heap.at(x), d = heap.at(dy), mask = y ? heap.at(y) : 0;
  if (winogradCoversFilterGradient(g)) {
    winogradFilterGradient(heap, g, from, d, mask, heap.at(dfilter), heap.at(dbias));
    return [dfilter, dbias];
  }
  const chunk = Math.max(32, Math.floor(8192 / (g.stride * g.C + OP)));
  const workSize = workFloats(g.W, g.C) + Math.max(g.OW, chunk) * OP;
  const [sums, biases, work] = heap.scratch(rows * OP, OP, workSize);
  heap.floats(sums!, rows * OP).fill(0);
  heap.floats(biases!, OP).fill(0);
  if (g.size === 3) {
    for (let b = 0; b < g.B; b++) {
      const xb = from + 4 * b * g.H * g.W * g.C,
        skip = 4 * b * g.OH * g.OW * g.O,
        maskb = mask && mask + skip;
      kernels.filterGradient3x3(
        xb,
        d + skip,
        maskb,
        sums!,
        biases!,
        work!,
        g.H,
        g.W,
        g.C,
        g.O,
        OP,
        g.stride,
        chunk,
      );
    }
  } else {
    eachDenseRow(g, (xRow, yRow, n) => {
      const skip = 4 * yRow * g.O, step = 4 * g.stride * g.C, maskRow = mask && mask + skip;
      kernels.filterGradient1x1(
        from + 4 * xRow * g.C,
        step,
        d + skip,
        maskRow,
        sums!,
        biases!,
        work!,
        n,
        g.C,
        g.O,
        OP,
        chunk,
      );
    });
  }
  unpad(heap, sums!, heap.at(dfilter), rows, g.O, OP);
  unpad(heap, biases!, heap.at(dbias), 1, g.O, OP);
  return [dfilter, dbias];
}

/** Channels rounded up to whole register blocks: of 8, the last one of 4 where 4 are enough. */
export function blocks(channels: number): number {
  return channels % 8 > 4 ? Math.ceil(channels / 8) * 8 : Math.ceil(channels / 4) * 4;
}

/** Rows of K floats that fit a quarter of a second-level cache, in whole tiles of 6. */
export function rowsPerChunk(K: number): number {
  return Math.max(24, Math.floor(16384 / K / 6) * 6);
}

/** Weights of O channels into register blocks; `transposed` where the filter is (K, O) the other way round. */
export function pack(
  { kernels, integers }: Heap,
  from: number,
  to: number,
  order: number,
  taps: readonly number[],
  K: number,
  O: number,
  transposed: boolean,
): void {
  integers(order, taps.length).set(taps);
  kernels.pack(from, to, order, taps.length, K, O, K * O, transposed ? 1 : O, transposed ? K : 1);
}

/** Drops the padding of the channels: (rows, OP) to (rows, O). */
export function unpad({ floats }: Heap, from: number, to: number, rows: number, O: number, OP: number): void {
  const padded = floats(from, rows * OP), dense = floats(to, rows * O);
  if (O === OP) return dense.set(padded);
  for (let r = 0, p = 0, q = 0; r < rows; r++, q += OP) {
    for (let o = 0; o < O; o++) dense[p++] = padded[q + o]!;
  }
}

function fillBias(heap: Heap, to: number, bias: tf.TensorInfo | undefined, O: number): void {
  const biases = heap.floats(to, blocks(O)).fill(0);
  if (bias) biases.set(heap.floats(heap.at(bias), O));
}

/** Scratch of the 3x3 kernels: four rows with their borders, and a table. */
function workFloats(W: number, C: number): number {
  return 4 * (W + 2) * C + 16;
}

/** A 1x1 convolution as products: one of all pixels, or with stride one of every row. Indices count pixels. */
function eachDenseRow(g: ConvGeometry, f: (xPixel: number, yPixel: number, pixels: number) => void): void {
  if (g.stride === 1) return f(0, 0, g.B * g.H * g.W);
  for (let b = 0; b < g.B; b++) {
    for (let oy = 0; oy < g.OH; oy++) f((b * g.H + oy * g.stride) * g.W, (b * g.OH + oy) * g.OW, g.OW);
  }
}

/** The filter gradient by definition, for geometries that the module does not cover and tfjs's wasm backend lacks. */
export function filterGradientByDefinition(
  heap: Heap,
  x: tf.TensorInfo,
  dy: tf.TensorInfo,
  attributes: tf.NamedAttrMap,
): tf.TensorInfo {
  const { strides, pad, dimRoundingMode, filterShape } = attributes as Record<string, tf.Attribute>;
  const g = tf.backend_util.computeConv2DInfo(
    x.shape as [number, number, number, number],
    filterShape as [number, number, number, number],
    strides as [number, number],
    1,
    pad as "same",
    dimRoundingMode as "floor",
  );
  const dfilter = heap.make(g.filterShape), C = g.inChannels, O = g.outChannels;
  const from = heap.floats(heap.at(x), tf.util.sizeFromShape(x.shape));
  const d = heap.floats(heap.at(dy), tf.util.sizeFromShape(dy.shape));
  const sums = heap.floats(heap.at(dfilter), tf.util.sizeFromShape(g.filterShape)).fill(0);
  for (let b = 0; b < g.batchSize; b++) {
    for (let oy = 0; oy < g.outHeight; oy++) {
      for (let ox = 0; ox < g.outWidth; ox++) {
        const q = ((b * g.outHeight + oy) * g.outWidth + ox) * O;
        for (let ky = 0; ky < g.filterHeight; ky++) {
          const y = oy * g.strideHeight + ky - g.padInfo.top;
          if (y < 0 || y >= g.inHeight) continue;
          for (let kx = 0; kx < g.filterWidth; kx++) {
            const column = ox * g.strideWidth + kx - g.padInfo.left;
            if (column < 0 || column >= g.inWidth) continue;
            const p = ((b * g.inHeight + y) * g.inWidth + column) * C, w = (ky * g.filterWidth + kx) * C * O;
            for (let c = 0; c < C; c++) {
              for (let o = 0; o < O; o++) sums[w + c * O + o]! += from[p + c]! * d[q + o]!;
            }
          }
        }
      }
    }
  }
  return dfilter;
}
