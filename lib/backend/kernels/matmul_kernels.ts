/** Matrix products on the SIMD module: tfjs's own are 15 times slower as soon as one factor is transposed. */
import * as tf from "@tensorflow/tfjs-core";
import { blocks, pack, rowsPerChunk, unpad } from "./conv_kernels.ts";
import type { Heap } from "./heap.ts";

/** A product of equal batches, or undefined where the module does not cover it. */
export function matMul(
  heap: Heap,
  a: tf.TensorInfo,
  b: tf.TensorInfo,
  transposeA: boolean,
  transposeB: boolean,
): tf.TensorInfo | undefined {
  if (a.dtype !== "float32" || b.dtype !== "float32" || (transposeA && transposeB)) return undefined;
  const batchA = a.shape.slice(0, -2), batchB = b.shape.slice(0, -2);
  if (!tf.util.arraysEqual(batchA, batchB)) return undefined;
  const [aRows, aColumns] = a.shape.slice(-2) as [number, number];
  const [bRows, bColumns] = b.shape.slice(-2) as [number, number];
  const N = transposeA ? aColumns : aRows,
    O = transposeB ? bRows : bColumns,
    K = transposeA ? aRows : aColumns;
  const out = heap.make([...batchA, N, O]);
  const batches = tf.util.sizeFromShape(batchA);
  for (let i = 0; i < batches; i++) {
    const p = heap.at(a) + 4 * i * N * K, q = heap.at(b) + 4 * i * K * O, r = heap.at(out) + 4 * i * N * O;
    if (transposeA) sumOfOuterProducts(heap, p, q, r, K, N, O);
    else rowsTimesMatrix(heap, p, q, r, N, K, O, transposeB);
  }
  return out;
}

/** a (N, K) times b (K, O), or b (O, K) transposed. */
function rowsTimesMatrix(
  heap: Heap,
  a: number,
  b: number,
  out: number,
  N: number,
  K: number,
  O: number,
  transposed: boolean,
): void {
  const OP = blocks(O);
  const [order, weights, zeros, work] = heap.scratch(1, K * OP, OP, 4);
  heap.floats(zeros!, OP).fill(0);
  pack(heap, b, weights!, order!, [0], K, O, transposed);
  heap.kernels.multiply(
    a,
    0,
    4 * K,
    weights!,
    zeros!,
    out,
    4 * O,
    work!,
    N,
    K,
    O,
    rowsPerChunk(K),
    -Infinity,
  );
}

/** a' b for a (K, N) and b (K, O): row by row of both. */
function sumOfOuterProducts(
  heap: Heap,
  a: number,
  b: number,
  out: number,
  K: number,
  N: number,
  O: number,
): void {
  const OP = blocks(O), chunk = Math.max(32, Math.floor(8192 / (N + OP)));
  const [sums, columns, work] = heap.scratch(N * OP, OP, 4 + chunk * OP);
  heap.floats(sums!, N * OP).fill(0);
  heap.floats(columns!, OP).fill(0);
  heap.kernels.filterGradient1x1(a, 4 * N, b, 0, sums!, columns!, work!, K, N, O, OP, chunk);
  unpad(heap, sums!, out, N, O, OP);
}
