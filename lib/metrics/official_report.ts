/**
 * The text files of the official BSDS500 region benchmark, digit for digit. Its scripts pass each image's figures on
 * through text files of six significant digits, so the rounding belongs to the figures: a sum over 100 images of rounded
 * numbers prints differently from the rounded sum.
 */

import type { RegionScores } from "./region_scores.ts";
import { summarize } from "./summary.ts";

/** Contents of the five files by name. */
export type OfficialReport = Readonly<
  Record<
    | "eval_cover.txt"
    | "eval_cover_img.txt"
    | "eval_cover_th.txt"
    | "eval_RI_VOI.txt"
    | "eval_RI_VOI_thr.txt",
    string
  >
>;

/**
 * Rounds an image's scores to six significant digits, as they pass through the benchmark's per-image files.
 *
 * @param scores Scores of an image.
 * @returns The same, rounded.
 */
export function roundOfficially(scores: RegionScores): RegionScores {
  const round = (value: number) => Number(value.toPrecision(6));
  return {
    scales: scores.scales.map(round),
    covered: scores.covered.map(round),
    area: round(scores.area),
    coveredBack: scores.coveredBack.map(round),
    pixels: round(scores.pixels),
    randIndex: scores.randIndex.map(round),
    variation: scores.variation.map(round),
    bestCovered: round(scores.bestCovered),
  };
}

/**
 * Writes the benchmark's five files.
 *
 * @param images Scores of each image, in the order of the files' names; at least one.
 * @returns Text by file name.
 * @throws {TypeError} As `summarize()`.
 *
 * @example
 * ```ts
 * import { officialReport } from "./official_report.ts";
 * import { scoreStack } from "./region_scores.ts";
 * import assert from "node:assert/strict";
 *
 * const halves = new Int32Array([0, 0, 1, 1]);
 * const report = officialReport([scoreStack([new Int32Array(4), halves], [halves])]);
 * assert.equal(report["eval_cover.txt"], "         2          1          1          1\n");
 * ```
 */
export function officialReport(images: readonly RegionScores[]): OfficialReport {
  const rounded = images.map(roundOfficially);
  const { scales, covering, randIndex, variation } = summarize(rounded);
  const row = (...values: number[]) => values.map(general).join(" ") + "\n";
  return {
    "eval_cover.txt": row(covering.odsScale, covering.ods, covering.ois, covering.best),
    "eval_cover_img.txt": rounded.map((image, i) => {
      const ratios = image.covered.map((covered) => covered / image.area);
      const t = ratios.indexOf(Math.max(...ratios));
      return row(i + 1, scales[t]!, ratios[t]!, image.coveredBack[t]! / image.pixels);
    }).join(""),
    "eval_cover_th.txt": scales.map((scale, t) => row(scale, covering.perScale[t]!)).join(""),
    "eval_RI_VOI.txt": row(
      randIndex.odsScale,
      randIndex.ods,
      randIndex.ois,
      variation.odsScale,
      variation.ods,
      variation.ois,
    ),
    "eval_RI_VOI_thr.txt": scales.map((scale, t) =>
      row(scale, randIndex.perScale[t]!, variation.perScale[t]!)
    ).join(""),
  };
}

/**
 * Thresholds at which the official benchmark cuts contour maps: T of them, evenly inside (0, 1).
 *
 * @param count T, 1 or more; the papers use 99.
 * @returns 1 / (T + 1), 2 / (T + 1), ..., T / (T + 1).
 * @throws {RangeError} When T is not a whole number of 1 or more.
 */
export function officialThresholds(count: number): number[] {
  if (!Number.isInteger(count) || count < 1) {
    throw new RangeError(`Cannot choose thresholds: count must be 1 or more, got ${count}`);
  }
  return Array.from({ length: count }, (_, i) => (i + 1) / (count + 1));
}

/** C's `%10g`: six significant digits without trailing zeros, right-aligned in ten characters. */
function general(value: number): string {
  const exponent = value === 0 ? 0 : Number(value.toExponential(5).split("e")[1]);
  let text: string;
  if (exponent < -4 || exponent >= 6) {
    const [mantissa] = value.toExponential(5).split("e");
    const sign = exponent < 0 ? "-" : "+";
    text = `${Number(mantissa)}e${sign}${String(Math.abs(exponent)).padStart(2, "0")}`;
  } else {
    text = String(Number(value.toPrecision(6)));
  }
  return text.padStart(10);
}
