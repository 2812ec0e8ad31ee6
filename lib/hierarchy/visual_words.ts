/**
 * Visual words of one image: its own colours and textures, found by k-means (Sivic and Zisserman 2003,
 * doi:10.1109/ICCV.2003.1238663, but with a vocabulary for each image). A vocabulary of all photographs has few words for
 * the greens of a meadow; one of this photograph has as many as it needs to tell its parts apart. The start is that of
 * `kmeans()`; the iterations are those of a search in SIMD, which for this many points takes a tenth of its time.
 */
import { kmeans } from "../clustering/kmeans.ts";
import { createRandom } from "../random.ts";
import { nearestWords } from "./nearest_words.ts";

/** Vectors that k-means sees: some sixty for each word. */
const SAMPLES = 4096;
/** Lloyd iterations: words need to be different, not optimal; twenty score the same. */
const ITERATIONS = 10;
/** Draws samples and starting centres. */
const SEED = 1;

/**
 * Learns a vocabulary from vectors and gives each vector its word.
 *
 * @param vectors (N, D) row by row, finite, N at least 1.
 * @param D Numbers in a vector.
 * @param count Words K, 1 to 256.
 * @returns (N) words, 0 to K - 1; where vectors differ less than K times, some words stay unused.
 * @throws {RangeError} When there are to be more than 256 words.
 *
 * @example
 * ```ts
 * import { visualWords } from "./visual_words.ts";
 * import assert from "node:assert/strict";
 *
 * const [a, b, c] = visualWords(Float32Array.of(0, 0.1, 9), 1, 2);
 * assert(a === b && b !== c);
 * ```
 */
export function visualWords(vectors: Float32Array, D: number, count: number): Uint8Array {
  const random = createRandom(SEED), N = vectors.length / D;
  let samples = vectors;
  if (N > SAMPLES) {
    samples = new Float32Array(SAMPLES * D);
    for (let n = 0; n < SAMPLES; n++) {
      const from = Math.floor(random() * N) * D;
      for (let d = 0; d < D; d++) samples[n * D + d] = vectors[from + d]!;
    }
  }
  const start = kmeans(samples, samples.length / D, D, { clusters: count, iterations: 0, random });
  const vocabulary = start.centers;
  for (let i = 0; i < ITERATIONS; i++) {
    moveWords(vocabulary, samples, D, nearestWords(samples, D, vocabulary));
  }
  return nearestWords(vectors, D, vocabulary);
}

/** Lloyd's second half, in place: each word becomes the mean of its vectors; one without vectors stays. */
function moveWords(vocabulary: Float32Array, vectors: Float32Array, D: number, words: Uint8Array): void {
  const sums = new Float64Array(vocabulary.length), sizes = new Int32Array(vocabulary.length / D);
  for (let i = 0, p = 0; i < words.length; i++) {
    sizes[words[i]!]!++;
    for (let d = 0, at = words[i]! * D; d < D; d++) sums[at++]! += vectors[p++]!;
  }
  for (let k = 0, p = 0; k < sizes.length; k++) {
    for (let d = 0; d < D; d++, p++) if (sizes[k]! > 0) vocabulary[p] = sums[p]! / sizes[k]!;
  }
}
