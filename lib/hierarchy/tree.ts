/**
 * The result of the hierarchy: superpixels and the order and heights at which they merge, an ultrametric (Arbelaez 2006,
 * doi:10.1109/CVPRW.2006.48; Arbelaez, Maire, Fowlkes and Malik 2011, doi:10.1109/TPAMI.2010.161). It is computed once;
 * every scale is then a matter of milliseconds.
 */
import type { ContourMap } from "../metrics/contour_map.ts";
import type { MergeTree } from "../metrics/label_map.ts";
import { checkMap } from "../superpixels/check.ts";

/** Where to cut: at a number of regions, or at a height. Nothing: the hierarchy's default threshold. */
export type Scale = { readonly regions: number } | { readonly threshold: number };

/** What a hierarchy is made of. */
export interface HierarchyParts {
  /** W, pixels per row. */
  readonly width: number;
  /** H, rows. */
  readonly height: number;
  /** (H, W) superpixel of each pixel, 0 to count - 1, every one used. */
  readonly superpixels: Int32Array;
  /** Superpixels M. */
  readonly count: number;
  /** M - 1 merges from fine to coarse. */
  readonly merges: MergeTree;
  /** Height of the default cut. @default 0.5 */
  readonly threshold?: number;
}

/**
 * A segmentation at all scales at once.
 *
 * @example
 * ```ts
 * import { Hierarchy } from "./tree.ts";
 * import assert from "node:assert/strict";
 *
 * const merges = { a: Int32Array.of(0, 0), b: Int32Array.of(1, 2), height: Float32Array.of(0.25, 0.75) };
 * const tree = new Hierarchy({ width: 3, height: 1, superpixels: Int32Array.of(0, 1, 2), count: 3, merges });
 * assert.deepEqual([...tree.at({ regions: 2 })], [0, 0, 1]);
 * assert.deepEqual([...tree.at({ threshold: 0.8 })], [0, 0, 0]);
 * ```
 */
export class Hierarchy implements HierarchyParts {
  readonly width: number;
  readonly height: number;
  readonly superpixels: Int32Array;
  readonly count: number;
  readonly merges: MergeTree;
  readonly threshold: number;
  /** (2 M - 1) region that each superpixel (first M) and each merge's region (the rest) becomes part of; the root: itself. */
  readonly #parent: Int32Array;

  /**
   * Checks the parts and indexes the merges.
   *
   * @throws {TypeError} When the label map or the merges have the wrong length.
   * @throws {RangeError} When heights fall, a merge joins a region with itself, or a label is out of range.
   */
  constructor(parts: HierarchyParts) {
    const { width, height, superpixels, count, merges, threshold = 0.5 } = parts;
    checkMap("Cannot make hierarchy", "superpixels", superpixels, width, height, 1);
    for (let p = 0; p < superpixels.length; p++) {
      if (!(superpixels[p]! >= 0 && superpixels[p]! < count)) {
        throw new RangeError(
          `Cannot make hierarchy: superpixels must be 0 to ${count - 1}, got ${superpixels[p]}`,
        );
      }
    }
    this.width = width;
    this.height = height;
    this.superpixels = superpixels;
    this.count = count;
    this.merges = merges;
    this.threshold = threshold;
    this.#parent = parents(merges, count);
  }

  /**
   * The segmentation at one scale; coarser cuts only join regions of finer ones.
   *
   * @param scale `regions` from 1: as many, or the number of superpixels if that is less. `threshold`: every merge of at
   * most this height is made. @default the default threshold
   * @returns (H, W) labels from 0, numbered in the order in which rows meet them, each region 4-connected.
   * @throws {RangeError} When `regions` is not an integer from 1 or `threshold` is NaN.
   */
  at(scale: Scale = { threshold: this.threshold }): Int32Array {
    const made = this.#mergesMade(scale);
    const label = this.#rootsAfter(made);
    const number = new Int32Array(2 * this.count).fill(-1);
    const labels = new Int32Array(this.superpixels.length);
    for (let p = 0, next = 0; p < labels.length; p++) {
      const root = label[this.superpixels[p]!]!;
      if (number[root]! < 0) number[root] = next++;
      labels[p] = number[root]!;
    }
    return labels;
  }

  /**
   * How many regions a cut has, without making it.
   *
   * @param scale As in `at()`.
   * @returns 1 to the number of superpixels.
   */
  regionsAt(scale: Scale = { threshold: this.threshold }): number {
    return this.count - this.#mergesMade(scale);
  }

  /**
   * The ultrametric contour map at double resolution, the form in which the BSDS500 benchmark takes hierarchies.
   *
   * @returns (2H + 1, 2W + 1) heights: pixel (x, y) lies at (2x + 1, 2y + 1), every position between pixels holds the height
   * at which the regions around it merge, 0 inside a superpixel; the frame repeats what lies next to it.
   */
  ucm(): ContourMap {
    const { width, height, superpixels } = this;
    const columns = 2 * width + 1;
    const data = new Float32Array(columns * (2 * height + 1));
    for (let y = 0, p = 0; y < height; y++) {
      for (let x = 0; x < width; x++, p++) {
        const at = (2 * y + 1) * columns + 2 * x + 1;
        if (x + 1 < width) data[at + 1] = this.mergeHeight(superpixels[p]!, superpixels[p + 1]!);
        if (y + 1 < height) data[at + columns] = this.mergeHeight(superpixels[p]!, superpixels[p + width]!);
      }
    }
    // contours run on into the frame, and a corner has the highest contour that meets there
    const last = 2 * height * columns;
    for (let x = 1; x < columns; x++) {
      data[x] = data[columns + x]!;
      data[last + x] = data[last - columns + x]!;
    }
    for (let at = columns; at < last; at += columns) {
      data[at] = data[at + 1]!;
      data[at + columns - 1] = data[at + columns - 2]!;
    }
    for (let y = 2; y < 2 * height; y += 2) {
      for (let x = 2; x < 2 * width; x += 2) {
        const at = y * columns + x;
        data[at] = Math.max(data[at - 1]!, data[at + 1]!, data[at - columns]!, data[at + columns]!);
      }
    }
    return { width, height, data };
  }

  /**
   * Which merge joins two superpixels.
   *
   * @param a A superpixel.
   * @param b Another.
   * @returns Index into `merges`, or -1 for a superpixel with itself.
   */
  mergeOf(a: number, b: number): number {
    const parent = this.#parent;
    // the lower number cannot be the common ancestor, so it is the one that moves up
    while (a !== b) {
      if (a < b) a = parent[a]!;
      else b = parent[b]!;
    }
    return Math.max(-1, a - this.count);
  }

  /**
   * Height at which two superpixels are joined, their ultrametric distance.
   *
   * @param a A superpixel.
   * @param b Another.
   * @returns 0 for a superpixel with itself.
   */
  mergeHeight(a: number, b: number): number {
    return a === b ? 0 : this.merges.height[this.mergeOf(a, b)]!;
  }

  #mergesMade(scale: Scale): number {
    const { merges: { height }, count } = this;
    if ("regions" in scale) {
      if (!Number.isInteger(scale.regions) || scale.regions < 1) {
        throw new RangeError(`Cannot cut hierarchy: regions must be an integer from 1, got ${scale.regions}`);
      }
      return Math.max(0, count - scale.regions);
    }
    if (Number.isNaN(scale.threshold)) {
      throw new RangeError("Cannot cut hierarchy: threshold must be a number, got NaN");
    }
    let made = 0, end = height.length; // heights never fall: binary search for the first above the threshold
    while (made < end) {
      const middle = (made + end) >> 1;
      if (height[middle]! <= scale.threshold) made = middle + 1;
      else end = middle;
    }
    return made;
  }

  /** The region of each superpixel once the first `made` merges are made. */
  #rootsAfter(made: number): Int32Array {
    const root = new Int32Array(this.count + made);
    // parents have higher numbers than children, so going down meets every parent before its children
    for (let i = root.length - 1; i >= 0; i--) {
      const parent = this.#parent[i]!;
      root[i] = parent < root.length && parent !== i ? root[parent]! : i;
    }
    return root;
  }
}

function parents(merges: MergeTree, count: number): Int32Array {
  const { a, b, height } = merges;
  if (a.length !== count - 1 || b.length !== count - 1 || height.length !== count - 1) {
    throw new TypeError(
      `Cannot make hierarchy: ${count} superpixels need ${
        count - 1
      } merges, got ${a.length}, ${b.length}, ${height.length}`,
    );
  }
  const parent = Int32Array.from({ length: 2 * count - 1 }, (_, i) => i);
  const top = parent.slice(); // shortcuts upwards, halved as they are followed
  const find = (i: number): number => {
    while (top[i] !== i) i = top[i] = top[top[i]!]!;
    return i;
  };
  for (let i = 0; i < a.length; i++) {
    if (!(height[i]! >= (i > 0 ? height[i - 1]! : -Infinity))) {
      throw new RangeError(`Cannot make hierarchy: heights must not fall, got ${height[i]} at merge ${i}`);
    }
    const x = find(a[i]!), y = find(b[i]!);
    if (x === y) throw new RangeError(`Cannot make hierarchy: merge ${i} joins a region with itself`);
    parent[x] =
      parent[y] =
      top[x] =
      top[y] =
        count + i;
  }
  return parent;
}
