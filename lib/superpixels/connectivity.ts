/**
 * Connected regions: the one place where label maps are split into connected components, small regions are merged and
 * ids are made compact. SLIC, Felzenszwalb-Huttenlocher and mean shift all end here, so that "every label is 4-connected
 * and ids run 0 to M - 1 in scan order" is guaranteed once.
 */
import { adjacency } from "./adjacency.ts";
import { checkLab, checkMap, checkNumber } from "./check.ts";
import { find } from "./union_find.ts";

/** A label map with compact ids. */
export interface LabelMap {
  /** (H, W) region of each pixel, 0 to count - 1, numbered in the order in which a scan meets them. */
  readonly labels: Int32Array<ArrayBuffer>;
  /** M, the number of regions. */
  readonly count: number;
}

/** Options of {@linkcode connectedComponents}. */
export interface ConnectedComponentsOptions {
  /** 4: pixels connect along edges; 8: also at corners. @default 4 */
  connectivity?: 4 | 8;
}

/** Options of {@linkcode mergeSmallRegions}. */
export interface MergeSmallRegionsOptions {
  /**
   * Regions with fewer pixels are merged into a neighbour; 0 and 1 merge nothing. Larger gives fewer, coarser regions.
   * Try 10 to 200 on a 481x321 photo.
   */
  minSize: number;
}

/**
 * Splits every label into its connected components.
 *
 * One scan with union-find on provisional ids (Rosenfeld and Pfaltz 1966, doi:10.1145/321356.321357; the root is always
 * the lowest id, which is what makes the numbering follow the scan), then one scan that writes compact ids.
 *
 * @param labels (H, W) any integers.
 * @param width W, pixels.
 * @param height H, pixels.
 * @param options See {@linkcode ConnectedComponentsOptions}.
 * @returns A new map; the argument is left as it is.
 * @throws {RangeError} For a width or height that is not an integer from 1, or a connectivity other than 4 and 8.
 * @throws {TypeError} For labels of another length than width * height.
 *
 * @example
 * ```ts
 * import { connectedComponents } from "./connectivity.ts";
 * import assert from "node:assert/strict";
 *
 * const { labels, count } = connectedComponents(Int32Array.of(7, 3, 7, 3, 3, 7), 3, 2);
 * assert.deepEqual([...labels], [0, 1, 2, 1, 1, 2]);
 * assert.equal(count, 3);
 * ```
 */
export function connectedComponents(
  labels: Int32Array,
  width: number,
  height: number,
  options: ConnectedComponentsOptions = {},
): LabelMap {
  const { connectivity = 4 } = options;
  checkMap("Cannot find connected components", "labels", labels, width, height, 1);
  if (connectivity !== 4 && connectivity !== 8) {
    throw new RangeError(
      `Cannot find connected components: connectivity must be 4 or 8, got ${connectivity}`,
    );
  }
  const out = new Int32Array(labels.length);
  // one id per pixel at worst (a checkerboard); untouched pages of a fresh array cost no memory
  const parent = new Int32Array(labels.length);
  const eight = connectivity === 8;
  let ids = 0;
  for (let y = 0, p = 0; y < height; y++) {
    for (let x = 0; x < width; x++, p++) {
      const r = labels[p]!;
      let id = -1;
      if (x > 0 && labels[p - 1] === r) id = out[p - 1]!;
      if (y > 0) {
        if (labels[p - width] === r) {
          const up = out[p - width]!;
          id = id < 0 || id === up ? up : union(parent, id, up);
        } else if (eight) {
          // with the upper neighbour in the region, these two are joined to it already
          if (x > 0 && labels[p - width - 1] === r) {
            const up = out[p - width - 1]!;
            id = id < 0 || id === up ? up : union(parent, id, up);
          }
          if (x + 1 < width && labels[p - width + 1] === r) {
            const up = out[p - width + 1]!;
            id = id < 0 || id === up ? up : union(parent, id, up);
          }
        }
      }
      if (id < 0) {
        id = ids++;
        parent[id] = id;
      }
      out[p] = id;
    }
  }
  const count = flatten(parent, ids);
  for (let p = 0; p < out.length; p++) out[p] = parent[out[p]!]!;
  return { labels: out, count };
}

/**
 * Splits every label into its 4-connected components and merges those with fewer than `minSize` pixels into the
 * neighbour of the most similar mean colour. Smallest regions go first and sizes and means are updated after every merge,
 * so crumbs gather into a region of their own where they resemble each other more than what surrounds them.
 *
 * Ties: among regions of one size the one filed last goes first (at the start they are filed from the highest id down, a
 * grown region is filed again); among equally similar neighbours the lowest id wins.
 *
 * @param labels (H, W) any integers.
 * @param lab (H, W, 3) CIELAB values, interleaved; similarity is the squared distance of means.
 * @param width W, pixels.
 * @param height H, pixels.
 * @param options See {@linkcode MergeSmallRegionsOptions}.
 * @returns A new map. Every region has at least `minSize` pixels unless the image is one region.
 * @throws {RangeError} For a bad width, height or minSize, or values in lab that are not finite.
 * @throws {TypeError} For maps of the wrong length.
 *
 * @example
 * ```ts
 * import { mergeSmallRegions } from "./connectivity.ts";
 * import assert from "node:assert/strict";
 *
 * // one pixel of label 1 (L 60) between label 0 (L 50) and label 2 (L 90) joins label 0
 * const lab = Float32Array.of(50, 0, 0, 50, 0, 0, 60, 0, 0, 90, 0, 0, 90, 0, 0);
 * const { labels } = mergeSmallRegions(Int32Array.of(0, 0, 1, 2, 2), lab, 5, 1, { minSize: 2 });
 * assert.deepEqual([...labels], [0, 0, 0, 1, 1]);
 * ```
 */
export function mergeSmallRegions(
  labels: Int32Array,
  lab: Float32Array,
  width: number,
  height: number,
  options: MergeSmallRegionsOptions,
): LabelMap {
  const { minSize } = options;
  checkLab("Cannot merge small regions", lab, width, height);
  checkNumber("Cannot merge small regions", "minSize", minSize, 0, Infinity);
  const components = connectedComponents(labels, width, height);
  const { labels: out, count } = components;
  const area = new Int32Array(count), sum = new Float64Array(count * 3);
  for (let p = 0, q = 0; p < out.length; p++, q += 3) {
    const r = out[p]!, s = r * 3;
    area[r]!++;
    sum[s]! += lab[q]!;
    sum[s + 1]! += lab[q + 1]!;
    sum[s + 2]! += lab[q + 2]!;
  }
  // `next` chains the regions of one size: a bucket queue, in place of a heap
  const sizes = Math.min(Math.ceil(minSize), out.length);
  const head = new Int32Array(sizes).fill(-1), next = new Int32Array(count);
  let small = 0;
  for (let r = count - 1; r >= 0; r--) {
    if (area[r]! < sizes) small++;
    file(r, area, head, next);
  }
  if (small === 0) return components;
  const parent = mergeBySize(adjacency(out, width, height, count), area, sum, head, next);
  const merged = flatten(parent, count);
  for (let p = 0; p < out.length; p++) out[p] = parent[out[p]!]!;
  return { labels: out, count: merged };
}

/** Empties the buckets from the smallest size up and returns the forest of merges, each root the lowest id of its tree. */
function mergeBySize(
  graph: { readonly count: number; readonly offsets: Int32Array; readonly neighbors: Int32Array },
  area: Int32Array,
  sum: Float64Array,
  head: Int32Array,
  next: Int32Array,
): Int32Array {
  const { count, offsets, neighbors } = graph;
  const parent = new Int32Array(count), member = new Int32Array(count);
  // `member` chains the original regions of a merged one in a ring; two rings join by swapping two links
  for (let r = 0; r < count; r++) parent[r] = member[r] = r;
  for (let size = 1; size < head.length; size++) {
    while (head[size]! >= 0) {
      const small = head[size]!;
      head[size] = next[small]!;
      if (parent[small] !== small) continue;
      if (area[small] !== size) { // it took in a neighbour while it waited: file it under its new size
        file(small, area, head, next);
        continue;
      }
      const s = small * 3, l = sum[s]! / size, a = sum[s + 1]! / size, b = sum[s + 2]! / size;
      let best = -1, bestDistance = Infinity, m = small;
      // a region of fewer than minSize pixels has fewer than minSize members: the walk is short however many regions merge
      do {
        for (let i = offsets[m]!; i < offsets[m + 1]!; i++) {
          const other = find(parent, neighbors[i]!);
          if (other === small) continue;
          const t = other * 3, n = area[other]!;
          const dl = sum[t]! / n - l, da = sum[t + 1]! / n - a, db = sum[t + 2]! / n - b;
          const d = dl * dl + da * da + db * db;
          if (d < bestDistance || (d === bestDistance && other < best)) {
            best = other;
            bestDistance = d;
          }
        }
        m = member[m]!;
      } while (m !== small);
      if (best < 0) return parent; // the whole image is one region
      const root = small < best ? small : best, leaf = small < best ? best : small;
      parent[leaf] = root;
      area[root]! += area[leaf]!;
      for (let c = 0; c < 3; c++) sum[root * 3 + c]! += sum[leaf * 3 + c]!;
      const link = member[root]!;
      member[root] = member[leaf]!;
      member[leaf] = link;
      // a chained region stays where it is until it is taken out: nothing is ever in two chains
      if (root === small) file(root, area, head, next);
    }
  }
  return parent;
}

/** Puts a region at the head of its size's bucket, if it is small enough to have one. */
function file(region: number, area: Int32Array, head: Int32Array, next: Int32Array): void {
  const size = area[region]!;
  if (size >= head.length) return;
  next[region] = head[size]!;
  head[size] = region;
}

/**
 * Renumbers labels 0 to M - 1 in the order in which a scan meets them. Regions keep their pixels: a label in two pieces
 * stays one label.
 *
 * @param labels (H, W) integers from 0.
 * @returns A new map.
 * @throws {RangeError} For a negative label.
 *
 * @example
 * ```ts
 * import { relabelSequential } from "./connectivity.ts";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual([...relabelSequential(Int32Array.of(9, 9, 4, 9, 5)).labels], [0, 0, 1, 0, 2]);
 * ```
 */
export function relabelSequential(labels: Int32Array): LabelMap {
  let max = -1, min = 0;
  for (let p = 0; p < labels.length; p++) {
    if (labels[p]! > max) max = labels[p]!;
    if (labels[p]! < min) min = labels[p]!;
  }
  if (min < 0) throw new RangeError(`Cannot renumber labels: labels must be from 0, got ${min}`);
  const out = new Int32Array(labels.length);
  // far-flung ids (a colour used as a label) go through a map, so that memory follows the image and not its largest id
  if (max > 4 * labels.length + 1024) {
    const ids = new Map<number, number>();
    for (let p = 0; p < labels.length; p++) {
      const id = ids.get(labels[p]!) ?? ids.size;
      if (id === ids.size) ids.set(labels[p]!, id);
      out[p] = id;
    }
    return { labels: out, count: ids.size };
  }
  const ids = new Int32Array(max + 1); // 0: not met yet
  let count = 0;
  for (let p = 0; p < labels.length; p++) {
    const r = labels[p]!;
    if (ids[r] === 0) ids[r] = ++count;
    out[p] = ids[r]! - 1;
  }
  return { labels: out, count };
}

/** Joins two trees under the lower root and returns it. */
function union(parent: Int32Array, a: number, b: number): number {
  const ra = find(parent, a), rb = find(parent, b);
  if (ra < rb) return parent[rb] = ra;
  return parent[ra] = rb;
}

/** Replaces each id's parent by the compact id of its root; roots are the lowest ids, so one ascending pass does. */
function flatten(parent: Int32Array, ids: number): number {
  let count = 0;
  for (let i = 0; i < ids; i++) parent[i] = parent[i] === i ? count++ : parent[parent[i]!]!;
  return count;
}
