/**
 * Normalized cut: Shi and Malik (2000, doi:10.1109/34.868688), solved for K groups at once by the spectral embedding of Ng,
 * Jordan and Weiss (NIPS 2001): the leading eigenvectors of D^-1/2 W D^-1/2, rows scaled to length 1, then k-means. Cutting
 * in two again and again, as the first paper does, was left out: it needs a threshold to stop at and K is what is swept.
 */

import { createRandom, type Random } from "../random.ts";
import { topEigenvectors } from "./eigen.ts";
import { kmeans } from "./kmeans.ts";

/** Options of {@linkcode ncut} and {@linkcode ncutSweep}. */
export interface NcutOptions {
  /** (n) weight of each node in k-means, such as the area of a superpixel. @default all 1 */
  weights?: ArrayLike<number>;
  /** Starts of k-means, 1 or more; the one with the least squared distance is kept. @default 4 */
  starts?: number;
  /** Where starting points are drawn from. @default createRandom(0) */
  random?: Random;
}

/**
 * Cuts a graph into K groups that are alike inside and unlike each other, none of them too small.
 *
 * @param affinity (n, n) symmetric (not checked), finite, not negative.
 * @param count Nodes n, 1 or more.
 * @param partitions Groups K, 1 to n; some may come out empty.
 * @param options See {@linkcode NcutOptions}.
 * @returns (n) group of each node, 0 to K - 1.
 * @throws {TypeError} When `affinity` or `weights` have the wrong length.
 * @throws {RangeError} When an affinity is negative or a number is out of range.
 *
 * @example
 * ```ts
 * import { ncut } from "./ncut.ts";
 * import assert from "node:assert/strict";
 *
 * // a path 0 - 1 = 2 - 3 whose middle edge is weak
 * const labels = ncut(new Float64Array([0, 1, 0, 0, 1, 0, 0.1, 0, 0, 0.1, 0, 1, 0, 0, 1, 0]), 4, 2);
 * assert.equal(labels[0], labels[1]);
 * assert.equal(labels[2], labels[3]);
 * assert.notEqual(labels[1], labels[2]);
 * ```
 */
export function ncut(
  affinity: Float32Array | Float64Array,
  count: number,
  partitions: number,
  options: NcutOptions = {},
): Int32Array {
  return ncutSweep(affinity, count, [partitions], options)[0]!;
}

/**
 * {@linkcode ncut} for several K, which share one eigendecomposition.
 *
 * @param affinity (n, n) as for {@linkcode ncut}.
 * @param count Nodes n, 1 or more.
 * @param partitions Each K, 1 to n.
 * @param options See {@linkcode NcutOptions}.
 * @returns For each K the (n) groups.
 * @throws {TypeError} As {@linkcode ncut}.
 * @throws {RangeError} As {@linkcode ncut}.
 */
export function ncutSweep(
  affinity: Float32Array | Float64Array,
  count: number,
  partitions: readonly number[],
  options: NcutOptions = {},
): Int32Array[] {
  const { weights, starts = 4, random = createRandom(0) } = options;
  const most = partitions.reduce((a, b) => Math.max(a, b), 1);
  check(affinity, count, partitions, starts);
  const normalised = normalise(affinity, count);
  const { vectors } = topEigenvectors(normalised, count, most, random);
  return partitions.map((K) => {
    const rows = unitRows(vectors, count, most, K);
    let best: { labels: Int32Array; inertia: number } | undefined;
    for (let s = 0; s < starts; s++) {
      const run = kmeans(rows, count, K, {
        clusters: K,
        iterations: 50,
        random,
        ...(weights ? { weights } : {}),
      });
      if (!best || run.inertia < best.inertia) best = run;
    }
    return best!.labels;
  });
}

/**
 * The normalized cut itself: sum over groups of (weight of edges that leave it) / (weight of edges that touch it).
 *
 * @param affinity (n, n) symmetric, not negative.
 * @param labels (n) group of each node, 0 or more.
 * @returns 0 for groups without a common edge, to the number of groups.
 * @throws {TypeError} When the lengths do not match.
 */
export function ncutValue(affinity: Float32Array | Float64Array, labels: Int32Array): number {
  const n = labels.length;
  if (affinity.length !== n * n) {
    throw new TypeError(`Cannot measure cut: ${n} nodes need ${n * n} affinities, got ${affinity.length}`);
  }
  let groups = 0;
  for (let i = 0; i < n; i++) if (labels[i]! >= groups) groups = labels[i]! + 1;
  const inside = new Float64Array(groups), volume = new Float64Array(groups);
  for (let i = 0, p = 0; i < n; i++) {
    for (let j = 0; j < n; j++, p++) {
      volume[labels[i]!]! += affinity[p]!;
      if (labels[i] === labels[j]) inside[labels[i]!]! += affinity[p]!;
    }
  }
  let cut = 0;
  for (let k = 0; k < groups; k++) if (volume[k]! > 0) cut += 1 - inside[k]! / volume[k]!;
  return cut;
}

function check(affinity: ArrayLike<number>, n: number, partitions: readonly number[], starts: number): void {
  if (affinity.length !== n * n) {
    throw new TypeError(`Cannot cut graph: ${n} nodes need ${n * n} affinities, got ${affinity.length}`);
  }
  for (const K of partitions) {
    if (!Number.isInteger(K) || K < 1 || K > n) {
      throw new RangeError(`Cannot cut graph: partitions must be 1 to ${n}, got ${K}`);
    }
  }
  if (!Number.isInteger(starts) || starts < 1) {
    throw new RangeError(`Cannot cut graph: starts must be 1 or more, got ${starts}`);
  }
  for (let i = 0; i < affinity.length; i++) {
    if (!(affinity[i]! >= 0 && affinity[i]! < Infinity)) {
      throw new RangeError(
        `Cannot cut graph: affinities must be finite and not negative, got ${affinity[i]}`,
      );
    }
  }
}

/** D^-1/2 W D^-1/2. */
function normalise(affinity: ArrayLike<number>, n: number): Float64Array {
  const scale = new Float64Array(n), out = new Float64Array(n * n);
  for (let i = 0, p = 0; i < n; i++) {
    let degree = 0;
    for (let j = 0; j < n; j++, p++) degree += affinity[p]!;
    scale[i] = degree > 0 ? 1 / Math.sqrt(degree) : 0; // a node without edges gets a row of zeros
  }
  for (let i = 0, p = 0; i < n; i++) {
    for (let j = 0; j < n; j++, p++) out[p] = affinity[p]! * scale[i]! * scale[j]!;
  }
  return out;
}

/** The first K of each node's `stride` coordinates, scaled to length 1. */
function unitRows(vectors: Float64Array, n: number, stride: number, K: number): Float64Array {
  const rows = new Float64Array(n * K);
  for (let i = 0; i < n; i++) {
    let squares = 0;
    for (let k = 0; k < K; k++) squares += vectors[i * stride + k]! * vectors[i * stride + k]!;
    const scale = squares > 1e-24 ? 1 / Math.sqrt(squares) : 0;
    for (let k = 0; k < K; k++) rows[i * K + k] = scale * vectors[i * stride + k]!;
  }
  return rows;
}
