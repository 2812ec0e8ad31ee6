/** The yardstick of bench/kernels.ts: nothing but multiply-adds on 12 accumulators. */
import { fma } from "./simd";

/** Runs 12 * n multiply-adds of 4 lanes. `p` points to 8 floats; they are read so that nothing is folded away. */
export function peak(p: usize, n: i32): void {
  const s = v128.load(p), w = v128.load(p, 16);
  let a0 = s, a1 = s, a2 = s, a3 = s, a4 = s, a5 = s, a6 = s, a7 = s, a8 = s, a9 = s, a10 = s, a11 = s;
  for (let i = 0; i < n; i++) {
    a0 = fma(s, w, a0);
    a1 = fma(s, w, a1);
    a2 = fma(s, w, a2);
    a3 = fma(s, w, a3);
    a4 = fma(s, w, a4);
    a5 = fma(s, w, a5);
    a6 = fma(s, w, a6);
    a7 = fma(s, w, a7);
    a8 = fma(s, w, a8);
    a9 = fma(s, w, a9);
    a10 = fma(s, w, a10);
    a11 = fma(s, w, a11);
  }
  a0 = f32x4.add(f32x4.add(a0, a1), f32x4.add(a2, a3));
  a4 = f32x4.add(f32x4.add(a4, a5), f32x4.add(a6, a7));
  a8 = f32x4.add(f32x4.add(a8, a9), f32x4.add(a10, a11));
  v128.store(p, f32x4.add(f32x4.add(a0, a4), a8));
}
