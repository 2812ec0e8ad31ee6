/**
 * Felzenszwalb and Huttenlocher, "Efficient Graph-Based Image Segmentation", IJCV 2004,
 * doi:10.1023/B:VISI.0000022288.19776.77 (also called EGB). Edges between neighbouring pixels are taken from the weakest
 * up; an edge joins two components unless it is stronger than what holds either of them together, plus a bonus that
 * fades as they grow.
 *
 * As in the paper on 8 neighbours after smoothing by 0.8 pixels, with two changes. Figures are boundary recall on 20
 * photographs of BSDS500 train at 625 regions, where scikit-image has .850:
 * - Part of the smoothing is done along each edge only: a weight is the difference of the means of two pixels on either
 *   side, so that what lies beside the edge blurs it less (.850; .846 with single pixels).
 * - Labels are 4-connected. Where a component hangs together by a corner only, it takes one of the two pixels beside the
 *   corner (.855); on 4 neighbours from the start lines break where they run diagonally (.833).
 */
import { createLayout } from "../wasm_memory.ts";
import { checkLab, checkNumber } from "./check.ts";
import { type LabelMap, mergeSmallRegions } from "./connectivity.ts";
import { type Kernels, loadKernels } from "./kernels/module.ts";

/** Options of {@linkcode felzenszwalb}. */
export interface FelzenszwalbOptions {
  /**
   * How strong an edge must be to stop a component from growing, 0 or more, times pixels. Larger gives larger regions.
   * In the units of the paper and of scikit-image (8-bit RGB), of which about 2.4 make one of CIELAB. Try 50 to 1000. @default 100
   */
  scale?: number;
  /**
   * Standard deviation of the smoothing, that of pairs of pixels included, 0 to 50 pixels; 0 does none. Try 0.5 to 1.
   * @default 0.8
   */
  sigma?: number;
  /** Regions with fewer pixels are merged into their most similar neighbour. Try 20 to 200. @default 20 */
  minSize?: number;
}

/** The edges of an image's 8-neighbour graph, sorted by weight: what a change of scale does not change. */
export interface GridEdges {
  readonly width: number;
  readonly height: number;
  /** Edge 4p + d joins pixel p to its right, lower, lower right or lower left neighbour; ascending by weight, ties by id. */
  readonly order: Int32Array;
  /** (4 H W) square root of edge `id`'s weight in CIELAB units, in 1 / {@linkcode WEIGHT_STEPS}. */
  readonly weights: Uint16Array;
  readonly kernels: Kernels;
  /** Addresses in the kernels' memory, of which `order` and `weights` are views. */
  readonly at: { readonly [name in "order" | "weights" | "parent" | "size" | "threshold"]: number };
}

/**
 * Weights are whole numbers so that one counting sort orders them, and square roots so that the least are finest: in smooth
 * areas they decide what grows first (in steps of 1/256 of a CIELAB unit recall falls by .006). Differences over 256
 * units, which is beyond black to white and any real pair of colours, count as 256.
 */
const WEIGHT_STEPS = 4096;
/** 8-bit RGB units of `scale` in one CIELAB unit: gives scikit-image's counts of regions on photos at scales 50 to 200. */
const RGB_PER_LAB = 2.4;
/** The mean of two pixels smooths along their line by this standard deviation, as they lie half a pixel from it. */
const PAIR_SIGMA = 0.5;

/**
 * Divides an image into regions whose boundaries are stronger than their interiors. The number of regions follows the
 * content: a flat image is one region.
 *
 * @param lab (H, W, 3) CIELAB values, interleaved, L 0 to 100.
 * @param width W, pixels.
 * @param height H, pixels.
 * @param options See {@linkcode FelzenszwalbOptions}.
 * @returns (H, W) labels, 0 to M - 1 in scan order, each label 4-connected.
 * @throws {RangeError} For a bad width or height, an option out of range, or values in lab that are not finite.
 * @throws {TypeError} For a lab of the wrong kind or length.
 *
 * @example
 * ```ts
 * import { felzenszwalb } from "./felzenszwalb.ts";
 * import assert from "node:assert/strict";
 *
 * // two halves, black and white, 8 x 4
 * const lab = new Float32Array(8 * 4 * 3);
 * for (let p = 0; p < 32; p++) lab[p * 3] = p % 8 < 4 ? 0 : 100;
 * const labels = felzenszwalb(lab, 8, 4, { sigma: 0, minSize: 4 });
 * assert.deepEqual([...labels.subarray(0, 8)], [0, 0, 0, 0, 1, 1, 1, 1]);
 * ```
 */
export function felzenszwalb(
  lab: Float32Array,
  width: number,
  height: number,
  options: FelzenszwalbOptions = {},
): Int32Array<ArrayBuffer> {
  const { scale = 100, sigma = 0.8, minSize = 20 } = options;
  const action = "Cannot make Felzenszwalb superpixels";
  checkLab(action, lab, width, height);
  checkNumber(action, "scale", scale, 0, Number.MAX_VALUE);
  checkNumber(action, "sigma", sigma, 0, 50);
  checkNumber(action, "minSize", minSize, 0, Infinity);
  return gridRegions(sortGridEdges(lab, width, height, sigma), lab, scale, minSize).labels;
}

/**
 * Smooths an image and sorts the edges between its pixels; {@linkcode felzenszwalb} up to where `scale` comes in.
 *
 * @param lab (H, W, 3) CIELAB values, interleaved, L 0 to 100.
 * @param width W, pixels.
 * @param height H, pixels.
 * @param sigma Standard deviation of the smoothing, pixels.
 * @returns The sorted edges.
 */
export function sortGridEdges(lab: Float32Array, width: number, height: number, sigma: number): GridEdges {
  // less smoothing than pairs do is left to the Gaussian; beyond, variances add up
  const pair = sigma < PAIR_SIGMA ? 0 : 1;
  const taps = gaussianTaps(pair ? Math.sqrt(sigma * sigma - PAIR_SIGMA * PAIR_SIGMA) : sigma);
  const { kernels, buffer, at } = layOut(width, height, taps.length);
  const n = width * height, planes = [0, 1, 2].map((c) => new Float32Array(buffer, at.lab[c], n));
  // relative to the first pixel, so that a constant offset in Lab changes nothing
  const [l, a, b] = planes as [Float32Array, Float32Array, Float32Array],
    l0 = lab[0]!,
    a0 = lab[1]!,
    b0 = lab[2]!;
  for (let p = 0, q = 0; p < n; p++, q += 3) {
    l[p] = lab[q]! - l0;
    a[p] = lab[q + 1]! - a0;
    b[p] = lab[q + 2]! - b0;
  }
  new Float32Array(buffer, at.taps, taps.length).set(taps);
  for (let c = 0; c < 3; c++) {
    kernels.smooth(at.lab[c]!, width, height, at.taps, taps.length - 1, at.line, at.smooth + c * at.plane);
  }
  // a half, since the kernel takes sums of two for means
  kernels.weigh(at.smooth, at.plane, width, height, pair, WEIGHT_STEPS * WEIGHT_STEPS / 2, at.weights);
  const edges = kernels.sortEdges(at.weights, width, height, at.start, at.order);
  const order = new Int32Array(buffer, at.order, edges), weights = new Uint16Array(buffer, at.weights, 4 * n);
  return { width, height, order, weights, kernels, at };
}

/** Where the kernels find things in their memory. */
function layOut(width: number, height: number, taps: number) {
  const n = width * height, { take, bytes } = createLayout();
  const plane = 4 * (Math.ceil(((width + 2) * (height + 3) + 8) / 4) * 4);
  const lab = [take(4 * n + 12), take(4 * n + 12), take(4 * n + 12)] as const;
  const smooth = take(3 * plane); // three planes with frames
  const at = {
    lab,
    taps: take(4 * taps),
    line: take(4 * (width + 2 * taps + 1)),
    smooth,
    plane,
    weights: take(8 * n + 24),
    start: take(4 * 0x10001),
    order: take(16 * n),
    // pixels are done with when edges are sorted
    parent: lab[0],
    size: lab[1],
    threshold: smooth,
  };
  const { exports: kernels, memory } = loadKernels(bytes());
  return { kernels, buffer: memory.buffer, at };
}

/** Taps 0 to 3 sigma of a symmetric kernel that sums to 1. */
function gaussianTaps(sigma: number): Float64Array {
  const taps = new Float64Array(Math.ceil(3 * sigma) + 1).fill(1);
  for (let t = 1; t < taps.length; t++) taps[t] = Math.exp(-t * t / (2 * sigma * sigma));
  const sum = taps.reduce((sum, tap) => sum + 2 * tap, -1);
  return taps.map((tap) => tap / sum);
}

/**
 * Makes regions of sorted edges; {@linkcode felzenszwalb} from where `scale` comes in.
 *
 * @param edges From {@linkcode sortGridEdges}; left as they are.
 * @param lab (H, W, 3) the image that they are of.
 * @param scale As in {@linkcode FelzenszwalbOptions}.
 * @param minSize As in {@linkcode FelzenszwalbOptions}.
 * @returns (H, W) labels, each 4-connected, and their count.
 */
export function gridRegions(edges: GridEdges, lab: Float32Array, scale: number, minSize: number): LabelMap {
  const { width, height } = edges, components = mergeGridEdges(edges, scale);
  const sizes = new Int32Array(edges.order.buffer, edges.at.size, components.length);
  widenCorners(components, sizes, lab, width, height, minSize);
  return mergeSmallRegions(components, lab, width, height, { minSize });
}

// Where a component hangs together by a corner, the pixel beside it that has the more similar colour is made the
// component's. Only for those large enough to stay: crumbs that grow tentacles cost others their shape.
function widenCorners(
  components: Int32Array,
  sizes: Int32Array,
  lab: Float32Array,
  width: number,
  height: number,
  minSize: number,
): void {
  for (let y = 0; y + 1 < height; y++) {
    for (let x = 0, p = y * width; x + 1 < width; x++, p++) {
      const r = components[p]!, s = components[p + 1]!;
      const t = components[p + width]!, u = components[p + width + 1]!;
      const falls = r === u && s !== r && t !== r, rises = s === t && r !== s && u !== s;
      // where two cross, the larger one has other ways around
      if (falls && !(rises && sizes[s]! < sizes[r]!)) {
        if (sizes[r]! >= minSize) components[moreAlike(lab, p, p + width + 1, p + 1, p + width)] = r;
      } else if (rises && sizes[s]! >= minSize) {
        components[moreAlike(lab, p + 1, p + width, p, p + width + 1)] = s;
      }
    }
  }
}

/** Which of pixels s and t is nearer in colour to p or q; s where they are equal. */
function moreAlike(lab: Float32Array, p: number, q: number, s: number, t: number): number {
  const first = Math.min(squaredDistance(lab, s, p), squaredDistance(lab, s, q));
  return first <= Math.min(squaredDistance(lab, t, p), squaredDistance(lab, t, q)) ? s : t;
}

function squaredDistance(lab: Float32Array, p: number, q: number): number {
  const dl = lab[3 * p]! - lab[3 * q]!, da = lab[3 * p + 1]! - lab[3 * q + 1]!;
  const db = lab[3 * p + 2]! - lab[3 * q + 2]!;
  return dl * dl + da * da + db * db;
}

/**
 * Joins components along sorted edges: the paper's own part.
 *
 * @param edges From {@linkcode sortGridEdges}; left as they are.
 * @param scale As in {@linkcode FelzenszwalbOptions}.
 * @returns (H, W) component of each pixel: the index of one of its pixels. Components are 8-connected.
 */
export function mergeGridEdges(edges: GridEdges, scale: number): Int32Array<ArrayBuffer> {
  const { width, height, order, kernels, at } = edges;
  const bonus = scale / RGB_PER_LAB * WEIGHT_STEPS * WEIGHT_STEPS;
  kernels.joinEdges(
    at.order,
    order.length,
    at.weights,
    width,
    height,
    bonus,
    at.parent,
    at.size,
    at.threshold,
  );
  return new Int32Array(order.buffer, at.parent, width * height).slice();
}
