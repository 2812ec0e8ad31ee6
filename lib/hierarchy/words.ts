/**
 * An image as words, on every second pixel of every second row: textons of a fixed vocabulary, whose histograms on the two
 * sides of a line are compared, and this image's own colours and textures, by which its regions are. Half the resolution
 * costs a quarter of the time and, on BSDS500, nothing measurable (docs/experiments.md); watersheds still run at full
 * resolution.
 */
import { nearestWords } from "./nearest_words.ts";
import { clamp } from "./sampling.ts";
import { NUMBERS_PER_SCALE, structureTensor, TENSOR_CHANNELS } from "./structure_tensor.ts";
import { localJets, TEXTON_CHANNELS, textonVectors } from "./textons.ts";
import { visualWords } from "./visual_words.ts";
import type { Vocabulary } from "./vocabulary.ts";
import type { WordMap } from "./word_map.ts";

/** The word maps that gradients are measured on. */
export const GRADIENT_WORDS = ["fineTextons", "coarseTextons"] as const;
/** The word maps that regions are compared by. */
export const REGION_WORDS = ["colors", "textures"] as const;
/** The word map whose co-occurrence says what belongs together: colour and texture in one. */
export const AFFINITY_WORDS = "appearances";

/** Word maps at half resolution. */
export type ImageWords = Readonly<
  Record<(typeof GRADIENT_WORDS)[number] | (typeof REGION_WORDS)[number] | typeof AFFINITY_WORDS, WordMap>
>;

/** How many words an image has of each kind: enough that none of its parts shares all of them with another. */
const COLORS = 64, TEXTURES = 48, APPEARANCES = 64;

/**
 * Turns an image into words.
 *
 * @param lab (H, W, 3) CIELAB.
 * @param width W, pixels.
 * @param height H, pixels.
 * @param vocabulary Textons.
 * @returns Maps of ceil(W / 2) by ceil(H / 2) words.
 */
export function imageWords(
  lab: Float32Array,
  width: number,
  height: number,
  vocabulary: Vocabulary,
): ImageWords {
  const w = (width + 1) >> 1, h = (height + 1) >> 1;
  const map = (words: Uint8Array, count: number): WordMap => ({ width: w, height: h, words, count });
  const jets = localJets(lightnessOf(lab), width, height);
  const textures = structureTensor(jets, w, h), colors = colorVectors(lab, width, height);
  const [fine, coarse] = textonVectors(jets);
  const textons = (vectors: Float32Array, words: Float32Array) =>
    map(nearestWords(vectors, TEXTON_CHANNELS, words), words.length / TEXTON_CHANNELS);
  return {
    fineTextons: textons(fine, vocabulary.fineTextons),
    coarseTextons: textons(coarse, vocabulary.coarseTextons),
    colors: map(visualWords(colors, 3, COLORS), COLORS),
    textures: map(visualWords(textures, TENSOR_CHANNELS, TEXTURES), TEXTURES),
    appearances: map(visualWords(appearanceVectors(colors, textures), 5, APPEARANCES), APPEARANCES),
  };
}

/**
 * Lightness alone.
 *
 * @param lab (N, 3) CIELAB.
 * @returns (N) L.
 */
export function lightnessOf(lab: Float32Array): Float32Array {
  const lightness = new Float32Array(lab.length / 3);
  for (let i = 0; i < lightness.length; i++) lightness[i] = lab[3 * i]!;
  return lightness;
}

/** A Gaussian of one pixel. */
const BINOMIAL = [1 / 16, 4 / 16, 6 / 16, 4 / 16, 1 / 16];
/**
 * Brings colours to the spread of logarithms of texture energy, so that one k-means can take both; lightness counts half as
 * much as colour, as shading is not paint.
 */
const LIGHTNESS_SCALE = 1 / 12, CHROMA_SCALE = 1 / 6;

/** Colours at half resolution, smoothed against noise, scaled: (h, w, 3). */
function colorVectors(lab: Float32Array, width: number, height: number): Float32Array {
  const w = (width + 1) >> 1, h = (height + 1) >> 1;
  const out = new Float32Array(w * h * 3), rows = new Float32Array(w * 3 * height);
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x += 2) {
      for (let c = 0; c < 3; c++, i++) {
        for (let k = -2; k <= 2; k++) {
          rows[i]! += BINOMIAL[k + 2]! * lab[3 * (y * width + clamp(x + k, width)) + c]!;
        }
      }
    }
  }
  for (let y = 0, i = 0; y < height; y += 2) {
    for (let x = 0; x < 3 * w; x++, i++) {
      let sum = 0;
      for (let k = -2; k <= 2; k++) sum += BINOMIAL[k + 2]! * rows[3 * w * clamp(y + k, height) + x]!;
      out[i] = sum * (x % 3 === 0 ? LIGHTNESS_SCALE : CHROMA_SCALE);
    }
  }
  return out;
}

/** Colour, and how much texture there is at either scale: (h, w, 5). */
function appearanceVectors(colors: Float32Array, textures: Float32Array): Float32Array {
  const out = new Float32Array(colors.length / 3 * 5);
  for (let p = 0, c = 0, t = 0; p < out.length; p += 5, c += 3, t += TENSOR_CHANNELS) {
    for (let k = 0; k < 3; k++) out[p + k] = colors[c + k]!;
    out[p + 3] = textures[t]!;
    out[p + 4] = textures[t + NUMBERS_PER_SCALE]!;
  }
  return out;
}
