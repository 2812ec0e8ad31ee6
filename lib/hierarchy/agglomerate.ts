/**
 * Greedy agglomeration of a region graph (as in Arbelaez, Maire, Fowlkes and Malik 2011, doi:10.1109/TPAMI.2010.161, with
 * region terms besides the boundary's): merge the least different pair of neighbours, measure the merged region anew, and
 * go on until one region is left. Order is everything, so nothing is precomputed: strengths, histograms and areas are
 * re-estimated after every merge.
 *
 * A heap with lazy deletion holds the pairs: when a region changes, its pairs enter again with a new version and the old
 * entries are skipped as they surface. M regions make M - 1 merges of about six pairs each.
 */
import type { MergeTree } from "../metrics/label_map.ts";
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
  /** (M, T) soft memberships Q of several partitions side by side, weighted; compared by half their L1 distance. */
  readonly memberships?: Float32Array;
  /** T. @default 0 */
  readonly partitions?: number;
}

/** Options of {@linkcode agglomerate}. */
export interface AgglomerateOptions {
  /**
   * Exponent of the size factor a b / (a + b), areas as shares of the image. 0: size does not matter; larger merges small
   * regions earlier, as Ward's criterion (1963, doi:10.1080/01621459.1963.10500845), which is exponent 1. Try 0.1 to 0.2.
   * @default 0.145
   */
  sizeExponent?: number;
  /**
   * Exponent of the shared boundary's length over the square root of the smaller area. Negative: regions that touch along
   * much of their outline merge earlier, which makes regions compact. Try -0.1 to 0. @default 0
   */
  contactExponent?: number;
  /** Stops when so many regions are left. @default 1 */
  regions?: number;
}

/**
 * Merges regions until one is left, or as many as asked for.
 *
 * @param graph Regions and their neighbours, connected.
 * @param options See {@linkcode AgglomerateOptions}.
 * @returns Merges in order; `a[i]` and `b[i]` are regions of the graph that stand for the merged ones (`a[i]` stands for
 * both from then on), `height[i]` is the running maximum of the dissimilarity, so that heights never fall.
 * @throws {TypeError} When lengths do not match.
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
 *   strength: Float32Array.of(0.9, 0.1),
 *   histograms: new Float32Array(3),
 *   bins: 1,
 * });
 * assert.deepEqual([tree.a[0], tree.b[0]], [1, 2]);
 * ```
 */
export function agglomerate(graph: RegionGraph, options: AgglomerateOptions = {}): MergeTree {
  const { sizeExponent = 0.145, contactExponent = 0, regions = 1 } = options;
  check(graph);
  const state = createState(graph, sizeExponent, contactExponent);
  const { heap, edgeA, edgeB, degree } = state;
  for (let e = 0; e < edgeA.length; e++) {
    pushPair(heap, dissimilarity(state, e), e, 0);
  }
  const most = Math.max(0, graph.count - regions);
  const a = new Int32Array(most), b = new Int32Array(most), height = new Float32Array(most);
  let made = 0, reached = 0;
  while (made < most && popPair(heap)) {
    const { key, edge, version } = heap.top;
    if (state.version[edge] !== version) continue; // out of date, or gone (-1)
    // the region with more neighbours stays, so that the fewer pairs move; ties: the first of the pair
    const stays = degree[edgeA[edge]!]! >= degree[edgeB[edge]!]! ? edgeA[edge]! : edgeB[edge]!;
    const goes = edgeA[edge]! + edgeB[edge]! - stays;
    reached = Math.max(reached, key);
    a[made] = stays;
    b[made] = goes;
    height[made++] = reached;
    merge(state, edge, stays, goes);
  }
  if (made < most) throw new TypeError("Cannot agglomerate: the graph is not connected");
  return { a, b, height };
}

/** The graph while it shrinks. A region's pairs are a list: `first[r]`, then `next[2 e + side]`. */
interface State {
  readonly pixels: number;
  readonly sizeExponent: number;
  readonly contactExponent: number;
  readonly bins: number;
  readonly partitions: number;
  readonly area: Float64Array;
  readonly histograms: Float32Array;
  readonly memberships: Float32Array;
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

function createState(graph: RegionGraph, sizeExponent: number, contactExponent: number): State {
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
    sizeExponent,
    contactExponent,
    bins: graph.bins,
    partitions: graph.partitions ?? 0,
    area: graph.area.slice(),
    histograms: graph.histograms.slice(),
    memberships: graph.memberships?.slice() ?? new Float32Array(0),
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

/** D of the file comment: [boundary strength + histogram distances + half |Q_a - Q_b|_1] times the size factor. */
function dissimilarity(state: State, e: number): number {
  const { bins, partitions, histograms, memberships, area } = state;
  const a = state.edgeA[e]!, b = state.edgeB[e]!;
  let chiSquare = 0;
  for (let k = 0, i = a * bins, j = b * bins; k < bins; k++, i++, j++) {
    const x = histograms[i]!, y = histograms[j]!, difference = x - y;
    chiSquare += difference * difference / (x + y + 1e-9); // two empty bins are alike
  }
  let apart = 0;
  for (let k = 0, i = a * partitions, j = b * partitions; k < partitions; k++, i++, j++) {
    apart += Math.abs(memberships[i]! - memberships[j]!);
  }
  const shareA = area[a]! / state.pixels, shareB = area[b]! / state.pixels;
  let factor = Math.pow(shareA * shareB / (shareA + shareB), state.sizeExponent);
  if (state.contactExponent !== 0) {
    factor *= Math.pow(state.length[e]! / Math.sqrt(Math.min(area[a]!, area[b]!)), state.contactExponent);
  }
  return (state.strength[e]! + 0.5 * chiSquare + 0.5 * apart) * factor;
}

/** Makes one region of two: features by area, boundaries by length; every pair of the result is measured anew. */
function merge(state: State, edge: number, stays: number, goes: number): void {
  const { area, edgeA, edgeB, length, strength, version, first, next, pairWith, heap } = state;
  const share = area[goes]! / (area[stays]! + area[goes]!);
  mix(state.histograms, state.bins, stays, goes, share);
  mix(state.memberships, state.partitions, stays, goes, share);
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
    pushPair(heap, dissimilarity(state, e), e, version[e]!);
  }
}

function mix(rows: Float32Array, width: number, stays: number, goes: number, share: number): void {
  for (let k = 0, i = stays * width, j = goes * width; k < width; k++, i++, j++) {
    rows[i]! += share * (rows[j]! - rows[i]!);
  }
}

function check(graph: RegionGraph): void {
  const { count, area, edgeA, edgeB, length, strength, histograms, bins, memberships, partitions = 0 } =
    graph;
  if (area.length !== count || histograms.length !== count * bins) {
    throw new TypeError(
      `Cannot agglomerate: ${count} regions need ${count} areas and ${count} x ${bins} histogram bins, ` +
        `got ${area.length} and ${histograms.length}`,
    );
  }
  if ((memberships?.length ?? 0) !== count * partitions) {
    throw new TypeError(`Cannot agglomerate: memberships must be ${count} x ${partitions}`);
  }
  if (edgeB.length !== edgeA.length || length.length !== edgeA.length || strength.length !== edgeA.length) {
    throw new TypeError("Cannot agglomerate: edgeA, edgeB, length and strength must be equally long");
  }
}
