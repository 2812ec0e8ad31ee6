/**
 * What the merge criterion is fitted to: pairs of neighbouring regions in a hierarchy's own partitions, and how many of the
 * people who segmented the image keep them apart.
 */
import { agglomerate } from "../lib/hierarchy/agglomerate.ts";
import { cueWeights } from "../lib/hierarchy/merge_regions.ts";
import { contract, type RegionCues, weighCues } from "../lib/hierarchy/region_graph.ts";
import type { MergeCriterion } from "../lib/hierarchy/weights.ts";
import { type Contingency, contingency } from "../lib/metrics/contingency.ts";
import type { Observation } from "./logistic_regression.ts";
import { termsOf } from "./merge_terms.ts";

/** Numbers of regions at which pairs are looked at: each counts the same. */
const STAGES = [150, 80, 40, 20, 10, 5];
/** What a pair counts: the product of its areas, to this power. At 1 a few skies decide everything, at 0.5 crumbs do. */
const AREA_POWER = 0.75;

/** One image, ready to be merged again and again. */
export interface Case {
  /** (H, W) region of the consensus that each pixel lies in. */
  readonly regions: Int32Array;
  readonly cues: RegionCues;
  readonly annotators: readonly Int32Array[];
}

/** A pair of neighbours in a partition of so many regions. */
export interface Pair extends Observation {
  readonly stage: number;
}

/**
 * Every pair of neighbours in the partitions of one image's hierarchy.
 *
 * @param one The image.
 * @param criterion What its hierarchy merges by; without the soft cut and deep features, which are off.
 * @returns Pairs; y is the share of the pixel pairs, one of either region, that an annotator keeps apart, over all of them.
 */
export function observe({ regions, cues, annotators }: Case, criterion: MergeCriterion): Pair[] {
  const tree = agglomerate(weighCues(cues, cueWeights(criterion)), criterion);
  return STAGES.filter((stage) => stage < cues.count).flatMap((stage) => {
    const { cues: part, region } = contract(cues, tree, cues.count - stage);
    const table = contingency(regions.map((r) => region[r]!), annotators);
    return Array.from(part.edgeA, (a, e) => {
      const b = part.edgeB[e]!, areas = part.area[a]! * part.area[b]!;
      const y = 1 - commonPairs(table, a, b) / (areas * annotators.length);
      return { stage, x: termsOf(part, e), y, weight: (areas / regions.length ** 2) ** AREA_POWER };
    });
  });
}

/** Pairs of a pixel of one region and one of another that an annotator keeps together, over all annotators. */
function commonPairs({ starts, column, count }: Contingency, a: number, b: number): number {
  let sum = 0, i = starts[a]!, j = starts[b]!;
  while (i < starts[a + 1]! && j < starts[b + 1]!) {
    if (column[i]! < column[j]!) i++;
    else if (column[j]! < column[i]!) j++;
    else sum += count[i++]! * count[j++]!;
  }
  return sum;
}

/**
 * Each stage counts the same: there are many more pairs of small regions.
 *
 * @param pairs Of all images.
 * @returns The same with weights that sum to 1 in each stage.
 */
export function balanced(pairs: readonly Pair[]): Observation[] {
  const total = new Map<number, number>();
  for (const { stage, weight } of pairs) total.set(stage, (total.get(stage) ?? 0) + weight);
  return pairs.map(({ stage, x, y, weight }) => ({ x, y, weight: weight / total.get(stage)! }));
}
