/**
 * How the regions of one label map meet those of several annotators: the one table from which covering, Rand index and
 * variation of information all follow. Sparse, because a superpixel meets two or three regions of each annotator, not all.
 */

import { checkLabels, type Labels } from "./label_map.ts";

/** Counts of common pixels; M rows (regions of the map), R columns (regions of all G annotators, one after another). */
export interface Contingency {
  /** Pixels N. */
  readonly pixels: number;
  /** (M) pixels of each region; 0 for labels that do not occur. */
  readonly rowArea: Int32Array;
  /** (R) pixels of each annotator's region; 0 for labels that do not occur. */
  readonly columnArea: Int32Array;
  /** Annotators G. */
  readonly annotators: number;
  /** (M + 1) where each row's entries start in `column` and `count`. */
  readonly starts: Int32Array;
  /** Columns of the entries, ascending within a row. */
  readonly column: Int32Array;
  /** Common pixels of the entries, 1 or more. */
  readonly count: Int32Array;
}

/**
 * Counts the pixels that each region shares with each region of each annotator.
 *
 * @param labels (H, W) the map.
 * @param annotators Each (H, W); at least one.
 * @returns The counts.
 * @throws {TypeError} When there is no annotator, no pixel, or the maps differ in size.
 * @throws {RangeError} When a label is out of range.
 *
 * @example
 * ```ts
 * import { contingency } from "./contingency.ts";
 * import assert from "node:assert/strict";
 *
 * const { starts, column, count } = contingency(new Int32Array([0, 0, 1]), [new Int32Array([0, 1, 1])]);
 * assert.deepEqual([...starts], [0, 2, 3]);
 * assert.deepEqual([...column], [0, 1, 1]);
 * assert.deepEqual([...count], [1, 1, 1]);
 * ```
 */
export function contingency(labels: Labels, annotators: readonly Labels[]): Contingency {
  const pixels = labels.length;
  if (pixels === 0) throw new TypeError("Cannot compare label maps: they have no pixels");
  if (annotators.length === 0) {
    throw new TypeError("Cannot compare label maps: want at least one annotator, got 0");
  }
  const rows = checkLabels(labels, pixels, "the segmentation") + 1;
  const offsets = new Int32Array(annotators.length + 1);
  annotators.forEach((map, g) => {
    offsets[g + 1] = offsets[g]! + checkLabels(map, pixels, `annotator ${g + 1}`) + 1;
  });
  const columns = offsets[annotators.length]!;
  const columnArea = new Int32Array(columns);
  for (let g = 0; g < annotators.length; g++) {
    const map = annotators[g]!, offset = offsets[g]!;
    for (let p = 0; p < pixels; p++) columnArea[offset + map[p]!]!++;
  }

  const { rowArea, order } = groupPixels(labels, rows);
  const starts = new Int32Array(rows + 1);
  const tally = new Int32Array(columns), touched = new Int32Array(columns);
  let column = new Int32Array(4 * rows + 64), count = new Int32Array(4 * rows + 64);
  let entries = 0;
  for (let row = 0, from = 0; row < rows; row++) {
    const to = from + rowArea[row]!;
    let n = 0;
    for (let g = 0; g < annotators.length; g++) {
      const map = annotators[g]!, offset = offsets[g]!;
      for (let i = from; i < to; i++) {
        const c = offset + map[order[i]!]!;
        if (tally[c]!++ === 0) touched[n++] = c;
      }
    }
    touched.subarray(0, n).sort();
    if (entries + n > column.length) {
      column = grown(column, entries + n);
      count = grown(count, entries + n);
    }
    for (let i = 0; i < n; i++) {
      const c = touched[i]!;
      column[entries] = c;
      count[entries++] = tally[c]!;
      tally[c] = 0;
    }
    starts[row + 1] = entries;
    from = to;
  }
  return {
    pixels,
    rowArea,
    columnArea,
    annotators: annotators.length,
    starts,
    column: column.subarray(0, entries),
    count: count.subarray(0, entries),
  };
}

/** Pixels sorted by label (counting sort), and how many each label has. */
function groupPixels(labels: Labels, rows: number): { rowArea: Int32Array; order: Int32Array } {
  const rowArea = new Int32Array(rows);
  for (let p = 0; p < labels.length; p++) rowArea[labels[p]!]!++;
  const next = new Int32Array(rows);
  for (let row = 1; row < rows; row++) next[row] = next[row - 1]! + rowArea[row - 1]!;
  const order = new Int32Array(labels.length);
  for (let p = 0; p < labels.length; p++) order[next[labels[p]!]!++] = p;
  return { rowArea, order };
}

function grown(array: Int32Array, least: number): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(Math.max(2 * array.length, least));
  larger.set(array);
  return larger;
}
