/**
 * A small known answer, computed once per start: convolutions of both strides forward and backward and a segment sum, in
 * whole numbers small enough that every order of summation gives the same bits.
 */
import * as tf from "@tensorflow/tfjs-core";
import { BackendError } from "../errors.ts";
import type { BackendName } from "../options.ts";
import { conv2d, segmentSum } from "./ops.ts";

/** Sides and channels of the test, odd so that edges and remainders of register tiles are met. */
const H = 5, W = 7, C = 3, O = 9;

/** @throws {BackendError} backend_wrong_answer */
export async function checkKnownAnswer(name: BackendName): Promise<void> {
  const x = wholeNumbers(H * W * C, 5), filter = wholeNumbers(9 * C * O, 3), bias = wholeNumbers(O, 7);
  for (const stride of [1, 2] as const) {
    const expected = convolve(x, filter, bias, stride);
    const { y, dx, dfilter } = tf.tidy(() => {
      const input = tf.tensor4d(x, [1, H, W, C]), weights = tf.tensor4d(filter, [3, 3, C, O]);
      const f = (input: tf.Tensor, weights: tf.Tensor) =>
        conv2d(input as tf.Tensor4D, weights as tf.Tensor4D, tf.tensor1d(bias), { stride });
      const [dx, dfilter] = tf.grads(f)([input, weights]) as [tf.Tensor, tf.Tensor];
      return { y: f(input, weights), dx, dfilter };
    });
    await expectEqual(name, `convolution, stride ${stride}`, y, expected.y);
    await expectEqual(name, `its input gradient, stride ${stride}`, dx, expected.dx);
    await expectEqual(name, `its filter gradient, stride ${stride}`, dfilter, expected.dfilter);
  }
  const sums = tf.tidy(() =>
    segmentSum(
      tf.tensor2d(x, [H * W, C]),
      tf.tensor1d(Int32Array.from({ length: H * W }, (_, i) => i % 2), "int32"),
      2,
    )
  );
  await expectEqual(name, "segment sum", sums, alternatingSums(x));
}

async function expectEqual(
  name: BackendName,
  what: string,
  tensor: tf.Tensor,
  expected: Float32Array,
): Promise<void> {
  const actual = await tensor.data();
  tensor.dispose();
  for (let i = 0; i < expected.length; i++) {
    if (actual[i] !== expected[i]) {
      throw new BackendError(
        "backend_wrong_answer",
        `Cannot trust backend ${name}: ${what} gave ${actual[i]} at ${i}, want ${expected[i]}`,
      );
    }
  }
}

/** -range to range, in an order without pattern. */
function wholeNumbers(length: number, range: number): Float32Array {
  return Float32Array.from({ length }, (_, i) => (i * 7919 + 13) % (2 * range + 1) - range);
}

/** The convolution and, for dy = 1 everywhere, its gradients, by definition. */
function convolve(x: Float32Array, filter: Float32Array, bias: Float32Array, stride: number) {
  const OH = Math.ceil(H / stride), OW = Math.ceil(W / stride);
  const y = new Float32Array(OH * OW * O),
    dx = new Float32Array(x.length),
    dfilter = new Float32Array(filter.length);
  for (let oy = 0; oy < OH; oy++) {
    for (let ox = 0; ox < OW; ox++) {
      const q = (oy * OW + ox) * O;
      for (let o = 0; o < O; o++) y[q + o] = bias[o]!;
      for (let t = 0; t < 9; t++) {
        const iy = oy * stride + Math.floor(t / 3) - 1, ix = ox * stride + t % 3 - 1;
        if (iy < 0 || iy >= H || ix < 0 || ix >= W) continue;
        for (let c = 0; c < C; c++) {
          const p = (iy * W + ix) * C + c, w = (t * C + c) * O;
          for (let o = 0; o < O; o++) {
            y[q + o]! += x[p]! * filter[w + o]!;
            dx[p]! += filter[w + o]!;
            dfilter[w + o]! += x[p]!;
          }
        }
      }
    }
  }
  return { y, dx, dfilter };
}

/** Sums of even and of odd rows. */
function alternatingSums(x: Float32Array): Float32Array {
  const sums = new Float32Array(2 * C);
  for (let i = 0; i < H * W; i++) for (let c = 0; c < C; c++) sums[i % 2 * C + c]! += x[i * C + c]!;
  return sums;
}
