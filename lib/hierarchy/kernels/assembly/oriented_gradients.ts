// AssemblyScript, compiled by tools/build_kernels.ts. Memory is the module's own; the host lays it out.
//
// Gradients of histograms in two half-windows, as oriented_gradients.ts describes. The words are rotated once onto a
// canvas on which every half-window is axis-aligned; the histograms above and below each row then slide along it.
// Counts are 16-bit: a word adds a row of `bins` numbers that sum to 64, and the largest half-window, radius 11, holds
// 23 * 11 pixels, so that one half's bin stays below 2^14 and both together below 2^15.

/** Outside the image. */
const OUTSIDE: i32 = 255;
/** What one pixel adds to a histogram in all. */
const UNIT: f32 = 64;

/** Canvas width of an image rotated by the angle with cosine c and sine s, with a margin on all sides. */
@inline function canvasWidth(W: i32, H: i32, c: f64, s: f64, margin: i32): i32 {
  return <i32>Math.ceil(Math.abs(<f64>W * c) + Math.abs(<f64>H * s)) + 2 + 2 * margin;
}

/**
 * Copies words (H, W) onto a canvas turned by the angle, nearest pixel.
 * Canvas (x, y) shows image pixel round(centre + R (x, y)).
 */
export function rotate(words: usize, W: i32, H: i32, c: f64, s: f64, margin: i32, canvas: usize): void {
  const CW = canvasWidth(W, H, c, s, margin), CH = canvasWidth(H, W, c, s, margin);
  const cf = <f32>c, sf = <f32>s;
  const px = <f32>(CW - 1) * 0.5, py = <f32>(CH - 1) * 0.5;
  const cx = <f32>(W - 1) * 0.5 + 0.5, cy = <f32>(H - 1) * 0.5 + 0.5;
  for (let y = 0; y < CH; y++) {
    const dy = <f32>y - py;
    const x0 = cx - cf * px - sf * dy, y0 = cy - sf * px + cf * dy;
    for (let x = 0; x < CW; x++) {
      const u = <i32>Mathf.floor(x0 + cf * <f32>x), v = <i32>Mathf.floor(y0 + sf * <f32>x);
      const inside = <u32>u < <u32>W && <u32>v < <u32>H;
      store<u8>(canvas++, inside ? <i32>load<u8>(words + <usize>(v * W + u)) : OUTSIDE);
    }
  }
}

/**
 * Adds weight * chi-square distance of the half-windows above and below each canvas pixel to `sums` (f32, canvas).
 * The margin exceeds the radius, so that no window leaves the canvas.
 * `rows` is i16 (words, bins), bins 24 or 32; `columns` is scratch of CW * (4 * bins + 8) bytes.
 */
export function slide(
  canvas: usize,
  W: i32,
  H: i32,
  c: f64,
  s: f64,
  margin: i32,
  radius: i32,
  rows: usize,
  bins: i32,
  weight: f32,
  columns: usize,
  sums: usize,
): void {
  const CW = canvasWidth(W, H, c, s, margin), CH = canvasWidth(H, W, c, s, margin);
  const r = radius, row = <usize>bins << 1, wide = bins == 32;
  const above = columns, below = above + <usize>CW * row;
  const aboveCount = below + <usize>CW * row, belowCount = aboveCount + (<usize>CW << 2);
  memory.fill(columns, 0, <usize>CW * (2 * row + 8));
  const top = margin;
  for (let x = 0; x < CW; x++) {
    for (let k = 1; k <= r; k++) {
      add(above, aboveCount, x, load<u8>(canvas + <usize>((top - k) * CW + x)), rows, row);
      add(below, belowCount, x, load<u8>(canvas + <usize>((top + k) * CW + x)), rows, row);
    }
  }
  for (let y = top; y < CH - margin; y++) {
    const first = firstInside(W, H, c, s, CW, CH, margin, y), last = lastInside(W, H, c, s, CW, CH, margin, y);
    if (first <= last) {
      slideRow(
        above,
        aboveCount,
        below,
        belowCount,
        row,
        wide,
        first,
        last,
        r,
        weight,
        sums + (<usize>(y * CW + first) << 2),
      );
    }
    for (let x = 0; x < CW; x++) {
      const q = canvas + <usize>x;
      add(above, aboveCount, x, load<u8>(q + <usize>(y * CW)), rows, row);
      remove(above, aboveCount, x, load<u8>(q + <usize>((y - r) * CW)), rows, row);
      remove(below, belowCount, x, load<u8>(q + <usize>((y + 1) * CW)), rows, row);
      add(below, belowCount, x, load<u8>(q + <usize>((y + r + 1) * CW)), rows, row);
    }
  }
}

/** One row of windows: the two histograms gain the column that enters and lose the one that leaves. */
@inline function slideRow(
  above: usize,
  aboveCount: usize,
  below: usize,
  belowCount: usize,
  row: usize,
  wide: bool,
  first: i32,
  last: i32,
  r: i32,
  weight: f32,
  out: usize,
): void {
  let a0 = i16x8.splat(0), a1 = a0, a2 = a0, a3 = a0, b0 = a0, b1 = a0, b2 = a0, b3 = a0, na: i32 = 0, nb: i32 = 0;
  for (let x = first - r; x <= first + r; x++) {
    const p = above + <usize>x * row, q = below + <usize>x * row;
    a0 = i16x8.add(a0, v128.load(p));
    a1 = i16x8.add(a1, v128.load(p, 16));
    a2 = i16x8.add(a2, v128.load(p, 32));
    b0 = i16x8.add(b0, v128.load(q));
    b1 = i16x8.add(b1, v128.load(q, 16));
    b2 = i16x8.add(b2, v128.load(q, 32));
    if (wide) {
      a3 = i16x8.add(a3, v128.load(p, 48));
      b3 = i16x8.add(b3, v128.load(q, 48));
    }
    na += load<i32>(aboveCount + (<usize>x << 2));
    nb += load<i32>(belowCount + (<usize>x << 2));
  }
  for (let x = first;; x++) {
    // a half-window that lies outside the image altogether has no histogram: no gradient
    if (na > 0 && nb > 0) {
      const p = f32x4.splat(<f32>1 / (<f32>na * UNIT)), q = f32x4.splat(<f32>1 / (<f32>nb * UNIT));
      let common = f32x4.add(f32x4.add(overlap(a0, b0, p, q), overlap(a1, b1, p, q)), overlap(a2, b2, p, q));
      if (wide) common = f32x4.add(common, overlap(a3, b3, p, q));
      // half the sum of (g - h)^2 / (g + h) is 1 - 2 sum of g h / (g + h), as both histograms sum to 1
      const distance: f32 = 1 - 2 * total(common);
      // below lies rounding, and a watershed would find its ridges
      if (distance > 1e-5) store<f32>(out, load<f32>(out) + weight * distance);
    }
    out += 4;
    if (x >= last) break;
    const inA = above + <usize>(x + r + 1) * row, outA = above + <usize>(x - r) * row;
    const inB = below + <usize>(x + r + 1) * row, outB = below + <usize>(x - r) * row;
    a0 = i16x8.add(a0, i16x8.sub(v128.load(inA), v128.load(outA)));
    a1 = i16x8.add(a1, i16x8.sub(v128.load(inA, 16), v128.load(outA, 16)));
    a2 = i16x8.add(a2, i16x8.sub(v128.load(inA, 32), v128.load(outA, 32)));
    b0 = i16x8.add(b0, i16x8.sub(v128.load(inB), v128.load(outB)));
    b1 = i16x8.add(b1, i16x8.sub(v128.load(inB, 16), v128.load(outB, 16)));
    b2 = i16x8.add(b2, i16x8.sub(v128.load(inB, 32), v128.load(outB, 32)));
    if (wide) {
      a3 = i16x8.add(a3, i16x8.sub(v128.load(inA, 48), v128.load(outA, 48)));
      b3 = i16x8.add(b3, i16x8.sub(v128.load(inB, 48), v128.load(outB, 48)));
    }
    const enters = <usize>(x + r + 1) << 2, leaves = <usize>(x - r) << 2;
    na += load<i32>(aboveCount + enters) - load<i32>(aboveCount + leaves);
    nb += load<i32>(belowCount + enters) - load<i32>(belowCount + leaves);
  }
}

/** Sum of g h / (g + h) over eight bins, in four lanes; an empty bin adds nothing. */
@inline function overlap(a: v128, b: v128, scaleA: v128, scaleB: v128): v128 {
  const tiny = f32x4.splat(1e-9);
  const g0 = f32x4.mul(v128.convert<i32>(i32x4.extend_low_i16x8_u(a)), scaleA);
  const h0 = f32x4.mul(v128.convert<i32>(i32x4.extend_low_i16x8_u(b)), scaleB);
  const g1 = f32x4.mul(v128.convert<i32>(i32x4.extend_high_i16x8_u(a)), scaleA);
  const h1 = f32x4.mul(v128.convert<i32>(i32x4.extend_high_i16x8_u(b)), scaleB);
  return f32x4.add(
    f32x4.div(f32x4.mul(g0, h0), f32x4.add(f32x4.add(g0, h0), tiny)),
    f32x4.div(f32x4.mul(g1, h1), f32x4.add(f32x4.add(g1, h1), tiny)),
  );
}

@inline function total(a: v128): f32 {
  return f32x4.extract_lane(a, 0) + f32x4.extract_lane(a, 1) + f32x4.extract_lane(a, 2) + f32x4.extract_lane(a, 3);
}

@inline function add(columns: usize, counts: usize, x: i32, word: i32, rows: usize, row: usize): void {
  if (word == OUTSIDE) return;
  const p = columns + <usize>x * row, q = rows + <usize>word * row, n = counts + (<usize>x << 2);
  v128.store(p, i16x8.add(v128.load(p), v128.load(q)));
  v128.store(p, i16x8.add(v128.load(p, 16), v128.load(q, 16)), 16);
  v128.store(p, i16x8.add(v128.load(p, 32), v128.load(q, 32)), 32);
  if (row == 64) v128.store(p, i16x8.add(v128.load(p, 48), v128.load(q, 48)), 48);
  store<i32>(n, load<i32>(n) + 1);
}

@inline function remove(columns: usize, counts: usize, x: i32, word: i32, rows: usize, row: usize): void {
  if (word == OUTSIDE) return;
  const p = columns + <usize>x * row, q = rows + <usize>word * row, n = counts + (<usize>x << 2);
  v128.store(p, i16x8.sub(v128.load(p), v128.load(q)));
  v128.store(p, i16x8.sub(v128.load(p, 16), v128.load(q, 16)), 16);
  v128.store(p, i16x8.sub(v128.load(p, 32), v128.load(q, 32)), 32);
  if (row == 64) v128.store(p, i16x8.sub(v128.load(p, 48), v128.load(q, 48)), 48);
  store<i32>(n, load<i32>(n) - 1);
}

/** First canvas column of row y whose centre lies within a pixel of the image; columns outside are not worth a window. */
@inline function firstInside(W: i32, H: i32, c: f64, s: f64, CW: i32, CH: i32, margin: i32, y: i32): i32 {
  const dy = <f64>y - <f64>(CH - 1) * 0.5, px = <f64>(CW - 1) * 0.5;
  const a = enters(c, <f64>(W - 1) * 0.5 - c * px - s * dy, <f64>W, true);
  const b = enters(s, <f64>(H - 1) * 0.5 - s * px + c * dy, <f64>H, true);
  return max(margin, <i32>Math.floor(max(a, b)));
}

@inline function lastInside(W: i32, H: i32, c: f64, s: f64, CW: i32, CH: i32, margin: i32, y: i32): i32 {
  const dy = <f64>y - <f64>(CH - 1) * 0.5, px = <f64>(CW - 1) * 0.5;
  const a = enters(c, <f64>(W - 1) * 0.5 - c * px - s * dy, <f64>W, false);
  const b = enters(s, <f64>(H - 1) * 0.5 - s * px + c * dy, <f64>H, false);
  return min(CW - 1 - margin, <i32>Math.ceil(min(a, b)));
}

/** Where start + step * x passes into [-1, end], or out of it. */
@inline function enters(step: f64, start: f64, end: f64, into: bool): f64 {
  if (Math.abs(step) < 1e-6) {
    const within = start >= -1 && start <= end;
    return within == into ? -1e6 : 1e6;
  }
  const a = (-1 - start) / step, b = (end - start) / step;
  return into ? min(a, b) : max(a, b);
}

/**
 * Adds the canvas, turned back, to `out` (f32, OH by OW). Output pixel (x, y) lies on words pixel (x, y) / 2^shift.
 */
export function unrotate(
  sums: usize,
  W: i32,
  H: i32,
  c: f64,
  s: f64,
  margin: i32,
  out: usize,
  OW: i32,
  OH: i32,
  shift: i32,
): void {
  const CW = canvasWidth(W, H, c, s, margin), CH = canvasWidth(H, W, c, s, margin);
  const cf = <f32>c, sf = <f32>s, step = <f32>1 / <f32>(1 << shift);
  const px = <f32>(CW - 1) * 0.5 + 0.5, py = <f32>(CH - 1) * 0.5 + 0.5;
  const cx = <f32>(W - 1) * 0.5, cy = <f32>(H - 1) * 0.5;
  for (let y = 0; y < OH; y++) {
    const dy = <f32>y * step - cy;
    for (let x = 0; x < OW; x++) {
      const dx = <f32>x * step - cx;
      const u = min(max(<i32>Mathf.floor(px + cf * dx + sf * dy), margin), CW - 1 - margin);
      const v = min(max(<i32>Mathf.floor(py - sf * dx + cf * dy), margin), CH - 1 - margin);
      store<f32>(out, load<f32>(out) + load<f32>(sums + (<usize>(v * CW + u) << 2)));
      out += 4;
    }
  }
}
