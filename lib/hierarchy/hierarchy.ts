/**
 * The DSC hierarchy: segmentation at all scales at once. Superpixels are watershed basins of the image's oriented
 * gradients; they merge, least different pair first, by the evidence of their boundary and of their contents (as the
 * gPb-owt-ucm of Arbelaez, Maire, Fowlkes and Malik 2011, doi:10.1109/TPAMI.2010.161, merges by the boundary alone). What
 * SuperAE adds (Lin, Zhong and Lu, arXiv:2103.06031) comes as plain arrays: the smoothed image and the boundary map that
 * it learned from this hierarchy's own output. No network learns from a human label; the ten weights of the merge criterion
 * are fitted to some (weights.ts).
 */
import type { Image } from "../image/image.ts";
import { srgbToLab } from "../image/color.ts";
import { resizeImage } from "../image/resize.ts";
import { partOf, runSteps, type Steps } from "../steps.ts";
import { adjacency } from "../superpixels/adjacency.ts";
import {
  boundaryPairs,
  boundaryStrengths,
  contrastAcross,
  meanAlongBoundaries,
} from "./boundary_strength.ts";
import { type GradientCue, orientedGradientSteps } from "./oriented_gradients.ts";
import { mergeRegionSteps, type PlacedWords } from "./merge_regions.ts";
import { regionFeatures, regionMeans } from "./region_features.ts";
import type { RegionCues } from "./region_graph.ts";
import { pixelsOfSamples, sampling } from "./sampling.ts";
import { Hierarchy } from "./tree.ts";
import { defaultVocabulary, type Vocabulary } from "./vocabulary.ts";
import { watershedSuperpixels } from "./watershed_superpixels.ts";
import { HIERARCHY_WEIGHTS, type HierarchyWeights } from "./weights.ts";
import { halveWords, type WordMap } from "./word_map.ts";
import { AFFINITY_WORDS, type ImageWords, imageWords, REGION_WORDS } from "./words.ts";

/** What a network knows of the image, if there is one. */
export interface DeepCues {
  /** x^R, the size of the image: superpixels follow its edges. @default the image itself */
  readonly smoothed?: Image;
  /** (ceil(H / 2), ceil(W / 2)) probability, 0 to 1, that a boundary passes. @default none */
  readonly boundary?: Float32Array;
  /** (ceil(H / 2), ceil(W / 2), D) deep features, those of SuperAE: other networks' may be of another size. @default none */
  readonly features?: Float32Array;
}

/**
 * What `applySuperAE()` gives, as deep cues.
 *
 * @param output Of the image that is to be segmented.
 * @returns All of it.
 */
export function deepCues(output: {
  readonly smoothed: Image;
  readonly boundary: { readonly data: Float32Array };
  readonly features: { readonly data: Float32Array };
}): DeepCues {
  return { smoothed: output.smoothed, boundary: output.boundary.data, features: output.features.data };
}

/** Options of {@linkcode dscHierarchy}. */
export interface HierarchyOptions {
  /** What counts for how much. @default HIERARCHY_WEIGHTS */
  weights?: HierarchyWeights;
  /** Textons. @default defaultVocabulary() */
  vocabulary?: Vocabulary;
  /** Size of the result, where the image is an enlarged one: see `enlarged()`. @default that of the image */
  size?: { readonly width: number; readonly height: number };
}

/**
 * Segments an image at all scales.
 *
 * @param image Any size from 1 x 1; what is fine or coarse is measured in pixels, best around 650x430: see `enlarged()`.
 * @param deep What a network adds.
 * @param options See {@linkcode HierarchyOptions}.
 * @returns The hierarchy; one region for a flat image.
 * @throws {TypeError} When a deep cue does not have the image's size.
 *
 * @example
 * ```ts
 * import { dscHierarchy } from "./hierarchy.ts";
 * import assert from "node:assert/strict";
 *
 * // a red disc on grey
 * const image = { width: 64, height: 48, data: new Uint8Array(64 * 48 * 3).fill(128) };
 * for (let p = 0; p < 64 * 48; p++) if ((p % 64 - 32) ** 2 + (p / 64 - 24) ** 2 < 200) image.data.set([200, 30, 30], 3 * p);
 * const labels = dscHierarchy(image).at({ regions: 2 });
 * assert.notEqual(labels[24 * 64 + 32], labels[0]);
 * ```
 */
export function dscHierarchy(image: Image, deep: DeepCues = {}, options: HierarchyOptions = {}): Hierarchy {
  return runSteps(hierarchySteps(image, deep, options));
}

/**
 * {@linkcode dscHierarchy} in some twenty steps, for those who want breaks: see `runStepsWithBreaks()`.
 *
 * @param image As there.
 * @param deep As there.
 * @param options As there.
 * @returns Steps to the hierarchy.
 * @throws {TypeError} As there, at the first step.
 */
export function* hierarchySteps(
  image: Image,
  deep: DeepCues = {},
  options: HierarchyOptions = {},
): Steps<Hierarchy> {
  const { weights = HIERARCHY_WEIGHTS } = options;
  const { superpixels, cues, words } = yield* partOf(regionCueSteps(image, deep, options), 0, CUES_SHARE);
  const { width, height } = options.size ?? image;
  const merges = yield* partOf(mergeRegionSteps(cues, weights, words), CUES_SHARE, 1);
  return new Hierarchy({ width, height, superpixels, count: cues.count, merges });
}

/** Shares of the time, about: of all that comes before merging, and of that the words and the gradients. */
const CUES_SHARE = 0.8, WORDS_SHARE = 0.3, GRADIENTS_SHARE = 0.7;

/**
 * The part before merging: superpixels, and all that is measured on them.
 *
 * @param image As in {@linkcode dscHierarchy}.
 * @param deep As there.
 * @param options As there.
 * @returns Superpixel of each pixel, the cues, and the words whose co-occurrence tells what belongs together.
 * @throws {TypeError} When a deep cue does not have the image's size.
 */
export function findRegionCues(
  image: Image,
  deep: DeepCues = {},
  options: HierarchyOptions = {},
): FoundCues {
  return runSteps(regionCueSteps(image, deep, options));
}

/** What {@linkcode findRegionCues} gives. */
interface FoundCues {
  readonly superpixels: Int32Array;
  readonly cues: RegionCues;
  readonly words: PlacedWords;
}

function* regionCueSteps(image: Image, deep: DeepCues, options: HierarchyOptions): Steps<FoundCues> {
  const { weights = HIERARCHY_WEIGHTS, vocabulary = defaultVocabulary() } = options;
  const { smoothed = image, boundary, features } = deep;
  check(image, smoothed, boundary, features);
  const { width, height } = options.size ?? image;
  const halfWidth = (image.width + 1) >> 1, halfHeight = (image.height + 1) >> 1;
  const columns = sampling(width, image.width), rows = sampling(height, image.height);

  const lab = srgbToLab(image);
  const relief = resizeImage(smoothed, width, height);
  const reliefLab = relief === image ? lab : srgbToLab(relief);
  const words = imageWords(lab, image.width, image.height, vocabulary);
  yield WORDS_SHARE;
  const gradients = yield* partOf(
    orientedGradientSteps(gradientCues(words, weights), halfWidth, halfHeight),
    WORDS_SHARE,
    GRADIENTS_SHARE,
  );
  const { labels, count } = watershedSuperpixels(gradients, boundary, reliefLab, columns, rows);
  yield (1 + GRADIENTS_SHARE) / 2;
  const graph = adjacency(labels, width, height, count);
  const pairs = boundaryPairs(labels, columns, rows, halfWidth, graph);
  const maps = REGION_WORDS.map((name) => words[name]);
  const cues: RegionCues = {
    count,
    ...regionFeatures(labels, columns, rows, count, maps),
    blocks: maps.map((map) => map.count),
    frame: atFrame(labels, width, height, count),
    ...(features && {
      embedding: regionMeans(labels, columns, rows, count, {
        width: halfWidth,
        channels: features.length / (halfWidth * halfHeight),
        data: features,
      }),
    }),
    edgeA: graph.edgeA,
    edgeB: graph.edgeB,
    length: Float32Array.from(graph.length),
    gradient: boundaryStrengths(pairs, graph, gradients),
    contrast: contrastAcross(labels, width, height, graph, reliefLab),
    boundary: boundary ? meanAlongBoundaries(pairs, graph, boundary) : new Float32Array(graph.length.length),
  };
  const superpixel = labelsOnGrid(labels, width, height, image);
  return { superpixels: labels, cues, words: { map: words[AFFINITY_WORDS], superpixel } };
}

/** (count) 1 for regions with a pixel at the image's frame. */
function atFrame(labels: Int32Array, width: number, height: number, count: number): Uint8Array {
  const frame = new Uint8Array(count), last = (height - 1) * width;
  for (let x = 0; x < width; x++) frame[labels[x]!] = frame[labels[last + x]!] = 1;
  for (let p = 0; p <= last; p += width) frame[labels[p]!] = frame[labels[p + width - 1]!] = 1;
  return frame;
}

/** The label at each sample of the grid over the measured image. */
function labelsOnGrid(labels: Int32Array, width: number, height: number, measured: Image): Int32Array {
  const columns = pixelsOfSamples(width, measured.width), rows = pixelsOfSamples(height, measured.height);
  const out = new Int32Array(columns.length * rows.length);
  let i = 0;
  for (const row of rows) for (const column of columns) out[i++] = labels[row * width + column]!;
  return out;
}

/** The weighted terms of the gradient on their grids. */
function gradientCues(words: ImageWords, weights: HierarchyWeights): GradientCue[] {
  const quarter = new Map<string, WordMap>();
  return weights.gradients.map(({ words: name, grid, radius, weight }) => {
    if (grid === 2) return { map: words[name], radius, weight };
    if (!quarter.has(name)) quarter.set(name, halveWords(words[name]));
    return { map: quarter.get(name)!, radius, weight };
  });
}

function check(
  image: Image,
  smoothed: Image,
  boundary: Float32Array | undefined,
  features: Float32Array | undefined,
): void {
  const { width, height } = image;
  if (smoothed.width !== width || smoothed.height !== height) {
    throw new TypeError(
      `Cannot segment image: smoothed must be ${width}x${height}, got ${smoothed.width}x${smoothed.height}`,
    );
  }
  const wanted = ((width + 1) >> 1) * ((height + 1) >> 1);
  if (boundary && boundary.length !== wanted) {
    throw new TypeError(`Cannot segment image: boundary must have ${wanted} values, got ${boundary.length}`);
  }
  if (features && (features.length === 0 || features.length % wanted !== 0)) {
    throw new TypeError(
      `Cannot segment image: features must have a multiple of ${wanted} values, got ${features.length}`,
    );
  }
}
