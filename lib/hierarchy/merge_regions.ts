/**
 * From superpixels to the tree of the hierarchy: greedy merging down to a few hundred regions, whose order hardly matters,
 * then the consensus of several trees over those.
 */
import type { MergeTree } from "../metrics/label_map.ts";
import { createRandom } from "../random.ts";
import { runSteps, type Steps } from "../steps.ts";
import { agglomerate } from "./agglomerate.ts";
import { addMergeHeights, averageLinkage, type MergeWeights, randomizedTree } from "./consensus.ts";
import { geodesicAffinity } from "./geodesic_affinity.ts";
import {
  contract,
  type Contraction,
  edgeDissimilarities,
  type RegionCues,
  weighCues,
} from "./region_graph.ts";
import { softPartitions } from "./soft_partitions.ts";
import type { HierarchyWeights } from "./weights.ts";
import { REGION_WORDS } from "./words.ts";

/** Regions that are left to the consensus: 450 score the same and cost twice the time. */
const NODES = 300;
/** Dissimilarity at which affinity has fallen to 1/e: two thirds of the median of neighbours on train, which is 2.2. */
const AFFINITY_WIDTH = 1.5;
/** First seed of the variants; any other scores the same within the noise, but heights are calibrated for these. */
const SEED = 7;

/**
 * Merges superpixels until one region is left.
 *
 * @param cues Superpixels and their boundaries.
 * @param weights The merge criterion and how heights are calibrated.
 * @returns count - 1 merges; heights 0 to 1, 0.5 where one threshold cuts all train images best.
 */
export function mergeRegions(cues: RegionCues, weights: HierarchyWeights): MergeTree {
  return runSteps(mergeRegionSteps(cues, weights));
}

/**
 * {@linkcode mergeRegions} in steps.
 *
 * @param cues As there.
 * @param weights As there.
 * @returns Steps to the merges.
 */
export function* mergeRegionSteps(cues: RegionCues, weights: HierarchyWeights): Steps<MergeTree> {
  const { fine, contraction } = mergeSuperpixels(cues, weights);
  yield 0.4;
  const { cues: coarse, representative } = contraction;
  const variants = weights.consensus.scales.length, trees: MergeTree[] = [];
  for (let variant = 0; variant < variants; variant++) {
    trees.push(variantTree(coarse, weights, variant));
    yield 0.4 + 0.5 * (variant + 1) / variants;
  }
  return assemble(fine, consensusTree(coarse, weights, trees), representative, weights.typicalHeight);
}

/**
 * The tree that variants agree on.
 *
 * @param cues What the first part left.
 * @param weights How heights of each variant compare.
 * @param trees Each variant's.
 * @returns All merges; heights not calibrated.
 */
export function consensusTree(
  cues: RegionCues,
  { consensus: { scales, sizeExponent } }: HierarchyWeights,
  trees: readonly MergeTree[],
): MergeTree {
  const distance = new Float32Array(cues.count * cues.count);
  for (const [variant, tree] of trees.entries()) {
    const scale = scales[variant]!;
    addMergeHeights(distance, cues.count, tree, (height) => placeOnScale(scale, height) / trees.length);
  }
  return averageLinkage(distance, cues, sizeExponent);
}

/**
 * The first part: superpixels merge until the consensus takes over.
 *
 * @param cues Superpixels and their boundaries.
 * @param weights The merge criterion.
 * @returns Merges made, and what is left.
 */
export function mergeSuperpixels(
  cues: RegionCues,
  weights: HierarchyWeights,
): { fine: MergeTree; contraction: Contraction } {
  const criterion = mergeWeights(cues, weights);
  const fine = agglomerate(weighCues(cues, criterion), { ...exponents(criterion), regions: NODES });
  const contraction = contract(cues, fine, fine.a.length);
  if (weights.softCut.weight === 0) return { fine, contraction };
  return { fine, contraction: { ...contraction, cues: withSoftCut(contraction.cues, weights) } };
}

/** The soft superpixel cut of what is left; none where there are too few regions. */
function withSoftCut(cues: RegionCues, weights: HierarchyWeights): RegionCues {
  const apart = edgeDissimilarities(weighCues(cues, mergeWeights(cues, weights)));
  const affinity = geodesicAffinity(cues.count, cues.edgeA, cues.edgeB, apart.map((d) => d / AFFINITY_WIDTH));
  const soft = softPartitions(affinity, cues.area, { steps: weights.softCut.steps });
  return soft.partitions > 0 ? { ...cues, soft } : cues;
}

/**
 * One of the trees that the consensus is made of.
 *
 * @param cues What the first part left.
 * @param weights The merge criterion to vary.
 * @param variant Which one, from 0.
 * @returns Its merges, with heights on a scale of its own.
 */
export function variantTree(cues: RegionCues, weights: HierarchyWeights, variant: number): MergeTree {
  return randomizedTree(cues, mergeWeights(cues, weights), createRandom(SEED + variant));
}

/** Without a learned boundary map the gradients stand in for it. */
function mergeWeights(cues: RegionCues, weights: HierarchyWeights): MergeWeights {
  const { boundary, embedding, sizeExponent, contactExponent } = weights;
  const gradient = cues.boundary.some((value) => value > 0) ? 1 : weights.gradientAlone;
  const histograms = REGION_WORDS.map((name) => weights.histograms[name]);
  const soft = weights.softCut.weight;
  return { gradient, boundary, histograms, embedding, soft, sizeExponent, contactExponent };
}

function exponents({ sizeExponent, contactExponent }: MergeWeights) {
  return { sizeExponent, contactExponent };
}

/**
 * Where a height lies among the heights that train images' trees reach, 0 to 1: linear between the marks of the scale,
 * approaching 1 above the last.
 */
function placeOnScale(scale: readonly number[], height: number): number {
  const marks = scale.length;
  let below = 0;
  while (below < marks && scale[below]! <= height) below++;
  const from = below > 0 ? scale[below - 1]! : 0;
  const part = below < marks
    ? (height - from) / (scale[below]! - from)
    : 1 - Math.exp(-3 * (height - from) / from);
  return (below + part) / (marks + 1);
}

/** Both parts as one tree over the superpixels, heights calibrated. */
function assemble(
  fine: MergeTree,
  joined: MergeTree,
  representative: Int32Array,
  typicalHeight: number,
): MergeTree {
  const first = fine.a.length, total = first + joined.a.length;
  const a = new Int32Array(total), b = new Int32Array(total), height = new Float32Array(total);
  a.set(fine.a);
  b.set(fine.b);
  // the first part's heights are on another scale: they fill what lies below the second's lowest
  const lowest = joined.height[0] ?? 0, highest = fine.height[first - 1] ?? 0;
  for (let i = 0; i < first; i++) height[i] = highest > 0 ? lowest * fine.height[i]! / highest : 0;
  for (let i = 0; i < joined.a.length; i++) {
    a[first + i] = representative[joined.a[i]!]!;
    b[first + i] = representative[joined.b[i]!]!;
    height[first + i] = joined.height[i]!;
  }
  for (let i = 0; i < total; i++) {
    const calibrated = height[i]! / (height[i]! + typicalHeight);
    height[i] = i > 0 ? Math.max(height[i - 1]!, calibrated) : calibrated; // rounding must not make them fall
  }
  return { a, b, height };
}
