/**
 * The vocabulary of textons that gradients compare, found by k-means on unlabelled photographs (`deno task
 * train:vocabulary`), stored as 16-bit fixed point numbers.
 */
import { decodeBase64, encodeBase64 } from "../base64.ts";
import { COARSE_TEXTONS, FINE_TEXTONS } from "./vocabulary_data.ts";

/** Words by kind, each a row of numbers. */
export interface Vocabulary {
  /** (K, 10) responses at scales 1 and 2 of the filter bank; at most 32 words. */
  readonly fineTextons: Float32Array;
  /** (K, 10) responses at scales 2 and 3; at most 32 words. */
  readonly coarseTextons: Float32Array;
}

/** Fixed point: responses are below 8 in magnitude. */
export const TEXTON_STEP = 1 / 4096;

let known: Vocabulary | undefined;

/**
 * The vocabulary that comes with the library.
 *
 * @returns The same object each time.
 */
export function defaultVocabulary(): Vocabulary {
  return known ??= {
    fineTextons: decodeWords(FINE_TEXTONS, TEXTON_STEP),
    coarseTextons: decodeWords(COARSE_TEXTONS, TEXTON_STEP),
  };
}

/**
 * Base64 of 16-bit little-endian multiples of `step` as numbers.
 *
 * @param base64 The text.
 * @param step What 1 stands for.
 * @returns The numbers.
 */
export function decodeWords(base64: string, step: number): Float32Array {
  const bytes = decodeBase64(base64);
  const view = new DataView(bytes.buffer);
  return Float32Array.from({ length: bytes.length >> 1 }, (_, i) => view.getInt16(2 * i, true) * step);
}

/**
 * The reverse of {@linkcode decodeWords}, rounding.
 *
 * @param words The numbers.
 * @param step What 1 stands for.
 * @returns The text.
 */
export function encodeWords(words: Float32Array, step: number): string {
  const view = new DataView(new ArrayBuffer(2 * words.length));
  words.forEach((word, i) => view.setInt16(2 * i, Math.round(word / step), true));
  return encodeBase64(new Uint8Array(view.buffer));
}
