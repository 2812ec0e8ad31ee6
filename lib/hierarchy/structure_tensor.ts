/**
 * Texture as the structure tensor (Foerstner and Guelch 1987; Bigun and Granlund 1987): how strongly lightness changes
 * around a point, and in which direction, at two scales. Unlike a filter's response it does not depend on where in a
 * stripe the point lies.
 */
import { gaussianBlur } from "./gaussian_blur.ts";
import { FILTERS_PER_SCALE, JET_CHANNELS, TEXTON_SCALES } from "./textons.ts";

/** Scales of the filter bank that are looked at: the finer two. */
const SCALES = 2;
/** Numbers for each scale: logarithm of the energy, and the direction as a vector of at most unit length. */
export const NUMBERS_PER_SCALE = 3;
/** Numbers for each sample. */
export const TENSOR_CHANNELS = SCALES * NUMBERS_PER_SCALE;
/** Window, in samples, for each pixel of the filter's scale. */
const WINDOW = 1.35;
/** Energy, in squared units of L, that is taken for noise: below it there is no direction, and no texture. */
const NOISE = 0.05;

/**
 * The texture around each sample.
 *
 * @param jets (h, w, 15) from `localJets()`, not normalised.
 * @param w Columns.
 * @param h Rows.
 * @returns (h, w, 6): for each scale half the logarithm of the energy, and cosine and sine of twice the direction, times
 * how much one direction prevails.
 */
export function structureTensor(jets: Float32Array, w: number, h: number): Float32Array {
  const D = JET_CHANNELS, N = w * h;
  const out = new Float32Array(N * TENSOR_CHANNELS);
  const xx = new Float32Array(N), yy = new Float32Array(N), xy = new Float32Array(N);
  for (let scale = 0; scale < SCALES; scale++) {
    for (let i = 0, p = scale * FILTERS_PER_SCALE; i < N; i++, p += D) {
      const dx = jets[p]!, dy = jets[p + 1]!;
      xx[i] = dx * dx;
      yy[i] = dy * dy;
      xy[i] = dx * dy;
    }
    const window = WINDOW * TEXTON_SCALES[scale]!;
    const [a, b, c] = [xx, yy, xy].map((map) => gaussianBlur(map, w, h, window)) as [
      Float32Array,
      Float32Array,
      Float32Array,
    ];
    for (let i = 0, p = scale * NUMBERS_PER_SCALE; i < N; i++, p += TENSOR_CHANNELS) {
      const energy = a[i]! + b[i]! + NOISE;
      out[p] = 0.5 * Math.log(energy);
      out[p + 1] = (a[i]! - b[i]!) / energy;
      out[p + 2] = 2 * c[i]! / energy;
    }
  }
  return out;
}
