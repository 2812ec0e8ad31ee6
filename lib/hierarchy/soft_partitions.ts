/**
 * The soft superpixel cut (Lin, Zhong and Lu, arXiv:2103.06031) over several K at once, as a cue for merging: two regions
 * that most scales put into different partitions should merge late. The loss is L2 of lib/dsc/soft_cut.ts divided by
 * volumes, as normalised cut,
 *
 *     L2 = mean over k of 1 - Q_k' W Q_k / (Q_k' W 1),
 *
 * plus alpha times L1, the cross-entropy to the arg max of Q. Adam (Kingma and Ba, arXiv:1412.6980) descends on the
 * log-odds of Q themselves, from a spectral start (Ng, Jordan and Weiss, NIPS 2001). W is sparse and M a few hundred, so
 * plain loops do; tensors would take longer to make than this takes.
 */
import { topEigenvectorsOf } from "../clustering/eigen.ts";
import { kmeans } from "../clustering/kmeans.ts";
import { createRandom } from "../random.ts";
import type { SparseMatrix } from "./geodesic_affinity.ts";

/** Options of {@linkcode softPartitions}. */
export interface SoftPartitionsOptions {
  /**
   * Numbers of partitions, each 2 or more; those of more than half as many partitions as regions are left out. From 8: cuts
   * into fewer must be balanced, which photographs are not, and cost SC and PRI (docs/experiments.md).
   * @default [8, 12, 16, 24, 32]
   */
  scales?: readonly number[];
  /** Adam steps, 0 or more; 0 is the spectral start itself. @default 12 */
  steps?: number;
  /** Step of the log-odds. @default 0.2 */
  learningRate?: number;
  /** Weight of L1, 0 or more. @default 0.05 */
  alpha?: number;
}

/** Q of all scales side by side. */
export interface SoftPartitions {
  /** (M, T) each scale's K numbers sum to 1 / scales, so that half of L1 distances is an expected share of scales. */
  readonly memberships: Float32Array;
  /** T, the sum of all K; 0 when there are too few regions for any. */
  readonly partitions: number;
}

/** Where log-odds start: probability .88 of one's partition of two, .53 of 8. */
const MARGIN = 2;
/** Starting point of eigenvectors and k-means: the result depends on it as on any seed. */
const SEED = 0;
/** Moments of Adam, as in its paper. */
const BETA1 = 0.9, BETA2 = 0.999, EPSILON = 1e-12;
/** Against division by zero where a partition is empty or a region has no neighbour. */
const TINY = 1e-12;

/**
 * Cuts a graph softly into each of several numbers of partitions.
 *
 * @param W (M, M) similarity, symmetric, without its diagonal.
 * @param areas (M) weight of each region in k-means.
 * @param options See {@linkcode SoftPartitionsOptions}.
 * @returns Q at each scale.
 *
 * @example
 * ```ts
 * import { softPartitions } from "./soft_partitions.ts";
 * import { geodesicAffinity } from "./geodesic_affinity.ts";
 * import assert from "node:assert/strict";
 *
 * // a path of four regions, its middle edge strong
 * const W = geodesicAffinity(4, Int32Array.of(0, 1, 2), Int32Array.of(1, 2, 3), Float32Array.of(0.1, 2, 0.1));
 * const { memberships: Q } = softPartitions(W, [1, 1, 1, 1], { scales: [2] });
 * assert.equal(Q[0]! > 0.5, Q[2]! > 0.5);
 * assert.notEqual(Q[2]! > 0.5, Q[4]! > 0.5);
 * ```
 */
export function softPartitions(
  W: SparseMatrix,
  areas: ArrayLike<number>,
  options: SoftPartitionsOptions = {},
): SoftPartitions {
  const { scales = [8, 12, 16, 24, 32], steps = 12, learningRate = 0.2, alpha = 0.05 } = options;
  const M = W.count, used = scales.filter((K) => 2 * K <= M);
  const T = used.reduce((sum, K) => sum + K, 0);
  const memberships = new Float32Array(M * T);
  if (T === 0) return { memberships, partitions: 0 };
  const degree = degrees(W);
  const { vectors, stride } = spectralEmbedding(W, degree, Math.max(...used));
  let column = 0;
  for (const K of used) {
    const labels = spectralStart(vectors, stride, K, areas);
    const Q = descend(W, degree, labels, K, steps, learningRate, alpha);
    for (let r = 0; r < M; r++) {
      for (let k = 0; k < K; k++) memberships[r * T + column + k] = Q[r * K + k]! / used.length;
    }
    column += K;
  }
  return { memberships, partitions: T };
}

function degrees(W: SparseMatrix): Float64Array {
  const degree = new Float64Array(W.count);
  for (let r = 0; r < W.count; r++) {
    for (let i = W.start[r]!; i < W.start[r + 1]!; i++) degree[r]! += W.value[i]!;
  }
  return degree;
}

/** Leading eigenvectors of D^-1/2 W D^-1/2, which are those of normalised cut. */
function spectralEmbedding(W: SparseMatrix, degree: Float64Array, wanted: number) {
  const { count, start, column, value } = W;
  const root = degree.map((d) => d > 0 ? 1 / Math.sqrt(d) : 0);
  const scaled = value.slice();
  for (let r = 0; r < count; r++) {
    for (let i = start[r]!; i < start[r + 1]!; i++) scaled[i]! *= root[r]! * root[column[i]!]!;
  }
  const { vectors } = topEigenvectorsOf(
    (x, out) => {
      for (let r = 0; r < count; r++) {
        let sum = 0;
        for (let i = start[r]!; i < start[r + 1]!; i++) sum += scaled[i]! * x[column[i]!]!;
        out[r] = sum;
      }
    },
    count,
    wanted,
    createRandom(SEED),
  );
  return { vectors, stride: wanted };
}

/** k-means on the first K eigenvectors, rows scaled to length 1. */
function spectralStart(
  vectors: Float64Array,
  stride: number,
  K: number,
  areas: ArrayLike<number>,
): Int32Array {
  const M = vectors.length / stride, rows = new Float64Array(M * K);
  for (let r = 0; r < M; r++) {
    let squares = 0;
    for (let k = 0; k < K; k++) squares += vectors[r * stride + k]! * vectors[r * stride + k]!;
    const scale = squares > TINY * TINY ? 1 / Math.sqrt(squares) : 0;
    for (let k = 0; k < K; k++) rows[r * K + k] = scale * vectors[r * stride + k]!;
  }
  return kmeans(rows, M, K, { clusters: K, weights: areas, random: createRandom(SEED + K) }).labels;
}

/** Q (M, K) after some steps of Adam on its log-odds. */
function descend(
  W: SparseMatrix,
  degree: Float64Array,
  labels: Int32Array,
  K: number,
  steps: number,
  learningRate: number,
  alpha: number,
): Float64Array {
  const M = W.count, size = M * K;
  const logits = new Float64Array(size), Q = new Float64Array(size), gradient = new Float64Array(size);
  for (let r = 0; r < M; r++) logits[r * K + labels[r]!] = MARGIN;
  if (steps === 0) { // the start as it is
    for (let r = 0; r < M; r++) Q[r * K + labels[r]!] = 1;
    return Q;
  }
  const first = new Float64Array(size), second = new Float64Array(size);
  softmaxRows(logits, K, Q);
  for (let t = 1; t <= steps; t++) {
    softCutGradient(W, degree, Q, K, gradient);
    throughSoftmax(Q, K, alpha, gradient);
    const rate = learningRate * Math.sqrt(1 - BETA2 ** t) / (1 - BETA1 ** t);
    for (let i = 0; i < size; i++) {
      const g = gradient[i]!;
      first[i] = BETA1 * first[i]! + (1 - BETA1) * g;
      second[i] = BETA2 * second[i]! + (1 - BETA2) * g * g;
      logits[i]! -= rate * first[i]! / (Math.sqrt(second[i]!) + EPSILON);
    }
    softmaxRows(logits, K, Q);
  }
  return Q;
}

/**
 * L2 and dL2/dQ_k = -(2 W Q_k - D a_k / v_k) / (K v_k) with a_k = Q_k' W Q_k and v_k = Q_k' W 1.
 *
 * @param W (M, M) similarity.
 * @param degree (M) its row sums.
 * @param Q (M, K) probabilities.
 * @param K Partitions.
 * @param gradient (M, K) is written.
 * @returns L2, 0 to 1.
 */
export function softCutGradient(
  W: SparseMatrix,
  degree: Float64Array,
  Q: Float64Array,
  K: number,
  gradient: Float64Array,
): number {
  const { count, start, column, value } = W;
  const association = new Float64Array(K), volume = new Float64Array(K).fill(TINY);
  gradient.fill(0); // W Q first
  for (let r = 0, p = 0; r < count; r++, p += K) {
    for (let i = start[r]!; i < start[r + 1]!; i++) {
      const w = value[i]!;
      for (let k = 0, q = column[i]! * K; k < K; k++, q++) gradient[p + k]! += w * Q[q]!;
    }
    for (let k = 0; k < K; k++) {
      association[k]! += Q[p + k]! * gradient[p + k]!;
      volume[k]! += Q[p + k]! * degree[r]!;
    }
  }
  let loss = 0;
  for (let k = 0; k < K; k++) loss += (1 - association[k]! / volume[k]!) / K;
  for (let r = 0, p = 0; r < count; r++) {
    for (let k = 0; k < K; k++, p++) {
      gradient[p] = -(2 * gradient[p]! - degree[r]! * association[k]! / volume[k]!) / (K * volume[k]!);
    }
  }
  return loss;
}

/** The gradient of the log-odds from that of Q, and that of alpha times the mean cross-entropy to arg max Q. */
function throughSoftmax(Q: Float64Array, K: number, alpha: number, gradient: Float64Array): void {
  const share = alpha * K / Q.length;
  for (let p = 0; p < Q.length; p += K) {
    let mean = 0, label = 0;
    for (let k = 0; k < K; k++) {
      mean += gradient[p + k]! * Q[p + k]!;
      if (Q[p + k]! > Q[p + label]!) label = k;
    }
    for (let k = 0; k < K; k++) {
      gradient[p + k] = Q[p + k]! * (gradient[p + k]! - mean) + share * (Q[p + k]! - (k === label ? 1 : 0));
    }
  }
}

function softmaxRows(logits: Float64Array, K: number, out: Float64Array): void {
  for (let p = 0; p < out.length; p += K) {
    let most = -Infinity, sum = 0;
    for (let k = 0; k < K; k++) if (logits[p + k]! > most) most = logits[p + k]!;
    for (let k = 0; k < K; k++) sum += out[p + k] = Math.exp(logits[p + k]! - most);
    for (let k = 0; k < K; k++) out[p + k]! /= sum;
  }
}
