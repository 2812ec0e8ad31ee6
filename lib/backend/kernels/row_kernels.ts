/** Kernels over rows of channels: segment sums, gathering, column sums and Adam. Each returns undefined where not covered. */
import * as tf from "@tensorflow/tfjs-core";
import type { Heap } from "./heap.ts";

/** Sums rows of x by segment; ids outside 0 to count - 1 are dropped, as TensorFlow does. */
export function segmentSum(
  heap: Heap,
  x: tf.TensorInfo,
  ids: tf.TensorInfo,
  count: number,
): tf.TensorInfo | undefined {
  if (x.dtype !== "float32" || ids.dtype !== "int32") return undefined;
  const inner = x.shape.slice(ids.shape.length), C = tf.util.sizeFromShape(inner);
  const sums = heap.make([count, ...inner]);
  heap.kernels.segmentSum(
    heap.at(x),
    heap.at(ids),
    heap.at(sums),
    tf.util.sizeFromShape(ids.shape),
    C,
    count,
  );
  return sums;
}

/** Rows of x by index. */
export function gather(
  heap: Heap,
  x: tf.TensorInfo,
  ids: tf.TensorInfo,
  attributes: tf.NamedAttrMap,
): tf.TensorInfo | undefined {
  const { axis, batchDims } = attributes as { axis: number; batchDims: number };
  if (axis !== 0 || batchDims || x.dtype !== "float32" || ids.dtype !== "int32") return undefined;
  const inner = x.shape.slice(1), C = tf.util.sizeFromShape(inner), N = tf.util.sizeFromShape(ids.shape);
  const out = heap.make([...ids.shape, ...inner]);
  const bad = heap.kernels.gather(heap.at(x), heap.at(ids), heap.at(out), N, C, x.shape[0]!);
  if (bad >= 0) {
    const id = heap.integers(heap.at(ids), N)[bad];
    throw new RangeError(`Cannot gather: indices must be 0 to ${x.shape[0]! - 1}, got ${id} at ${bad}`);
  }
  return out;
}

/** Sums over leading axes, one for each of the trailing ones' positions. */
export function sum(heap: Heap, x: tf.TensorInfo, attributes: tf.NamedAttrMap): tf.TensorInfo | undefined {
  const { axis, keepDims } = attributes as { axis: number | number[]; keepDims: boolean };
  const axes = tf.util.parseAxisParam(axis, x.shape);
  const kept = x.shape.slice(axes.length), C = tf.util.sizeFromShape(kept);
  // axes come sorted; a sum over everything is a single column, which tfjs does faster
  if (x.dtype !== "float32" || C < 2 || axes.some((a, i) => a !== i)) return undefined;
  const out = heap.make(keepDims ? [...axes.map(() => 1), ...kept] : kept);
  const [scratch] = heap.scratch(C);
  heap.kernels.columnSums(heap.at(x), heap.at(out), scratch!, tf.util.sizeFromShape(x.shape) / C, C, 1);
  return out;
}

/** One step of Adam; the moments change in place, which only tensors that nothing else holds may. */
export function adam(heap: Heap, inputs: tf.NamedTensorInfoMap, attributes: tf.NamedAttrMap): tf.TensorInfo {
  const { value, gradient, mean, square } = inputs as Record<string, tf.TensorInfo>;
  const { rate, beta1, beta2, tiny } = attributes as Record<string, number>;
  const next = heap.make(value!.shape), n = tf.util.sizeFromShape(value!.shape);
  const [w, g, m, v, out] = [value!, gradient!, mean!, square!, next].map(heap.at);
  heap.kernels.adam(w!, g!, m!, v!, out!, n, rate!, beta1!, beta2!, tiny!);
  return next;
}
