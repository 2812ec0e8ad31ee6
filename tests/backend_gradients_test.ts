/** Gradients of the backend's operations against finite differences, on every backend that is there. */
import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import { withBackend } from "../lib/backend/mod.ts";
import {
  conv2d,
  normRelu,
  pixelShuffle2,
  segmentMean,
  segmentSum,
  softmaxRows,
  upsample,
  upsample2,
} from "../lib/backend/ops.ts";
import type { BackendName } from "../lib/options.ts";
import { createRandom } from "../lib/random.ts";

/** One operation: shapes of its inputs and what it computes. Inputs lie in `range`, away from kinks. */
interface Case {
  readonly shapes: number[][];
  readonly range?: [number, number];
  readonly f: (...inputs: tf.Tensor[]) => tf.Tensor;
}

const ids = (values: number[]) => tf.tensor1d(values, "int32");
const conv = (stride: 1 | 2) => (x: tf.Tensor, w: tf.Tensor, b: tf.Tensor) =>
  conv2d(x as tf.Tensor4D, w as tf.Tensor4D, b as tf.Tensor1D, { stride });
const matMul = (ta: boolean, tb: boolean) => (a: tf.Tensor, b: tf.Tensor) => tf.matMul(a, b, ta, tb);

const CASES: Record<string, Case> = {
  "conv2d 3x3": { shapes: [[2, 5, 7, 3], [3, 3, 3, 5], [5]], f: conv(1) },
  "conv2d 3x3 to 8 channels": { shapes: [[1, 6, 13, 4], [3, 3, 4, 8], [8]], f: conv(1) },
  "conv2d 3x3 to 12 channels": { shapes: [[1, 4, 8, 8], [3, 3, 8, 12], [12]], f: conv(1) },
  "conv2d 3x3 to 1 channel": { shapes: [[1, 4, 8, 8], [3, 3, 8, 1], [1]], f: conv(1) },
  "conv2d 3x3 stride 2, even sides": { shapes: [[2, 6, 8, 3], [3, 3, 3, 8], [8]], f: conv(2) },
  "conv2d 3x3 stride 2, odd sides": { shapes: [[1, 7, 5, 4], [3, 3, 4, 9], [9]], f: conv(2) },
  "conv2d 3x3 stride 2, one row": { shapes: [[1, 1, 14, 2], [3, 3, 2, 3], [3]], f: conv(2) },
  "conv2d 1x1": { shapes: [[2, 3, 5, 6], [1, 1, 6, 9], [9]], f: conv(1) },
  "conv2d 1x1 stride 2": { shapes: [[1, 3, 5, 6], [1, 1, 6, 4], [4]], f: conv(2) },
  "conv2d without bias": {
    shapes: [[1, 5, 7, 3], [3, 3, 3, 5]],
    f: (x, w) => conv2d(x as tf.Tensor4D, w as tf.Tensor4D, null),
  },
  "conv2d relu": {
    shapes: [[1, 5, 9, 3], [3, 3, 3, 8], [8]],
    // a bias of -2 and 2 keeps every sum at a distance from the kink, on either side of it
    f: (x, w, b) =>
      conv2d(
        x as tf.Tensor4D,
        tf.mul(w, 0.05) as tf.Tensor4D,
        tf.add(tf.mul(b, 0.1), [2, -2, 2, -2, 2, -2, 2, -2]) as tf.Tensor1D,
        { activation: "relu" },
      ),
  },
  normRelu: {
    shapes: [[2, 3, 5, 4], [4], [4]],
    // shifts of 4 and -4 standard deviations: no value is near the kink, and half of the channels are on either side
    f: (x, gamma, beta) =>
      normRelu(x as tf.Tensor4D, tf.add(gamma, 2) as tf.Tensor1D, tf.add(beta, [9, -9, 9, 9]) as tf.Tensor1D),
  },
  segmentSum: { shapes: [[7, 5]], f: (x) => segmentSum(x as tf.Tensor2D, ids([0, 2, 2, 0, 4, 1, 2]), 6) },
  segmentMean: { shapes: [[7, 5]], f: (x) => segmentMean(x as tf.Tensor2D, ids([0, 2, 2, 0, 4, 1, 2]), 6) },
  upsample2: { shapes: [[2, 3, 5, 3]], f: (x) => upsample2(x as tf.Tensor4D) },
  "upsample by 3": { shapes: [[1, 2, 4, 8]], f: (x) => upsample(x as tf.Tensor4D, 3) },
  pixelShuffle2: { shapes: [[2, 3, 2, 12]], f: (x) => pixelShuffle2(x as tf.Tensor4D) },
  softmaxRows: { shapes: [[4, 5]], f: (x) => softmaxRows(x as tf.Tensor2D) },
  logSoftmax: { shapes: [[4, 5]], f: (x) => tf.logSoftmax(x) },
  add: { shapes: [[4, 5], [5]], f: tf.add },
  sub: { shapes: [[4, 5], [4, 1]], f: tf.sub },
  mul: { shapes: [[4, 1], [3, 4, 5]], f: tf.mul },
  div: { shapes: [[4, 5], [5]], range: [0.5, 2], f: tf.div },
  squaredDifference: { shapes: [[4, 5], [1]], f: tf.squaredDifference },
  maximum: { shapes: [[4, 5]], f: (x) => tf.maximum(x, 0.0123) },
  minimum: { shapes: [[4, 5]], f: (x) => tf.minimum(x, 0.0123) },
  pow: { shapes: [[4, 5]], range: [0.5, 2], f: (x) => tf.pow(x, 1.5) },
  neg: { shapes: [[7]], f: tf.neg },
  square: { shapes: [[7]], f: tf.square },
  sqrt: { shapes: [[7]], range: [0.5, 2], f: tf.sqrt },
  rsqrt: { shapes: [[7]], range: [0.5, 2], f: tf.rsqrt },
  reciprocal: { shapes: [[7]], range: [0.5, 2], f: tf.reciprocal },
  exp: { shapes: [[7]], f: tf.exp },
  log: { shapes: [[7]], range: [0.5, 2], f: tf.log },
  log1p: { shapes: [[7]], range: [0.5, 2], f: tf.log1p },
  abs: { shapes: [[7]], f: tf.abs },
  relu: { shapes: [[7]], f: tf.relu },
  leakyRelu: { shapes: [[7]], f: (x) => tf.leakyRelu(x, 0.1) },
  sigmoid: { shapes: [[7]], f: tf.sigmoid },
  tanh: { shapes: [[7]], f: tf.tanh },
  softplus: { shapes: [[7]], f: tf.softplus },
  clipByValue: { shapes: [[20]], f: (x) => tf.clipByValue(x, -0.5, 0.5) },
  "sum over one axis": { shapes: [[3, 4, 5]], f: (x) => tf.sum(x, 1) },
  "sum over all": { shapes: [[3, 4]], f: (x) => tf.sum(x) },
  "mean over axes, kept": { shapes: [[3, 4, 5]], f: (x) => tf.mean(x, [0, 2], true) },
  max: { shapes: [[4, 5]], f: (x) => tf.max(x, 1) },
  matMul: { shapes: [[4, 3], [3, 5]], f: matMul(false, false) },
  "matMul, first transposed": { shapes: [[3, 4], [3, 5]], f: matMul(true, false) },
  "matMul, second transposed": { shapes: [[4, 3], [5, 3]], f: matMul(false, true) },
  "matMul, both transposed": { shapes: [[3, 4], [5, 3]], f: matMul(true, true) },
  "matMul, batches": { shapes: [[2, 4, 3], [2, 3, 5]], f: matMul(false, false) },
  reshape: { shapes: [[4, 3]], f: (x) => tf.reshape(x, [2, 6]) },
  expandDims: { shapes: [[4, 3]], f: (x) => tf.expandDims(x, 1) },
  transpose: { shapes: [[2, 3, 4]], f: (x) => tf.transpose(x, [2, 0, 1]) },
  slice: { shapes: [[4, 5]], f: (x) => tf.slice(x, [1, 2], [2, 3]) },
  concat: { shapes: [[4, 2], [4, 3]], f: (a, b) => tf.concat([a, b], -1) },
  stack: { shapes: [[4, 2], [4, 2]], f: (a, b) => tf.stack([a, b], 1) },
  pad: { shapes: [[2, 3]], f: (x) => tf.pad(x, [[1, 0], [2, 1]]) },
  gather: { shapes: [[4, 3]], f: (x) => tf.gather(x, ids([3, 0, 0, 2, 3])) },
  where: { shapes: [[6], [6]], f: (a, b) => tf.where(tf.tensor1d([1, 0, 0, 1, 1, 0], "bool"), a, b) },
  broadcastTo: { shapes: [[4, 1]], f: (x) => tf.broadcastTo(x, [2, 4, 3]) },
  clone: { shapes: [[4]], f: (x) => tf.mul(tf.clone(x), x) },
};

/** Half the distance of the finite difference: float32 sums carry about 1e-6, so errors stay near 1e-4. */
const STEP = 1e-2;

/** Inputs of a case, the same on every backend. */
function inputs({ shapes, range: [low, high] = [-1, 1] }: Case): Float32Array[] {
  const random = createRandom(7);
  return shapes.map((shape) =>
    Float32Array.from({ length: tf.util.sizeFromShape(shape) }, () => low + (high - low) * random())
  );
}

/** The case's outputs times fixed numbers, summed. */
function loss(
  { shapes, f }: Case,
  values: Float32Array[],
): [loss: (...x: tf.Tensor[]) => tf.Scalar, x: tf.Tensor[]] {
  const x = values.map((v, i) => tf.tensor(v, shapes[i]));
  const shape = f(...x).shape, random = createRandom(11);
  const dy = tf.tensor(
    Float32Array.from({ length: tf.util.sizeFromShape(shape) }, () => 2 * random() - 1),
    shape,
  );
  return [(...x) => tf.sum(tf.mul(f(...x), dy)), x];
}

for (const backend of ["cpu", "wasm"] as const) {
  for (const [name, example] of Object.entries(CASES)) {
    Deno.test(`${name} has the gradient of its finite differences on ${backend}`, () =>
      withBackend(backend, () =>
        tf.tidy(() => {
          const values = inputs(example), [f, x] = loss(example, values);
          const gradients = tf.grads((...x) => f(...x))(x);
          const at = (i: number, k: number, value: number) => {
            const moved = values[i]!.slice();
            moved[k] = value;
            return tf.tidy(() =>
              f(...x.map((t, j) => j === i ? tf.tensor(moved, example.shapes[i]) : t)).dataSync()[0]!
            );
          };
          values.forEach((v, i) => {
            const gradient = gradients[i]!.dataSync();
            for (let k = 0; k < v.length; k += Math.ceil(v.length / 12)) {
              const difference = (at(i, k, v[k]! + STEP) - at(i, k, v[k]! - STEP)) / (2 * STEP);
              assert(
                Math.abs(difference - gradient[k]!) <= 5e-3 * Math.max(1, Math.abs(difference)),
                `input ${i}, element ${k}: gradient ${gradient[k]}, finite difference ${difference}`,
              );
            }
          });
        })));
  }
}

/** Gradients of a case on a backend; read asynchronously, as webgpu must be. */
function gradientsOn(backend: BackendName, example: Case): Promise<Float32Array[]> {
  return withBackend(backend, async () => {
    const gradients = tf.tidy(() => {
      const [f, x] = loss(example, inputs(example));
      return tf.grads((...x) => f(...x))(x);
    });
    const values = await Promise.all(gradients.map((gradient) => gradient.data<"float32">()));
    tf.dispose(gradients);
    return values;
  }, { allowFallbackAdapter: true });
}

// finite differences read back thousands of times, 12 ms each on webgpu: there the cpu backend, checked above, is the oracle
const adapter = await navigator.gpu?.requestAdapter();
Deno.test({
  name: `every operation has the cpu backend's gradient on webgpu${
    adapter ? "" : " (skipped: no GPU adapter; Debian's mesa-vulkan-drivers has one in software)"
  }`,
  ignore: !adapter,
  async fn(t) {
    for (const [name, example] of Object.entries(CASES)) {
      await t.step(name, async () => {
        const [cpu, webgpu] = [await gradientsOn("cpu", example), await gradientsOn("webgpu", example)];
        cpu.forEach((expected, i) => {
          const scale = expected.reduce((most, v) => Math.max(most, Math.abs(v)), 1);
          expected.forEach((v, k) => {
            assert(
              Math.abs(v - webgpu[i]![k]!) <= 1e-5 * scale,
              `input ${i}, element ${k}: ${webgpu[i]![k]}, cpu ${v}`,
            );
          });
        });
      });
    }
  },
});
