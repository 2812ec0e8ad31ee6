import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import { withBackend } from "../lib/backend/mod.ts";
import { segmentMean } from "../lib/backend/ops.ts";
import { deepSuperpixelCut, type SuperpixelGraph } from "../lib/dsc/deep_superpixel_cut.ts";
import { optimizeCut } from "../lib/dsc/optimize.ts";
import { pseudoLabelLoss, pseudoLabels } from "../lib/dsc/pseudo_labels.ts";
import { deepSimilarity } from "../lib/dsc/similarity.ts";
import { softCut } from "../lib/dsc/soft_cut.ts";
import { createRandom, normal } from "../lib/random.ts";
import { paperCut, paperCutGradient } from "./reference/soft_cut.ts";

/** Random rows that sum to 1 and a random symmetric similarity with zero diagonal. */
function randomProblem(M: number, K: number, seed: number) {
  const random = createRandom(seed);
  const Q = new Float32Array(M * K), W = new Float32Array(M * M);
  for (let a = 0; a < M; a++) {
    let sum = 0;
    for (let k = 0; k < K; k++) sum += Q[a * K + k] = 0.05 + random();
    for (let k = 0; k < K; k++) Q[a * K + k]! /= sum;
    for (let b = 0; b < a; b++) W[a * M + b] = W[b * M + a] = random();
  }
  return { Q, W, M, K };
}

/** Superpixels on a line: `kinds[j]` sets the feature, noise makes them differ. */
function graphOf(kinds: readonly number[], seed = 1): SuperpixelGraph {
  const random = createRandom(seed);
  const features = new Float32Array(kinds.length * 3), positions = new Float32Array(kinds.length * 2);
  kinds.forEach((kind, j) => {
    for (let d = 0; d < 3; d++) features[3 * j + d] = (d === kind ? 2 : 0) + 0.2 * normal(random);
    positions[2 * j] = j / kinds.length;
  });
  return { features, areas: kinds.map(() => 50), positions };
}

/** The values of a tensor, which is freed with all that went into it. */
async function read(f: () => tf.Tensor): Promise<Float32Array> {
  const tensor = tf.tidy(f);
  const values = await tensor.data<"float32">();
  tensor.dispose();
  return values;
}

/** Whether two labellings are the same up to names. */
function samePartition(a: ArrayLike<number>, b: ArrayLike<number>): boolean {
  for (let i = 0; i < a.length; i++) {
    for (let j = 0; j < i; j++) if ((a[i] === a[j]) !== (b[i] === b[j])) return false;
  }
  return true;
}

Deno.test("softCut() without normalisation is the paper's sum over the sum of W", () =>
  withBackend("cpu", async () => {
    const { Q, W, M, K } = randomProblem(9, 4, 2);
    const [value] = await read(() => softCut(tf.tensor2d(Q, [M, K]), tf.tensor2d(W, [M, M]), "none"));
    const sum = W.reduce((s, w) => s + w, 0);
    assert.ok(Math.abs(value! - paperCut(Q, W, M, K) / sum) < 1e-5);
  }));

Deno.test("softCut() has the paper's gradient W 1 - 2 W Q_k", () =>
  withBackend("cpu", async () => {
    const { Q, W, M, K } = randomProblem(9, 4, 3);
    const sum = W.reduce((s, w) => s + w, 0);
    const gradient = await read(() =>
      tf.grad((q) => softCut(q as tf.Tensor2D, tf.tensor2d(W, [M, M]), "none"))(tf.tensor2d(Q, [M, K]))
    );
    paperCutGradient(Q, W, M, K).forEach((want, i) => assert.ok(Math.abs(gradient[i]! - want / sum) < 1e-5));
  }));

for (const normalization of ["none", "volume"] as const) {
  Deno.test(`softCut() with normalization ${normalization} agrees with finite differences`, () =>
    withBackend("cpu", async () => {
      const { Q, W, M, K } = randomProblem(7, 3, 4);
      const value = async (q: Float32Array) =>
        (await read(() => softCut(tf.tensor2d(q, [M, K]), tf.tensor2d(W, [M, M]), normalization)))[
          0
        ]!;
      const gradient = await read(() =>
        tf.grad((q) => softCut(q as tf.Tensor2D, tf.tensor2d(W, [M, M]), normalization))(
          tf.tensor2d(Q, [M, K]),
        )
      );
      for (const i of [0, 5, 10, 20]) {
        const step = 1e-2, up = Q.slice(), down = Q.slice();
        up[i]! += step;
        down[i]! -= step;
        const difference = (await value(up) - await value(down)) / (2 * step);
        assert.ok(Math.abs(gradient[i]! - difference) < 2e-4, `${gradient[i]} against ${difference}`);
      }
    }));
}

Deno.test("softCut() with volumes costs most for one partition and for the uniform one", () =>
  withBackend("cpu", async () => {
    const M = 8;
    // two groups of four, similar within
    const W = Float32Array.from({ length: M * M }, (_, i) => {
      const a = Math.floor(i / M), b = i % M;
      return a === b ? 0 : (a < 4) === (b < 4) ? 1 : 0.1;
    });
    const cost = async (q: number[]) =>
      (await read(() => softCut(tf.tensor2d(q, [M, 2]), tf.tensor2d(W, [M, M]))))[0]!;
    const one = await cost(Array.from({ length: 2 * M }, (_, i) => i % 2 === 0 ? 1 : 0));
    const uniform = await cost(Array.from({ length: 2 * M }, () => 0.5));
    const split = await cost(
      Array.from({ length: 2 * M }, (_, i) => (i >> 1 < M / 2) === (i % 2 === 0) ? 1 : 0),
    );
    assert.ok(Math.abs(one - 0.5) < 1e-5 && Math.abs(uniform - 0.5) < 1e-5);
    assert.ok(split < 0.5);
  }));

for (const backend of ["cpu", "wasm"] as const) {
  Deno.test(`softCut() passes its gradient through g_j to each pixel's feature on ${backend}: dg_j / df_i = t_ij / n_j`, () =>
    withBackend(backend, async () => {
      const { W, M, K } = randomProblem(4, 3, 6);
      const D = 2, ids = [0, 0, 1, 2, 2, 2, 3, 1], random = createRandom(7);
      const draw = (n: number) => Float32Array.from({ length: n }, () => normal(random));
      const F = draw(ids.length * D), A = draw(D * K);
      const cut = (features: tf.Tensor) => {
        const G = segmentMean(features as tf.Tensor2D, tf.tensor1d(ids, "int32"), M);
        return softCut(tf.softmax(tf.matMul(G, tf.tensor2d(A, [D, K]))), tf.tensor2d(W, [M, M]), "none");
      };
      const value = async (f: Float32Array) => (await read(() => cut(tf.tensor2d(f, [ids.length, D]))))[0]!;
      const gradient = await read(() => tf.grad(cut)(tf.tensor2d(F, [ids.length, D])));
      for (let i = 0; i < F.length; i++) {
        const step = 1e-2, up = F.slice(), down = F.slice();
        up[i]! += step;
        down[i]! -= step;
        const difference = (await value(up) - await value(down)) / (2 * step);
        assert.ok(Math.abs(gradient[i]! - difference) < 2e-4, `${gradient[i]} against ${difference}`);
      }
      // pixels of one superpixel share its gradient
      assert.equal(gradient[0], gradient[2]);
    }));
}

Deno.test("pseudoLabels() gives a superpixel its pixels' most frequent class, ties to the lowest", () =>
  withBackend("cpu", async () => {
    const labels = await read(() => {
      // classes of the pixels: 1 1 0 | 2 0
      const logits = tf.tensor2d([[0, 1, 0], [0, 2, 1], [3, 0, 0], [0, 0, 9], [9, 0, 0]]);
      return tf.argMax(pseudoLabels(logits, tf.ones([5]), tf.tensor1d([0, 0, 0, 1, 1], "int32"), 3), 1);
    });
    assert.deepEqual([...labels], [1, 0, 0]);
  }));

Deno.test("pseudoLabelLoss() is the cross-entropy, with gradient p - y", () =>
  withBackend("cpu", async () => {
    const logits = [0.2, -0.4, 1], e = logits.map(Math.exp), sum = e[0]! + e[1]! + e[2]!;
    const { value, grad } = tf.tidy(() => {
      const loss = (z: tf.Tensor) =>
        pseudoLabelLoss(z as tf.Tensor2D, tf.tensor2d([[0, 1, 0]]), tf.tensor1d([1]));
      return tf.valueAndGrad(loss)(tf.tensor2d([logits]));
    });
    assert.ok(Math.abs((await value.data())[0]! + Math.log(e[1]! / sum)) < 1e-6);
    (await grad.data()).forEach((g, k) => assert.ok(Math.abs(g - (e[k]! / sum - (k === 1 ? 1 : 0))) < 1e-6));
    tf.dispose([value, grad]);
  }));

Deno.test("deepSimilarity() is symmetric, zero on the diagonal and falls with distance", () =>
  withBackend("cpu", async () => {
    const W = await read(() =>
      deepSimilarity(tf.tensor2d([[0, 0], [0.1, 0], [2, 0]]), tf.zeros([3, 2]), { sigma: 0.5 })
    );
    assert.deepEqual([W[0], W[4], W[8]], [0, 0, 0]);
    assert.equal(W[1], W[3]);
    assert.ok(W[1]! > W[2]! && W[2]! > 0);
    // exp(-0.1^2 / (2 D sigma^2)), D = 2
    assert.ok(Math.abs(W[1]! - Math.exp(-0.01)) < 1e-5);
  }));

Deno.test("deepSuperpixelCut() finds three kinds of superpixels from any seed", () =>
  withBackend("wasm", async () => {
    const kinds = Array.from({ length: 30 }, (_, j) => Math.floor(j / 10));
    for (const seed of [0, 1, 2, 3, 4]) {
      const { partitions, losses } = await deepSuperpixelCut(graphOf(kinds), {
        partitions: 3,
        radius: Infinity,
        seed,
      });
      assert.ok(samePartition(partitions, kinds), `seed ${seed}: ${partitions}`);
      assert.equal(losses.length, 128);
      assert.ok(losses[127]!.total < losses[0]!.total);
    }
  }));

for (const normalization of ["volume", "none"] as const) {
  Deno.test(`deepSuperpixelCut() with normalization ${normalization} takes the steps of the tensors that it stands for`, () =>
    withBackend("cpu", async () => {
      const random = createRandom(8), M = 13, D = 5, K = 3, iterations = 40;
      const features = Float32Array.from({ length: M * D }, () => normal(random));
      const positions = Float32Array.from({ length: 2 * M }, random);
      const areas = Array.from({ length: M }, () => 1 + Math.floor(4 * random()));
      const options = { partitions: K, iterations, normalization, alpha: 0.3, beta: 0.7, sigma: 0.8 };
      // every pixel of a superpixel has its feature, and nothing behind the head can be trained
      const ids = Int32Array.from(areas.flatMap((area, j) => Array<number>(area).fill(j)));
      const pixels = Float32Array.from(
        { length: ids.length * D },
        (_, p) => features[ids[Math.floor(p / D)]! * D + p % D]!,
      );
      const graph = { features, positions, areas };
      const expected = await optimizeCut(graph, options, {
        features: () => tf.tensor2d(pixels, [ids.length, D]),
        ids,
        variables: [],
        learningRate: 1,
      });
      const cut = await deepSuperpixelCut(graph, options);
      assert.equal(cut.losses.length, iterations);
      cut.losses.forEach((point, i) => {
        for (const name of ["iteration", "total", "pseudoLabel", "cut"] as const) {
          const difference = Math.abs(point[name] - expected.losses[i]![name]);
          assert.ok(difference < 1e-4, `${name} of iteration ${i + 1}: ${difference}`);
        }
      });
      assert.ok(cut.losses[0]!.total - cut.losses.at(-1)!.total > 0.05);
      cut.probabilities.forEach((q, p) => assert.ok(Math.abs(q - expected.probabilities[p]!) < 1e-3));
      assert.deepEqual(cut.partitions, expected.partitions);
    }));
}

Deno.test("deepSuperpixelCut() does not collapse into one partition where the paper's loss would", () =>
  withBackend("cpu", async () => {
    const kinds = Array.from({ length: 20 }, (_, j) => j < 14 ? 0 : 1);
    const options = { partitions: 2, iterations: 400, radius: Infinity, sigma: 2 };
    const distinct = async (normalization: "volume" | "none") =>
      new Set((await deepSuperpixelCut(graphOf(kinds), { ...options, normalization })).partitions).size;
    assert.equal(await distinct("none"), 1);
    assert.equal(await distinct("volume"), 2);
    const cut = await deepSuperpixelCut(graphOf(kinds), options);
    assert.ok(samePartition(cut.partitions, kinds));
  }));

Deno.test("deepSuperpixelCut() gives the same answer twice, and without iterations its starting point", () =>
  withBackend("wasm", async () => {
    const graph = graphOf([0, 0, 1, 1, 2, 2]);
    const a = await deepSuperpixelCut(graph, { partitions: 3, iterations: 20 });
    const b = await deepSuperpixelCut(graph, { partitions: 3, iterations: 20 });
    assert.deepEqual(a.probabilities, b.probabilities);
    const start = await deepSuperpixelCut(graph, { partitions: 3, iterations: 0 });
    assert.equal(start.losses.length, 0);
    assert.ok(samePartition(start.partitions, [0, 0, 1, 1, 2, 2]));
  }));

Deno.test("deepSuperpixelCut() takes a single superpixel, equal superpixels and more partitions than superpixels", () =>
  withBackend("cpu", async () => {
    const one = await deepSuperpixelCut(graphOf([0]), { partitions: 2, iterations: 3 });
    assert.equal(one.partitions.length, 1);
    const equal: SuperpixelGraph = {
      features: new Float32Array(12).fill(1),
      areas: [1, 1, 1, 1],
      positions: new Float32Array(8),
    };
    const same = await deepSuperpixelCut(equal, { partitions: 8, iterations: 10 });
    assert.equal(new Set(same.partitions).size, 1);
    assert.ok(same.probabilities.every(Number.isFinite));
  }));

Deno.test("deepSuperpixelCut() stops at the signal and leaves no tensor behind", () =>
  withBackend("cpu", async () => {
    const before = tf.memory().numTensors;
    const controller = new AbortController();
    const work = deepSuperpixelCut(graphOf([0, 1, 0, 1]), {
      partitions: 2,
      iterations: 10_000,
      signal: controller.signal,
      onIteration: ({ iteration }) => iteration === 8 && controller.abort(new Error("enough")),
    });
    await assert.rejects(work, /enough/);
    assert.equal(tf.memory().numTensors, before);
  }));

Deno.test("deepSuperpixelCut() shows partitions on the way, changes nothing by it and leaves no tensor behind", () =>
  withBackend("cpu", async () => {
    const graph = graphOf([0, 0, 1, 1, 2, 2]), options = { partitions: 3, iterations: 16 };
    const unseen = await deepSuperpixelCut(graph, options);
    const before = tf.memory().numTensors;
    const shown: Int32Array[] = [], order: string[] = [];
    const cut = await deepSuperpixelCut(graph, {
      ...options,
      onPartitions: (partitions) => {
        shown.push(partitions);
        order.push("partitions");
      },
      onIteration: ({ iteration }) => iteration === 1 && order.push("losses"),
    });
    assert.deepEqual(cut, unseen);
    assert.deepEqual(order, ["partitions", "losses"]);
    assert.ok(samePartition(shown[0]!, [0, 0, 1, 1, 2, 2]));
    assert.equal(tf.memory().numTensors, before);
  }));

Deno.test("deepSuperpixelCut() refuses no superpixels, K out of range and fractional iterations", () =>
  withBackend("cpu", async () => {
    const none = { features: new Float32Array(), areas: [], positions: new Float32Array() };
    await assert.rejects(deepSuperpixelCut(none), RangeError);
    await assert.rejects(
      deepSuperpixelCut(graphOf([0, 1]), { partitions: 1 }),
      /partitions must be 2 to 256, got 1/,
    );
    await assert.rejects(deepSuperpixelCut(graphOf([0, 1]), { iterations: 1.5 }), RangeError);
  }));
