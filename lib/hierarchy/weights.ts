/**
 * Weights of the merge criterion, from weights.json. They are chosen, not derived: tools/fit_hierarchy.ts searches them on
 * BSDS500 train; none of them belongs to a network, and no human label trains one.
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

/** Everything that is weighed. */
export interface HierarchyWeights {
  /** Terms of the oriented gradient. */
  readonly gradients: readonly GradientWeight[];
  /** Chi-square distances of region histograms. */
  readonly histograms: Readonly<Record<(typeof REGION_WORDS)[number], number>>;
  /** The learned boundary map, where there is one. */
  readonly boundary: number;
  /** Half the L1 distance of mean deep features, where there are some. */
  readonly embedding: number;
  /** What the gradients are multiplied by where there is no learned boundary map. */
  readonly gradientAlone: number;
  /** The soft superpixel cut: its weight, 0 to leave it out, and its gradient steps, 0 for the spectral start. */
  readonly softCut: { readonly weight: number; readonly steps: number };
  /** See `agglomerate()`. */
  readonly sizeExponent: number;
  /** See `agglomerate()`. */
  readonly contactExponent: number;
  /** How trees are averaged: see `mergeRegions()`. */
  readonly consensus: {
    /** Exponent of the size factor of the average linkage. */
    readonly sizeExponent: number;
    /** For each variant the heights below which given shares of the last merges of train images lie, ascending. */
    readonly scales: readonly (readonly number[])[];
  };
  /** Dissimilarity at which train images are cut best by one threshold: becomes height 0.5. */
  readonly typicalHeight: number;
}

/** The weights in use. */
export const HIERARCHY_WEIGHTS = data as HierarchyWeights;
