/** The few SIMD operations that all kernels share. Pointers are byte offsets into tfjs's heap. */

/** a * b + c; one rounding where the CPU has a fused instruction and the relaxed variant is built, else two. */
// @ts-ignore: decorator
@inline
export function fma(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
  return f32x4.add(c, f32x4.mul(a, b));
}

/** One float in all four lanes. */
// @ts-ignore: decorator
@inline
export function splat(p: usize): v128 {
  return v128.load32_splat(p);
}

/** Bytes of `n` floats. */
// @ts-ignore: decorator
@inline
export function floats(n: i32): usize {
  return <usize> n << 2;
}

/** Stores the first `n` (1 to 3) lanes. */
// @ts-ignore: decorator
@inline
export function storeLanes(p: usize, a: v128, n: i32): void {
  store<f32>(p, f32x4.extract_lane(a, 0));
  if (n > 1) store<f32>(p, f32x4.extract_lane(a, 1), 4);
  if (n > 2) store<f32>(p, f32x4.extract_lane(a, 2), 8);
}

/** Copies `n` floats, zero where `mask` is not positive: the gradient of relu, from its output. */
export function copyMasked(from: usize, mask: usize, to: usize, n: i32): void {
  const zero = f32x4.splat(0), end = to + floats(n & ~3), last = to + floats(n);
  while (to < end) {
    v128.store(to, v128.and(v128.load(from), f32x4.gt(v128.load(mask), zero)));
    from += 16;
    mask += 16;
    to += 16;
  }
  while (to < last) {
    store<f32>(to, load<f32>(mask) > 0 ? load<f32>(from) : 0);
    from += 4;
    mask += 4;
    to += 4;
  }
}
