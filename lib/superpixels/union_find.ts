/**
 * Disjoint sets as a forest in an Int32Array: `parent[i]` is i for a root.
 */

/**
 * Root of i's tree. Halves the path as it climbs (van Leeuwen and van der Weide 1977): as fast as full compression, in
 * one pass and without a stack.
 *
 * @param parent The forest; changed, but not what it means.
 * @param i A member.
 * @returns The root of its set.
 *
 * @example
 * ```ts
 * import { find } from "./union_find.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(find(Int32Array.of(0, 0, 1, 3), 2), 0);
 * ```
 */
export function find(parent: Int32Array, i: number): number {
  let up = parent[i]!;
  while (up !== i) {
    const above = parent[up]!;
    parent[i] = above;
    i = above;
    up = parent[i]!;
  }
  return i;
}
