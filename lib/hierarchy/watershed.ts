/**
 * Watershed by flooding (Vincent and Soille 1991, doi:10.1109/34.87344; priority order of Meyer, "Un algorithme optimal
 * pour la ligne de partage des eaux", 1991): every regional minimum of a gradient map becomes a basin, and water rising
 * from all of them at once meets where the gradient is strong. There are no line pixels: each pixel belongs to a basin,
 * since regions that touch are what the hierarchy merges.
 */
import { checkMap } from "../superpixels/check.ts";

/** Basins of a gradient map. */
export interface Watershed {
  /** (H, W) basin of each pixel, 0 to count - 1, numbered in the order in which rows meet their minima; 4-connected. */
  readonly labels: Int32Array;
  /** How many basins there are. */
  readonly count: number;
}

/**
 * Water levels. The queue is an array of first-in first-out lists, one a level, so a pixel costs constant time; a
 * gradient map smoothed at 1.5 pixels has no more real minima at 65,536 levels than at 1,024, only more of one pixel.
 */
const LEVELS = 1024;

/**
 * Divides an image along the ridges of a gradient map. How many regions come out is decided by the map alone: smooth it
 * more for fewer.
 *
 * @param gradient (H, W) strength, finite and not negative; its maximum becomes the highest of 1,024 levels.
 * @param width W, pixels.
 * @param height H, pixels.
 * @returns The basins; one for a flat map.
 * @throws {TypeError} When the map has another length than width * height.
 * @throws {RangeError} For a bad width or height, or a strength that is negative or not finite.
 *
 * @example
 * ```ts
 * import { watershed } from "./watershed.ts";
 * import assert from "node:assert/strict";
 *
 * const { labels, count } = watershed(Float32Array.of(0, 1, 9, 2, 0), 5, 1);
 * assert.equal(count, 2);
 * assert.deepEqual([...labels.subarray(0, 2), ...labels.subarray(3)], [0, 0, 1, 1]);
 * ```
 */
export function watershed(gradient: Float32Array, width: number, height: number): Watershed {
  checkMap("Cannot flood", "gradient", gradient, width, height, 1);
  const basins = { levels: quantise(gradient, width, height), labels: framed(width, height), row: width + 2 };
  const queue = createQueue(basins.levels.length);
  const count = minima(basins, queue);
  flood(basins, queue);
  const labels = new Int32Array(width * height);
  for (let y = 0; y < height; y++) {
    const from = (y + 1) * basins.row + 1;
    labels.set(basins.labels.subarray(from, from + width), y * width);
  }
  return { labels, count };
}

/** The image with a frame of one pixel around it, so that no neighbour needs a test for the border. */
interface Basins {
  /** (H + 2, W + 2) level of each pixel; the frame is above all levels. */
  readonly levels: Uint16Array;
  /** (H + 2, W + 2) basin of each pixel; -1 where the water has not come yet, and never in the frame. */
  readonly labels: Int32Array;
  /** W + 2. */
  readonly row: number;
}

function quantise(gradient: Float32Array, width: number, height: number): Uint16Array {
  let highest = 0;
  for (let i = 0; i < gradient.length; i++) {
    const g = gradient[i]!;
    if (!(g >= 0 && g < Infinity)) {
      throw new RangeError(`Cannot flood: gradients must be finite and not negative, got ${g}`);
    }
    if (g > highest) highest = g;
  }
  const scale = highest > 0 ? (LEVELS - 1) / highest : 0;
  const levels = new Uint16Array((width + 2) * (height + 2)).fill(LEVELS);
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0, p = (y + 1) * (width + 2) + 1; x < width; x++) levels[p++] = gradient[i++]! * scale;
  }
  return levels;
}

function framed(width: number, height: number): Int32Array {
  const labels = new Int32Array((width + 2) * (height + 2));
  for (let y = 1; y <= height; y++) labels.fill(-1, y * (width + 2) + 1, (y + 1) * (width + 2) - 1);
  return labels;
}

/** First-in first-out lists of pixels, one a level, linked through `next`. */
interface LevelQueue {
  readonly head: Int32Array;
  readonly tail: Int32Array;
  readonly next: Int32Array;
}

function createQueue(pixels: number): LevelQueue {
  return {
    head: new Int32Array(LEVELS).fill(-1),
    tail: new Int32Array(LEVELS).fill(-1),
    next: new Int32Array(pixels),
  };
}

function push({ head, tail, next }: LevelQueue, pixel: number, level: number): void {
  next[pixel] = -1;
  if (tail[level]! < 0) head[level] = pixel;
  else next[tail[level]!] = pixel;
  tail[level] = pixel;
}

/** Labels each plateau without a lower neighbour and queues its pixels; returns how many there are. */
function minima({ levels, labels, row }: Basins, queue: LevelQueue): number {
  const seen = new Uint8Array(levels.length);
  const plateau = new Int32Array(levels.length); // a pixel enters one plateau, once
  let count = 0;
  for (let start = row + 1; start < levels.length - row - 1; start++) {
    const level = levels[start]!;
    if (seen[start] || level === LEVELS) continue;
    let lowest = true, size = 0;
    plateau[size++] = start;
    seen[start] = 1;
    for (let i = 0; i < size; i++) {
      const p = plateau[i]!;
      for (let side = 0; side < 4; side++) {
        const q = side === 0 ? p - 1 : side === 1 ? p + 1 : side === 2 ? p - row : p + row;
        const beside = levels[q]!;
        if (beside < level) lowest = false;
        else if (beside === level && seen[q] === 0) {
          seen[q] = 1;
          plateau[size++] = q;
        }
      }
    }
    if (!lowest) continue;
    for (let i = 0; i < size; i++) {
      labels[plateau[i]!] = count;
      push(queue, plateau[i]!, level);
    }
    count++;
  }
  return count;
}

/** Gives every pixel the label of the water that reaches it first: lowest level, then longest in the queue. */
function flood({ levels, labels, row }: Basins, queue: LevelQueue): void {
  const { head, tail, next } = queue;
  for (let level = 0; level < LEVELS; level++) {
    while (head[level]! >= 0) {
      const p = head[level]!;
      head[level] = next[p]!;
      if (head[level]! < 0) tail[level] = -1;
      for (let side = 0; side < 4; side++) {
        const q = side === 0 ? p - 1 : side === 1 ? p + 1 : side === 2 ? p - row : p + row;
        if (labels[q]! >= 0) continue;
        labels[q] = labels[p]!;
        // a pixel below the water is flooded now, not at its own level, which has passed
        push(queue, q, levels[q]! > level ? levels[q]! : level);
      }
    }
  }
}
