import assert from "node:assert/strict";
import { contingency } from "../lib/metrics/contingency.ts";
import { contourMapTree, cutContourMap } from "../lib/metrics/contour_map.ts";
import { cutTree } from "../lib/metrics/cut_tree.ts";
import { scoreHierarchy } from "../lib/metrics/hierarchy_scores.ts";
import type { MergeTree } from "../lib/metrics/label_map.ts";
import { type RegionScores, scoreLabels, scoreStack } from "../lib/metrics/region_scores.ts";
import { figures, formatFigures, summarize } from "../lib/metrics/summary.ts";
import { scoreSuperpixels } from "../lib/metrics/superpixel_scores.ts";
import { createRandom, type Random } from "../lib/random.ts";
import * as reference from "./reference/region_metrics.ts";

const close = (a: number, b: number, within = 1e-10) =>
  assert.ok(Math.abs(a - b) <= within, `${a} is not ${b}`);
const map = (...labels: number[]) => Int32Array.from(labels);

/** (H, W) map of random rectangles, which gives regions of many sizes. */
function rectangles(width: number, height: number, count: number, random: Random): Int32Array {
  const labels = new Int32Array(width * height);
  for (let label = 1; label < count; label++) {
    const x0 = Math.floor(random() * width), y0 = Math.floor(random() * height);
    const x1 = x0 + 1 + Math.floor(random() * (width - x0)),
      y1 = y0 + 1 + Math.floor(random() * (height - y0));
    for (let y = y0; y < y1; y++) labels.fill(label, y * width + x0, y * width + x1);
  }
  return labels;
}

/** A random binary tree over the superpixels, naming regions by random members. */
function randomTree(superpixels: number, random: Random): MergeTree {
  const groups = Array.from({ length: superpixels }, (_, i) => [i]);
  const a = new Int32Array(superpixels - 1), b = a.slice(), height = new Float64Array(superpixels - 1);
  for (let i = 0; i < a.length; i++) {
    const [left] = groups.splice(Math.floor(random() * groups.length), 1);
    const right = groups[Math.floor(random() * groups.length)]!;
    a[i] = left![Math.floor(random() * left!.length)]!;
    b[i] = right[Math.floor(random() * right.length)]!;
    right.push(...left!);
    // equal heights occur, as in real hierarchies with a running maximum
    height[i] = (height[i - 1] ?? 0) + (random() < 0.3 ? 0 : random() / superpixels);
  }
  return { a, b, height };
}

function same(a: RegionScores, b: RegionScores, within = 1e-9): void {
  assert.deepEqual(a.scales, b.scales);
  assert.equal(a.area, b.area);
  assert.equal(a.pixels, b.pixels);
  close(a.bestCovered, b.bestCovered, within);
  for (const name of ["covered", "coveredBack", "randIndex", "variation"] as const) {
    assert.equal(a[name].length, b[name].length);
    a[name].forEach((value, t) => close(value, b[name][t]!, within));
  }
}

Deno.test("scoreLabels() is perfect for the annotator's own map, whatever its numbers", () => {
  const human = map(3, 3, 7, 7, 0, 0);
  const { covering, randIndex, variation } = scoreLabels(map(0, 0, 1, 1, 2, 2), [human]);
  assert.equal(covering, 1);
  assert.equal(randIndex, 1);
  close(variation, 0);
});

Deno.test("scoreLabels() gives the figures worked out by hand for two halves against quarters", () => {
  // two annotators: quarters and the whole; the map: halves
  const { covering, randIndex, variation } = scoreLabels(map(0, 0, 1, 1), [map(0, 1, 2, 3), map(0, 0, 0, 0)]);
  close(covering, (4 * 0.5 + 4 * 0.5) / 8);
  close(randIndex, (4 / 6 + 2 / 6) / 2);
  close(variation, (1 + 1) / 2);
});

Deno.test("scoreLabels() agrees with the definitions on random maps", () => {
  const random = createRandom(1);
  for (let i = 0; i < 10; i++) {
    const labels = rectangles(11, 9, 8, random);
    const annotators = Array.from({ length: 1 + i % 4 }, () => rectangles(11, 9, 5, random));
    const score = scoreLabels(labels, annotators);
    close(score.covering, reference.covering(labels, annotators));
    close(score.randIndex, reference.randIndex(labels, annotators));
    close(score.variation, reference.variation(labels, annotators));
  }
});

Deno.test("scoreLabels() does not mind the order of annotators, the numbers of labels or the direction of the rows", () => {
  const random = createRandom(2);
  const labels = rectangles(20, 21, 9, random);
  const one = rectangles(20, 21, 6, random), two = rectangles(20, 21, 12, random);
  const score = scoreLabels(labels, [one, two]);
  const swapped = scoreLabels(labels.map((label) => 40 - label), [two, one]);
  const mirrored = scoreLabels(labels.slice().reverse(), [one.slice().reverse(), two.slice().reverse()]);
  for (const other of [swapped, mirrored]) {
    close(score.covering, other.covering);
    close(score.randIndex, other.randIndex);
    close(score.variation, other.variation);
  }
});

Deno.test("scoreLabels() counts label 0 as a region and takes every typed array of labels", () => {
  const human = new Uint16Array([1, 1, 2, 2]);
  assert.deepEqual(scoreLabels(new Uint8Array([0, 0, 9, 9]), [human]), scoreLabels(map(1, 1, 0, 0), [human]));
});

Deno.test("scoreLabels() gives an image of one pixel full marks", () => {
  assert.deepEqual(scoreLabels(map(4), [map(2)]), { covering: 1, randIndex: 1, variation: 0 });
});

Deno.test("scoreLabels() is exact where every pixel is its own region", () => {
  const n = 300, each = Int32Array.from({ length: n }, (_, i) => i);
  const { covering, randIndex, variation } = scoreLabels(each, [new Int32Array(n)]);
  close(covering, 1 / n);
  close(randIndex, 0);
  close(variation, Math.log2(n));
});

Deno.test("scoreLabels() and scoreStack() refuse wrong shapes and labels", () => {
  assert.throws(() => scoreLabels(map(0, 1), [map(0)]), /annotator 1 has 1 pixels, want 2/);
  assert.throws(() => scoreLabels(map(0, 1), []), /at least one annotator/);
  assert.throws(() => scoreLabels(map(), [map()]), TypeError);
  assert.throws(() => scoreLabels(map(0, -1), [map(0, 0)]), /must be 0 to 67108863, got -1/);
  assert.throws(() => scoreStack([], [map(0)]), /at least one/);
  assert.throws(() => scoreStack([map(0)], [map(0)], [1, 2]), TypeError);
});

Deno.test("contingency() is the full table without its zeros", () => {
  const random = createRandom(3);
  const labels = rectangles(13, 7, 6, random),
    annotators = [rectangles(13, 7, 4, random), rectangles(13, 7, 5, random)];
  const { starts, column, count, rowArea, columnArea } = contingency(labels, annotators);
  const sizes = annotators.map((annotator) => Math.max(...annotator) + 1);
  const full = Array.from(rowArea, () => new Array<number>(sizes[0]! + sizes[1]!).fill(0));
  for (let p = 0; p < labels.length; p++) {
    full[labels[p]!]![annotators[0]![p]!]!++;
    full[labels[p]!]![sizes[0]! + annotators[1]![p]!]!++;
  }
  const read = Array.from(rowArea, () => new Array<number>(columnArea.length).fill(0));
  for (let r = 0; r < rowArea.length; r++) {
    for (let e = starts[r]!; e < starts[r + 1]!; e++) {
      assert.ok(count[e]! > 0 && (e === starts[r] || column[e]! > column[e - 1]!));
      read[r]![column[e]!] = count[e]!;
    }
  }
  assert.deepEqual(read, full);
});

Deno.test("scoreHierarchy() equals one labelling for each threshold, on random trees", () => {
  const random = createRandom(4);
  for (let i = 0; i < 12; i++) {
    const superpixels = rectangles(24, 17, 3 + 5 * i, random);
    const count = Math.max(...superpixels) + 1;
    const tree = randomTree(count, random);
    const annotators = Array.from({ length: 1 + i % 5 }, () => rectangles(24, 17, 2 + i, random));
    const top = tree.height[count - 2]!;
    const thresholds = [-1, ...Array.from({ length: 19 }, (_, t) => top * t / 15)];
    const slow = scoreStack(thresholds.map((t) => cutTree(superpixels, tree, t)), annotators, thresholds);
    same(scoreHierarchy(superpixels, tree, annotators, thresholds), slow);
  }
});

Deno.test("scoreHierarchy() takes regions named by a member or by the merge that made them", () => {
  const superpixels = map(0, 0, 1, 2, 3, 3);
  const height = new Float64Array([0.1, 0.2, 0.3]);
  const members: MergeTree = { a: map(0, 2, 1), b: map(1, 3, 3), height };
  const merges: MergeTree = { a: map(0, 2, 4), b: map(1, 3, 5), height };
  const human = map(0, 0, 0, 1, 1, 1);
  const thresholds = [0.05, 0.15, 0.25, 0.35];
  const scores = scoreHierarchy(superpixels, members, [human], thresholds);
  assert.deepEqual(scoreHierarchy(superpixels, merges, [human], thresholds), scores);
  assert.equal(scores.covered[2], 6);
  for (const t of thresholds) {
    assert.deepEqual(cutTree(superpixels, members, t), cutTree(superpixels, merges, t));
  }
});

Deno.test("scoreHierarchy() calls its partitions by the scales it is given", () => {
  const tree: MergeTree = { a: map(0), b: map(1), height: new Float32Array([0.5]) };
  assert.deepEqual(scoreHierarchy(map(0, 1), tree, [map(0, 0)], [0, 1], [2, 1]).scales, [2, 1]);
});

Deno.test("scoreHierarchy() refuses falling heights and thresholds and impossible merges", () => {
  const labels = map(0, 1, 2), human = [map(0, 0, 1)];
  const tree = (a: number[], b: number[], height: number[]): MergeTree => ({
    a: Int32Array.from(a),
    b: Int32Array.from(b),
    height: Float64Array.from(height),
  });
  assert.throws(() => scoreHierarchy(labels, tree([0, 1], [1, 2], [0.5, 0.4]), human, [1]), /must not fall/);
  assert.throws(
    () => scoreHierarchy(labels, tree([0], [3], [0.5]), human, [1]),
    /joins 0 and 3, want 0 to 2/,
  );
  assert.throws(() => scoreHierarchy(labels, tree([0, 0], [1, 1], [0, 0]), human, [1]), /with itself/);
  assert.throws(() => scoreHierarchy(labels, tree([0], [1, 2], [0]), human, [1]), TypeError);
  assert.throws(() => scoreHierarchy(labels, tree([0], [1], [0]), human, [1, 0.5]), /must ascend/);
  assert.throws(() => scoreHierarchy(labels, tree([0], [1], [0]), human, []), TypeError);
  assert.throws(() => cutTree(labels, tree([0], [-1], [0]), 1), RangeError);
});

/** A random contour map that is not even ultrametric: the cut must not depend on that. */
function randomContours(width: number, height: number, random: Random) {
  const columns = 2 * width + 1, rows = 2 * height + 1, data = new Float64Array(columns * rows);
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++) {
      if (x % 2 === 0 || y % 2 === 0) data[y * columns + x] = Math.max(0, Math.round(8 * random()) / 8 - 0.3);
    }
  }
  return { width, height, data };
}

Deno.test("contourMapTree() cuts where cutContourMap() does", () => {
  const random = createRandom(6);
  for (let i = 0; i < 5; i++) {
    const contours = randomContours(9, 12, random);
    const { superpixels, count, tree } = contourMapTree(contours);
    assert.equal(tree.a.length, count - 1);
    for (const t of [0, 0.05, 0.1, 0.2, 0.45, 0.7, 1]) {
      assert.deepEqual(cutTree(superpixels, tree, t), cutContourMap(contours, t));
    }
  }
});

Deno.test("cutContourMap() joins regions that touch only at a corner where the contour allows it", () => {
  // 2 x 2 pixels, walls of 0.9 on all four edges, a gap at the crossing: 8-connected, so the diagonals leak through it
  const wall = [0, 0, 0.9, 0, 0], open = [0.9, 0.9, 0.2, 0.9, 0.9], border = [0, 0, 0.9, 0, 0];
  const data = Float64Array.from([...border, ...wall, ...open, ...wall, ...border]);
  data[10] =
    data[14] =
    data[2] =
    data[22] =
      0.9;
  assert.deepEqual([...cutContourMap({ width: 2, height: 2, data }, 0.1)], [0, 1, 2, 3]);
  assert.deepEqual([...cutContourMap({ width: 2, height: 2, data }, 0.2)], [0, 0, 0, 0]);
});

Deno.test("cutContourMap() refuses sizes, pixels on contours and negative thresholds", () => {
  const data = new Float64Array(9);
  assert.throws(() => cutContourMap({ width: 2, height: 1, data }, 0), /need 15 heights, got 9/);
  assert.throws(() => cutContourMap({ width: 1, height: 1, data }, -1), /0 or more, got -1/);
  assert.throws(() => cutContourMap({ width: 1, height: 1, data: data.map(() => NaN) }, 0), TypeError);
  assert.throws(() => cutContourMap({ width: 1, height: 1, data: data.map(() => 1) }, 0), /must be 0, got 1/);
});

Deno.test("summarize() takes one scale for ODS, each image's own for OIS and each region's own for best", () => {
  const scores = (
    covered: number[],
    randIndex: number[],
    variation: number[],
    best: number,
  ): RegionScores => ({
    scales: [0.1, 0.2, 0.3],
    covered,
    area: 100,
    coveredBack: [0, 0, 0],
    pixels: 50,
    randIndex,
    variation,
    bestCovered: best,
  });
  const summary = summarize([
    scores([90, 60, 50], [0.5, 0.9, 0.9], [3, 2, 1], 95),
    scores([10, 50, 60], [0.7, 0.4, 0.3], [1, 2, 4], 65),
  ]);
  assert.equal(summary.covering.odsScale, 0.2); // a tie with 0.3: the first
  assert.deepEqual(figures(summary), [0.55, 0.75, 0.8, 0.65, 0.8, 2, 1]);
  assert.deepEqual(summary.covering.perScale, [0.5, 0.55, 0.55]);
  assert.equal(formatFigures(figures(summary)), "SC 0.550 0.750 0.800 | PRI 0.650 0.800 | VI 2.000 1.000");
});

Deno.test("summarize() weighs covering by pixels times annotators, the other metrics by image", () => {
  const small = scoreStack([map(0, 0)], [map(0, 1)]);
  const large = scoreStack([new Int32Array(8)], [new Int32Array(8), new Int32Array(8)]);
  const { covering, randIndex } = summarize([small, large]);
  close(covering.ods, (1 + 16) / 18);
  close(randIndex.ods, 0.5);
});

Deno.test("summarize() refuses no image and unequal numbers of scales", () => {
  const one = scoreStack([map(0, 0)], [map(0, 1)]), two = scoreStack([map(0, 0), map(0, 1)], [map(0, 1)]);
  assert.throws(() => summarize([]), /at least one image/);
  assert.throws(() => summarize([one, two]), /1 and 2 scales/);
});

Deno.test("scoreSuperpixels() gives full marks to a refinement, but for precision", () => {
  const human = map(0, 0, 1, 1, 0, 0, 1, 1);
  const quarters = map(0, 1, 2, 3, 0, 1, 2, 3);
  const score = scoreSuperpixels(quarters, 4, 2, [human], { tolerance: 0 });
  assert.equal(score.boundaryRecall, 1);
  assert.equal(score.boundaryPrecision, 1 / 3);
  assert.equal(score.boundaryF, 0.5);
  assert.equal(score.undersegmentation, 0);
  assert.equal(score.achievableAccuracy, 1);
});

Deno.test("scoreSuperpixels() measures a leak by its smaller side", () => {
  // boundary one pixel off: of 8 pixels one column of 2 leaks into the other side
  const human = map(0, 0, 1, 1, 0, 0, 1, 1), off = map(0, 1, 1, 1, 0, 1, 1, 1);
  const score = scoreSuperpixels(off, 4, 2, [human], { tolerance: 0 });
  assert.equal(score.boundaryRecall, 0);
  assert.equal(score.achievableAccuracy, 6 / 8);
  assert.equal(score.undersegmentation, (2 + 2) / 8); // counted from both of the regions that it joins
  const near = scoreSuperpixels(off, 4, 2, [human], { tolerance: 1 });
  assert.equal(near.boundaryRecall, 1);
  assert.equal(near.boundaryF, 1);
});

Deno.test("scoreSuperpixels() looks as far as the tolerance in every direction", () => {
  const width = 21, height = 20;
  const column = (x: number) => Int32Array.from({ length: 420 }, (_, p) => p % width > x ? 1 : 0);
  const row = (y: number) => Int32Array.from({ length: 420 }, (_, p) => Math.floor(p / width) > y ? 1 : 0);
  const recall = (a: Int32Array, b: Int32Array, tolerance: number) =>
    scoreSuperpixels(a, width, height, [b], { tolerance }).boundaryRecall;
  for (const at of [column, row]) {
    for (const shift of [-3, 3]) {
      assert.equal(recall(at(9 + shift), at(9), 3), 1);
      assert.equal(recall(at(9 + shift), at(9), 2), 0);
    }
  }
});

Deno.test("scoreSuperpixels() averages over annotators and refuses none", () => {
  const labels = map(0, 0, 1, 1), one = scoreSuperpixels(labels, 4, 1, [labels]);
  const both = scoreSuperpixels(labels, 4, 1, [labels, map(0, 1, 1, 1)], { tolerance: 0 });
  assert.equal(one.boundaryRecall, 1);
  assert.equal(both.boundaryRecall, 0.5);
  assert.throws(() => scoreSuperpixels(labels, 4, 1, []), /at least one annotator/);
  assert.throws(() => scoreSuperpixels(labels, 3, 1, [labels]), TypeError);
  assert.throws(() => scoreSuperpixels(labels, 4, 1, [labels], { tolerance: 0.5 }), RangeError);
});
