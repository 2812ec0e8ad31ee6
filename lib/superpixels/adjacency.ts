/**
 * The region adjacency graph of a label map, as typed arrays: an edge list sorted by its two labels, with the length of
 * each shared boundary, and the same edges by region (compressed sparse rows). 4-neighbours only: two regions that touch
 * at a corner share no boundary.
 */
import { checkMap } from "./check.ts";

/** Regions that touch. E edges among M regions; edge e joins `edgeA[e] < edgeB[e]`. */
export interface Adjacency {
  /** M, the number of regions. */
  readonly count: number;
  /** (E) Lower label of each edge; edges ascend by (edgeA, edgeB). */
  readonly edgeA: Int32Array;
  /** (E) Higher label of each edge. */
  readonly edgeB: Int32Array;
  /** (E) Boundary length: how many pairs of 4-neighbour pixels the edge separates. */
  readonly length: Int32Array;
  /** (M + 1) Region r's neighbours are `neighbors[offsets[r]]` to `neighbors[offsets[r + 1] - 1]`. */
  readonly offsets: Int32Array;
  /** (2 E) Neighbouring labels, ascending within a region. */
  readonly neighbors: Int32Array;
  /** (2 E) Which edge each entry of `neighbors` is. */
  readonly edges: Int32Array;
}

/**
 * Finds which regions share a boundary and how long it is. Linear in pixels plus regions: two counting sorts of the
 * boundary's pixel pairs, no hash map.
 *
 * @param labels (H, W) region of each pixel, 0 to count - 1.
 * @param width W, pixels.
 * @param height H, pixels.
 * @param count M, the number of regions; an id without pixels gets no edge.
 * @returns The graph.
 * @throws {RangeError} For a width or height that is not an integer from 1, or a label outside 0 to count - 1.
 * @throws {TypeError} For labels of another length than width * height.
 *
 * @example
 * ```ts
 * import { adjacency } from "./adjacency.ts";
 * import assert from "node:assert/strict";
 *
 * const graph = adjacency(Int32Array.of(0, 0, 1, 2, 2, 1), 3, 2, 3);
 * assert.deepEqual([...graph.edgeA], [0, 0, 1]);
 * assert.deepEqual([...graph.edgeB], [1, 2, 2]);
 * assert.deepEqual([...graph.length], [1, 2, 1]);
 * ```
 */
export function adjacency(labels: Int32Array, width: number, height: number, count: number): Adjacency {
  checkMap("Cannot find adjacent regions", "labels", labels, width, height, 1);
  const pairs = countPairs(labels, width, height, count);
  const sorted = sortPairs(labels, width, height, count, pairs);
  return rows(sorted.a, sorted.b, count);
}

// the only pass that reads a label it has not yet seen, hence the only one that checks
function countPairs(labels: Int32Array, width: number, height: number, count: number): number {
  let pairs = 0;
  for (let y = 0, p = 0; y < height; y++) {
    const down = y + 1 < height ? width : 0; // 0 compares a pixel with itself
    for (let x = 1; x <= width; x++, p++) {
      const r = labels[p]!;
      if (r < 0 || r >= count) {
        throw new RangeError(`Cannot find adjacent regions: labels must be 0 to ${count - 1}, got ${r}`);
      }
      if (x < width && labels[p + 1] !== r) pairs++;
      if (labels[p + down] !== r) pairs++;
    }
  }
  return pairs;
}

/** Pairs of different labels of 4-neighbours, lower label first, sorted by (a, b) with repeats. */
function sortPairs(
  labels: Int32Array,
  width: number,
  height: number,
  count: number,
  pairs: number,
): { a: Int32Array; b: Int32Array } {
  let a = new Int32Array(pairs), b = new Int32Array(pairs);
  const startA = new Int32Array(count + 1), startB = new Int32Array(count + 1);
  for (let y = 0, p = 0, n = 0; y < height; y++) {
    const down = y + 1 < height ? width : 0;
    for (let x = 1; x <= width; x++, p++) {
      const r = labels[p]!;
      const right = x < width ? labels[p + 1]! : r, below = labels[p + down]!;
      if (right !== r) {
        const low = r < right ? r : right, high = r < right ? right : r;
        a[n] = low;
        b[n++] = high;
        startA[low + 1]!++;
        startB[high + 1]!++;
      }
      if (below !== r) {
        const low = r < below ? r : below, high = r < below ? below : r;
        a[n] = low;
        b[n++] = high;
        startA[low + 1]!++;
        startB[high + 1]!++;
      }
    }
  }
  for (let r = 0; r < count; r++) {
    startA[r + 1]! += startA[r]!;
    startB[r + 1]! += startB[r]!;
  }
  // least significant key first: a stable counting sort by b, then by a, leaves the pairs sorted by (a, b)
  let a2 = new Int32Array(pairs), b2 = new Int32Array(pairs);
  for (const start of [startB, startA]) {
    const key = start === startB ? b : a;
    for (let n = 0; n < pairs; n++) {
      const to = start[key[n]!]!++;
      a2[to] = a[n]!;
      b2[to] = b[n]!;
    }
    [a, a2, b, b2] = [a2, a, b2, b];
  }
  return { a, b };
}

/** Counts equal pairs and lays the edges out by region. */
function rows(a: Int32Array, b: Int32Array, count: number): Adjacency {
  let edgeCount = 0;
  for (let n = 0; n < a.length; n++) if (n === 0 || a[n] !== a[n - 1] || b[n] !== b[n - 1]) edgeCount++;
  const edgeA = new Int32Array(edgeCount),
    edgeB = new Int32Array(edgeCount),
    length = new Int32Array(edgeCount);
  const offsets = new Int32Array(count + 1);
  for (let n = 0, e = -1; n < a.length; n++) {
    if (n === 0 || a[n] !== a[n - 1] || b[n] !== b[n - 1]) {
      edgeA[++e] = a[n]!;
      edgeB[e] = b[n]!;
      offsets[a[n]! + 1]!++;
      offsets[b[n]! + 1]!++;
    }
    length[e]!++;
  }
  for (let r = 0; r < count; r++) offsets[r + 1]! += offsets[r]!;
  const next = offsets.slice(0, count);
  const neighbors = new Int32Array(2 * edgeCount), edges = new Int32Array(2 * edgeCount);
  // edges ascend by (a, b): region r meets its lower neighbours first (as b), then its higher ones (as a), both ascending
  for (let e = 0; e < edgeCount; e++) {
    const low = edgeA[e]!, high = edgeB[e]!;
    const i = next[low]!++, j = next[high]!++;
    neighbors[i] = high;
    neighbors[j] = low;
    edges[i] = edges[j] = e;
  }
  return { count, edgeA, edgeB, length, offsets, neighbors, edges };
}
