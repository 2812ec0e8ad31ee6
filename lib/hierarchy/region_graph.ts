/**
 * What is known of regions and of the boundaries between them, before anything is weighed: so that the same graph can be
 * weighed in several ways, and contracted once many of its regions have merged.
 */
import type { MergeTree } from "../metrics/label_map.ts";
import type { RegionGraph } from "./agglomerate.ts";
import { chiSquare } from "./chi_square.ts";
import type { CoOccurrence } from "./co_occurrence.ts";
import type { SoftPartitions } from "./soft_partitions.ts";

/** M regions, E pairs of neighbours. */
export interface RegionCues {
  /** M. */
  readonly count: number;
  /** (M) pixels. */
  readonly area: Float64Array;
  /** (E) one region of each pair. */
  readonly edgeA: Int32Array;
  /** (E) the other, always the higher number; each pair once. */
  readonly edgeB: Int32Array;
  /** (E) length of the shared boundary. */
  readonly length: Float32Array;
  /** (E) strength of the oriented texture gradients along it. */
  readonly gradient: Float32Array;
  /** (E) mean of the learned boundary map along it; zeros where there is none. */
  readonly boundary: Float32Array;
  /** (E) mean colour contrast across it. */
  readonly contrast: Float32Array;
  /** (M, bins) histograms side by side, each summing to 1. */
  readonly histograms: Float32Array;
  /** Bins of each histogram. */
  readonly blocks: readonly number[];
  /** (M) 1 for regions at the image's frame, 0 for others. */
  readonly frame: Uint8Array;
  /** Which regions' words occur together, where it was measured. */
  readonly affinity?: CoOccurrence;
  /** (M, D) mean deep features, where a network gave some. */
  readonly embedding?: Float32Array;
  /** Soft memberships in partitions of several K, where they were computed; see `softPartitions()`. */
  readonly soft?: SoftPartitions;
}

/** What the cues are multiplied by. */
export interface CueWeights {
  readonly gradient: number;
  readonly boundary: number;
  /** @default 0 */
  readonly contrast?: number;
  /** One for each histogram. */
  readonly histograms: readonly number[];
  /** Of half the L1 distance of mean deep features. @default 0 */
  readonly embedding?: number;
  /** Of the expected share of scales that separate two regions. @default 0 */
  readonly softCut?: number;
}

/**
 * The graph that `agglomerate()` takes.
 *
 * @param cues Regions and boundaries.
 * @param weights What they are multiplied by.
 * @returns A graph; areas, pairs, frame and affinity are those of `cues`, not copies.
 */
export function weighCues(cues: RegionCues, weights: CueWeights): RegionGraph {
  const { count, area, edgeA, edgeB, length, blocks, frame, affinity } = cues;
  const bins = blocks.reduce((sum, size) => sum + size, 0);
  const factor = new Float32Array(bins);
  let at = 0;
  blocks.forEach((size, block) => factor.fill(weights.histograms[block] ?? 0, at, at += size));
  const histograms = new Float32Array(cues.histograms.length);
  for (let r = 0, i = 0; r < count; r++) {
    for (let k = 0; k < bins; k++, i++) histograms[i] = factor[k]! * cues.histograms[i]!;
  }
  const { contrast = 0, embedding = 0, softCut = 0 } = weights;
  const strength = new Float32Array(edgeA.length);
  for (let e = 0; e < strength.length; e++) {
    strength[e] = weights.gradient * cues.gradient[e]! + weights.boundary * cues.boundary[e]! +
      contrast * cues.contrast[e]!;
  }
  const columns: { values: Float32Array; weight: number }[] = [];
  if (cues.embedding && embedding > 0) columns.push({ values: cues.embedding, weight: embedding });
  if (cues.soft && softCut > 0) columns.push({ values: cues.soft.memberships, weight: softCut });
  return {
    count,
    area,
    edgeA,
    edgeB,
    length,
    strength,
    histograms,
    bins,
    frame,
    ...(affinity && { affinity }),
    ...(columns.length > 0 && sideBySide(columns, count)),
  };
}

/** Weighted features that are compared by half their L1 distance, side by side: distances add up. */
function sideBySide(columns: readonly { values: Float32Array; weight: number }[], count: number) {
  const channels = columns.reduce((sum, { values }) => sum + values.length / count, 0);
  const features = new Float32Array(count * channels);
  let at = 0;
  for (const { values, weight } of columns) {
    const width = values.length / count;
    for (let r = 0, p = 0; r < count; r++) {
      for (let k = 0; k < width; k++) features[r * channels + at + k] = weight * values[p++]!;
    }
    at += width;
  }
  return { features, channels };
}

/**
 * How unlike neighbours are, without regard to their sizes: what `agglomerate()` starts from without options.
 *
 * @param graph A weighted graph.
 * @returns (E) strength of the boundary and distance of the histograms.
 */
export function edgeDissimilarities(graph: RegionGraph): Float32Array {
  const { edgeA, edgeB, strength, histograms, bins } = graph;
  return strength.map((value, e) => value + chiSquare(histograms, bins, edgeA[e]!, edgeB[e]!));
}

/** A graph of fewer, larger regions. */
export interface Contraction {
  readonly cues: RegionCues;
  /** (M) region of the contracted graph that each old one is part of. */
  readonly region: Int32Array;
  /** For each region of the contracted graph the lowest of the old ones in it. */
  readonly representative: Int32Array;
}

/**
 * Joins regions by the first merges of a tree: areas and affinities add up, histograms are averaged by area, boundaries
 * by length. Soft memberships are left behind: they are computed where few regions are left.
 *
 * @param cues The graph.
 * @param merges Merges over its regions, from `agglomerate()`.
 * @param made How many of them are made.
 * @returns The contracted graph; its regions are numbered by the lowest old region in them.
 */
export function contract(cues: RegionCues, merges: MergeTree, made: number): Contraction {
  const { count, blocks } = cues;
  const bins = blocks.reduce((sum, size) => sum + size, 0);
  const { region, representative } = numberRegions(count, merges, made);
  const M = representative.length;
  const area = new Float64Array(M), histograms = new Float32Array(M * bins), frame = new Uint8Array(M);
  for (let r = 0; r < count; r++) {
    area[region[r]!]! += cues.area[r]!;
    frame[region[r]!]! |= cues.frame[r]!;
  }
  const channels = (cues.embedding?.length ?? 0) / count, embedding = new Float32Array(M * channels);
  for (let r = 0; r < count; r++) {
    const share = cues.area[r]! / area[region[r]!]!;
    addRow(cues.histograms, r, histograms, region[r]!, bins, share);
    if (cues.embedding) addRow(cues.embedding, r, embedding, region[r]!, channels, share);
  }
  const contents = { area, frame, histograms, blocks, ...(cues.embedding && { embedding }) };
  const affinity = cues.affinity && {
    sum: contractMatrix(cues.affinity.sum, region, M),
    pairs: contractMatrix(cues.affinity.pairs, region, M),
  };
  return {
    cues: { count: M, ...contents, ...contractEdges(cues, region, M), ...affinity && { affinity } },
    region,
    representative,
  };
}

/** Sums of a matrix over the regions' rows and columns. */
function contractMatrix(matrix: Float32Array, region: Int32Array, M: number): Float32Array {
  const out = new Float32Array(M * M);
  for (let r = 0, p = 0; r < region.length; r++) {
    for (let s = 0, row = region[r]! * M; s < region.length; s++, p++) out[row + region[s]!]! += matrix[p]!;
  }
  return out;
}

function addRow(
  from: Float32Array,
  i: number,
  to: Float32Array,
  j: number,
  width: number,
  share: number,
): void {
  for (let k = 0, p = i * width, q = j * width; k < width; k++) to[q++]! += share * from[p++]!;
}

function numberRegions(count: number, merges: MergeTree, made: number) {
  const parent = Int32Array.from({ length: count }, (_, i) => i);
  const find = (i: number): number => {
    while (parent[i] !== i) i = parent[i] = parent[parent[i]!]!;
    return i;
  };
  for (let i = 0; i < made; i++) {
    const a = find(merges.a[i]!), b = find(merges.b[i]!);
    if (a < b) parent[b] = a; // the root is the lowest, so that numbers do not depend on who stood for whom
    else parent[a] = b;
  }
  const region = new Int32Array(count), roots: number[] = [];
  for (let r = 0; r < count; r++) region[r] = find(r) === r ? roots.push(r) - 1 : region[find(r)]!;
  return { region, representative: Int32Array.from(roots) };
}

function contractEdges(cues: RegionCues, region: Int32Array, M: number) {
  const known = new Map<number, number>();
  const edgeOf = new Int32Array(cues.edgeA.length).fill(-1);
  const a: number[] = [], b: number[] = [];
  for (let e = 0; e < edgeOf.length; e++) {
    const x = region[cues.edgeA[e]!]!, y = region[cues.edgeB[e]!]!;
    if (x === y) continue;
    const low = Math.min(x, y), high = Math.max(x, y), key = low * M + high;
    let edge = known.get(key);
    if (edge === undefined) {
      known.set(key, edge = a.length);
      a.push(low);
      b.push(high);
    }
    edgeOf[e] = edge;
  }
  const length = new Float32Array(a.length);
  for (let e = 0; e < edgeOf.length; e++) {
    if (edgeOf[e]! >= 0) length[edgeOf[e]!]! += cues.length[e]!;
  }
  const averaged = (values: Float32Array) => {
    const mean = new Float32Array(a.length);
    for (let e = 0; e < edgeOf.length; e++) {
      const edge = edgeOf[e]!;
      if (edge >= 0) mean[edge]! += cues.length[e]! / length[edge]! * values[e]!;
    }
    return mean;
  };
  return {
    edgeA: Int32Array.from(a),
    edgeB: Int32Array.from(b),
    length,
    gradient: averaged(cues.gradient),
    boundary: averaged(cues.boundary),
    contrast: averaged(cues.contrast),
  };
}
