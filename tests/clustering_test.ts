import assert from "node:assert/strict";
import { EigenvalueDecomposition, Matrix } from "ml-matrix";
import { topEigenvectors, topEigenvectorsOf } from "../lib/clustering/eigen.ts";
import { featureAffinity } from "../lib/clustering/affinity.ts";
import { kmeans } from "../lib/clustering/kmeans.ts";
import { ncut, ncutSweep, ncutValue } from "../lib/clustering/ncut.ts";
import { tridiagonalEigen } from "../lib/clustering/tridiagonal.ts";
import { createRandom, normal, type Random } from "../lib/random.ts";

/** Six blobs of ten points in the plane, far apart. */
function blobs(random: Random): Float32Array {
  const points = new Float32Array(120);
  for (let i = 0; i < 60; i++) {
    points[2 * i] = 100 * (i % 6) + normal(random);
    points[2 * i + 1] = 70 * (i % 3) + normal(random);
  }
  return points;
}

Deno.test("kmeans() finds six blobs that lie far apart", () => {
  const { labels, centers, inertia } = kmeans(blobs(createRandom(1)), 60, 2, { clusters: 6 });
  for (let i = 0; i < 60; i++) assert.equal(labels[i], labels[i % 6]);
  assert.equal(new Set(labels).size, 6);
  assert.ok(Math.abs(centers[2 * labels[4]!]! - 400) < 2);
  assert.ok(inertia > 0 && inertia < 60 * 2 * 4);
});

Deno.test("kmeans() gives the same labels for the same seed", () => {
  const random = createRandom(3);
  const points = Float32Array.from({ length: 400 }, () => random());
  const run = () => kmeans(points, 200, 2, { clusters: 7, random: createRandom(11) });
  assert.deepEqual(run(), run());
});

Deno.test("kmeans() treats a weight of three as three points", () => {
  const once = kmeans(new Float32Array([0, 0, 0, 4, 20]), 5, 1, { clusters: 2 });
  const weighted = kmeans(new Float32Array([0, 4, 20]), 3, 1, { clusters: 2, weights: [3, 1, 1] });
  assert.deepEqual([...weighted.centers].sort(), [...once.centers].sort());
  assert.deepEqual([...weighted.centers].sort(), [1, 20]);
  assert.equal(weighted.inertia, once.inertia);
});

Deno.test("kmeans() keeps finite centres when there are fewer distinct points than clusters", () => {
  const { labels, centers, inertia } = kmeans(new Float32Array([5, 5, 5, 9]), 4, 1, { clusters: 4 });
  assert.ok(centers.every(Number.isFinite));
  assert.equal(inertia, 0);
  assert.equal(labels[0], labels[1]);
  assert.notEqual(labels[0], labels[3]);
});

Deno.test("kmeans() never draws a point of weight 0 as a centre", () => {
  for (let seed = 0; seed < 20; seed++) {
    const { centers } = kmeans(new Float32Array([0, 1, 50]), 3, 1, {
      clusters: 2,
      iterations: 0,
      weights: [1, 1, 0],
      random: createRandom(seed),
    });
    assert.deepEqual([...centers].sort(), [0, 1]);
  }
});

Deno.test("kmeans() revives a cluster that Lloyd's iterations emptied", () => {
  // found by search: from seed 0 all four centres start at points and one of them loses all of its points later
  const points = new Float32Array([9, 2, 7, 2, 9, 3, 9, 11, 3, 0, 2, 8, 5, 7, 2, 0]);
  const { labels, inertia } = kmeans(points, 8, 2, { clusters: 4, iterations: 50 });
  assert.equal(new Set(labels).size, 4);
  assert.ok(Math.abs(inertia - 53 / 6) < 1e-6, String(inertia));
});

Deno.test("kmeans() refuses wrong shapes and values", () => {
  const points = new Float32Array(6);
  assert.throws(() => kmeans(points, 4, 2), TypeError);
  assert.throws(() => kmeans(points, 3, 2, { weights: [1, 2] }), TypeError);
  assert.throws(() => kmeans(points, 3, 2, { weights: [1, 2, -1] }), /not negative, got -1/);
  assert.throws(() => kmeans(points, 3, 2, { clusters: 0 }), RangeError);
  assert.throws(() => kmeans(points, 3, 2, { iterations: 1.5 }), RangeError);
  assert.throws(() => kmeans(points, 0, 2), RangeError);
  assert.throws(() => kmeans(new Float32Array([1, NaN]), 2, 1), /finite, got NaN/);
});

function randomSymmetric(n: number, random: Random): Float64Array {
  const matrix = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) matrix[i * n + j] = matrix[j * n + i] = normal(random);
  }
  return matrix;
}

function descendingValues(matrix: Float64Array, n: number): number[] {
  const rows = Array.from({ length: n }, (_, i) => Array.from(matrix.subarray(i * n, i * n + n)));
  const all = new EigenvalueDecomposition(new Matrix(rows), { assumeSymmetric: true }).realEigenvalues;
  return all.sort((a, b) => b - a);
}

/** Largest |A v - value v| over the pairs, and largest |V'V - I|. */
function defects(matrix: Float64Array, n: number, k: number, values: Float64Array, vectors: Float64Array) {
  let residual = 0, skew = 0;
  for (let j = 0; j < k; j++) {
    for (let i = 0; i < n; i++) {
      let sum = 0;
      for (let l = 0; l < n; l++) sum += matrix[i * n + l]! * vectors[l * k + j]!;
      residual = Math.max(residual, Math.abs(sum - values[j]! * vectors[i * k + j]!));
    }
    for (let o = 0; o <= j; o++) {
      let sum = o === j ? -1 : 0;
      for (let i = 0; i < n; i++) sum += vectors[i * k + j]! * vectors[i * k + o]!;
      skew = Math.max(skew, Math.abs(sum));
    }
  }
  return { residual, skew };
}

Deno.test("topEigenvectors() agrees with a complete decomposition, whatever k", () => {
  const random = createRandom(5);
  for (const [n, k] of [[1, 1], [2, 1], [2, 2], [7, 3], [40, 40], [40, 39], [90, 5], [150, 32]] as const) {
    const matrix = randomSymmetric(n, random);
    const { values, vectors } = topEigenvectors(matrix, n, k, createRandom(n));
    const expected = descendingValues(matrix, n);
    for (let j = 0; j < k; j++) assert.ok(Math.abs(values[j]! - expected[j]!) < 1e-8, `n ${n} value ${j}`);
    const { residual, skew } = defects(matrix, n, k, values, vectors);
    assert.ok(residual < 1e-5 && skew < 1e-6, `n ${n} k ${k}: residual ${residual}, skew ${skew}`);
  }
});

Deno.test("topEigenvectors() finds every copy of a repeated eigenvalue", () => {
  // twelve equal cliques: the largest eigenvalue, 10, twelve times, then 0
  const n = 120, matrix = new Float64Array(n * n);
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) matrix[i * n + j] = i % 12 === j % 12 ? 1 : 0;
  const { values, vectors } = topEigenvectors(matrix, n, 14, createRandom(2));
  for (let j = 0; j < 14; j++) assert.ok(Math.abs(values[j]! - (j < 12 ? 10 : 0)) < 1e-8, `value ${j}`);
  const { residual, skew } = defects(matrix, n, 14, values, vectors);
  assert.ok(residual < 1e-6 && skew < 1e-6);
});

Deno.test("topEigenvectors() finds the copies when the rest of the spectrum is spread out", () => {
  // a diagonal matrix: 1 five times, then 0.9, 0.89, ...; a single Krylov sequence would report 1 only once
  const n = 80, matrix = new Float64Array(n * n);
  for (let i = 0; i < n; i++) matrix[i * n + i] = i < 5 ? 1 : 0.9 - 0.01 * (i - 5);
  const { values } = topEigenvectors(matrix, n, 8, createRandom(2));
  const expected = [1, 1, 1, 1, 1, 0.9, 0.89, 0.88];
  for (let j = 0; j < 8; j++) {
    assert.ok(Math.abs(values[j]! - expected[j]!) < 1e-8, `value ${j}: ${values[j]}`);
  }
});

Deno.test("topEigenvectors() orders by value, not by magnitude, and fixes the sign", () => {
  const { values, vectors } = topEigenvectors(
    new Float32Array([-9, 0, 0, 0, 2, 0, 0, 0, 1]),
    3,
    2,
    createRandom(4),
  );
  assert.ok(Math.abs(values[0]! - 2) < 1e-9 && Math.abs(values[1]! - 1) < 1e-9);
  assert.ok(vectors[2]! > 0.999 && vectors[5]! > 0.999);
});

Deno.test("topEigenvectors() takes a matrix of zeros", () => {
  const { values, vectors } = topEigenvectors(new Float64Array(36), 6, 3, createRandom(0));
  assert.deepEqual([...values], [0, 0, 0]);
  assert.ok(defects(new Float64Array(36), 6, 3, values, vectors).skew < 1e-9);
});

Deno.test("topEigenvectorsOf() needs only the product: a path graph's known spectrum", () => {
  // the path's adjacency matrix has eigenvalues 2 cos(pi j / (n + 1))
  const n = 60;
  const { values } = topEigenvectorsOf(
    (x, out) => {
      for (let i = 0; i < n; i++) out[i] = (x[i - 1] ?? 0) + (x[i + 1] ?? 0);
    },
    n,
    4,
    createRandom(0),
  );
  for (let j = 0; j < 4; j++) {
    assert.ok(Math.abs(values[j]! - 2 * Math.cos(Math.PI * (j + 1) / (n + 1))) < 1e-9);
  }
});

Deno.test("topEigenvectors() refuses wrong shapes and values", () => {
  const random = createRandom(0);
  assert.throws(() => topEigenvectors(new Float64Array(8), 3, 1, random), TypeError);
  assert.throws(() => topEigenvectors(new Float64Array(9), 3, 4, random), /k must be 1 to 3, got 4/);
  assert.throws(() => topEigenvectors(new Float64Array(9), 3, 0, random), RangeError);
  assert.throws(() => topEigenvectors(new Float64Array([1, NaN, NaN, 1]), 2, 1, random), /finite, got NaN/);
});

Deno.test("tridiagonalEigen() gives orthonormal rows and the values of the dense solver", () => {
  const n = 30, random = createRandom(8);
  const diagonal = Float64Array.from({ length: n }, () => normal(random));
  const off = Float64Array.from({ length: n - 1 }, (_, i) => i === 12 ? 0 : normal(random));
  const matrix = new Float64Array(n * n);
  for (let i = 0; i < n; i++) matrix[i * n + i] = diagonal[i]!;
  for (let i = 0; i < n - 1; i++) matrix[i * n + i + 1] = matrix[i * n + n + i] = off[i]!;
  const { values, vectors } = tridiagonalEigen(diagonal, off);
  const expected = descendingValues(matrix, n);
  for (let i = 0; i < n; i++) assert.ok(Math.abs(values[i]! - expected[i]!) < 1e-10);
  const columns = new Float64Array(n * n);
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) columns[j * n + i] = vectors[i * n + j]!;
  const { residual, skew } = defects(matrix, n, n, values, columns);
  assert.ok(residual < 1e-10 && skew < 1e-10);
});

/** Three groups of eight nodes, strongly tied inside (1) and weakly outside. */
function threeGroups(outside: number): Float64Array {
  const w = new Float64Array(24 * 24);
  for (let i = 0; i < 24; i++) {
    for (let j = 0; j < 24; j++) w[i * 24 + j] = i === j ? 0 : i % 3 === j % 3 ? 1 : outside;
  }
  return w;
}

Deno.test("ncut() finds three groups that are weakly tied, and three that are not tied at all", () => {
  for (const outside of [0.05, 0]) {
    const labels = ncut(threeGroups(outside), 24, 3);
    assert.equal(new Set(labels).size, 3);
    for (let i = 0; i < 24; i++) assert.equal(labels[i], labels[i % 3]);
  }
});

Deno.test("ncut() comes close to the best of all cuts in two", () => {
  const random = createRandom(12), n = 10;
  for (let graph = 0; graph < 5; graph++) {
    const w = new Float64Array(n * n);
    for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) w[i * n + j] = w[j * n + i] = random() ** 6;
    let best = Infinity;
    for (let mask = 1; mask < 1 << (n - 1); mask++) {
      best = Math.min(best, ncutValue(w, Int32Array.from({ length: n }, (_, i) => (mask >> i) & 1)));
    }
    const found = ncutValue(w, ncut(w, n, 2));
    assert.ok(found < 1.25 * best + 1e-9, `graph ${graph}: ${found}, best ${best}`);
  }
});

Deno.test("ncut() puts nodes without edges somewhere", () => {
  const w = new Float64Array(25);
  w[1] = w[5] = 1; // only nodes 0 and 1 are tied
  const labels = ncut(w, 5, 2);
  assert.equal(labels[0], labels[1]);
  assert.ok(labels.every((label) => label === 0 || label === 1));
});

Deno.test("ncutSweep() gives each K what ncut() would, but for the random numbers drawn", () => {
  const w = threeGroups(0.1);
  const [two, three] = ncutSweep(w, 24, [2, 3]);
  assert.equal(new Set(two).size, 2);
  for (let i = 0; i < 24; i++) assert.equal(three![i], three![i % 3]);
});

Deno.test("ncutValue() of two nodes and one edge is 2 when they are cut and 0 when not", () => {
  const edge = new Float64Array([0, 3, 3, 0]);
  assert.equal(ncutValue(edge, new Int32Array([0, 1])), 2);
  assert.equal(ncutValue(edge, new Int32Array([0, 0])), 0);
});

Deno.test("ncut() refuses wrong shapes and values", () => {
  assert.throws(() => ncut(new Float64Array(8), 3, 2), TypeError);
  assert.throws(() => ncut(new Float64Array(9), 3, 4), /partitions must be 1 to 3, got 4/);
  assert.throws(() => ncut(new Float64Array(9).fill(-1), 3, 2), /not negative, got -1/);
  assert.throws(() => ncut(new Float64Array(9), 3, 2, { starts: 0 }), RangeError);
});

Deno.test("featureAffinity() does not change with the unit of features and positions", () => {
  const random = createRandom(4);
  const features = Float64Array.from({ length: 30 }, random),
    positions = Float64Array.from({ length: 20 }, random);
  const one = featureAffinity(features, positions, 10, 3);
  const scaled = featureAffinity(features.map((f) => 255 * f), positions.map((x) => 481 * x), 10, 3);
  for (let i = 0; i < 100; i++) {
    assert.ok(Math.abs(one[i]! - scaled[i]!) < 1e-12);
    assert.equal(one[i], one[10 * (i % 10) + Math.floor(i / 10)]);
    assert.ok(i % 11 === 0 ? one[i] === 0 : one[i]! > 0 && one[i]! <= 1);
  }
});

Deno.test("featureAffinity() ignores positions at infinite width, and constant features", () => {
  const positions = new Float64Array([0, 0, 1, 0, 5, 0]);
  const w = featureAffinity(new Float64Array(3), positions, 3, 1, { positionWidth: Infinity });
  assert.deepEqual([...w], [0, 1, 1, 1, 0, 1, 1, 1, 0]);
  assert.throws(() => featureAffinity(new Float64Array(3), positions, 3, 1, { featureWidth: 0 }), RangeError);
  assert.throws(() => featureAffinity(new Float64Array(4), positions, 3, 1), TypeError);
});
