/**
 * What each part of the DSC hierarchy is worth: variants of it on the same images, each compared with the default by the
 * paired bootstrap (Efron 1979, doi:10.1214/aos/1176344552). The other weights are not fitted again without the part, so
 * what it costs to leave a cue out is the most that it is worth.
 *
 *     deno task ablation --data ../shared/bsds500 --split val
 */
import { parseArgs } from "node:util";
import { withBackend } from "../lib/backend/mod.ts";
import { type DeepCues, deepCues, findRegionCues } from "../lib/hierarchy/hierarchy.ts";
import { mergeRegions } from "../lib/hierarchy/merge_regions.ts";
import { HIERARCHY_WEIGHTS, type HierarchyWeights, type MergeCriterion } from "../lib/hierarchy/weights.ts";
import { enlarged } from "../lib/hierarchy/enlarged.ts";
import { stretchContrast } from "../lib/image/contrast.ts";
import { decodeImage, type Image } from "../lib/image/mod.ts";
import {
  bootstrap,
  type Figures,
  pairedBootstrap,
  readGroundTruth,
  type RegionScores,
  scoreHierarchy,
} from "../lib/metrics/mod.ts";
import { applySuperAE, pretrainedWeights, type SuperAEOutput } from "../lib/superae/mod.ts";
import { listImages } from "./bsds/dataset.ts";

const USAGE = `What each part of the hierarchy is worth, on BSDS500.

  deno task ablation --data DIR [--split val] [--every N] [--images N]

  --data DIR     BSDS500 (images/SPLIT and groundTruth/SPLIT)
  --split NAME   train, val or test [val]
  --every N      takes every N-th image [1]
  --images N     takes the first N of those [all]`;

/** Weights in the rows that have what the default has not: on train the best of several, none of them worth having. */
const SOFT_CUT = 0.9, EMBEDDING = 0.05;
/** Scales, as those of `deno task bsds --method dsc`. */
const THRESHOLDS: readonly number[] = Array.from({ length: 99 }, (_, i) => (i + 1) / 100);

/** One row of the table. */
interface Variant {
  readonly name: string;
  /** What the network adds. @default everything */
  readonly deep?: (output: SuperAEOutput) => DeepCues;
  /** Whether small images are enlarged. @default true */
  readonly enlarge?: boolean;
  /** Weights of the criterion other than the default ones. */
  readonly criterion?: Partial<MergeCriterion>;
  /** Other weights than the default ones. */
  readonly weights?: Partial<HierarchyWeights>;
}

const { softCut, embedding, histograms } = HIERARCHY_WEIGHTS.criterion;

/** The first is what the others are compared with. */
const VARIANTS: readonly Variant[] = [
  { name: "default" },
  { name: "without the learned boundary map", deep: (output) => without("boundary", output) },
  { name: "without the smoothed image", deep: (output) => without("smoothed", output) },
  { name: "without any network", deep: () => ({}) },
  { name: "without texture gradients", criterion: { gradient: 0 } },
  { name: "without contrast across boundaries", criterion: { contrast: 0 } },
  { name: "without the image's own colours", criterion: { histograms: { ...histograms, colors: 0 } } },
  { name: "without the image's own textures", criterion: { histograms: { ...histograms, textures: 0 } } },
  { name: "without co-occurrence", criterion: { across: 0, within: 0 } },
  { name: "at the image's own size", enlarge: false },
  { name: "at its own size without any network", enlarge: false, deep: () => ({}) },
  { name: "one varied tree, no consensus", weights: { trees: 1 } },
  {
    name: `${embedding > 0 ? "without" : "with"} mean deep features of regions`,
    criterion: { embedding: embedding > 0 ? 0 : EMBEDDING },
  },
  {
    name: softCut > 0 ? "without the soft cut" : "with the soft cut",
    criterion: { softCut: softCut > 0 ? 0 : SOFT_CUT },
  },
  {
    name: softCut > 0 ? "soft cut without gradient steps" : "with it, without gradient steps",
    criterion: { softCut: softCut > 0 ? softCut : SOFT_CUT },
    weights: { softCutSteps: 0 },
  },
];

function without(part: keyof DeepCues, output: SuperAEOutput): DeepCues {
  const { [part]: _, ...rest } = deepCues(output);
  return rest;
}

/** Scores of all variants on one image, and the milliseconds that each took from decoded pixels to the tree. */
async function scoreVariants(path: string, groundTruth: string) {
  const image = stretchContrast(await decodeImage(await Deno.readFile(path)));
  const seen = enlarged(image);
  const annotators = (await readGroundTruth(await Deno.readFile(groundTruth))).maps;
  const apply = (image: Image) => withBackend("wasm", () => applySuperAE(image, pretrainedWeights()));
  const output = await apply(seen), ownSize = await apply(image);
  return VARIANTS.map(({ deep = deepCues, criterion, weights, enlarge = true }) => {
    const all = {
      ...HIERARCHY_WEIGHTS,
      criterion: { ...HIERARCHY_WEIGHTS.criterion, ...criterion },
      ...weights,
    };
    const cuesOf = deep(enlarge ? output : ownSize);
    const { superpixels, cues, words } = findRegionCues(enlarge ? seen : image, cuesOf, {
      weights: all,
      size: image,
    });
    const start = performance.now();
    const tree = mergeRegions(cues, all, words);
    const merging = performance.now() - start;
    return { merging, scores: scoreHierarchy(superpixels, tree, annotators, THRESHOLDS) };
  });
}

/** "SC ods ois | PRI ods ois | VI ods ois"; differences with their sign. */
function row(values: Figures, signed: boolean): string {
  const text = values.map((value) => `${signed && value >= 0 ? "+" : ""}${value.toFixed(3)}`);
  return [`SC ${text[0]} ${text[1]}`, `PRI ${text[3]} ${text[4]}`, `VI ${text[5]} ${text[6]}`].join(" | ");
}

const { values } = parseArgs({
  options: {
    data: { type: "string" },
    split: { type: "string", default: "val" },
    every: { type: "string", default: "1" },
    images: { type: "string" },
  },
});
// deno-lint-ignore no-console -- a command reports what it does
const say = console.log;
if (!values.data) {
  say(USAGE);
  Deno.exit(2);
}
const { images } = listImages(values.data, values.split);
const chosen = images.filter(({ groundTruth }, i) => groundTruth && i % Number(values.every) === 0)
  .slice(0, values.images === undefined ? undefined : Number(values.images));
if (chosen.length < 2) throw new RangeError(`Cannot compare: want 2 images or more, got ${chosen.length}`);
const scores: RegionScores[][] = VARIANTS.map(() => []), merging = new Float64Array(VARIANTS.length);
for (const { path, groundTruth } of chosen) {
  (await scoreVariants(path, groundTruth!)).forEach((result, v) => {
    scores[v]!.push(result.scores);
    merging[v]! += result.merging / chosen.length;
  });
}
const first = bootstrap(scores[0]!);
say(
  `${chosen.length} images of ${values.split}; errors by the bootstrap, differences from the default paired`,
);
say(`${VARIANTS[0]!.name}: ${row(first.values, false)}\n  errors: ${row(first.errors, false)}`);
say(
  `  best covering by any region of the tree: ${first.values[2].toFixed(3)}; merging ${
    merging[0]!.toFixed(0)
  } ms`,
);
VARIANTS.slice(1).forEach(({ name }, v) => {
  const { values, errors } = pairedBootstrap(scores[v + 1]!, scores[0]!);
  say(
    `${name}: ${row(values, true)}\n  errors: ${row(errors, false)}\n  merging ${
      merging[v + 1]!.toFixed(0)
    } ms`,
  );
});
