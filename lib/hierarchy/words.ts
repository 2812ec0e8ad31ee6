/**
 * An image as words, on every second pixel of every second row: quantised lightness and colour, textons, and colours of a
 * palette. All later stages see only words. Half the resolution costs a quarter of the time and, on BSDS500, nothing
 * measurable (docs/experiments.md); watersheds still run at full resolution.
 */
import type { WordMap } from "./oriented_gradients.ts";
import { FILTERS_PER_SCALE, localJets, nearestWords, TEXTON_SCALES } from "./textons.ts";
import type { Vocabulary } from "./vocabulary.ts";

/** The word maps that gradients are measured on. */
export const GRADIENT_WORDS = [
  "lightness",
  "greenRed",
  "blueYellow",
  "fineTextons",
  "coarseTextons",
] as const;
/** The word maps that regions are compared by. */
export const REGION_WORDS = [...GRADIENT_WORDS, "palette"] as const;

/** Word maps at half resolution. */
export type ImageWords = Readonly<Record<(typeof REGION_WORDS)[number], WordMap>>;

/** Bins of each colour axis and their blur, as in Martin, Fowlkes and Malik 2004 but for the number (25 there). */
const BINS = 24, BLUR = 1.2;
/** Range of a and b that is told apart: nothing photographed lies much outside, and bins stay 5 units wide. */
const CHROMA = 60;
/** How much less lightness counts than colour when the nearest palette colour is sought: shading is not paint. */
export const PALETTE_LIGHTNESS = 0.5;

/**
 * Turns an image into words.
 *
 * @param lab (H, W, 3) CIELAB.
 * @param width W, pixels.
 * @param height H, pixels.
 * @param vocabulary Textons and palette.
 * @returns Maps of ceil(W / 2) by ceil(H / 2) words.
 */
export function imageWords(
  lab: Float32Array,
  width: number,
  height: number,
  vocabulary: Vocabulary,
): ImageWords {
  const w = (width + 1) >> 1, h = (height + 1) >> 1;
  const map = (words: Uint8Array, count: number, blur = 0): WordMap => ({
    width: w,
    height: h,
    words,
    count,
    blur,
  });
  const axis = (channel: number, from: number, to: number): WordMap => {
    const words = new Uint8Array(w * h), scale = BINS / (to - from);
    for (let y = 0, i = 0; y < height; y += 2) {
      for (let x = 0, p = 3 * y * width + channel; x < width; x += 2, p += 6) {
        const bin = (lab[p]! - from) * scale;
        words[i++] = bin < 0 ? 0 : bin >= BINS ? BINS - 1 : bin;
      }
    }
    return map(words, BINS, BLUR);
  };
  const [fine, coarse] = textonVectors(lab, width, height);
  const D = 2 * FILTERS_PER_SCALE;
  const colors = paletteVectors(lab, width, height);
  return {
    lightness: axis(0, 0, 100),
    greenRed: axis(1, -CHROMA, CHROMA),
    blueYellow: axis(2, -CHROMA, CHROMA),
    fineTextons: map(nearestWords(fine, D, vocabulary.fineTextons), vocabulary.fineTextons.length / D),
    coarseTextons: map(
      nearestWords(coarse, D, vocabulary.coarseTextons),
      vocabulary.coarseTextons.length / D,
    ),
    palette: map(nearestWords(colors, 3, vocabulary.palette), vocabulary.palette.length / 3),
  };
}

/**
 * The responses that textons are made of: scales 1 and 2 of the filter bank for fine ones, 2 and 3 for coarse ones.
 *
 * @param lab (H, W, 3) CIELAB.
 * @param width W, pixels.
 * @param height H, pixels.
 * @returns Fine and coarse vectors of 10 numbers each, at half resolution.
 */
export function textonVectors(
  lab: Float32Array,
  width: number,
  height: number,
): [Float32Array, Float32Array] {
  const lightness = new Float32Array(width * height);
  for (let i = 0; i < lightness.length; i++) lightness[i] = lab[3 * i]!;
  const jets = localJets(lightness, width, height);
  const all = FILTERS_PER_SCALE * TEXTON_SCALES.length, D = 2 * FILTERS_PER_SCALE;
  const fine = new Float32Array(jets.length / all * D), coarse = new Float32Array(fine.length);
  for (let i = 0, p = 0; p < jets.length; p += all, i += D) {
    for (let k = 0; k < D; k++) {
      fine[i + k] = jets[p + k]!;
      coarse[i + k] = jets[p + FILTERS_PER_SCALE + k]!;
    }
  }
  return [fine, coarse];
}

/**
 * Colours as the palette compares them, at half resolution.
 *
 * @param lab (H, W, 3) CIELAB.
 * @param width W, pixels.
 * @param height H, pixels.
 * @returns (ceil(H / 2), ceil(W / 2), 3) with L scaled by {@linkcode PALETTE_LIGHTNESS}.
 */
export function paletteVectors(lab: Float32Array, width: number, height: number): Float32Array {
  const out = new Float32Array(((width + 1) >> 1) * ((height + 1) >> 1) * 3);
  for (let y = 0, i = 0; y < height; y += 2) {
    for (let x = 0, p = 3 * y * width; x < width; x += 2, p += 6) {
      out[i++] = PALETTE_LIGHTNESS * lab[p]!;
      out[i++] = lab[p + 1]!;
      out[i++] = lab[p + 2]!;
    }
  }
  return out;
}

/**
 * Every second word of every second row.
 *
 * @param map Words on some grid.
 * @returns The same on the grid of half the resolution.
 */
export function halveWords(map: WordMap): WordMap {
  const width = (map.width + 1) >> 1, height = (map.height + 1) >> 1;
  const words = new Uint8Array(width * height);
  for (let y = 0, i = 0; y < map.height; y += 2) {
    for (let x = 0, p = y * map.width; x < map.width; x += 2, p += 2) words[i++] = map.words[p]!;
  }
  return { ...map, width, height, words };
}
