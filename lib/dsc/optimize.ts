/**
 * Reach `full` of the Deep Superpixel Cut: Adam on L_s = alpha L1 + beta L2 (pseudo_labels.ts, soft_cut.ts) over a linear
 * head (head.ts) and an encoder. Internal, since it speaks of tensors; deep_superpixel_cut.ts is its public face. Reach
 * `head` is frozen_cut.ts.
 */
import * as tf from "@tensorflow/tfjs-core";
import { createAdam } from "../backend/adam.ts";
import { segmentMean } from "../backend/ops.ts";
import { createCheckpoint } from "../checkpoint.ts";
import { createPace } from "../preview.ts";
import type { Cut, DscOptions, LossPoint, SuperpixelGraph } from "./deep_superpixel_cut.ts";
import { rowArgMax, startCut } from "./head.ts";
import { pseudoLabelLoss, pseudoLabels } from "./pseudo_labels.ts";
import { deepSimilarity } from "./similarity.ts";
import { softCut } from "./soft_cut.ts";

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

/** Cuts the superpixels of one image into K partitions, with gradients into `trainable`. */
export async function optimizeCut(
  graph: SuperpixelGraph,
  options: DscOptions,
  trainable: TrainableFeatures,
): Promise<Cut> {
  const { alpha = 0.05, beta = 1, iterations = 128, learningRate = 0.05 } = options;
  const { normalization = "volume", signal, onIteration, onPartitions } = options;
  const start = startCut(graph, options), { M, D, K } = start;
  const checkpoint = createCheckpoint(signal);

  const pixels = trainable.ids.length;
  const fixed = {
    positions: tf.tensor2d(graph.positions, [M, 2]),
    mean: tf.tensor1d(start.scaling.mean),
    deviation: tf.tensor1d(start.scaling.deviation),
    ids: tf.tensor1d(trainable.ids, "int32"),
    weights: tf.tensor1d(new Float32Array(pixels).fill(1 / pixels)),
  };
  const A = variableOf(() => tf.tensor2d(start.weights, [D, K])),
    b = variableOf(() => tf.tensor1d(start.bias));
  const head = createAdam([A, b], { learningRate });
  const encoder = createAdam(trainable.variables, { learningRate: trainable.learningRate });
  const variables = [A, b, ...trainable.variables];

  const pixelFeatures = () =>
    tf.div(tf.sub(trainable.features(), fixed.mean), fixed.deviation) as tf.Tensor2D;
  const superpixelFeatures = (F: tf.Tensor2D) => segmentMean(F, fixed.ids, M);
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
          const similarity = stopGradient(() => deepSimilarity(G, fixed.positions, options));
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
      encoder.step(trainable.variables.map((v) => grads[v.name]!));
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
    encoder.dispose();
    shown?.dispose();
    tf.dispose([...Object.values(fixed), A, b, ...pending.filter((losses) => !losses.isDisposed)]);
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
