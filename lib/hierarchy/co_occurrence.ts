/**
 * Which words of an image belong together: those that lie near each other more often than chance would have them
 * (pointwise mutual information; Isola, Zoran, Krishnan and Adelson 2014, doi:10.1007/978-3-319-10578-9_52, between pixels,
 * here summed up for regions). The light and the dark stripes of a zebra differ as much as two colours can, yet each is
 * found beside the other all over the animal: learned from this one image, without a label.
 */
import type { WordMap } from "./word_map.ts";

/** Affinities of regions. */
export interface CoOccurrence {
  /** (M, M) symmetric: pointwise mutual information in nats, summed over pairs of samples, one of them in each region. */
  readonly sum: Float32Array;
  /** (M, M) symmetric: how many pairs. */
  readonly pairs: Float32Array;
}

/** How far apart the samples of a pair are, in samples: from the width of a stripe to that of a leaf. */
const DISTANCES = [5, 11, 22];
/** Directions of pairs, over half a turn. */
const DIRECTIONS = 8;
/** Additive smoothing: the share of all pairs that any two words have anyway, as what is never seen is not impossible. */
const SMOOTHING = 1e-6;

/**
 * Measures which regions' words occur together.
 *
 * @param map Words on a grid.
 * @param region (samples of the grid) region of each, 0 to M - 1.
 * @param M Regions.
 * @returns Sums over all pairs within some distance, of a region with itself, too.
 * @throws {TypeError} When words and regions are not as many as the grid has samples.
 * @throws {RangeError} When a word or a region is out of its range.
 *
 * @example
 * ```ts
 * import { coOccurrence } from "./co_occurrence.ts";
 * import assert from "node:assert/strict";
 *
 * // words 0 and 1 alternate on the left, 2 on the right; the regions are the stripes of the left and all of the right
 * const words = Uint8Array.from({ length: 64 * 64 }, (_, i) => i % 64 < 32 ? (i >> 1) % 2 : 2);
 * const { sum, pairs } = coOccurrence({ width: 64, height: 64, words, count: 3 }, Int32Array.from(words), 3);
 * const mean = (a: number, b: number) => sum[3 * a + b]! / pairs[3 * a + b]!;
 * assert(mean(0, 1) > 0 && mean(0, 2) < 0);
 * ```
 */
export function coOccurrence(map: WordMap, region: Int32Array, M: number): CoOccurrence {
  const { width, height, words, count: K } = map;
  check(map, region, M);
  // doubles, as a large sky has more pairs than a float can count
  const sum = new Float64Array(M * M), pairs = new Float64Array(M * M);
  for (const distance of DISTANCES) {
    const offsets = offsetsAt(distance);
    const counts = new Float64Array(K * K);
    for (const { dx, dy } of offsets) {
      for (let y = 0; y < height - dy; y++) {
        const last = y * width + Math.min(width, width - dx), step = dy * width + dx;
        for (let p = y * width + Math.max(0, -dx); p < last; p++) counts[words[p]! * K + words[p + step]!]!++;
      }
    }
    const information = pointwiseMutualInformation(counts, K);
    for (const { dx, dy } of offsets) {
      for (let y = 0; y < height - dy; y++) {
        const last = y * width + Math.min(width, width - dx), step = dy * width + dx;
        for (let p = y * width + Math.max(0, -dx); p < last; p++) {
          const at = region[p]! * M + region[p + step]!;
          sum[at]! += information[words[p]! * K + words[p + step]!]!;
          pairs[at]!++;
        }
      }
    }
  }
  addTransposed(sum, M);
  addTransposed(pairs, M);
  return { sum: Float32Array.from(sum), pairs: Float32Array.from(pairs) };
}

/** Steps of about `distance` in all directions; dy >= 0. */
function offsetsAt(distance: number): { dx: number; dy: number }[] {
  return Array.from({ length: DIRECTIONS }, (_, t) => {
    const angle = Math.PI * t / DIRECTIONS;
    return { dx: Math.round(distance * Math.cos(angle)), dy: Math.round(distance * Math.sin(angle)) };
  });
}

/** (K, K) log p(i, j) / (p(i) p(j)) of ordered counts, either order counting as the other. */
function pointwiseMutualInformation(counts: Float64Array, K: number): Float64Array {
  addTransposed(counts, K);
  const total = counts.reduce((a, b) => a + b, 0) || 1, share = new Float64Array(K);
  for (let i = 0, p = 0; i < K; i++) {
    for (let j = 0; j < K; j++, p++) share[i]! += counts[p] = counts[p]! / total + SMOOTHING;
  }
  for (let i = 0, p = 0; i < K; i++) {
    for (let j = 0; j < K; j++, p++) counts[p] = Math.log(counts[p]! / (share[i]! * share[j]!));
  }
  return counts;
}

function addTransposed(matrix: Float64Array, size: number): void {
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) {
      const both = matrix[i * size + j]! + matrix[j * size + i]!;
      matrix[i * size + j] = matrix[j * size + i] = both;
    }
  }
}

function check({ width, height, words, count }: WordMap, region: Int32Array, M: number): void {
  if (words.length !== width * height || region.length !== words.length) {
    throw new TypeError(
      `Cannot measure co-occurrence: ${width}x${height} samples need as many words and regions, ` +
        `got ${words.length} and ${region.length}`,
    );
  }
  const out = words.findIndex((word, p) => word >= count || !(region[p]! >= 0 && region[p]! < M));
  if (out >= 0) {
    throw new RangeError(
      `Cannot measure co-occurrence: want words below ${count} and regions from 0 to ${M - 1}, ` +
        `got ${words[out]} and ${region[out]} at sample ${out}`,
    );
  }
}
