/**
 * Weights of the hierarchy, from weights.json. Those of the merge criterion are fitted by tools/fit_hierarchy.ts, a
 * regression on human segmentations of BSDS500 train: ten numbers. None of them belongs to a network, and no human label
 * trains one.
 */
import type { GRADIENT_WORDS, REGION_WORDS } from "./words.ts";
import data from "./weights.json" with { type: "json" };

/** Weight of one term of the gradient. */
export interface GradientWeight {
  /** Whose histograms are compared. */
  readonly words: (typeof GRADIENT_WORDS)[number];
  /** 2: half resolution; 4: a quarter. */
  readonly grid: number;
  /** Half the window's side, in samples of that grid. */
  readonly radius: number;
  /** What the distance, 0 to 1, is multiplied by. */
  readonly weight: number;
}

/** The log-odds that people keep two neighbouring regions apart: what each measurement is multiplied by. */
export interface MergeCriterion {
  /** Where nothing is measured. */
  readonly constant: number;
  /** See `AgglomerateOptions`. */
  readonly size: number;
  /** See `AgglomerateOptions`. */
  readonly frame: number;
  /** Mean of the learned map along the boundary. */
  readonly boundary: number;
  /** Mean colour contrast across the boundary. */
  readonly contrast: number;
  /** Strength of the texture gradients along the boundary. */
  readonly gradient: number;
  /** Chi-square distances of region histograms. */
  readonly histograms: Readonly<Record<(typeof REGION_WORDS)[number], number>>;
  /** See `AgglomerateOptions`. */
  readonly across: number;
  /** See `AgglomerateOptions`. */
  readonly within: number;
  /** Half the L1 distance of mean deep features, where there are some. */
  readonly embedding: number;
  /** Expected share of the soft cut's partitions that separate the two; 0 leaves the cut out. */
  readonly softCut: number;
}

/** The criterion's weights that are single numbers, in the order in which they are drawn and fitted. */
export const SINGLE_TERMS = [
  "size",
  "frame",
  "boundary",
  "contrast",
  "gradient",
  "across",
  "within",
] as const satisfies readonly (keyof MergeCriterion)[];

/** Everything that is weighed. */
export interface HierarchyWeights {
  /** Terms of the oriented gradient. */
  readonly gradients: readonly GradientWeight[];
  /** How pairs of regions are judged. */
  readonly criterion: MergeCriterion;
  /** The same where there is no learned boundary map. */
  readonly criterionAlone: MergeCriterion;
  /** Trees that the result is the consensus of, from 1. */
  readonly trees: number;
  /** Gradient steps of the soft cut, 0 for its spectral start. */
  readonly softCutSteps: number;
}

/** The weights in use. */
export const HIERARCHY_WEIGHTS = data as HierarchyWeights;
