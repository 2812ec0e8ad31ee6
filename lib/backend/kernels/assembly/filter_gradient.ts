/**
 * Filter and bias gradients: for every tap, input channel j and output channel o the sum over pixels of x_j dy_o. The
 * register tile is 6 inputs by 8 outputs, and pixels run innermost.
 */
import { copyMasked, floats, fma, splat } from "./simd";

/**
 * Adds `n` pixels of one row to the sums.
 *
 * @param table `segments` pointers: where the inputs of pixel 0 begin; each segment has `length` floats.
 * @param step Bytes from a pixel's inputs to the next pixel's.
 * @param d dy of pixel 0, OP floats, `OP * 4` bytes from one pixel to the next.
 * @param sums (segments * length, OP).
 * @param OP Output channels, a multiple of 4.
 */
export function addRow(table: usize, segments: i32, length: i32, step: usize, d: usize, n: i32, sums: usize, OP: i32): void {
  const dStep = floats(OP), dEnd = d + <usize> n * dStep;
  for (let s = 0; s < segments; s++) {
    const segment = <usize> load<u32>(table + floats(s));
    // blocks of 8 output channels, then the last 4
    const wide = dStep & ~31;
    for (let o: usize = 0; o < wide; o += 32) {
      let j = 0, q = sums + o;
      for (; j + 5 < length; j += 6, q += 6 * dStep) addTile6x8(segment + floats(j), step, d + o, dEnd, dStep, q);
      for (; j + 2 < length; j += 3, q += 3 * dStep) addTile3x8(segment + floats(j), step, d + o, dEnd, dStep, q);
      for (; j < length; j++, q += dStep) addTile1x8(segment + floats(j), step, d + o, dEnd, dStep, q);
    }
    if (wide < dStep) {
      let j = 0, q = sums + wide;
      for (; j + 7 < length; j += 8, q += 8 * dStep) addTile8x4(segment + floats(j), step, d + wide, dEnd, dStep, q);
      for (; j < length; j++, q += dStep) addTile1x4(segment + floats(j), step, d + wide, dEnd, dStep, q);
    }
    sums += <usize> length * dStep;
  }
}

function addTile6x8(p: usize, step: usize, d: usize, end: usize, dStep: usize, q0: usize): void {
  const q1 = q0 + dStep, q2 = q1 + dStep, q3 = q2 + dStep, q4 = q3 + dStep, q5 = q4 + dStep;
  let a0 = v128.load(q0), a1 = v128.load(q0, 16), b0 = v128.load(q1), b1 = v128.load(q1, 16);
  let c0 = v128.load(q2), c1 = v128.load(q2, 16), e0 = v128.load(q3), e1 = v128.load(q3, 16);
  let f0 = v128.load(q4), f1 = v128.load(q4, 16), g0 = v128.load(q5), g1 = v128.load(q5, 16);
  while (d < end) {
    const d0 = v128.load(d), d1 = v128.load(d + 16);
    let s = splat(p);
    a0 = fma(s, d0, a0);
    a1 = fma(s, d1, a1);
    s = splat(p + 4);
    b0 = fma(s, d0, b0);
    b1 = fma(s, d1, b1);
    s = splat(p + 8);
    c0 = fma(s, d0, c0);
    c1 = fma(s, d1, c1);
    s = splat(p + 12);
    e0 = fma(s, d0, e0);
    e1 = fma(s, d1, e1);
    s = splat(p + 16);
    f0 = fma(s, d0, f0);
    f1 = fma(s, d1, f1);
    s = splat(p + 20);
    g0 = fma(s, d0, g0);
    g1 = fma(s, d1, g1);
    d += dStep;
    p += step;
  }
  v128.store(q0, a0);
  v128.store(q0, a1, 16);
  v128.store(q1, b0);
  v128.store(q1, b1, 16);
  v128.store(q2, c0);
  v128.store(q2, c1, 16);
  v128.store(q3, e0);
  v128.store(q3, e1, 16);
  v128.store(q4, f0);
  v128.store(q4, f1, 16);
  v128.store(q5, g0);
  v128.store(q5, g1, 16);
}

function addTile3x8(p: usize, step: usize, d: usize, end: usize, dStep: usize, q0: usize): void {
  const q1 = q0 + dStep, q2 = q1 + dStep;
  let a0 = v128.load(q0), a1 = v128.load(q0, 16), b0 = v128.load(q1), b1 = v128.load(q1, 16);
  let c0 = v128.load(q2), c1 = v128.load(q2, 16);
  while (d < end) {
    const d0 = v128.load(d), d1 = v128.load(d + 16);
    let s = splat(p);
    a0 = fma(s, d0, a0);
    a1 = fma(s, d1, a1);
    s = splat(p + 4);
    b0 = fma(s, d0, b0);
    b1 = fma(s, d1, b1);
    s = splat(p + 8);
    c0 = fma(s, d0, c0);
    c1 = fma(s, d1, c1);
    d += dStep;
    p += step;
  }
  v128.store(q0, a0);
  v128.store(q0, a1, 16);
  v128.store(q1, b0);
  v128.store(q1, b1, 16);
  v128.store(q2, c0);
  v128.store(q2, c1, 16);
}

function addTile1x8(p: usize, step: usize, d: usize, end: usize, dStep: usize, q: usize): void {
  let a0 = v128.load(q), a1 = v128.load(q, 16);
  while (d < end) {
    const s = splat(p);
    a0 = fma(s, v128.load(d), a0);
    a1 = fma(s, v128.load(d + 16), a1);
    d += dStep;
    p += step;
  }
  v128.store(q, a0);
  v128.store(q, a1, 16);
}

/** 8 inputs by 4 outputs; lanes run over inputs, so that 6 loads serve 8 multiply-adds, and turn only once, at the end. */
function addTile8x4(p: usize, step: usize, d: usize, end: usize, dStep: usize, q: usize): void {
  let a0 = f32x4.splat(0), a1 = a0, b0 = a0, b1 = a0, c0 = a0, c1 = a0, e0 = a0, e1 = a0;
  while (d < end) {
    const v0 = v128.load(p), v1 = v128.load(p + 16);
    let s = splat(d);
    a0 = fma(s, v0, a0);
    a1 = fma(s, v1, a1);
    s = splat(d + 4);
    b0 = fma(s, v0, b0);
    b1 = fma(s, v1, b1);
    s = splat(d + 8);
    c0 = fma(s, v0, c0);
    c1 = fma(s, v1, c1);
    s = splat(d + 12);
    e0 = fma(s, v0, e0);
    e1 = fma(s, v1, e1);
    d += dStep;
    p += step;
  }
  addTurned(q, dStep, a0, b0, c0, e0);
  addTurned(q + 4 * dStep, dStep, a1, b1, c1, e1);
}

/** Adds the 4x4 matrix of columns a, b, c, d to four rows. */
// @ts-ignore: decorator
@inline
function addTurned(q: usize, step: usize, a: v128, b: v128, c: v128, d: v128): void {
  const ab = v128.shuffle<f32>(a, b, 0, 4, 1, 5), cd = v128.shuffle<f32>(c, d, 0, 4, 1, 5);
  const ef = v128.shuffle<f32>(a, b, 2, 6, 3, 7), gh = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
  v128.store(q, f32x4.add(v128.load(q), v128.shuffle<f32>(ab, cd, 0, 1, 4, 5)));
  q += step;
  v128.store(q, f32x4.add(v128.load(q), v128.shuffle<f32>(ab, cd, 2, 3, 6, 7)));
  q += step;
  v128.store(q, f32x4.add(v128.load(q), v128.shuffle<f32>(ef, gh, 0, 1, 4, 5)));
  q += step;
  v128.store(q, f32x4.add(v128.load(q), v128.shuffle<f32>(ef, gh, 2, 3, 6, 7)));
}

function addTile1x4(p: usize, step: usize, d: usize, end: usize, dStep: usize, q: usize): void {
  let a = v128.load(q);
  while (d < end) {
    a = fma(splat(p), v128.load(d), a);
    d += dStep;
    p += step;
  }
  v128.store(q, a);
}

/** Adds rows of OP channels to `sums`; the bias gradient. */
export function addColumns(d: usize, n: i32, OP: i32, sums: usize): void {
  const dStep = floats(OP), end = d + <usize> n * dStep;
  for (let o: usize = 0; o < dStep; o += 16) {
    let a = v128.load(sums + o);
    for (let p = d + o; p < end; p += dStep) a = f32x4.add(a, v128.load(p));
    v128.store(sums + o, a);
  }
}

/** A row of dy as {@link addRow} wants it: masked, channels padded to OP. Copied only where it must be, to a zeroed `to`. */
// @ts-ignore: decorator
@inline
function stage(dy: usize, mask: usize, n: i32, O: i32, OP: i32, to: usize): usize {
  if (O == OP) {
    if (!mask) return dy;
    copyMasked(dy, mask, to, n * O);
    return to;
  }
  const rowB = floats(O), gap = floats(OP - O), end = to + floats(n * OP);
  let q = to;
  while (q < end) {
    const stop = q + rowB;
    if (mask) {
      for (; q < stop; q += 4, dy += 4, mask += 4) store<f32>(q, load<f32>(mask) > 0 ? load<f32>(dy) : 0);
    } else {
      for (; q < stop; q += 4, dy += 4) store<f32>(q, load<f32>(dy));
    }
    q += gap;
  }
  return to;
}

/**
 * Filter and bias gradients of a 3x3 convolution of one image, added to `sums` (9 * C, OP) and `bias` (OP).
 *
 * @param x (H, W, C). @param dy (OH, OW, O); `mask` if not 0 keeps dy where it is positive.
 * @param scratch 4 rows of (W + 2) * C floats, 4 words, OW * OP floats.
 * @param chunk Pixels at a time, so that they stay in the first-level cache while all tiles pass over them.
 */
export function filterGradient3x3(
  x: usize, dy: usize, mask: usize, sums: usize, bias: usize, scratch: usize,
  H: i32, W: i32, C: i32, O: i32, OP: i32, stride: i32, chunk: i32,
): void {
  const rowB = floats((W + 2) * C), table = scratch + 4 * rowB, staged = table + 16, step = floats(stride * C);
  const OH = (H - 1) / stride + 1, OW = (W - 1) / stride + 1, dRowB = floats(OW * O);
  memory.fill(scratch, 0, 4 * rowB);
  memory.fill(staged, 0, floats(OW * OP));
  let next = 0;
  for (let oy = 0; oy < OH; oy++) {
    const y = oy * stride;
    while (next < H && next <= y + 1) {
      memory.copy(scratch + rowB * <usize> (1 + next % 3) + floats(C), x + floats(next * W * C), floats(W * C));
      next++;
    }
    const d = stage(dy, mask, OW, O, OP, staged);
    addColumns(d, OW, OP, bias);
    for (let ox = 0; ox < OW; ox += chunk) {
      const skip = <usize> ox * step;
      for (let k = -1; k < 2; k++) {
        const r = y + k, row = r < 0 || r >= H ? scratch : scratch + rowB * <usize> (1 + r % 3);
        store<u32>(table + floats(k + 1), <u32> (row + skip));
      }
      addRow(table, 3, 3 * C, step, d + floats(ox * OP), min(chunk, OW - ox), sums, OP);
    }
    dy += dRowB;
    if (mask) mask += dRowB;
  }
}

/**
 * x' dy for x (N, C) and dy (N, O), added to `sums` (C, OP), and the column sums of dy, added to `bias`: the gradients of
 * a 1x1 convolution or of a matrix product.
 *
 * @param step Bytes from row to row of x.
 * @param scratch 4 words, chunk * OP floats.
 */
export function filterGradient1x1(
  x: usize, step: usize, dy: usize, mask: usize, sums: usize, bias: usize, scratch: usize,
  N: i32, C: i32, O: i32, OP: i32, chunk: i32,
): void {
  memory.fill(scratch + 16, 0, floats(chunk * OP));
  for (let n = 0; n < N; n += chunk) {
    const rows = min(chunk, N - n), skip = floats(n * O);
    const d = stage(dy + skip, mask ? mask + skip : 0, rows, O, OP, scratch + 16);
    addColumns(d, rows, OP, bias);
    store<u32>(scratch, <u32> (x + <usize> n * step));
    addRow(scratch, 1, C, step, d, rows, sums, OP);
  }
}
