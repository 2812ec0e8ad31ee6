/**
 * The superpixels of a picture, measured once: whatever is asked of a region later is a sum over its superpixels.
 */

/** A superpixel map and what is known of each superpixel. */
export class SuperpixelMap {
  readonly width: number;
  readonly height: number;
  /** M. */
  readonly count: number;
  /** (H, W) superpixel of each pixel, 0 to M - 1. */
  readonly pixels: Int32Array;
  /** (M) pixels of each. */
  readonly areas: Int32Array;
  /** (M, 3) sums of the sRGB bytes. */
  readonly colors: Float64Array;
  /** (M, 2) sums of x and y. */
  readonly positions: Float64Array;
  /** (M, 4) left, top, right, bottom; the last two included. */
  readonly boxes: Int32Array;
  /** (M) the superpixels in the order in which rows meet them. */
  readonly order: Int32Array;
  /** Where the neighbours of each begin in `neighbors`; (M + 1). */
  readonly offsets: Int32Array;
  /** Superpixels that share an edge, each pair twice. */
  readonly neighbors: Int32Array;

  /**
   * Measures.
   *
   * @param pixels (H, W) superpixel of each pixel, every number from 0 to `count - 1` used.
   * @param rgba (H, W, 4) the picture.
   * @throws {RangeError} If the map and the picture differ in size, or a number is out of range.
   */
  constructor(pixels: Int32Array, width: number, height: number, count: number, rgba: Uint8ClampedArray) {
    if (pixels.length !== width * height || rgba.length !== 4 * pixels.length) {
      throw new RangeError(`Cannot read superpixels: want ${width} x ${height}, got ${pixels.length}`);
    }
    this.width = width;
    this.height = height;
    this.count = count;
    this.pixels = pixels;
    this.areas = new Int32Array(count);
    this.colors = new Float64Array(3 * count);
    this.positions = new Float64Array(2 * count);
    this.boxes = new Int32Array(4 * count);
    this.order = new Int32Array(count);
    this.#measure(rgba);
    [this.offsets, this.neighbors] = findNeighbors(pixels, width, height, count);
  }

  #measure(rgba: Uint8ClampedArray): void {
    const { width, height, count, pixels, areas, colors, positions, boxes, order } = this;
    let met = 0;
    for (let y = 0, p = 0; y < height; y++) {
      for (let x = 0; x < width; x++, p++) {
        const s = pixels[p]!;
        if (!(s >= 0 && s < count)) {
          throw new RangeError(`Cannot read superpixels: want 0 to ${count - 1}, got ${s}`);
        }
        const b = 4 * s;
        if (areas[s] === 0) {
          order[met++] = s;
          boxes[b] = boxes[b + 2] = x;
          boxes[b + 1] = y;
        }
        areas[s]!++;
        colors[3 * s]! += rgba[4 * p]!;
        colors[3 * s + 1]! += rgba[4 * p + 1]!;
        colors[3 * s + 2]! += rgba[4 * p + 2]!;
        positions[2 * s]! += x;
        positions[2 * s + 1]! += y;
        if (x < boxes[b]!) boxes[b] = x;
        if (x > boxes[b + 2]!) boxes[b + 2] = x;
        boxes[b + 3] = y;
      }
    }
    if (met < count) throw new RangeError(`Cannot read superpixels: want ${count} of them, got ${met}`);
  }

  /** The map at another size, by the nearest pixel: what a screen shows. */
  resized(width: number, height: number): Int32Array {
    if (width === this.width && height === this.height) return this.pixels;
    const out = new Int32Array(width * height);
    const columns = Int32Array.from({ length: width }, (_, x) => Math.floor((x + 0.5) * this.width / width));
    for (let y = 0, q = 0; y < height; y++) {
      const row = Math.floor((y + 0.5) * this.height / height) * this.width;
      for (let x = 0; x < width; x++, q++) out[q] = this.pixels[row + columns[x]!]!;
    }
    return out;
  }
}

/** Pairs that share an edge, as offsets into one list. */
function findNeighbors(
  pixels: Int32Array,
  width: number,
  height: number,
  count: number,
): [offsets: Int32Array, neighbors: Int32Array] {
  const pairs = new Set<number>(); // a * M + b with a < b; a double holds it exactly
  const size = pixels.length;
  for (let y = 0, p = 0; y < height; y++) {
    for (let x = 0; x < width; x++, p++) {
      const s = pixels[p]!;
      const right = x + 1 < width ? pixels[p + 1]! : s;
      const below = p + width < size ? pixels[p + width]! : s;
      if (right !== s) pairs.add(s < right ? s * count + right : right * count + s);
      if (below !== s) pairs.add(s < below ? s * count + below : below * count + s);
    }
  }
  const offsets = new Int32Array(count + 1);
  for (const pair of pairs) {
    offsets[Math.floor(pair / count) + 1]!++;
    offsets[pair % count + 1]!++;
  }
  for (let i = 0; i < count; i++) offsets[i + 1]! += offsets[i]!;
  const next = offsets.slice(), neighbors = new Int32Array(offsets[count]!);
  for (const pair of pairs) {
    const a = Math.floor(pair / count), b = pair % count;
    neighbors[next[a]!++] = b;
    neighbors[next[b]!++] = a;
  }
  return [offsets, neighbors];
}
