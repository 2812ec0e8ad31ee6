/**
 * 3x3 convolutions of stride 1 by Winograd's minimal filtering F(2x2, 3x3) (Lavin and Gray 2016,
 * doi:10.1109/CVPR.2016.435): 2x2 outputs take 16 products of transformed values instead of 36, summed over channels as 16
 * matrix products. Rounding errors are about three times those of the definition, still below 1e-6 of the largest value.
 *
 * Sixteen matrices of one strip of tiles at a time: V (16, n, C) of the inputs, M (16, n, O) of the outputs.
 */
import { addColumns, addRow } from "./filter_gradient";
import { copyMasked, floats } from "./simd";
import { multiplyRow } from "./tile";

/** The transformed filter U = G g G' of every pair of channels: (3, 3, n) to (16, n), n = C * O a multiple of 4. */
export function winogradFilter(filter: usize, u: usize, n: i32): void {
  const step = floats(n), end = filter + step, half = f32x4.splat(0.5);
  for (; filter < end; filter += 16, u += 16) {
    const a0 = v128.load(filter), b0 = v128.load(filter + step), c0 = v128.load(filter + 2 * step);
    const middle = filter + 3 * step, last = filter + 6 * step;
    const a2 = v128.load(last), b2 = v128.load(last + step), c2 = v128.load(last + 2 * step);
    const a1 = f32x4.mul(half, v128.load(middle)), b1 = f32x4.mul(half, v128.load(middle + step));
    const c1 = f32x4.mul(half, v128.load(middle + 2 * step));
    const a = f32x4.mul(half, f32x4.add(a0, a2)), b = f32x4.mul(half, f32x4.add(b0, b2));
    const c = f32x4.mul(half, f32x4.add(c0, c2));
    timesTurnedG(a0, b0, c0, half, u, step);
    timesTurnedG(f32x4.add(a, a1), f32x4.add(b, b1), f32x4.add(c, c1), half, u + 4 * step, step);
    timesTurnedG(f32x4.sub(a, a1), f32x4.sub(b, b1), f32x4.sub(c, c1), half, u + 8 * step, step);
    timesTurnedG(a2, b2, c2, half, u + 12 * step, step);
  }
}

// @ts-ignore: decorator
@inline
function timesTurnedG(a: v128, b: v128, c: v128, half: v128, u: usize, step: usize): void {
  const outer = f32x4.mul(half, f32x4.add(a, c)), inner = f32x4.mul(half, b);
  v128.store(u, a);
  v128.store(u + step, f32x4.add(outer, inner));
  v128.store(u + 2 * step, f32x4.sub(outer, inner));
  v128.store(u + 3 * step, c);
}

/** The way back for gradients, g = G' S G: (16, n) to (3, 3, n). */
export function winogradFilterGradient(sums: usize, filter: usize, n: i32): void {
  const step = floats(n), end = filter + step, half = f32x4.splat(0.5);
  for (; filter < end; filter += 16, sums += 16) {
    for (let row = 0; row < 3; row++) {
      const s0 = turnedG(sums, step, row, half), s1 = turnedG(sums + step, step, row, half);
      const s2 = turnedG(sums + 2 * step, step, row, half), s3 = turnedG(sums + 3 * step, step, row, half);
      const to = filter + <usize> (3 * row) * step, even = f32x4.mul(half, f32x4.add(s1, s2));
      v128.store(to, f32x4.add(s0, even));
      v128.store(to + step, f32x4.mul(half, f32x4.sub(s1, s2)));
      v128.store(to + 2 * step, f32x4.add(even, s3));
    }
  }
}

/** One row of G' times a column of S, whose rows are 4 matrices apart. */
// @ts-ignore: decorator
@inline
function turnedG(column: usize, step: usize, row: i32, half: v128): v128 {
  const s1 = v128.load(column + 4 * step), s2 = v128.load(column + 8 * step);
  if (row == 1) return f32x4.mul(half, f32x4.sub(s1, s2));
  return f32x4.add(v128.load(row == 0 ? column : column + 12 * step), f32x4.mul(half, f32x4.add(s1, s2)));
}

/**
 * Bytes from one matrix to the next: an odd multiple of 256. The transforms touch all sixteen at once, and at a multiple of
 * 4096 these would fall on one set of the first-level cache.
 */
// @ts-ignore: decorator
@inline
function apart(bytes: usize): usize {
  return ((bytes + 255) >> 8 | 1) << 8;
}

/** V = B' d B of `n` tiles whose four rows begin at the pointers in `table`; tiles are 2 pixels apart. C % 4 == 0. */
function transformInput(table: usize, v: usize, matrix: usize, n: i32, C: i32): void {
  const pixel = floats(C);
  for (let tile = 0; tile < n; tile++) {
    const offset = <usize> (2 * tile) * pixel;
    const r0 = <usize> load<u32>(table) + offset, r1 = <usize> load<u32>(table, 4) + offset;
    const r2 = <usize> load<u32>(table, 8) + offset, r3 = <usize> load<u32>(table, 12) + offset;
    for (let c: usize = 0; c < pixel; c += 16, v += 16) {
      rowOfInput(r0 + c, r2 + c, pixel, v, matrix);
      rowsOfInput(r1 + c, r2 + c, pixel, v + 4 * matrix, matrix);
      rowOfInput(r1 + c, r3 + c, pixel, v + 12 * matrix, matrix);
    }
  }
}

/** One row of B' d, p - q, times B. */
// @ts-ignore: decorator
@inline
function rowOfInput(p: usize, q: usize, pixel: usize, v: usize, matrix: usize): void {
  const t0 = f32x4.sub(v128.load(p), v128.load(q));
  const t1 = f32x4.sub(v128.load(p + pixel), v128.load(q + pixel));
  const t2 = f32x4.sub(v128.load(p + 2 * pixel), v128.load(q + 2 * pixel));
  const t3 = f32x4.sub(v128.load(p + 3 * pixel), v128.load(q + 3 * pixel));
  timesB(t0, t1, t2, t3, v, matrix);
}

/** The middle two rows of B' d, q + p and q - p, times B. */
// @ts-ignore: decorator
@inline
function rowsOfInput(p: usize, q: usize, pixel: usize, v: usize, matrix: usize): void {
  const p0 = v128.load(p), p1 = v128.load(p + pixel), p2 = v128.load(p + 2 * pixel), p3 = v128.load(p + 3 * pixel);
  const q0 = v128.load(q), q1 = v128.load(q + pixel), q2 = v128.load(q + 2 * pixel), q3 = v128.load(q + 3 * pixel);
  timesB(f32x4.add(q0, p0), f32x4.add(q1, p1), f32x4.add(q2, p2), f32x4.add(q3, p3), v, matrix);
  timesB(f32x4.sub(q0, p0), f32x4.sub(q1, p1), f32x4.sub(q2, p2), f32x4.sub(q3, p3), v + 4 * matrix, matrix);
}

// @ts-ignore: decorator
@inline
function timesB(t0: v128, t1: v128, t2: v128, t3: v128, v: usize, matrix: usize): void {
  v128.store(v, f32x4.sub(t0, t2));
  v128.store(v + matrix, f32x4.add(t1, t2));
  v128.store(v + 2 * matrix, f32x4.sub(t2, t1));
  v128.store(v + 3 * matrix, f32x4.sub(t1, t3));
}

/**
 * Outputs A' M A of `n` tiles, plus bias, at least `least`.
 *
 * @param out Where the first tile's upper left pixel goes; `rowB` bytes to the row below, 0 where there is none.
 * @param odd Whether the last tile's right column lies beyond the image.
 */
function transformOutput(
  m: usize, matrix: usize, bias: usize, out: usize, rowB: usize, n: i32, O: i32, odd: bool, least: v128,
): void {
  const pixel = floats(O);
  for (let tile = 0; tile < n; tile++, out += pixel) {
    const alone = odd && tile == n - 1;
    for (let o: usize = 0; o < pixel; o += 16, m += 16, out += 16) {
      const b = v128.load(bias + o);
      let m0 = v128.load(m), m1 = v128.load(m + 4 * matrix), m2 = v128.load(m + 8 * matrix);
      let m3 = v128.load(m + 12 * matrix);
      let s = f32x4.add(f32x4.add(m0, m1), m2), t = f32x4.sub(f32x4.sub(m1, m2), m3);
      let upper0 = s, lower0 = t, q = m + matrix;
      m0 = v128.load(q);
      m1 = v128.load(q + 4 * matrix);
      m2 = v128.load(q + 8 * matrix);
      m3 = v128.load(q + 12 * matrix);
      s = f32x4.add(f32x4.add(m0, m1), m2);
      t = f32x4.sub(f32x4.sub(m1, m2), m3);
      upper0 = f32x4.add(upper0, s);
      lower0 = f32x4.add(lower0, t);
      let upper1 = s, lower1 = t;
      q += matrix;
      m0 = v128.load(q);
      m1 = v128.load(q + 4 * matrix);
      m2 = v128.load(q + 8 * matrix);
      m3 = v128.load(q + 12 * matrix);
      s = f32x4.add(f32x4.add(m0, m1), m2);
      t = f32x4.sub(f32x4.sub(m1, m2), m3);
      upper0 = f32x4.add(upper0, s);
      lower0 = f32x4.add(lower0, t);
      upper1 = f32x4.sub(upper1, s);
      lower1 = f32x4.sub(lower1, t);
      q += matrix;
      m0 = v128.load(q);
      m1 = v128.load(q + 4 * matrix);
      m2 = v128.load(q + 8 * matrix);
      m3 = v128.load(q + 12 * matrix);
      upper1 = f32x4.sub(upper1, f32x4.add(f32x4.add(m0, m1), m2));
      lower1 = f32x4.sub(lower1, f32x4.sub(f32x4.sub(m1, m2), m3));
      v128.store(out, f32x4.max(f32x4.add(upper0, b), least));
      if (!alone) v128.store(out + pixel, f32x4.max(f32x4.add(upper1, b), least));
      if (rowB) {
        v128.store(out + rowB, f32x4.max(f32x4.add(lower0, b), least));
        if (!alone) v128.store(out + rowB + pixel, f32x4.max(f32x4.add(lower1, b), least));
      }
    }
  }
}

/** Copies row `r` of an image, masked where `mask` is not 0, into its slot of four zero-bordered rows. */
// @ts-ignore: decorator
@inline
function fill(ring: usize, rowB: usize, image: usize, mask: usize, r: i32, n: i32, C: i32): void {
  const skip = floats(r * n), to = ring + rowB * <usize> (1 + (r & 3)) + floats(C);
  if (mask) copyMasked(image + skip, mask + skip, to, n);
  else memory.copy(to, image + skip, floats(n));
}

/** Points `table` to the rows y - 1 to y + 2 from column `x` - 1 on. */
// @ts-ignore: decorator
@inline
function pointRows(table: usize, ring: usize, rowB: usize, y: i32, H: i32, skip: usize): void {
  for (let i = 0; i < 4; i++) {
    const r = y - 1 + i, row = r < 0 || r >= H ? ring : ring + rowB * <usize> (1 + (r & 3));
    store<u32>(table + floats(i), <u32> (row + skip));
  }
}

/**
 * 3x3 convolution of one image, stride 1.
 *
 * @param x (H, W, C), C and O multiples of 4; `mask`, if not 0, keeps x where it is positive.
 * @param u 16 packed matrices (C to O) of `packedB` bytes each.
 * @param strip Tiles at a time.
 * @param scratch 5 rows of (W + 3) * C floats, 8 words, 16 * (strip * (C + O) + 256) floats.
 */
export function winograd3x3(
  x: usize, mask: usize, u: usize, packedB: usize, bias: usize, zeros: usize, out: usize, scratch: usize,
  H: i32, W: i32, C: i32, O: i32, strip: i32, floor: f32,
): void {
  const rowB = floats((W + 3) * C), table = scratch + 5 * rowB, v = table + 32, m = v + 16 * apart(floats(strip * C));
  const tiles = (W + 1) >> 1, outRowB = floats(W * O), least = f32x4.splat(floor), none: f32 = -Infinity;
  memory.fill(scratch, 0, 5 * rowB);
  let next = 0;
  for (let y = 0; y < H; y += 2) {
    while (next < H && next <= y + 2) fill(scratch, rowB, x, mask, next++, W * C, C);
    for (let first = 0; first < tiles; first += strip) {
      const n = min(strip, tiles - first), matrix = apart(floats(n * C)), product = apart(floats(n * O));
      pointRows(table, scratch, rowB, y, H, floats(2 * first * C));
      transformInput(table, v, matrix, n, C);
      for (let p = 0; p < 16; p++) {
        store<u32>(table, <u32> (v + <usize> p * matrix), 16);
        const to = m + <usize> p * product;
        multiplyRow(table + 16, 1, C, floats(C), u + <usize> p * packedB, zeros, to, floats(O), n, O, true, none);
      }
      const at = out + <usize> y * outRowB + floats(2 * first * O), odd = (W & 1) == 1 && first + n == tiles;
      transformOutput(m, product, bias, at, y + 1 < H ? outRowB : 0, n, O, odd, least);
    }
  }
}

/** A dy A' of `n` tiles of two rows of dy: (16, n, O). */
function transformGradient(upper: usize, lower: usize, d: usize, matrix: usize, n: i32, O: i32): void {
  const pixel = floats(O);
  for (let tile = 0; tile < n; tile++, upper += pixel, lower += pixel) {
    for (let o: usize = 0; o < pixel; o += 16, d += 16, upper += 16, lower += 16) {
      const a = v128.load(upper), b = v128.load(upper + pixel), c = v128.load(lower), e = v128.load(lower + pixel);
      const none = f32x4.splat(0);
      rowOfGradient(a, b, d, matrix);
      rowOfGradient(f32x4.add(a, c), f32x4.add(b, e), d + 4 * matrix, matrix);
      rowOfGradient(f32x4.sub(a, c), f32x4.sub(b, e), d + 8 * matrix, matrix);
      rowOfGradient(f32x4.sub(none, c), f32x4.sub(none, e), d + 12 * matrix, matrix);
    }
  }
}

// @ts-ignore: decorator
@inline
function rowOfGradient(a: v128, b: v128, d: usize, matrix: usize): void {
  v128.store(d, a);
  v128.store(d + matrix, f32x4.add(a, b));
  v128.store(d + 2 * matrix, f32x4.sub(a, b));
  v128.store(d + 3 * matrix, f32x4.neg(b));
}

/** Row `r` of dy with its channels as they are, masked, or zeros where the image has ended; one zero pixel behind it. */
// @ts-ignore: decorator
@inline
function stageRow(dy: usize, mask: usize, r: i32, H: i32, n: i32, to: usize): void {
  if (r >= H) memory.fill(to, 0, floats(n));
  else if (mask) copyMasked(dy + floats(r * n), mask + floats(r * n), to, n);
  else memory.copy(to, dy + floats(r * n), floats(n));
}

/**
 * Transformed filter gradient, added to `sums` (16, C, O), and bias gradient, added to `bias` (O), of one image.
 *
 * @param x (H, W, C). @param dy (H, W, O); `mask` if not 0 keeps it where it is positive. C and O multiples of 4.
 * @param scratch 5 rows of (W + 3) * C floats, 2 of (W + 1) * O, 8 words, 16 * (strip * (C + O) + 256) floats.
 */
export function winogradFilterSums(
  x: usize, dy: usize, mask: usize, sums: usize, bias: usize, scratch: usize,
  H: i32, W: i32, C: i32, O: i32, strip: i32,
): void {
  const rowB = floats((W + 3) * C), upper = scratch + 5 * rowB, lower = upper + floats((W + 1) * O);
  const table = lower + floats((W + 1) * O), v = table + 32, d = v + 16 * apart(floats(strip * C));
  const tiles = (W + 1) >> 1, matrixSums = floats(C * O);
  memory.fill(scratch, 0, table - scratch);
  let next = 0;
  for (let y = 0; y < H; y += 2) {
    while (next < H && next <= y + 2) fill(scratch, rowB, x, 0, next++, W * C, C);
    stageRow(dy, mask, y, H, W * O, upper);
    stageRow(dy, mask, y + 1, H, W * O, lower);
    addColumns(upper, W, O, bias);
    addColumns(lower, W, O, bias);
    for (let first = 0; first < tiles; first += strip) {
      const n = min(strip, tiles - first), skip = floats(2 * first * O);
      const matrix = apart(floats(n * C)), gradient = apart(floats(n * O));
      pointRows(table, scratch, rowB, y, H, floats(2 * first * C));
      transformInput(table, v, matrix, n, C);
      transformGradient(upper + skip, lower + skip, d, gradient, n, O);
      for (let p = 0; p < 16; p++) {
        store<u32>(table, <u32> (v + <usize> p * matrix), 16);
        addRow(table + 16, 1, C, floats(C), d + <usize> p * gradient, n, sums + <usize> p * matrixSums, O);
      }
    }
  }
}
