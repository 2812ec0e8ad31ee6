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
import { mergeGridEdges, sortGridEdges } from "../../lib/superpixels/felzenszwalb.ts";
import { mergeSmallRegions } from "../../lib/superpixels/connectivity.ts";
import { meanShift } from "../../lib/superpixels/mean_shift.ts";
import { slic } from "../../lib/superpixels/slic.ts";
import { kmeansPartitions, ncutPartitions } from "./clusterings.ts";

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

/** The methods by name. */
export const METHODS: Readonly<Record<string, BenchMethod>> = {
  slic: {
    title: "SLIC",
    scaleName: "segments",
    scales: [4, 6, 9, 12, 16, 24, 36, 50, 75, 100, 150, 200],
    settings: { compactness: 10, iterations: 10 },
    segment: segmentSlic,
  },
  felzenszwalb: {
    title: "Felzenszwalb-Huttenlocher (EGB)",
    scaleName: "scale",
    scales: [100, 200, 300, 400, 600, 800, 1000, 1500, 2000, 3000, 4500],
    settings: { sigma: 0.8, minSize: 1000 },
    segment: segmentFelzenszwalb,
  },
  "mean-shift": {
    title: "Mean shift (MS)",
    scaleName: "range radius",
    scales: [6, 8, 10, 12, 15, 19, 24, 30, 38],
    settings: { spatialRadius: 10, minSize: 1000 },
    segment: segmentMeanShift,
  },
  "kmeans-rgb": {
    title: "k-means on RGB of SLIC superpixels",
    scaleName: "partitions",
    scales: PARTITIONS,
    settings: { superpixels: 600, compactness: 10, iterations: 50, connected: 1 },
    segment: segmentKmeansRgb,
  },
  "ncut-rgb": {
    title: "Normalized cut on RGB of SLIC superpixels",
    scaleName: "partitions",
    scales: PARTITIONS,
    settings: { superpixels: 600, compactness: 10, featureWidth: 0.12, positionWidth: 0.15, connected: 1 },
    segment: segmentNcutRgb,
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
  const maps = scales.map((scale) =>
    mergeSmallRegions(mergeGridEdges(edges, scale), lab, width, height, { minSize: Number(settings.minSize) })
      .labels
  );
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

/** The superpixels that every clustering of table 4 shares. */
function slicSuperpixels(image: Image, settings: MethodSettings): Int32Array {
  const { width, height } = image;
  return slic(srgbToLab(image), width, height, {
    segments: Number(settings.superpixels),
    compactness: Number(settings.compactness),
  });
}

function segmentKmeansRgb(
  image: Image,
  settings: MethodSettings,
  scales: readonly number[],
  { random }: MethodContext,
): Partitions {
  const features = { data: image.data, dimensions: 3 };
  return kmeansPartitions(slicSuperpixels(image, settings), image, features, settings, scales, random);
}

function segmentNcutRgb(
  image: Image,
  settings: MethodSettings,
  scales: readonly number[],
  { random }: MethodContext,
): Partitions {
  const features = { data: image.data, dimensions: 3 };
  return ncutPartitions(slicSuperpixels(image, settings), image, features, settings, scales, random);
}
