/**
 * The methods that SuperAE takes part in.
 */
import { deepCues, dscHierarchy } from "../../lib/hierarchy/hierarchy.ts";
import { enlarged } from "../../lib/hierarchy/enlarged.ts";
import { stretchContrast } from "../../lib/image/contrast.ts";
import type { Image } from "../../lib/image/image.ts";
import type { Reach, SuperpixelMethod } from "../../lib/options.ts";
import { fullResolution } from "../../lib/superae/apply.ts";
import type { kmeansPartitions, PixelFeatures } from "./clusterings.ts";
import { cutRegions, superAE, superpixelGraph, superpixelsOf } from "./deep.ts";
import type { MethodContext, MethodSettings, Partitions, SegmenterForBench } from "./methods.ts";

/** A method of the photograph, given the smoothed image x^R in its place. Setting: `weights`. */
export function onSuperAE(segment: SegmenterForBench): SegmenterForBench {
  return async (image, settings, scales, context) => {
    const { smoothed } = await superAE(image, String(settings.weights));
    return await segment(smoothed, settings, scales, context);
  };
}

/**
 * A clustering of SLIC superpixels by features of their pixels. Settings: `superpixels`, `superpixelsOn` (`photo`, or
 * `superae` for the smoothed image), `weights`, and the clustering's own.
 */
export function clustering(
  cluster: typeof kmeansPartitions,
  featuresOf: (image: Image, settings: MethodSettings) => PixelFeatures | Promise<PixelFeatures>,
): SegmenterForBench {
  return async (image, settings, scales, { random }) => {
    const smoothed = settings.superpixelsOn === "superae";
    const source = smoothed ? (await superAE(image, String(settings.weights))).smoothed : image;
    const { labels } = superpixelsOf(source, "slic", Number(settings.superpixels));
    return cluster(labels, image, await featuresOf(image, settings), settings, scales, random);
  };
}

/** Colours of pixels. */
export function rgbFeatures(image: Image): PixelFeatures {
  return { data: image.data, dimensions: 3 };
}

/** F of pixels. Setting: `weights`. */
export async function deepFeatures(image: Image, settings: MethodSettings): Promise<PixelFeatures> {
  const { features } = await superAE(image, String(settings.weights));
  return { data: fullResolution(features, image.width, image.height), dimensions: features.channels };
}

/** The default of `segment()`: a tree, cut at each height. */
export async function segmentHierarchy(image: Image, settings: MethodSettings): Promise<Partitions> {
  const seen = enlarged(stretchContrast(image));
  const deep = deepCues(await superAE(seen, String(settings.weights)));
  const { superpixels, merges } = dscHierarchy(seen, deep, { size: image });
  return { kind: "tree", superpixels, tree: merges };
}

/** The paper's method: SuperAE, superpixels of the smoothed image, cut into each number of partitions. */
export async function segmentCut(
  image: Image,
  settings: MethodSettings,
  scales: readonly number[],
  { seed, signal }: MethodContext,
): Promise<Partitions> {
  const { map, graph } = await cutInput(image, settings);
  const found: Int32Array[] = [];
  for (const partitions of scales) {
    const options = { ...cutOptions(settings), partitions, seed, signal };
    found.push(await cutRegions(image, graph, map, options));
  }
  return { kind: "maps", maps: found };
}

/** The same with one number of partitions, stopped after each number of iterations. */
export async function segmentCutStopped(
  image: Image,
  settings: MethodSettings,
  scales: readonly number[],
  { seed, signal }: MethodContext,
): Promise<Partitions> {
  const { map, graph } = await cutInput(image, settings);
  const partitions = Number(settings.partitions);
  const found: Int32Array[] = [];
  for (const iterations of scales) {
    const options = { ...cutOptions(settings), partitions, iterations, seed, signal };
    found.push(await cutRegions(image, graph, map, options));
  }
  return { kind: "maps", maps: found };
}

async function cutInput(image: Image, settings: MethodSettings) {
  const output = await superAE(image, String(settings.weights));
  const method = settings.superpixelMethod as SuperpixelMethod;
  const map = superpixelsOf(output.smoothed, method, Number(settings.superpixels));
  return { map, graph: superpixelGraph(output, map) };
}

/** What the cut takes from a method's settings. */
export function cutOptions(settings: MethodSettings) {
  const { iterations, alpha, beta, sigma, radius } = settings;
  return {
    reach: settings.reach as Reach,
    network: String(settings.weights),
    iterations: Number(iterations),
    alpha: Number(alpha),
    beta: Number(beta),
    sigma: Number(sigma),
    radius: Number(radius),
  };
}
