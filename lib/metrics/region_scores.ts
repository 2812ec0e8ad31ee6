/**
 * Region metrics of BSDS500 for one image: Segmentation Covering (Arbelaez, Maire, Fowlkes and Malik 2011,
 * doi:10.1109/TPAMI.2010.161), Probabilistic Rand Index (Unnikrishnan, Pantofaru and Hebert 2007,
 * doi:10.1109/TPAMI.2007.1046) and Variation of Information (Meila 2005, doi:10.1145/1102351.1102424), of one label map or
 * a stack of them against several annotators. The semantics are those of the official benchmark's evaluation_reg_image.
 */

import { type Contingency, contingency } from "./contingency.ts";
import type { Labels } from "./label_map.ts";

/** Figures of one label map against all annotators of its image. */
export interface RegionScore {
  /** Segmentation Covering, 0 to 1: overlap (intersection over union) of each annotated region with its best, by area. */
  readonly covering: number;
  /** Probabilistic Rand Index, 0 to 1: mean over annotators of the share of pixel pairs on which both agree. */
  readonly randIndex: number;
  /** Variation of Information in bits, 0 or more: mean over annotators of H(map | annotator) + H(annotator | map). */
  readonly variation: number;
}

/** Figures of one image's partitions at T scales, kept as sums, because the benchmark adds sums over images. */
export interface RegionScores {
  /** (T) what each partition is called: its threshold in a hierarchy, or 1, 2, ... in a stack. */
  readonly scales: readonly number[];
  /** (T) sum over all annotators' regions of area times best overlap, in pixels. */
  readonly covered: readonly number[];
  /** Pixels times annotators: the most that `covered` can be. */
  readonly area: number;
  /** (T) the other way round: sum over the partition's regions of area times best overlap with any annotator's region. */
  readonly coveredBack: readonly number[];
  /** Pixels: the most that `coveredBack` can be. */
  readonly pixels: number;
  /** (T) Probabilistic Rand Index. */
  readonly randIndex: readonly number[];
  /** (T) Variation of Information, bits. */
  readonly variation: readonly number[];
  /** As `covered`, where each annotated region may choose its scale. */
  readonly bestCovered: number;
}

/**
 * Scores one label map against several annotators.
 *
 * @param labels (H, W) the map.
 * @param annotators Each (H, W); at least one.
 * @returns Covering, Rand index and variation of information.
 * @throws {TypeError} When there is no annotator or the maps differ in size.
 * @throws {RangeError} When a label is out of range.
 *
 * @example
 * ```ts
 * import { scoreLabels } from "./region_scores.ts";
 * import assert from "node:assert/strict";
 *
 * const halves = new Int32Array([0, 0, 1, 1]), whole = new Int32Array(4);
 * assert.deepEqual(scoreLabels(halves, [halves]), { covering: 1, randIndex: 1, variation: 0 });
 * // one region against two halves: each half covers half of it; 2 of 6 pairs agree; one bit is lost
 * const { covering, randIndex, variation } = scoreLabels(whole, [halves]);
 * assert.deepEqual([covering, randIndex.toFixed(3), variation], [0.5, "0.333", 1]);
 * ```
 */
export function scoreLabels(labels: Labels, annotators: readonly Labels[]): RegionScore {
  const { covered, area, randIndex, variation } = scoreStack([labels], annotators);
  return { covering: covered[0]! / area, randIndex: randIndex[0]!, variation: variation[0]! };
}

/**
 * Scores a stack of label maps of one image, such as one method's at several scales.
 *
 * @param stack Label maps, each (H, W); at least one.
 * @param annotators Each (H, W); at least one.
 * @param scales What the maps are called. @default 1, 2, ...
 * @returns The sums from which `summarize()` makes the benchmark's figures.
 * @throws {TypeError} When there is no map, no annotator, the maps differ in size or scales do not match the maps.
 * @throws {RangeError} When a label is out of range.
 */
export function scoreStack(
  stack: readonly Labels[],
  annotators: readonly Labels[],
  scales: readonly number[] = stack.map((_, i) => i + 1),
): RegionScores {
  if (stack.length === 0) throw new TypeError("Cannot score segmentations: want at least one, got 0");
  if (scales.length !== stack.length) {
    throw new TypeError(`Cannot score segmentations: ${stack.length} of them and ${scales.length} scales`);
  }
  const covered: number[] = [],
    coveredBack: number[] = [],
    randIndex: number[] = [],
    variation: number[] = [];
  let bestOverlap: Float64Array | undefined;
  let columnArea = new Int32Array(0);
  for (const labels of stack) {
    const table = contingency(labels, annotators);
    bestOverlap ??= new Float64Array(table.columnArea.length);
    columnArea = table.columnArea as Int32Array<ArrayBuffer>;
    const overlap = new Float64Array(columnArea.length);
    coveredBack.push(bestOverlaps(table, overlap));
    covered.push(weighted(overlap, columnArea));
    for (let c = 0; c < overlap.length; c++) {
      if (overlap[c]! > bestOverlap[c]!) bestOverlap[c] = overlap[c]!;
    }
    const sums = pairSums(table);
    randIndex.push(randIndexOf(sums, table));
    variation.push(variationOf(sums, table));
  }
  const pixels = stack[0]!.length;
  return {
    scales: [...scales],
    covered,
    area: pixels * annotators.length,
    coveredBack,
    pixels,
    randIndex,
    variation,
    bestCovered: weighted(bestOverlap!, columnArea),
  };
}

/** Sums over rows (regions), columns (annotated regions) and entries of c^2 and c log2 c, c a number of pixels. */
export interface PairSums {
  rowSquares: number;
  columnSquares: number;
  entrySquares: number;
  rowLogs: number;
  columnLogs: number;
  entryLogs: number;
}

/** c log2 c, and 0 for 0. */
export function timesLog2(count: number): number {
  return count > 0 ? count * Math.log2(count) : 0;
}

/** The six sums of a table. Squares stay exact integers up to about 60 megapixels. */
export function pairSums(table: Contingency): PairSums {
  const { rowArea, columnArea, count } = table;
  const sums = {
    rowSquares: 0,
    columnSquares: 0,
    entrySquares: 0,
    rowLogs: 0,
    columnLogs: 0,
    entryLogs: 0,
  };
  for (let r = 0; r < rowArea.length; r++) {
    sums.rowSquares += rowArea[r]! * rowArea[r]!;
    sums.rowLogs += timesLog2(rowArea[r]!);
  }
  for (let c = 0; c < columnArea.length; c++) {
    sums.columnSquares += columnArea[c]! * columnArea[c]!;
    sums.columnLogs += timesLog2(columnArea[c]!);
  }
  for (let e = 0; e < count.length; e++) {
    sums.entrySquares += count[e]! * count[e]!;
    sums.entryLogs += timesLog2(count[e]!);
  }
  return sums;
}

/** Mean over annotators of the Rand index. */
export function randIndexOf(sums: PairSums, table: Pick<Contingency, "pixels" | "annotators">): number {
  const { pixels: n, annotators: g } = table;
  if (n === 1) return 1; // no pair to disagree on
  // pairs together in one and apart in the other: (sum of row squares + sum of column squares) / 2 - sum of entry squares
  const apart = (sums.rowSquares + sums.columnSquares / g) / 2 - sums.entrySquares / g;
  return 1 - apart / (n * (n - 1) / 2);
}

/** Mean over annotators of the variation of information, bits. */
export function variationOf(sums: PairSums, table: Pick<Contingency, "pixels" | "annotators">): number {
  const { pixels: n, annotators: g } = table;
  // H(row) + H(column) - 2 I = 2 H(joint) - H(row) - H(column), written with counts; rounding may fall below 0
  return Math.max(0, (sums.rowLogs + (sums.columnLogs - 2 * sums.entryLogs) / g) / n);
}

/** Sum of overlap times area. */
export function weighted(overlap: Float64Array, area: Int32Array): number {
  let sum = 0;
  for (let i = 0; i < overlap.length; i++) sum += overlap[i]! * area[i]!;
  return sum;
}

/** Writes each column's best overlap; returns the sum over rows of area times best overlap. */
function bestOverlaps(table: Contingency, overlap: Float64Array): number {
  const { rowArea, columnArea, starts, column, count } = table;
  let back = 0;
  for (let r = 0; r < rowArea.length; r++) {
    let best = 0;
    for (let e = starts[r]!; e < starts[r + 1]!; e++) {
      const c = column[e]!;
      const value = count[e]! / (rowArea[r]! + columnArea[c]! - count[e]!);
      if (value > overlap[c]!) overlap[c] = value;
      if (value > best) best = value;
    }
    back += best * rowArea[r]!;
  }
  return back;
}
