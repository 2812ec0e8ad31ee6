/**
 * Superpixels of a shrunken image, brought to the full image along its edges. Taking the nearest small pixel's number
 * makes stairs as tall as the shrinking factor. Here a boundary may move by up to half a small pixel, to where the full
 * image changes most: the middle of each boundary pixel keeps its number, and water that rises over the full image's
 * gradient (Meyer 1991, as watershed.ts of the hierarchy) divides what lies between.
 *
 * Nothing is torn or closed. The middles of neighbouring small pixels of one superpixel stay joined by a line, so that
 * each superpixel remains 4-connected; and for each two superpixels that touch, one such line crosses their boundary, so
 * that they go on touching and every union of neighbours that was connected still is. Moving boundaries farther gains
 * more where they lie wrong by more, but needs a repair of what falls apart.
 */
import type { Image } from "../image/image.ts";
import { type Adjacency, adjacency } from "./adjacency.ts";
import { checkMap } from "./check.ts";

/** Heights of the water; gradients are differences of bytes. */
const LEVELS = 256;
/** A pixel without a number, and one in the pool that fills. */
const NONE = -1, DRY = -2;

/**
 * Enlarges a map of superpixels to the size of an image, following the image's edges. Linear in pixels.
 *
 * @param labels (h, w) superpixels of the shrunken image, 0 to count - 1, each 4-connected.
 * @param width w.
 * @param height h.
 * @param count Superpixels.
 * @param image The full image, (H, W), H >= h and W >= w.
 * @returns (H, W) superpixels, all of them, 4-connected, touching whom they touched. At h = H and w = W a copy.
 * @throws {RangeError} When a side of the image is smaller than the map's, or a label is out of range.
 * @throws {TypeError} When the map has another length than width * height.
 *
 * @example
 * ```ts
 * import { enlargeSuperpixels } from "./enlarge_superpixels.ts";
 * import assert from "node:assert/strict";
 *
 * // the small boundary lies at 6 of 12 pixels, the full image's edge at 5
 * const image = { width: 12, height: 6, data: new Uint8Array(216).map((_, i) => i % 36 < 15 ? 10 : 200) };
 * const labels = enlargeSuperpixels(Int32Array.of(0, 0, 1, 1, 0, 0, 1, 1), 4, 2, 2, image);
 * assert.equal(labels.subarray(5 * 12).indexOf(1), 5);
 * ```
 */
export function enlargeSuperpixels(
  labels: Int32Array,
  width: number,
  height: number,
  count: number,
  image: Image,
): Int32Array<ArrayBuffer> {
  checkMap("Cannot enlarge superpixels", "labels", labels, width, height, 1);
  if (image.width < width || image.height < height) {
    throw new RangeError(
      `Cannot enlarge superpixels: want an image of ${width}x${height} or larger, got ${image.width}x${image.height}`,
    );
  }
  const small = { labels, width, height };
  const columns = cells(width, image.width), rows = cells(height, image.height);
  const full = new Int32Array(image.width * image.height).fill(NONE);
  paintInteriors(full, image.width, small, columns, rows);
  paintMiddles(full, image.width, small, adjacency(labels, width, height, count), columns, rows);
  // half of the most that a boundary can move: beyond, an edge of the next small pixel comes into sight
  const step = Math.max(1, Math.round(image.width / width / 2));
  flood(full, image, step);
  return full;
}

interface SmallMap {
  readonly labels: Int32Array;
  readonly width: number;
  readonly height: number;
}

/** (n + 1) first full pixel of each small one along an axis: that of the nearest, as `resizeLabels()` has it. */
function cells(small: number, full: number): Int32Array {
  const start = new Int32Array(small + 1).fill(full);
  for (let x = full - 1; x >= 0; x--) start[Math.floor(((2 * x + 1) * small) / (2 * full))] = x;
  return start;
}

/** Small pixels whose eight neighbours are of their own superpixel: all of their full pixels. */
function paintInteriors(
  full: Int32Array,
  W: number,
  { labels, width, height }: SmallMap,
  columns: Int32Array,
  rows: Int32Array,
): void {
  for (let y = 0; y < height; y++) {
    const up = y > 0 ? -width : 0, down = y + 1 < height ? width : 0, top = rows[y]! * W;
    for (let x = 0, p = y * width; x < width; x++, p++) {
      const r = labels[p]!, left = x > 0 ? -1 : 0, right = x + 1 < width ? 1 : 0;
      if (
        labels[p + left] === r && labels[p + right] === r && labels[p + up] === r && labels[p + down] === r &&
        labels[p + up + left] === r && labels[p + up + right] === r &&
        labels[p + down + left] === r && labels[p + down + right] === r
      ) full.fill(r, top + columns[x]!, top + columns[x + 1]!);
    }
    for (let v = rows[y]! + 1; v < rows[y + 1]!; v++) full.copyWithin(v * W, top, top + W);
  }
}

/** The middles of all small pixels, and the lines between those that must stay joined. */
function paintMiddles(
  full: Int32Array,
  W: number,
  { labels, width, height }: SmallMap,
  graph: Adjacency,
  columns: Int32Array,
  rows: Int32Array,
): void {
  const joined = new Uint8Array(graph.length.length);
  const middle = (start: Int32Array, i: number) => (start[i]! + start[i + 1]! - 1) >> 1;
  for (let y = 0, p = 0; y < height; y++) {
    const v = middle(rows, y);
    for (let x = 0; x < width; x++, p++) {
      const u = middle(columns, x), r = labels[p]!;
      full[v * W + u] = r;
      if (x + 1 < width && stayJoined(graph, joined, r, labels[p + 1]!)) {
        const border = v * W + columns[x + 1]!, end = v * W + middle(columns, x + 1);
        for (let q = v * W + u; q <= end; q++) full[q] = q < border ? r : labels[p + 1]!;
      }
      if (y + 1 < height && stayJoined(graph, joined, r, labels[p + width]!)) {
        const border = rows[y + 1]! * W, end = middle(rows, y + 1) * W + u;
        for (let q = v * W + u; q <= end; q += W) full[q] = q < border ? r : labels[p + width]!;
      }
    }
  }
}

/** Small pixels of one superpixel stay joined, and those of two where these are met for the first time. */
function stayJoined(
  { offsets, neighbors, edges }: Adjacency,
  joined: Uint8Array,
  a: number,
  b: number,
): boolean {
  if (a === b) return true;
  let i = offsets[a]!;
  while (neighbors[i] !== b) i++;
  const edge = edges[i]!;
  if (joined[edge]) return false;
  joined[edge] = 1;
  return true;
}

/** Pixels without a number that touch each other, and the water over them: first-in first-out lists, one a level. */
interface Pool {
  /** The pixels. */
  members: Int32Array;
  /** The same in the order in which the water reaches them. */
  pixel: Int32Array;
  next: Int32Array;
  readonly head: Int32Array;
  readonly tail: Int32Array;
  size: number;
}

/**
 * Gives each pixel without a number that of the water which reaches it first, pool by pool: the lines of
 * `paintMiddles()` cut the gaps between superpixels into pools of some hundred pixels, whose memory stays at hand, while
 * water over the whole image jumps about in it.
 */
function flood(full: Int32Array, image: Image, step: number): void {
  const room = 1024;
  const pool: Pool = {
    members: new Int32Array(room),
    pixel: new Int32Array(room),
    next: new Int32Array(room),
    head: new Int32Array(LEVELS).fill(-1),
    tail: new Int32Array(LEVELS).fill(-1),
    size: 0,
  };
  for (let p = 0; p < full.length; p++) {
    if (full[p] !== NONE) continue;
    const count = gather(full, image, p, pool);
    enterShores(full, image, step, pool, count);
    rise(full, image, step, pool);
  }
}

/** The neighbour on a side, or the pixel itself beyond the frame. */
function beside(p: number, x: number, side: number, W: number, pixels: number): number {
  if (side === 0) return x > 0 ? p - 1 : p;
  if (side === 1) return x + 1 < W ? p + 1 : p;
  if (side === 2) return p >= W ? p - W : p;
  return p + W < pixels ? p + W : p;
}

/** Lists the pool that a pixel lies in and marks it; returns how many pixels it has. */
function gather(full: Int32Array, { width: W }: Image, start: number, pool: Pool): number {
  let { members } = pool, count = 0;
  members[count++] = start;
  full[start] = DRY;
  for (let i = 0; i < count; i++) {
    const p = members[i]!, x = p % W;
    if (count + 4 > members.length) {
      members = new Int32Array(2 * members.length);
      members.set(pool.members);
      pool.members = members;
      pool.pixel = new Int32Array(members.length);
      pool.next = new Int32Array(members.length);
    }
    for (let side = 0; side < 4; side++) {
      const q = beside(p, x, side, W, full.length);
      if (full[q] !== NONE) continue;
      full[q] = DRY;
      members[count++] = q;
    }
  }
  return count;
}

function push(pool: Pool, pixel: number, level: number): void {
  const { head, tail, next } = pool, entry = pool.size++;
  pool.pixel[entry] = pixel;
  next[entry] = -1;
  if (tail[level]! < 0) head[level] = entry;
  else next[tail[level]!] = entry;
  tail[level] = entry;
}

/** Numbers and queues the pixels of a pool that lie beside one with a number. */
function enterShores(full: Int32Array, image: Image, step: number, pool: Pool, count: number): void {
  const { members, pixel } = pool, W = image.width;
  pool.size = 0;
  for (let i = 0; i < count; i++) {
    const p = members[i]!, x = p % W;
    for (let side = 0; side < 4; side++) {
      const number = full[beside(p, x, side, W, full.length)]!;
      if (number < 0) continue;
      // stored below DRY until all are found, so that numbers do not run ahead
      full[p] = DRY - 1 - number;
      push(pool, p, steepness(image, p, step));
      break;
    }
  }
  for (let entry = 0; entry < pool.size; entry++) full[pixel[entry]!] = DRY - 1 - full[pixel[entry]!]!;
}

function rise(full: Int32Array, image: Image, step: number, pool: Pool): void {
  const { head, tail, pixel, next } = pool, W = image.width;
  for (let level = 0; level < LEVELS; level++) {
    while (head[level]! >= 0) {
      const entry = head[level]!, p = pixel[entry]!, x = p % W;
      head[level] = next[entry]!;
      if (head[level]! < 0) tail[level] = -1;
      for (let side = 0; side < 4; side++) {
        const q = beside(p, x, side, W, full.length);
        if (full[q] !== DRY) continue;
        full[q] = full[p]!;
        const height = steepness(image, q, step);
        push(pool, q, height > level ? height : level);
      }
    }
  }
}

/**
 * Height of the relief at a pixel, 0 to 255, the mean over channels of the larger of the differences across and down:
 * over one pixel to both sides, which has its peak on the edge, and over `step`, which sees it through noise and blur,
 * half and half.
 */
function steepness({ width: W, height: H, data }: Image, p: number, step: number): number {
  const x = p % W, y = (p - x) / W;
  const inside = x >= step && y >= step && x + step < W && y + step < H;
  const left = inside ? step : Math.min(x, step), right = inside ? step : Math.min(W - 1 - x, step);
  const up = inside ? step : Math.min(y, step), down = inside ? step : Math.min(H - 1 - y, step);
  const near = difference(
    data,
    3 * (x > 0 ? p - 1 : p),
    3 * (x + 1 < W ? p + 1 : p),
    3 * (y > 0 ? p - W : p),
    3 * (y + 1 < H ? p + W : p),
  );
  const far = difference(data, 3 * (p - left), 3 * (p + right), 3 * (p - W * up), 3 * (p + W * down));
  return (near + far) / 6 | 0;
}

/** The larger of the differences between two pairs of pixels, summed over channels. */
function difference(data: Uint8Array, left: number, right: number, up: number, down: number): number {
  let sum = 0;
  for (let c = 0; c < 3; c++) {
    const across = Math.abs(data[right + c]! - data[left + c]!);
    const along = Math.abs(data[down + c]! - data[up + c]!);
    sum += across > along ? across : along;
  }
  return sum;
}
