/**
 * How far the benchmark's figures can be trusted: standard errors by the bootstrap over images (Efron 1979,
 * doi:10.1214/aos/1176344552). Every resample chooses its optimal scale anew, as a new data set would.
 */

import { createRandom, type Random } from "../random.ts";
import type { RegionScores } from "./region_scores.ts";
import { type Figures, figures, summarize } from "./summary.ts";

/** Options of {@linkcode bootstrap} and {@linkcode pairedBootstrap}. */
export interface BootstrapOptions {
  /** Resamples, 2 or more; 1000 give an error of the error of about 2 percent. @default 1000 */
  resamples?: number;
  /** Where resamples are drawn from. @default createRandom(0) */
  random?: Random;
}

/** Figures with their standard errors. */
export interface Estimate {
  /** The figures themselves, or their differences. */
  readonly values: Figures;
  /** Standard deviation of each figure over the resamples. */
  readonly errors: Figures;
}

/**
 * The benchmark's figures with their standard errors over images.
 *
 * @param images Scores of each image, all with as many scales; at least two.
 * @param options See {@linkcode BootstrapOptions}.
 * @returns Figures and standard errors.
 * @throws {TypeError} When there are fewer than two images or the numbers of scales differ.
 * @throws {RangeError} When `resamples` is out of range.
 *
 * @example
 * ```ts
 * import { scoreStack } from "./region_scores.ts";
 * import { bootstrap } from "./statistics.ts";
 * import assert from "node:assert/strict";
 *
 * const halves = new Int32Array([0, 0, 1, 1]);
 * const same = scoreStack([new Int32Array(4)], [halves]);
 * assert.deepEqual(bootstrap([same, same]).errors, [0, 0, 0, 0, 0, 0, 0]); // equal images: nothing varies
 * ```
 */
export function bootstrap(images: readonly RegionScores[], options: BootstrapOptions = {}): Estimate {
  const { resamples = 1000, random = createRandom(0) } = options;
  check([images], resamples);
  const table = flatten(images);
  const spread = createSpread();
  const times = new Int32Array(images.length);
  for (let r = 0; r < resamples; r++) {
    resample(times, random);
    spread.add(weightedFigures(table, times));
  }
  return { values: figures(summarize(images)), errors: spread.deviations() };
}

/**
 * The difference `a` minus `b` of two methods on the same images, with paired standard errors: both are resampled alike, so
 * that what is hard for both cancels.
 *
 * @param a Scores of each image by one method.
 * @param b Scores of the same images, in the same order, by the other; its scales may differ.
 * @param options See {@linkcode BootstrapOptions}.
 * @returns Differences of the figures and their standard errors.
 * @throws {TypeError} When there are fewer than two images, or not as many in both.
 * @throws {RangeError} When `resamples` is out of range.
 */
export function pairedBootstrap(
  a: readonly RegionScores[],
  b: readonly RegionScores[],
  options: BootstrapOptions = {},
): Estimate {
  const { resamples = 1000, random = createRandom(0) } = options;
  check([a, b], resamples);
  const tableA = flatten(a), tableB = flatten(b);
  const spread = createSpread();
  const times = new Int32Array(a.length);
  for (let r = 0; r < resamples; r++) {
    resample(times, random);
    spread.add(minus(weightedFigures(tableA, times), weightedFigures(tableB, times)));
  }
  return { values: minus(figures(summarize(a)), figures(summarize(b))), errors: spread.deviations() };
}

function check(methods: readonly (readonly RegionScores[])[], resamples: number): void {
  if (!Number.isInteger(resamples) || resamples < 2) {
    throw new RangeError(`Cannot estimate errors: resamples must be 2 or more, got ${resamples}`);
  }
  const counts = methods.map((images) => images.length);
  if (counts.some((n) => n < 2 || n !== counts[0])) {
    throw new TypeError(
      `Cannot estimate errors: want 2 or more images, as many in each, got ${counts.join(", ")}`,
    );
  }
}

/** Draws n images with replacement; writes how many times each was drawn. */
function resample(times: Int32Array, random: Random): void {
  times.fill(0);
  for (let i = 0; i < times.length; i++) times[Math.floor(random() * times.length)]!++;
}

/** Scores laid out for summing: covered, randIndex and variation are (n, T). */
interface Table {
  readonly n: number;
  readonly T: number;
  readonly covered: Float64Array;
  readonly randIndex: Float64Array;
  readonly variation: Float64Array;
  /** (n, 5): area, best scale's covered, bestCovered, randIndex, variation. */
  readonly own: Float64Array;
}

function flatten(images: readonly RegionScores[]): Table {
  const n = images.length, T = images[0]!.scales.length;
  summarize(images); // throws where scales differ
  return {
    n,
    T,
    covered: Float64Array.from(images.flatMap((image) => image.covered)),
    randIndex: Float64Array.from(images.flatMap((image) => image.randIndex)),
    variation: Float64Array.from(images.flatMap((image) => image.variation)),
    own: Float64Array.from(images.flatMap((image) => [
      image.area,
      Math.max(...image.covered),
      image.bestCovered,
      Math.max(...image.randIndex),
      Math.min(...image.variation),
    ])),
  };
}

/** The figures of a data set in which image i occurs `times[i]` times; `summarize()` in a few typed arrays. */
function weightedFigures(table: Table, times: Int32Array): Figures {
  const { n, T, covered, randIndex, variation, own } = table;
  const sums = new Float64Array(3 * T), totals = new Float64Array(5);
  for (let i = 0; i < n; i++) {
    const w = times[i]!;
    if (w === 0) continue;
    for (let t = 0, p = i * T; t < T; t++, p++) {
      sums[t]! += w * covered[p]!;
      sums[T + t]! += w * randIndex[p]!;
      sums[2 * T + t]! += w * variation[p]!;
    }
    for (let j = 0; j < 5; j++) totals[j]! += w * own[5 * i + j]!;
  }
  let bestCovered = -Infinity, bestRand = -Infinity, bestVariation = Infinity;
  for (let t = 0; t < T; t++) {
    bestCovered = Math.max(bestCovered, sums[t]!);
    bestRand = Math.max(bestRand, sums[T + t]!);
    bestVariation = Math.min(bestVariation, sums[2 * T + t]!);
  }
  const area = totals[0]!;
  return [
    bestCovered / area,
    totals[1]! / area,
    totals[2]! / area,
    bestRand / n,
    totals[3]! / n,
    bestVariation / n,
    totals[4]! / n,
  ];
}

function minus(a: Figures, b: Figures): Figures {
  return a.map((value, i) => value - b[i]!) as unknown as Figures;
}

/** Running mean and variance (Welford 1962, doi:10.2307/1266577): no cancellation between large sums. */
function createSpread() {
  let n = 0;
  const mean = new Float64Array(7), squares = new Float64Array(7);
  return {
    add(values: Figures): void {
      n++;
      for (let i = 0; i < 7; i++) {
        const delta = values[i]! - mean[i]!;
        mean[i]! += delta / n;
        squares[i]! += delta * (values[i]! - mean[i]!);
      }
    },
    deviations(): Figures {
      return Array.from(squares, (sum) => Math.sqrt(sum / (n - 1))) as unknown as Figures;
    },
  };
}
