/**
 * Ultrametric contour maps at double resolution (Arbelaez, Maire, Fowlkes and Malik 2011, doi:10.1109/TPAMI.2010.161): the
 * form in which hierarchies of BSDS500 are exchanged. Pixel (x, y) lies at (2x + 1, 2y + 1); every other position holds the
 * height at which the regions around it merge, 0 inside a region.
 */

import { find } from "../superpixels/union_find.ts";
import { identity } from "./cut_tree.ts";
import type { MergeTree } from "./label_map.ts";

/** A contour map of an image of `width` by `height` pixels. */
export interface ContourMap {
  /** W, pixels per row. */
  readonly width: number;
  /** H, rows. */
  readonly height: number;
  /** (2H + 1, 2W + 1) heights, row by row, 0 at every pixel's own position. */
  readonly data: Float64Array | Float32Array;
}

/** Superpixels and the merges over them. */
export interface SuperpixelTree {
  /** (H, W) superpixel of each pixel, 0 to M - 1. */
  readonly superpixels: Int32Array;
  /** Superpixels M. */
  readonly count: number;
  /** Merges over them. */
  readonly tree: MergeTree;
}

/**
 * Cuts a contour map: the 8-connected components of what is at most `threshold`, read at the pixels' positions, as
 * MATLAB's `labels = bwlabel(ucm2 <= threshold); labels(2:2:end, 2:2:end)` does in the official benchmark.
 *
 * @param map The contour map.
 * @param threshold 0 or more; larger gives fewer regions.
 * @returns (H, W) labels from 0, numbered in the order in which rows meet them.
 * @throws {TypeError} When the map has the wrong size or a pixel's own position is not 0.
 * @throws {RangeError} When the threshold is negative.
 *
 * @example
 * ```ts
 * import { cutContourMap } from "./contour_map.ts";
 * import assert from "node:assert/strict";
 *
 * // two pixels side by side with a contour of height 0.5 between them
 * const map = { width: 2, height: 1, data: new Float64Array([0, 0, 0.5, 0, 0, 0, 0, 0.5, 0, 0, 0, 0, 0.5, 0, 0]) };
 * assert.deepEqual([...cutContourMap(map, 0.4)], [0, 1]);
 * assert.deepEqual([...cutContourMap(map, 0.5)], [0, 0]);
 * ```
 */
export function cutContourMap(map: ContourMap, threshold: number): Int32Array {
  check(map);
  if (!(threshold >= 0)) {
    throw new RangeError(`Cannot cut contour map: threshold must be 0 or more, got ${threshold}`);
  }
  const { width, height, data } = map;
  const columns = 2 * width + 1, rows = 2 * height + 1;
  const components = new Int32Array(rows * columns).fill(-1);
  const stack = new Int32Array(rows * columns); // each position is pushed once at most
  const labels = new Int32Array(width * height);
  let count = 0;
  for (let y = 0, p = 0; y < height; y++) {
    for (let x = 0; x < width; x++, p++) {
      const start = (2 * y + 1) * columns + 2 * x + 1;
      if (components[start]! < 0) {
        flood(data, threshold, columns, rows, start, count++, components, stack);
      }
      labels[p] = components[start]!;
    }
  }
  return labels;
}

/**
 * Turns a contour map into superpixels and merges that give the same regions at every threshold (single linkage over the
 * map's positions), so that a hundred thresholds cost about as much as one.
 *
 * @param map The contour map.
 * @returns The regions at threshold 0 and the merges over them.
 * @throws {TypeError} When the map has the wrong size or a pixel's own position is not 0.
 */
export function contourMapTree(map: ContourMap): SuperpixelTree {
  const { width, data } = map;
  const superpixels = cutContourMap(map, 0);
  let count = 0;
  for (let p = 0; p < superpixels.length; p++) if (superpixels[p]! >= count) count = superpixels[p]! + 1;
  const columns = 2 * width + 1, rows = data.length / columns;

  // a set of positions keeps in `member` one superpixel inside it, or -1 while it is a piece of bare contour
  const parent = identity(data.length), member = new Int32Array(data.length).fill(-1);
  for (let p = 0; p < superpixels.length; p++) {
    member[(2 * Math.floor(p / width) + 1) * columns + 2 * (p % width) + 1] = superpixels[p]!;
  }
  const a = new Int32Array(count - 1), b = new Int32Array(count - 1), height = new Float64Array(count - 1);
  let merges = 0;
  const order = byHeight(data);
  for (let i = 0; i < order.length; i++) {
    const at = order[i]!, x = at % columns, y = (at - x) / columns;
    for (let v = Math.max(0, y - 1); v <= y + 1 && v < rows; v++) {
      for (let u = Math.max(0, x - 1); u <= x + 1 && u < columns; u++) {
        const beside = v * columns + u;
        if (beside === at || data[beside]! > data[at]!) continue; // equal ones meet from both sides, harmlessly
        const s = find(parent, at), t = find(parent, beside);
        if (s === t) continue;
        if (member[s]! >= 0 && member[t]! >= 0 && member[s] !== member[t]) {
          a[merges] = Math.min(member[s]!, member[t]!);
          b[merges] = Math.max(member[s]!, member[t]!);
          height[merges++] = data[at]!;
        }
        parent[t] = s;
        if (member[s]! < 0) member[s] = member[t]!;
      }
    }
  }
  return { superpixels, count, tree: { a, b, height } };
}

function check(map: ContourMap): void {
  const { width, height, data } = map;
  const columns = 2 * width + 1, rows = 2 * height + 1;
  if (!(width >= 1 && height >= 1) || data.length !== rows * columns) {
    throw new TypeError(
      `Cannot use contour map: ${width} x ${height} pixels need ${
        rows * columns
      } heights, got ${data.length}`,
    );
  }
  for (let i = 0; i < data.length; i++) {
    if (Number.isNaN(data[i])) throw new TypeError("Cannot use contour map: a height is not a number");
  }
  for (let y = 1; y < rows; y += 2) {
    for (let x = 1; x < columns; x += 2) {
      if (data[y * columns + x] !== 0) {
        throw new TypeError(
          `Cannot use contour map: a pixel's own height must be 0, got ${data[y * columns + x]}`,
        );
      }
    }
  }
}

function flood(
  data: ArrayLike<number>,
  threshold: number,
  columns: number,
  rows: number,
  start: number,
  label: number,
  components: Int32Array,
  stack: Int32Array,
): void {
  let top = 0;
  stack[top++] = start;
  components[start] = label;
  while (top > 0) {
    const at = stack[--top]!, x = at % columns, y = (at - x) / columns;
    for (let v = Math.max(0, y - 1); v <= y + 1 && v < rows; v++) {
      for (let u = Math.max(0, x - 1); u <= x + 1 && u < columns; u++) {
        const beside = v * columns + u;
        if (components[beside]! >= 0 || !(data[beside]! <= threshold)) continue;
        components[beside] = label;
        stack[top++] = beside;
      }
    }
  }
}

/** Positions by ascending height, equal ones in the map's order. */
function byHeight(data: Float64Array | Float32Array): Int32Array {
  const zeros = new Int32Array(data.length);
  let count = 0;
  const rest: number[] = [];
  for (let i = 0; i < data.length; i++) {
    if (data[i]! <= 0) zeros[count++] = i;
    else rest.push(i); // most positions lie inside regions: only contours are sorted
  }
  rest.sort((i, j) => data[i]! - data[j]! || i - j);
  zeros.set(rest, count);
  return zeros;
}
