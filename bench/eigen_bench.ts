/**
 * What the 32 leading eigenvectors of a 500-node affinity cost, beside a complete decomposition by ml-matrix.
 * `deno bench -A bench/eigen_bench.ts`
 */
import { EigenvalueDecomposition, Matrix } from "ml-matrix";
import { topEigenvectors } from "../lib/clustering/eigen.ts";
import { createRandom } from "../lib/random.ts";

/** exp(-distance / reach) of points in a square of twelve rooms whose walls are 1.5 thick, symmetrically normalised. */
function affinity(n: number, reach: number): Float64Array {
  const random = createRandom(1);
  const x = Float64Array.from({ length: n }, random), y = Float64Array.from({ length: n }, random);
  const room = Int32Array.from(x, (t, i) => Math.floor(4 * t) + 4 * Math.floor(3 * y[i]!));
  const w = new Float64Array(n * n), degree = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      if (i === j) continue;
      const wall = room[i] === room[j] ? 0 : 1.5;
      w[i * n + j] = Math.exp(-Math.hypot(x[i]! - x[j]!, y[i]! - y[j]!) / reach - wall);
      degree[i]! += w[i * n + j]!;
    }
  }
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) w[i * n + j]! /= Math.sqrt(degree[i]! * degree[j]!);
  }
  return w;
}

for (const reach of [0.3, 0.05]) {
  const n = 500, w = affinity(n, reach), single = Float32Array.from(w);
  const group = `n 500, k 32, reach ${reach}`;
  Deno.bench("topEigenvectors", { group, baseline: true }, () => {
    topEigenvectors(w, n, 32, createRandom(0));
  });
  Deno.bench("topEigenvectors, float32", { group }, () => {
    topEigenvectors(single, n, 32, createRandom(0));
  });
  const rows = Array.from({ length: n }, (_, i) => Array.from(w.subarray(i * n, i * n + n)));
  Deno.bench("ml-matrix, all 500", { group, n: 3, warmup: 1 }, () => {
    new EigenvalueDecomposition(new Matrix(rows), { assumeSymmetric: true });
  });
}
