/**
 * How good superpixels are before anything merges them: boundary recall, precision and F, undersegmentation error and
 * achievable segmentation accuracy, as in Stutz, Hermans and Leibe, "Superpixels: An evaluation of the state-of-the-art"
 * (2018, doi:10.1016/j.cviu.2017.03.007), each the mean over annotators.
 */

import { contingency } from "./contingency.ts";
import type { Labels } from "./label_map.ts";

/** Options of {@linkcode scoreSuperpixels}. */
export interface SuperpixelScoreOptions {
  /**
   * How far apart two boundary pixels may lie and still match, in pixels along rows and along columns, 0 or more; larger
   * forgives more. @default 0.0025 of the image's diagonal, rounded, as Stutz et al.: 1 for 481 x 321
   */
  tolerance?: number;
}

/** What {@linkcode scoreSuperpixels} returns; all 0 to 1, all but `undersegmentation` better when higher. */
export interface SuperpixelScore {
  /** Share of annotated boundary pixels with a superpixel boundary nearby. */
  readonly boundaryRecall: number;
  /** Share of superpixel boundary pixels with an annotated boundary nearby. */
  readonly boundaryPrecision: number;
  /** Harmonic mean of the two, for each annotator, then averaged. */
  readonly boundaryF: number;
  /** Pixels that leak over annotated boundaries: sum of min(inside, outside) over meeting pairs, by N (Neubert and Protzel). */
  readonly undersegmentation: number;
  /** Covering accuracy if every superpixel went to its best region: an upper bound on what merging can reach. */
  readonly achievableAccuracy: number;
}

/**
 * Scores superpixels against several annotators.
 *
 * @param labels (H, W) the superpixels.
 * @param width W, 1 or more.
 * @param height H, 1 or more.
 * @param annotators Each (H, W); at least one.
 * @param options See {@linkcode SuperpixelScoreOptions}.
 * @returns The scores.
 * @throws {TypeError} When sizes differ or there is no annotator.
 * @throws {RangeError} When the tolerance or a label is out of range.
 *
 * @example
 * ```ts
 * import { scoreSuperpixels } from "./superpixel_scores.ts";
 * import assert from "node:assert/strict";
 *
 * const human = new Int32Array([0, 0, 1, 1]), columns = new Int32Array([0, 1, 2, 3]);
 * const score = scoreSuperpixels(columns, 4, 1, [human], { tolerance: 0 });
 * assert.equal(score.boundaryRecall, 1);
 * assert.equal(score.boundaryPrecision, 1 / 3);
 * assert.equal(score.achievableAccuracy, 1);
 * ```
 */
export function scoreSuperpixels(
  labels: Labels,
  width: number,
  height: number,
  annotators: readonly Labels[],
  options: SuperpixelScoreOptions = {},
): SuperpixelScore {
  const { tolerance = Math.round(0.0025 * Math.hypot(width, height)) } = options;
  if (labels.length !== width * height) {
    throw new TypeError(`Cannot score superpixels: ${width} x ${height} needs ${width * height} labels`);
  }
  if (!Number.isInteger(tolerance) || tolerance < 0) {
    throw new RangeError(
      `Cannot score superpixels: tolerance must be a whole number from 0, got ${tolerance}`,
    );
  }
  const own = boundary(labels, width, height), nearOwn = dilate(own, width, height, tolerance);
  let recall = 0, precision = 0, f = 0, leak = 0, accuracy = 0;
  for (const annotator of annotators) {
    const { starts, count, rowArea } = contingency(labels, [annotator]);
    for (let r = 0; r < rowArea.length; r++) {
      let best = 0;
      for (let e = starts[r]!; e < starts[r + 1]!; e++) {
        leak += Math.min(count[e]!, rowArea[r]! - count[e]!);
        if (count[e]! > best) best = count[e]!;
      }
      accuracy += best;
    }
    const theirs = boundary(annotator, width, height);
    const found = share(theirs, nearOwn), right = share(own, dilate(theirs, width, height, tolerance));
    recall += found;
    precision += right;
    f += found + right > 0 ? 2 * found * right / (found + right) : 0;
  }
  const g = annotators.length, n = labels.length;
  if (g === 0) throw new TypeError("Cannot score superpixels: want at least one annotator, got 0");
  return {
    boundaryRecall: recall / g,
    boundaryPrecision: precision / g,
    boundaryF: f / g,
    undersegmentation: leak / (g * n),
    achievableAccuracy: accuracy / (g * n),
  };
}

/** 1 at pixels whose right or lower neighbour has another label: boundaries one pixel thin, on the upper left side. */
function boundary(labels: Labels, width: number, height: number): Uint8Array {
  const mask = new Uint8Array(labels.length);
  for (let y = 0, p = 0; y < height; y++) {
    for (let x = 0; x < width; x++, p++) {
      const right = x + 1 < width && labels[p] !== labels[p + 1];
      const below = y + 1 < height && labels[p] !== labels[p + width];
      mask[p] = right || below ? 1 : 0;
    }
  }
  return mask;
}

/** Share of `mask` that lies in `near`; 1 when there is nothing to find. */
function share(mask: Uint8Array, near: Uint8Array): number {
  let all = 0, hit = 0;
  for (let p = 0; p < mask.length; p++) {
    all += mask[p]!;
    hit += mask[p]! & near[p]!;
  }
  return all === 0 ? 1 : hit / all;
}

/** Grows a mask by a square of side 2r + 1: along rows, then along columns. */
function dilate(mask: Uint8Array, width: number, height: number, r: number): Uint8Array {
  if (r === 0) return mask;
  const rows = new Uint8Array(mask.length), out = new Uint8Array(mask.length);
  for (let y = 0; y < height; y++) dilateLine(mask, rows, y * width, 1, width, r);
  for (let x = 0; x < width; x++) dilateLine(rows, out, x, width, height, r);
  return out;
}

function dilateLine(
  source: Uint8Array,
  out: Uint8Array,
  start: number,
  step: number,
  length: number,
  r: number,
): void {
  let inside = 0; // how many of positions i - r to i + r are set
  for (let i = 0; i < Math.min(r, length); i++) inside += source[start + i * step]!;
  for (let i = 0; i < length; i++) {
    if (i + r < length) inside += source[start + (i + r) * step]!;
    if (i - r - 1 >= 0) inside -= source[start + (i - r - 1) * step]!;
    out[start + i * step] = inside > 0 ? 1 : 0;
  }
}
