/**
 * The methods that the benchmark can run, each swept over its own scale, as the field does for ODS and OIS.
 *
 * To add one, write a {@linkcode SegmenterForBench} and a line in {@linkcode METHODS}. It runs in an isolate of its own
 * and sees one image at a time; whatever is drawn at random must come from `context.random`.
 */
import { srgbToLab } from "../../lib/image/color.ts";
import type { Image } from "../../lib/image/image.ts";
import type { MergeTree } from "../../lib/metrics/label_map.ts";
import type { Random } from "../../lib/random.ts";
import { gridRegions, sortGridEdges } from "../../lib/superpixels/felzenszwalb.ts";
import { meanShift } from "../../lib/superpixels/mean_shift.ts";
import { slic } from "../../lib/superpixels/slic.ts";
import { kmeansPartitions, ncutPartitions } from "./clusterings.ts";
import { PRETRAINED } from "./deep.ts";
import {
  clustering,
  deepFeatures,
  onSuperAE,
  rgbFeatures,
  segmentCut,
  segmentCutStopped,
  segmentHierarchy,
} from "./deep_methods.ts";

/** Settings by name; they belong to a result, so only plain values. */
export type MethodSettings = Readonly<Record<string, number | string>>;

/** What a method made of an image: one label map for each scale, or a hierarchy cut at one threshold for each. */
export type Partitions =
  | { readonly kind: "maps"; readonly maps: readonly Int32Array[] }
  | {
    readonly kind: "tree";
    readonly superpixels: Int32Array;
    readonly tree: MergeTree;
    /** Ascending, one for each scale. @default the scales themselves */
    readonly thresholds?: readonly number[] | undefined;
  };

/** What a method is given besides the image. */
export interface MethodContext {
  /** Seeded for this image alone, so that neither order nor the number of isolates matters. */
  readonly random: Random;
  readonly seed: number;
  readonly signal: AbortSignal;
}

/** Segments one image at every scale. */
export type SegmenterForBench = (
  image: Image,
  settings: MethodSettings,
  scales: readonly number[],
  context: MethodContext,
) => Partitions | Promise<Partitions>;

/** A method with what it is run with unless the command line says otherwise. */
export interface BenchMethod {
  readonly title: string;
  /** What a scale is: "segments", "threshold". */
  readonly scaleName: string;
  readonly scales: readonly number[];
  readonly settings: MethodSettings;
  readonly segment: SegmenterForBench;
}

/** Numbers of groups that the clusterings are swept over. */
const PARTITIONS = [2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 24, 32];
/** Numbers of partitions that the cut is swept over: each is an optimisation of its own, so fewer. */
const CUTS = [2, 4, 6, 8, 12, 16, 24, 32];

const SLIC = { compactness: 10, iterations: 10 };
const FELZENSZWALB = { sigma: 0.8, minSize: 1000 };
const MEAN_SHIFT = { spatialRadius: 10, minSize: 1000 };
const KMEANS = {
  superpixels: 600,
  superpixelsOn: "photo",
  iterations: 50,
  connected: 1,
  weights: PRETRAINED,
};
const NCUT = {
  superpixels: 600,
  superpixelsOn: "photo",
  featureWidth: 0.12,
  positionWidth: 0.15,
  connected: 1,
  weights: PRETRAINED,
};
/**
 * On 12 train images 100 superpixels beat 300 for two kinds of superpixels out of three (SC of mean shift .494 against .442,
 * EGB .485 against .473, SLIC .444 against .478; VI better for all), at a third of the time. The widths are the library's.
 */
const CUT = {
  superpixelMethod: "slic",
  superpixels: 100,
  iterations: 128,
  alpha: 0.05,
  beta: 1,
  sigma: 0.4,
  radius: 0.2,
  reach: "head",
  weights: PRETRAINED,
};

/** Heights of the hierarchy's cuts: as many as the official scripts take of a contour map. */
const HEIGHTS = Array.from({ length: 99 }, (_, i) => (i + 1) / 100);

/** The methods by name. */
export const METHODS: Readonly<Record<string, BenchMethod>> = {
  slic: {
    title: "SLIC",
    scaleName: "segments",
    scales: [4, 6, 9, 12, 16, 24, 36, 50, 75, 100, 150, 200],
    settings: SLIC,
    segment: segmentSlic,
  },
  felzenszwalb: {
    title: "Felzenszwalb-Huttenlocher (EGB)",
    scaleName: "scale",
    scales: [100, 200, 300, 400, 600, 800, 1000, 1500, 2000, 3000, 4500],
    settings: FELZENSZWALB,
    segment: segmentFelzenszwalb,
  },
  "mean-shift": {
    title: "Mean shift (MS)",
    scaleName: "range radius",
    scales: [6, 8, 10, 12, 15, 19, 24, 30, 38],
    settings: MEAN_SHIFT,
    segment: segmentMeanShift,
  },
  "slic-superae": {
    title: "SLIC on the SuperAE image",
    scaleName: "segments",
    scales: [4, 6, 9, 12, 16, 24, 36, 50, 75, 100, 150, 200],
    settings: { ...SLIC, weights: PRETRAINED },
    segment: onSuperAE(segmentSlic),
  },
  "felzenszwalb-superae": {
    title: "Felzenszwalb-Huttenlocher (EGB) on the SuperAE image",
    scaleName: "scale",
    scales: [100, 200, 300, 400, 600, 800, 1000, 1500, 2000, 3000, 4500],
    settings: { ...FELZENSZWALB, weights: PRETRAINED },
    segment: onSuperAE(segmentFelzenszwalb),
  },
  "mean-shift-superae": {
    title: "Mean shift (MS) on the SuperAE image",
    scaleName: "range radius",
    scales: [6, 8, 10, 12, 15, 19, 24, 30, 38],
    settings: { ...MEAN_SHIFT, weights: PRETRAINED },
    segment: onSuperAE(segmentMeanShift),
  },
  "kmeans-rgb": {
    title: "k-means on RGB of SLIC superpixels",
    scaleName: "partitions",
    scales: PARTITIONS,
    settings: KMEANS,
    segment: clustering(kmeansPartitions, rgbFeatures),
  },
  "kmeans-deep": {
    title: "k-means on deep features of SLIC superpixels",
    scaleName: "partitions",
    scales: PARTITIONS,
    settings: KMEANS,
    segment: clustering(kmeansPartitions, deepFeatures),
  },
  "ncut-rgb": {
    title: "Normalized cut on RGB of SLIC superpixels",
    scaleName: "partitions",
    scales: PARTITIONS,
    settings: NCUT,
    segment: clustering(ncutPartitions, rgbFeatures),
  },
  "ncut-deep": {
    title: "Normalized cut on deep features of SLIC superpixels",
    scaleName: "partitions",
    scales: PARTITIONS,
    settings: NCUT,
    segment: clustering(ncutPartitions, deepFeatures),
  },
  dsc: {
    title: "DSC hierarchy",
    scaleName: "height",
    scales: HEIGHTS,
    settings: { weights: PRETRAINED },
    segment: segmentHierarchy,
  },
  "flat-dsc": {
    title: "Deep Superpixel Cut",
    scaleName: "partitions",
    scales: CUTS,
    settings: CUT,
    segment: segmentCut,
  },
  "flat-dsc-iterations": {
    title: "Deep Superpixel Cut, stopped early",
    scaleName: "iterations",
    scales: [0, 4, 8, 16, 32, 64, 128],
    settings: { ...CUT, partitions: 8 },
    segment: segmentCutStopped,
  },
};

function segmentSlic(image: Image, settings: MethodSettings, scales: readonly number[]): Partitions {
  const { width, height } = image;
  const lab = srgbToLab(image);
  const compactness = Number(settings.compactness), iterations = Number(settings.iterations);
  const maps = scales.map((segments) => slic(lab, width, height, { segments, compactness, iterations }));
  return { kind: "maps", maps };
}

function segmentFelzenszwalb(image: Image, settings: MethodSettings, scales: readonly number[]): Partitions {
  const { width, height } = image;
  const lab = srgbToLab(image);
  const edges = sortGridEdges(lab, width, height, Number(settings.sigma)); // sorted once for all scales
  const minSize = Number(settings.minSize);
  const maps = scales.map((scale) => gridRegions(edges, lab, scale, minSize).labels);
  return { kind: "maps", maps };
}

function segmentMeanShift(image: Image, settings: MethodSettings, scales: readonly number[]): Partitions {
  const { width, height } = image;
  const lab = srgbToLab(image);
  const spatialRadius = Number(settings.spatialRadius), minSize = Number(settings.minSize);
  const maps = scales.map((rangeRadius) =>
    meanShift(lab, width, height, { spatialRadius, rangeRadius, minSize })
  );
  return { kind: "maps", maps };
}
