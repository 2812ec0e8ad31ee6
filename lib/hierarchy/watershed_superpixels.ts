/**
 * Superpixels of the hierarchy: watershed basins of the strongest oriented gradient (the oriented watershed's first step,
 * Arbelaez, Maire, Fowlkes and Malik 2011, doi:10.1109/TPAMI.2010.161), sharpened by the colour gradient of the smoothed
 * image. Best boundaries of the 1,400 or so basins of a 481x321 photograph are not what limits the result: assigned to
 * one human's regions they agree with the others better than that human does.
 */
import { gaussianBlur } from "./gaussian_blur.ts";
import type { OrientedGradients } from "./oriented_gradients.ts";
import type { Sampling } from "./sampling.ts";
import { type Watershed, watershed } from "./watershed.ts";

/**
 * Weight of the colour gradient, per unit of Lab a pixel. Oriented gradients are two or more pixels wide and peak a pixel
 * off as often as not; this puts the ridge on the edge. Ten times more doubles the number of basins.
 */
const SHARPNESS = 0.03;
/** Weight of the learned boundary map; 1 to 3 score the same. */
const LEARNED = 2;
/** Blur of the sum, pixels: larger gives fewer, larger basins; 1.2 gives about one for 110 pixels. */
const BLUR = 1.2;

/**
 * Divides an image into superpixels.
 *
 * @param gradients Oriented gradients at half resolution.
 * @param boundary Learned boundary map at half resolution, 0 to 1, if there is one.
 * @param smoothed (H, W, 3) CIELAB of the smoothed image.
 * @param columns Where the W columns of pixels lie on the gradients' grid.
 * @param rows Where the H rows do.
 * @returns Superpixels; one for a flat image.
 */
export function watershedSuperpixels(
  gradients: OrientedGradients,
  boundary: Float32Array | undefined,
  smoothed: Float32Array,
  columns: Sampling,
  rows: Sampling,
): Watershed {
  const width = columns.near.length, height = rows.near.length;
  const strongest = new Float32Array(gradients.width * gradients.height);
  for (const map of gradients.angles) {
    for (let i = 0; i < map.length; i++) if (map[i]! > strongest[i]!) strongest[i] = map[i]!;
  }
  if (boundary) { for (let i = 0; i < strongest.length; i++) strongest[i]! += LEARNED * boundary[i]!; }
  const relief = colorGradient(smoothed, width, height);
  addUpsampled(relief, columns, rows, strongest, gradients.width, gradients.height);
  return watershed(gaussianBlur(relief, width, height, BLUR), width, height);
}

/** Length of the gradient over L, a and b by central differences, times SHARPNESS. */
function colorGradient(lab: Float32Array, W: number, H: number): Float32Array {
  const out = new Float32Array(W * H);
  for (let y = 0, p = 0; y < H; y++) {
    const up = y > 0 ? -3 * W : 0, down = y + 1 < H ? 3 * W : 0;
    for (let x = 0; x < W; x++, p++) {
      const left = x > 0 ? -3 : 0, right = x + 1 < W ? 3 : 0;
      let squares = 0;
      for (let c = 3 * p; c < 3 * p + 3; c++) {
        const dx = lab[c + right]! - lab[c + left]!, dy = lab[c + down]! - lab[c + up]!;
        squares += dx * dx + dy * dy;
      }
      out[p] = 0.5 * SHARPNESS * Math.sqrt(squares);
    }
  }
  return out;
}

/** Adds a map of w by h samples with linear interpolation. */
function addUpsampled(
  out: Float32Array,
  columns: Sampling,
  rows: Sampling,
  map: Float32Array,
  w: number,
  h: number,
): void {
  const W = columns.near.length, H = rows.near.length;
  for (let y = 0, p = 0; y < H; y++) {
    const top = rows.before[y]! * w, bottom = Math.min(h - 1, rows.before[y]! + 1) * w, v = rows.beyond[y]!;
    for (let x = 0; x < W; x++, p++) {
      const left = columns.before[x]!, right = Math.min(w - 1, left + 1), u = columns.beyond[x]!;
      const above = map[top + left]! + u * (map[top + right]! - map[top + left]!);
      const below = map[bottom + left]! + u * (map[bottom + right]! - map[bottom + left]!);
      out[p]! += above + v * (below - above);
    }
  }
}
