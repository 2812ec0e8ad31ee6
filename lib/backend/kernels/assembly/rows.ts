/** Kernels over rows of C channels: segment sums, gathering, column sums, Adam. */
import { floats, fma } from "./simd";

/** Adds `n` floats of `from` to `to`. */
// @ts-ignore: decorator
@inline
function addTo(from: usize, to: usize, n: i32): void {
  const end = from + floats(n & ~3), last = from + floats(n);
  while (from < end) {
    v128.store(to, f32x4.add(v128.load(to), v128.load(from)));
    from += 16;
    to += 16;
  }
  while (from < last) {
    store<f32>(to, load<f32>(to) + load<f32>(from));
    from += 4;
    to += 4;
  }
}

/** Adds row n of x (N, C) to row ids[n] of `sums` (M, C), which is zeroed first. Ids outside 0 to M - 1 are dropped. */
export function segmentSum(x: usize, ids: usize, sums: usize, N: i32, C: i32, M: i32): void {
  const rowB = floats(C), end = x + <usize> N * rowB;
  memory.fill(sums, 0, <usize> M * rowB);
  for (; x < end; x += rowB, ids += 4) {
    const id = load<i32>(ids);
    if (<u32> id < <u32> M) addTo(x, sums + <usize> id * rowB, C);
  }
}

/** Row n of `out` (N, C) becomes row ids[n] of x (M, C). Returns the first n whose id is outside 0 to M - 1, or -1. */
export function gather(x: usize, ids: usize, out: usize, N: i32, C: i32, M: i32): i32 {
  const rowB = floats(C);
  for (let n = 0; n < N; n++, ids += 4) {
    const id = load<i32>(ids);
    if (<u32> id >= <u32> M) return n;
    let from = x + <usize> id * rowB;
    const stop = out + (rowB & ~15), end = out + rowB;
    while (out < stop) {
      v128.store(out, v128.load(from));
      from += 16;
      out += 16;
    }
    while (out < end) {
      store<f32>(out, load<f32>(from));
      from += 4;
      out += 4;
    }
  }
  return -1;
}

/** Column sums of x (N, C), times `scale`. Sums of 64 rows at a time keep rounding errors small. */
export function columnSums(x: usize, sums: usize, scratch: usize, N: i32, C: i32, scale: f32): void {
  const rowB = floats(C), end = x + <usize> N * rowB;
  memory.fill(sums, 0, rowB);
  while (x < end) {
    const stop = min(end, x + 64 * rowB);
    memory.fill(scratch, 0, rowB);
    for (; x < stop; x += rowB) addTo(x, scratch, C);
    addTo(scratch, sums, C);
  }
  for (let c = 0; c < C; c++) store<f32>(sums + floats(c), load<f32>(sums + floats(c)) * scale);
}

/**
 * One step of Adam (Kingma and Ba 2015, arXiv:1412.6980) for `n` weights; m and v change in place.
 *
 * @param rate Step size with the bias corrections folded in; `tiny` is epsilon, likewise.
 */
export function adam(
  w: usize, g: usize, m: usize, v: usize, out: usize, n: i32, rate: f32, beta1: f32, beta2: f32, tiny: f32,
): void {
  const end = out + floats(n & ~3), last = out + floats(n);
  const b1 = f32x4.splat(beta1), b2 = f32x4.splat(beta2), r = f32x4.splat(rate), t = f32x4.splat(tiny);
  const c1 = f32x4.splat(1 - beta1), c2 = f32x4.splat(1 - beta2);
  while (out < end) {
    const gradient = v128.load(g);
    const mean = fma(b1, v128.load(m), f32x4.mul(c1, gradient));
    const square = fma(b2, v128.load(v), f32x4.mul(c2, f32x4.mul(gradient, gradient)));
    v128.store(m, mean);
    v128.store(v, square);
    const move = f32x4.div(f32x4.mul(r, mean), f32x4.add(f32x4.sqrt(square), t));
    v128.store(out, f32x4.sub(v128.load(w), move));
    w += 16;
    g += 16;
    m += 16;
    v += 16;
    out += 16;
  }
  while (out < last) {
    const gradient = load<f32>(g);
    const mean = beta1 * load<f32>(m) + (1 - beta1) * gradient;
    const square = beta2 * load<f32>(v) + (1 - beta2) * gradient * gradient;
    store<f32>(m, mean);
    store<f32>(v, square);
    store<f32>(out, load<f32>(w) - rate * mean / (sqrt(square) + tiny));
    w += 4;
    g += 4;
    m += 4;
    v += 4;
    out += 4;
  }
}
