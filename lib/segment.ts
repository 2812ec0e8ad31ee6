/**
 * `segment()`: a photograph in, a segmentation out. Walks the image through the parts of the library: decode, SuperAE,
 * superpixels of the smoothed image, cut, regions.
 */
import { decodeImage } from "./image/decode.ts";
import { createCheckpoint } from "./checkpoint.ts";
import { srgbToLab } from "./image/color.ts";
import { enlarged } from "./hierarchy/enlarged.ts";
import { stretchContrast } from "./image/contrast.ts";
import { mergeAlike } from "./dsc/merge_alike.ts";
import { readImageHeader } from "./image/header.ts";
import { type Image, isImage } from "./image/image.ts";
import { fitWithin, resizeImage } from "./image/resize.ts";
import {
  type BackendChoice,
  type Method,
  type ResolvedSettings,
  type SegmentSettings,
  type SuperpixelMethod,
} from "./options.ts";
import { toFullSize } from "./full_size.ts";
import { previewOf, previewOfRegions } from "./preview.ts";
import type { OnProgress, Stage } from "./progress.ts";
import { regionTable } from "./regions.ts";
import { Segmentation } from "./segmentation.ts";
import { parseSettings } from "./settings.ts";
import { createStages, type StageProgress, type Stages } from "./stages.ts";
import { runStepsWithBreaks } from "./steps.ts";
import type { DscOptions, SuperpixelGraph } from "./dsc/mod.ts";
import type { MergeTree } from "./metrics/label_map.ts";
import type { SuperAEOutput, SuperAEWeights } from "./superae/mod.ts";
import { mergeSmallRegions } from "./superpixels/connectivity.ts";
import { superpixels } from "./superpixels/mod.ts";

/** Options of {@linkcode segment}: the settings of `SEGMENT_OPTIONS`, and what cannot travel. */
export interface SegmentOptions extends SegmentSettings {
  /** Larger images are refused before they are decoded. @default 25_000_000 */
  maxPixels?: number;
  /** Takes a software adapter for a GPU where `backend` is webgpu: slow, for tests. @default false */
  allowFallbackAdapter?: boolean;
  /** Weights of SuperAE other than the pretrained ones, from `trainSuperAE`. */
  weights?: SuperAEWeights;
  /** Stops the work; the promise rejects with the signal's reason. */
  signal?: AbortSignal;
  /** Receives progress. */
  onProgress?: OnProgress;
  /** Adds a small picture to progress now and then, at about a millisecond each. @default false */
  previews?: boolean;
}

/**
 * Larger images are segmented at this many pixels and the labels brought back to full size, along its edges where it is
 * much larger: the features see about 90 pixels around a point, so at 12 MP they would see texture where at 0.6 MP they
 * see things.
 */
const WORKING_PIXELS = 600_000;

/** Expected share of the time of each stage, from timings of 481 x 321 photos on one wasm core. */
const PLANS: Readonly<Record<Method, Partial<Record<Stage, number>>>> = {
  dsc: { decode: 2, superae: 30, hierarchy: 60, regions: 5 },
  "flat-dsc": { decode: 2, superae: 30, superpixels: 10, cut: 20, regions: 5 },
  slic: { decode: 2, superae: 30, superpixels: 10, regions: 5 },
  felzenszwalb: { decode: 2, superae: 30, superpixels: 10, regions: 5 },
  "mean-shift": { decode: 2, superae: 30, superpixels: 30, regions: 5 },
};

/**
 * Segments an image. Same image, options, seed and backend: same labels.
 *
 * @param input The bytes of a PNG, JPEG or GIF file, or decoded pixels.
 * @param options See {@linkcode SegmentOptions}; every one has a default.
 * @returns Labels, regions, superpixels, smoothed image, losses and timings.
 * @throws {ImageDecodeError} If the bytes are not an image that can be decoded.
 * @throws {LimitError} If the image has more than `maxPixels` pixels.
 * @throws {OptionError} If an option is unknown or out of range.
 * @throws {BackendError} If the backend is missing, wrong or lost.
 * @throws The signal's reason when it stops.
 *
 * @example
 * ```ts
 * import { segment } from "./segment.ts";
 * import assert from "node:assert/strict";
 *
 * // left half dark, right half light
 * const image = { width: 64, height: 48, data: new Uint8Array(64 * 48 * 3).map((_, i) => i % 192 < 96 ? 40 : 200) };
 * const { labels } = await segment(image, { partitions: 2, superpixels: 40 });
 * assert.notEqual(labels[0], labels[63]);
 * ```
 */
export async function segment(
  input: Image | Uint8Array,
  options: SegmentOptions = {},
): Promise<Segmentation> {
  const { maxPixels, allowFallbackAdapter = false, weights, signal, onProgress, previews = false, ...given } =
    options;
  const settings = parseSettings(given);
  const stages = createStages(planOf(settings, megapixelsOf(input)), onProgress, signal);

  const { image, working } = await stages.run("decode", async () => {
    const image = await decodeInput(input, maxPixels);
    return { image, working: fitWithin(image, WORKING_PIXELS) };
  });
  // the import comes after decoding: bad bytes should not cost the start of a backend
  const { runOnBackend } = await import("./backend/job.ts");
  const choice = backendFor(settings);
  return await runOnBackend(choice, async ({ name: backend }) => {
    const found = await segmentWorkingImage(working, settings, stages, { weights, previews, signal });
    return await stages.run("regions", () => {
      const { labels, superpixels } = toFullSize(found, found.superpixelCount, working, image);
      return {
        width: image.width,
        height: image.height,
        labels,
        regions: regionTable(image, labels),
        superpixels,
        superpixelCount: found.superpixelCount,
        image,
        smoothed: resizeImage(found.smoothed, image.width, image.height),
        losses: found.losses,
        ...(found.merges && { merges: found.merges }),
        backend,
        settings,
      };
    });
  }, { heavy: choice === "auto", allowFallbackAdapter }).then((result) =>
    new Segmentation({ ...result, timings: stages.timings() })
  );
}

/** What the stages are given besides the image. */
interface Given {
  readonly weights: SuperAEWeights | undefined;
  readonly previews: boolean;
  readonly signal: AbortSignal | undefined;
}

/** What the stages find at working size. */
type Found =
  & Pick<Segmentation, "labels" | "superpixels" | "superpixelCount" | "smoothed" | "losses">
  & { readonly merges?: MergeTree };

async function segmentWorkingImage(
  image: Image,
  settings: ResolvedSettings,
  stages: Stages,
  { weights: given, previews, signal }: Given,
): Promise<Found> {
  const small = previews ? previewOf(image) : undefined;
  const { width, height } = image;
  const { weights, output, seen, plain } = await stages.run(
    "superae",
    async (report) => {
      if (small) report({ part: 0, preview: small });
      // the hierarchy sees dark, faded and small pictures as if they were not
      const vivid = settings.method === "dsc" ? stretchContrast(image) : image;
      const seen = settings.method === "dsc" ? enlarged(vivid) : image;
      const run = await runSuperAE(image, seen, settings, given, report, signal);
      // once more for the picture's own colours, where it saw others
      const { applySuperAE } = await import("./superae/mod.ts");
      const plain = vivid === image ? undefined : (await applySuperAE(image, run.weights)).smoothed;
      if (small) report({ part: 1, preview: previewOf(plain ?? run.output.smoothed) });
      return { ...run, seen, plain };
    },
  );
  if (settings.method === "dsc") {
    const found = await stages.run(
      "hierarchy",
      async (report) => {
        const found = await findHierarchy(image, seen, output, settings, report, signal);
        if (small) report({ part: 1, preview: previewOfRegions(small, found.labels, width, height) });
        return found;
      },
    );
    return plain ? { ...found, smoothed: plain } : found;
  }
  const { smoothed } = output;
  const { labels: map, count } = await stages.run("superpixels", (report) => {
    const method = settings.method === "flat-dsc"
      ? settings.superpixelMethod
      : settings.method as SuperpixelMethod;
    const found = superpixels(srgbToLab(smoothed), width, height, { method, count: settings.superpixels });
    if (small) report({ part: 1, preview: previewOfRegions(small, found.labels, width, height) });
    return found;
  });
  const found = { superpixels: map, superpixelCount: count, smoothed };
  if (settings.method !== "flat-dsc") return { ...found, labels: map, losses: [] };
  return await stages.run("cut", async (report) => {
    let preview: Image | undefined; // goes with the losses of then
    const cut = await cutSuperpixels(image, map, count, output, weights, settings, {
      onIteration({ iteration, total }) {
        report({ iteration, iterations: settings.iterations, loss: total, ...(preview && { preview }) });
        preview = undefined;
      },
      ...(small && {
        onPartitions(partitions) {
          preview = previewOfRegions(small, map, width, height, partitions);
        },
      }),
      ...(signal && { signal }),
    });
    const lab = srgbToLab(image);
    const partitions = mergeAlike(cut.partitions, map, lab, width, height);
    const { labels } = mergeSmallRegions(map.map((j) => partitions[j]!), lab, width, height, {
      minSize: Math.round(width * height * SMALLEST_REGION),
    });
    if (small) report({ part: 1, preview: previewOfRegions(small, labels, width, height) });
    return { ...found, labels, losses: cut.losses };
  });
}

async function findHierarchy(
  image: Image,
  seen: Image,
  output: SuperAEOutput,
  { regions }: ResolvedSettings,
  report: (progress: StageProgress) => void,
  signal: AbortSignal | undefined,
): Promise<Found> {
  const { deepCues, hierarchySteps } = await import("./hierarchy/hierarchy.ts");
  const hierarchy = await runStepsWithBreaks(
    hierarchySteps(seen, deepCues(output), { size: image }),
    createCheckpoint(signal),
    (part) => report({ part }),
  );
  const { superpixels, count, merges } = hierarchy;
  const labels = hierarchy.at(regions > 0 ? { regions } : undefined);
  const smoothed = resizeImage(output.smoothed, image.width, image.height);
  return { labels, superpixels, superpixelCount: count, merges, smoothed, losses: [] };
}

/** Partitions are groups, not regions; parts of one smaller than this share of the image join their surroundings. */
const SMALLEST_REGION = 0.0008;

async function runSuperAE(
  image: Image,
  seen: Image,
  settings: ResolvedSettings,
  given: SuperAEWeights | undefined,
  report: (progress: StageProgress) => void,
  signal: AbortSignal | undefined,
): Promise<{ weights: SuperAEWeights; output: SuperAEOutput }> {
  const { applySuperAE, pretrainedWeights, trainSuperAE } = await import("./superae/mod.ts");
  let weights = given ?? pretrainedWeights();
  if (settings.train > 0) {
    const lab = srgbToLab(image);
    const { labels, count } = superpixels(lab, image.width, image.height, {
      method: "slic",
      count: settings.superpixels,
    });
    const trained = await trainSuperAE([{ image, superpixels: labels, superpixelCount: count }], {
      weights,
      lambda: settings.lambda,
      iterations: settings.train,
      learningRate: FINE_TUNING_RATE,
      seed: settings.seed,
      onIteration: report,
      ...(signal && { signal }),
    });
    weights = trained.weights;
  }
  return { weights, output: await applySuperAE(seen, weights) };
}

/** A quarter of the rate of pretraining: enough for a photo's own colours, too little to forget. */
const FINE_TUNING_RATE = 0.0005;

async function cutSuperpixels(
  image: Image,
  map: Int32Array,
  count: number,
  output: SuperAEOutput,
  weights: SuperAEWeights,
  settings: ResolvedSettings,
  following: Pick<DscOptions, "onIteration" | "onPartitions" | "signal">,
) {
  const [{ deepSuperpixelCut, fineTunedCut }, { superpixelFeatures }] = await Promise.all([
    import("./dsc/mod.ts"),
    import("./superae/mod.ts"),
  ]);
  const graph: SuperpixelGraph = {
    ...superpixelFeatures(output, map, count),
    ...areasAndPositions(map, image.width, image.height, count),
  };
  const options = {
    partitions: settings.partitions,
    alpha: settings.alpha,
    beta: settings.beta,
    iterations: settings.iterations,
    seed: settings.seed,
    ...following,
  };
  return settings.reach === "full"
    ? await fineTunedCut(graph, image, map, weights, options)
    : await deepSuperpixelCut(graph, options);
}

function areasAndPositions(map: Int32Array, width: number, height: number, count: number) {
  const areas = new Int32Array(count), positions = new Float32Array(2 * count);
  for (let y = 0, p = 0; y < height; y++) {
    for (let x = 0; x < width; x++, p++) {
      const j = map[p]!;
      areas[j]!++;
      positions[2 * j]! += x;
      positions[2 * j + 1]! += y;
    }
  }
  const diagonal = Math.hypot(width, height);
  for (let j = 0; j < count; j++) {
    positions[2 * j]! /= areas[j]! * diagonal;
    positions[2 * j + 1]! /= areas[j]! * diagonal;
  }
  return { areas, positions };
}

async function decodeInput(input: Image | Uint8Array, maxPixels: number | undefined): Promise<Image> {
  if (input instanceof Uint8Array) {
    return await decodeImage(input, maxPixels === undefined ? {} : { maxPixels });
  }
  if (!isImage(input)) {
    throw new TypeError(
      "Cannot segment image: want the bytes of an image file, or { width, height, data } with width * height * 3 bytes",
    );
  }
  return input;
}

/** `auto` takes a GPU only for work that pays for the way there: gradients through the encoder. */
function backendFor({ backend, method, reach, train }: ResolvedSettings): BackendChoice {
  if (backend !== "auto") return backend;
  return train > 0 || (method === "flat-dsc" && reach === "full") ? "auto" : "wasm";
}

/** Of an image or, by its header, of a file; what is neither is refused when it is decoded. */
function megapixelsOf(input: Image | Uint8Array): number {
  if (!(input instanceof Uint8Array || isImage(input))) return 0;
  const { width, height } = input instanceof Uint8Array ? readImageHeader(input) : input;
  return width * height / 1e6;
}

function planOf(
  { method, reach, train }: ResolvedSettings,
  megapixels: number,
): Partial<Record<Stage, number>> {
  const plan = { ...PLANS[method] };
  // what is done at full size: at 12 megapixels a third and one and a half times as long as the hierarchy
  plan.decode = (plan.decode ?? 0) + 1.6 * megapixels;
  plan.regions = (plan.regions ?? 0) + 7 * megapixels;
  // a step of training costs about as much as two stages of everything else
  if (train > 0) plan.superae = (plan.superae ?? 0) + 20 * train;
  if (reach === "full" && plan.cut) plan.cut *= 250;
  return plan;
}
