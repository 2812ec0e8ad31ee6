/**
 * Cuts a hierarchy at a threshold.
 */

import { find } from "../superpixels/union_find.ts";
import type { Labels, MergeTree } from "./label_map.ts";

/**
 * Labels of a hierarchy cut at one threshold.
 *
 * @param superpixels (H, W) superpixel of each pixel.
 * @param tree Merges from fine to coarse, see {@linkcode MergeTree}.
 * @param threshold Merges with height <= threshold are made.
 * @returns (H, W) labels from 0, numbered in the order in which rows meet them.
 * @throws {TypeError} When the lengths of the tree's arrays differ.
 * @throws {RangeError} When heights fall, or a merge names no region or one region twice.
 *
 * @example
 * ```ts
 * import { cutTree } from "./cut_tree.ts";
 * import assert from "node:assert/strict";
 *
 * const tree = { a: new Int32Array([1, 0]), b: new Int32Array([2, 1]), height: new Float64Array([0.2, 0.7]) };
 * assert.deepEqual([...cutTree(new Int32Array([0, 1, 2]), tree, 0.5)], [0, 1, 1]);
 * ```
 */
export function cutTree(superpixels: Labels, tree: MergeTree, threshold: number): Int32Array {
  let count = 0;
  for (let p = 0; p < superpixels.length; p++) if (superpixels[p]! >= count) count = superpixels[p]! + 1;
  checkMerges(tree, count);
  const parent = identity(count + tree.a.length);
  for (let i = 0; i < tree.a.length && tree.height[i]! <= threshold; i++) {
    const a = find(parent, tree.a[i]!), b = find(parent, tree.b[i]!);
    checkPair(a, b, i);
    parent[b] = a;
    parent[count + i] = a;
  }
  const number = new Int32Array(count).fill(-1);
  const labels = new Int32Array(superpixels.length);
  for (let p = 0, next = 0; p < labels.length; p++) {
    const root = find(parent, superpixels[p]!);
    if (number[root]! < 0) number[root] = next++;
    labels[p] = number[root]!;
  }
  return labels;
}

/** Checks what can be told of merges without making them. */
export function checkMerges(tree: MergeTree, count: number): void {
  const { a, b, height } = tree;
  if (a.length !== b.length || a.length !== height.length) {
    throw new TypeError(
      `Cannot cut hierarchy: a, b, height have ${a.length}, ${b.length}, ${height.length} merges`,
    );
  }
  for (let i = 0; i < a.length; i++) {
    const known = count + i; // a merge may name the regions made before it
    if (!(a[i]! >= 0 && a[i]! < known && b[i]! >= 0 && b[i]! < known)) {
      throw new RangeError(
        `Cannot cut hierarchy: merge ${i} joins ${a[i]} and ${b[i]}, want 0 to ${known - 1}`,
      );
    }
    if (Number.isNaN(height[i]) || height[i]! < height[i - 1]!) {
      throw new RangeError(`Cannot cut hierarchy: heights must not fall, got ${height[i]} at merge ${i}`);
    }
  }
}

/** Checks that a merge joins two regions. */
export function checkPair(a: number, b: number, merge: number): void {
  if (a === b) throw new RangeError(`Cannot cut hierarchy: merge ${merge} joins a region with itself`);
}

/** 0, 1, ..., length - 1: every node its own root. */
export function identity(length: number): Int32Array {
  const array = new Int32Array(length);
  for (let i = 0; i < length; i++) array[i] = i;
  return array;
}
