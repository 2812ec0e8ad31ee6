/**
 * What the deep methods share: one run of SuperAE for an image and a network, whatever number of methods ask for it, and
 * the cut of superpixels as `segment()` does it.
 */
import { withBackend } from "../../lib/backend/mod.ts";
import { deepSuperpixelCut, type DscOptions, fineTunedCut, type SuperpixelGraph } from "../../lib/dsc/mod.ts";
import { mergeAlike } from "../../lib/dsc/merge_alike.ts";
import { srgbToLab } from "../../lib/image/color.ts";
import type { Image } from "../../lib/image/image.ts";
import type { Reach, SuperpixelMethod } from "../../lib/options.ts";
import {
  applySuperAE,
  decodeWeights,
  pretrainedWeights,
  type SuperAEOutput,
  type SuperAEWeights,
  superpixelFeatures as deepSuperpixelFeatures,
} from "../../lib/superae/mod.ts";
import { type LabelMap, mergeSmallRegions } from "../../lib/superpixels/connectivity.ts";
import { superpixels } from "../../lib/superpixels/superpixels.ts";
import { paint, superpixelFeatures } from "./superpixel_features.ts";

/** Name of the weights that come with the library; any other name is a file of `encodeWeights`. */
export const PRETRAINED = "pretrained";

/** Outputs by image and network; an image's go with it. */
const outputs = new WeakMap<Image, Map<string, Promise<SuperAEOutput>>>();

/** Deep features and smoothed image, computed once for an image and a network. */
export function superAE(image: Image, network: string): Promise<SuperAEOutput> {
  const known = outputs.get(image) ?? new Map<string, Promise<SuperAEOutput>>();
  outputs.set(image, known);
  const output = known.get(network) ??
    withBackend("wasm", () => applySuperAE(image, readWeights(network)));
  known.set(network, output);
  return output;
}

const networks = new Map<string, SuperAEWeights>();

function readWeights(network: string): SuperAEWeights {
  if (network === PRETRAINED) return pretrainedWeights();
  const weights = networks.get(network) ?? decodeWeights(Deno.readTextFileSync(network).trim());
  networks.set(network, weights);
  return weights;
}

const maps = new WeakMap<Image, Map<string, LabelMap>>();

/** Superpixels of an image, photograph or smoothed, computed once for an image, method and count. */
export function superpixelsOf(image: Image, method: SuperpixelMethod, count: number): LabelMap {
  const known = maps.get(image) ?? new Map<string, LabelMap>();
  maps.set(image, known);
  const key = `${method} ${count}`;
  const map = known.get(key) ?? superpixels(srgbToLab(image), image.width, image.height, { method, count });
  known.set(key, map);
  return map;
}

/** The nodes of the cut as in `segment()`: mean embedding and smoothed colour, areas, centroids in diagonals. */
export function superpixelGraph(output: SuperAEOutput, { labels, count }: LabelMap): SuperpixelGraph {
  const { width, height, data } = output.smoothed;
  const { areas, positions } = superpixelFeatures(labels, width, data, 3);
  const diagonal = Math.hypot(width, height);
  return {
    ...deepSuperpixelFeatures(output, labels, count),
    areas,
    positions: positions.map((pixels) => pixels / diagonal),
  };
}

/** Options of {@linkcode cutRegions}. */
export interface CutOptions extends DscOptions {
  /** How far gradients go. @default "head" */
  readonly reach?: Reach;
  /** Whose encoder reach `full` trains. @default "pretrained" */
  readonly network?: string;
}

/** The cut of one image, then as in `segment()`: superpixels alike joined, crumbs given to their surroundings. */
export async function cutRegions(
  image: Image,
  graph: SuperpixelGraph,
  { labels }: LabelMap,
  { reach = "head", network = PRETRAINED, ...options }: CutOptions,
): Promise<Int32Array> {
  const { width, height } = image;
  const cut = await withBackend(
    "wasm",
    () =>
      reach === "full"
        ? fineTunedCut(graph, image, labels, readWeights(network), options)
        : deepSuperpixelCut(graph, options),
  );
  const lab = srgbToLab(image);
  const partitions = mergeAlike(cut.partitions, labels, lab, width, height);
  return mergeSmallRegions(paint(labels, partitions), lab, width, height, {
    minSize: Math.round(width * height * SMALLEST_REGION),
  }).labels;
}

/** As in `segment()`. */
const SMALLEST_REGION = 0.0008;
