/**
 * Where an image is segmented, decided before any work starts: estimate what it will cost from its header and its
 * options; small work is answered at once, heavy work is queued, and what would hold a worker for hours is refused with
 * the limit named. All constants are here.
 */
import { LimitError } from "../../lib/errors.ts";
import { readImageHeader } from "../../lib/image/header.ts";
import type { ResolvedSettings } from "../../lib/options.ts";

/** What is about to be done. */
export interface Work {
  readonly width: number;
  readonly height: number;
  /** Estimated seconds of one core. */
  readonly seconds: number;
}

/** Answer at once, or queue. */
export type Decision = "inline" | "queued";

/** Whoever waits for an answer waits about this long; beyond, a connection had better not be held open. */
export const INLINE_SECONDS = 15;
/** No job may be estimated longer than this, six hours of one core: it would block everyone else's. */
export const MAX_JOB_SECONDS = 21_600;
/** A job is ended when it has taken so many times its estimate, but never before {@linkcode MIN_DEADLINE_SECONDS}. */
const DEADLINE_FACTOR = 10;
const MIN_DEADLINE_SECONDS = 600;
/** pg-boss takes less than a day. */
const MAX_DEADLINE_SECONDS = 86_000;

/** Larger images are segmented at this size (`lib/segment.ts`), so only decoding and encoding grow with the file. */
const WORKING_MEGAPIXELS = 0.6;
/*
 * Seconds of one wasm core, from timings of 481 x 321 photographs on a shared two-core machine, full reach by its CPU time
 * at 768 x 512 as well, rounded up: the estimate decides between seconds and minutes, not between seconds.
 */
/** Decoding, resizing and encoding, for each megapixel of the file. */
const FILE_PER_MEGAPIXEL = 0.5;
/** All stages but training and the cut, for each megapixel at working size. */
const STAGES_PER_MEGAPIXEL: Readonly<Record<ResolvedSettings["method"], number>> = {
  dsc: 8,
  "flat-dsc": 3,
  slic: 3,
  felzenszwalb: 3,
  "mean-shift": 4,
};
/** A step of training works on a crop, whatever the image. */
const TRAINING_STEP = 0.15;
/** Where the cut starts: k-means, for each superpixel and partition, and how alike superpixels are, for each two. */
const KMEANS_PER_PAIR = 5e-6, SIMILARITY_PER_PAIR = 3e-8;
/** An iteration of the cut over frozen features, and what it takes more for each two superpixels and partition. */
const CUT_ITERATION = 0.0002, CUT_ITERATION_PER_PAIR = 2e-10;
/** An iteration through the encoder, for each megapixel at working size: 2.5 at both sizes. */
const FULL_ITERATION_PER_MEGAPIXEL = 3;

/**
 * Estimates the work from an image file's header, without decoding it.
 *
 * @throws {ImageDecodeError} The bytes are no image.
 */
export function estimateWork(bytes: Uint8Array, settings: ResolvedSettings): Work {
  const { width, height } = readImageHeader(bytes);
  const megapixels = width * height / 1e6;
  const working = Math.min(megapixels, WORKING_MEGAPIXELS);
  const { method, train, iterations, superpixels, partitions, reach } = settings;
  let seconds = FILE_PER_MEGAPIXEL * megapixels + STAGES_PER_MEGAPIXEL[method] * working +
    TRAINING_STEP * train;
  if (method === "flat-dsc") {
    const pairs = superpixels ** 2;
    seconds += KMEANS_PER_PAIR * superpixels * partitions + SIMILARITY_PER_PAIR * pairs;
    seconds += iterations *
      (reach === "full"
        ? FULL_ITERATION_PER_MEGAPIXEL * working
        : CUT_ITERATION + CUT_ITERATION_PER_PAIR * pairs * partitions);
  }
  return { width, height, seconds };
}

/**
 * Decides where it is done.
 *
 * @throws {LimitError} `too_many_pixels` or `too_much_work`, naming limit and value.
 */
export function decide({ width, height, seconds }: Work, maxPixels: number): Decision {
  const pixels = width * height;
  if (pixels > maxPixels) {
    const text = `Cannot take image: it has ${pixels} pixels, want at most ${maxPixels}`;
    throw new LimitError("too_many_pixels", maxPixels, pixels, text);
  }
  if (seconds > MAX_JOB_SECONDS) {
    const rounded = Math.round(seconds);
    const text =
      `Cannot take job: it would take about ${rounded} s of one core, want at most ${MAX_JOB_SECONDS}; ` +
      "lower iterations or train, or send a smaller image";
    throw new LimitError("too_much_work", MAX_JOB_SECONDS, rounded, text);
  }
  return seconds <= INLINE_SECONDS ? "inline" : "queued";
}

/** Seconds after which a try of a job is ended. */
export function deadlineOf(seconds: number): number {
  return Math.min(MAX_DEADLINE_SECONDS, Math.max(MIN_DEADLINE_SECONDS, Math.ceil(DEADLINE_FACTOR * seconds)));
}
