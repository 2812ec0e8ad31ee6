/**
 * The optimisation behind both reaches of the Deep Superpixel Cut: Adam on L_s = alpha L1 + beta L2 (pseudo_labels.ts,
 * soft_cut.ts) over a linear head and, in reach `full`, an encoder. Internal, since it speaks of tensors;
 * deep_superpixel_cut.ts is its public face.
 *
 * The head starts from k-means on G: log-odds c_k . g - |c_k|^2 / 2 are linear in g and arg max at the nearest centre.
 * From random weights the loss finds whatever partition the noise suggests.
 */
import * as tf from "@tensorflow/tfjs-core";
import { createAdam } from "../backend/adam.ts";
import { segmentMean } from "../backend/ops.ts";
import { createCheckpoint } from "../checkpoint.ts";
import { createPace } from "../preview.ts";
import { kmeans } from "../clustering/kmeans.ts";
import { createRandom } from "../random.ts";
import type { Cut, DscOptions, LossPoint, SuperpixelGraph } from "./deep_superpixel_cut.ts";
import { pseudoLabelLoss, pseudoLabels } from "./pseudo_labels.ts";
import { deepSimilarity } from "./similarity.ts";
import { softCut } from "./soft_cut.ts";
import { standardization, standardize } from "./standardize.ts";

/** Gradients into an encoder: `features()` gives the (N, D) features of pixels under its current variables. */
export interface TrainableFeatures {
  /** (N, D) features, differentiable in `variables`. */
  readonly features: () => tf.Tensor2D;
  /** Superpixel of each pixel (N). */
  readonly ids: Int32Array;
  readonly variables: tf.Variable[];
  /** Step of the encoder, > 0; the pretrained encoder wants small ones. */
  readonly learningRate: number;
}

/** Cuts the superpixels of one image into K partitions; without `trainable`, in reach `head`. */
export async function optimizeCut(
  graph: SuperpixelGraph,
  options: DscOptions,
  trainable?: TrainableFeatures,
): Promise<Cut> {
  const { partitions: K = 8, alpha = 0.05, beta = 1, iterations = 128, learningRate = 0.05 } = options;
  const { normalization = "volume", seed = 0, signal, onIteration, onPartitions } = options;
  const M = graph.areas.length, D = graph.features.length / M;
  if (M === 0) throw new RangeError("Cannot cut superpixels: there are none, want at least 1");
  if (!(Number.isInteger(K) && K >= 2 && K <= 256)) {
    throw new RangeError(`Cannot cut superpixels: partitions must be 2 to 256, got ${K}`);
  }
  if (!(Number.isInteger(iterations) && iterations >= 0)) {
    throw new RangeError(
      `Cannot cut superpixels: iterations must be a whole number from 0, got ${iterations}`,
    );
  }

  const scaling = standardization(graph.features, graph.areas, D, graph.channelWeights);
  const G = standardize(graph.features, scaling);
  const start = startingHead(G, graph.areas, K, D, seed);
  const checkpoint = createCheckpoint(signal);

  const fixed = {
    G: tf.tensor2d(G, [M, D]),
    positions: tf.tensor2d(graph.positions, [M, 2]),
    mean: tf.tensor1d(scaling.mean),
    deviation: tf.tensor1d(scaling.deviation),
    // frozen, one entry a superpixel stands for all its pixels
    ids: tf.tensor1d(trainable ? trainable.ids : Int32Array.from({ length: M }, (_, j) => j), "int32"),
    weights: tf.tensor1d(
      trainable ? new Float32Array(trainable.ids.length).fill(1 / trainable.ids.length) : shares(graph.areas),
    ),
  };
  const A = variableOf(() => tf.tensor2d(start.weights, [D, K])),
    b = variableOf(() => tf.tensor1d(start.bias));
  const W = tf.tidy(() => deepSimilarity(fixed.G, fixed.positions, options));
  const head = createAdam([A, b], { learningRate });
  const encoder = trainable && createAdam(trainable.variables, { learningRate: trainable.learningRate });
  const variables = [A, b, ...(trainable?.variables ?? [])];

  const pixelFeatures = () =>
    trainable ? tf.div(tf.sub(trainable.features(), fixed.mean), fixed.deviation) as tf.Tensor2D : fixed.G;
  const superpixelFeatures = (F: tf.Tensor2D) => trainable ? segmentMean(F, fixed.ids, M) : F;
  const logits = (features: tf.Tensor2D) => tf.add(tf.matMul(features, A), b) as tf.Tensor2D;

  const losses: LossPoint[] = [];
  const pending: tf.Tensor1D[] = [];
  const isTime = createPace();
  let shown: tf.Tensor2D | undefined; // log-odds of superpixels, where somebody looks
  const report = async () => {
    if (pending.length === 0) return;
    if (shown) onPartitions?.(rowArgMax(await shown.data<"float32">(), K));
    shown?.dispose();
    shown = undefined;
    const stacked = tf.stack(pending);
    const values = await stacked.data();
    tf.dispose([stacked, ...pending]);
    for (let i = 0; i < pending.length; i++) {
      const [total, pseudoLabel, cut] = values.slice(3 * i, 3 * i + 3);
      const point = { iteration: losses.length + 1, total: total!, pseudoLabel: pseudoLabel!, cut: cut! };
      losses.push(point);
      onIteration?.(point);
    }
    pending.length = 0;
  };

  try {
    for (let iteration = 1; iteration <= iterations; iteration++) {
      const isShown = onPartitions !== undefined && iteration % READ_EVERY === 0 && isTime();
      const { parts, grads } = tf.tidy(() => {
        let parts: tf.Tensor1D | undefined;
        const { grads } = tf.variableGrads(() => {
          const F = pixelFeatures(), G = superpixelFeatures(F);
          const z = logits(F);
          const targets = stopGradient(() =>
            tf.gather(pseudoLabels(z, fixed.weights, fixed.ids, M), fixed.ids) as tf.Tensor2D
          );
          const similarity = trainable ? stopGradient(() => deepSimilarity(G, fixed.positions, options)) : W;
          const pseudoLabel = pseudoLabelLoss(z, targets, fixed.weights);
          const g = logits(G);
          if (isShown) shown = tf.keep(g);
          const cut = softCut(tf.softmax(g), similarity, normalization);
          const total = tf.add(tf.mul(alpha, pseudoLabel), tf.mul(beta, cut)) as tf.Scalar;
          parts = tf.keep(tf.stack([total, pseudoLabel, cut]) as tf.Tensor1D);
          return total;
        }, variables);
        return { parts: parts!, grads };
      });
      pending.push(parts);
      head.step([A, b].map((v) => grads[v.name]!));
      encoder?.step(trainable!.variables.map((v) => grads[v.name]!));
      tf.dispose(grads);
      // a read-back stalls a GPU for about 12 ms: read eight at a time
      if (iteration % READ_EVERY === 0) await report();
      await checkpoint();
    }
    await report();
    const Q = tf.tidy(() => tf.softmax(logits(superpixelFeatures(pixelFeatures()))) as tf.Tensor2D);
    const probabilities = await Q.data<"float32">();
    Q.dispose();
    return { partitions: rowArgMax(probabilities, K), probabilities, losses };
  } finally {
    head.dispose();
    encoder?.dispose();
    shown?.dispose();
    tf.dispose([...Object.values(fixed), A, b, W, ...pending.filter((losses) => !losses.isDisposed)]);
  }
}

/** Iterations between read-backs of the losses. */
const READ_EVERY = 8;

/** A variable that starts at a tensor, which is freed: the variable holds a reference of its own to the values. */
function variableOf<R extends tf.Rank>(start: () => tf.Tensor<R>): tf.Variable<R> {
  const tensor = start();
  const variable = tf.variable(tensor);
  tensor.dispose();
  return variable;
}

/** The value of `f` as a constant: its operations are not recorded. */
function stopGradient<T extends tf.Tensor>(f: () => T): T {
  return tf.customGrad((..._: (tf.Tensor | tf.GradSaveFunc)[]) => ({
    value: f(),
    gradFunc: () => [],
  }))() as T;
}

/** Areas divided by their sum. */
function shares(areas: ArrayLike<number>): Float32Array {
  let sum = 0;
  for (let j = 0; j < areas.length; j++) sum += areas[j]!;
  return Float32Array.from(areas, (area) => area / sum);
}

/** k-means is local: from one start it merges two of four clear colours for about one seed in five. */
const STARTS = 8;

/** A head (D, K) and (K) whose arg max is the nearest k-means centre. */
function startingHead(G: Float32Array, areas: ArrayLike<number>, K: number, D: number, seed: number) {
  const random = createRandom(seed);
  const starts = Array.from(
    { length: STARTS },
    () => kmeans(G, areas.length, D, { clusters: K, weights: areas, random }),
  );
  const { centers } = starts.reduce((best, start) => start.inertia < best.inertia ? start : best);
  const weights = new Float32Array(D * K), bias = new Float32Array(K);
  // 2 / D: standardised features lie about 2D apart (squared), so log-odds of neighbours differ by about one
  const gain = 2 / D;
  for (let k = 0; k < K; k++) {
    let square = 0;
    for (let d = 0; d < D; d++) {
      const c = centers[k * D + d]!;
      weights[d * K + k] = gain * c;
      square += c * c;
    }
    bias[k] = -gain * square / 2;
  }
  return { weights, bias };
}

/** Arg max of each row of (M, K); ties to the lowest index. */
function rowArgMax(values: Float32Array, K: number): Int32Array {
  const result = new Int32Array(values.length / K);
  for (let j = 0, p = 0; j < result.length; j++, p += K) {
    let best = 0;
    for (let k = 1; k < K; k++) if (values[p + k]! > values[p + best]!) best = k;
    result[j] = best;
  }
  return result;
}
