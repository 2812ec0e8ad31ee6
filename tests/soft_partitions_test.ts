import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import { withBackend } from "../lib/backend/mod.ts";
import { softCut } from "../lib/dsc/soft_cut.ts";
import { geodesicAffinity, type SparseMatrix } from "../lib/hierarchy/geodesic_affinity.ts";
import { mergeRegions, mergeSuperpixels } from "../lib/hierarchy/merge_regions.ts";
import { HIERARCHY_WEIGHTS } from "../lib/hierarchy/mod.ts";
import { edgeDissimilarities, type RegionCues, weighCues } from "../lib/hierarchy/region_graph.ts";
import { softCutGradient, softPartitions } from "../lib/hierarchy/soft_partitions.ts";
import { createRandom } from "../lib/random.ts";

/** A grid of 4-neighbours whose edges cost 0 to `most`, but `wall` between its left and right halves. */
function grid(columns: number, rows: number, most: number, wall: number, seed: number) {
  const random = createRandom(seed);
  const a: number[] = [], b: number[] = [], cost: number[] = [];
  for (let r = 0; r < columns * rows; r++) {
    const x = r % columns;
    if (x + 1 < columns) {
      a.push(r);
      b.push(r + 1);
      cost.push(x + 1 === columns >> 1 ? wall : most * random());
    }
    if (r + columns < columns * rows) {
      a.push(r);
      b.push(r + columns);
      cost.push(most * random());
    }
  }
  return {
    count: columns * rows,
    a: Int32Array.from(a),
    b: Int32Array.from(b),
    cost: Float32Array.from(cost),
  };
}

function dense({ count, start, column, value }: SparseMatrix): Float64Array {
  const out = new Float64Array(count * count);
  for (let r = 0; r < count; r++) {
    for (let i = start[r]!; i < start[r + 1]!; i++) out[r * count + column[i]!] = value[i]!;
  }
  return out;
}

Deno.test("geodesicAffinity() equals shortest paths by Floyd and Warshall", () => {
  const { count: M, a, b, cost } = grid(7, 5, 1, 0.4, 1);
  const distance = new Float64Array(M * M).fill(Infinity);
  for (let r = 0; r < M; r++) distance[r * M + r] = 0;
  a.forEach((x, e) => distance[x * M + b[e]!] = distance[b[e]! * M + x] = cost[e]!);
  for (let k = 0; k < M; k++) {
    for (let i = 0; i < M; i++) {
      for (let j = 0; j < M; j++) {
        const way = distance[i * M + k]! + distance[k * M + j]!;
        if (way < distance[i * M + j]!) distance[i * M + j] = way;
      }
    }
  }
  const found = dense(geodesicAffinity(M, a, b, cost));
  distance.forEach((d, p) => {
    const expected = d === 0 || Math.exp(-d) < 0.05 ? 0 : Math.exp(-d);
    assert(Math.abs(found[p]! - expected) < 1e-6, `${p}: ${found[p]} for ${expected}`);
  });
});

Deno.test("geodesicAffinity() takes edges that cost nothing, and regions without any", () => {
  const { start, value } = geodesicAffinity(3, Int32Array.of(0), Int32Array.of(1), Float32Array.of(0));
  assert.deepEqual([...start], [0, 1, 2, 2]);
  assert.deepEqual([...value], [1, 1]);
});

Deno.test("softCutGradient() is the loss of the paper's cut on tensors, and its slope", async () => {
  const { count: M, a, b, cost } = grid(6, 4, 1, 2, 2), K = 3;
  const W = geodesicAffinity(M, a, b, cost), full = dense(W);
  const degree = Float64Array.from(
    { length: M },
    (_, r) => full.subarray(r * M, r * M + M).reduce((x, y) => x + y, 0),
  );
  const random = createRandom(3), Q = Float64Array.from({ length: M * K }, () => 0.1 + random());
  for (let r = 0; r < M; r++) {
    const sum = Q[r * K]! + Q[r * K + 1]! + Q[r * K + 2]!;
    for (let k = 0; k < K; k++) Q[r * K + k]! /= sum;
  }
  const gradient = new Float64Array(M * K), scratch = gradient.slice();
  const loss = softCutGradient(W, degree, Q, K, gradient);
  const expected = await withBackend(
    "cpu",
    () =>
      tf.tidy(() =>
        softCut(tf.tensor2d(Float32Array.from(Q), [M, K]), tf.tensor2d(Float32Array.from(full), [M, M]))
          .dataSync()[0]!
      ),
  );
  assert(Math.abs(loss - expected) < 1e-5, `${loss}, on tensors ${expected}`);
  for (const i of [0, 17, 40, M * K - 1]) {
    const step = 1e-5, moved = Q.slice();
    moved[i]! += step;
    const up = softCutGradient(W, degree, moved, K, scratch);
    moved[i]! -= 2 * step;
    const slope = (up - softCutGradient(W, degree, moved, K, scratch)) / (2 * step);
    assert(Math.abs(slope - gradient[i]!) < 1e-7, `${i}: ${gradient[i]}, by differences ${slope}`);
  }
});

Deno.test("softPartitions() separates at every scale what a wall separates", () => {
  const { count, a, b, cost } = grid(10, 4, 0.3, 2, 4);
  const { memberships: Q, partitions } = softPartitions(
    geodesicAffinity(count, a, b, cost),
    new Float64Array(count).fill(1),
    {
      scales: [2, 4],
    },
  );
  assert.equal(partitions, 6);
  const share = (i: number, j: number) => {
    let sum = 0;
    for (let k = 0; k < 6; k++) sum += Math.abs(Q[6 * i + k]! - Q[6 * j + k]!);
    return sum / 2;
  };
  assert(share(4, 5) > 0.8, `${share(4, 5)} across the wall`);
  assert(share(3, 4) < 0.3, `${share(3, 4)} beside it`);
  for (let r = 0; r < count; r++) {
    const sums = [Q[6 * r]! + Q[6 * r + 1]!, Q.subarray(6 * r + 2, 6 * r + 6).reduce((x, y) => x + y, 0)];
    for (const sum of sums) assert(Math.abs(sum - 0.5) < 1e-6);
  }
});

Deno.test("softPartitions() descends: more steps, less of the loss", () => {
  const { count, a, b, cost } = grid(12, 8, 1, 0.8, 5), K = 4;
  const W = geodesicAffinity(count, a, b, cost), full = dense(W);
  const degree = Float64Array.from(
    { length: count },
    (_, r) => full.subarray(r * count, r * count + count).reduce((x, y) => x + y, 0),
  );
  const lossAfter = (steps: number) => {
    const { memberships } = softPartitions(W, new Float64Array(count).fill(1), {
      scales: [K],
      steps,
      alpha: 0,
    });
    return softCutGradient(W, degree, Float64Array.from(memberships), K, new Float64Array(count * K));
  };
  const losses = [1, 8, 24, 96].map(lossAfter);
  losses.forEach((loss, i) => assert(i === 0 || loss < losses[i - 1]!, losses.join(" ")));
});

Deno.test("softPartitions() leaves out scales that are too fine for the graph", () => {
  const W = geodesicAffinity(3, Int32Array.of(0, 1), Int32Array.of(1, 2), Float32Array.of(1, 1));
  assert.deepEqual(softPartitions(W, [1, 1, 1]), { memberships: new Float32Array(0), partitions: 0 });
});

/** Cues of a grid of regions whose left half is one colour and right half another. */
function halves(): RegionCues {
  const { count, a, b, cost } = grid(24, 20, 0.2, 0.25, 6);
  return {
    count,
    area: new Float64Array(count).fill(100),
    edgeA: a,
    edgeB: b,
    length: new Float32Array(a.length).fill(10),
    gradient: cost,
    boundary: cost,
    contrast: cost,
    histograms: new Float32Array(count * 2).fill(1),
    blocks: [1, 1],
    frame: new Uint8Array(count),
  };
}

Deno.test("edgeDissimilarities() are the boundary and the histograms", () => {
  const cues = halves();
  const graph = weighCues(cues, { gradient: 1, boundary: 2, histograms: [1, 1] });
  const apart = edgeDissimilarities(graph);
  cues.gradient.forEach((strength, e) => assert(Math.abs(apart[e]! - 3 * strength) < 1e-6));
});

Deno.test("mergeSuperpixels() adds the soft cut where it has a weight, and mergeRegions() uses it", () => {
  const cues = halves();
  const weights = (softCut: number, softCutSteps: number) => {
    return { ...HIERARCHY_WEIGHTS, criterion: { ...HIERARCHY_WEIGHTS.criterion, softCut }, softCutSteps };
  };
  assert.equal(mergeSuperpixels(cues, weights(0, 8)).contraction.cues.soft, undefined);
  const { soft, count } = mergeSuperpixels(cues, weights(1, 8)).contraction.cues;
  assert.equal(soft!.memberships.length, count * soft!.partitions);
  const without = mergeRegions(cues, weights(0, 8)), start = mergeRegions(cues, weights(1, 0));
  const descended = mergeRegions(cues, weights(1, 8));
  assert.notDeepEqual(without.height, start.height);
  assert.notDeepEqual(start.height, descended.height);
  assert.deepEqual(descended, mergeRegions(cues, weights(1, 8)));
});
