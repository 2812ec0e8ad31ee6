/**
 * Felzenszwalb and Huttenlocher, "Efficient Graph-Based Image Segmentation", IJCV 2004,
 * doi:10.1023/B:VISI.0000022288.19776.77 (also called EGB). Edges between neighbouring pixels are taken from the weakest
 * up; an edge joins two components unless it is stronger than what holds either of them together, plus a bonus that
 * fades as they grow.
 *
 * On 4 neighbours, where the paper takes 8: half the edges, and every component is 4-connected as it stands. On 25 photos
 * of BSDS500 covering and boundary recall at equal counts are those of 8 neighbours within 0.01.
 */
import { checkLab, checkNumber } from "./check.ts";
import { mergeSmallRegions } from "./connectivity.ts";
import { gaussian } from "./gaussian.ts";
import { find } from "./union_find.ts";

/** Options of {@linkcode felzenszwalb}. */
export interface FelzenszwalbOptions {
  /**
   * How strong an edge must be to stop a component from growing, 0 or more, times pixels. Larger gives larger regions.
   * In the units of the paper and of scikit-image (8-bit RGB), about three to one of CIELAB. Try 50 to 1000. @default 100
   */
  scale?: number;
  /** Standard deviation of the smoothing done first, 0 to 50 pixels; 0 does none. Try 0.5 to 1. @default 0.8 */
  sigma?: number;
  /** Regions with fewer pixels are merged into their most similar neighbour. Try 20 to 200. @default 20 */
  minSize?: number;
}

/** The edges of an image's 4-neighbour graph, sorted by weight: what a change of scale does not change. */
export interface GridEdges {
  readonly width: number;
  readonly height: number;
  /** Edge 2p joins pixel p to its right, 2p + 1 downwards; ascending by weight, ties by id. */
  readonly order: Int32Array;
  /** (2 H W) weight of edge `id`, in 1 / {@linkcode WEIGHT_STEPS} of a CIELAB unit. */
  readonly weights: Uint16Array;
}

/**
 * Weights are whole numbers so that one counting sort orders them; a step is far below what 8-bit colours resolve.
 * Differences over 256 CIELAB units, which is beyond black to white and any real pair of colours, count as 256.
 */
const WEIGHT_STEPS = 256;
/** 8-bit RGB units of `scale` in one CIELAB unit: gives scikit-image's counts of regions on photos at scales 100 to 1000. */
const RGB_PER_LAB = 3;

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
  const components = mergeGridEdges(sortGridEdges(lab, width, height, sigma), scale);
  return mergeSmallRegions(components, lab, width, height, { minSize }).labels;
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
  const smooth = gaussian(lab, width, height, sigma);
  const weights = new Uint16Array(2 * width * height);
  const start = new Int32Array(0x10001);
  const row = 3 * width;
  for (let y = 0, id = 0, q = 0; y < height; y++) {
    const below = y + 1 < height;
    for (let x = 1; x <= width; x++, id += 2, q += 3) {
      const l = smooth[q]!, a = smooth[q + 1]!, b = smooth[q + 2]!;
      if (x < width) {
        const w = weight(smooth[q + 3]! - l, smooth[q + 4]! - a, smooth[q + 5]! - b);
        weights[id] = w;
        start[w + 1]!++;
      }
      if (below) {
        const d = q + row;
        const w = weight(smooth[d]! - l, smooth[d + 1]! - a, smooth[d + 2]! - b);
        weights[id + 1] = w;
        start[w + 1]!++;
      }
    }
  }
  for (let w = 0; w < 0x10000; w++) start[w + 1]! += start[w]!;
  const order = new Int32Array(start[0x10000]!);
  for (let y = 0, id = 0; y < height; y++) {
    const below = y + 1 < height;
    for (let x = 1; x <= width; x++, id += 2) {
      if (x < width) order[start[weights[id]!]!++] = id;
      if (below) order[start[weights[id + 1]!]!++] = id + 1;
    }
  }
  return { width, height, order, weights };
}

function weight(dl: number, da: number, db: number): number {
  const w = Math.sqrt(dl * dl + da * da + db * db) * WEIGHT_STEPS;
  return w < 0xffff ? w | 0 : 0xffff;
}

/**
 * Joins components along sorted edges; {@linkcode felzenszwalb} from where `scale` comes in up to the merging of small
 * regions.
 *
 * @param edges From {@linkcode sortGridEdges}; left as they are.
 * @param scale As in {@linkcode FelzenszwalbOptions}.
 * @returns (H, W) component of each pixel: the index of one of its pixels.
 */
export function mergeGridEdges(edges: GridEdges, scale: number): Int32Array<ArrayBuffer> {
  const { width, height, order, weights } = edges;
  const bonus = scale / RGB_PER_LAB * WEIGHT_STEPS;
  const n = width * height;
  const parent = new Int32Array(n), size = new Int32Array(n).fill(1);
  // Int(C) + bonus / |C| of the paper, kept at roots; edges ascend, so Int(C) is the weight of the edge that joined C last
  const threshold = new Float64Array(n).fill(bonus);
  for (let p = 0; p < n; p++) parent[p] = p;
  for (let e = 0; e < order.length; e++) {
    const id = order[e]!, p = id >> 1, q = id & 1 ? p + width : p + 1;
    let a = find(parent, p), b = find(parent, q);
    if (a === b) continue;
    const w = weights[id]!;
    if (w > threshold[a]! || w > threshold[b]!) continue;
    if (size[a]! < size[b]!) {
      const swap = a;
      a = b;
      b = swap;
    }
    parent[b] = a;
    size[a]! += size[b]!;
    threshold[a] = w + bonus / size[a]!;
  }
  for (let p = 0; p < n; p++) parent[p] = find(parent, p);
  return parent;
}
