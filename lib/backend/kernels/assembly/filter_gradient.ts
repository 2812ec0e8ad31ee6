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
function addRow(table: usize, segments: i32, length: i32, step: usize, d: usize, n: i32, sums: usize, OP: i32): void {
  const dStep = floats(OP), dEnd = d + <usize> n * dStep;
  for (let s = 0; s < segments; s++) {
    const segment = <usize> load<u32>(table + floats(s));
    let j = 0;
    for (; j + 5 < length; j += 6) {
      const p = segment + floats(j);
      let o: usize = 0;
      for (; o + 16 < dStep; o += 32) addTile6x8(p, step, d + o, dEnd, dStep, sums + o);
      if (o < dStep) addTile6x4(p, step, d + o, dEnd, dStep, sums + o);
      sums += 6 * dStep;
    }
    for (; j + 1 < length; j += 2) {
      const p = segment + floats(j);
      let o: usize = 0;
      for (; o + 16 < dStep; o += 32) addTile2x8(p, step, d + o, dEnd, dStep, sums + o);
      if (o < dStep) addTile2x4(p, step, d + o, dEnd, dStep, sums + o);
      sums += 2 * dStep;
    }
    if (j < length) {
      for (let o: usize = 0; o < dStep; o += 16) addTile1x4(segment + floats(j), step, d + o, dEnd, dStep, sums + o);
      sums += dStep;
    }
  }
}

function addTile6x8(p: usize, step: usize, d: usize, end: usize, dStep: usize, q0: usize): void {
  const q1 = q0 + dStep, q2 = q1 + dStep, q3 = q2 + dStep, q4 = q3 + dStep, q5 = q4 + dStep;
  let a0 = v128.load(q0), a1 = v128.load(q0, 16), b0 = v128.load(q1), b1 = v128.load(q1, 16);
  let c0 = v128.load(q2), c1 = v128.load(q2, 16), e0 = v128.load(q3), e1 = v128.load(q3, 16);
  let f0 = v128.load(q4), f1 = v128.load(q4, 16), g0 = v128.load(q5), g1 = v128.load(q5, 16);
  while (d < end) {
    const d0 = v128.load(d), d1 = v128.load(d, 16);
    let s = splat(p);
    a0 = fma(s, d0, a0);
    a1 = fma(s, d1, a1);
    s = v128.load32_splat(p, 4);
    b0 = fma(s, d0, b0);
    b1 = fma(s, d1, b1);
    s = v128.load32_splat(p, 8);
    c0 = fma(s, d0, c0);
    c1 = fma(s, d1, c1);
    s = v128.load32_splat(p, 12);
    e0 = fma(s, d0, e0);
    e1 = fma(s, d1, e1);
    s = v128.load32_splat(p, 16);
    f0 = fma(s, d0, f0);
    f1 = fma(s, d1, f1);
    s = v128.load32_splat(p, 20);
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

function addTile6x4(p: usize, step: usize, d: usize, end: usize, dStep: usize, q0: usize): void {
  const q1 = q0 + dStep, q2 = q1 + dStep, q3 = q2 + dStep, q4 = q3 + dStep, q5 = q4 + dStep;
  let a = v128.load(q0), b = v128.load(q1), c = v128.load(q2), e = v128.load(q3), f = v128.load(q4), g = v128.load(q5);
  while (d < end) {
    const v = v128.load(d);
    a = fma(splat(p), v, a);
    b = fma(v128.load32_splat(p, 4), v, b);
    c = fma(v128.load32_splat(p, 8), v, c);
    e = fma(v128.load32_splat(p, 12), v, e);
    f = fma(v128.load32_splat(p, 16), v, f);
    g = fma(v128.load32_splat(p, 20), v, g);
    d += dStep;
    p += step;
  }
  v128.store(q0, a);
  v128.store(q1, b);
  v128.store(q2, c);
  v128.store(q3, e);
  v128.store(q4, f);
  v128.store(q5, g);
}

function addTile2x8(p: usize, step: usize, d: usize, end: usize, dStep: usize, q: usize): void {
  const r = q + dStep;
  let a0 = v128.load(q), a1 = v128.load(q, 16), b0 = v128.load(r), b1 = v128.load(r, 16);
  while (d < end) {
    const d0 = v128.load(d), d1 = v128.load(d, 16);
    let s = splat(p);
    a0 = fma(s, d0, a0);
    a1 = fma(s, d1, a1);
    s = v128.load32_splat(p, 4);
    b0 = fma(s, d0, b0);
    b1 = fma(s, d1, b1);
    d += dStep;
    p += step;
  }
  v128.store(q, a0);
  v128.store(q, a1, 16);
  v128.store(r, b0);
  v128.store(r, b1, 16);
}

function addTile2x4(p: usize, step: usize, d: usize, end: usize, dStep: usize, q: usize): void {
  const r = q + dStep;
  let a = v128.load(q), b = v128.load(r);
  while (d < end) {
    const v = v128.load(d);
    a = fma(splat(p), v, a);
    b = fma(v128.load32_splat(p, 4), v, b);
    d += dStep;
    p += step;
  }
  v128.store(q, a);
  v128.store(r, b);
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
function addColumns(d: usize, n: i32, OP: i32, sums: usize): void {
  const dStep = floats(OP), end = d + <usize> n * dStep;
  for (let o: usize = 0; o < dStep; o += 16) {
    let a = v128.load(sums + o);
    for (let p = d + o; p < end; p += dStep) a = f32x4.add(a, v128.load(p));
    v128.store(sums + o, a);
  }
}

/** A row of dy as {@link addRow} wants it: masked, channels padded with zeros to OP. Copied only where it must be. */
// @ts-ignore: decorator
@inline
function stage(dy: usize, mask: usize, n: i32, O: i32, OP: i32, to: usize): usize {
  if (O == OP) {
    if (!mask) return dy;
    copyMasked(dy, mask, to, n * O);
    return to;
  }
  let q = to;
  for (let i = 0; i < n; i++) {
    for (let o = 0; o < OP; o++) {
      const p = floats(i * O + o);
      store<f32>(q, o < O && (!mask || load<f32>(mask + p) > 0) ? load<f32>(dy + p) : 0);
      q += 4;
    }
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
  for (let n = 0; n < N; n += chunk) {
    const rows = min(chunk, N - n), skip = floats(n * O);
    const d = stage(dy + skip, mask ? mask + skip : 0, rows, O, OP, scratch + 16);
    addColumns(d, rows, OP, bias);
    store<u32>(scratch, <u32> (x + <usize> n * step));
    addRow(scratch, 1, C, step, d, rows, sums, OP);
  }
}
