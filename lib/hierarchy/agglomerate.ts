/**
 * Greedy agglomeration of a region graph (as in Arbelaez, Maire, Fowlkes and Malik 2011, doi:10.1109/TPAMI.2010.161, with
 * region terms besides the boundary's): merge the pair of neighbours that people would least likely keep apart, measure
 * the merged region anew, and go on until one region is left. Order is everything, so nothing is precomputed: strengths,
 * histograms, affinities and areas are re-estimated after every merge.
 *
 * How likely that is, is a logistic regression (as Martin, Fowlkes and Malik 2004, doi:10.1109/TPAMI.2004.1273918, combine
 * cues at a pixel): the log-odds are a weighted sum of what is measured on the pair.
 *
 * A heap with lazy deletion holds the pairs: when a region changes, its pairs enter again with a new version and the old
 * entries are skipped as they surface. M regions make M - 1 merges of about six pairs each.
 */
import type { MergeTree } from "../metrics/label_map.ts";
import { chiSquare } from "./chi_square.ts";
import type { CoOccurrence } from "./co_occurrence.ts";
import { createPairHeap, type PairHeap, popPair, pushPair } from "./pair_heap.ts";

/** M regions, E pairs of neighbours, and what is known of them. Nothing in it is written to. */
export interface RegionGraph {
  /** M. */
  readonly count: number;
  /** (M) pixels of each region, more than 0. */
  readonly area: Float64Array;
  /** (E) one region of each pair of neighbours. */
  readonly edgeA: Int32Array;
  /** (E) the other; each pair once. */
  readonly edgeB: Int32Array;
  /** (E) length of the shared boundary, more than 0. */
  readonly length: Float32Array;
  /** (E) mean strength of the shared boundary, weighted. */
  readonly strength: Float32Array;
  /**
   * (M, D) histograms of each region side by side, every block multiplied by its weight: chi-square distances of weighted
   * histograms add up to the weighted sum of distances, in one loop.
   */
  readonly histograms: Float32Array;
  /** D. */
  readonly bins: number;
  /** (M, T) further features side by side, weighted; compared by half their L1 distance. */
  readonly features?: Float32Array;
  /** T. @default 0 */
  readonly channels?: number;
  /** (M) 1 for regions at the image's frame, 0 for others. @default all 0 */
  readonly frame?: Uint8Array;
  /** Which regions' words occur together. @default nothing is known of it */
  readonly affinity?: CoOccurrence;
}

/** Terms of the log-odds that do not depend on what the graph weighs already. */
export interface AgglomerateOptions {
  /** Log-odds of a pair that nothing is known of. @default 0 */
  constant?: number;
  /**
   * Weight of log(a b / (a + b)), areas as shares of the image. 0: size does not matter; larger merges small regions
   * earlier. Try 0.3 to 0.7. @default 0
   */
  size?: number;
  /** Added where both regions lie at the image's frame. Negative: backgrounds stay whole. Try -1 to 0. @default 0 */
  frame?: number;
  /** Weight of the mean affinity of the two regions, whose sign is changed: >= 0. Try 0.5 to 1. @default 0 */
  across?: number;
  /** Weight of the sum of the regions' mean affinities with themselves, >= 0. Try 0 to half of `across`. @default 0 */
  within?: number;
  /** Stops when so many regions are left. @default 1 */
  regions?: number;
}

/**
 * Merges regions until one is left, or as many as asked for.
 *
 * @param graph Regions and their neighbours, connected.
 * @param options See {@linkcode AgglomerateOptions}.
 * @returns Merges in order; `a[i]` and `b[i]` are regions of the graph that stand for the merged ones (`a[i]` stands for
 * both from then on), `height[i]`, 0 to 1, is the running maximum of the probability, so that heights never fall.
 * @throws {TypeError} When lengths do not match, or the graph is in pieces.
 *
 * @example
 * ```ts
 * import { agglomerate } from "./agglomerate.ts";
 * import assert from "node:assert/strict";
 *
 * const tree = agglomerate({
 *   count: 3,
 *   area: Float64Array.of(1, 1, 1),
 *   edgeA: Int32Array.of(0, 1),
 *   edgeB: Int32Array.of(1, 2),
 *   length: Float32Array.of(1, 1),
 *   strength: Float32Array.of(2, -1),
 *   histograms: new Float32Array(3),
 *   bins: 1,
 * });
 * assert.deepEqual([tree.a[0], tree.b[0]], [1, 2]);
 * assert.equal(tree.height[0]!.toFixed(3), "0.269"); // 1 / (1 + exp(1))
 * ```
 */
export function agglomerate(graph: RegionGraph, options: AgglomerateOptions = {}): MergeTree {
  const { regions = 1 } = options;
  check(graph);
  const state = createState(graph, options);
  const { heap, edgeA, edgeB, degree } = state;
  for (let e = 0; e < edgeA.length; e++) pushPair(heap, logOdds(state, e), e, 0);
  const most = Math.max(0, graph.count - regions);
  const a = new Int32Array(most), b = new Int32Array(most), height = new Float32Array(most);
  let made = 0, reached = -Infinity;
  while (made < most && popPair(heap)) {
    const { key, edge, version } = heap.top;
    if (state.version[edge] !== version) continue; // out of date, or gone (-1)
    // the region with more neighbours stays, so that the fewer pairs move; ties: the first of the pair
    const stays = degree[edgeA[edge]!]! >= degree[edgeB[edge]!]! ? edgeA[edge]! : edgeB[edge]!;
    const goes = edgeA[edge]! + edgeB[edge]! - stays;
    reached = Math.max(reached, key);
    a[made] = stays;
    b[made] = goes;
    height[made++] = 1 / (1 + Math.exp(-reached));
    merge(state, edge, stays, goes);
  }
  if (made < most) throw new TypeError("Cannot agglomerate: the graph is not connected");
  return { a, b, height };
}

/** The graph while it shrinks. A region's pairs are a list: `first[r]`, then `next[2 e + side]`. */
interface State {
  readonly pixels: number;
  readonly options: Required<AgglomerateOptions>;
  readonly bins: number;
  readonly channels: number;
  readonly area: Float64Array;
  readonly histograms: Float32Array;
  readonly features: Float32Array;
  readonly frame: Uint8Array;
  readonly affinity: CoOccurrence | undefined;
  readonly edgeA: Int32Array;
  readonly edgeB: Int32Array;
  readonly length: Float32Array;
  readonly strength: Float32Array;
  /** (E) counts changes of a pair; -1 once it is gone. */
  readonly version: Int32Array;
  readonly first: Int32Array;
  readonly next: Int32Array;
  readonly degree: Int32Array;
  /** (M) during a merge: the pair through which the region that stays touches this one, or -1. */
  readonly pairWith: Int32Array;
  readonly heap: PairHeap;
}

const NO_TERMS = { constant: 0, size: 0, frame: 0, across: 0, within: 0, regions: 1 };

function createState(graph: RegionGraph, options: AgglomerateOptions): State {
  const { count, edgeA, edgeB } = graph;
  const E = edgeA.length;
  const first = new Int32Array(count).fill(-1), next = new Int32Array(2 * E).fill(-1);
  const degree = new Int32Array(count);
  let pixels = 0;
  for (let r = 0; r < count; r++) pixels += graph.area[r]!;
  for (let e = E - 1; e >= 0; e--) { // from the last, so that lists ascend
    next[2 * e] = first[edgeA[e]!]!;
    first[edgeA[e]!] = 2 * e;
    next[2 * e + 1] = first[edgeB[e]!]!;
    first[edgeB[e]!] = 2 * e + 1;
    degree[edgeA[e]!]!++;
    degree[edgeB[e]!]!++;
  }
  return {
    pixels,
    options: { ...NO_TERMS, ...options },
    bins: graph.bins,
    channels: graph.channels ?? 0,
    area: graph.area.slice(),
    histograms: graph.histograms.slice(),
    features: graph.features?.slice() ?? new Float32Array(0),
    frame: graph.frame?.slice() ?? new Uint8Array(count),
    affinity: graph.affinity && { sum: graph.affinity.sum.slice(), pairs: graph.affinity.pairs.slice() },
    edgeA: edgeA.slice(),
    edgeB: edgeB.slice(),
    length: graph.length.slice(),
    strength: graph.strength.slice(),
    version: new Int32Array(E),
    first,
    next,
    degree,
    pairWith: new Int32Array(count).fill(-1),
    heap: createPairHeap(4 * E),
  };
}

/** The log-odds that people would keep the regions of a pair apart. */
function logOdds(state: State, e: number): number {
  const { bins, channels, histograms, features, area, options } = state;
  const a = state.edgeA[e]!, b = state.edgeB[e]!;
  let apart = 0;
  for (let k = 0, i = a * channels, j = b * channels; k < channels; k++, i++, j++) {
    apart += Math.abs(features[i]! - features[j]!);
  }
  const size = Math.log(area[a]! * area[b]! / ((area[a]! + area[b]!) * state.pixels));
  return state.strength[e]! + chiSquare(histograms, bins, a, b) + 0.5 * apart + options.constant +
    options.size * size +
    (state.frame[a]! & state.frame[b]! ? options.frame : 0) +
    (state.affinity ? affinityTerm(state.affinity, area.length, a, b, options) : 0);
}

function affinityTerm(
  { sum, pairs }: CoOccurrence,
  M: number,
  a: number,
  b: number,
  { across, within }: Required<AgglomerateOptions>,
): number {
  // regions that are too small or too far apart to share a pair: as likely together as chance has it
  const mean = (p: number) => pairs[p]! > 0 ? sum[p]! / pairs[p]! : 0;
  return within * (mean(a * M + a) + mean(b * M + b)) - across * mean(a * M + b);
}

/** Makes one region of two: contents by area, boundaries by length; every pair of the result is measured anew. */
function merge(state: State, edge: number, stays: number, goes: number): void {
  const { area, edgeA, edgeB, length, strength, version, first, next, pairWith, heap } = state;
  const share = area[goes]! / (area[stays]! + area[goes]!);
  mix(state.histograms, state.bins, stays, goes, share);
  mix(state.features, state.channels, stays, goes, share);
  if (state.affinity) {
    for (const matrix of [state.affinity.sum, state.affinity.pairs]) {
      addRegion(matrix, area.length, stays, goes);
    }
  }
  state.frame[stays]! |= state.frame[goes]!;
  area[stays]! += area[goes]!;
  version[edge] = -1;

  let list = -1, size = 0;
  for (let s = first[stays]!, after: number; s >= 0; s = after) {
    after = next[s]!;
    const e = s >> 1;
    if (version[e]! < 0) continue;
    pairWith[edgeA[e]! + edgeB[e]! - stays] = e;
    next[s] = list;
    list = s;
    size++;
  }
  for (let s = first[goes]!, after: number; s >= 0; s = after) {
    after = next[s]!;
    const e = s >> 1;
    if (version[e]! < 0) continue;
    const other = edgeA[e]! + edgeB[e]! - goes, known = pairWith[other]!;
    if (known >= 0) { // both touched it: one boundary now
      const both = length[known]! + length[e]!;
      strength[known] = (strength[known]! * length[known]! + strength[e]! * length[e]!) / both;
      length[known] = both;
      version[e] = -1;
      state.degree[other]!--;
    } else {
      if (edgeA[e] === goes) edgeA[e] = stays;
      else edgeB[e] = stays;
      pairWith[other] = e;
      next[s] = list;
      list = s;
      size++;
    }
  }
  first[stays] = list;
  state.degree[stays] = size;
  for (let s = list; s >= 0; s = next[s]!) {
    const e = s >> 1;
    pairWith[edgeA[e]! + edgeB[e]! - stays] = -1;
    version[e]!++;
    pushPair(heap, logOdds(state, e), e, version[e]!);
  }
}

function mix(rows: Float32Array, width: number, stays: number, goes: number, share: number): void {
  for (let k = 0, i = stays * width, j = goes * width; k < width; k++, i++, j++) {
    rows[i]! += share * (rows[j]! - rows[i]!);
  }
}

/** Adds what belongs to one region to the other, in a symmetric (M, M) matrix of sums. */
function addRegion(matrix: Float32Array, M: number, stays: number, goes: number): void {
  const own = matrix[stays * M + stays]! + matrix[goes * M + goes]! + 2 * matrix[stays * M + goes]!;
  for (let other = 0; other < M; other++) {
    matrix[other * M + stays] = matrix[stays * M + other]! += matrix[goes * M + other]!;
  }
  matrix[stays * M + stays] = own;
}

function check(graph: RegionGraph): void {
  const { count, area, edgeA, edgeB, length, strength, histograms, bins, features, channels = 0 } = graph;
  if (area.length !== count || histograms.length !== count * bins) {
    throw new TypeError(
      `Cannot agglomerate: ${count} regions need ${count} areas and ${count} x ${bins} histogram bins, ` +
        `got ${area.length} and ${histograms.length}`,
    );
  }
  if ((features?.length ?? 0) !== count * channels) {
    throw new TypeError(`Cannot agglomerate: features must be ${count} x ${channels}`);
  }
  if ((graph.frame ?? area).length !== count) {
    throw new TypeError(`Cannot agglomerate: frame must have ${count} values, got ${graph.frame?.length}`);
  }
  for (const matrix of graph.affinity ? [graph.affinity.sum, graph.affinity.pairs] : []) {
    if (matrix.length !== count * count) {
      throw new TypeError(`Cannot agglomerate: affinity must be ${count} x ${count}`);
    }
  }
  if (edgeB.length !== edgeA.length || length.length !== edgeA.length || strength.length !== edgeA.length) {
    throw new TypeError("Cannot agglomerate: edgeA, edgeB, length and strength must be equally long");
  }
}
