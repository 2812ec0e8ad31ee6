/**
 * Reach `head` of the Deep Superpixel Cut: Adam on L_s = alpha L1 + beta L2 over a linear head, features frozen. The same
 * loss as optimize.ts, with its gradient written out: by tensors a step is a hundred small operations, whose bookkeeping
 * takes longer than the two matrix products and the one pass over (M, K) that are left here.
 *
 *     dL1/dz_j = w_j (q_j - y_j)          w_j the superpixel's share of the image, y_j its pseudo-label
 *     dL2/dQ   = -(2 W Q - r d) / (K v)   volume: v_k = d' Q_k, r_k = Q_k' W Q_k / v_k, d = W 1 (soft_cut.ts)
 *     dL2/dQ   = (d - 2 W Q) / 1' W 1     none
 *
 * Matrices are padded with zeros to multiples of 4, which the kernel wants; a padded superpixel is similar to none.
 */
import { createCheckpoint } from "../checkpoint.ts";
import { createPace } from "../preview.ts";
import { createLayout } from "../wasm_memory.ts";
import type { Cut, DscOptions, LossPoint, SuperpixelGraph } from "./deep_superpixel_cut.ts";
import { rowArgMax, type Start, startCut } from "./head.ts";
import { loadKernels } from "./kernels/module.ts";
import type { SimilarityOptions } from "./similarity.ts";

/** Against division by zero where W is all zeros or a partition is empty, as in soft_cut.ts. */
const TINY = 1e-12;
/** Decays of Adam's moments, and what keeps its step finite, as in backend/adam.ts. */
const BETA1 = 0.9, BETA2 = 0.999, EPSILON = 1e-8;

/** Cuts the superpixels of one image into K partitions, features frozen; see deep_superpixel_cut.ts. */
export async function cutFrozen(graph: SuperpixelGraph, options: DscOptions): Promise<Cut> {
  const { alpha = 0.05, beta = 1, iterations = 128, learningRate = 0.05 } = options;
  const { normalization = "volume", signal, onIteration, onPartitions } = options;
  const start = startCut(graph, options), { M, K } = start;
  const head = createHead(start), similarity = head.similarity(graph.positions, options);
  const weights = shares(graph.areas), dz = head.gradient, { K4, z, Q } = head;
  const checkpoint = createCheckpoint(signal), isTime = createPace();
  const losses: LossPoint[] = [];
  for (let iteration = 1; iteration <= iterations; iteration++) {
    head.respond();
    const SQ = similarity.times();
    const { cut, slope, shift } = balance(Q, SQ, similarity, start, K4, normalization);
    let entropy = 0;
    for (let j = 0; j < M; j++) {
      const row = j * K4, w = weights[j]!, degree = similarity.degrees[j]!;
      let label = row, along = 0;
      for (let k = 1; k < K; k++) if (z[row + k]! > z[label]!) label = row + k;
      for (let k = 0, p = row; k < K; k++, p++) {
        const g = slope[k]! * SQ[p]! + shift[k]! * degree;
        dz[p] = g;
        along += Q[p]! * g;
      }
      // through the softmax; the pseudo-label's gradient is q less one at the label
      for (let k = 0, p = row; k < K; k++, p++) dz[p] = Q[p]! * (beta * (dz[p]! - along) + alpha * w);
      dz[label]! -= alpha * w;
      entropy -= w * head.logQ(label, row);
    }
    const total = alpha * entropy + beta * cut;
    const point = { iteration, total, pseudoLabel: entropy, cut };
    losses.push(point);
    if (onPartitions && isTime()) onPartitions(rowArgMax(head.rows(z), K));
    onIteration?.(point);
    head.step(learningRate, iteration);
    await checkpoint();
  }
  head.respond();
  const probabilities = head.rows(Q);
  return { partitions: rowArgMax(probabilities, K), probabilities, losses };
}

/** L2, and its derivative by Q: slope_k (W Q)_jk + shift_k d_j. */
function balance(
  Q: Float32Array,
  SQ: Float32Array,
  { degrees, sum }: { readonly degrees: Float64Array; readonly sum: number },
  { M, K }: Start,
  K4: number,
  normalization: "volume" | "none",
): { cut: number; slope: Float64Array; shift: Float64Array } {
  const volumes = new Float64Array(K), associations = new Float64Array(K);
  for (let j = 0; j < M; j++) {
    for (let k = 0, p = j * K4; k < K; k++, p++) {
      volumes[k]! += Q[p]! * degrees[j]!;
      associations[k]! += Q[p]! * SQ[p]!;
    }
  }
  const slope = new Float64Array(K), shift = new Float64Array(K);
  let cut = 0;
  for (let k = 0; k < K; k++) {
    if (normalization === "none") {
      cut += (volumes[k]! - associations[k]!) / (sum + TINY);
      slope[k] = -2 / (sum + TINY);
      shift[k] = 1 / (sum + TINY);
    } else {
      const volume = volumes[k]! + TINY, ratio = associations[k]! / volume;
      cut += (1 - ratio) / K;
      slope[k] = -2 / (K * volume);
      shift[k] = ratio / (K * volume);
    }
  }
  return { cut, slope, shift };
}

/** The head with its matrices in the kernel's memory. */
function createHead({ M, D, K, G, weights, bias }: Start) {
  const M4 = four(M), D4 = four(D), K4 = four(K), { take, bytes } = createLayout();
  const at = {
    G: take(4 * M4 * D4),
    transposed: take(4 * M4 * D4),
    W: take(4 * M4 * M4),
    A: take(4 * D4 * K4),
    dA: take(4 * D4 * K4),
    z: take(4 * M4 * K4),
    Q: take(4 * M4 * K4),
    SQ: take(4 * M4 * K4),
    dz: take(4 * M4 * K4),
  };
  const { exports: kernels, memory: { buffer } } = loadKernels(bytes());
  const view = (address: number, length: number) => new Float32Array(buffer, address, length);
  const padded = view(at.G, M4 * D4), transposed = view(at.transposed, M4 * D4);
  for (let j = 0, p = 0; j < M; j++) {
    for (let d = 0; d < D; d++, p++) padded[j * D4 + d] = transposed[d * M4 + j] = G[p]!;
  }
  const A = view(at.A, D4 * K4), b = bias.slice(), dA = view(at.dA, D4 * K4), db = new Float64Array(K);
  for (let d = 0; d < D; d++) A.set(weights.subarray(d * K, (d + 1) * K), d * K4);
  const z = view(at.z, M4 * K4), Q = view(at.Q, M4 * K4), SQ = view(at.SQ, M4 * K4);
  const gradient = view(at.dz, M4 * K4);
  const logSums = new Float64Array(M); // of each row's exponentials, the largest log-odds taken out
  const adamA = createMoments(A), adamB = createMoments(b);
  return {
    K4,
    /** (M4, K4) log-odds and probabilities. */
    z,
    Q,
    /** (M4, K4) dL/dz, for {@linkcode step}. */
    gradient,
    /** Finds z and Q. */
    respond(): void {
      kernels.product(at.G, M4, D4, at.A, K4, at.z);
      for (let j = 0; j < M; j++) {
        const row = j * K4;
        let most = -Infinity, sum = 0;
        for (let k = 0; k < K; k++) {
          z[row + k]! += b[k]!;
          if (z[row + k]! > most) most = z[row + k]!;
        }
        for (let k = 0; k < K; k++) sum += Q[row + k] = Math.exp(z[row + k]! - most);
        for (let k = 0; k < K; k++) Q[row + k]! /= sum;
        logSums[j] = most + Math.log(sum);
      }
    },
    /** log Q at index p of the row that begins at `row`. */
    logQ: (p: number, row: number) => z[p]! - logSums[row / K4]!,
    /** (M, K) of a padded matrix, a copy. */
    rows(matrix: Float32Array): Float32Array {
      return Float32Array.from({ length: M * K }, (_, p) => matrix[Math.floor(p / K) * K4 + p % K]!);
    },
    /** Adam's step from `gradient`. */
    step(learningRate: number, iteration: number): void {
      kernels.product(at.transposed, D4, M4, at.dz, K4, at.dA);
      db.fill(0);
      for (let j = 0; j < M; j++) for (let k = 0; k < K; k++) db[k]! += gradient[j * K4 + k]!;
      adamA(dA, learningRate, iteration);
      adamB(db, learningRate, iteration);
    },
    /** W, as in similarity.ts, with its row sums, their sum, and its product with Q. */
    similarity(positions: Float32Array, { sigma = 0.4, radius = 0.2 }: SimilarityOptions) {
      kernels.product(at.G, M4, D4, at.transposed, M4, at.W);
      const W = view(at.W, M4 * M4), degrees = new Float64Array(M);
      const squares = Float64Array.from({ length: M }, (_, i) => W[i * M4 + i]!);
      const perFeature = -1 / (2 * D * sigma * sigma), perPosition = -1 / (2 * radius * radius);
      for (let i = 0; i < M; i++) {
        W[i * M4 + i] = 0;
        for (let j = 0; j < i; j++) {
          const far = Math.max(0, squares[i]! + squares[j]! - 2 * W[i * M4 + j]!);
          const dx = positions[2 * i]! - positions[2 * j]!,
            dy = positions[2 * i + 1]! - positions[2 * j + 1]!;
          const w = Math.exp(far * perFeature + (dx * dx + dy * dy) * perPosition);
          W[i * M4 + j] = W[j * M4 + i] = w;
          degrees[i]! += w;
          degrees[j]! += w;
        }
      }
      const times = () => {
        kernels.product(at.W, M4, M4, at.Q, K4, at.SQ);
        return SQ;
      };
      return { degrees, sum: degrees.reduce((sum, degree) => sum + degree, 0), times };
    },
  };
}

/** Adam over one array, as in backend/adam.ts. */
function createMoments(values: Float32Array) {
  const mean = new Float64Array(values.length), square = new Float64Array(values.length);
  return (gradient: ArrayLike<number>, learningRate: number, iteration: number) => {
    const correction = Math.sqrt(1 - BETA2 ** iteration);
    const rate = learningRate * correction / (1 - BETA1 ** iteration), tiny = EPSILON * correction;
    for (let i = 0; i < values.length; i++) {
      const g = gradient[i]!;
      mean[i] = BETA1 * mean[i]! + (1 - BETA1) * g;
      square[i] = BETA2 * square[i]! + (1 - BETA2) * g * g;
      values[i]! -= rate * mean[i]! / (Math.sqrt(square[i]!) + tiny);
    }
  };
}

/** Areas divided by their sum. */
function shares(areas: ArrayLike<number>): Float64Array {
  let sum = 0;
  for (let j = 0; j < areas.length; j++) sum += areas[j]!;
  return Float64Array.from(areas, (area) => area / sum);
}

function four(n: number): number {
  return 4 * Math.ceil(n / 4);
}
