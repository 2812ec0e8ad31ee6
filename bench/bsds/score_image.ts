/**
 * One image through one method: read, segment, score, export. Runs in an isolate; whatever is wrong with the image or its
 * ground truth comes back as a problem, so that the run goes on and nothing is dropped silently.
 */
import { join } from "node:path";
import { decodeImage } from "../../lib/image/decode.ts";
import type { Image } from "../../lib/image/image.ts";
import { readGroundTruth } from "../../lib/metrics/bsds_files.ts";
import { scoreHierarchy } from "../../lib/metrics/hierarchy_scores.ts";
import { type RegionScores, scoreStack } from "../../lib/metrics/region_scores.ts";
import { createRandom } from "../../lib/random.ts";
import type { DatasetImage } from "./dataset.ts";
import { exportMaps } from "./export.ts";
import { METHODS, type MethodSettings, type Partitions } from "./methods.ts";

/** What decides a result. */
export interface MethodConfig {
  readonly method: string;
  readonly settings: MethodSettings;
  readonly scales: readonly number[];
  readonly seed: number;
}

/** One image to do. */
export interface ImageJob {
  readonly image: DatasetImage;
  readonly config: MethodConfig;
  /** Folder for label maps; undefined for none. */
  readonly exportFolder: string | undefined;
}

/** What came of it. */
export interface ImageResult {
  readonly id: string;
  /** undefined where there was nothing to score against, or a problem. */
  readonly scores: RegionScores | undefined;
  /** What went wrong, for the report. */
  readonly problem: string | undefined;
  /** Milliseconds that the method took, without reading and scoring. */
  readonly milliseconds: number;
}

/** Kinds of job of the benchmark's isolates. */
export interface BenchProtocol {
  readonly image: { readonly job: ImageJob; readonly result: ImageResult };
}

/** Does one image. */
export async function scoreImage(job: ImageJob, signal: AbortSignal): Promise<ImageResult> {
  const [result] = await scoreImageByAll(job.image, [job.config], signal, job.exportFolder);
  return result!;
}

/**
 * Does one image by several methods. It is read once, and what methods share (SuperAE, superpixels) is computed once.
 *
 * @returns A result for each configuration, in their order.
 */
export async function scoreImageByAll(
  image: DatasetImage,
  configs: readonly MethodConfig[],
  signal: AbortSignal,
  exportFolder?: string,
): Promise<ImageResult[]> {
  let picture: Image, annotators: readonly Int32Array[] | undefined;
  try {
    picture = await decodeImage(await Deno.readFile(image.path));
    annotators = image.groundTruth ? await annotatorsOf(image.groundTruth, picture) : undefined;
  } catch (error) {
    return configs.map(() => failed(image.id, error, 0));
  }
  const results: ImageResult[] = [];
  for (const config of configs) {
    const started = performance.now();
    try {
      const partitions = await segmentBy(config, picture, signal);
      const milliseconds = performance.now() - started;
      if (exportFolder) {
        await exportMaps(partitions, config.scales, picture, join(exportFolder, `${image.id}.npy`));
      }
      const scores = annotators && scorePartitions(partitions, annotators, config.scales);
      results.push({ id: image.id, scores, problem: undefined, milliseconds });
    } catch (error) {
      if (signal.aborted) throw error;
      results.push(failed(image.id, error, performance.now() - started));
    }
  }
  return results;
}

async function segmentBy(config: MethodConfig, image: Image, signal: AbortSignal): Promise<Partitions> {
  const { method, settings, scales, seed } = config;
  const found = METHODS[method];
  if (!found) throw new RangeError(`Cannot run benchmark: there is no method ${method}`);
  const partitions = await found.segment(image, settings, scales, {
    random: createRandom(seed),
    seed,
    signal,
  });
  checkPartitions(partitions, scales.length);
  return partitions;
}

function failed(id: string, error: unknown, milliseconds: number): ImageResult {
  return {
    id,
    scores: undefined,
    problem: error instanceof Error ? error.message : String(error),
    milliseconds,
  };
}

async function annotatorsOf(path: string, image: Image): Promise<readonly Int32Array[]> {
  const { width, height, maps } = await readGroundTruth(await Deno.readFile(path)).catch((error) => {
    throw new Error(`${path}: ${error.message}`, { cause: error });
  });
  if (width !== image.width || height !== image.height) {
    throw new Error(
      `image is ${image.width} x ${image.height}, its ground truth ${path} is ${width} x ${height}`,
    );
  }
  return maps;
}

function checkPartitions(partitions: Partitions, scales: number): void {
  const count = partitions.kind === "maps" ? partitions.maps.length : partitions.thresholds?.length ?? scales;
  if (count !== scales) throw new RangeError(`the method gave ${count} partitions for ${scales} scales`);
}

/** Scores what a method made of an image. */
export function scorePartitions(
  partitions: Partitions,
  annotators: readonly Int32Array[],
  scales: readonly number[],
): RegionScores {
  if (partitions.kind === "maps") return scoreStack(partitions.maps, annotators, scales);
  const { superpixels, tree, thresholds = scales } = partitions;
  return scoreHierarchy(superpixels, tree, annotators, thresholds, scales);
}
