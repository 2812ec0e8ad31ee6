/**
 * Fits the merge criterion, lib/hierarchy/weights.json, on BSDS500 train: a logistic regression of how likely people are to
 * keep two neighbouring regions apart on what is measured of the pair. Human segmentations choose ten weights here;
 * they never train a network.
 *
 *     deno task fit:hierarchy --data ../shared/bsds500
 *
 * The pairs are those of the hierarchy's own partitions, from 150 regions down to 5, since what is seen while merging is
 * what must be judged; so the fit is repeated with the hierarchies that the new weights give. What it prints first is
 * cross-validated: each half of the images judged by weights fitted to the other.
 *
 * The network that comes with the library has learnt from these images, without labels, and knows their boundaries better
 * than those of others. So two more are trained, each without the images that it is asked about:
 *
 *     deno task train --data ../shared/bsds500/images/train --without 0/2 --work out/half0 --write out/half0.ts
 *     deno task train --data ../shared/bsds500/images/train --without 1/2 --work out/half1 --write out/half1.ts
 *     deno task fit:hierarchy --data ../shared/bsds500 --networks out/half0.ts,out/half1.ts
 *     deno task fit:hierarchy --data ../shared/bsds500 --networks out/half0.ts,out/half1.ts --alone
 */
import { parseArgs } from "node:util";
import { withBackend } from "../lib/backend/mod.ts";
import { enlarged } from "../lib/hierarchy/enlarged.ts";
import { deepCues, findRegionCues } from "../lib/hierarchy/hierarchy.ts";
import { consensusSteps, mergeSuperpixels } from "../lib/hierarchy/merge_regions.ts";
import { HIERARCHY_WEIGHTS, type MergeCriterion } from "../lib/hierarchy/weights.ts";
import { stretchContrast } from "../lib/image/contrast.ts";
import { decodeImage } from "../lib/image/mod.ts";
import { figures, formatFigures, readGroundTruth, scoreHierarchy, summarize } from "../lib/metrics/mod.ts";
import { runSteps } from "../lib/steps.ts";
import { applySuperAE, decodeWeights, pretrainedWeights, type SuperAEWeights } from "../lib/superae/mod.ts";
import { listImages } from "../bench/bsds/dataset.ts";
import { explainedVariance, logisticRegression } from "./logistic_regression.ts";
import { balanced, type Case, observe } from "./merge_pairs.ts";
import { withTerms } from "./merge_terms.ts";

const USAGE = `Usage: deno task fit:hierarchy --data FOLDER [options]

  --data FOLDER   BSDS500, with images/ and groundTruth/
  --split NAME    train or val (default train)
  --every N       takes every N-th image (default 1)
  --rounds N      fits, each on the hierarchies of the one before (default 2)
  --networks A,B  for the images of even and of odd number, by name, networks that have not learnt from them
                  (default: the pretrained one, which knows the images of train too well)
  --alone         fits the criterion for images without a learned boundary map
  --score         only prints the figures of the weights as they are`;

/** Where trees are cut for their figures. */
const THRESHOLDS: readonly number[] = Array.from({ length: 99 }, (_, i) => (i + 1) / 100);

async function load(
  data: string,
  split: string,
  every: number,
  networks: readonly SuperAEWeights[],
  alone: boolean,
): Promise<Case[]> {
  const cases: Case[] = [];
  for (const [i, { path, groundTruth }] of listImages(data, split).images.entries()) {
    if (!groundTruth || i % every > 0) continue;
    const weights = networks[i % networks.length]!;
    const image = stretchContrast(await decodeImage(await Deno.readFile(path)));
    const seen = enlarged(image);
    const deep = deepCues(await withBackend("wasm", () => applySuperAE(seen, weights)));
    const { boundary: _, ...others } = deep;
    const { superpixels, cues, words } = findRegionCues(seen, alone ? others : deep, { size: image });
    const { cues: coarse, region } = mergeSuperpixels(cues, HIERARCHY_WEIGHTS, words).contraction;
    const regions = superpixels.map((superpixel) => region[superpixel]!);
    const { maps } = await readGroundTruth(await Deno.readFile(groundTruth));
    cases.push({ regions, cues: coarse, annotators: maps });
  }
  return cases;
}

/** A network from the module that `deno task train` writes. */
async function readNetwork(file: string): Promise<SuperAEWeights> {
  const module = await import(new URL(file, `file://${Deno.cwd()}/`).href);
  return decodeWeights(module.PRETRAINED_WEIGHTS);
}

type CriterionName = "criterion" | "criterionAlone";

/** Figures of the hierarchies of all images, each by its own criterion. */
function figuresOf(
  cases: readonly Case[],
  name: CriterionName,
  criterionOf: (i: number) => MergeCriterion,
): string {
  const scores = cases.map(({ cues, regions, annotators }, i) => {
    const tree = runSteps(consensusSteps(cues, { ...HIERARCHY_WEIGHTS, [name]: criterionOf(i) }));
    return scoreHierarchy(regions, tree, annotators, THRESHOLDS);
  });
  const summary = summarize(scores), { covering, randIndex, variation } = summary;
  const best = [covering, randIndex, variation].map(({ odsScale }) => odsScale.toFixed(2)).join(" ");
  return `${formatFigures(figures(summary))}, one threshold for all best at ${best}`;
}

/** Three digits are more than the data decide. */
function rounded(criterion: MergeCriterion): MergeCriterion {
  return JSON.parse(
    JSON.stringify(criterion, (_, value) => typeof value === "number" ? Number(value.toPrecision(3)) : value),
  );
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      data: { type: "string" },
      split: { type: "string", default: "train" },
      every: { type: "string", default: "1" },
      rounds: { type: "string", default: "2" },
      networks: { type: "string" },
      alone: { type: "boolean", default: false },
      score: { type: "boolean", default: false },
    },
  });
  // deno-lint-ignore no-console -- a command reports what it does
  const say = console.log;
  if (!values.data) {
    say(USAGE);
    Deno.exit(2);
  }
  const networks = values.networks
    ? await Promise.all(values.networks.split(",").map(readNetwork))
    : [pretrainedWeights()];
  const cases = await load(values.data, values.split, Number(values.every), networks, values.alone);
  const name: CriterionName = values.alone ? "criterionAlone" : "criterion";
  let criterion = HIERARCHY_WEIGHTS[name];
  say(`${cases.length} images; weights as they are: ${figuresOf(cases, name, () => criterion)}`);
  if (values.score) Deno.exit(0);
  for (let round = 0; round < Number(values.rounds); round++) {
    const pairs = cases.map((one) => observe(one, criterion));
    const halves = [0, 1].map((half) => balanced(pairs.filter((_, i) => i % 2 === half).flat()));
    const folds = halves.map(logisticRegression);
    const explained = halves.map((half, h) => explainedVariance(half, folds[1 - h]!).toFixed(4));
    say(
      `round ${round + 1}, each half by weights of the other: explained ${explained.join(" ")}, ` +
        figuresOf(cases, name, (i) => withTerms(criterion, folds[1 - i % 2]!)),
    );
    criterion = rounded(withTerms(criterion, logisticRegression(balanced(pairs.flat()))));
    say(JSON.stringify(criterion));
  }
  const file = new URL("../lib/hierarchy/weights.json", import.meta.url);
  await Deno.writeTextFile(file, `${JSON.stringify({ ...HIERARCHY_WEIGHTS, [name]: criterion }, null, 2)}\n`);
  say(`written; all images by these weights: ${figuresOf(cases, name, () => criterion)}`);
}
