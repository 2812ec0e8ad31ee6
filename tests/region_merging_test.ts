// From a graph of regions to a tree: what is measured of regions and boundaries, agglomeration and consensus.
import assert from "node:assert/strict";
import { contrastAcross } from "../lib/hierarchy/boundary_strength.ts";
import { addMergeHeights, averageLinkage } from "../lib/hierarchy/consensus.ts";
import { mergeRegions, type PlacedWords } from "../lib/hierarchy/merge_regions.ts";
import {
  agglomerate,
  type AgglomerateOptions,
  HIERARCHY_WEIGHTS,
  type MergeCriterion,
  type RegionGraph,
} from "../lib/hierarchy/mod.ts";
import { createPairHeap, popPair, pushPair } from "../lib/hierarchy/pair_heap.ts";
import { regionMeans } from "../lib/hierarchy/region_features.ts";
import { contract, type RegionCues, weighCues } from "../lib/hierarchy/region_graph.ts";
import { sampling } from "../lib/hierarchy/sampling.ts";
import { createRandom } from "../lib/random.ts";
import { adjacency } from "../lib/superpixels/adjacency.ts";

// ---- agglomeration

Deno.test("popPair() gives pairs by key, ties by number", () => {
  const heap = createPairHeap(1), random = createRandom(6);
  const pairs = Array.from({ length: 200 }, (_, i) => [Math.floor(random() * 20) / 4, i] as const);
  for (const [key, edge] of pairs) pushPair(heap, key, edge, 0);
  const out: (readonly [number, number])[] = [];
  while (popPair(heap)) out.push([heap.top.key, heap.top.edge]);
  assert.deepEqual(out, pairs.toSorted((a, b) => a[0] - b[0] || a[1] - b[1]));
});

/** A random connected graph: a path and some shortcuts. */
function randomGraph(count: number, seed: number): RegionGraph {
  const random = createRandom(seed);
  const pairs: [number, number][] = Array.from({ length: count - 1 }, (_, i) => [i, i + 1]);
  for (let i = 0; i + 3 < count; i += 2) pairs.push([i, i + 3]);
  const bins = 5, histograms = Float32Array.from({ length: count * bins }, () => random());
  const symmetric = (draw: () => number) => {
    const matrix = new Float32Array(count * count);
    for (let i = 0; i < count; i++) {
      for (let j = 0; j <= i; j++) matrix[i * count + j] = matrix[j * count + i] = draw();
    }
    return matrix;
  };
  return {
    count,
    frame: Uint8Array.from({ length: count }, (_, i) => i % 3 === 0 ? 1 : 0),
    affinity: {
      sum: symmetric(() => 4 * random() - 2),
      pairs: symmetric(() => Math.floor(3 * random())),
    },
    area: Float64Array.from({ length: count }, () => 1 + Math.floor(random() * 9)),
    edgeA: Int32Array.from(pairs, ([a]) => a),
    edgeB: Int32Array.from(pairs, ([, b]) => b),
    length: Float32Array.from(pairs, () => 1 + Math.floor(random() * 5)),
    strength: Float32Array.from(pairs, () => random()),
    histograms,
    bins,
  };
}

/** The same by its definition: all pairs measured again before every merge, regions as lists. */
function agglomerateReference(
  graph: RegionGraph,
  { size, frame, across, within, constant }: Required<Omit<AgglomerateOptions, "regions">>,
): { heights: number[]; parts: string[] } {
  let regions = Array.from({ length: graph.count }, (_, i) => [i]);
  const total = graph.area.reduce((a, b) => a + b, 0);
  const areaOf = (r: number[]) => r.reduce((sum, i) => sum + graph.area[i]!, 0);
  const meanOf = (r: number[], k: number) =>
    r.reduce((sum, i) => sum + graph.area[i]! * graph.histograms[i * graph.bins + k]!, 0) / areaOf(r);
  const affinityOf = (r: number[], s: number[]) => {
    let sum = 0, pairs = 0;
    for (const i of r) {
      for (const j of s) {
        sum += graph.affinity!.sum[i * graph.count + j]!;
        pairs += graph.affinity!.pairs[i * graph.count + j]!;
      }
    }
    return pairs > 0 ? sum / pairs : 0;
  };
  const heights: number[] = [], parts: string[] = [];
  let reached = -Infinity;
  while (regions.length > 1) {
    let best = { d: Infinity, i: 0, j: 0 };
    for (let i = 0; i < regions.length; i++) {
      for (let j = i + 1; j < regions.length; j++) {
        const a = regions[i]!, b = regions[j]!;
        let length = 0, strength = 0;
        graph.edgeA.forEach((x, e) => {
          const y = graph.edgeB[e]!;
          if ((a.includes(x) && b.includes(y)) || (a.includes(y) && b.includes(x))) {
            length += graph.length[e]!;
            strength += graph.length[e]! * graph.strength[e]!;
          }
        });
        if (length === 0) continue;
        let d = constant + strength / length;
        for (let k = 0; k < graph.bins; k++) {
          const u = meanOf(a, k), v = meanOf(b, k);
          d += 0.5 * (u - v) ** 2 / (u + v);
        }
        const p = areaOf(a), q = areaOf(b), isAtFrame = (r: number[]) => r.some((i) => graph.frame![i]);
        d += size * Math.log(p * q / (p + q) / total);
        if (isAtFrame(a) && isAtFrame(b)) d += frame;
        d += within * (affinityOf(a, a) + affinityOf(b, b)) - across * affinityOf(a, b);
        if (d < best.d) best = { d, i, j };
      }
    }
    reached = Math.max(reached, best.d);
    heights.push(1 / (1 + Math.exp(-reached)));
    const joined = [...regions[best.i]!, ...regions[best.j]!].sort((a, b) => a - b);
    parts.push(joined.join());
    regions = [...regions.filter((_, k) => k !== best.i && k !== best.j), joined];
  }
  return { heights, parts };
}

Deno.test("agglomerate() equals measuring every pair anew before every merge", () => {
  const options = { constant: -1, size: 0.2, frame: -0.5, across: 0.8, within: 0.3 };
  for (const seed of [1, 2, 3]) {
    const graph = randomGraph(24, seed);
    const { a, b, height } = agglomerate(graph, options);
    const { heights, parts } = agglomerateReference(graph, options);
    const members = new Map(Array.from({ length: 24 }, (_, i) => [i, [i]]));
    height.forEach((value, i) => {
      assert(Math.abs(value - heights[i]!) < 1e-4);
      const joined = [...members.get(a[i]!)!, ...members.get(b[i]!)!].sort((x, y) => x - y);
      members.set(a[i]!, joined);
      members.delete(b[i]!);
      assert.equal(joined.join(), parts[i]);
    });
  }
});

Deno.test("agglomerate() compares further features by half their L1 distance", () => {
  const graph = {
    ...randomGraph(2, 1),
    affinity: undefined!,
    features: Float32Array.of(1, 5, 2, 3),
    channels: 2,
  };
  const logOdds = (graph: RegionGraph) => {
    const [p] = agglomerate(graph).height;
    return Math.log(p! / (1 - p!));
  };
  const { features: _, channels: __, ...without } = graph;
  assert(Math.abs(logOdds(graph) - logOdds(without) - 1.5) < 1e-5);
});

Deno.test("agglomerate() stops at the number of regions asked for and leaves its input alone", () => {
  const graph = randomGraph(20, 4), before = structuredClone(graph);
  assert.equal(agglomerate(graph, { regions: 6 }).a.length, 14);
  assert.deepEqual(graph, before);
});

Deno.test("agglomerate() refuses lengths that do not match and graphs in pieces", () => {
  const graph = randomGraph(6, 5);
  assert.throws(() => agglomerate({ ...graph, area: new Float64Array(5) }), TypeError);
  assert.throws(() => agglomerate({ ...graph, strength: new Float32Array(1) }), TypeError);
  assert.throws(() => agglomerate({ ...graph, frame: new Uint8Array(1) }), TypeError);
  assert.throws(() => agglomerate({ ...graph, features: new Float32Array(1) }), TypeError);
  const affinity = { sum: new Float32Array(1), pairs: new Float32Array(1) };
  assert.throws(() => agglomerate({ ...graph, affinity }), TypeError);
  const empty = { edgeA: new Int32Array(0), edgeB: new Int32Array(0) };
  const apart = { ...graph, ...empty, length: new Float32Array(0), strength: new Float32Array(0) };
  assert.throws(() => agglomerate(apart), TypeError);
});

// ---- region graph and consensus

function randomCues(count: number, seed: number): RegionCues {
  const { strength, bins, frame, ...graph } = randomGraph(count, seed);
  const blocks = [bins - 2, 2], boundary = strength.map((s) => s / 2);
  const contrast = strength.map((s) => s * s);
  return { ...graph, frame: frame!, gradient: strength, boundary, contrast, blocks };
}

Deno.test("weighCues() scales each block and adds the boundary's terms", () => {
  const cues = randomCues(5, 1);
  const graph = weighCues(cues, { gradient: 2, boundary: 4, contrast: 3, histograms: [3, 0] });
  const gradient = cues.gradient[0]!; // the map is half of it, the contrast its square
  assert(Math.abs(graph.strength[0]! - (4 * gradient + 3 * gradient ** 2)) < 1e-5);
  assert.equal(graph.histograms[1], Math.fround(3 * cues.histograms[1]!));
  assert.equal(graph.histograms[4], 0);
});

Deno.test("weighCues() puts deep features and the soft cut side by side", () => {
  const cues: RegionCues = {
    ...randomCues(3, 7),
    embedding: Float32Array.of(1, 2, 3, 4, 5, 6),
    soft: { memberships: Float32Array.of(0.1, 0.2, 0.3), partitions: 1 },
  };
  const histograms = [1, 1];
  const graph = weighCues(cues, { gradient: 1, boundary: 1, histograms, embedding: 2, softCut: 10 });
  assert.deepEqual([...graph.features!], [2, 4, 1, 6, 8, 2, 10, 12, 3]);
  assert.equal(graph.channels, 3);
  assert.equal(weighCues(cues, { gradient: 1, boundary: 1, histograms }).features, undefined);
});

Deno.test("contrastAcross() compares the pixels beside a boundary's own, and the boundary's at the frame", () => {
  const labels = Int32Array.of(0, 0, 0, 1, 1, 2), lightness = [10, 10, 20, 30, 45, 45]; // one row
  const lab = Float32Array.from(lightness.flatMap((L) => [L, 0, 0]));
  const contrast = contrastAcross(labels, 6, 1, adjacency(labels, 6, 1, 3), lab);
  [35, 15].forEach((difference, e) => assert(Math.abs(contrast[e]! - Math.log1p(difference / 5)) < 1e-6));
  const upright = contrastAcross(labels, 1, 6, adjacency(labels, 1, 6, 3), lab);
  assert.deepEqual(upright, contrast);
});

Deno.test("regionMeans() averages half-resolution features over pixels", () => {
  const labels = Int32Array.of(0, 0, 1, 0, 0, 1); // 3 x 2
  const map = { width: 2, channels: 2, data: Float32Array.of(1, 10, 5, 50) };
  assert.deepEqual([...regionMeans(labels, sampling(3, 3), sampling(2, 2), 2, map)], [1, 10, 5, 50]);
  const column = Int32Array.of(0, 0, 0, 1); // 1 x 4
  const pair = { width: 1, channels: 1, data: Float32Array.of(3, 6) };
  assert.deepEqual([...regionMeans(column, sampling(1, 1), sampling(4, 4), 2, pair)], [4, 6]);
});

Deno.test("contract() keeps totals: areas, boundary lengths, and histograms by area", () => {
  const cues = randomCues(12, 2);
  const merges = agglomerate(weighCues(cues, { gradient: 1, boundary: 1, histograms: [1, 1] }));
  const embedding = Float32Array.from({ length: 12 }, (_, r) => r);
  const { cues: small, region, representative } = contract({ ...cues, embedding }, merges, 7);
  const weighted = (c: RegionCues, values: Float32Array) =>
    c.area.reduce((sum, area, r) => sum + area * values[r]!, 0);
  assert(Math.abs(weighted(small, small.embedding!) - weighted(cues, embedding)) < 1e-3);
  assert.equal(small.count, 5);
  assert.equal(small.area.reduce((a, b) => a + b), cues.area.reduce((a, b) => a + b));
  representative.forEach((old, r) => assert.equal(region[old], r));
  const total = (c: RegionCues, k: number) =>
    c.area.reduce((sum, area, r) => sum + area * c.histograms[5 * r + k]!, 0);
  for (let k = 0; k < 5; k++) assert(Math.abs(total(small, k) - total(cues, k)) < 1e-3);
  let between = 0;
  cues.length.forEach((length, e) => {
    if (region[cues.edgeA[e]!] !== region[cues.edgeB[e]!]) between += length;
  });
  assert.equal(small.length.reduce((a, b) => a + b, 0), between);
  representative.forEach((_, r) => {
    const members = [...region.keys()].filter((old) => region[old] === r);
    assert.equal(small.frame[r], members.some((old) => cues.frame[old]) ? 1 : 0);
    const own = members.flatMap((i) => members.map((j) => cues.affinity!.sum[12 * i + j]!));
    assert(Math.abs(small.affinity!.sum[5 * r + r]! - own.reduce((a, b) => a + b, 0)) < 1e-4);
  });
  const whole = (matrix: Float32Array) => matrix.reduce((a, b) => a + b, 0);
  assert.equal(whole(small.affinity!.pairs), whole(cues.affinity!.pairs));
});

Deno.test("addMergeHeights() gives each pair the height at which it is joined", () => {
  const merges = { a: Int32Array.of(0, 2, 0), b: Int32Array.of(1, 3, 2), height: Float32Array.of(1, 2, 5) };
  const sum = new Float32Array(16);
  addMergeHeights(sum, 4, merges, 10);
  assert.deepEqual([...sum], [0, 10, 50, 50, 10, 0, 50, 50, 50, 50, 0, 20, 50, 50, 20, 0]);
});

Deno.test("averageLinkage() gives back the tree whose heights it is given", () => {
  const cues = randomCues(15, 3);
  const tree = agglomerate(weighCues(cues, { gradient: 1, boundary: 0, histograms: [1, 1] }));
  const distance = new Float32Array(225);
  addMergeHeights(distance, 15, tree, 1);
  const again = averageLinkage(distance.slice(), cues);
  const heights = new Float32Array(225);
  addMergeHeights(heights, 15, again, 1);
  heights.forEach((height, p) => assert(Math.abs(height - distance[p]!) < 1e-5));
});

Deno.test("mergeRegions() has heights that rise from 0 to 1", () => {
  const { affinity: _, ...cues } = randomCues(400, 4);
  const { a, height } = mergeRegions(cues, HIERARCHY_WEIGHTS);
  assert.equal(a.length, 399);
  height.forEach((value, i) => assert(value >= (i > 0 ? height[i - 1]! : 0) && value <= 1));
});

Deno.test("mergeRegions() joins what occurs together, against the evidence of the boundaries", () => {
  // four columns of one superpixel each: in 0 and 1 two words alternate, a third fills 2 and 3
  const side = 64, count = 4, words = new Uint8Array(side * side), superpixel = new Int32Array(side * side);
  for (let i = 0; i < side * side; i++) {
    const x = i % side;
    superpixel[i] = x >> 4;
    words[i] = x < 32 ? (x >> 2) % 2 : 2;
  }
  const cues: RegionCues = {
    count,
    area: new Float64Array(count).fill(1024),
    edgeA: Int32Array.of(0, 1, 2),
    edgeB: Int32Array.of(1, 2, 3),
    length: new Float32Array(3).fill(side),
    gradient: new Float32Array(3),
    boundary: Float32Array.of(0.3, 0.1, 0.3), // the weakest is that between stripes and plain
    contrast: new Float32Array(3),
    histograms: new Float32Array(2 * count).fill(1),
    blocks: [1, 1],
    frame: new Uint8Array(count).fill(1),
  };
  const half = (region: number) => region < 2 ? "stripes" : "plain";
  const joinsAlike = (placed?: PlacedWords) => {
    const { a, b } = mergeRegions(cues, HIERARCHY_WEIGHTS, placed);
    return Array.from(a, (x, i) => half(x) === half(b[i]!));
  };
  assert.deepEqual(joinsAlike({ map: { width: side, height: side, words, count: 3 }, superpixel }), [
    true,
    true,
    false,
  ]);
  assert.equal(joinsAlike()[0], false);
});

Deno.test("mergeRegions() does not depend on the order of a criterion's names", () => {
  const { affinity: _, ...cues } = randomCues(60, 8), { criterion } = HIERARCHY_WEIGHTS;
  const reversed = Object.fromEntries(Object.entries(criterion).reverse()) as unknown as MergeCriterion;
  assert.deepEqual(
    mergeRegions(cues, { ...HIERARCHY_WEIGHTS, criterion: reversed }),
    mergeRegions(cues, HIERARCHY_WEIGHTS),
  );
});
