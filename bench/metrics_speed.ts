/**
 * How long the region metrics take for a split of BSDS500 at 99 thresholds, on one core: incrementally over the merge tree,
 * and, for a few images, by cutting and counting anew at each threshold.
 * `deno run --allow-read bench/metrics_speed.ts DIR [split]`
 */
import { listImages } from "./bsds/dataset.ts";
import { readGroundTruth } from "../lib/metrics/bsds_files.ts";
import { cutTree } from "../lib/metrics/cut_tree.ts";
import { scoreHierarchy } from "../lib/metrics/hierarchy_scores.ts";
import type { MergeTree } from "../lib/metrics/label_map.ts";
import { officialThresholds } from "../lib/metrics/official_report.ts";
import { scoreStack } from "../lib/metrics/region_scores.ts";
import { summarize } from "../lib/metrics/summary.ts";
import { createRandom, type Random } from "../lib/random.ts";

/** Cells of 12 x 12 pixels, about 1,100 for a photo of BSDS500: as many superpixels as the hierarchy starts from. */
const CELL = 12;
const SLOW_IMAGES = 3;

/** What {@linkcode measureMetricsSpeed} found; times in milliseconds for all images. */
export interface MetricsSpeed {
  readonly images: number;
  /** Mean number of superpixels. */
  readonly superpixels: number;
  readonly thresholds: number;
  readonly reading: number;
  readonly scoring: number;
  /** Cutting and counting anew at each threshold, from a few images. */
  readonly cutting: number;
  /** Largest difference of a covering between the two ways. */
  readonly difference: number;
}

/**
 * @param data Folder of BSDS500.
 * @param split Its split.
 * @returns Times of a random hierarchy on each image.
 */
export async function measureMetricsSpeed(data: string, split: string): Promise<MetricsSpeed> {
  const thresholds = officialThresholds(99);
  const random = createRandom(0);
  let reading = 0, scoring = 0, slowly = 0, superpixels = 0, difference = 0, slow = 0;
  const all = [];
  const images = listImages(data, split).images.filter(({ groundTruth }) => groundTruth);
  for (const { groundTruth } of images) {
    const start = performance.now();
    const { width, height, maps } = await readGroundTruth(await Deno.readFile(groundTruth!));
    const read = performance.now();
    const columns = Math.ceil(width / CELL), rows = Math.ceil(height / CELL);
    const cells = Int32Array.from(
      { length: width * height },
      (_, p) => Math.floor(Math.floor(p / width) / CELL) * columns + Math.floor((p % width) / CELL),
    );
    const tree = randomGridTree(columns, rows, random);
    superpixels += columns * rows;
    const ready = performance.now();
    const scores = scoreHierarchy(cells, tree, maps, thresholds);
    const scored = performance.now();
    all.push(scores);
    reading += read - start;
    scoring += scored - ready;
    if (slow < SLOW_IMAGES) {
      slow++;
      const anew = scoreStack(thresholds.map((t) => cutTree(cells, tree, t)), maps, thresholds);
      slowly += performance.now() - scored;
      anew.covered.forEach((value, t) => {
        difference = Math.max(difference, Math.abs(value - scores.covered[t]!) / anew.area);
      });
    }
  }
  summarize(all);
  const n = images.length;
  return {
    images: n,
    superpixels: Math.round(superpixels / n),
    thresholds: thresholds.length,
    reading,
    scoring,
    cutting: slowly / slow * n,
    difference,
  };
}

if (import.meta.main) {
  const [data, split = "val"] = Deno.args;
  if (!data) throw new TypeError("want the folder of BSDS500");
  const found = await measureMetricsSpeed(data, split);
  const seconds = (milliseconds: number) => `${(milliseconds / 1000).toFixed(2)} s`;
  // deno-lint-ignore no-console -- a bench prints what it measures
  console.log(
    `${found.images} ${split} images, ${found.superpixels} superpixels, ${found.thresholds} thresholds, one core
reading ground truth        ${seconds(found.reading)}
scoring over the merge tree ${seconds(found.scoring)}
cutting ${found.thresholds} times instead    ${
      seconds(found.cutting)
    } (from ${SLOW_IMAGES} images; coverings differ by ${found.difference})`,
  );
}

/** Neighbouring cells joined in random order until one region is left; heights spread over (0, 1). */
function randomGridTree(columns: number, rows: number, random: Random): MergeTree {
  const edges: [number, number, number][] = [];
  for (let y = 0, cell = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++, cell++) {
      if (x + 1 < columns) edges.push([random(), cell, cell + 1]);
      if (y + 1 < rows) edges.push([random(), cell, cell + columns]);
    }
  }
  edges.sort((s, t) => s[0] - t[0]);
  const parent = Int32Array.from({ length: columns * rows }, (_, i) => i);
  const find = (i: number): number => parent[i] === i ? i : parent[i] = find(parent[i]!);
  const a: number[] = [], b: number[] = [], height: number[] = [];
  for (const [weight, s, t] of edges) {
    const i = find(s), j = find(t);
    if (i === j) continue;
    parent[j] = i;
    a.push(i);
    b.push(j);
    height.push(weight);
  }
  return { a: Int32Array.from(a), b: Int32Array.from(b), height: Float64Array.from(height) };
}
