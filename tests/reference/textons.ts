// Textons as plain loops over every filter and every word: what the SIMD kernels of lib/hierarchy must equal bit for bit.
import { FILTERS_PER_SCALE, JET_CHANNELS, TEXTON_SCALES } from "../../lib/hierarchy/textons.ts";

const NOTICEABLE = 1.5;

/**
 * The filter bank's contrast-normalised responses on every second pixel of every second row.
 *
 * @param lightness (H, W) CIELAB L.
 * @param width W, pixels.
 * @param height H, pixels.
 * @returns (ceil(H / 2), ceil(W / 2), 15).
 */
export function localJetsReference(lightness: Float32Array, width: number, height: number): Float32Array {
  const D = JET_CHANNELS;
  const out = new Float32Array(((width + 1) >> 1) * ((height + 1) >> 1) * D);
  TEXTON_SCALES.forEach((sigma, scale) => {
    addScale(lightness, width, height, sigma, out, D, FILTERS_PER_SCALE * scale);
  });
  for (let p = 0; p < out.length; p += D) {
    let squares = 0;
    for (let k = 0; k < D; k++) squares += out[p + k]! * out[p + k]!;
    const size = Math.sqrt(squares), factor = Math.log1p(size / NOTICEABLE) / (size + 1e-6);
    for (let k = 0; k < D; k++) out[p + k]! *= factor;
  }
  return out;
}

/**
 * Gives each vector the nearest word, ties to the first.
 *
 * @param vectors (N, D) row by row.
 * @param D Numbers in a vector.
 * @param vocabulary (K, D) words, at most 256.
 * @returns (N) words.
 */
export function nearestWordsReference(
  vectors: Float32Array,
  D: number,
  vocabulary: Float32Array,
): Uint8Array {
  const N = vectors.length / D, K = vocabulary.length / D;
  const out = new Uint8Array(N);
  const half = new Float32Array(K); // |v - c|^2 is least where |c|^2 / 2 - v c is
  for (let k = 0; k < K; k++) {
    let squares = 0;
    for (let d = 0; d < D; d++) squares += vocabulary[k * D + d]! * vocabulary[k * D + d]!;
    half[k] = 0.5 * squares;
  }
  for (let i = 0, p = 0; i < N; i++, p += D) {
    let least = Infinity;
    for (let k = 0, q = 0; k < K; k++) {
      let distance = half[k]!;
      for (let d = 0; d < D; d++) {
        distance = Math.fround(distance - Math.fround(vectors[p + d]! * vocabulary[q++]!));
      }
      if (distance < least) {
        least = distance;
        out[i] = k;
      }
    }
  }
  return out;
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
  const radius = Math.ceil(3 * sigma), w = (W + 1) >> 1, h = (H + 1) >> 1;
  const [g0, g1, g2] = derivativeTaps(sigma, radius);
  const rows = [new Float32Array(w * H), new Float32Array(w * H), new Float32Array(w * H)] as const;
  const line = new Float64Array(W + 2 * radius);
  for (let y = 0; y < H; y++) {
    for (let i = 0; i < line.length; i++) line[i] = image[y * W + clamp(i - radius, W)]!;
    for (let x = 0; x < w; x++) {
      let a = 0, b = 0, c = 0;
      for (let k = 0, i = 2 * x; k <= 2 * radius; k++, i++) {
        const value = line[i]!;
        a += g0[k]! * value;
        b += g1[k]! * value;
        c += g2[k]! * value;
      }
      rows[0][y * w + x] = a;
      rows[1][y * w + x] = b;
      rows[2][y * w + x] = c;
    }
  }
  const sums = [0, 1, 2, 3, 4].map(() => new Float64Array(w)) as [
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  const [dx, dy, dxx, dyy, dxy] = sums;
  for (let y = 0; y < h; y++) {
    for (const sum of sums) sum.fill(0);
    for (let k = 0; k <= 2 * radius; k++) {
      const at = clamp(2 * y + k - radius, H) * w;
      const a0 = g0[k]!, a1 = g1[k]!, a2 = g2[k]!;
      for (let x = 0, i = at; x < w; x++, i++) {
        const r0 = rows[0][i]!, r1 = rows[1][i]!;
        dx[x]! += a0 * r1;
        dy[x]! += a1 * r0;
        dxx[x]! += a0 * rows[2][i]!;
        dyy[x]! += a2 * r0;
        dxy[x]! += a1 * r1;
      }
    }
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

/** Gaussian and its first two derivatives times sigma and sigma^2, so that scales compare; the second sums to zero. */
function derivativeTaps(sigma: number, radius: number): [Float64Array, Float64Array, Float64Array] {
  const g0 = new Float64Array(2 * radius + 1), g1 = g0.slice(), g2 = g0.slice();
  let sum = 0, mean = 0;
  for (let k = 0; k <= 2 * radius; k++) sum += g0[k] = Math.exp(-0.5 * ((k - radius) / sigma) ** 2);
  for (let k = 0; k <= 2 * radius; k++) {
    const u = (k - radius) / sigma;
    g0[k]! /= sum;
    g1[k] = u * g0[k]!;
    g2[k] = (u * u - 1) * g0[k]!;
    mean += g2[k]! / g0.length;
  }
  for (let k = 0; k <= 2 * radius; k++) g2[k]! -= mean;
  return [g0, g1, g2];
}

function clamp(i: number, size: number): number {
  return i < 0 ? 0 : i >= size ? size - 1 : i;
}
