/** Batch normalisation with the batch's own statistics (Ioffe and Szegedy 2015, arXiv:1502.03167) and relu, fused. */
import * as tf from "@tensorflow/tfjs-core";
import type { Heap } from "./heap.ts";

/** y = relu(gamma (x - mean) / deviation + beta), and the statistics (mean; 1 / deviation) for the gradient. */
export function normRelu(
  heap: Heap,
  inputs: tf.NamedTensorInfoMap,
  epsilon: number,
): [tf.TensorInfo, tf.TensorInfo] {
  const { x, gamma, beta } = inputs as Record<string, tf.TensorInfo>;
  const C = x!.shape[3]!, N = tf.util.sizeFromShape(x!.shape) / C;
  const y = heap.make(x!.shape), statistics = heap.make([2, C]);
  const [sums, scale, shift] = heap.scratch(4 * C, C, C);
  heap.floats(sums!, 4 * C).fill(0);
  heap.kernels.moments(heap.at(x!), sums!, N, C);
  const totals = doubles(heap, sums!, 2 * C), kept = heap.floats(heap.at(statistics), 2 * C);
  const scales = heap.floats(scale!, C), shifts = heap.floats(shift!, C);
  const g = heap.floats(heap.at(gamma!), C), b = heap.floats(heap.at(beta!), C);
  for (let c = 0; c < C; c++) {
    const mean = totals[c]! / N, variance = Math.max(0, totals[C + c]! / N - mean * mean);
    const inverse = 1 / Math.sqrt(variance + epsilon);
    kept[c] = mean;
    kept[C + c] = inverse;
    scales[c] = g[c]! * inverse;
    shifts[c] = b[c]! - mean * g[c]! * inverse;
  }
  heap.kernels.scaleShiftRelu(heap.at(x!), heap.at(y), N, C, scale!, shift!);
  return [y, statistics];
}

/** Gradients of x, gamma and beta. With r = 1 / deviation and h = (x - mean) r: dx = gamma r (g - mean(g) - h mean(g h)). */
export function normReluGradient(
  heap: Heap,
  inputs: tf.NamedTensorInfoMap,
): [tf.TensorInfo, tf.TensorInfo, tf.TensorInfo] {
  const { x, y, dy, gamma, statistics } = inputs as Record<string, tf.TensorInfo>;
  const C = x!.shape[3]!, N = tf.util.sizeFromShape(x!.shape) / C;
  const dx = heap.make(x!.shape), dgamma = heap.make([C]), dbeta = heap.make([C]);
  const [sums, a, b, k] = heap.scratch(4 * C, C, C, C);
  heap.floats(sums!, 4 * C).fill(0);
  const [px, py, pdy] = [x!, y!, dy!].map(heap.at);
  heap.kernels.normGradientSums(px!, py!, pdy!, sums!, N, C);
  const totals = doubles(heap, sums!, 2 * C), kept = heap.floats(heap.at(statistics!), 2 * C);
  const g = heap.floats(heap.at(gamma!), C);
  const dg = heap.floats(heap.at(dgamma), C), db = heap.floats(heap.at(dbeta), C);
  const [as, bs, ks] = [a!, b!, k!].map((pointer) => heap.floats(pointer, C)) as [
    Float32Array,
    Float32Array,
    Float32Array,
  ];
  for (let c = 0; c < C; c++) {
    const mean = kept[c]!,
      inverse = kept[C + c]!,
      total = totals[c]!,
      product = inverse * (totals[C + c]! - mean * total);
    const gain = g[c]! * inverse;
    dg[c] = product;
    db[c] = total;
    as[c] = gain;
    bs[c] = -gain * inverse * product / N;
    ks[c] = gain * (mean * inverse * product - total) / N;
  }
  heap.kernels.normGradient(px!, py!, pdy!, heap.at(dx), N, C, a!, b!, k!);
  return [dx, dgamma, dbeta];
}

function doubles({ floats }: Heap, pointer: number, length: number): Float64Array {
  return new Float64Array(floats(pointer, 0).buffer, pointer, length);
}
