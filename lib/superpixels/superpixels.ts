/**
 * One call for all three methods: a wanted number of superpixels, turned into each method's own options. SLIC takes the
 * number as it is; for the others, whose number follows the content, the option that moves it most is searched for.
 */
import type { SuperpixelMethod } from "../options.ts";
import { checkLab, checkNumber } from "./check.ts";
import { type LabelMap, mergeSmallRegions } from "./connectivity.ts";
import { gridRegions, sortGridEdges } from "./felzenszwalb.ts";
import { type FilteredImage, FUSE, fuseModes, meanShiftFilter } from "./mean_shift.ts";
import { slic } from "./slic.ts";

/** Options of {@linkcode superpixels}. */
export interface SuperpixelsOptions {
  /** slic: even sizes; felzenszwalb and mean-shift: follow content. @default "slic" */
  method?: SuperpixelMethod;
  /** About how many, from 1. The others than slic come within a tenth on photos; flat images have fewer. @default 600 */
  count?: number;
}

/** Trials of a search. Photos need 2 to 4; an image without enough detail ends at the option's bound after 2. */
const TRIALS = 6;
/** A count this close to the wanted one, as a ratio, ends the search. */
const TOLERANCE = 1.1;

/**
 * Divides an image into about `count` superpixels.
 *
 * @param lab (H, W, 3) CIELAB values, interleaved, L 0 to 100.
 * @param width W, pixels.
 * @param height H, pixels.
 * @param options See {@linkcode SuperpixelsOptions}.
 * @returns (H, W) labels, 0 to count - 1 in scan order, each label 4-connected; and their count.
 * @throws {RangeError} For a bad width or height, method or count, or values in lab that are not finite.
 * @throws {TypeError} For a lab of the wrong kind or length.
 *
 * @example
 * ```ts
 * import { superpixels } from "./superpixels.ts";
 * import assert from "node:assert/strict";
 *
 * // two halves, black and white, 8 x 4
 * const lab = new Float32Array(8 * 4 * 3);
 * for (let p = 0; p < 32; p++) lab[p * 3] = p % 8 < 4 ? 0 : 100;
 * const { labels, count } = superpixels(lab, 8, 4, { method: "mean-shift", count: 2 });
 * assert.equal(count, 2);
 * assert.deepEqual([...labels.subarray(0, 8)], [0, 0, 0, 0, 1, 1, 1, 1]);
 * ```
 */
export function superpixels(
  lab: Float32Array,
  width: number,
  height: number,
  options: SuperpixelsOptions = {},
): LabelMap {
  const { method = "slic", count = 600 } = options;
  const action = "Cannot make superpixels";
  checkLab(action, lab, width, height);
  checkNumber(action, "count", count, 1, Infinity, true);
  // Mean area of a superpixel. Regions under a sixth (felzenszwalb) or a quarter (mean-shift) of it are merged: that makes
  // sizes even enough for a cut. Less keeps more large regions, more crumbs and less boundary recall (.925 at a twelfth,
  // .946 at a sixth; 25 photos of BSDS500, 600 superpixels).
  const area = width * height / count;
  switch (method) {
    case "slic":
      return counted(slic(lab, width, height, { segments: count }));
    case "felzenszwalb": {
      const edges = sortGridEdges(lab, width, height, SIGMA);
      return settle(
        (scale) => gridRegions(edges, lab, scale, area / 6),
        { wanted: count, first: 4.5 * Math.sqrt(area), min: 0.1, max: 1e5, slope: 0.9 },
        lab,
        width,
        height,
      );
    }
    case "mean-shift": {
      // The colour difference that keeps modes apart is what is searched for: it needs no new climb. Only where too few
      // are apart do pixels climb again, through a smaller window: keeping apart what hardly differs would draw the
      // borders of the cells that climb together. (A third and fourth climb, at 2 and 1, change no figure by .002.)
      const spatialRadius = Math.min(32, Math.max(2, Math.sqrt(area) / 2)), minSize = area / 4;
      const climb = (rangeRadius: number) => meanShiftFilter(lab, width, height, spatialRadius, rangeRadius);
      const regions = (filtered: FilteredImage, range: number) =>
        mergeSmallRegions(fuseModes(filtered, range), lab, width, height, { minSize });
      let rangeRadius = 8, filtered = climb(rangeRadius);
      if (regions(filtered, FUSE * rangeRadius).count < count) {
        rangeRadius = 4;
        filtered = climb(rangeRadius);
      }
      return settle(
        (range) => regions(filtered, range),
        { wanted: count, first: 0.25 * rangeRadius, min: 0.01, max: 100, slope: 0.7 },
        lab,
        width,
        height,
      );
    }
    default:
      throw new RangeError(
        `${action}: method must be slic, felzenszwalb or mean-shift, got ${String(method satisfies never)}`,
      );
  }
}

/** Smoothing before Felzenszwalb-Huttenlocher, as in the paper. */
const SIGMA = 0.8;

interface SearchOptions {
  /** The count wanted. */
  readonly wanted: number;
  /** Values of the option: the first tried, the least and the largest allowed. */
  readonly first: number;
  readonly min: number;
  readonly max: number;
  /** Typical fall of log(count) per rise of log(option), for steps before both sides of the wanted count are known. */
  readonly slope: number;
}

// Where the number of regions jumps past the wanted one, as it does in even noise that one more step joins everywhere, the
// rest of the way is made by merging the smallest.
function settle(
  run: (value: number) => LabelMap,
  options: SearchOptions,
  lab: Float32Array,
  width: number,
  height: number,
): LabelMap {
  const { wanted } = options;
  const { best, above } = search(run, options);
  if (Math.abs(Math.log(best.count / wanted)) <= Math.log(TOLERANCE) || above === undefined) return best;
  const area = width * height / wanted;
  const merged = search(
    (minSize) => mergeSmallRegions(above.labels, lab, width, height, { minSize }),
    { wanted, first: area / 2, min: area / 8, max: 8 * area, slope: 1 },
  ).best;
  return Math.abs(Math.log(merged.count / wanted)) < Math.abs(Math.log(best.count / wanted)) ? merged : best;
}

// Regula falsi on log(count) over log(option). Counts fall as the option rises, nearly everywhere: where they do not, the
// closest count found still stands. `above` is the map with the fewest regions of those with more than wanted.
function search(
  run: (value: number) => LabelMap,
  options: SearchOptions,
): { best: LabelMap; above?: LabelMap } {
  const { wanted, first, min, max, slope } = options;
  let low = Math.log(min), high = Math.log(max);
  let lowError = NaN, highError = NaN; // low: too many regions; high: too few
  let value = Math.min(high, Math.max(low, Math.log(first)));
  let best: LabelMap | undefined, above: LabelMap | undefined;
  for (let trial = 0; trial < TRIALS; trial++) {
    const map = run(Math.exp(value));
    const error = Math.log(map.count / wanted);
    if (best === undefined || Math.abs(error) < Math.abs(Math.log(best.count / wanted))) best = map;
    if (Math.abs(error) <= Math.log(TOLERANCE)) break;
    if (error > 0) {
      if (above === undefined || map.count < above.count) above = map;
      low = value;
      lowError = error;
    } else {
      high = value;
      highError = error;
    }
    const bracketed = !Number.isNaN(lowError + highError);
    let next = value + error / slope;
    if (bracketed) next = low + (high - low) * lowError / (lowError - highError);
    // away from the ends of a bracket, so that a bent curve cannot hold the search at one of them
    const margin = bracketed ? 0.1 * (high - low) : 0;
    next = Math.min(high - margin, Math.max(low + margin, next));
    if (next === value) break; // at the bound of the option: the image has no more detail, or no less
    value = next;
  }
  return { best: best!, ...(above && { above }) };
}

function counted(labels: Int32Array<ArrayBuffer>): LabelMap {
  let max = 0;
  for (let p = 0; p < labels.length; p++) if (labels[p]! > max) max = labels[p]!;
  return { labels, count: max + 1 };
}
