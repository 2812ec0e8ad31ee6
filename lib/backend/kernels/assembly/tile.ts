/**
 * The register tile: a row of pixels times a block of 8 output channels. Everything that multiplies is made of it:
 * 3x3 convolutions of both strides, their input gradients, 1x1 convolutions and matrix products differ only in where the
 * inputs of a pixel lie, which a table of segments says.
 *
 * 6 pixels by 8 channels are 12 accumulators; with 2 weights and 1 splat they fill the 15 registers that V8 gives out of
 * 16. 8 loads stand against 12 multiply-adds, so the two multiply ports set the pace, not the two load ports.
 */
import { dotRow } from "./dots";
import { floats, fma, splat, storeLanes } from "./simd";

/**
 * Computes `n` pixels of one row for all O output channels.
 *
 * @param table `segments` pointers: where the inputs of pixel 0 begin.
 * @param length Floats in each segment.
 * @param step Bytes from a pixel's inputs to the next pixel's, in every segment.
 * @param weights From `pack`: blocks of (segments * length, 8), a last block of 4 where O % 8 is 1 to 4.
 * @param dots Whether the last block of 4 is packed for `dotRow`: where the input channels are a multiple of 4.
 * @param bias O floats, padded to whole blocks.
 * @param out Where pixel 0 goes; `outStep` bytes from one pixel to the next.
 * @param floor Least value of an output: 0 for relu, -infinity for none.
 */
export function multiplyRow(
  table: usize, segments: i32, length: i32, step: usize, weights: usize, bias: usize,
  out: usize, outStep: usize, n: i32, O: i32, dots: bool, floor: f32,
): void {
  const least = f32x4.splat(floor), lengthB = floats(length), tableEnd = table + floats(segments);
  const blockB = floats(segments * length * 8);
  let o = 0;
  // a remainder of 5 to 7 runs as a whole block and stores less
  for (; O - o > 4; o += 8) {
    const b0 = v128.load(bias), b1 = v128.load(bias, 16), lanes = O - o;
    let x = n < 6 ? n : 0;
    while (x < n) {
      let a0 = b0, a1 = b1, c0 = b0, c1 = b1, d0 = b0, d1 = b1, e0 = b0, e1 = b1, f0 = b0, f1 = b1, g0 = b0, g1 = b1;
      let w = weights;
      const offset = <usize> x * step;
      for (let t = table; t < tableEnd; t += 4) {
        let p0 = <usize> load<u32>(t) + offset, p2 = p0 + 2 * step, p4 = p2 + 2 * step;
        const end = p0 + lengthB;
        while (p0 < end) {
          const w0 = v128.load(w), w1 = v128.load(w + 16);
          let s = splat(p0);
          a0 = fma(s, w0, a0);
          a1 = fma(s, w1, a1);
          s = splat(p0 + step);
          c0 = fma(s, w0, c0);
          c1 = fma(s, w1, c1);
          s = splat(p2);
          d0 = fma(s, w0, d0);
          d1 = fma(s, w1, d1);
          s = splat(p2 + step);
          e0 = fma(s, w0, e0);
          e1 = fma(s, w1, e1);
          s = splat(p4);
          f0 = fma(s, w0, f0);
          f1 = fma(s, w1, f1);
          s = splat(p4 + step);
          g0 = fma(s, w0, g0);
          g1 = fma(s, w1, g1);
          w += 32;
          p0 += 4;
          p2 += 4;
          p4 += 4;
        }
      }
      let q = out + <usize> x * outStep;
      store8(q, f32x4.max(a0, least), f32x4.max(a1, least), lanes);
      q += outStep;
      store8(q, f32x4.max(c0, least), f32x4.max(c1, least), lanes);
      q += outStep;
      store8(q, f32x4.max(d0, least), f32x4.max(d1, least), lanes);
      q += outStep;
      store8(q, f32x4.max(e0, least), f32x4.max(e1, least), lanes);
      q += outStep;
      store8(q, f32x4.max(f0, least), f32x4.max(f1, least), lanes);
      q += outStep;
      store8(q, f32x4.max(g0, least), f32x4.max(g1, least), lanes);
      x += 6;
      // the last tile overlaps its neighbour and computes the same values again: cheaper than single pixels
      if (x < n && x + 6 > n) x = n - 6;
    }
    if (n < 6) {
      for (x = 0; x < n; x++) {
        let a0 = b0, a1 = b1, w = weights;
        for (let t = table; t < tableEnd; t += 4) {
          let p = <usize> load<u32>(t) + <usize> x * step;
          const end = p + lengthB;
          while (p < end) {
            const s = splat(p);
            a0 = fma(s, v128.load(w), a0);
            a1 = fma(s, v128.load(w, 16), a1);
            w += 32;
            p += 4;
          }
        }
        store8(out + <usize> x * outStep, f32x4.max(a0, least), f32x4.max(a1, least), lanes);
      }
    }
    weights += blockB;
    bias += 32;
    out += 32;
  }
  if (o >= O) return;
  if (dots) dotRow(table, tableEnd, lengthB, step, weights, bias, out, outStep, n, O - o, floor);
  else multiplyRow4(table, tableEnd, lengthB, step, weights, bias, out, outStep, n, O - o, least);
}

/** The last block of up to 4 channels, where dot products do not apply: 8 pixels by 4 channels. */
function multiplyRow4(
  table: usize, tableEnd: usize, lengthB: usize, step: usize, weights: usize, bias: usize,
  out: usize, outStep: usize, n: i32, lanes: i32, least: v128,
): void {
  const b = v128.load(bias);
  let x = n < 8 ? n : 0;
  while (x < n) {
    let a0 = b, a1 = b, a2 = b, a3 = b, a4 = b, a5 = b, a6 = b, a7 = b, w = weights;
    const offset = <usize> x * step;
    for (let t = table; t < tableEnd; t += 4) {
      let p0 = <usize> load<u32>(t) + offset, p2 = p0 + 2 * step, p4 = p2 + 2 * step, p6 = p4 + 2 * step;
      const end = p0 + lengthB;
      while (p0 < end) {
        const s = v128.load(w);
        a0 = fma(splat(p0), s, a0);
        a1 = fma(splat(p0 + step), s, a1);
        a2 = fma(splat(p2), s, a2);
        a3 = fma(splat(p2 + step), s, a3);
        a4 = fma(splat(p4), s, a4);
        a5 = fma(splat(p4 + step), s, a5);
        a6 = fma(splat(p6), s, a6);
        a7 = fma(splat(p6 + step), s, a7);
        w += 16;
        p0 += 4;
        p2 += 4;
        p4 += 4;
        p6 += 4;
      }
    }
    let q = out + <usize> x * outStep;
    store4(q, f32x4.max(a0, least), lanes);
    q += outStep;
    store4(q, f32x4.max(a1, least), lanes);
    q += outStep;
    store4(q, f32x4.max(a2, least), lanes);
    q += outStep;
    store4(q, f32x4.max(a3, least), lanes);
    q += outStep;
    store4(q, f32x4.max(a4, least), lanes);
    q += outStep;
    store4(q, f32x4.max(a5, least), lanes);
    q += outStep;
    store4(q, f32x4.max(a6, least), lanes);
    q += outStep;
    store4(q, f32x4.max(a7, least), lanes);
    x += 8;
    if (x < n && x + 8 > n) x = n - 8;
  }
  if (n >= 8) return;
  for (x = 0; x < n; x++) {
    let a = b, w = weights;
    for (let t = table; t < tableEnd; t += 4) {
      let p = <usize> load<u32>(t) + <usize> x * step;
      const end = p + lengthB;
      while (p < end) {
        a = fma(splat(p), v128.load(w), a);
        w += 16;
        p += 4;
      }
    }
    store4(out + <usize> x * outStep, f32x4.max(a, least), lanes);
  }
}

// @ts-ignore: decorator
@inline
function store8(p: usize, a: v128, b: v128, lanes: i32): void {
  v128.store(p, a);
  store4(p + 16, b, lanes - 4);
}

// @ts-ignore: decorator
@inline
function store4(p: usize, a: v128, lanes: i32): void {
  if (lanes >= 4) v128.store(p, a);
  else storeLanes(p, a, lanes);
}

/**
 * Rearranges weights for {@link multiplyRow}: blocks of 8 output channels, each (taps, K, 8); where 1 to 4 channels remain,
 * they come as (channels, taps, K) if K is a multiple of 4, else as (taps, K, 4). Absent channels weigh 0.
 *
 * @param table `taps` whole numbers: which tap of `from` comes where.
 * @param tapStep Floats from one tap to the next, `kStep` from one input channel, `oStep` from one output channel.
 */
export function pack(
  from: usize, to: usize, table: usize, taps: i32, K: i32, O: i32, tapStep: i32, kStep: i32, oStep: i32,
): void {
  for (let o = 0; o < O; o += 8) {
    const wide = O - o > 4 ? 8 : 4;
    if (wide == 4 && (K & 3) == 0) {
      for (; o < O; o++) {
        for (let t = 0; t < taps; t++) {
          let p = from + floats(load<i32>(table + floats(t)) * tapStep + o * oStep);
          for (let k = 0; k < K; k++, p += floats(kStep), to += 4) store<f32>(to, load<f32>(p));
        }
      }
      return;
    }
    for (let t = 0; t < taps; t++) {
      const tap = from + floats(load<i32>(table + floats(t)) * tapStep);
      for (let k = 0; k < K; k++) {
        let p = tap + floats(k * kStep + o * oStep);
        if (oStep == 1 && O - o >= wide) {
          v128.store(to, v128.load(p));
          if (wide == 8) v128.store(to, v128.load(p, 16), 16);
          to += floats(wide);
          continue;
        }
        for (let i = 0; i < wide; i++) {
          store<f32>(to, o + i < O ? load<f32>(p) : 0);
          to += 4;
          p += floats(oStep);
        }
      }
    }
  }
}
