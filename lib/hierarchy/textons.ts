/**
 * Textons (Malik, Belongie, Leung and Shi 2001, doi:10.1023/A:1011174803800): which of a small vocabulary of local
 * brightness patterns is at a pixel? Responses of a filter bank, contrast-normalised, go to the nearest word of a
 * vocabulary that k-means found in photographs (tools/train_vocabulary.ts).
 *
 * The bank is the local jet (Koenderink and van Doorn 1987, doi:10.1007/BF00318371): first and second derivatives of
 * Gaussians, which span every rotation of themselves. The elongated filters of the paper cost a hundred times more, as
 * they are not separable. Responses are weighted so that distances equal those of a bank of rotated copies.
 */
import { createLayout } from "../wasm_memory.ts";
import { loadKernels } from "./kernels/module.ts";
import { clamp } from "./sampling.ts";

/** Standard deviations of the Gaussians, pixels: from fine grain to stripes ten pixels wide. */
export const TEXTON_SCALES: readonly number[] = [1, 2, 4];
/** Filters at each scale: two first derivatives, the Laplacian, and the two other second derivatives. */
export const FILTERS_PER_SCALE = 5;
/** Numbers in a response vector. */
export const JET_CHANNELS = FILTERS_PER_SCALE * TEXTON_SCALES.length;
/** Numbers in a texton: the responses at two neighbouring scales. */
export const TEXTON_CHANNELS = 2 * FILTERS_PER_SCALE;

/**
 * Contrast of a response vector, in units of L, at which the normalisation turns from linear to logarithmic (Weber's law,
 * as in the paper): weaker texture is noise as likely as not, and must stay near the origin.
 */
const NOTICEABLE = 1.5;

/**
 * The filter bank's responses on every second pixel of every second row.
 *
 * @param lightness (H, W) CIELAB L.
 * @param width W, pixels.
 * @param height H, pixels.
 * @returns (ceil(H / 2), ceil(W / 2), 15): five filters at each of three scales, d/dx and d/dy first.
 */
export function localJets(lightness: Float32Array, width: number, height: number): Float32Array {
  const D = JET_CHANNELS;
  const out = new Float32Array(((width + 1) >> 1) * ((height + 1) >> 1) * D);
  TEXTON_SCALES.forEach((sigma, scale) => {
    addScale(lightness, width, height, sigma, out, D, FILTERS_PER_SCALE * scale);
  });
  return out;
}

/**
 * Normalises the contrast of each response vector.
 *
 * @param jets From {@linkcode localJets}; overwritten.
 * @returns The same array.
 */
export function normalizeJets(jets: Float32Array): Float32Array {
  const D = JET_CHANNELS;
  for (let p = 0; p < jets.length; p += D) {
    let squares = 0;
    for (let k = 0; k < D; k++) squares += jets[p + k]! * jets[p + k]!;
    const size = Math.sqrt(squares), factor = Math.log1p(size / NOTICEABLE) / (size + 1e-6);
    for (let k = 0; k < D; k++) jets[p + k]! *= factor;
  }
  return jets;
}

/**
 * The responses that textons are made of: scales 1 and 2 of the filter bank for fine ones, 2 and 3 for coarse ones.
 *
 * @param jets From {@linkcode localJets}; normalised in place.
 * @returns Fine and coarse vectors of 10 numbers each.
 */
export function textonVectors(jets: Float32Array): [Float32Array, Float32Array] {
  normalizeJets(jets);
  const all = JET_CHANNELS, D = TEXTON_CHANNELS;
  const fine = new Float32Array(jets.length / all * D), coarse = new Float32Array(fine.length);
  for (let i = 0, p = 0; p < jets.length; p += all, i += D) {
    for (let k = 0; k < D; k++) {
      fine[i + k] = jets[p + k]!;
      coarse[i + k] = jets[p + FILTERS_PER_SCALE + k]!;
    }
  }
  return [fine, coarse];
}

/** Writes the five responses of one scale into `out` at `offset` of each vector. */
function addScale(
  image: Float32Array,
  W: number,
  H: number,
  sigma: number,
  out: Float32Array,
  D: number,
  offset: number,
): void {
  const radius = Math.ceil(3 * sigma), size = 2 * radius + 1, w = (W + 1) >> 1, h = (H + 1) >> 1;
  const room = w + (w & 1); // two outputs at a time
  const { take, bytes } = createLayout();
  const even = take(8 * (room + radius + 2)), odd = take(8 * (room + radius + 2));
  const taps = take(24 * size), addresses = take(4 * size);
  const plane = 4 * room * H, rows = take(3 * plane), line = 8 * room, lines = take(5 * line);
  const { exports, memory: { buffer } } = loadKernels(bytes());
  new Float64Array(buffer, taps).set(derivativeTaps(sigma, radius));

  const evens = new Float64Array(buffer, even, room + radius + 2), odds = new Float64Array(buffer, odd);
  for (let y = 0; y < H; y++) {
    for (let i = 0, x = -radius; x < W + radius; i++) {
      evens[i] = image[y * W + clamp(x++, W)]!;
      odds[i] = image[y * W + clamp(x++, W)]!;
    }
    exports.filterRows(even, odd, w, taps, size, rows + 4 * room * y, plane);
  }
  const from = new Int32Array(buffer, addresses, size);
  const [dx, dy, dxx, dyy, dxy] = [0, 1, 2, 3, 4].map((i) =>
    new Float64Array(buffer, lines + i * line, w)
  ) as [
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  for (let y = 0; y < h; y++) {
    for (let k = 0; k < size; k++) from[k] = rows + 4 * room * clamp(2 * y + k - radius, H);
    exports.filterColumns(addresses, w, taps, size, plane, lines, line);
    for (let x = 0, p = (y * w) * D + offset; x < w; x++, p += D) {
      out[p] = dx[x]!;
      out[p + 1] = dy[x]!;
      // squared differences over all rotations of d^2/dv^2: those of the Laplacian count about 3/2 of the other two's
      out[p + 2] = 0.6 * (dxx[x]! + dyy[x]!);
      out[p + 3] = 0.5 * (dxx[x]! - dyy[x]!);
      out[p + 4] = dxy[x]!;
    }
  }
}

/** (2 radius + 1, 3) Gaussian and its first two derivatives times sigma and sigma^2, so that scales compare; the second sums to zero. */
function derivativeTaps(sigma: number, radius: number): Float64Array {
  const size = 2 * radius + 1, taps = new Float64Array(3 * size);
  let sum = 0, mean = 0;
  for (let k = 0; k < size; k++) sum += taps[3 * k] = Math.exp(-0.5 * ((k - radius) / sigma) ** 2);
  for (let k = 0; k < size; k++) {
    const u = (k - radius) / sigma;
    taps[3 * k]! /= sum;
    taps[3 * k + 1] = u * taps[3 * k]!;
    taps[3 * k + 2] = (u * u - 1) * taps[3 * k]!;
    mean += taps[3 * k + 2]! / size;
  }
  for (let k = 0; k < size; k++) taps[3 * k + 2]! -= mean;
  return taps;
}
