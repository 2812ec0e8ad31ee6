/** The official benchmark's own fixtures, and the statistics on top. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { readContourMap, readGroundTruth, readSegs } from "../lib/metrics/bsds_files.ts";
import { contourMapTree, cutContourMap } from "../lib/metrics/contour_map.ts";
import { scoreHierarchy } from "../lib/metrics/hierarchy_scores.ts";
import { officialReport, officialThresholds, roundOfficially } from "../lib/metrics/official_report.ts";
import { type RegionScores, scoreStack } from "../lib/metrics/region_scores.ts";
import { bootstrap, pairedBootstrap } from "../lib/metrics/statistics.ts";
import { createRandom } from "../lib/random.ts";
import { bsds500, matFiles, needsBsds500 } from "./reference/shared_data.ts";

const thresholds = officialThresholds(5);

async function annotators(path: string): Promise<Int32Array[]> {
  const file = path.replace(/(ucm2|segs)(?=[\\/][^\\/]*$)/, "groundTruth");
  return [...(await readGroundTruth(Deno.readFileSync(file))).maps];
}

function assertEqualsOfficial(scores: RegionScores[], folder: string): void {
  const report = officialReport(scores);
  assert.equal(Object.keys(report).length, 5);
  for (const [name, text] of Object.entries(report)) {
    assert.equal(text, Deno.readTextFileSync(join(bsds500!, "official", folder, name)), `${folder}/${name}`);
  }
}

Deno.test({
  ...needsBsds500(
    "officialReport() writes test_1's files, digit for digit, from contour maps cut one by one",
  ),
  fn: async () => {
    const scores: RegionScores[] = [];
    for (const path of matFiles("official/ucm2")) {
      const contours = await readContourMap(Deno.readFileSync(path));
      const stack = thresholds.map((t) => cutContourMap(contours, t));
      scores.push(scoreStack(stack, await annotators(path), thresholds));
    }
    assertEqualsOfficial(scores, "test_1");
  },
});

Deno.test({
  ...needsBsds500(
    "officialReport() writes test_1's files, digit for digit, from the contour maps' merge trees",
  ),
  fn: async () => {
    const scores: RegionScores[] = [];
    for (const path of matFiles("official/ucm2")) {
      const { superpixels, tree } = contourMapTree(await readContourMap(Deno.readFileSync(path)));
      scores.push(scoreHierarchy(superpixels, tree, await annotators(path), thresholds));
    }
    assertEqualsOfficial(scores, "test_1");
  },
});

Deno.test({
  ...needsBsds500(
    "officialReport() writes test_4's and test_5's files, digit for digit, from stacks of segmentations",
  ),
  fn: async () => {
    const scores: RegionScores[] = [];
    for (const path of matFiles("official/segs")) {
      scores.push(scoreStack((await readSegs(Deno.readFileSync(path))).maps, await annotators(path)));
    }
    assertEqualsOfficial(scores, "test_4");
    assertEqualsOfficial(scores, "test_5");
  },
});

function scores(covered: number[], area = 1000): RegionScores {
  const zeros = covered.map(() => 0);
  return {
    scales: covered.map((_, i) => i + 1),
    covered,
    area,
    coveredBack: zeros,
    pixels: 100,
    randIndex: covered.map((pixels) => pixels / area),
    variation: covered.map((pixels) => 1 - pixels / area),
    bestCovered: Math.max(...covered),
  };
}

Deno.test("officialReport() prints as C's %10g does", () => {
  const report = officialReport([{
    ...scores([1234567.5, 40], 10000000),
    randIndex: [0.0000123456789, 0],
    variation: [1 / 3, 123456.7],
  }]);
  const lines = (name: keyof typeof report) => report[name].split("\n");
  assert.equal(lines("eval_cover_th.txt")[0], "         1   0.123457");
  assert.equal(lines("eval_cover_th.txt")[1], "         2      4e-06");
  assert.equal(lines("eval_RI_VOI_thr.txt")[0], "         1 1.23457e-05   0.333333");
  assert.equal(lines("eval_RI_VOI_thr.txt")[1], "         2          0     123457");
});

Deno.test("roundOfficially() keeps six significant digits, as the benchmark's per-image files do", () => {
  const rounded = roundOfficially(scores([1080807.25], 1080807));
  assert.equal(rounded.area, 1080810);
  assert.equal(rounded.covered[0], 1080810);
});

Deno.test("officialThresholds() lie evenly inside 0 and 1", () => {
  assert.deepEqual(officialThresholds(3), [0.25, 0.5, 0.75]);
  assert.throws(() => officialThresholds(0), /1 or more, got 0/);
});

Deno.test("bootstrap() comes near the error of a mean where there is one scale", () => {
  const random = createRandom(5);
  const images = Array.from({ length: 80 }, () => scores([1000 * random()]));
  const { values, errors } = bootstrap(images, { resamples: 2000, random: createRandom(1) });
  const shares = images.map((image) => image.covered[0]! / 1000);
  const mean = shares.reduce((a, b) => a + b) / 80;
  const sigma = Math.sqrt(shares.reduce((a, b) => a + (b - mean) ** 2, 0) / 80);
  assert.ok(Math.abs(values[0] - mean) < 1e-12);
  for (const i of [0, 1, 2, 3, 4, 5, 6] as const) {
    assert.ok(Math.abs(errors[i] / (sigma / Math.sqrt(80)) - 1) < 0.08, `figure ${i}: ${errors[i]}`);
  }
});

Deno.test("bootstrap() chooses the scale of every resample anew", () => {
  // at either scale the sum is 1000 with large spread; the better one of each resample is always above half
  const images = Array.from({ length: 40 }, (_, i) => scores(i % 2 ? [1000, 0] : [0, 1000]));
  const { values, errors } = bootstrap(images);
  assert.equal(values[0], 0.5);
  // |normal| has a deviation of 0.603 sigma; a scale fixed beforehand would show the whole sigma
  const sigma = 0.5 / Math.sqrt(40);
  assert.ok(Math.abs(errors[0] / sigma - 0.603) < 0.06, String(errors[0] / sigma));
  assert.equal(errors[1], 0);
});

Deno.test("bootstrap() gives the same errors for the same seed", () => {
  const random = createRandom(9);
  const images = Array.from({ length: 20 }, () => scores([1000 * random(), 1000 * random()]));
  const run = (seed: number) => bootstrap(images, { resamples: 100, random: createRandom(seed) });
  assert.deepEqual(run(3), run(3));
  assert.notDeepEqual(run(3), run(4));
});

Deno.test("pairedBootstrap() cancels what is hard for both methods", () => {
  const random = createRandom(6);
  const hard = Array.from({ length: 60 }, () => 500 * random());
  const a = hard.map((pixels) => scores([pixels + 100]));
  const b = hard.map((pixels) => scores([pixels, 0])); // another number of scales
  const { values, errors } = pairedBootstrap(a, b, { resamples: 200 });
  assert.ok(Math.abs(values[0] - 0.1) < 1e-12);
  assert.ok(errors[0] < 1e-12);
  assert.ok(bootstrap(a, { resamples: 200 }).errors[0] > 0.01);
});

Deno.test("bootstrap() and pairedBootstrap() refuse too few images and resamples", () => {
  const one = [scores([1])], two = [scores([1]), scores([2])];
  assert.throws(() => bootstrap(one), /2 or more images/);
  assert.throws(() => bootstrap(two, { resamples: 1 }), /resamples must be 2 or more, got 1/);
  assert.throws(() => pairedBootstrap(two, [...two, ...one]), /got 2, 3/);
});
