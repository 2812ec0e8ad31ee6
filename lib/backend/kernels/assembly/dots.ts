/**
 * The last 1 to 4 output channels as dot products: lanes run over inputs, not over channels, so that none is wasted on a
 * channel that is not there. 3 pixels by 3 channels, and 8 pixels by 1.
 */
import { floats, fma } from "./simd";

// @ts-ignore: decorator
@inline
function sumLanes(v: v128): f32 {
  const pairs = f32x4.add(v, v128.shuffle<f32>(v, v, 2, 3, 0, 1));
  return f32x4.extract_lane(pairs, 0) + f32x4.extract_lane(pairs, 1);
}

/**
 * Computes `channels` (1 to 4) output channels of `n` pixels; see `multiplyRow` for the rest.
 *
 * @param lengthB Bytes of a segment, a multiple of 16.
 * @param weights (channels, segments * length).
 */
export function dotRow(
  table: usize, tableEnd: usize, lengthB: usize, step: usize, weights: usize, bias: usize,
  out: usize, outStep: usize, n: i32, channels: i32, floor: f32,
): void {
  const rowB = lengthB * ((tableEnd - table) >> 2);
  if (channels >= 3) {
    dots3(table, tableEnd, lengthB, step, weights, rowB, bias, out, outStep, n, floor);
    weights += 3 * rowB;
    bias += 12;
    out += 12;
    channels -= 3;
  }
  for (; channels > 0; channels--) {
    dots1(table, tableEnd, lengthB, step, weights, bias, out, outStep, n, floor);
    weights += rowB;
    bias += 4;
    out += 4;
  }
}

function dots3(
  table: usize, tableEnd: usize, lengthB: usize, step: usize, weights: usize, rowB: usize, bias: usize,
  out: usize, outStep: usize, n: i32, floor: f32,
): void {
  const zero = f32x4.splat(0), bias0 = load<f32>(bias), bias1 = load<f32>(bias, 4), bias2 = load<f32>(bias, 8);
  let x = 0;
  while (x < n) {
    // a row of fewer than 3 pixels computes its last one up to three times
    const x1 = min(x + 1, n - 1), x2 = min(x + 2, n - 1);
    let a0 = zero, a1 = zero, a2 = zero, b0 = zero, b1 = zero, b2 = zero, c0 = zero, c1 = zero, c2 = zero, w = weights;
    const offset = <usize> x * step, right = <usize> (x1 - x) * step, far = <usize> (x2 - x) * step;
    for (let t = table; t < tableEnd; t += 4) {
      let p = <usize> load<u32>(t) + offset;
      const end = p + lengthB;
      while (p < end) {
        const w0 = v128.load(w), w1 = v128.load(w + rowB), w2 = v128.load(w + 2 * rowB);
        let v = v128.load(p);
        a0 = fma(v, w0, a0);
        a1 = fma(v, w1, a1);
        a2 = fma(v, w2, a2);
        v = v128.load(p + right);
        b0 = fma(v, w0, b0);
        b1 = fma(v, w1, b1);
        b2 = fma(v, w2, b2);
        v = v128.load(p + far);
        c0 = fma(v, w0, c0);
        c1 = fma(v, w1, c1);
        c2 = fma(v, w2, c2);
        p += 16;
        w += 16;
      }
    }
    let q = out + <usize> x * outStep;
    store<f32>(q, max(floor, bias0 + sumLanes(a0)));
    store<f32>(q, max(floor, bias1 + sumLanes(a1)), 4);
    store<f32>(q, max(floor, bias2 + sumLanes(a2)), 8);
    q = out + <usize> x1 * outStep;
    store<f32>(q, max(floor, bias0 + sumLanes(b0)));
    store<f32>(q, max(floor, bias1 + sumLanes(b1)), 4);
    store<f32>(q, max(floor, bias2 + sumLanes(b2)), 8);
    q = out + <usize> x2 * outStep;
    store<f32>(q, max(floor, bias0 + sumLanes(c0)));
    store<f32>(q, max(floor, bias1 + sumLanes(c1)), 4);
    store<f32>(q, max(floor, bias2 + sumLanes(c2)), 8);
    x += 3;
  }
}

function dots1(
  table: usize, tableEnd: usize, lengthB: usize, step: usize, weights: usize, bias: usize,
  out: usize, outStep: usize, n: i32, floor: f32,
): void {
  const zero = f32x4.splat(0), b = load<f32>(bias);
  let x = n < 8 ? n : 0;
  while (x < n) {
    let a0 = zero, a1 = zero, a2 = zero, a3 = zero, a4 = zero, a5 = zero, a6 = zero, a7 = zero, w = weights;
    const offset = <usize> x * step;
    for (let t = table; t < tableEnd; t += 4) {
      let p0 = <usize> load<u32>(t) + offset, p2 = p0 + 2 * step, p4 = p2 + 2 * step, p6 = p4 + 2 * step;
      const end = p0 + lengthB;
      while (p0 < end) {
        const v = v128.load(w);
        a0 = fma(v128.load(p0), v, a0);
        a1 = fma(v128.load(p0 + step), v, a1);
        a2 = fma(v128.load(p2), v, a2);
        a3 = fma(v128.load(p2 + step), v, a3);
        a4 = fma(v128.load(p4), v, a4);
        a5 = fma(v128.load(p4 + step), v, a5);
        a6 = fma(v128.load(p6), v, a6);
        a7 = fma(v128.load(p6 + step), v, a7);
        w += 16;
        p0 += 16;
        p2 += 16;
        p4 += 16;
        p6 += 16;
      }
    }
    let q = out + <usize> x * outStep;
    store<f32>(q, max(floor, b + sumLanes(a0)));
    q += outStep;
    store<f32>(q, max(floor, b + sumLanes(a1)));
    q += outStep;
    store<f32>(q, max(floor, b + sumLanes(a2)));
    q += outStep;
    store<f32>(q, max(floor, b + sumLanes(a3)));
    q += outStep;
    store<f32>(q, max(floor, b + sumLanes(a4)));
    q += outStep;
    store<f32>(q, max(floor, b + sumLanes(a5)));
    q += outStep;
    store<f32>(q, max(floor, b + sumLanes(a6)));
    q += outStep;
    store<f32>(q, max(floor, b + sumLanes(a7)));
    x += 8;
    if (x < n && x + 8 > n) x = n - 8;
  }
  if (n >= 8) return;
  for (x = 0; x < n; x++) {
    let a = zero, w = weights;
    for (let t = table; t < tableEnd; t += 4) {
      let p = <usize> load<u32>(t) + <usize> x * step;
      const end = p + lengthB;
      while (p < end) {
        a = fma(v128.load(p), v128.load(w), a);
        w += 16;
        p += 16;
      }
    }
    store<f32>(out + <usize> x * outStep, max(floor, b + sumLanes(a)));
  }
}
