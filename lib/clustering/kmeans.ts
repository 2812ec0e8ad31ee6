/**
 * Weighted k-means: Lloyd's iterations (1982, doi:10.1109/TIT.1982.1056489) from the k-means++ start of Arthur and
 * Vassilvitskii (SODA 2007, doi:10.5555/1283383.1283494). Superpixels are weighted by their area, so that the result is
 * what k-means on their pixels would give. Plain loops, no triangle-inequality bounds: with the few hundred points and
 * clusters of a superpixel graph their bookkeeping costs more than it saves.
 */

import { createRandom, type Random } from "../random.ts";

/** Options of {@linkcode kmeans}. */
export interface KmeansOptions {
  /** Clusters K, 1 or more; more than there are distinct points leaves some empty. @default 8 */
  clusters?: number;
  /** Most Lloyd iterations, 0 or more; stops earlier once no label changes. Try 10 to 50. @default 15 */
  iterations?: number;
  /** (n) weight of each point, finite and not negative, such as the area of a superpixel. @default all 1 */
  weights?: ArrayLike<number>;
  /** Where the start is drawn from. @default createRandom(0) */
  random?: Random;
}

/** What {@linkcode kmeans} returns. */
export interface Kmeans {
  /** (n) cluster of each point, 0 to K - 1. */
  readonly labels: Int32Array;
  /** (K, D) centres. */
  readonly centers: Float32Array;
  /** Sum over points of weight times squared distance to the point's centre. */
  readonly inertia: number;
}

/**
 * Groups points around K centres so that the weighted squared distance to them is small. Quick and local: another seed
 * may find another grouping.
 *
 * @param points (n, D) coordinates, row by row, finite.
 * @param count Points n, 1 or more.
 * @param dimensions Coordinates D of each point, 1 or more.
 * @param options See {@linkcode KmeansOptions}.
 * @returns Labels, centres and the remaining squared distance.
 * @throws {TypeError} When `points` or `weights` do not have the length that `count` and `dimensions` ask for.
 * @throws {RangeError} When a number is out of its range.
 *
 * @example
 * ```ts
 * import { kmeans } from "./kmeans.ts";
 * import assert from "node:assert/strict";
 *
 * const { labels } = kmeans(new Float32Array([0, 1, 100, 101]), 4, 1, { clusters: 2 });
 * assert.equal(labels[0], labels[1]);
 * assert.notEqual(labels[1], labels[2]);
 * ```
 */
export function kmeans(
  points: Float32Array | Float64Array,
  count: number,
  dimensions: number,
  options: KmeansOptions = {},
): Kmeans {
  const { clusters = 8, iterations = 15, weights, random = createRandom(0) } = options;
  check(points, count, dimensions, clusters, iterations, weights);
  const n = count, D = dimensions, K = clusters;

  const centers = plusPlus(points, n, D, K, weights, random);
  const labels = new Int32Array(n).fill(-1);
  const distances = new Float64Array(n);
  let changed = assign(points, n, D, centers, K, labels, distances);
  for (let i = 0; i < iterations && changed > 0; i++) {
    update(points, n, D, centers, K, labels, distances, weights);
    changed = assign(points, n, D, centers, K, labels, distances);
  }

  let inertia = 0;
  for (let i = 0; i < n; i++) inertia += distances[i]! * (weights ? weights[i]! : 1);
  return { labels, centers: Float32Array.from(centers), inertia };
}

function check(
  points: ArrayLike<number>,
  n: number,
  D: number,
  K: number,
  iterations: number,
  weights: ArrayLike<number> | undefined,
): void {
  if (!Number.isInteger(n) || n < 1) {
    throw new RangeError(`Cannot cluster: points must be 1 or more, got ${n}`);
  }
  if (!Number.isInteger(D) || D < 1) {
    throw new RangeError(`Cannot cluster: dimensions must be 1 or more, got ${D}`);
  }
  if (!Number.isInteger(K) || K < 1) {
    throw new RangeError(`Cannot cluster: clusters must be 1 or more, got ${K}`);
  }
  if (!Number.isInteger(iterations) || iterations < 0) {
    throw new RangeError(`Cannot cluster: iterations must be 0 or more, got ${iterations}`);
  }
  if (points.length !== n * D) {
    throw new TypeError(`Cannot cluster: ${n} points of ${D} need ${n * D} numbers, got ${points.length}`);
  }
  for (let i = 0; i < points.length; i++) {
    if (!Number.isFinite(points[i])) {
      throw new RangeError(`Cannot cluster: points must be finite, got ${points[i]}`);
    }
  }
  if (!weights) return;
  if (weights.length !== n) {
    throw new TypeError(`Cannot cluster: ${n} points need ${n} weights, got ${weights.length}`);
  }
  for (let i = 0; i < n; i++) {
    if (!(weights[i]! >= 0 && weights[i]! < Infinity)) {
      throw new RangeError(`Cannot cluster: weights must be finite and not negative, got ${weights[i]}`);
    }
  }
}

/** (K, D) starting centres: each next one a point drawn with probability weight times squared distance to the nearest. */
function plusPlus(
  points: ArrayLike<number>,
  n: number,
  D: number,
  K: number,
  weights: ArrayLike<number> | undefined,
  random: Random,
): Float64Array {
  const centers = new Float64Array(K * D);
  const nearest = new Float64Array(n).fill(1); // all 1: the first centre is drawn by weight alone
  for (let k = 0; k < K; k++) {
    const i = draw(nearest, weights, n, random);
    for (let d = 0; d < D; d++) centers[k * D + d] = points[i * D + d]!;
    for (let j = 0, p = 0; j < n; j++) {
      let distance = 0;
      for (let d = 0; d < D; d++, p++) {
        const t = points[p]! - centers[k * D + d]!;
        distance += t * t;
      }
      if (k === 0 || distance < nearest[j]!) nearest[j] = distance;
    }
  }
  return centers;
}

/** Index drawn with probability proportional to value times weight; point 0 when all of them are 0. */
function draw(
  values: Float64Array,
  weights: ArrayLike<number> | undefined,
  n: number,
  random: Random,
): number {
  let total = 0;
  for (let i = 0; i < n; i++) total += values[i]! * (weights ? weights[i]! : 1);
  let rest = random() * total;
  let last = 0;
  for (let i = 0; i < n; i++) {
    const share = values[i]! * (weights ? weights[i]! : 1);
    if (share <= 0) continue;
    rest -= share;
    last = i; // rounding may leave a crumb of `rest` past the end: the last possible point takes it
    if (rest < 0) break;
  }
  return last;
}

/** Gives every point its nearest centre, ties to the lowest index; returns how many labels changed. */
function assign(
  points: ArrayLike<number>,
  n: number,
  D: number,
  centers: Float64Array,
  K: number,
  labels: Int32Array,
  distances: Float64Array,
): number {
  let changed = 0;
  for (let i = 0; i < n; i++) {
    let best = Infinity, label = 0;
    for (let k = 0, c = 0; k < K; k++, c += D) {
      let distance = 0;
      for (let d = 0, p = i * D; d < D && distance < best; d++, p++) {
        const t = points[p]! - centers[c + d]!;
        distance += t * t;
      }
      if (distance < best) {
        best = distance;
        label = k;
      }
    }
    if (labels[i] !== label) changed++;
    labels[i] = label;
    distances[i] = best;
  }
  return changed;
}

/** Moves every centre to the weighted mean of its points. */
function update(
  points: ArrayLike<number>,
  n: number,
  D: number,
  centers: Float64Array,
  K: number,
  labels: Int32Array,
  distances: Float64Array,
  weights: ArrayLike<number> | undefined,
): void {
  const sums = new Float64Array(K * D);
  const mass = new Float64Array(K);
  for (let i = 0, p = 0; i < n; i++) {
    const w = weights ? weights[i]! : 1;
    mass[labels[i]!]! += w;
    for (let d = 0, c = labels[i]! * D; d < D; d++, p++, c++) sums[c]! += w * points[p]!;
  }
  for (let k = 0; k < K; k++) {
    if (mass[k]! > 0) {
      for (let d = 0; d < D; d++) centers[k * D + d] = sums[k * D + d]! / mass[k]!;
    } else {
      revive(points, n, D, centers, k, distances, weights);
    }
  }
}

/** An empty cluster takes the point that is worst served; where every point sits on its centre it stays as it is. */
function revive(
  points: ArrayLike<number>,
  n: number,
  D: number,
  centers: Float64Array,
  k: number,
  distances: Float64Array,
  weights: ArrayLike<number> | undefined,
): void {
  let worst = 0, index = -1;
  for (let i = 0; i < n; i++) {
    const loss = distances[i]! * (weights ? weights[i]! : 1);
    if (loss > worst) {
      worst = loss;
      index = i;
    }
  }
  if (index < 0) return;
  for (let d = 0; d < D; d++) centers[k * D + d] = points[index * D + d]!;
  distances[index] = 0; // the next empty cluster looks elsewhere
}
