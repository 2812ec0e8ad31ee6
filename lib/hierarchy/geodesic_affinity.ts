/**
 * Which regions belong together, as a sparse matrix: W = exp(-shortest path), the length of an edge being the evidence
 * against crossing it. Shortest paths see around gaps as little as water does, and carry likeness across a chain of
 * regions that are each like the next (as the geodesic affinities of Bai and Sapiro 2007, doi:10.1109/ICCV.2007.4408931).
 */

/** A sparse symmetric matrix: entries of row r are `start[r]` to `start[r + 1] - 1`. */
export interface SparseMatrix {
  /** Rows. */
  readonly count: number;
  /** (count + 1) */
  readonly start: Int32Array;
  /** Column of each entry. */
  readonly column: Int32Array;
  /** Value of each entry, more than 0. */
  readonly value: Float64Array;
}

/** Entries below this are left out: 1/20 of a neighbour without a boundary, a third of the time of 1/50. */
const LEAST = 0.05;

/**
 * The affinity of regions over a graph of neighbours.
 *
 * @param count Regions M.
 * @param edgeA (E) one region of each pair of neighbours.
 * @param edgeB (E) the other.
 * @param cost (E) what crossing costs, 0 or more.
 * @returns W, without its diagonal.
 *
 * @example
 * ```ts
 * import { geodesicAffinity } from "./geodesic_affinity.ts";
 * import assert from "node:assert/strict";
 *
 * const { column, value } = geodesicAffinity(3, Int32Array.of(0, 1), Int32Array.of(1, 2), Float32Array.of(1, 1));
 * assert.deepEqual([...column], [1, 2, 0, 2, 1, 0]); // nearest first
 * assert.equal(value[1], Math.exp(-2)); // two steps away
 * ```
 */
export function geodesicAffinity(
  count: number,
  edgeA: Int32Array,
  edgeB: Int32Array,
  cost: Float32Array,
): SparseMatrix {
  const { start, column, value } = neighbours(count, edgeA, edgeB, cost);
  const limit = -Math.log(LEAST);
  const reach = new Int32Array(count + 1);
  let columns = new Int32Array(32 * count), values = new Float64Array(32 * count), size = 0;
  const distance = new Float64Array(count).fill(Infinity);
  // regions whose distance is known but not final, a binary heap; a region enters again each time it comes nearer
  const key = new Float64Array(column.length + 1), node = new Int32Array(column.length + 1);
  for (let source = 0; source < count; source++) {
    if (size + count > columns.length) {
      columns = grown(columns, new Int32Array(2 * columns.length + count));
      values = grown(values, new Float64Array(columns.length));
    }
    const first = size;
    let waiting = push(key, node, 0, 0, source);
    distance[source] = 0;
    while (waiting > 0) {
      const near = key[0]!, r = node[0]!;
      waiting = pop(key, node, waiting);
      if (near > distance[r]!) continue;
      distance[r] = near;
      if (r !== source) {
        columns[size] = r;
        values[size++] = Math.exp(-near);
      }
      for (let i = start[r]!; i < start[r + 1]!; i++) {
        const next = column[i]!, far = near + value[i]!;
        if (far < limit && far < distance[next]!) {
          distance[next] = far;
          waiting = push(key, node, waiting, far, next);
        }
      }
      distance[r] = -1; // final: an equal entry that is still waiting is skipped, and no path is shorter
    }
    for (let i = first; i < size; i++) distance[columns[i]!] = Infinity;
    distance[source] = Infinity;
    reach[source + 1] = size;
  }
  return { count, start: reach, column: columns.slice(0, size), value: values.slice(0, size) };
}

/** Edges as rows of neighbours. */
function neighbours(count: number, edgeA: Int32Array, edgeB: Int32Array, cost: Float32Array): SparseMatrix {
  const E = edgeA.length, start = new Int32Array(count + 1);
  for (let e = 0; e < E; e++) {
    start[edgeA[e]! + 1]!++;
    start[edgeB[e]! + 1]!++;
  }
  for (let r = 0; r < count; r++) start[r + 1]! += start[r]!;
  const next = start.slice(), column = new Int32Array(2 * E), value = new Float64Array(2 * E);
  for (let e = 0; e < E; e++) {
    const i = next[edgeA[e]!]!++, j = next[edgeB[e]!]!++;
    column[i] = edgeB[e]!;
    column[j] = edgeA[e]!;
    value[i] = value[j] = cost[e]!;
  }
  return { count, start, column, value };
}

/** Adds to the heap; at most one entry for each direction of each edge, and the source. */
function push(key: Float64Array, node: Int32Array, size: number, distance: number, region: number): number {
  let i = size;
  while (i > 0) {
    const up = (i - 1) >> 1;
    if (key[up]! <= distance) break;
    key[i] = key[up]!;
    node[i] = node[up]!;
    i = up;
  }
  key[i] = distance;
  node[i] = region;
  return size + 1;
}

/** Takes the first entry out. */
function pop(key: Float64Array, node: Int32Array, size: number): number {
  const last = size - 1, distance = key[last]!, region = node[last]!;
  let i = 0;
  for (let down = 1; down < last; down = 2 * i + 1) {
    if (down + 1 < last && key[down + 1]! < key[down]!) down++;
    if (key[down]! >= distance) break;
    key[i] = key[down]!;
    node[i] = node[down]!;
    i = down;
  }
  key[i] = distance;
  node[i] = region;
  return last;
}

function grown<T extends Int32Array<ArrayBuffer> | Float64Array<ArrayBuffer>>(from: T, to: T): T {
  to.set(from);
  return to;
}
