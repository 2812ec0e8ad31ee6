/**
 * Region metrics of a hierarchy at many thresholds in one sweep: instead of labelling and counting the image once for each
 * threshold, the table of common pixels is made once for the superpixels and follows their merges. A merge costs what its
 * two regions have in common with the annotators, a threshold what all live regions have.
 */

import { find } from "../superpixels/union_find.ts";
import { type Contingency, contingency } from "./contingency.ts";
import { checkMerges, checkPair, identity } from "./cut_tree.ts";
import type { Labels, MergeTree } from "./label_map.ts";
import {
  type PairSums,
  pairSums,
  randIndexOf,
  type RegionScores,
  timesLog2,
  variationOf,
  weighted,
} from "./region_scores.ts";

/**
 * Scores a hierarchy cut at each threshold.
 *
 * @param superpixels (H, W) superpixel of each pixel.
 * @param tree Merges from fine to coarse, see {@linkcode MergeTree}.
 * @param annotators Each (H, W); at least one.
 * @param thresholds Ascending; at least one.
 * @param scales What the thresholds are called. @default the thresholds
 * @returns The sums from which `summarize()` makes the benchmark's figures.
 * @throws {TypeError} When lengths do not match, or there is no annotator or threshold.
 * @throws {RangeError} When heights or thresholds fall, or a merge names no region or one region twice.
 *
 * @example
 * ```ts
 * import { scoreHierarchy } from "./hierarchy_scores.ts";
 * import assert from "node:assert/strict";
 *
 * const superpixels = new Int32Array([0, 1, 2]);
 * const tree = { a: new Int32Array([1, 0]), b: new Int32Array([2, 1]), height: new Float64Array([0.2, 0.7]) };
 * const human = new Int32Array([0, 1, 1]);
 * const { covered, area } = scoreHierarchy(superpixels, tree, [human], [0.1, 0.5, 0.9]);
 * assert.deepEqual(covered.map((pixels) => (pixels / area).toFixed(3)), ["0.667", "1.000", "0.556"]);
 * ```
 */
export function scoreHierarchy(
  superpixels: Labels,
  tree: MergeTree,
  annotators: readonly Labels[],
  thresholds: readonly number[],
  scales: readonly number[] = thresholds,
): RegionScores {
  checkThresholds(thresholds, scales);
  const table = contingency(superpixels, annotators);
  checkMerges(tree, table.rowArea.length);
  const live = createLiveTable(table);
  const covered: number[] = [],
    coveredBack: number[] = [],
    randIndex: number[] = [],
    variation: number[] = [];
  const overlap = new Float64Array(table.columnArea.length), bestOverlap = new Float64Array(overlap.length);
  let back = 0, front = 0;
  for (let t = 0, merge = 0; t < thresholds.length; t++) {
    const before = merge;
    while (merge < tree.a.length && tree.height[merge]! <= thresholds[t]!) join(live, tree, merge++);
    if (t === 0 || merge > before) { // else the partition is that of the threshold before
      overlap.fill(0);
      back = liveOverlaps(live, overlap);
      front = weighted(overlap, table.columnArea);
      for (let c = 0; c < overlap.length; c++) {
        if (overlap[c]! > bestOverlap[c]!) bestOverlap[c] = overlap[c]!;
      }
    }
    covered.push(front);
    coveredBack.push(back);
    randIndex.push(randIndexOf(live.sums, table));
    variation.push(variationOf(live.sums, table));
  }
  return {
    scales: [...scales],
    covered,
    area: table.pixels * table.annotators,
    coveredBack,
    pixels: table.pixels,
    randIndex,
    variation,
    bestCovered: weighted(bestOverlap, table.columnArea),
  };
}

function checkThresholds(thresholds: readonly number[], scales: readonly number[]): void {
  if (thresholds.length === 0) {
    throw new TypeError("Cannot score hierarchy: want at least one threshold, got 0");
  }
  if (scales.length !== thresholds.length) {
    throw new TypeError(
      `Cannot score hierarchy: ${thresholds.length} thresholds and ${scales.length} scales`,
    );
  }
  for (let t = 0; t < thresholds.length; t++) {
    if (Number.isNaN(thresholds[t]) || thresholds[t]! < thresholds[t - 1]!) {
      throw new RangeError(`Cannot score hierarchy: thresholds must ascend, got ${thresholds[t]} at ${t}`);
    }
  }
}

/** The table while regions merge: each live region's entries are a list linked by `next`, ascending in column. */
interface LiveTable {
  readonly parent: Int32Array;
  readonly superpixels: number;
  readonly rowArea: Int32Array;
  readonly columnArea: Int32Array;
  readonly column: Int32Array;
  readonly count: Int32Array;
  readonly next: Int32Array;
  readonly head: Int32Array;
  /** Live regions, in no order, and where each stands in that list. */
  readonly live: Int32Array;
  readonly place: Int32Array;
  liveCount: number;
  readonly sums: PairSums;
}

function createLiveTable(table: Contingency): LiveTable {
  const { starts, column, count, rowArea, columnArea } = table;
  const rows = rowArea.length;
  const next = new Int32Array(column.length), head = new Int32Array(rows).fill(-1);
  for (let r = 0; r < rows; r++) {
    if (starts[r]! < starts[r + 1]!) head[r] = starts[r]!;
    for (let e = starts[r]!; e < starts[r + 1]!; e++) next[e] = e + 1 < starts[r + 1]! ? e + 1 : -1;
  }
  return {
    parent: identity(2 * rows), // at most rows - 1 merges succeed
    superpixels: rows,
    rowArea: rowArea.slice(),
    columnArea,
    column,
    count: count.slice(),
    next,
    head,
    live: identity(rows),
    place: identity(rows),
    liveCount: rows,
    sums: pairSums(table),
  };
}

function join(table: LiveTable, tree: MergeTree, merge: number): void {
  const { parent, rowArea, live, place, sums } = table;
  const a = find(parent, tree.a[merge]!), b = find(parent, tree.b[merge]!);
  checkPair(a, b, merge);
  parent[b] = a;
  parent[table.superpixels + merge] = a;

  const both = rowArea[a]! + rowArea[b]!;
  sums.rowSquares += 2 * rowArea[a]! * rowArea[b]!;
  sums.rowLogs += timesLog2(both) - timesLog2(rowArea[a]!) - timesLog2(rowArea[b]!);
  rowArea[a] = both;
  mergeLists(table, a, b);

  const last = live[--table.liveCount]!;
  live[place[b]!] = last;
  place[last] = place[b]!;
}

/** Merges the ascending list of b into that of a; entries of one column become one. */
function mergeLists(table: LiveTable, a: number, b: number): void {
  const { column, count, next, head, sums } = table;
  let i = head[a]!, j = head[b]!, tail = -1;
  while (i >= 0 || j >= 0) {
    let entry: number;
    if (j < 0 || (i >= 0 && column[i]! < column[j]!)) {
      entry = i;
      i = next[i]!;
    } else if (i < 0 || column[j]! < column[i]!) {
      entry = j;
      j = next[j]!;
    } else {
      entry = i;
      const u = count[i]!, v = count[j]!;
      sums.entrySquares += 2 * u * v;
      sums.entryLogs += timesLog2(u + v) - timesLog2(u) - timesLog2(v);
      count[i] = u + v;
      i = next[i]!;
      j = next[j]!;
    }
    if (tail < 0) head[a] = entry;
    else next[tail] = entry;
    tail = entry;
  }
  if (tail >= 0) next[tail] = -1;
}

/** As `bestOverlaps` of one table, over the live regions. */
function liveOverlaps(table: LiveTable, overlap: Float64Array): number {
  const { rowArea, columnArea, column, count, next, head, live, liveCount } = table;
  let back = 0;
  for (let k = 0; k < liveCount; k++) {
    const r = live[k]!, area = rowArea[r]!;
    let best = 0;
    for (let e = head[r]!; e >= 0; e = next[e]!) {
      const value = count[e]! / (area + columnArea[column[e]!]! - count[e]!);
      if (value > overlap[column[e]!]!) overlap[column[e]!] = value;
      if (value > best) best = value;
    }
    back += best * area;
  }
  return back;
}
