/**
 * The word of a vocabulary that is nearest to each vector: the inner loop of textons and of k-means, in SIMD
 * (kernels/assembly/textons.ts).
 */
import { createLayout } from "../wasm_memory.ts";
import { loadKernels } from "./kernels/module.ts";

/** Most words of a vocabulary: a word is a byte. */
export const MOST_WORDS = 256;
/** Vectors and words that the search takes at a time. */
const VECTORS_AT_A_TIME = 8, WORDS_AT_A_TIME = 4;

/**
 * Gives each vector the nearest word, in single precision, ties to the first.
 *
 * @param vectors (N, D) row by row, finite.
 * @param D Numbers in a vector.
 * @param vocabulary (K, D) words, K 1 to 256.
 * @returns (N) words.
 * @throws {RangeError} When there is no word, or more than 256.
 *
 * @example
 * ```ts
 * import { nearestWords } from "./nearest_words.ts";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual([...nearestWords(Float32Array.of(1, 8, 5), 1, Float32Array.of(0, 10))], [0, 1, 0]);
 * ```
 */
export function nearestWords(vectors: Float32Array, D: number, vocabulary: Float32Array): Uint8Array {
  const N = vectors.length / D, K = vocabulary.length / D;
  if (!(K >= 1 && K <= MOST_WORDS)) {
    throw new RangeError(`Cannot find nearest words: want 1 to ${MOST_WORDS} words, got ${K}`);
  }
  const roomN = roundUp(N, VECTORS_AT_A_TIME), roomK = roundUp(K, WORDS_AT_A_TIME);
  const { take, bytes } = createLayout();
  const from = take(4 * roomN * D), words = take(4 * roomK * D), half = take(4 * roomK);
  const work = take(4 * VECTORS_AT_A_TIME * D), out = take(roomN);
  const { exports, memory: { buffer } } = loadKernels(bytes());
  new Float32Array(buffer, from).set(vectors);
  new Float32Array(buffer, words).set(vocabulary);
  const halfSquares = new Float32Array(buffer, half, roomK).fill(Infinity); // words that are none are far away
  for (let k = 0, p = 0; k < K; k++) { // |v - c|^2 is least where |c|^2 / 2 - v c is
    let squares = 0;
    for (let d = 0; d < D; d++, p++) squares += vocabulary[p]! * vocabulary[p]!;
    halfSquares[k] = 0.5 * squares;
  }
  exports.nearestWords(from, roomN, D, words, half, roomK, work, out);
  return new Uint8Array(buffer, out, N).slice();
}

function roundUp(count: number, multiple: number): number {
  return Math.ceil(count / multiple) * multiple;
}
