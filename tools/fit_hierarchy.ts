/**
 * Fits lib/hierarchy/weights.json on BSDS500 train: a seeded random search over the merge criterion (weights of boundaries,
 * histograms and deep features, and three exponents), then the calibration of heights. Human segmentations choose among
 * weights here; they never train a network.
 *
 *     deno task fit:hierarchy --data ../shared/bsds500 --search 600
 *
 * Without --search heights are calibrated for the weights as they are: needed whenever the network's weights change.
 *
 * A change is kept only if it helps both halves of the images, each by itself: a search that asks for the sum finds what
 * suits these images and no others (docs/experiments.md). The order in which superpixels merge down to the regions of the
 * consensus hardly matters: it stays as the weights of the start have it.
 */
import { parseArgs } from "node:util";
import { withBackend } from "../lib/backend/mod.ts";
import { enlarged } from "../lib/hierarchy/enlarged.ts";
import { deepCues, findRegionCues } from "../lib/hierarchy/hierarchy.ts";
import { consensusTree, mergeSuperpixels, variantTree } from "../lib/hierarchy/merge_regions.ts";
import type { RegionCues } from "../lib/hierarchy/region_graph.ts";
import { HIERARCHY_WEIGHTS, type HierarchyWeights } from "../lib/hierarchy/weights.ts";
import { stretchContrast } from "../lib/image/contrast.ts";
import { decodeImage } from "../lib/image/mod.ts";
import {
  type Figures,
  figures,
  formatFigures,
  type MergeTree,
  readGroundTruth,
  type RegionScores,
  scoreHierarchy,
  summarize,
} from "../lib/metrics/mod.ts";
import { createRandom, normal, type Random } from "../lib/random.ts";
import { applySuperAE, pretrainedWeights } from "../lib/superae/mod.ts";

const USAGE = `Usage: deno task fit:hierarchy --data FOLDER [options]

  --data FOLDER   BSDS500, with images/ and groundTruth/
  --split NAME    train or val (default train)
  --every N       takes every N-th image (default 1)
  --from N        starting at the N-th, from 0 (default 0)
  --search N      seconds of search (default 0: only calibrate)
  --seed N        of the search (default 0)
  --score         only prints the figures of the weights as they are`;

/** Cuts that count for the calibration of a variant: below, regions are crumbs at any height. */
const LAST_MERGES = 80;
/** Shares of those merges that lie below each mark of a scale: denser where trees are cut. */
const MARKS = [0.3, 0.5, 0.65, 0.75, 0.82, 0.87, 0.91, 0.94, 0.965, 0.985];
/** gPb-owt-ucm's published figures on BSDS500 test: what gains are counted from, VI at a quarter. */
const REFERENCE: Figures = [0.59, 0.65, 0, 0.83, 0.86, 1.69, 1.48];
/** Where trees are cut for their figures. */
const THRESHOLDS: readonly number[] = Array.from({ length: 99 }, (_, i) => (i + 1) / 100);

/** One image, ready to be merged again and again. */
interface Case {
  /** (H, W) region of the consensus that each pixel lies in. */
  readonly regions: Int32Array;
  readonly cues: RegionCues;
  readonly annotators: readonly Int32Array[];
}

async function load(root: string, split: string, every: number, from: number): Promise<Case[]> {
  const names = [...Deno.readDirSync(`${root}/images/${split}`)].map(({ name }) => name)
    .filter((name) => name.endsWith(".jpg")).sort().filter((_, i) => i % every === from);
  const weights = pretrainedWeights(), cases: Case[] = [];
  for (const name of names) {
    const image = stretchContrast(await decodeImage(await Deno.readFile(`${root}/images/${split}/${name}`)));
    const file = await Deno.readFile(`${root}/groundTruth/${split}/${name.replace(".jpg", ".mat")}`);
    const seen = enlarged(image);
    const deep = deepCues(await withBackend("wasm", () => applySuperAE(seen, weights)));
    const { superpixels, cues } = findRegionCues(seen, deep, { size: image });
    const { cues: coarse, region } = mergeSuperpixels(cues, HIERARCHY_WEIGHTS).contraction;
    const regions = superpixels.map((superpixel) => region[superpixel]!);
    cases.push({ regions, cues: coarse, annotators: (await readGroundTruth(file)).maps });
  }
  return cases;
}

/** Weights with scales that fit them, and how each image scores. */
interface Candidate {
  readonly weights: HierarchyWeights;
  readonly scores: readonly RegionScores[];
}

function evaluate(cases: readonly Case[], tried: HierarchyWeights, calibrated: boolean): Candidate {
  const variants = tried.consensus.scales.map((_, variant) =>
    cases.map(({ cues }) => variantTree(rescaled(cues, tried), tried, variant))
  );
  const scales = calibrated ? tried.consensus.scales : variants.map(marksOf);
  const weights = { ...tried, consensus: { ...tried.consensus, scales } };
  const scores = cases.map(({ cues, regions, annotators }, i) => {
    const tree = consensusTree(cues, weights, variants.map((trees) => trees[i]!));
    return scoreHierarchy(regions, withTypicalHeight(tree, weights.typicalHeight), annotators, THRESHOLDS);
  });
  return { weights, scores };
}

/** Gradients are measured once: their common factor is applied to what was measured. */
function rescaled(cues: RegionCues, weights: HierarchyWeights): RegionCues {
  const factor = weights.gradients[0]!.weight / HIERARCHY_WEIGHTS.gradients[0]!.weight;
  return factor === 1 ? cues : { ...cues, gradient: cues.gradient.map((value) => factor * value) };
}

/** Heights of one variant's last merges over all images, as marks. */
function marksOf(trees: readonly MergeTree[]): number[] {
  const heights = trees.flatMap(({ height }) => [...height.slice(-LAST_MERGES)]).sort((a, b) => a - b);
  return MARKS.map((mark) => Number(heights[Math.floor(mark * heights.length)]!.toPrecision(4)));
}

function withTypicalHeight(tree: MergeTree, typical: number): MergeTree {
  return { ...tree, height: Float32Array.from(tree.height, (height) => height / (height + typical)) };
}

/** Sum of the gains over the reference, of the images that `half` chooses. */
function gain(scores: readonly RegionScores[], half?: number): number {
  const chosen = scores.filter((_, i) => half === undefined || i % 2 === half);
  const [sc, scOis, , pri, priOis, vi, viOis] = figures(summarize(chosen)).map((value, i) =>
    value - REFERENCE[i]!
  ) as unknown as Figures;
  return sc + scOis + pri + priOis - (vi + viOis) / 4;
}

/** Where one threshold cuts best: between the best for covering, which is finer, and for variation of information. */
function defaultScale(scores: readonly RegionScores[]): number {
  const { covering, variation } = summarize(scores);
  return (peak(covering.perScale) + peak(variation.perScale.map((bits) => -bits))) / 2;
}

/** The scale of the largest mean of five neighbours: the figures of single scales are noisy. */
function peak(perScale: readonly number[]): number {
  let best = 2, most = -Infinity;
  for (let t = 2; t + 2 < perScale.length; t++) {
    const sum = perScale.slice(t - 2, t + 3).reduce((a, b) => a + b);
    if (sum > most) [best, most] = [t, sum];
  }
  return THRESHOLDS[best]!;
}

/** One or two of the numbers changed: weights by a factor, exponents by a term. */
function mutate(weights: HierarchyWeights, random: Random): HierarchyWeights {
  const changed = structuredClone(weights) as {
    -readonly [K in keyof HierarchyWeights]: HierarchyWeights[K];
  };
  const histograms = { ...changed.histograms } as Record<string, number>;
  const names = Object.keys(histograms);
  for (let n = 1 + Math.floor(2 * random()); n > 0; n--) {
    const which = Math.floor((names.length + 6) * random()), factor = Math.exp(0.3 * normal(random));
    const term = 0.03 * normal(random);
    if (which < names.length) histograms[names[which]!]! *= factor;
    else if (which === names.length) changed.boundary *= factor;
    else if (which === names.length + 1) {
      changed.gradients = changed.gradients.map((cue) => ({ ...cue, weight: cue.weight * factor }));
    } else if (which === names.length + 2) changed.embedding *= factor;
    else if (which === names.length + 3) changed.sizeExponent = Math.max(0, changed.sizeExponent + term);
    else if (which === names.length + 4) {
      changed.contactExponent = Math.min(0, changed.contactExponent + term);
    } else {
      const sizeExponent = Math.max(0, changed.consensus.sizeExponent + term);
      changed.consensus = { ...changed.consensus, sizeExponent };
    }
  }
  return { ...changed, histograms: histograms as HierarchyWeights["histograms"] };
}

/** Four digits are more than the data decide. */
function rounded(weights: HierarchyWeights): HierarchyWeights {
  const round = (value: number) => Number(value.toPrecision(4));
  return JSON.parse(JSON.stringify(weights, (_, value) => typeof value === "number" ? round(value) : value));
}

const { values } = parseArgs({
  options: {
    data: { type: "string" },
    split: { type: "string", default: "train" },
    every: { type: "string", default: "1" },
    from: { type: "string", default: "0" },
    search: { type: "string", default: "0" },
    seed: { type: "string", default: "0" },
    score: { type: "boolean", default: false },
  },
});
// deno-lint-ignore no-console -- a command reports what it does
const say = console.log;
if (!values.data) {
  say(USAGE);
  Deno.exit(2);
}
const cases = await load(values.data, values.split, Number(values.every), Number(values.from));
const show = (what: string, { scores }: Candidate) => {
  const [even, odd] = [0, 1].map((half) => gain(scores, half).toFixed(4));
  say(what, gain(scores).toFixed(4), `halves ${even} ${odd}`, formatFigures(figures(summarize(scores))));
};
say(`${cases.length} images`);
if (values.score) {
  const found = evaluate(cases, HIERARCHY_WEIGHTS, true);
  show("score", found);
  say("one threshold cuts best at", defaultScale(found.scores).toFixed(3));
  Deno.exit(0);
}
const random = createRandom(Number(values.seed)), end = performance.now() + 1000 * Number(values.search);
let best = evaluate(cases, HIERARCHY_WEIGHTS, false), tried = 0;
show("start", best);
while (performance.now() < end) {
  tried++;
  const candidate = evaluate(cases, mutate(best.weights, random), false);
  const gains = [0, 1].map((half) => gain(candidate.scores, half) - gain(best.scores, half));
  if (Math.min(...gains) > 0 && gain(candidate.scores) > gain(best.scores)) {
    best = candidate;
    show("found", best);
  }
}
if (tried > 0) say(`${tried} tried`);
// the height at which one threshold cuts best becomes 0.5: h / (h + t) = s says what h was
const cut = defaultScale(best.scores);
const typicalHeight = best.weights.typicalHeight * cut / (1 - cut);
await Deno.writeTextFile(
  new URL("../lib/hierarchy/weights.json", import.meta.url),
  `${JSON.stringify(rounded({ ...best.weights, typicalHeight }), null, 2)}\n`,
);
say("written, default cut at", cut.toFixed(3), "is now at 0.5");
