/**
 * Mean shift segmentation: Comaniciu and Meer, "Mean Shift: A Robust Approach Toward Feature Space Analysis", TPAMI 2002,
 * doi:10.1109/34.1000236. Every point climbs to a mode of the density in the joint domain of position and colour; points
 * whose modes agree are one region. Flat kernels, as in the authors' EDISON code.
 *
 * Two shortcuts make it cheap beside climbing from every pixel through every pixel of the window:
 * - Pixels of one small cell with nearly one colour climb together, as a point that weighs what they weigh, and the
 *   density is that of the points (after Paris and Durand 2007, doi:10.1109/CVPR.2007.383228, whose grid is fixed where
 *   the colours here are the cell's own). A cell edge of a quarter of the radius in place of half compares twice as many
 *   points and moves no figure.
 * - A climb that comes near a point whose mode is known takes that mode: EDISON's "speed-up". On 25 photos of BSDS500 it
 *   halves the comparisons and moves no figure.
 *
 * Climbs compare four points at a time, in single precision (kernels/): on 20 photos recall and precision are those of
 * double precision to the fourth digit.
 */
import { createLayout } from "../wasm_memory.ts";
import { checkLab, checkNumber } from "./check.ts";
import { mergeSmallRegions } from "./connectivity.ts";
import { loadKernels } from "./kernels/module.ts";
import { find } from "./union_find.ts";

/** Options of {@linkcode meanShift}. */
export interface MeanShiftOptions {
  /** h_s, radius of the window in the image, 1 to 1000 pixels. Larger smooths more texture. Try 5 to 15. @default 8 */
  spatialRadius?: number;
  /** h_r, radius of the window in colour, 0.1 to 500 CIELAB units. Larger gives fewer regions. Try 4 to 15. @default 8 */
  rangeRadius?: number;
  /** Regions with fewer pixels are merged into their most similar neighbour. Try 20 to 200. @default 40 */
  minSize?: number;
}

/**
 * Colours kept apart in a cell, further ones join the nearest: as many as its edge has pixels, within these bounds. Eight
 * in the 4-pixel cells of 600 superpixels cost twice the time in texture and moved no figure; four in the 10-pixel cells
 * of 100 lost .015 of boundary recall.
 */
const LEAST_POINTS = 4, MOST_POINTS = 8;
/** Pixels farther apart in colour than this share of rangeRadius climb separately. */
const CELL_RANGE = 0.5;
/** A climb ends in the basin of a point within this squared distance, in units of the radii. */
const BASIN = 0.3;
/** Adjacent pixels whose modes differ by less than this share of rangeRadius are one region; more leaks along gradients. */
export const FUSE = 0.2;
/** A step shorter than 1 % of the radii ends a climb; so does the last of these, which photos do not reach. */
const MAX_STEPS = 50;

/**
 * Divides an image into the basins of its colour and position density. The number of regions follows the content.
 *
 * @param lab (H, W, 3) CIELAB values, interleaved, L 0 to 100.
 * @param width W, pixels.
 * @param height H, pixels.
 * @param options See {@linkcode MeanShiftOptions}.
 * @returns (H, W) labels, 0 to M - 1 in scan order, each label 4-connected.
 * @throws {RangeError} For a bad width or height, an option out of range, or values in lab that are not finite.
 * @throws {TypeError} For a lab of the wrong kind or length.
 *
 * @example
 * ```ts
 * import { meanShift } from "./mean_shift.ts";
 * import assert from "node:assert/strict";
 *
 * // two halves, black and white, 8 x 4
 * const lab = new Float32Array(8 * 4 * 3);
 * for (let p = 0; p < 32; p++) lab[p * 3] = p % 8 < 4 ? 0 : 100;
 * const labels = meanShift(lab, 8, 4, { minSize: 4 });
 * assert.deepEqual([...labels.subarray(0, 8)], [0, 0, 0, 0, 1, 1, 1, 1]);
 * ```
 */
export function meanShift(
  lab: Float32Array,
  width: number,
  height: number,
  options: MeanShiftOptions = {},
): Int32Array<ArrayBuffer> {
  const { spatialRadius = 8, rangeRadius = 8, minSize = 40 } = options;
  const action = "Cannot make mean shift superpixels";
  checkLab(action, lab, width, height);
  checkNumber(action, "spatialRadius", spatialRadius, 1, 1000);
  checkNumber(action, "rangeRadius", rangeRadius, 0.1, 500);
  checkNumber(action, "minSize", minSize, 0, Infinity);
  const filtered = meanShiftFilter(lab, width, height, spatialRadius, rangeRadius);
  return mergeSmallRegions(fuseModes(filtered, FUSE * rangeRadius), lab, width, height, { minSize }).labels;
}

/** Where pixels end up: {@linkcode meanShift} before regions are made of it. */
export interface FilteredImage {
  readonly width: number;
  readonly height: number;
  /** (H, W) mode of each pixel. */
  readonly pixels: Int32Array<ArrayBuffer>;
  readonly modes: number;
  /** (modes, 5) x, y, L, a, b of each mode, colours relative to the first pixel's. */
  readonly values: Float32Array;
}

/**
 * Lets every pixel climb to its mode.
 *
 * @param lab (H, W, 3) CIELAB values, interleaved, L 0 to 100.
 * @param width W, pixels.
 * @param height H, pixels.
 * @param spatialRadius As in {@linkcode MeanShiftOptions}.
 * @param rangeRadius As in {@linkcode MeanShiftOptions}.
 * @returns The mode of each pixel.
 */
export function meanShiftFilter(
  lab: Float32Array,
  width: number,
  height: number,
  spatialRadius: number,
  rangeRadius: number,
): FilteredImage {
  const points = gatherPoints(lab, width, height, spatialRadius, rangeRadius);
  const { values, count, ofPoint } = climb(points, spatialRadius, rangeRadius);
  const { pixels } = points;
  for (let p = 0; p < pixels.length; p++) pixels[p] = ofPoint[pixels[p]!]!;
  return { width, height, pixels, modes: count, values };
}

/** Values of a point: x, y, L, a, b and its number of pixels; of a mode without the last. */
const FIELDS = 6, MODE_FIELDS = 5;

/** Groups of pixels of one cell and nearly one colour, ordered by cell. */
interface Points {
  /** (n, 6) means of x, y, L, a, b, and the number of pixels. */
  readonly values: Float64Array;
  readonly count: number;
  /** (H, W) point of each pixel. */
  readonly pixels: Int32Array<ArrayBuffer>;
  /** Cell edge, pixels; cells per row; rows of cells. */
  readonly cell: number;
  readonly columns: number;
  readonly rows: number;
  /** (cells + 1) first point of each cell. */
  readonly start: Int32Array;
}

// The first pixel with a new colour leads a point; later ones join the nearest leader. Leaders rather than a grid of
// colours: no bin border can then split a smooth area. Relative to the first pixel: a constant offset in Lab changes nothing.
function gatherPoints(
  lab: Float32Array,
  width: number,
  height: number,
  spatialRadius: number,
  rangeRadius: number,
): Points {
  const cell = Math.max(1, Math.round(spatialRadius / 2));
  const columns = Math.ceil(width / cell), rows = Math.ceil(height / cell);
  const pixels = new Int32Array(width * height), start = new Int32Array(columns * rows + 1);
  const capacity = Math.min(MOST_POINTS, Math.max(LEAST_POINTS, cell));
  // untouched pages of a fresh array cost no memory: room for the worst case
  const values = new Float64Array(Math.min(pixels.length, columns * rows * capacity) * FIELDS);
  const leaders = new Float64Array(capacity * 3);
  const reach = (CELL_RANGE * rangeRadius) ** 2;
  const l0 = lab[0]!, a0 = lab[1]!, b0 = lab[2]!;
  let count = 0;
  for (let c = 0; c < columns * rows; c++) {
    const left = c % columns * cell, top = Math.floor(c / columns) * cell;
    const right = Math.min(width, left + cell), bottom = Math.min(height, top + cell);
    let found = 0;
    for (let y = top; y < bottom; y++) {
      for (let x = left, p = y * width + left, q = p * 3; x < right; x++, p++, q += 3) {
        const l = lab[q]! - l0, a = lab[q + 1]! - a0, b = lab[q + 2]! - b0;
        let best = -1, nearest = Infinity;
        for (let i = 0, j = 0; i < found; i++, j += 3) {
          const dl = leaders[j]! - l, da = leaders[j + 1]! - a, db = leaders[j + 2]! - b;
          const d = dl * dl + da * da + db * db;
          if (d < nearest) {
            nearest = d;
            best = i;
          }
        }
        if (nearest > reach && found < capacity) {
          best = found++;
          leaders[best * 3] = l;
          leaders[best * 3 + 1] = a;
          leaders[best * 3 + 2] = b;
        }
        const i = count + best, f = i * FIELDS;
        pixels[p] = i;
        values[f]! += x;
        values[f + 1]! += y;
        values[f + 2]! += l;
        values[f + 3]! += a;
        values[f + 4]! += b;
        values[f + 5]! += 1;
      }
    }
    count += found;
    start[c + 1] = count;
  }
  for (let f = 0; f < count * FIELDS; f += FIELDS) {
    const n = values[f + 5]!;
    for (let i = 0; i < 5; i++) values[f + i]! /= n;
  }
  return { values, count, pixels, cell, columns, rows, start };
}

/** Where points end up. */
interface Modes {
  /** (modes, 5) x, y, L, a, b of each mode. */
  readonly values: Float32Array;
  readonly count: number;
  /** (points) mode of each point. */
  readonly ofPoint: Int32Array;
}

// Points climb in order of their cells; the order decides which mode a point between two basins takes, nothing else.
function climb(points: Points, spatialRadius: number, rangeRadius: number): Modes {
  const { values, count, cell, columns, rows, start } = points;
  const { take, bytes } = createLayout(), plane = 16 * Math.ceil((count + 3) / 4);
  const at = {
    points: take(FIELDS * plane),
    start: take(4 * start.length),
    ofPoint: take(4 * count),
    modes: take(4 * MODE_FIELDS * count),
    path: take(4 * (MAX_STEPS + 1)), // the first point and at most one more each step
    sums: take(64),
  };
  const { exports: kernels, memory: { buffer } } = loadKernels(bytes());
  for (let field = 0; field < FIELDS; field++) {
    const into = new Float32Array(buffer, at.points + field * plane, count);
    for (let i = 0, f = field; i < count; i++, f += FIELDS) into[i] = values[f]!;
  }
  new Int32Array(buffer, at.start, start.length).set(start);
  const modes = kernels.climb(
    at.points,
    plane,
    count,
    at.start,
    columns,
    rows,
    cell,
    spatialRadius,
    rangeRadius,
    BASIN,
    MAX_STEPS,
    at.ofPoint,
    at.modes,
    at.path,
    at.sums,
  );
  return {
    values: new Float32Array(buffer, at.modes, MODE_FIELDS * modes).slice(),
    count: modes,
    ofPoint: new Int32Array(buffer, at.ofPoint, count),
  };
}

/**
 * Unites modes of nearly one colour that meet at some border between pixels.
 *
 * @param filtered From {@linkcode meanShiftFilter}; left as it is.
 * @param range The colour difference, CIELAB units, below which modes are one.
 * @returns (H, W) region of each pixel: the lowest of its modes.
 */
export function fuseModes(filtered: FilteredImage, range: number): Int32Array<ArrayBuffer> {
  const { width, height, pixels, modes, values } = filtered;
  const parent = new Int32Array(modes), range2 = range * range;
  for (let i = 0; i < modes; i++) parent[i] = i;
  for (let y = 0, p = 0; y < height; y++) {
    const down = y + 1 < height ? width : 0; // 0 compares a pixel with itself
    for (let x = 1; x <= width; x++, p++) {
      const i = pixels[p]!;
      if (x < width && pixels[p + 1] !== i) uniteClose(parent, values, i, pixels[p + 1]!, range2);
      if (pixels[p + down] !== i) uniteClose(parent, values, i, pixels[p + down]!, range2);
    }
  }
  const regions = new Int32Array(pixels.length);
  for (let p = 0; p < regions.length; p++) regions[p] = find(parent, pixels[p]!);
  return regions;
}

function uniteClose(parent: Int32Array, values: Float32Array, i: number, j: number, range2: number): void {
  const f = i * MODE_FIELDS, g = j * MODE_FIELDS;
  const dl = values[f + 2]! - values[g + 2]!, da = values[f + 3]! - values[g + 3]!;
  const db = values[f + 4]! - values[g + 4]!;
  if (dl * dl + da * da + db * db >= range2) return;
  const a = find(parent, i), b = find(parent, j);
  if (a < b) parent[b] = a;
  else parent[a] = b;
}
