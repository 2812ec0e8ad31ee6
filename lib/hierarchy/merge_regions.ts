/**
 * From superpixels to the tree of the hierarchy: greedy merging down to a few hundred regions, whose order hardly matters,
 * then the consensus of several trees over those, which also know which words of the image occur together.
 */
import type { MergeTree } from "../metrics/label_map.ts";
import { createRandom } from "../random.ts";
import { partOf, runSteps, type Steps } from "../steps.ts";
import { agglomerate } from "./agglomerate.ts";
import { coOccurrence } from "./co_occurrence.ts";
import { addMergeHeights, averageLinkage, randomizedTree } from "./consensus.ts";
import { geodesicAffinity } from "./geodesic_affinity.ts";
import {
  contract,
  type Contraction,
  edgeDissimilarities,
  type RegionCues,
  weighCues,
} from "./region_graph.ts";
import { softPartitions } from "./soft_partitions.ts";
import type { HierarchyWeights, MergeCriterion } from "./weights.ts";
import type { WordMap } from "./word_map.ts";
import { REGION_WORDS } from "./words.ts";

/** Regions that are left to the consensus: 450 score the same and cost twice the time. */
const NODES = 300;
/** Dissimilarity, in log-odds, at which the soft cut's affinity has fallen to 1/e: about that of an average neighbour. */
const AFFINITY_WIDTH = 2.5;
/** First seed of the variants; any other scores the same over many images, and differs on one. */
const SEED = 7;

/** Words on a grid, and which superpixel each sample of it lies in. */
export interface PlacedWords {
  readonly map: WordMap;
  /** (samples) superpixel of each. */
  readonly superpixel: Int32Array;
}

/**
 * Merges superpixels until one region is left.
 *
 * @param cues Superpixels and their boundaries.
 * @param weights The merge criterion.
 * @param words Whose co-occurrence tells what belongs together. @default nothing does
 * @returns count - 1 merges; heights 0 to 1, about the probability that people keep the two sides apart.
 */
export function mergeRegions(cues: RegionCues, weights: HierarchyWeights, words?: PlacedWords): MergeTree {
  return runSteps(mergeRegionSteps(cues, weights, words));
}

/**
 * {@linkcode mergeRegions} in steps.
 *
 * @param cues As there.
 * @param weights As there.
 * @param words As there.
 * @returns Steps to the merges.
 */
export function* mergeRegionSteps(
  cues: RegionCues,
  weights: HierarchyWeights,
  words?: PlacedWords,
): Steps<MergeTree> {
  const { fine, contraction } = mergeSuperpixels(cues, weights, words);
  yield 0.4;
  const joined = yield* partOf(consensusSteps(contraction.cues, weights), 0.4, 1);
  return assemble(fine, joined, contraction.representative);
}

/**
 * The second part: the tree that variants agree on.
 *
 * @param cues What the first part left.
 * @param weights The merge criterion to vary, and how many variants.
 * @returns Steps to all merges.
 */
export function* consensusSteps(cues: RegionCues, weights: HierarchyWeights): Steps<MergeTree> {
  const { trees } = weights, criterion = criterionFor(cues, weights);
  const distance = new Float32Array(cues.count * cues.count);
  for (let variant = 0; variant < trees; variant++) {
    const tree = randomizedTree(cues, criterion, createRandom(SEED + variant));
    addMergeHeights(distance, cues.count, tree, 1 / trees);
    yield (variant + 1) / (trees + 1);
  }
  return averageLinkage(distance, cues);
}

/**
 * The first part: superpixels merge until the consensus takes over.
 *
 * @param cues Superpixels and their boundaries.
 * @param weights The merge criterion.
 * @param words As in {@linkcode mergeRegions}.
 * @returns Merges made, and what is left.
 */
export function mergeSuperpixels(
  cues: RegionCues,
  weights: HierarchyWeights,
  words?: PlacedWords,
): { fine: MergeTree; contraction: Contraction } {
  const criterion = criterionFor(cues, weights);
  const fine = agglomerate(weighCues(cues, cueWeights(criterion)), { ...criterion, regions: NODES });
  const contraction = contract(cues, fine, fine.a.length);
  const { cues: coarse, region } = contraction;
  const affinity = words &&
    coOccurrence(words.map, words.superpixel.map((superpixel) => region[superpixel]!), coarse.count);
  const soft = criterion.softCut > 0 ? softCut(coarse, criterion, weights.softCutSteps) : undefined;
  return { fine, contraction: { ...contraction, cues: { ...coarse, ...affinity && { affinity }, ...soft } } };
}

/** A graph whose boundaries the learned map knows nothing of is judged without it. */
export function criterionFor(cues: RegionCues, weights: HierarchyWeights): MergeCriterion {
  return cues.boundary.some((value) => value > 0) ? weights.criterion : weights.criterionAlone;
}

/** What `weighCues()` takes of a criterion, before there is a soft cut. */
export function cueWeights({ gradient, boundary, contrast, histograms, embedding }: MergeCriterion) {
  return {
    gradient,
    boundary,
    contrast,
    histograms: REGION_WORDS.map((name) => histograms[name]),
    embedding,
  };
}

/** The soft superpixel cut of what is left; none where there are too few regions. */
function softCut(cues: RegionCues, criterion: MergeCriterion, steps: number): Pick<RegionCues, "soft"> {
  const apart = edgeDissimilarities(weighCues(cues, cueWeights(criterion)));
  const affinity = geodesicAffinity(cues.count, cues.edgeA, cues.edgeB, apart.map((d) => d / AFFINITY_WIDTH));
  const soft = softPartitions(affinity, cues.area, { steps });
  return soft.partitions > 0 ? { soft } : {};
}

/** Both parts as one tree over the superpixels. */
function assemble(fine: MergeTree, joined: MergeTree, representative: Int32Array): MergeTree {
  const first = fine.a.length, total = first + joined.a.length;
  const a = new Int32Array(total), b = new Int32Array(total), height = new Float32Array(total);
  a.set(fine.a);
  b.set(fine.b);
  // the first part knows less: its heights fill what lies below the second's lowest
  const lowest = joined.height[0] ?? 1, highest = fine.height[first - 1] ?? 1;
  for (let i = 0; i < first; i++) height[i] = Math.min(lowest, lowest * fine.height[i]! / highest);
  for (let i = 0; i < joined.a.length; i++) {
    a[first + i] = representative[joined.a[i]!]!;
    b[first + i] = representative[joined.b[i]!]!;
    height[first + i] = joined.height[i]!;
  }
  return { a, b, height };
}
