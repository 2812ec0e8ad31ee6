// AssemblyScript, compiled by tools/build_kernels.ts. Memory is the module's own; the host lays it out.
//
// The filter bank of textons, in 64-bit lanes, and the search for the nearest word, in 32-bit ones, both in the order of the
// definition: the same bits as the plain loops of tests/reference/textons.ts.

/**
 * Smooths and differentiates one row at every second pixel: `out` is three planes of f32, `plane` bytes apart. The row
 * comes as its even and its odd pixels (f64), borders included, `taps` as (size, 3) f64; two outputs at a time, so that
 * `even` and `odd` need one more number and `out` room for one more.
 */
export function filterRows(even: usize, odd: usize, count: i32, taps: usize, size: i32, out: usize, plane: usize): void {
  for (let x = 0; x < count; x += 2) {
    let a = f64x2.splat(0), b = a, c = a;
    let tap = taps, p = even + (<usize>x << 3), q = odd + (<usize>x << 3);
    for (let k = 0; k < size; k++, tap += 24) {
      const value = v128.load(p);
      a = f64x2.add(a, f64x2.mul(v128.load64_splat(tap), value));
      b = f64x2.add(b, f64x2.mul(v128.load64_splat(tap, 8), value));
      c = f64x2.add(c, f64x2.mul(v128.load64_splat(tap, 16), value));
      const next = p + 8; // even, odd, next even, ...
      p = q;
      q = next;
    }
    const at = out + (<usize>x << 2);
    v128.store64_lane(at, f32x4.demote_f64x2_zero(a), 0);
    v128.store64_lane(at + plane, f32x4.demote_f64x2_zero(b), 0);
    v128.store64_lane(at + 2 * plane, f32x4.demote_f64x2_zero(c), 0);
  }
}

/**
 * Filters columns: `rows` (size) are addresses of one plane's rows, `plane` as above, `taps` as above. Writes five f64
 * lines, each of `line` bytes, to `out`: dx, dy, dxx, dyy, dxy.
 */
export function filterColumns(
  rows: usize,
  count: i32,
  taps: usize,
  size: i32,
  plane: usize,
  out: usize,
  line: usize,
): void {
  for (let x = 0; x < count; x += 2) {
    let dx = f64x2.splat(0), dy = dx, dxx = dx, dyy = dx, dxy = dx;
    let tap = taps;
    for (let k = 0; k < size; k++, tap += 24) {
      const at = load<usize>(rows + (<usize>k << 2)) + (<usize>x << 2);
      const r0 = f64x2.promote_low_f32x4(v128.load64_zero(at));
      const r1 = f64x2.promote_low_f32x4(v128.load64_zero(at + plane));
      const r2 = f64x2.promote_low_f32x4(v128.load64_zero(at + 2 * plane));
      const g0 = v128.load64_splat(tap), g1 = v128.load64_splat(tap, 8), g2 = v128.load64_splat(tap, 16);
      dx = f64x2.add(dx, f64x2.mul(g0, r1));
      dy = f64x2.add(dy, f64x2.mul(g1, r0));
      dxx = f64x2.add(dxx, f64x2.mul(g0, r2));
      dyy = f64x2.add(dyy, f64x2.mul(g2, r0));
      dxy = f64x2.add(dxy, f64x2.mul(g1, r1));
    }
    const at = out + (<usize>x << 3);
    v128.store(at, dx);
    v128.store(at + line, dy);
    v128.store(at + 2 * line, dxx);
    v128.store(at + 3 * line, dyy);
    v128.store(at + 4 * line, dxy);
  }
}

/**
 * The nearest word of each vector, ties to the first: eight vectors by four words at a time, in single precision.
 * `vectors` is f32 (count, D) with count a multiple of 8, `words` f32 (K, D) and `half` f32 (K), half of each word's square,
 * K a multiple of 4 where words that are none have infinity; `work` is scratch of 32 D bytes, `out` takes a byte a vector.
 */
export function nearestWords(
  vectors: usize,
  count: i32,
  D: i32,
  words: usize,
  half: usize,
  K: i32,
  work: usize,
  out: usize,
): void {
  const stride = <usize>D << 2;
  for (let i = 0; i < count; i += 8) {
    for (let n: usize = 0; n < 8; n++) {
      for (let d = 0; d < D; d++) {
        store<f32>(work + (<usize>d << 5) + (n << 2), load<f32>(vectors + n * stride + (<usize>d << 2)));
      }
    }
    let least = f32x4.splat(Infinity), least2 = least, best = i32x4.splat(0), best2 = best;
    for (let k = 0; k < K; k += 4) {
      let a = v128.load32_splat(half + (<usize>k << 2)), b = v128.load32_splat(half + (<usize>k << 2), 4);
      let c = v128.load32_splat(half + (<usize>k << 2), 8), e = v128.load32_splat(half + (<usize>k << 2), 12);
      let a2 = a, b2 = b, c2 = c, e2 = e;
      let w = words + <usize>k * stride;
      for (let d = 0, x = work; d < D; d++, x += 32, w += 4) {
        const v = v128.load(x), v2 = v128.load(x, 16);
        const wa = v128.load32_splat(w), wb = v128.load32_splat(w + stride);
        const wc = v128.load32_splat(w + 2 * stride), we = v128.load32_splat(w + 3 * stride);
        a = f32x4.sub(a, f32x4.mul(v, wa));
        a2 = f32x4.sub(a2, f32x4.mul(v2, wa));
        b = f32x4.sub(b, f32x4.mul(v, wb));
        b2 = f32x4.sub(b2, f32x4.mul(v2, wb));
        c = f32x4.sub(c, f32x4.mul(v, wc));
        c2 = f32x4.sub(c2, f32x4.mul(v2, wc));
        e = f32x4.sub(e, f32x4.mul(v, we));
        e2 = f32x4.sub(e2, f32x4.mul(v2, we));
      }
      let closer = f32x4.lt(a, least), closer2 = f32x4.lt(a2, least2);
      least = v128.bitselect(a, least, closer), least2 = v128.bitselect(a2, least2, closer2);
      best = v128.bitselect(i32x4.splat(k), best, closer), best2 = v128.bitselect(i32x4.splat(k), best2, closer2);
      closer = f32x4.lt(b, least), closer2 = f32x4.lt(b2, least2);
      least = v128.bitselect(b, least, closer), least2 = v128.bitselect(b2, least2, closer2);
      best = v128.bitselect(i32x4.splat(k + 1), best, closer), best2 = v128.bitselect(i32x4.splat(k + 1), best2, closer2);
      closer = f32x4.lt(c, least), closer2 = f32x4.lt(c2, least2);
      least = v128.bitselect(c, least, closer), least2 = v128.bitselect(c2, least2, closer2);
      best = v128.bitselect(i32x4.splat(k + 2), best, closer), best2 = v128.bitselect(i32x4.splat(k + 2), best2, closer2);
      closer = f32x4.lt(e, least), closer2 = f32x4.lt(e2, least2);
      least = v128.bitselect(e, least, closer), least2 = v128.bitselect(e2, least2, closer2);
      best = v128.bitselect(i32x4.splat(k + 3), best, closer), best2 = v128.bitselect(i32x4.splat(k + 3), best2, closer2);
    }
    store<u8>(out, <u8>i32x4.extract_lane(best, 0));
    store<u8>(out, <u8>i32x4.extract_lane(best, 1), 1);
    store<u8>(out, <u8>i32x4.extract_lane(best, 2), 2);
    store<u8>(out, <u8>i32x4.extract_lane(best, 3), 3);
    store<u8>(out, <u8>i32x4.extract_lane(best2, 0), 4);
    store<u8>(out, <u8>i32x4.extract_lane(best2, 1), 5);
    store<u8>(out, <u8>i32x4.extract_lane(best2, 2), 6);
    store<u8>(out, <u8>i32x4.extract_lane(best2, 3), 7);
    out += 8;
    vectors += 8 * stride;
  }
}
