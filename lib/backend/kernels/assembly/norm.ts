/** Batch normalisation with relu, fused: three passes forward and backward over (N, C); C is a multiple of 4. */
import { floats, fma } from "./simd";

/** Adds four floats to four doubles. */
// @ts-ignore: decorator
@inline
function addToDoubles(sums: usize, v: v128): void {
  const high = v128.shuffle<f32>(v, v, 2, 3, 0, 1);
  v128.store(sums, f64x2.add(v128.load(sums), f64x2.promote_low_f32x4(v)));
  v128.store(sums, f64x2.add(v128.load(sums, 16), f64x2.promote_low_f32x4(high)), 16);
}

/** Column sums of x and of its squares into 2 C zeroed doubles: rounding would ruin a variance made of float sums. */
export function moments(x: usize, sums: usize, N: i32, C: i32): void {
  const rowB = floats(C), end = x + <usize> N * rowB;
  while (x < end) {
    const stop = min(end, x + 64 * rowB);
    for (let c: usize = 0; c < rowB; c += 16) {
      let s = f32x4.splat(0), q = s;
      for (let p = x + c; p < stop; p += rowB) {
        const v = v128.load(p);
        s = f32x4.add(s, v);
        q = fma(v, v, q);
      }
      addToDoubles(sums + 2 * c, s);
      addToDoubles(sums + 2 * (rowB + c), q);
    }
    x = stop;
  }
}

/** y = max(0, x scale + shift), by channel. */
export function scaleShiftRelu(x: usize, y: usize, N: i32, C: i32, scale: usize, shift: usize): void {
  const rowB = floats(C), zero = f32x4.splat(0), end = x + <usize> N * rowB;
  while (x < end) {
    for (let c: usize = 0; c < rowB; c += 16) {
      v128.store(y, f32x4.max(fma(v128.load(x), v128.load(scale + c), v128.load(shift + c)), zero));
      x += 16;
      y += 16;
    }
  }
}

/** With g = dy where y > 0: column sums of g and of g x into 2 C zeroed doubles. */
export function normGradientSums(x: usize, y: usize, dy: usize, sums: usize, N: i32, C: i32): void {
  const rowB = floats(C), zero = f32x4.splat(0), end = x + <usize> N * rowB;
  while (x < end) {
    const stop = min(end, x + 64 * rowB), block = stop - x;
    for (let c: usize = 0; c < rowB; c += 16) {
      let s = f32x4.splat(0), q = s;
      for (let o = c; o < block; o += rowB) {
        const g = v128.and(v128.load(dy + o), f32x4.gt(v128.load(y + o), zero));
        s = f32x4.add(s, g);
        q = fma(g, v128.load(x + o), q);
      }
      addToDoubles(sums + 2 * c, s);
      addToDoubles(sums + 2 * (rowB + c), q);
    }
    x = stop;
    y += block;
    dy += block;
  }
}

/** dx = a g + b x + k, by channel. */
export function normGradient(
  x: usize, y: usize, dy: usize, dx: usize, N: i32, C: i32, a: usize, b: usize, k: usize,
): void {
  const rowB = floats(C), zero = f32x4.splat(0), end = x + <usize> N * rowB;
  while (x < end) {
    for (let c: usize = 0; c < rowB; c += 16) {
      const g = v128.and(v128.load(dy), f32x4.gt(v128.load(y), zero));
      v128.store(dx, fma(g, v128.load(a + c), fma(v128.load(x), v128.load(b + c), v128.load(k + c))));
      x += 16;
      y += 16;
      dy += 16;
      dx += 16;
    }
  }
}
