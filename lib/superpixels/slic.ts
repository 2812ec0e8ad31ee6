/**
 * SLIC superpixels: Achanta, Shaji, Smith, Lucchi, Fua, Suesstrunk, "SLIC Superpixels Compared to State-of-the-art
 * Superpixel Methods", TPAMI 2012, doi:10.1109/TPAMI.2012.120. K-means in (L, a, b, x, y) where each centre competes for
 * the pixels of its own neighbourhood only, so that the cost does not depend on the number of superpixels.
 */
import { checkLab, checkNumber } from "./check.ts";
import { connectedComponents, mergeSmallRegions } from "./connectivity.ts";
import { type Kernels, loadKernels } from "./kernels/module.ts";
import { createLayout } from "../wasm_memory.ts";

/** Options of {@linkcode slic}. */
export interface SlicOptions {
  /** About how many superpixels, from 1. More follow finer detail. Try 200 to 1500. @default 600 */
  segments?: number;
  /**
   * The colour difference (CIELAB units) that weighs as much as one grid step, 0.1 to 400. Larger gives squarer
   * superpixels that follow edges less. Try 5 to 40. @default 10
   */
  compactness?: number;
  /** Rounds of assignment and update, 1 to 100. Little moves after 10. @default 10 */
  iterations?: number;
  /**
   * Merge pieces smaller than a quarter of a grid cell into the most similar neighbour. Without it each piece keeps a
   * label of its own: still connected, but many more labels. @default true
   */
  enforceConnectivity?: boolean;
}

// Colours are compared as integers, in 1/32 of a CIELAB unit (one step of 8-bit sRGB is about 12 of these): integer
// sums are exact in any order, so the SIMD kernel gives the labels of the plain loop bit for bit.
const COLOR_SCALE = 32;
// 3 * MAX_COLOR^2 plus the largest spatial term, 2 * (400 * 32)^2, stays below 2^31
const MAX_COLOR = 16383;

/**
 * Divides an image into about `segments` superpixels of similar size that follow its edges.
 *
 * @param lab (H, W, 3) CIELAB values, interleaved, L 0 to 100.
 * @param width W, pixels.
 * @param height H, pixels.
 * @param options See {@linkcode SlicOptions}.
 * @returns (H, W) labels, 0 to M - 1 in scan order, each label 4-connected.
 * @throws {RangeError} For a bad width or height, an option out of range, or values in lab that are not finite.
 * @throws {TypeError} For a lab of the wrong kind or length.
 *
 * @example
 * ```ts
 * import { slic } from "./slic.ts";
 * import assert from "node:assert/strict";
 *
 * // two halves, black and white, 8 x 4
 * const lab = new Float32Array(8 * 4 * 3);
 * for (let p = 0; p < 32; p++) lab[p * 3] = p % 8 < 4 ? 0 : 100;
 * assert.deepEqual([...slic(lab, 8, 4, { segments: 2 }).subarray(0, 8)], [0, 0, 0, 0, 1, 1, 1, 1]);
 * ```
 */
export function slic(
  lab: Float32Array,
  width: number,
  height: number,
  options: SlicOptions = {},
): Int32Array<ArrayBuffer> {
  const { segments = 600, compactness = 10, iterations = 10, enforceConnectivity = true } = options;
  const action = "Cannot make SLIC superpixels";
  checkLab(action, lab, width, height);
  checkNumber(action, "segments", segments, 1, Infinity, true);
  checkNumber(action, "compactness", compactness, 0.1, 400);
  checkNumber(action, "iterations", iterations, 1, 100, true);

  const columns = clamp(Math.round(Math.sqrt(segments * width / height)), 1, Math.min(width, segments));
  const rows = clamp(Math.round(segments / columns), 1, height);
  const image = quantise(lab, width, height);
  const clusters = seed(image, columns, rows);
  const { stepX, stepY, labels } = clusters;
  // Every round but the last looks at some rows only, other ones each time, at least four to a grid cell: centres are means
  // of hundreds of pixels. On 25 photos boundary recall is the same to 0.001 (even with two rows to a cell), at half the time.
  const stride = Math.max(1, Math.floor(stepY / 4));
  for (let i = 0; i + 1 < iterations; i++) {
    assign(image, clusters, compactness * image.scale, i % stride, stride);
    update(image, clusters, i % stride, stride);
  }
  assign(image, clusters, compactness * image.scale, 0, 1);
  if (!enforceConnectivity) return connectedComponents(labels, width, height).labels;
  // a quarter of a cell, as in the authors' code: at equal counts, half of one loses thin objects (boundary recall -.005)
  return mergeSmallRegions(labels, lab, width, height, { minSize: stepX * stepY / 4 }).labels;
}

/** Colours as small integers, in the memory of the SIMD kernel. */
interface Quantised {
  readonly width: number;
  readonly height: number;
  /** Integer steps per CIELAB unit. */
  readonly scale: number;
  /** (H, W, 2) L and a. */
  readonly la: Int16Array;
  /** (H, W, 2) b and zero. */
  readonly b: Int16Array;
  readonly kernels: Kernels;
  readonly memory: Layout;
}

/** Where the kernel finds things in its memory. */
interface Layout {
  readonly buffer: ArrayBufferLike;
  readonly la: number;
  readonly b: number;
  readonly labels: number;
  readonly distance: number;
  readonly across: number;
  readonly along: number;
}

/** Centres and the assignment of pixels to them. */
interface Clusters {
  readonly count: number;
  /** Distance of neighbouring centres on the initial grid, pixels. */
  readonly stepX: number;
  readonly stepY: number;
  /** (count, 5) l, a, b, x, y. */
  readonly centers: Float64Array;
  /** (H, W) cluster of each pixel. */
  readonly labels: Int32Array;
  /** (H, W) squared distance of each pixel to its cluster's centre. */
  readonly distance: Int32Array;
}

/** Room for an image, and four pixels more, since the kernel takes four at a time. */
function layOut(width: number, height: number): { kernels: Kernels; memory: Layout } {
  const { take, bytes } = createLayout(), map = 4 * (width * height + 4);
  const la = take(map), b = take(map), labels = take(map), distance = take(map);
  const across = take(4 * (width + 4)), along = take(4 * height);
  const { exports: kernels, memory: { buffer } } = loadKernels(bytes());
  return { kernels, memory: { buffer, la, b, labels, distance, across, along } };
}

// Relative to each channel's minimum, so that a constant offset in Lab changes nothing.
function quantise(lab: Float32Array, width: number, height: number): Quantised {
  let l0 = Infinity, a0 = Infinity, b0 = Infinity, l1 = -Infinity, a1 = -Infinity, b1 = -Infinity;
  for (let q = 0; q < lab.length; q += 3) {
    const l = lab[q]!, a = lab[q + 1]!, b = lab[q + 2]!;
    if (l < l0) l0 = l;
    if (l > l1) l1 = l;
    if (a < a0) a0 = a;
    if (a > a1) a1 = a;
    if (b < b0) b0 = b;
    if (b > b1) b1 = b;
  }
  // real Lab spans at most 100 x 208 x 203; wider input (whatever it is) is scaled down to fit
  const scale = Math.min(COLOR_SCALE, MAX_COLOR / Math.max(l1 - l0, a1 - a0, b1 - b0, 1));
  const n = width * height, { kernels, memory } = layOut(width, height);
  const la = new Int16Array(memory.buffer, memory.la, 2 * n),
    b = new Int16Array(memory.buffer, memory.b, 2 * n);
  for (let p = 0, q = 0; p < 2 * n; p += 2, q += 3) {
    // truncation of a value plus a half rounds it, as all are positive
    la[p] = (lab[q]! - l0) * scale + 0.5;
    la[p + 1] = (lab[q + 1]! - a0) * scale + 0.5;
    b[p] = (lab[q + 2]! - b0) * scale + 0.5;
  }
  return { width, height, scale, la, b, kernels, memory };
}

// Centres on a grid, each moved to the lowest gradient of its 3 x 3 neighbourhood: a centre on an edge or on a noisy
// pixel starts with a colour that is nobody's. In cells smaller than that, two centres could meet: there they stay.
// Pixels start in their grid cell, so that one which no window reaches has a label.
function seed(image: Quantised, columns: number, rows: number): Clusters {
  const { width, height, la, b, memory } = image;
  const stepX = width / columns, stepY = height / rows;
  const centers = new Float64Array(columns * rows * 5);
  const reach = Math.min(stepX, stepY) < 3 ? 0 : 1;
  for (let j = 0, c = 0; j < rows; j++) {
    for (let i = 0; i < columns; i++, c += 5) {
      const x = Math.floor((i + 0.5) * stepX), y = Math.floor((j + 0.5) * stepY);
      let best = y * width + x, least = gradient(image, x, y);
      for (let v = Math.max(0, y - reach); v <= y + reach && v < height; v++) {
        for (let u = Math.max(0, x - reach); u <= x + reach && u < width; u++) {
          const g = gradient(image, u, v);
          if (g < least) {
            least = g;
            best = v * width + u;
          }
        }
      }
      centers[c] = la[2 * best]!;
      centers[c + 1] = la[2 * best + 1]!;
      centers[c + 2] = b[2 * best]!;
      centers[c + 3] = best % width;
      centers[c + 4] = Math.floor(best / width);
    }
  }
  const labels = new Int32Array(memory.buffer, memory.labels, width * height);
  const distance = new Int32Array(memory.buffer, memory.distance, width * height);
  for (let y = 0, p = 0; y < height; y++) {
    const row = Math.floor(y / stepY) * columns;
    for (let x = 0; x < width; x++, p++) labels[p] = row + Math.floor(x / stepX);
  }
  return { count: columns * rows, stepX, stepY, centers, labels, distance };
}

/** Squared central difference, clamped at the border. */
function gradient(image: Quantised, x: number, y: number): number {
  const { width, height, la, b } = image;
  const row = y * width;
  const left = 2 * (row + Math.max(0, x - 1)), right = 2 * (row + Math.min(width - 1, x + 1));
  const up = 2 * (Math.max(0, y - 1) * width + x), down = 2 * (Math.min(height - 1, y + 1) * width + x);
  return (la[right]! - la[left]!) ** 2 + (la[right + 1]! - la[left + 1]!) ** 2 + (b[right]! - b[left]!) ** 2 +
    (la[down]! - la[up]!) ** 2 + (la[down + 1]! - la[up + 1]!) ** 2 + (b[down]! - b[up]!) ** 2;
}

// Each centre claims the pixels of its window, one grid step to every side, that it is nearest to; ties stay with the lower label.
function assign(image: Quantised, clusters: Clusters, weight: number, first: number, stride: number): void {
  const { width, height, kernels, memory } = image;
  const { count, stepX, stepY, centers, distance } = clusters;
  distance.fill(0x7fffffff);
  const weightX = (weight / stepX) ** 2, weightY = (weight / stepY) ** 2;
  // the spatial terms of the window's columns and rows
  const across = new Int32Array(memory.buffer, memory.across, width);
  const along = new Int32Array(memory.buffer, memory.along, height);
  for (let k = 0, c = 0; k < count; k++, c += 5) {
    const cl = Math.round(centers[c]!), ca = Math.round(centers[c + 1]!), cb = Math.round(centers[c + 2]!);
    const cx = centers[c + 3]!, cy = centers[c + 4]!;
    const x0 = Math.max(0, Math.ceil(cx - stepX)), x1 = Math.min(width - 1, Math.floor(cx + stepX));
    const y1 = Math.min(height - 1, Math.floor(cy + stepY));
    let y0 = Math.max(0, Math.ceil(cy - stepY));
    y0 += (first - y0 % stride + stride) % stride;
    for (let x = x0; x <= x1; x++) across[x - x0] = weightX * (x - cx) * (x - cx);
    for (let y = y0, i = 0; y <= y1; y += stride, i++) along[i] = Math.round(weightY * (y - cy) * (y - cy));
    kernels.assign(
      memory.la,
      memory.b,
      memory.distance,
      memory.labels,
      width,
      x0,
      x1 - x0 + 1,
      y0,
      y1,
      stride,
      cl | ca << 16,
      cb,
      k,
      memory.across,
      memory.along,
    );
  }
}

// Moves each centre to the mean of its pixels. Sums are kept per run of equal labels: most neighbours share one.
function update(image: Quantised, clusters: Clusters, first: number, stride: number): void {
  const { width, height, la, b } = image;
  const { count, centers, labels } = clusters;
  const sums = new Float64Array(count * 5), sizes = new Int32Array(count);
  for (let y = first; y < height; y += stride) {
    for (let x = 0, p = y * width; x < width;) {
      const k = labels[p]!, start = x;
      let sl = 0, sa = 0, sb = 0;
      do {
        sl = sl + la[2 * p]! | 0;
        sa = sa + la[2 * p + 1]! | 0;
        sb = sb + b[2 * p]! | 0;
        x++;
        p++;
      } while (x < width && labels[p] === k);
      const n = x - start, s = k * 5;
      sums[s]! += sl;
      sums[s + 1]! += sa;
      sums[s + 2]! += sb;
      sums[s + 3]! += n * (start + x - 1) / 2;
      sums[s + 4]! += n * y;
      sizes[k]! += n;
    }
  }
  for (let k = 0, c = 0; k < count; k++, c += 5) {
    const n = sizes[k]!;
    // an empty superpixel keeps its old centre: dividing by its count is how NaN gets in
    if (n === 0) continue;
    for (let i = 0; i < 5; i++) centers[c + i] = sums[c + i]! / n;
  }
}

function clamp(value: number, min: number, max: number): number {
  return Math.min(max, Math.max(min, value));
}
