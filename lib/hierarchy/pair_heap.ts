/**
 * A binary heap of pairs of regions, least dissimilar first, ties to the lowest pair. Typed arrays and a `top` that is
 * written in place: an agglomeration pushes some ten thousand pairs, and none of them becomes an object.
 */

/** The heap. Read the pair that {@linkcode popPair} took out in `top`. */
export interface PairHeap {
  key: Float32Array;
  edge: Int32Array;
  version: Int32Array;
  size: number;
  readonly top: { key: number; edge: number; version: number };
}

/**
 * An empty heap.
 *
 * @param capacity Pairs it has room for at first; it grows by doubling.
 * @returns The heap.
 */
export function createPairHeap(capacity: number): PairHeap {
  const room = Math.max(1, capacity);
  return {
    key: new Float32Array(room),
    edge: new Int32Array(room),
    version: new Int32Array(room),
    size: 0,
    top: { key: 0, edge: 0, version: 0 },
  };
}

/**
 * Adds a pair.
 *
 * @param heap The heap.
 * @param key Dissimilarity; kept as a 32-bit float.
 * @param edge Number of the pair.
 * @param version Whatever the caller wants back.
 */
export function pushPair(heap: PairHeap, key: number, edge: number, version: number): void {
  if (heap.size === heap.key.length) grow(heap);
  const value = Math.fround(key);
  let i = heap.size++;
  while (i > 0) {
    const up = (i - 1) >> 1;
    if (!(value < heap.key[up]! || (value === heap.key[up] && edge < heap.edge[up]!))) break;
    move(heap, up, i);
    i = up;
  }
  heap.key[i] = value;
  heap.edge[i] = edge;
  heap.version[i] = version;
}

/**
 * Takes the least pair out into `heap.top`.
 *
 * @param heap The heap.
 * @returns False when it is empty.
 */
export function popPair(heap: PairHeap): boolean {
  if (heap.size === 0) return false;
  const { key, edge, version, top } = heap;
  top.key = key[0]!;
  top.edge = edge[0]!;
  top.version = version[0]!;
  const last = --heap.size, value = key[last]!, id = edge[last]!, stamp = version[last]!;
  let i = 0;
  for (let down = 1; down < last; down = 2 * i + 1) {
    if (down + 1 < last && isLess(heap, down + 1, down)) down++;
    if (!(key[down]! < value || (key[down] === value && edge[down]! < id))) break;
    move(heap, down, i);
    i = down;
  }
  key[i] = value;
  edge[i] = id;
  version[i] = stamp;
  return true;
}

function isLess(heap: PairHeap, i: number, j: number): boolean {
  return heap.key[i]! < heap.key[j]! || (heap.key[i] === heap.key[j] && heap.edge[i]! < heap.edge[j]!);
}

function move(heap: PairHeap, from: number, to: number): void {
  heap.key[to] = heap.key[from]!;
  heap.edge[to] = heap.edge[from]!;
  heap.version[to] = heap.version[from]!;
}

function grow(heap: PairHeap): void {
  const size = 2 * heap.key.length;
  const key = new Float32Array(size), edge = new Int32Array(size), version = new Int32Array(size);
  key.set(heap.key);
  edge.set(heap.edge);
  version.set(heap.version);
  heap.key = key;
  heap.edge = edge;
  heap.version = version;
}
