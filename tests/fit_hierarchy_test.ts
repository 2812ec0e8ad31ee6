// What tools/fit_hierarchy.ts fits is what agglomerate() adds up.
import assert from "node:assert/strict";
import { agglomerate } from "../lib/hierarchy/agglomerate.ts";
import { cueWeights } from "../lib/hierarchy/merge_regions.ts";
import { HIERARCHY_WEIGHTS } from "../lib/hierarchy/mod.ts";
import { type RegionCues, weighCues } from "../lib/hierarchy/region_graph.ts";
import { createRandom } from "../lib/random.ts";
import { explainedVariance, logisticRegression } from "../tools/logistic_regression.ts";
import { balanced, observe } from "../tools/merge_pairs.ts";
import { termsOf, withTerms } from "../tools/merge_terms.ts";

for (const frameB of [0, 1]) {
  Deno.test(`termsOf() times a criterion are the log-odds of agglomerate(), frame 1 and ${frameB}`, () => {
    const random = createRandom(1), draw = (length: number) => Float32Array.from({ length }, random);
    const cues: RegionCues = {
      count: 2,
      area: Float64Array.of(30, 70),
      edgeA: Int32Array.of(0),
      edgeB: Int32Array.of(1),
      length: Float32Array.of(7),
      gradient: draw(1),
      boundary: draw(1),
      contrast: draw(1),
      histograms: draw(10),
      blocks: [3, 2],
      frame: Uint8Array.of(1, frameB),
      affinity: { sum: Float32Array.of(1, 2, 2, -3), pairs: Float32Array.of(2, 4, 4, 0) },
    };
    const terms = termsOf(cues, 0);
    const regression = { constant: -0.5, coefficients: terms.map(() => random() - 0.5) };
    const criterion = withTerms(HIERARCHY_WEIGHTS.criterion, regression);
    const [p] = agglomerate(weighCues(cues, cueWeights(criterion)), criterion).height;
    const expected = regression.coefficients.reduce((sum, c, i) => sum + c * terms[i]!, -0.5);
    assert(Math.abs(Math.log(p! / (1 - p!)) - expected) < 1e-5);
  });
}

Deno.test("logisticRegression() finds the coefficients that made the shares", () => {
  const random = createRandom(2);
  const observations = Array.from({ length: 400 }, () => {
    const x = [4 * random(), random() - 0.5, 100 * random()];
    const y = 1 / (1 + Math.exp(-(-1 + 0.7 * x[0]! - 2 * x[1]! + 0.01 * x[2]!)));
    return { x, y, weight: random() };
  });
  const regression = logisticRegression(observations);
  const { constant, coefficients: [a, b, c] } = regression;
  assert(Math.abs(constant + 1) < 0.02 && Math.abs(a! - 0.7) < 0.01);
  assert(Math.abs(b! + 2) < 0.02 && Math.abs(c! - 0.01) < 0.001);
  assert(explainedVariance(observations, regression) > 0.999);
  assert(explainedVariance(observations, { constant: 0, coefficients: [0, 0, 0] }) < 0);
});

Deno.test("logisticRegression() leaves a column that never changes alone", () => {
  const observations = [[0, 5, 0.2], [1, 5, 0.8]].map(([x, k, y]) => ({ x: [x!, k!], y: y!, weight: 1 }));
  const { constant, coefficients: [slope, none] } = logisticRegression(observations);
  assert.equal(none, 0);
  assert(Math.abs(1 / (1 + Math.exp(-constant)) - 0.2) < 0.01 && slope! > 2.5);
});

Deno.test("logisticRegression() and explainedVariance() take a weight of two for two observations", () => {
  const random = createRandom(4);
  const once = Array.from({ length: 60 }, () => ({ x: [random()], y: random(), weight: 1 }));
  const twice = [...once, ...once.slice(0, 20)];
  const weighed = once.map((one, i) => ({ ...one, weight: i < 20 ? 2 : 1 }));
  const a = logisticRegression(twice), b = logisticRegression(weighed);
  assert(
    Math.abs(a.constant - b.constant) < 1e-9 && Math.abs(a.coefficients[0]! - b.coefficients[0]!) < 1e-9,
  );
  assert(Math.abs(logisticRegression(once).coefficients[0]! - b.coefficients[0]!) > 1e-3);
  assert(Math.abs(explainedVariance(twice, a) - explainedVariance(weighed, a)) < 1e-9);
  assert(Math.abs(explainedVariance(once, a) - explainedVariance(weighed, a)) > 1e-4);
});

Deno.test("observe() says which share of pixel pairs the annotators keep apart", () => {
  // 4 x 2 pixels in six columns' worth of regions: more regions than the smallest stage, joined down to five
  const width = 6, regions = Int32Array.from({ length: 2 * width }, (_, p) => p % width);
  const annotators = [
    Int32Array.from(regions, (x) => x < 3 ? 0 : 1),
    Int32Array.from(regions, () => 0),
    Int32Array.from(regions, (x, p) => p < width ? x : 9),
  ];
  const edges = Array.from({ length: width - 1 }, (_, i) => i);
  const cues: RegionCues = {
    count: width,
    area: new Float64Array(width).fill(2),
    edgeA: Int32Array.from(edges),
    edgeB: Int32Array.from(edges, (a) => a + 1),
    length: new Float32Array(width - 1).fill(2),
    gradient: Float32Array.from(edges, (a) => a === 0 ? 0 : 1), // 0 and 1 merge first
    boundary: new Float32Array(width - 1),
    contrast: new Float32Array(width - 1),
    histograms: new Float32Array(2 * width).fill(1),
    blocks: [1, 1],
    frame: new Uint8Array(width),
  };
  const pairs = observe({ regions, cues, annotators }, HIERARCHY_WEIGHTS.criterion);
  assert.deepEqual(pairs.map(({ stage }) => stage), [5, 5, 5, 5]);
  // {0, 1} and 2: eight pixel pairs. Together: all for the first two annotators, the two of the lower row for the third,
  // 2 | 3 is four pairs, apart for the first, together for the second, one of four for the third; and so on
  assert.deepEqual(
    pairs.map(({ y }) => y.toFixed(4)),
    [
      1 - (8 + 8 + 2) / 24,
      1 - (0 + 4 + 1) / 12,
      1 - (4 + 4 + 1) / 12,
      1 - (4 + 4 + 1) / 12,
    ].map((y) => y.toFixed(4)),
  );
  const total = balanced(pairs).reduce((sum, { weight }) => sum + weight, 0);
  assert(Math.abs(total - 1) < 1e-9);
  assert(balanced(pairs)[0]!.weight > balanced(pairs)[1]!.weight);
});
