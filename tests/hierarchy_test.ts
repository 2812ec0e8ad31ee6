import assert from "node:assert/strict";
import { contrastAcross } from "../lib/hierarchy/boundary_strength.ts";
import { addMergeHeights, averageLinkage } from "../lib/hierarchy/consensus.ts";
import { findRegionCues } from "../lib/hierarchy/hierarchy.ts";
import { mergeRegions, type PlacedWords } from "../lib/hierarchy/merge_regions.ts";
import {
  agglomerate,
  type AgglomerateOptions,
  boundaryPseudoLabels,
  dscHierarchy,
  Hierarchy,
  HIERARCHY_WEIGHTS,
  type MergeCriterion,
  orientedGradients,
  type RegionGraph,
  watershed,
  type WordMap,
} from "../lib/hierarchy/mod.ts";
import { createPairHeap, popPair, pushPair } from "../lib/hierarchy/pair_heap.ts";
import { regionMeans } from "../lib/hierarchy/region_features.ts";
import { contract, type RegionCues, weighCues } from "../lib/hierarchy/region_graph.ts";
import { nearestWords } from "../lib/hierarchy/nearest_words.ts";
import { normalizeJets, textonVectors } from "../lib/hierarchy/textons.ts";
import { decodeWords, defaultVocabulary, encodeWords } from "../lib/hierarchy/vocabulary.ts";
import { enlarged } from "../lib/hierarchy/enlarged.ts";
import { pixelsOfSamples, sampling } from "../lib/hierarchy/sampling.ts";
import { halveWords } from "../lib/hierarchy/word_map.ts";
import { imageWords } from "../lib/hierarchy/words.ts";
import type { Image } from "../lib/image/mod.ts";
import { contourMapTree, cutContourMap, cutTree } from "../lib/metrics/mod.ts";
import { createRandom } from "../lib/random.ts";
import { adjacency } from "../lib/superpixels/adjacency.ts";
import { orientedGradientsReference } from "./reference/oriented_gradients.ts";

type Rgb = readonly [number, number, number];

function picture(width: number, height: number, colorAt: (x: number, y: number) => Rgb): Image {
  const data = new Uint8Array(3 * width * height);
  for (let y = 0, p = 0; y < height; y++) for (let x = 0; x < width; x++, p += 3) data.set(colorAt(x, y), p);
  return { width, height, data };
}

function randomWords(width: number, height: number, count: number, seed: number): WordMap {
  const random = createRandom(seed);
  // patches, so that windows differ by more than noise
  const patch = Array.from({ length: 64 }, () => Math.floor(random() * count));
  const words = Uint8Array.from({ length: width * height }, (_, i) => {
    const x = i % width, y = Math.floor(i / width);
    return random() < 0.3 ? Math.floor(random() * count) : patch[((y >> 2) * 8 + (x >> 2)) % 64]!;
  });
  return { width, height, words, count };
}

const quadrantColors: readonly Rgb[] = [[200, 40, 40], [40, 160, 60], [50, 60, 200], [220, 210, 90]];
const quadrants = picture(80, 60, (x, y) => quadrantColors[(x < 40 ? 0 : 1) + (y < 30 ? 0 : 2)]!);

/** Each region of `labels` lies within one region of `coarser`. */
function assertRefines(labels: Int32Array, coarser: Int32Array): void {
  const parent = new Map<number, number>();
  labels.forEach((label, p) => {
    assert.equal(parent.get(label) ?? coarser[p], coarser[p]);
    parent.set(label, coarser[p]!);
  });
}

// ---- oriented gradients

Deno.test("orientedGradients() equals every window computed from its definition", () => {
  const width = 26, height = 17;
  const few = randomWords(width, height, 24, 1), many = randomWords(width, height, 32, 2);
  const cues = [
    { map: few, radius: 2, weight: 0.5 },
    { map: many, radius: 3, weight: 1 },
    { map: halveWords(many), radius: 2, weight: 0.7 },
  ];
  const { angles } = orientedGradients(cues, width, height, 8);
  const expected = orientedGradientsReference(cues, width, height, 8);
  expected.forEach((values, t) => {
    values.forEach((value, p) => {
      assert(Math.abs(value - angles[t]![p]!) < 2e-5, `direction ${t}, pixel ${p}`);
    });
  });
});

Deno.test("orientedGradients() is linear in the weights", () => {
  const map = randomWords(20, 21, 24, 3);
  const one = orientedGradients([{ map, radius: 3, weight: 1 }], 20, 21).angles;
  const three =
    orientedGradients([{ map, radius: 3, weight: 1 }, { map, radius: 3, weight: 2 }], 20, 21).angles;
  one.forEach((values, t) => {
    values.forEach((value, p) => assert(Math.abs(3 * value - three[t]![p]!) < 1e-5));
  });
});

Deno.test("orientedGradients() finds nothing in a constant map", () => {
  const map: WordMap = { width: 9, height: 7, words: new Uint8Array(63).fill(3), count: 5 };
  for (const values of orientedGradients([{ map, radius: 11, weight: 1 }], 9, 7).angles) {
    assert(values.every((value) => value === 0));
  }
});

Deno.test("orientedGradients() refuses radii, word counts and grids that do not fit", () => {
  const map = randomWords(8, 8, 4, 4);
  assert.throws(() => orientedGradients([{ map, radius: 12, weight: 1 }], 8, 8), RangeError);
  assert.throws(
    () => orientedGradients([{ map: { ...map, count: 33 }, radius: 2, weight: 1 }], 8, 8),
    RangeError,
  );
  assert.throws(() => orientedGradients([{ map, radius: 2, weight: 1 }], 9, 9), TypeError);
});

// ---- words

Deno.test("imageWords() gives stripes other textons and textures than their quarter turn and a flat area", () => {
  const side = 40;
  const middle = (lightnessAt: (x: number, y: number) => number) => {
    const lab = Float32Array.from({ length: 3 * side * side }, (_, i) => {
      const p = Math.floor(i / 3);
      return i % 3 === 0 ? lightnessAt(p % side, Math.floor(p / side)) : 0;
    });
    const { fineTextons, coarseTextons } = imageWords(lab, side, side, defaultVocabulary());
    return [fineTextons, coarseTextons].map(({ words, width }) => words[10 * width + 10]!);
  };
  // stripes four pixels wide for the fine ones, twelve for the coarse ones
  for (const [kind, width] of [[0, 2], [1, 6]] as const) {
    const stripe = (at: number) => Math.floor(at / width) % 2 * 60;
    const words = [middle((x) => stripe(x)), middle((_, y) => stripe(y)), middle(() => 50)];
    assert.equal(new Set(words.map((word) => word[kind])).size, 3);
  }
});

Deno.test("textonVectors() are scales 1 and 2, and 2 and 3, of the normalised jets", () => {
  const jets = Float32Array.from({ length: 15 }, (_, k) => k / 100);
  const [fine, coarse] = textonVectors(jets.slice());
  const normalized = normalizeJets(jets);
  assert.deepEqual([fine, coarse], [normalized.slice(0, 10), normalized.slice(5)]);
});

Deno.test("nearestWords() takes the nearest, the first of equals", () => {
  const vocabulary = Float32Array.of(0, 0, 4, 0, 0, 4);
  assert.deepEqual([...nearestWords(Float32Array.of(1, 0, 3, 0, 0, 9, 2, 0), 2, vocabulary)], [0, 1, 2, 0]);
});

Deno.test("encodeWords() and decodeWords() keep numbers to half a step", () => {
  const words = Float32Array.of(-1.3, 0, 2.71828, 7.9);
  const back = decodeWords(encodeWords(words, 1 / 4096), 1 / 4096);
  words.forEach((word, i) => assert(Math.abs(word - back[i]!) <= 0.5 / 4096 + 1e-6));
});

// ---- watershed

Deno.test("watershed() gives one basin for each minimum, a ridge between them", () => {
  const { labels, count } = watershed(
    Float32Array.from([0, 1, 5, 1, 0, 0, 1, 5, 1, 0, 3, 3, 6, 3, 3, 0, 1, 5, 1, 0]),
    5,
    4,
  );
  assert.equal(count, 4);
  assert.notEqual(labels[0], labels[4]);
  assert.notEqual(labels[0], labels[15]);
  assert.equal(labels[0], labels[6]);
});

Deno.test("watershed() makes one basin of a flat map", () => {
  assert.equal(watershed(new Float32Array(12), 4, 3).count, 1);
});

Deno.test("watershed() labels every pixel and its basins are connected", () => {
  const random = createRandom(5), W = 31, H = 22;
  const { labels, count } = watershed(Float32Array.from({ length: W * H }, () => random()), W, H);
  const seen = new Set<number>();
  const reached = new Uint8Array(W * H);
  for (let start = 0; start < W * H; start++) {
    if (reached[start]) continue;
    assert(!seen.has(labels[start]!), "a basin in two pieces");
    seen.add(labels[start]!);
    const stack = [start];
    reached[start] = 1;
    while (stack.length > 0) {
      const p = stack.pop()!, x = p % W;
      for (const q of [x > 0 ? p - 1 : -1, x < W - 1 ? p + 1 : -1, p - W, p + W]) {
        if (q < 0 || q >= W * H || reached[q] || labels[q] !== labels[p]) continue;
        reached[q] = 1;
        stack.push(q);
      }
    }
  }
  assert.equal(seen.size, count);
});

Deno.test("watershed() refuses strengths below zero and NaN", () => {
  assert.throws(() => watershed(Float32Array.of(0, -1), 2, 1), RangeError);
  assert.throws(() => watershed(Float32Array.of(0, NaN), 2, 1), RangeError);
});

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
  const graph = weighCues(cues, { gradient: 1, boundary: 1, histograms, embedding: 2, soft: 10 });
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

Deno.test("findRegionCues() finds the regions at the frame, and places words on a result of another size", () => {
  // a light square in the middle, twice as large as the result
  const image = picture(
    96,
    80,
    (x, y) => Math.max(Math.abs(x - 48), Math.abs(y - 40)) < 20 ? [220, 220, 200] : [40, 60, 90],
  );
  const { superpixels, cues, words } = findRegionCues(image, {}, { size: { width: 48, height: 40 } });
  const at = (x: number, y: number) => superpixels[y * 48 + x]!;
  assert.equal(cues.frame[at(0, 0)], 1);
  assert.equal(cues.frame[at(24, 20)], 0);
  assert.equal(words.superpixel.length, words.map.words.length);
  // samples of the words lie two pixels of the image apart, which is one of the result
  for (const [x, y] of [[0, 0], [24, 20], [47, 39], [10, 30]] as const) {
    assert.equal(words.superpixel[y * words.map.width + x], at(x, y));
  }
});

Deno.test("dscHierarchy() sees fewer squares in a checkerboard when it knows what occurs together", () => {
  const square = (x: number, y: number) => ((x >> 4) + (y >> 4)) % 2 ? 235 : 20;
  const image = picture(256, 128, (x, y) => {
    const grey = x < 160 ? square(x, y) : 128;
    return [grey, grey, grey];
  });
  const regions = (criterionAlone: MergeCriterion) =>
    dscHierarchy(image, {}, { weights: { ...HIERARCHY_WEIGHTS, criterionAlone } }).regionsAt();
  const { criterionAlone } = HIERARCHY_WEIGHTS;
  assert(2 * regions(criterionAlone) < regions({ ...criterionAlone, across: 0, within: 0 })); // 7 and 35 of 80
});

// ---- the tree

const small = new Hierarchy({
  width: 3,
  height: 2,
  superpixels: Int32Array.of(0, 1, 2, 0, 3, 2),
  count: 4,
  merges: { a: Int32Array.of(1, 0, 0), b: Int32Array.of(3, 1, 2), height: Float32Array.of(0.25, 0.5, 0.75) },
});

Deno.test("Hierarchy.at() cuts by number and by height, labels numbered by rows", () => {
  assert.deepEqual([...small.at({ regions: 4 })], [0, 1, 2, 0, 3, 2]);
  assert.deepEqual([...small.at({ regions: 3 })], [0, 1, 2, 0, 1, 2]);
  assert.deepEqual([...small.at({ threshold: 0.5 })], [0, 0, 1, 0, 0, 1]);
  assert.deepEqual([...small.at()], [0, 0, 1, 0, 0, 1]);
  assert.deepEqual([...small.at({ regions: 1 })], [0, 0, 0, 0, 0, 0]);
  assert.deepEqual([...small.at({ regions: 99 })], [...small.at({ threshold: 0 })]);
  assert.deepEqual([4, 2, 1].map((regions) => small.regionsAt({ regions })), [4, 2, 1]);
});

Deno.test("Hierarchy.mergeHeight() is an ultrametric", () => {
  for (let i = 0; i < 4; i++) {
    for (let j = 0; j < 4; j++) {
      assert.equal(small.mergeHeight(i, j), small.mergeHeight(j, i));
      for (let k = 0; k < 4; k++) {
        assert(small.mergeHeight(i, j) <= Math.max(small.mergeHeight(i, k), small.mergeHeight(k, j)));
      }
    }
  }
});

Deno.test("Hierarchy.ucm() cut as the benchmark cuts it gives the segmentations of at()", () => {
  const ucm = small.ucm();
  assert.equal(ucm.data.length, 7 * 5);
  for (const threshold of [0, 0.25, 0.3, 0.5, 0.74, 0.75]) {
    assert.deepEqual(cutContourMap(ucm, threshold), small.at({ threshold }));
  }
  const { superpixels, tree } = contourMapTree(ucm);
  assert.deepEqual(cutTree(superpixels, tree, 0.5), small.at({ threshold: 0.5 }));
});

Deno.test("Hierarchy refuses parts that do not fit", () => {
  const { width, height, superpixels, count, merges } = small;
  const parts = { width, height, superpixels, count, merges };
  assert.throws(() => new Hierarchy({ ...parts, superpixels: superpixels.slice(1) }), TypeError);
  assert.throws(() => new Hierarchy({ ...parts, count: 3 }), RangeError);
  assert.throws(() => new Hierarchy({ ...parts, count: 5 }), TypeError);
  const falling = { ...merges, height: Float32Array.of(0.2, 0.1, 0.7) };
  assert.throws(() => new Hierarchy({ ...parts, merges: falling }), RangeError);
  const twice = { ...merges, b: Int32Array.of(3, 3, 2), a: Int32Array.of(1, 1, 0) };
  assert.throws(() => new Hierarchy({ ...parts, merges: twice }), RangeError);
  assert.throws(() => small.at({ regions: 0 }), RangeError);
  assert.throws(() => small.at({ threshold: NaN }), RangeError);
});

Deno.test("boundaryPseudoLabels() are the height of each boundary", () => {
  assert.deepEqual([...boundaryPseudoLabels(small)], [128, 191, 0, 128, 191, 0]);
});

// ---- the whole

Deno.test("dscHierarchy() gives four quadrants for four quadrants", () => {
  const labels = dscHierarchy(quadrants).at({ regions: 4 });
  const at = (x: number, y: number) => labels[y * 80 + x];
  assert.deepEqual([at(20, 15), at(60, 15), at(20, 45), at(60, 45)], [0, 1, 2, 3]);
  let right = 0;
  labels.forEach((label, p) => {
    if (label === (p % 80 < 40 ? 0 : 1) + (p < 2400 ? 0 : 2)) right++;
  });
  assert(right > 0.97 * 4800, `${right} of 4800 pixels`);
});

Deno.test("dscHierarchy() of an enlarged image gives a result of the size asked for", () => {
  const seen = enlarged(quadrants);
  assert.deepEqual([seen.width, seen.height], [108, 81]);
  const tree = dscHierarchy(seen, {}, { size: quadrants }), labels = tree.at({ regions: 4 });
  assert.deepEqual([tree.width, tree.height, labels.length], [80, 60, 4800]);
  let right = 0;
  labels.forEach((label, p) => {
    if (label === (p % 80 < 40 ? 0 : 1) + (p < 2400 ? 0 : 2)) right++;
  });
  assert(right > 0.97 * 4800, `${right} of 4800 pixels`);
});

Deno.test("enlarged() leaves large images alone", () => {
  const large = picture(600, 500, () => [0, 0, 0]);
  assert.equal(enlarged(large), large);
  const { width, height } = enlarged(picture(540, 400, () => [0, 0, 0]));
  assert(width > 600 && width < 620 && Math.abs(width * height - 281_000) < 1000);
});

Deno.test("sampling() gives every pixel a sample of the grid, in order", () => {
  for (const [pixels, measured] of [[1, 1], [1, 2], [321, 433], [7, 7], [8, 8], [10, 5]] as const) {
    const { near, before, beyond } = sampling(pixels, measured), samples = Math.ceil(measured / 2);
    for (let x = 0; x < pixels; x++) {
      assert(near[x]! >= 0 && near[x]! < samples && before[x]! >= 0 && before[x]! < samples);
      assert(beyond[x]! >= 0 && beyond[x]! < 1 && Math.abs(before[x]! + beyond[x]! - near[x]!) <= 0.5);
      assert(x === 0 || near[x]! >= near[x - 1]!);
    }
  }
});

Deno.test("pixelsOfSamples() is the reverse of sampling()", () => {
  for (const [pixels, measured] of [[1, 1], [1, 2], [321, 433], [7, 7], [8, 8], [481, 649]] as const) {
    const { near } = sampling(pixels, measured);
    pixelsOfSamples(pixels, measured).forEach((pixel, i) => assert(Math.abs(near[pixel]! - i) <= 1));
  }
  assert.deepEqual([...pixelsOfSamples(5, 5)], [0, 2, 4]);
});

Deno.test("dscHierarchy() nests: finer cuts refine coarser ones", () => {
  const random = createRandom(8);
  const noisy = picture(70, 50, (x, y) => {
    const level = (x >> 4) * 30 + (y >> 4) * 15 + random() * 40;
    return [level, 255 - level, 128];
  });
  const tree = dscHierarchy(noisy);
  let finer = tree.at({ regions: 40 });
  for (const regions of [20, 10, 5, 2, 1]) {
    const coarser = tree.at({ regions });
    assertRefines(finer, coarser);
    finer = coarser;
  }
});

Deno.test("dscHierarchy() gives the same tree twice", () => {
  assert.deepEqual(dscHierarchy(quadrants).merges, dscHierarchy(quadrants).merges);
});

Deno.test("dscHierarchy() makes one region of one colour, at every size", () => {
  for (const [width, height] of [[1, 1], [2, 1], [8, 8], [1, 400], [400, 1], [97, 61]] as const) {
    const tree = dscHierarchy(picture(width, height, () => [90, 120, 60]));
    assert.equal(tree.count, 1, `${width}x${height}`);
    assert(tree.at().every((label) => label === 0));
  }
});

Deno.test("dscHierarchy() cuts a narrow strip where its colour changes", () => {
  for (const [width, height] of [[1, 400], [400, 1], [3, 200]] as const) {
    const image = picture(width, height, (x, y) => Math.max(x, y) < 100 ? [30, 30, 30] : [220, 220, 220]);
    const labels = dscHierarchy(image).at({ regions: 2 });
    const across = labels.findIndex((label) => label === 1);
    const border = Math.max(across % width, Math.floor(across / width));
    assert(Math.abs(border - 100) <= 3, `${width}x${height}: border at ${border}`);
  }
});

Deno.test("dscHierarchy() keeps to boundaries that it is told of", () => {
  // noise all over; the learned map says there is an outline down the middle
  const random = createRandom(9);
  const noise = picture(60, 40, () => [random() * 255, random() * 255, random() * 255]);
  const boundary = Float32Array.from({ length: 30 * 20 }, (_, i) => i % 30 === 15 || i % 30 === 14 ? 1 : 0);
  const criterion = { ...HIERARCHY_WEIGHTS.criterion, boundary: 20 };
  const weights = { ...HIERARCHY_WEIGHTS, criterion };
  const labels = dscHierarchy(noise, { boundary }, { weights }).at({ regions: 2 });
  assert.notEqual(labels[20 * 60 + 5], labels[20 * 60 + 55]);
  assert.equal(labels[20 * 60 + 5], labels[5 * 60 + 10]);
});

Deno.test("dscHierarchy() tells apart what deep features tell apart", () => {
  const random = createRandom(10);
  const noise = picture(60, 40, () => [random() * 255, random() * 255, random() * 255]);
  const features = Float32Array.from({ length: 30 * 20 }, (_, i) => i % 30 < 15 ? 0 : 1);
  const criterionAlone = { ...HIERARCHY_WEIGHTS.criterionAlone, embedding: 20 };
  const weights = { ...HIERARCHY_WEIGHTS, criterionAlone };
  const labels = dscHierarchy(noise, { features }, { weights }).at({ regions: 2 });
  assert.notEqual(labels[20 * 60 + 5], labels[20 * 60 + 55]);
  assert.equal(labels[20 * 60 + 5], labels[5 * 60 + 10]);
});

Deno.test("dscHierarchy() refuses deep cues of another size", () => {
  assert.throws(() => dscHierarchy(quadrants, { boundary: new Float32Array(7) }), TypeError);
  assert.throws(() => dscHierarchy(quadrants, { features: new Float32Array(7) }), TypeError);
  assert.throws(() => dscHierarchy(quadrants, { smoothed: picture(3, 3, () => [0, 0, 0]) }), TypeError);
});
