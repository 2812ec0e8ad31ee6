/**
 * 3x3 convolutions with a border of one zero pixel, and their input gradients. Three rows at a time are copied into a ring
 * of zero-padded rows: the copy costs under one percent of the arithmetic and needs no padded image.
 */
import { copyMasked, floats } from "./simd";
import { multiplyRow } from "./tile";

/** The ring: a row of zeros, then three rows of (W + 2, C). Row r of the image lies in slot r modulo 3. */
// @ts-ignore: decorator
@inline
function slot(ring: usize, rowB: usize, r: i32, H: i32): usize {
  return r < 0 || r >= H ? ring : ring + rowB * <usize> (1 + r % 3);
}

/** Copies row `r` of an image into its slot, masked where `mask` is not 0. */
// @ts-ignore: decorator
@inline
function fill(ring: usize, image: usize, mask: usize, r: i32, W: i32, C: i32): void {
  const bytes = floats(W * C), skip = <usize> r * bytes;
  const to = ring + floats((W + 2) * C) * <usize> (1 + r % 3) + floats(C);
  if (mask) copyMasked(image + skip, mask + skip, to, W * C);
  else memory.copy(to, image + skip, bytes);
}

/**
 * 3x3 convolution of one image; the output is ceil(H / stride) by ceil(W / stride).
 *
 * @param x (H, W, C); `mask`, if not 0, is of the same shape and keeps x where it is positive.
 * @param weights From `pack`, taps in reading order.
 * @param scratch 4 rows of (W + 2) * C floats, then 3 words.
 */
export function convolve3x3(
  x: usize, mask: usize, weights: usize, bias: usize, out: usize, scratch: usize,
  H: i32, W: i32, C: i32, O: i32, stride: i32, floor: f32,
): void {
  const rowB = floats((W + 2) * C), table = scratch + 4 * rowB;
  const OH = (H - 1) / stride + 1, OW = (W - 1) / stride + 1;
  memory.fill(scratch, 0, 4 * rowB);
  let next = 0;
  for (let oy = 0; oy < OH; oy++) {
    const y = oy * stride;
    while (next < H && next <= y + 1) fill(scratch, x, mask, next++, W, C);
    store<u32>(table, <u32> slot(scratch, rowB, y - 1, H));
    store<u32>(table, <u32> slot(scratch, rowB, y, H), 4);
    store<u32>(table, <u32> slot(scratch, rowB, y + 1, H), 8);
    multiplyRow(table, 3, 3 * C, floats(stride * C), weights, bias, out, floats(O), OW, O, (C & 3) == 0, floor);
    out += floats(OW * O);
  }
}

/**
 * Input gradient of the 3x3 convolution of stride 2, without multiplying by the zeros between outputs: an even row of dx
 * meets the filter's middle row only, an odd one its outer two, and columns alike. That makes four small convolutions,
 * of 1, 2, 2 and 4 taps.
 *
 * @param dy (OH, OW, O); `mask` as in {@link convolve3x3}.
 * @param w11 From `pack`, taps (4); w12: taps (5, 3); w21: taps (7, 1); w22: taps (8, 6, 2, 0). All (O to C).
 * @param zeros C floats of zero, padded to whole blocks.
 * @param scratch 4 rows of (OW + 2) * O floats, then 2 words.
 */
export function inputGradient3x3Stride2(
  dy: usize, mask: usize, w11: usize, w12: usize, w21: usize, w22: usize, zeros: usize, dx: usize, scratch: usize,
  H: i32, W: i32, C: i32, O: i32,
): void {
  const OH = (H + 1) / 2, OW = (W + 1) / 2, rowB = floats((OW + 2) * O), table = scratch + 4 * rowB;
  const none: f32 = -Infinity, step = floats(O), outStep = floats(2 * C), dots = (O & 3) == 0;
  memory.fill(scratch, 0, 4 * rowB);
  let next = 0;
  for (let y = 0; y < H; y++) {
    const m = y >> 1, odd = y & 1;
    while (next < OH && next <= m + odd) fill(scratch, dy, mask, next++, OW, O);
    // past the border pixel of the slot: column m of dy
    store<u32>(table, <u32> (slot(scratch, rowB, m, OH) + step));
    if (odd) store<u32>(table, <u32> (slot(scratch, rowB, m + 1, OH) + step), 4);
    const row = dx + floats(y * W * C);
    multiplyRow(table, 1 + odd, O, step, odd ? w21 : w11, zeros, row, outStep, OW, C, dots, none);
    multiplyRow(table, 1 + odd, 2 * O, step, odd ? w22 : w12, zeros, row + floats(C), outStep, W >> 1, C, dots, none);
  }
}

/**
 * Product of a matrix and packed weights, or a 1x1 convolution.
 *
 * @param x (N, K) with `step` bytes from row to row; `mask` as in {@link convolve3x3}, then x must be dense.
 * @param weights From `pack`, one tap.
 * @param out (N, O) with `outStep` bytes from row to row.
 * @param scratch 4 words, then as many floats as `chunk` rows take if there is a mask.
 * @param chunk Rows at a time, so that they stay in the cache while every block of weights passes over them.
 */
export function multiply(
  x: usize, mask: usize, step: usize, weights: usize, bias: usize, out: usize, outStep: usize,
  scratch: usize, N: i32, K: i32, O: i32, chunk: i32, floor: f32,
): void {
  for (let n = 0; n < N; n += chunk) {
    const rows = min(chunk, N - n);
    const at = x + <usize> n * step;
    store<u32>(scratch, <u32> at);
    if (mask) {
      copyMasked(at, mask + <usize> n * step, scratch + 16, rows * K);
      store<u32>(scratch, <u32> (scratch + 16));
    }
    multiplyRow(scratch, 1, K, step, weights, bias, out + <usize> n * outStep, outStep, rows, O, (K & 3) == 0, floor);
  }
}
