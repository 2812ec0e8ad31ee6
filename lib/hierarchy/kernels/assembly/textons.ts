// AssemblyScript, compiled by tools/build_kernels.ts. Memory is the module's own; the host lays it out.
//
// The filter bank of textons and the search for the nearest word, in 64-bit lanes and the order of the definition: the
// same bits as the plain loops of tests/reference/textons.ts.

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
 * The nearest word of each vector, ties to the first: four vectors by four words at a time. `vectors` is f32 (count, D)
 * with count a multiple of 4, `words` f64 (K, D) and `half` f64 (K), half of each word's square, K a multiple of 4 where
 * words that are none have infinity; `work` is scratch of 32 D bytes, `out` takes a byte a vector.
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
  const stride = <usize>D << 2, word = <usize>D << 3;
  for (let i = 0; i < count; i += 4) {
    for (let d = 0; d < D; d++) {
      const p = vectors + (<usize>d << 2), q = p + stride, r = q + stride, s = r + stride, to = work + (<usize>d << 5);
      v128.store(to, f64x2.replace_lane(f64x2.splat(<f64>load<f32>(p)), 1, <f64>load<f32>(q)));
      v128.store(to, f64x2.replace_lane(f64x2.splat(<f64>load<f32>(r)), 1, <f64>load<f32>(s)), 16);
    }
    let least = f64x2.splat(Infinity), least2 = least, best = i64x2.splat(0), best2 = best;
    for (let k = 0; k < K; k += 4) {
      let a = v128.load64_splat(half + (<usize>k << 3)), b = v128.load64_splat(half + (<usize>k << 3), 8);
      let c = v128.load64_splat(half + (<usize>k << 3), 16), e = v128.load64_splat(half + (<usize>k << 3), 24);
      let a2 = a, b2 = b, c2 = c, e2 = e;
      let w = words + <usize>k * word;
      for (let d = 0, x = work; d < D; d++, x += 32, w += 8) {
        const v = v128.load(x), v2 = v128.load(x, 16);
        const wa = v128.load64_splat(w), wb = v128.load64_splat(w + word);
        const wc = v128.load64_splat(w + 2 * word), we = v128.load64_splat(w + 3 * word);
        a = f64x2.sub(a, f64x2.mul(v, wa));
        a2 = f64x2.sub(a2, f64x2.mul(v2, wa));
        b = f64x2.sub(b, f64x2.mul(v, wb));
        b2 = f64x2.sub(b2, f64x2.mul(v2, wb));
        c = f64x2.sub(c, f64x2.mul(v, wc));
        c2 = f64x2.sub(c2, f64x2.mul(v2, wc));
        e = f64x2.sub(e, f64x2.mul(v, we));
        e2 = f64x2.sub(e2, f64x2.mul(v2, we));
      }
      let closer = f64x2.lt(a, least), closer2 = f64x2.lt(a2, least2);
      least = v128.bitselect(a, least, closer), least2 = v128.bitselect(a2, least2, closer2);
      best = v128.bitselect(i64x2.splat(k), best, closer), best2 = v128.bitselect(i64x2.splat(k), best2, closer2);
      closer = f64x2.lt(b, least), closer2 = f64x2.lt(b2, least2);
      least = v128.bitselect(b, least, closer), least2 = v128.bitselect(b2, least2, closer2);
      best = v128.bitselect(i64x2.splat(k + 1), best, closer), best2 = v128.bitselect(i64x2.splat(k + 1), best2, closer2);
      closer = f64x2.lt(c, least), closer2 = f64x2.lt(c2, least2);
      least = v128.bitselect(c, least, closer), least2 = v128.bitselect(c2, least2, closer2);
      best = v128.bitselect(i64x2.splat(k + 2), best, closer), best2 = v128.bitselect(i64x2.splat(k + 2), best2, closer2);
      closer = f64x2.lt(e, least), closer2 = f64x2.lt(e2, least2);
      least = v128.bitselect(e, least, closer), least2 = v128.bitselect(e2, least2, closer2);
      best = v128.bitselect(i64x2.splat(k + 3), best, closer), best2 = v128.bitselect(i64x2.splat(k + 3), best2, closer2);
    }
    store<u8>(out, <u8>i64x2.extract_lane(best, 0));
    store<u8>(out, <u8>i64x2.extract_lane(best, 1), 1);
    store<u8>(out, <u8>i64x2.extract_lane(best2, 0), 2);
    store<u8>(out, <u8>i64x2.extract_lane(best2, 1), 3);
    out += 4;
    vectors += 4 * stride;
  }
}
