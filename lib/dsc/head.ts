/**
 * The linear head that the Deep Superpixel Cut optimises, in both reaches: what it is checked for, where it starts, how it
 * is read.
 *
 * The head starts from k-means on G: log-odds c_k . g - |c_k|^2 / 2 are linear in g and arg max at the nearest centre.
 * From random weights the loss finds whatever partition the noise suggests.
 */
import { kmeans } from "../clustering/kmeans.ts";
import { createRandom } from "../random.ts";
import type { DscOptions, SuperpixelGraph } from "./deep_superpixel_cut.ts";
import { type Standardization, standardization, standardize } from "./standardize.ts";

/** Where an optimisation starts. */
export interface Start {
  /** Superpixels, dimensions, partitions. */
  readonly M: number;
  readonly D: number;
  readonly K: number;
  readonly scaling: Standardization;
  /** (M, D) standardised. */
  readonly G: Float32Array;
  /** The head, (D, K) and (K), whose arg max is the nearest k-means centre. */
  readonly weights: Float32Array;
  readonly bias: Float32Array;
}

/** k-means is local: from one start it merges two of four clear colours for about one seed in five. */
const STARTS = 8;

/**
 * Checks a cut's input and finds where it starts.
 *
 * @throws {RangeError} If there are no superpixels, or more than {@linkcode MOST_SUPERPIXELS}, or an option is out of range.
 */
export function startCut(graph: SuperpixelGraph, options: DscOptions): Start {
  const { partitions: K = 8, iterations = 128, seed = 0 } = options;
  const { areas } = graph, M = areas.length, D = graph.features.length / M;
  if (M === 0) throw new RangeError("Cannot cut superpixels: there are none, want at least 1");
  if (M > MOST_SUPERPIXELS) {
    throw new RangeError(`Cannot cut superpixels: want at most ${MOST_SUPERPIXELS}, got ${M}`);
  }
  if (!(Number.isInteger(K) && K >= 2 && K <= 256)) {
    throw new RangeError(`Cannot cut superpixels: partitions must be 2 to 256, got ${K}`);
  }
  if (!(Number.isInteger(iterations) && iterations >= 0)) {
    throw new RangeError(
      `Cannot cut superpixels: iterations must be a whole number from 0, got ${iterations}`,
    );
  }
  const scaling = standardization(graph.features, areas, D, graph.channelWeights);
  const G = standardize(graph.features, scaling), random = createRandom(seed);
  const starts = Array.from(
    { length: STARTS },
    () => kmeans(G, M, D, { clusters: K, weights: areas, random }),
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
  return { M, D, K, scaling, G, weights, bias };
}

/** (M, M) similarities in single precision, and all else, must fit into the 4 GiB of a WebAssembly memory. */
const MOST_SUPERPIXELS = 30_000;

/** Arg max of each row of (M, K); ties to the lowest index. */
export function rowArgMax(values: Float32Array, K: number): Int32Array {
  const result = new Int32Array(values.length / K);
  for (let j = 0, p = 0; j < result.length; j++, p += K) {
    let best = 0;
    for (let k = 1; k < K; k++) if (values[p + k]! > values[p + best]!) best = k;
    result[j] = best;
  }
  return result;
}
