import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import { withBackend } from "../lib/backend/mod.ts";
import type { Image } from "../lib/image/image.ts";
import { createRandom } from "../lib/random.ts";
import { LAYERS } from "../lib/superae/architecture.ts";
import { cropTensors, drawCrops } from "../lib/superae/crops.ts";
import { boundaryLoss, superAELoss, superpixelMeans } from "../lib/superae/loss.ts";
import {
  applySuperAE,
  decodeWeights,
  encodeWeights,
  fullResolution,
  initialWeights,
  poolFeatures,
  pretrainedWeights,
  trainSuperAE,
  weightCount,
} from "../lib/superae/mod.ts";

/** Left half dark, right half light, with seeded noise; and the two halves as superpixels. */
function halves(width: number, height: number, noise = 20) {
  const random = createRandom(3);
  const data = new Uint8Array(width * height * 3).map((_, i) => {
    const x = Math.floor(i / 3) % width;
    return (x < width / 2 ? 60 : 190) + noise * (random() - 0.5);
  });
  const superpixels = Int32Array.from({ length: width * height }, (_, p) => p % width < width / 2 ? 0 : 1);
  return { image: { width, height, data } as Image, superpixels, superpixelCount: 2 };
}

Deno.test("encodeWeights() and decodeWeights() keep biases, and filters to half a step of their channel", () => {
  const weights = initialWeights(createRandom(5));
  weights["embed"]!.bias[3] = 0.123456;
  const back = decodeWeights(encodeWeights(weights));
  assert.equal(back["embed"]!.bias[3], Math.fround(0.123456));
  for (const { name, output } of LAYERS) {
    const { filter } = weights[name]!;
    for (let o = 0; o < output; o++) {
      let largest = 0;
      for (let i = o; i < filter.length; i += output) largest = Math.max(largest, Math.abs(filter[i]!));
      for (let i = o; i < filter.length; i += output) {
        assert.ok(Math.abs(filter[i]! - back[name]!.filter[i]!) <= largest / 254 * 1.001);
      }
    }
  }
});

Deno.test("decodeWeights() refuses weights of another architecture", () => {
  assert.throws(() => decodeWeights(btoa("too short")), TypeError);
});

Deno.test("initialWeights() depend on the seed alone", () => {
  const [a, b, c] = [7, 7, 8].map((seed) => encodeWeights(initialWeights(createRandom(seed))));
  assert.equal(a, b);
  assert.notEqual(a, c);
});

Deno.test("superpixelMeans() gives every pixel its superpixel's mean, and harmlessly none to empty ones", () => {
  const values = Float32Array.of(0, 0, 0, 1, 2, 3, 9, 9, 9);
  const means = superpixelMeans(values, Int32Array.of(2, 2, 0), 3);
  assert.deepEqual([...means], [0.5, 1, 1.5, 0.5, 1, 1.5, 9, 9, 9]);
});

Deno.test("superAELoss() is the paper's sum over the number of pixels", () =>
  withBackend("cpu", async () => {
    const shape: [number, number, number, number] = [1, 1, 2, 3];
    const x = tf.tensor4d([0, 0, 0, 1, 1, 1], shape), y = tf.tensor4d([1, 0, 0, 1, 1, 3], shape);
    const v = tf.tensor4d([0, 0, 0, 0, 0, 0], shape);
    // reconstruction 1 + 4; superpixel term 1 + (1 + 1 + 9)
    const loss = tf.tidy(() => superAELoss(x, y, v, 2));
    assert.ok(Math.abs((await loss.data())[0]! - (5 + 2 * 12) / 2) < 1e-5);
    tf.dispose([x, y, v, loss]);
  }));

Deno.test("boundaryLoss() is the weighted cross-entropy and stays finite for log-odds of 100", () =>
  withBackend("cpu", async () => {
    const losses = tf.tidy(() => {
      const shape: [number, number, number, number] = [1, 1, 1, 1];
      const at = (z: number, y: number) => boundaryLoss(tf.tensor4d([z], shape), tf.tensor4d([y], shape));
      return tf.stack([at(0, 1), at(2, 0), at(100, 0), at(-100, 1)]);
    });
    const values = await losses.data();
    losses.dispose();
    const want = [10 * Math.LN2, Math.log(1 + Math.exp(2)), 100, 1000];
    want.forEach((w, i) => assert.ok(Math.abs(values[i]! - w) < 1e-3 * (1 + w), `${values[i]} against ${w}`));
  }));

Deno.test("trainSuperAE() lowers the loss, is repeatable and leaves no tensor behind", () =>
  withBackend("wasm", async () => {
    const example = halves(64, 48);
    const options = { iterations: 25, batchSize: 1, seed: 4 };
    const a = await trainSuperAE([example], options), b = await trainSuperAE([example], options);
    assert.ok(a.losses.at(-1)! < a.losses[0]! / 4, `${a.losses[0]} to ${a.losses.at(-1)}`);
    assert.deepEqual(a.losses, b.losses);
    assert.deepEqual(a.weights, b.weights);
  }));

Deno.test("trainSuperAE() learns boundaries where they are given, and leaves that head alone where not", () =>
  withBackend("wasm", async () => {
    const example = halves(64, 48);
    const boundary = Uint8Array.from(example.superpixels, (_, p) => p % 64 === 31 || p % 64 === 32 ? 255 : 0);
    const weights = initialWeights(createRandom(1));
    const options = { weights, iterations: 40, batchSize: 1 };
    const taught = await trainSuperAE([{ ...example, boundary }], { ...options, boundaryWeight: 1 });
    const { boundary: map } = await applySuperAE(example.image, taught.weights);
    const row = map.data.subarray(10 * map.width, 11 * map.width);
    assert.ok(row[16]! > row[6]! && row[16]! > row[26]!, `${row}`);
    const untaught = await trainSuperAE([example], options);
    assert.deepEqual(untaught.weights["boundary0"]!.filter, weights["boundary0"]!.filter);
  }));

Deno.test("trainSuperAE() stops at the signal and refuses no images", () =>
  withBackend("wasm", async () => {
    const controller = new AbortController();
    const onIteration = () => controller.abort(new Error("enough"));
    const work = trainSuperAE([halves(32, 32)], { iterations: 1000, signal: controller.signal, onIteration });
    await assert.rejects(work, /enough/);
    await assert.rejects(trainSuperAE([]), RangeError);
  }));

Deno.test("drawCrops() takes windows inside the image, and repeats the edge of one smaller than a window", () =>
  withBackend("cpu", () => {
    const small = halves(9, 5, 0);
    const crops = drawCrops([small], 2, 160, true, createRandom(2));
    assert.deepEqual([crops[0]!.width, crops[0]!.height], [16, 16]);
    const { x, means } = cropTensors(crops);
    assert.deepEqual(x.shape, [2, 16, 16, 3]);
    assert.deepEqual(means.shape, x.shape);
    tf.dispose([x, means]);
    for (const crop of drawCrops([halves(100, 70)], 20, 48, true, createRandom(2))) {
      assert.ok(
        crop.left >= 0 && crop.left + crop.width <= 100 && crop.top >= 0 && crop.top + crop.height <= 70,
      );
    }
  }));

Deno.test("applySuperAE() takes 1 x 1, odd and thin images", () =>
  withBackend("wasm", async () => {
    for (const [width, height] of [[1, 1], [5, 3], [1, 40], [33, 17]] as const) {
      const { features, smoothed, boundary } = await applySuperAE(
        halves(width, height).image,
        pretrainedWeights(),
      );
      assert.deepEqual([features.width, features.height], [Math.ceil(width / 2), Math.ceil(height / 2)]);
      assert.equal(features.data.length, features.width * features.height * 24);
      assert.equal(boundary.data.length, features.width * features.height);
      assert.equal(smoothed.data.length, width * height * 3);
      assert.ok(features.data.every(Number.isFinite));
    }
  }));

Deno.test("applySuperAE() with the pretrained weights keeps the edge and removes noise", () =>
  withBackend("wasm", async () => {
    const { image } = halves(96, 64, 60);
    const { smoothed } = await applySuperAE(image, pretrainedWeights());
    const spread = ({ data }: Image) => {
      // deviation of the green channel over the inside of the left half
      const values: number[] = [];
      for (let y = 8; y < 56; y++) for (let x = 8; x < 36; x++) values.push(data[3 * (y * 96 + x) + 1]!);
      const mean = values.reduce((a, b) => a + b) / values.length;
      return Math.sqrt(values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length);
    };
    const green = (x: number) => smoothed.data[3 * (32 * 96 + x) + 1]!;
    assert.ok(spread(smoothed) < spread(image) / 2, `${spread(image)} to ${spread(smoothed)}`);
    assert.ok(green(56) - green(40) > 80);
  }));

Deno.test("applySuperAE() agrees on wasm and cpu", async () => {
  const { image } = halves(16, 16);
  const [a, b] = [
    await withBackend("wasm", () => applySuperAE(image, pretrainedWeights())),
    await withBackend("cpu", () => applySuperAE(image, pretrainedWeights())),
  ];
  a.features.data.forEach((value, i) => assert.ok(Math.abs(value - b.features.data[i]!) < 1e-3));
});

Deno.test("fullResolution() interpolates between samples on even pixels", () => {
  const map = { width: 2, height: 2, channels: 1, data: Float32Array.of(0, 4, 8, 12) };
  assert.deepEqual([...fullResolution(map, 3, 3)], [0, 2, 4, 4, 6, 8, 8, 10, 12]);
});

Deno.test("poolFeatures() averages samples, and gives superpixels without one the nearest", () => {
  const map = { width: 2, height: 1, channels: 2, data: Float32Array.of(1, 2, 3, 4) };
  assert.deepEqual([...poolFeatures(map, Int32Array.of(0, 2, 0, 1), 4, 3)], [2, 3, 3, 4, 1, 2]);
});

Deno.test("weightCount() fits the repository: 8-bit weights in base64 stay under 400 KB", () => {
  assert.ok(encodeWeights(pretrainedWeights()).length < 400_000);
  assert.equal(weightCount(), 170_493);
});
