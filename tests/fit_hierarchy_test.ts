// What tools/fit_hierarchy.ts fits is what agglomerate() adds up.
import assert from "node:assert/strict";
import { agglomerate } from "../lib/hierarchy/agglomerate.ts";
import { cueWeights } from "../lib/hierarchy/merge_regions.ts";
import { HIERARCHY_WEIGHTS } from "../lib/hierarchy/mod.ts";
import { type RegionCues, weighCues } from "../lib/hierarchy/region_graph.ts";
import { createRandom } from "../lib/random.ts";
import { explainedVariance, logisticRegression } from "../tools/logistic_regression.ts";
import { termsOf, withTerms } from "../tools/merge_terms.ts";

Deno.test("termsOf() times the weights of a criterion are the log-odds of agglomerate()", () => {
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
    frame: Uint8Array.of(1, 1),
    affinity: { sum: Float32Array.of(1, 2, 2, -3), pairs: Float32Array.of(2, 4, 4, 0) },
  };
  const terms = termsOf(cues, 0);
  const regression = { constant: -0.5, coefficients: terms.map(() => random() - 0.5) };
  const criterion = withTerms(HIERARCHY_WEIGHTS.criterion, regression);
  const [p] = agglomerate(weighCues(cues, cueWeights(criterion)), criterion).height;
  const expected = regression.coefficients.reduce((sum, c, i) => sum + c * terms[i]!, -0.5);
  assert(Math.abs(Math.log(p! / (1 - p!)) - expected) < 1e-5);
});

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
