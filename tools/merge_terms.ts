/**
 * The terms of the merge criterion's log-odds, one by one: what `agglomerate()` adds up.
 */
import type { RegionCues } from "../lib/hierarchy/region_graph.ts";
import { type MergeCriterion, SINGLE_TERMS } from "../lib/hierarchy/weights.ts";
import { REGION_WORDS } from "../lib/hierarchy/words.ts";
import type { Regression } from "./logistic_regression.ts";

/**
 * What is measured of a pair of neighbours.
 *
 * @param cues The graph.
 * @param e The pair.
 * @returns What each weight of the criterion is multiplied by: those of SINGLE_TERMS, then those of histograms. Mean deep
 * features and the soft cut, which are off, are not among them.
 */
export function termsOf(cues: RegionCues, e: number): number[] {
  const { area, edgeA, edgeB, gradient, boundary, contrast, frame, affinity } = cues;
  const a = edgeA[e]!, b = edgeB[e]!, M = cues.count;
  const pixels = area.reduce((sum, pixels) => sum + pixels, 0);
  const mean = (p: number) => affinity && affinity.pairs[p]! > 0 ? affinity.sum[p]! / affinity.pairs[p]! : 0;
  const single = {
    size: Math.log(area[a]! * area[b]! / ((area[a]! + area[b]!) * pixels)),
    frame: frame[a]! & frame[b]!,
    boundary: boundary[e]!,
    contrast: contrast[e]!,
    gradient: gradient[e]!,
    across: -mean(a * M + b),
    within: mean(a * M + a) + mean(b * M + b),
  };
  return [...SINGLE_TERMS.map((name) => single[name]), ...chiSquares(cues, a, b)];
}

function chiSquares({ histograms, blocks }: RegionCues, a: number, b: number): number[] {
  const bins = blocks.reduce((sum, size) => sum + size, 0);
  let at = 0;
  return blocks.map((size) => {
    let sum = 0;
    for (let k = 0; k < size; k++, at++) {
      const x = histograms[a * bins + at]!, y = histograms[b * bins + at]!;
      sum += (x - y) ** 2 / (x + y + 1e-9);
    }
    return 0.5 * sum;
  });
}

/**
 * A criterion with the weights that a regression found.
 *
 * @param criterion What the regression does not decide.
 * @param regression Over {@linkcode termsOf}.
 * @returns A new criterion.
 */
export function withTerms(criterion: MergeCriterion, { constant, coefficients }: Regression): MergeCriterion {
  const named = <Name extends string>(names: readonly Name[], from: number) =>
    Object.fromEntries(names.map((name, i) => [name, coefficients[from + i]!])) as Record<Name, number>;
  const histograms = named(REGION_WORDS, SINGLE_TERMS.length);
  return { ...criterion, constant, ...named(SINGLE_TERMS, 0), histograms };
}
