/** The SIMD kernels against oracles by definition, in both builds, over shapes that meet every remainder of their tiles. */
import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import { createAdam } from "../lib/backend/adam.ts";
import { withBackend } from "../lib/backend/mod.ts";
import { conv2d, normRelu, pixelShuffle2, segmentSum, upsample } from "../lib/backend/ops.ts";
import { createRandom } from "../lib/random.ts";
import { type Conv, convolve, gradients, outputSize } from "./reference/conv.ts";

/** Largest difference allowed, relative to the largest value: float32 sums of up to 600 products. */
const TOLERANCE = 2e-6;

const random = createRandom(3);
const draw = (length: number) => Float32Array.from({ length }, () => 2 * random() - 1);

function assertClose(
  what: string,
  tensor: tf.Tensor,
  expected: ArrayLike<number>,
  tolerance = TOLERANCE,
): void {
  const actual = tensor.dataSync();
  assert.equal(actual.length, expected.length, `${what}: length`);
  let scale = 1, worst = 0, at = 0;
  for (let i = 0; i < expected.length; i++) {
    scale = Math.max(scale, Math.abs(expected[i]!));
    const difference = Math.abs(actual[i]! - expected[i]!);
    if (!(difference <= worst)) [worst, at] = [difference, i];
  }
  assert(worst <= tolerance * scale, `${what}: got ${actual[at]} at ${at}, want ${expected[at]}`);
}

/** Channel counts in and out: every remainder of 8, and of the 6 of the filter gradient. */
const CHANNELS: readonly [number, number][] = [
  ...[[1, 1], [3, 32], [32, 3], [2, 4], [5, 5], [4, 6], [7, 7]],
  ...[[8, 8], [24, 12], [11, 9], [6, 20], [24, 40]],
] as [number, number][];
/** Rows and columns: below, at and above the 6 and 8 pixels of a tile, odd and even. */
const SIDES: readonly [number, number][] = [[1, 1], [2, 3], [5, 6], [4, 7], [3, 8], [7, 13], [6, 20]];
/** Rows wide enough for Winograd's filter gradient, and for two strips of its tiles. */
const WIDE_SIDES: readonly [number, number][] = [[3, 49], [2, 101], [1, 102]];

for (const simd of ["plain", "relaxed"] as const) {
  for (const size of [3, 1] as const) {
    for (const stride of [1, 2] as const) {
      Deno.test(`conv2d ${size}x${size} stride ${stride} and its gradients are those of the definition (${simd})`, () =>
        withBackend("wasm", () => {
          for (const [C, O] of CHANNELS) {
            for (const [H, W] of C % 4 || O % 4 ? SIDES : [...SIDES, ...WIDE_SIDES]) {
              checkConvolution({ B: H === 5 ? 2 : 1, H, W, C, O, size, stride }, (H + W) % 2 === 0);
            }
          }
        }, { simd }));
    }
  }
}

function checkConvolution(conv: Conv, relu: boolean): void {
  const { B, H, W, C, O, size, stride } = conv, [OH, OW] = outputSize(conv), what = JSON.stringify(conv);
  const x = draw(B * H * W * C),
    filter = draw(size * size * C * O),
    bias = draw(O),
    dy = draw(B * OH * OW * O);
  const y = convolve(conv, x, filter, bias, relu);
  // an output near relu's kink may fall on either side of it: leave its gradient out
  if (relu) {
    y.forEach((v, i) => {
      if (v < 1e-4) dy[i] = 0;
    });
  }
  const expected = gradients(conv, x, filter, dy);
  tf.tidy(() => {
    const inputs = [
      tf.tensor4d(x, [B, H, W, C]),
      tf.tensor4d(filter, [size, size, C, O]),
      tf.tensor1d(bias),
    ];
    const f = (x: tf.Tensor, filter: tf.Tensor, bias: tf.Tensor) =>
      conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, bias as tf.Tensor1D, {
        stride,
        activation: relu ? "relu" : "none",
      });
    const output = f(...inputs as [tf.Tensor, tf.Tensor, tf.Tensor]);
    assert.deepEqual(output.shape, [B, OH, OW, O]);
    assertClose(`${what} forward`, output, y);
    const [dx, dfilter, dbias] = tf.grads(f as (...x: tf.Tensor[]) => tf.Tensor)(
      inputs,
      tf.tensor4d(dy, [B, OH, OW, O]),
    );
    assertClose(`${what} input gradient`, dx!, expected.dx);
    assertClose(`${what} filter gradient`, dfilter!, expected.dfilter);
    assertClose(`${what} bias gradient`, dbias!, expected.dbias);
  });
}

Deno.test("conv2d gives the same bits twice", () =>
  withBackend("wasm", () => {
    const x = draw(9 * 14 * 24), filter = draw(9 * 24 * 40);
    const run = () =>
      tf.tidy(() =>
        conv2d(tf.tensor4d(x, [1, 9, 14, 24]), tf.tensor4d(filter, [3, 3, 24, 40]), null).dataSync()
      );
    assert.deepEqual(run(), run());
  }));

Deno.test("conv2d sees a filter that was assigned anew", () =>
  withBackend("wasm", () =>
    tf.tidy(() => {
      const x = tf.ones<tf.Rank.R4>([1, 4, 4, 1]), filter = tf.variable(tf.ones<tf.Rank.R4>([1, 1, 1, 1]));
      const first = conv2d(x, filter, null).dataSync()[0];
      filter.assign(tf.fill([1, 1, 1, 1], 5));
      assert.deepEqual([first, conv2d(x, filter, null).dataSync()[0]], [1, 5]);
      filter.dispose();
    })));

Deno.test("matMul is the product by definition for every shape and transposition", () =>
  withBackend("wasm", () => {
    for (
      const [N, K, O] of [[1, 1, 1], [5, 3, 2], [6, 7, 8], [13, 24, 9], [40, 33, 12], [9, 600, 5]] as const
    ) {
      const a = draw(N * K), b = draw(K * O), product = new Float64Array(N * O);
      for (let n = 0; n < N; n++) {
        for (let k = 0; k < K; k++) {
          for (let o = 0; o < O; o++) product[n * O + o]! += a[n * K + k]! * b[k * O + o]!;
        }
      }
      tf.tidy(() => {
        const p = tf.tensor2d(a, [N, K]), q = tf.tensor2d(b, [K, O]);
        assertClose("a b", tf.matMul(p, q), product);
        assertClose("a' b", tf.matMul(tf.transpose(p), q, true, false), product);
        assertClose("a b'", tf.matMul(p, tf.transpose(q), false, true), product);
        assertClose("a' b'", tf.matMul(tf.transpose(p), tf.transpose(q), true, true), product);
      });
    }
  }));

Deno.test("segmentSum drops ids that no segment has and leaves empty segments at zero", () =>
  withBackend("wasm", () =>
    tf.tidy(() => {
      for (const C of [1, 3, 4, 9]) {
        const x = draw(6 * C), ids = [2, 0, -1, 2, 7, 0], sums = new Float64Array(4 * C);
        ids.forEach((id, n) => {
          if (id >= 0 && id < 4) { for (let c = 0; c < C; c++) sums[id * C + c]! += x[n * C + c]!; }
        });
        assertClose("sums", segmentSum(tf.tensor2d(x, [6, C]), tf.tensor1d(ids, "int32"), 4), sums);
      }
    })));

Deno.test("gather copies rows and refuses an index that is not there", () =>
  withBackend("wasm", () =>
    tf.tidy(() => {
      const x = tf.tensor2d(draw(5 * 7), [5, 7]), rows = x.arraySync();
      assert.deepEqual(tf.gather(x, [4, 0, 0]).arraySync(), [rows[4], rows[0], rows[0]]);
      assert.throws(() => tf.gather(x, tf.tensor1d([1, 5], "int32")), {
        name: "RangeError",
        message: /got 5 at 1/,
      });
      assert.throws(() => tf.gather(x, tf.tensor1d([-1], "int32")), RangeError);
    })));

Deno.test("sum over leading axes is the sum of the rows", () =>
  withBackend("wasm", () =>
    tf.tidy(() => {
      const x = draw(200 * 5), expected = new Float64Array(5);
      x.forEach((v, i) => expected[i % 5]! += v);
      assertClose("sums", tf.sum(tf.tensor2d(x, [200, 5]), 0), expected);
      assert.deepEqual(tf.sum(tf.tensor3d(x, [2, 100, 5]), [0, 1], true).shape, [1, 1, 5]);
    })));

Deno.test("upsample by 2 keeps every input at twice its place and repeats the last one", () =>
  withBackend("wasm", () =>
    tf.tidy(() => {
      const y = upsample(tf.tensor4d([0, 4, 8, 16], [1, 2, 2, 1]), 2);
      assert.deepEqual(y.arraySync()[0]!.map((row) => row.flat()), [
        [0, 2, 4, 4],
        [4, 7, 10, 10],
        [8, 12, 16, 16],
        [8, 12, 16, 16],
      ]);
    })));

Deno.test("pixelShuffle2 puts channel (2 dy + dx) C + c at pixel (2 y + dy, 2 x + dx)", () =>
  withBackend("wasm", () =>
    tf.tidy(() => {
      const C = 3,
        y = pixelShuffle2(tf.tensor4d(Float32Array.from({ length: 24 }, (_, i) => i), [1, 1, 2, 4 * C]));
      const values = y.arraySync()[0]!;
      for (let i = 0; i < 24; i++) {
        const x = Math.floor(i / 12), block = Math.floor(i % 12 / C);
        assert.equal(values[block >> 1]![2 * x + (block & 1)]![i % C], i);
      }
    })));

Deno.test("operations on wasm agree with the cpu backend to 1e-5", async () => {
  const x = draw(2 * 6 * 9 * 8), gamma = draw(8), beta = draw(8);
  const run = () =>
    tf.tidy(() => {
      const input = tf.tensor4d(x, [2, 6, 9, 8]);
      const f = (x: tf.Tensor) =>
        tf.concat([
          tf.reshape(normRelu(x as tf.Tensor4D, tf.tensor1d(gamma), tf.tensor1d(beta)), [-1]),
          tf.reshape(upsample(x as tf.Tensor4D, 3), [-1]),
          tf.reshape(pixelShuffle2(x as tf.Tensor4D), [-1]),
        ]);
      return [f(input).dataSync(), tf.grad((x) => tf.sum(tf.square(f(x))))(input).dataSync()] as const;
    });
  const [cpu, cpuGradient] = await withBackend("cpu", run),
    [wasm, wasmGradient] = await withBackend("wasm", run);
  const largest = (a: ArrayLike<number>, b: ArrayLike<number>) =>
    Array.from(a).reduce((worst, v, i) => Math.max(worst, Math.abs(v - b[i]!)), 0);
  assert(largest(cpu, wasm) < 1e-5, `values differ by ${largest(cpu, wasm)}`);
  assert(
    largest(cpuGradient, wasmGradient) < 1e-4,
    `gradients differ by ${largest(cpuGradient, wasmGradient)}`,
  );
});

for (const backend of ["cpu", "wasm"] as const) {
  Deno.test(`createAdam() takes the steps of Kingma and Ba's algorithm 1 on ${backend}`, () =>
    withBackend(backend, () => {
      const start = [1, -2, 3, 4, 5], initial = tf.tensor1d(start), w = tf.variable(initial);
      const adam = createAdam([w], { learningRate: 0.1, epsilon: 1e-3 });
      const expected = start.slice(), m = [0, 0, 0, 0, 0], v = [0, 0, 0, 0, 0];
      for (let t = 1; t <= 5; t++) {
        const g = [0.5, -1, t, 0, 1e-4 * t], gradient = tf.tensor1d(g);
        adam.learningRate = 0.1 / t;
        adam.step([gradient]);
        gradient.dispose();
        for (let i = 0; i < 5; i++) {
          m[i] = 0.9 * m[i]! + 0.1 * g[i]!;
          v[i] = 0.999 * v[i]! + 0.001 * g[i]! ** 2;
          expected[i]! -= 0.1 / t * (m[i]! / (1 - 0.9 ** t)) / (Math.sqrt(v[i]! / (1 - 0.999 ** t)) + 1e-3);
        }
      }
      assertClose("weights", w, expected);
      adam.dispose();
      tf.dispose([w, initial]);
    }));
}

Deno.test("createAdam() refuses a list of gradients of the wrong length", () =>
  withBackend("cpu", () =>
    tf.tidy(() => {
      assert.throws(() => createAdam([]).step([tf.scalar(1)]), TypeError);
    })));
