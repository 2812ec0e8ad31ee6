/**
 * Figures of a data set from those of its images, as the official BSDS500 benchmark's collect_eval_reg: ODS takes the one
 * scale that is best over all images, OIS the best scale of each image, "best" the best region at any scale.
 */

import type { RegionScores } from "./region_scores.ts";

/** One metric over a data set. */
export interface Optimum {
  /** At the optimal data set scale. */
  readonly ods: number;
  /** That scale; the first of equal ones. */
  readonly odsScale: number;
  /** At each image's optimal scale. */
  readonly ois: number;
  /** (T) figure at each scale. */
  readonly perScale: readonly number[];
}

/** The region benchmark's figures. */
export interface RegionSummary {
  /** How many images were summed up. */
  readonly images: number;
  /** (T) scales common to all images. */
  readonly scales: readonly number[];
  /** Segmentation Covering, 0 to 1, higher is better; `best` lets each annotated region choose its scale. */
  readonly covering: Optimum & { readonly best: number };
  /** Probabilistic Rand Index, 0 to 1, higher is better. */
  readonly randIndex: Optimum;
  /** Variation of Information in bits, lower is better. */
  readonly variation: Optimum;
}

/** The seven numbers that tables print, in the order of {@linkcode FIGURE_NAMES}. */
export type Figures = readonly [
  coveringOds: number,
  coveringOis: number,
  coveringBest: number,
  randOds: number,
  randOis: number,
  variationOds: number,
  variationOis: number,
];

/** Names of {@linkcode Figures}. */
export const FIGURE_NAMES = [
  "SC ODS",
  "SC OIS",
  "SC best",
  "PRI ODS",
  "PRI OIS",
  "VI ODS",
  "VI OIS",
] as const;

/**
 * Sums up images scored at the same scales. Covering is a ratio of sums over images (large regions and images with many
 * annotators weigh more), Rand index and variation of information are means over images.
 *
 * @param images Scores of each image, all with as many scales; at least one.
 * @returns The benchmark's figures.
 * @throws {TypeError} When there is no image or the numbers of scales differ.
 *
 * @example
 * ```ts
 * import { scoreStack } from "./region_scores.ts";
 * import { summarize } from "./summary.ts";
 * import assert from "node:assert/strict";
 *
 * const halves = new Int32Array([0, 0, 1, 1]), whole = new Int32Array(4);
 * const summary = summarize([scoreStack([halves, whole], [halves]), scoreStack([halves, whole], [whole])]);
 * assert.equal(summary.covering.ods, 0.75); // either scale fits one image and half of the other
 * assert.equal(summary.covering.ois, 1);
 * ```
 */
export function summarize(images: readonly RegionScores[]): RegionSummary {
  check(images);
  const scales = images[0]!.scales, T = scales.length;
  const covered = new Array<number>(T).fill(0), rand = covered.slice(), variation = covered.slice();
  let area = 0, coveredOis = 0, randOis = 0, variationOis = 0, best = 0;
  for (const image of images) {
    for (let t = 0; t < T; t++) {
      covered[t]! += image.covered[t]!;
      rand[t]! += image.randIndex[t]!;
      variation[t]! += image.variation[t]!;
    }
    area += image.area;
    coveredOis += Math.max(...image.covered);
    randOis += Math.max(...image.randIndex);
    variationOis += Math.min(...image.variation);
    best += image.bestCovered;
  }
  const n = images.length;
  return {
    images: n,
    scales,
    covering: { ...optimum(covered, area, scales, 1), ois: coveredOis / area, best: best / area },
    randIndex: { ...optimum(rand, n, scales, 1), ois: randOis / n },
    variation: { ...optimum(variation, n, scales, -1), ois: variationOis / n },
  };
}

/**
 * The numbers that tables print.
 *
 * @param summary What {@linkcode summarize} returned.
 * @returns SC at ODS, OIS and best, PRI at ODS and OIS, VI at ODS and OIS.
 */
export function figures(summary: RegionSummary): Figures {
  const { covering, randIndex, variation } = summary;
  return [
    covering.ods,
    covering.ois,
    covering.best,
    randIndex.ods,
    randIndex.ois,
    variation.ods,
    variation.ois,
  ];
}

/**
 * The benchmark's line, `SC ods ois best | PRI ods ois | VI ods ois`, with three digits.
 *
 * @param values Figures, or their standard errors.
 * @returns The line.
 */
export function formatFigures(values: Figures): string {
  const [a, b, c, d, e, f, g] = values.map((value) => value.toFixed(3));
  return `SC ${a} ${b} ${c} | PRI ${d} ${e} | VI ${f} ${g}`;
}

function check(images: readonly RegionScores[]): void {
  if (images.length === 0) throw new TypeError("Cannot sum up scores: want at least one image, got 0");
  const T = images[0]!.scales.length;
  for (const image of images) {
    if (image.scales.length !== T) {
      throw new TypeError(`Cannot sum up scores: images have ${T} and ${image.scales.length} scales`);
    }
  }
}

/** Best entry of sums / divisor; sign 1 looks for the largest, -1 for the smallest, ties to the first. */
function optimum(
  sums: readonly number[],
  divisor: number,
  scales: readonly number[],
  sign: 1 | -1,
): Omit<Optimum, "ois"> {
  const perScale = sums.map((sum) => sum / divisor);
  let at = 0;
  for (let t = 1; t < perScale.length; t++) if (sign * perScale[t]! > sign * perScale[at]!) at = t;
  return { ods: perScale[at]!, odsScale: scales[at]!, perScale };
}
