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
  const full = new Int32Array(image.width * image.height).fill(-1);
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

/** First-in first-out lists of pixels, one a level, linked by their place in the queue. */
interface Queue {
  readonly pixel: Int32Array;
  readonly next: Int32Array;
  readonly head: Int32Array;
  readonly tail: Int32Array;
  size: number;
}

function push(queue: Queue, pixel: number, level: number): void {
  const { head, tail, next } = queue, entry = queue.size++;
  queue.pixel[entry] = pixel;
  next[entry] = -1;
  if (tail[level]! < 0) head[level] = entry;
  else next[tail[level]!] = entry;
  tail[level] = entry;
}

/** Gives each pixel without a number that of the water which reaches it first. */
function flood(full: Int32Array, image: Image, step: number): void {
  const { width: W, height: H } = image;
  const queue = shores(full, W, H), { head, tail, next, pixel } = queue;
  const enter = (q: number, p: number, level: number) => {
    if (full[q]! >= 0) return;
    full[q] = full[p]!;
    push(queue, q, Math.max(level, steepness(image, q, step)));
  };
  for (let level = 0; level < LEVELS; level++) {
    while (head[level]! >= 0) {
      const entry = head[level]!, p = pixel[entry]!, x = p % W;
      head[level] = next[entry]!;
      if (head[level]! < 0) tail[level] = -1;
      if (x > 0) enter(p - 1, p, level);
      if (x + 1 < W) enter(p + 1, p, level);
      if (p >= W) enter(p - W, p, level);
      if (p + W < full.length) enter(p + W, p, level);
    }
  }
}

/** A queue of the numbered pixels beside those without, with room for the latter: each enters once. */
function shores(full: Int32Array, W: number, H: number): Queue {
  const isShore = (p: number, x: number, y: number) =>
    full[p]! >= 0 && (
      (x > 0 && full[p - 1]! < 0) || (x + 1 < W && full[p + 1]! < 0) ||
      (y > 0 && full[p - W]! < 0) || (y + 1 < H && full[p + W]! < 0)
    );
  let entries = 0;
  for (let y = 0, p = 0; y < H; y++) {
    for (let x = 0; x < W; x++, p++) if (full[p]! < 0 || isShore(p, x, y)) entries++;
  }
  const queue: Queue = {
    pixel: new Int32Array(entries),
    next: new Int32Array(entries),
    head: new Int32Array(LEVELS).fill(-1),
    tail: new Int32Array(LEVELS).fill(-1),
    size: 0,
  };
  for (let y = 0, p = 0; y < H; y++) {
    for (let x = 0; x < W; x++, p++) if (isShore(p, x, y)) push(queue, p, 0);
  }
  return queue;
}

/**
 * Height of the relief at a pixel, 0 to 255: differences across it over one pixel, which have their peak on the edge, and
 * over `step`, which see it through noise and blur, half and half.
 */
function steepness(image: Image, p: number, step: number): number {
  return (difference(image, p, 1) + difference(image, p, step)) >> 1;
}

/** Mean over channels of the larger of the differences across and down, over `step` pixels to both sides. */
function difference({ width: W, height: H, data }: Image, p: number, step: number): number {
  const x = p % W, y = (p - x) / W;
  const left = 3 * (p - Math.min(x, step)), right = 3 * (p + Math.min(W - 1 - x, step));
  const up = 3 * (p - W * Math.min(y, step)), down = 3 * (p + W * Math.min(H - 1 - y, step));
  let sum = 0;
  for (let c = 0; c < 3; c++) {
    const across = Math.abs(data[right + c]! - data[left + c]!);
    const along = Math.abs(data[down + c]! - data[up + c]!);
    sum += across > along ? across : along;
  }
  return sum / 3;
}
