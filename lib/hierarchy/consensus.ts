/**
 * Agreement of several hierarchies (evidence accumulation, Fred and Jain 2005, doi:10.1109/TPAMI.2005.113, carried from
 * partitions to whole trees): greedy merging is unstable, one early mistake changes all that follows. So the weights of
 * the merge criterion, which nobody knows exactly, and the strengths are varied at random, every variant merges all
 * regions, and the probabilities at which two regions meet are averaged over variants. Average linkage (Sokal and Michener
 * 1958) of those means, over neighbours only, is the tree that comes out.
 *
 * It costs eight agglomerations of 300 regions. Sixteen do hardly better (docs/experiments.md).
 */
import type { MergeTree } from "../metrics/label_map.ts";
import { normal, type Random } from "../random.ts";
import { agglomerate } from "./agglomerate.ts";
import { type RegionCues, weighCues } from "./region_graph.ts";
import { type MergeCriterion, SINGLE_TERMS } from "./weights.ts";
import { REGION_WORDS } from "./words.ts";

/** Standard deviations of the logarithms of what is varied: the criterion's weights, and each boundary's strength. */
const WEIGHT_SPREAD = 0.2, STRENGTH_SPREAD = 0.1;

/**
 * One variant's merges.
 *
 * @param cues Regions and boundaries.
 * @param criterion The criterion to vary.
 * @param random Where the variation is drawn from; how many numbers depends on the graph and on which weights are 0.
 * @returns All merges.
 */
export function randomizedTree(cues: RegionCues, criterion: MergeCriterion, random: Random): MergeTree {
  const vary = (weight: number, spread = WEIGHT_SPREAD) => weight * Math.exp(spread * normal(random));
  const { constant, histograms, embedding, softCut } = criterion;
  const single = Object.fromEntries(SINGLE_TERMS.map((name) => [name, vary(criterion[name])]));
  const { gradient, boundary, contrast, ...options } = single as Record<
    (typeof SINGLE_TERMS)[number],
    number
  >;
  const graph = weighCues(cues, {
    gradient,
    boundary,
    contrast,
    histograms: REGION_WORDS.map((name) => vary(histograms[name])),
    ...(embedding && { embedding: vary(embedding) }),
    ...(softCut && { softCut: vary(softCut) }),
  });
  const strength = graph.strength.map((value) => vary(value, STRENGTH_SPREAD));
  return agglomerate({ ...graph, strength }, { constant, ...options });
}

/**
 * Adds to each pair of regions the height at which a tree joins them.
 *
 * @param sum (M, M) symmetric.
 * @param M Regions.
 * @param merges All merges over them.
 * @param weight What a height is multiplied by.
 */
export function addMergeHeights(
  sum: Float32Array,
  M: number,
  merges: MergeTree,
  weight: number,
): void {
  // members of a region as a ring: next member of each, joined by swapping two links
  const next = Int32Array.from({ length: M }, (_, i) => i);
  for (let i = 0; i < merges.a.length; i++) {
    const a = merges.a[i]!, b = merges.b[i]!, height = weight * merges.height[i]!;
    let x = a;
    do {
      let y = b;
      do {
        sum[x * M + y]! += height;
        sum[y * M + x]! += height;
        y = next[y]!;
      } while (y !== b);
      x = next[x]!;
    } while (x !== a);
    [next[a], next[b]] = [next[b]!, next[a]!];
  }
}

/**
 * Average linkage over neighbours: merges the pair of neighbouring regions whose pixels are least apart on average.
 *
 * @param distance (M, M) symmetric, between the regions of the graph; overwritten.
 * @param cues The graph: areas and neighbours.
 * @returns All merges; heights never fall.
 */
export function averageLinkage(distance: Float32Array, cues: RegionCues): MergeTree {
  const M = cues.count, area = cues.area.slice();
  const touches = new Uint8Array(M * M);
  for (let e = 0; e < cues.edgeA.length; e++) {
    touches[cues.edgeA[e]! * M + cues.edgeB[e]!] = touches[cues.edgeB[e]! * M + cues.edgeA[e]!] = 1;
  }
  const least = new Float64Array(M).fill(Infinity), nearest = new Int32Array(M).fill(-1);
  const live = new Uint8Array(M).fill(1);
  const look = (r: number): void => {
    least[r] = Infinity;
    for (let other = 0, p = r * M; other < M; other++, p++) {
      if (!touches[p] || distance[p]! >= least[r]!) continue;
      least[r] = distance[p]!;
      nearest[r] = other;
    }
  };
  for (let r = 0; r < M; r++) look(r);
  const a = new Int32Array(M - 1), b = new Int32Array(M - 1), height = new Float32Array(M - 1);
  for (let made = 0; made < M - 1; made++) {
    let stays = -1;
    for (let r = 0; r < M; r++) {
      if (live[r] && least[r]! < Infinity && (stays < 0 || least[r]! < least[stays]!)) stays = r;
    }
    const goes = nearest[stays]!;
    a[made] = stays;
    b[made] = goes;
    height[made] = made > 0 ? Math.max(height[made - 1]!, least[stays]!) : least[stays]!;
    const share = area[goes]! / (area[stays]! + area[goes]!);
    area[stays]! += area[goes]!;
    live[goes] = 0;
    least[goes] = Infinity;
    for (let other = 0; other < M; other++) {
      const p = stays * M + other, q = goes * M + other, mirror = other * M + stays;
      distance[p]! += share * (distance[q]! - distance[p]!);
      distance[mirror] = distance[p]!;
      if (touches[q] && other !== stays) touches[p] = touches[mirror] = 1;
      touches[q] = touches[other * M + goes] = 0;
    }
    touches[stays * M + stays] = 0;
    look(stays);
    for (let other = 0; other < M; other++) if (touches[stays * M + other]) look(other);
  }
  return { a, b, height };
}
