/**
 * A small known answer, computed once per start: convolutions of both strides forward and backward and a segment sum, in
 * whole numbers small enough that every order of summation gives the same bits.
 */
import * as tf from "@tensorflow/tfjs-core";
import { BackendError } from "../errors.ts";
import type { BackendName } from "../options.ts";
import { conv2d, segmentSum } from "./ops.ts";

/** Sides of the test, odd so that edges and remainders of register tiles are met. */
const H = 5, W = 7;

/** Input channels, output channels and stride; the last is done by Winograd's filtering where the backend has it. */
const CASES = [[3, 9, 1], [3, 9, 2], [8, 12, 1]] as const;

/** @throws {BackendError} backend_wrong_answer */
export async function checkKnownAnswer(name: BackendName): Promise<void> {
  for (const [C, O, stride] of CASES) {
    const x = wholeNumbers(H * W * C, 5), filter = wholeNumbers(9 * C * O, 3), bias = wholeNumbers(O, 7);
    const expected = convolve(x, filter, bias, C, O, stride),
      what = `${C} to ${O} channels, stride ${stride}`;
    const { y, dx, dfilter } = tf.tidy(() => {
      const input = tf.tensor4d(x, [1, H, W, C]), weights = tf.tensor4d(filter, [3, 3, C, O]);
      const f = (input: tf.Tensor, weights: tf.Tensor) =>
        conv2d(input as tf.Tensor4D, weights as tf.Tensor4D, tf.tensor1d(bias), { stride });
      const [dx, dfilter] = tf.grads(f)([input, weights]) as [tf.Tensor, tf.Tensor];
      return { y: f(input, weights), dx, dfilter };
    });
    await expectEqual(name, `convolution, ${what}`, y, expected.y);
    await expectEqual(name, `its input gradient, ${what}`, dx, expected.dx);
    await expectEqual(name, `its filter gradient, ${what}`, dfilter, expected.dfilter);
  }
  const x = wholeNumbers(20, 5), ids = Int32Array.of(1, 0, 1, 1);
  const sums = tf.tidy(() => segmentSum(tf.tensor2d(x, [4, 5]), tf.tensor1d(ids, "int32"), 2));
  const rows = [0, 1, 2, 3].map((n) => x.subarray(5 * n, 5 * n + 5));
  const expected = [...rows[1]!, ...rows[0]!.map((v, c) => v + rows[2]![c]! + rows[3]![c]!)];
  await expectEqual(name, "segment sum", sums, Float32Array.from(expected));
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
function convolve(
  x: Float32Array,
  filter: Float32Array,
  bias: Float32Array,
  C: number,
  O: number,
  stride: number,
) {
  const OH = Math.ceil(H / stride), OW = Math.ceil(W / stride), y = new Float32Array(OH * OW * O);
  const dx = new Float32Array(x.length), dfilter = new Float32Array(filter.length);
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
